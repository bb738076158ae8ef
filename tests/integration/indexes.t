#!/usr/bin/env bash
# `make indexes`: with the URLs that Prisma's users have, as often as one likes, and after it was interrupted; and what
# --check says of indexes that are missing.
# shellcheck disable=SC2016,SC2317 # conditions that are waited for are texts, for eval
# shellcheck source=tests/lib/harness.sh
. "$(dirname "$0")/../lib/harness.sh"

start_postgres

# The indexes that --check names: missing
missing() {
    DATABASE_URL=$(stack_url data_agents) "$program" --check 2>&1 | sed -n 's/.*index \([a-z_]*\) is missing.*/\1/p'
}

# make_indexes [PARAMETERS OF THE URL]: as the owner
make_indexes() {
    stack_as env "DATABASE_URL=postgresql://postgres@localhost:5432/data_agents?host=$STACK_SOCKETS${1:-}" \
        make -s -C "$root" indexes >"$folder/made" 2>&1
}

mapfile -t all < <(grep -oE '^CREATE INDEX CONCURRENTLY IF NOT EXISTS [a-z_]+' "$root/src/sql/indexes.sql" | awk '{ print $NF }')
sql data_agents "SELECT format('DROP INDEX IF EXISTS %I', unnest('{$(IFS=,; echo "${all[*]}")}'::text[]))" | stack_psql data_agents -f - 2>/dev/null
is "--check names each index that is missing" "$(missing | sort)" "$(printf '%s\n' "${all[@]}" | sort)"
ok "make indexes takes a URL of Prisma's" make_indexes '&schema=public&connection_limit=5&pgbouncer=true'
is "then none is missing" "$(missing)" ""
ok "again: nothing to do" make_indexes
sql data_agents "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'proposals_created'::regclass" >/dev/null
is "one that was interrupted is missing" "$(missing)" proposals_created
ok "again: it is made anew" make_indexes
is "and is there" "$(missing)" ""
is "valid, and once" "$(sql data_agents "SELECT count(*) FROM pg_index WHERE indexrelid = 'proposals_created'::regclass AND indisvalid")" 1
ok "another schema: what is not there is an error" eval '! make_indexes "&schema=nowhere"'
like "which says so" "$(<"$folder/made")" 'relation "proposals" does not exist'
ok "no URL: an error" eval '! env -u DATABASE_URL make -s -C "$root" indexes 2>"$folder/made"'
is "in one clear line" "$(grep -v '^make: ' "$folder/made")" "make indexes: DATABASE_URL must be set"

done_testing
