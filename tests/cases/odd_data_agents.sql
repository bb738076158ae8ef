-- Proposals as no agent should write them, among those of seed.sql. Their ids say what is expected (cases.t):
-- x-stored-*: nothing can be looked up, they go out as they are; x-races-*: enriched, with the six races of edition 2001;
-- the others have a test each.
BEGIN;
INSERT INTO agents (id, name, type, frequency, config, "updatedAt")
VALUES ('agent-odd', 'Odd Agent', 'CLEANER', '{}', '{}', '2026-01-01');

CREATE TEMP TABLE odd (
    n bigint GENERATED ALWAYS AS IDENTITY, id text, type "ProposalType", "eventId" text, "editionId" text,
    changes jsonb DEFAULT '{}', "editionYear" integer, confidence float8, "eventName" text, "eventCity" text, start timestamp(3)
) ON COMMIT DROP;

-- Ids that are none.
INSERT INTO odd (id, type, "eventId")
SELECT 'x-stored-event-' || n, 'EVENT_UPDATE', value
FROM unnest(ARRAY['abc', '100abc', '-100', '+100', '2147483648', repeat('9', 400), ' 100', '100 ', '１００', '1e2', '0x64',
                  '100.0', E'100\n', 'null', '{100}']) WITH ORDINALITY AS v(value, n);
INSERT INTO odd (id, type, "eventId", "editionId", "editionYear")
SELECT 'x-stored-edition-' || n, 'EDITION_UPDATE', '100', value, 2026
FROM unnest(ARRAY['abc', '-2001', '2147483648', '99999999999999999999', '2001.0', ' 2001', '0']) WITH ORDINALITY AS v(value, n);
INSERT INTO odd (id, type, "eventId", "editionYear")
SELECT 'x-stored-new-' || n, 'NEW_EVENT', value, 2026
FROM unnest(ARRAY['abc', '0', '000', '-1', '2147483648']) WITH ORDINALITY AS v(value, n);

-- racesToUpdate.new is neither falsy nor an array of objects.
INSERT INTO odd (id, type, "editionId", changes)
SELECT 'x-stored-races-' || n, 'EDITION_UPDATE', '2001', jsonb_build_object('racesToUpdate', jsonb_build_object('new', value::jsonb))
FROM unnest(ARRAY['{"raceId": 30001}', '{}', '"30001"', 'true', '5', '[1, 2]', '[null]', '[{"raceId": 30001}, 3]', '[[]]',
                  '["{}"]']) WITH ORDINALITY AS v(value, n);

-- `changes` as they should not be, which takes nothing from the enrichment.
INSERT INTO odd (id, type, "editionId", changes) VALUES
    ('x-races-null', 'EDITION_UPDATE', '2001', 'null'),
    ('x-races-text', 'EDITION_UPDATE', '2001', '"racesToUpdate"'),
    ('x-races-number', 'EDITION_UPDATE', '2001', repeat('7', 400)::jsonb),
    ('x-races-array', 'EDITION_UPDATE', '2001', '[{"racesToUpdate": {"new": [{"raceId": 30001}]}}]'),
    ('x-races-deep', 'EDITION_UPDATE', '2001', (repeat('{"a": [', 60) || repeat(']}', 60))::jsonb),
    ('x-races-update-null', 'EDITION_UPDATE', '2001', '{"racesToUpdate": {"new": null}}'),
    ('x-races-update-false', 'EDITION_UPDATE', '2001', '{"racesToUpdate": {"new": false}}'),
    ('x-races-update-zero', 'EDITION_UPDATE', '2001', '{"racesToUpdate": {"new": 0}}'),
    ('x-races-update-empty-text', 'EDITION_UPDATE', '2001', '{"racesToUpdate": {"new": ""}}'),
    ('x-races-update-tiny', 'EDITION_UPDATE', '2001', '{"racesToUpdate": {"new": 1e-400}}'),
    ('x-races-update-deep', 'EDITION_UPDATE', '2001',
     ('{"racesToUpdate": {"new": [{"raceId": 30001, "a": ' || repeat('[', 120) || repeat(']', 120) || '}]}}')::jsonb),
    ('x-races-update-brackets', 'EDITION_UPDATE', '2001',
     '{"racesToUpdate": {"new": [{"raceId": 30001, "note": "}]\\\"{[,"}, {"raceId": 30002, "note": "\\"}]}}'),
    ('x-races-update-long-id', 'EDITION_UPDATE', '2001',
     ('{"racesToUpdate": {"new": [{"raceId": ' || repeat('7', 400) || ', "updates": {"runDistance": {"new": ' || repeat('7', 400) || '}}}]}}')::jsonb),
    ('x-races-update-bare', 'EDITION_UPDATE', '2001', '{"racesToUpdate": {"new": [{}]}}'),
    ('x-races-update-current', 'EDITION_UPDATE', '2001',
     '{"racesToUpdate": {"new": [{"raceId": 30001, "currentData": null}, {"raceId": 30001, "currentData": 0}, {"raceId": 30001, "currentData": ""},
       {"raceId": 30001, "currentData": false}, {"raceId": 30001, "currentData": 1e-400}, {"raceId": 30001, "currentData": {}},
       {"raceId": 30001, "currentData": []}, {"raceId": 30001, "currentData": true}, {"raceId": 30001, "currentData": "own"}]}}');

