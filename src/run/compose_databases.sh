#!/usr/bin/env bash
# Fills the databases on the first start of docker-compose's PostgreSQL; its image runs this, or sources it where the file
# has lost its mode. Owns only which files are run: they are those of `make run`.

for file in databases demo; do
    database=postgres
    [[ $file == databases ]] || database=data_agents
    psql -X -q -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$database" -f "/project/sql/$file.sql" \
        -v password="$PROPOSALS_PASSWORD" \
        -v miles_url="postgresql://proposals:$PROPOSALS_PASSWORD@postgres/miles_republic" >/dev/null || exit
done
