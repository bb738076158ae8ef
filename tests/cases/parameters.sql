-- A small known set for parameters.t. In data_agents; nothing in it needs Miles Republic.
SET client_min_messages = warning;
BEGIN;
TRUNCATE proposals, agents CASCADE;
INSERT INTO agents (id, name, type, frequency, config, "updatedAt") VALUES
    ('one', 'Agent Un', 'EXTRACTOR', '{}', '{}', '2026-01-01'),
    ('two', 'Agent "Deux" & Cie', 'ANALYZER', '{}', '{}', '2026-01-01');

CREATE TEMP TABLE known (n bigint GENERATED ALWAYS AS IDENTITY, id text, agent text, type "ProposalType", status "ProposalStatus",
    event text, edition text, name text, city text, year integer, start timestamp(3), changes jsonb) ON COMMIT DROP;
INSERT INTO known (id, agent, type, status, event, edition, name, city, year, start, changes) VALUES
    ('a', 'one', 'RACE_UPDATE', 'PENDING', '1', '10', 'Trail des Crêtes', 'Besançon', 2026, '2026-05-10 00:00:00', '{"edition": {"new": {"races": [{"categoryLevel1": "TRAIL", "categoryLevel2": "SHORT"}]}}}'),
    ('b', 'one', 'RACE_UPDATE', 'APPROVED', '1', '10', 'Foulées 100% nature', 'Saint_Étienne', 2025, '2026-05-10 23:59:59.999', '{"racesToAdd": {"new": [{"categoryLevel1": "WALK"}, {"categoryLevel1": "TRAIL", "categoryLevel2": "LONG"}]}}'),
    ('c', 'two', 'RACE_UPDATE', 'PENDING', '1', '10', 'Marathon C:\temp', 'Lyon', NULL, '2026-05-11 00:00:00', '{"racesToUpdate": {"new": [{"updates": {"categoryLevel1": {"old": "WALK", "new": "TRAIL"}}}]}}'),
    ('d', 'two', 'NEW_EVENT', 'REJECTED', '1', '10', 'Corrida de Noël 🎄', 'Issy', 2026, NULL, '{"races": {"new": [{"categoryLevel1": "say \"hi\" \\ Été"}]}}'),
    ('e', 'one', 'EVENT_MERGE', 'ARCHIVED', '1', '10', 'Fusion', NULL, NULL, NULL, '{"categoryLevel1": "TRAIL"}'),
    ('f', 'one', 'RACE_UPDATE', 'PARTIALLY_APPROVED', '1', '', 'Ici', 'trailville', 2024, '1969-12-31 23:59:59.999', '[{"categoryLevel1": "TRAIL"}]'),
    ('g', 'one', 'EDITION_UPDATE', 'PENDING', '1', NULL, 'Déjà nommée', 'Paris', 99999, '2026-12-31 12:00:00', '{"racesToUpdate": {"new": [{"categoryLevel1": "TRAIL"}]}}'),
    ('h', 'two', 'EDITION_UPDATE', 'PENDING', '', '10', 'Autre 2026', 'Nice', NULL, '2026-05-10 12:00:00', '{"racesToUpdate": {"new": {"updates": {"categoryLevel1": {"new": "TRAIL"}}}}}'),
    ('i', 'one', 'EDITION_UPDATE', 'APPROVED', '01', '10', NULL, NULL, 0, '2024-02-29 00:00:00', '{"edition": {"new": {"races": {"categoryLevel1": "TRAIL"}}}}');
INSERT INTO proposals (id, "agentId", type, status, "eventId", "editionId", "eventName", "eventCity", "editionYear", "proposedStartDate",
    changes, justification, "createdAt", "updatedAt")
SELECT id, agent, type, status, event, edition, name, city, year, start, changes, '[]', timestamp '2026-01-01' + n * interval '1 day', '2026-01-01'
FROM known;
COMMIT;