INSERT INTO odd (id, type, "editionId") VALUES
    ('x-year-word', 'EDITION_UPDATE', '9001'),
    ('x-year-400-digits', 'EDITION_UPDATE', '9002'),
    ('x-year-range', 'EDITION_UPDATE', '9003'),
    ('x-year-negative', 'EDITION_UPDATE', '9004'),
    ('x-year-spaces', 'EDITION_UPDATE', '9005'),
    ('x-year-plus', 'EDITION_UPDATE', '9006'),
    ('x-year-zeros', 'EDITION_UPDATE', '9008'),
    ('x-race-infinite', 'EDITION_UPDATE', '9007');

INSERT INTO odd (id, type, confidence, "eventName", "eventCity", start) VALUES
    ('x-valid-nan', 'RACE_UPDATE', 'NaN', 'a', 'b', 'infinity'),
    ('x-valid-infinity', 'RACE_UPDATE', '-Infinity', 'a', 'b', '-infinity'),
    ('x-valid-controls', 'RACE_UPDATE', 5e-324, E'\x01\x08\t\n\f\r\x1b\x1f\x7f"\\/</script>', U&'\2028\2029\FEFF\+01F384 \FFFF', '0044-03-15 BC'),
    ('x-valid-late', 'RACE_UPDATE', 1.7976931348623157e308, '', '', '20026-01-01');

INSERT INTO odd (id, type, changes) VALUES
    ('x-category-edition', 'RACE_UPDATE', '{"edition": {"new": {"races": [null, 1, {"categoryLevel1": "TRAIL"}]}}}'),
    ('x-category-add', 'RACE_UPDATE', '{"racesToAdd": {"new": ["TRAIL", {"categoryLevel1": null}, {"categoryLevel1": "TRAIL"}]}}'),
    ('x-category-update', 'RACE_UPDATE', '{"racesToUpdate": {"new": [{"updates": null}, {"updates": {"categoryLevel1": {"new": "TRAIL"}}}]}}'),
    ('x-category-races', 'RACE_UPDATE', '{"races": {"new": [[], {"categoryLevel1": {"new": "x"}}, {"categoryLevel1": "TRAIL"}]}}'),
    ('x-category-none', 'RACE_UPDATE', '{"categoryLevel1": "TRAIL", "races": "TRAIL", "edition": {"new": {"races": "TRAIL"}}, "racesToAdd": {"new": {"categoryLevel1": ["TRAIL"]}}}');

-- Spread among the rows of seed.sql, so that each page that has those has these between them.
INSERT INTO proposals (id, "agentId", type, "eventId", "editionId", changes, justification, confidence, "eventName", "eventCity",
    "editionYear", "proposedStartDate", "createdAt", "updatedAt")
SELECT id, 'agent-odd', type, "eventId", "editionId", coalesce(changes, '{}'), '[]', confidence, "eventName", "eventCity",
    "editionYear", start, timestamp '2026-01-01' + n * interval '31 seconds', '2026-01-01' FROM odd;
COMMIT;
