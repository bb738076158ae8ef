-- The indexes that keep a page as fast at a million proposals as at ten thousand. The live schema has none of them.
-- They are made without locking out the agents, and only where missing: run it as often as you like, as the table's owner,
-- outside a transaction (psql -f). `proposals-fcgi --check` names those that are missing.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- What a run leaves that was interrupted is never used, and stands in the way of the next.
SELECT format('DROP INDEX CONCURRENTLY %s', i.indexrelid::regclass)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE NOT i.indisvalid AND c.relname ~ '^(proposals|proposal_applications)_'
    AND i.indrelid IN ('proposals'::regclass, 'proposal_applications'::regclass)
    AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)
\gexec

-- The three sorts.
CREATE INDEX CONCURRENTLY IF NOT EXISTS proposals_created ON proposals ("createdAt" DESC, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS proposals_date_asc
    ON proposals ("proposedStartDate" ASC NULLS LAST, "createdAt" DESC, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS proposals_date_desc
    ON proposals ("proposedStartDate" DESC NULLS LAST, "createdAt" DESC, id);

-- The filters, each in the default order.
CREATE INDEX CONCURRENTLY IF NOT EXISTS proposals_status_created ON proposals (status, "createdAt" DESC, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS proposals_type_created ON proposals (type, "createdAt" DESC, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS proposals_agent_created ON proposals ("agentId", "createdAt" DESC, id);

-- Groups, related proposals, and the filters on ids: few rows each.
CREATE INDEX CONCURRENTLY IF NOT EXISTS proposals_event_edition ON proposals ("eventId", "editionId");
CREATE INDEX CONCURRENTLY IF NOT EXISTS proposals_edition ON proposals ("editionId");
CREATE INDEX CONCURRENTLY IF NOT EXISTS proposals_race ON proposals ("raceId") WHERE "raceId" IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS proposal_applications_proposal ON proposal_applications ("proposalId");

-- Search and categories.
CREATE INDEX CONCURRENTLY IF NOT EXISTS proposals_name_trigrams ON proposals USING gin ("eventName" gin_trgm_ops);
CREATE INDEX CONCURRENTLY IF NOT EXISTS proposals_city_trigrams ON proposals USING gin ("eventCity" gin_trgm_ops);
CREATE INDEX CONCURRENTLY IF NOT EXISTS proposals_edition_year ON proposals ("editionYear") WHERE "editionYear" IS NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS proposals_changes ON proposals USING gin (changes jsonb_path_ops);
