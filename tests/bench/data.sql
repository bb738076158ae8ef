-- So many proposals for the bench, and what Miles Republic has to know to enrich them, where it does not know it yet.
--
--     psql -v ON_ERROR_STOP=1 -v proposals=50000 -v miles_url=URL -d data_agents -f data.sql
--
-- Nothing is random: what looks like it is a hash of the number. 4 of 7 are PENDING, 12 of 14 can be enriched, 5 share an
-- event however many there are. EDITION_UPDATE without a stored name, which costs most to enrich, is the most frequent.

\set QUIET on
SET client_min_messages = warning;
SET timezone = 'UTC';

INSERT INTO agents (id, name, type, frequency, config, "updatedAt")
SELECT 'agent-' || n, 'Agent ' || n, 'EXTRACTOR', '{}', '{}', '2026-01-01' FROM generate_series(1, 6) n;

INSERT INTO database_connections (id, name, type, "connectionUrl", "updatedAt")
VALUES ('conn-miles', 'localhost', 'MILES_REPUBLIC', :'miles_url', '2026-01-01');

-- 10,000 proposals are about 2,000 events, and neighbours about different ones. The edition of 2026 has the event's id
-- times ten and 3 for its own, the races have the edition's times ten.
INSERT INTO proposals (id, "agentId", type, status, "eventId", "editionId", "raceId", changes, justification, confidence,
    "eventName", "eventCity", "editionYear", "proposedStartDate", "createdAt", "updatedAt", "sourceMetadata")
SELECT 'p' || md5(n::text), 'agent-' || (1 + n % 6), type::"ProposalType",
    (CASE n % 7 WHEN 4 THEN 'APPROVED' WHEN 5 THEN 'REJECTED' WHEN 6 THEN 'ARCHIVED' ELSE 'PENDING' END)::"ProposalStatus",
    CASE WHEN type <> 'NEW_EVENT' THEN event END,
    CASE WHEN type <> 'NEW_EVENT' THEN event * 10 + 3 END,
    CASE WHEN type = 'RACE_UPDATE' THEN event * 100 + 31 END,
    CASE type
        WHEN 'NEW_EVENT' THEN jsonb_build_object('name', name, 'city', city, 'edition', jsonb_build_object('new',
            jsonb_build_object('year', '2026', 'startDate', start, 'races', jsonb_build_array(
                jsonb_build_object('name', '10 km', 'runDistance', 10, 'categoryLevel1', 'RUNNING', 'categoryLevel2', 'KM10'),
                jsonb_build_object('name', 'Trail', 'runDistance', 10 + n % 90, 'categoryLevel1', 'TRAIL',
                    'categoryLevel2', CASE WHEN n % 5000 < 14 THEN 'ULTRA_TRAIL' ELSE 'SHORT_TRAIL' END)))))
        WHEN 'EVENT_UPDATE' THEN jsonb_build_object('websiteUrl', jsonb_build_object('old', NULL,
            'new', 'https://example.org/' || event, 'confidence', 0.9))
        ELSE jsonb_build_object(
            'startDate', jsonb_build_object('old', '2026-05-10T07:30:00.000Z', 'new', start, 'confidence', 0.9),
            'racesToUpdate', jsonb_build_object('new', jsonb_build_array(
                jsonb_build_object('raceId', event * 100 + 31, 'raceName', 'Course 1', 'updates',
                    jsonb_build_object('startDate', jsonb_build_object('old', NULL, 'new', start))),
                jsonb_build_object('raceId', event * 100 + 32, 'raceName', 'Course 2', 'updates',
                    jsonb_build_object('runDistance', jsonb_build_object('old', 10, 'new', 10.5))))))
    END,
    jsonb_build_array(jsonb_build_object('type', 'text', 'content',
        'Le site officiel annonce une nouvelle date pour l''édition, confirmée par la page Facebook.',
        'metadata', jsonb_build_object('url', 'https://example.org/' || n, 'confidence', 0.8))),
    0.5 + (n % 50) / 100.0,
    CASE WHEN type <> 'EDITION_UPDATE' THEN name END,
    CASE WHEN type <> 'EDITION_UPDATE' THEN city END,
    CASE WHEN type <> 'EDITION_UPDATE' THEN 2026 END,
    CASE WHEN n % 10 > 0 THEN start::timestamp END,
    timestamp '2025-06-01' + n * interval '97 seconds',
    timestamp '2025-06-01' + n * interval '97 seconds',
    jsonb_build_object('source', 'https://example.org/calendrier')
FROM generate_series(1, :proposals::bigint) n
CROSS JOIN LATERAL (
    SELECT (ARRAY['EDITION_UPDATE', 'EDITION_UPDATE', 'EDITION_UPDATE', 'EDITION_UPDATE', 'EDITION_UPDATE', 'EDITION_UPDATE',
            'EDITION_UPDATE', 'EDITION_UPDATE', 'EDITION_UPDATE', 'EVENT_UPDATE', 'EVENT_UPDATE', 'EVENT_UPDATE', 'NEW_EVENT',
            'RACE_UPDATE'])[1 + ('x' || substr(md5(n::text), 1, 6))::bit(24)::integer % 14] AS type,
        1 + n / 10000 * 2000 + n % 10000 * 7919 % 2000 AS event,
        to_char(timestamp '2026-01-01 07:30' + ('x' || substr(md5(n::text), 7, 6))::bit(24)::integer % 365 * interval '1 day',
            'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS start) a
CROSS JOIN LATERAL (SELECT 'Trail des ' || event AS name, 'Ville ' || event % 500 AS city) b;

\connect miles_republic
SET client_min_messages = warning;

-- The events of all blocks of 10,000 that the proposals touch.
CREATE TEMP TABLE event AS
SELECT e FROM generate_series(1, (:proposals / 10000 + 1) * 2000) e
WHERE NOT EXISTS (SELECT FROM "Event" WHERE id = e);
INSERT INTO "Event" (id, name, city, status, slug)
SELECT e, 'Trail des ' || e, 'Ville ' || e % 500, 'LIVE', 'trail-des-' || e FROM event;
INSERT INTO "Edition" (id, "eventId", year, "startDate", slug)
SELECT e * 10 + y, e, 2023 + y, timestamp '2023-05-01 07:30' + y * interval '1 year', '' FROM event, generate_series(0, 3) y;
INSERT INTO "Race" (id, name, "startDate", "runDistance", "runPositiveElevation", "categoryLevel1", "categoryLevel2",
    "editionId", "eventId")
SELECT e * 100 + y * 10 + r, 'Course ' || r, timestamp '2023-05-01 07:30' + y * interval '1 year', 5 * r + 0.1, 100 * r,
    'TRAIL', 'SHORT_TRAIL', e * 10 + y, e
FROM event, generate_series(2, 3) y, generate_series(1, 4) r;
