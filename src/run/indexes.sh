#!/usr/bin/env bash
# What `make indexes` does: makes the indexes of src/sql/indexes.sql in the database that DATABASE_URL names.
# Owns what becomes of a URL that Prisma understands and psql does not. Repeats no part of it: there may be a password in it.

set -euo pipefail

fail() {
    echo "make indexes: $*" >&2
    exit 1
}

[[ ${DATABASE_URL:-} ]] || fail "DATABASE_URL must be set"

# psql_url URL: the same with the parameters that libpq knows
psql_url() {
    local parameter kept="" parameters=()

    [[ $1 != *\?* ]] || IFS='&' read -r -a parameters <<<"${1#*\?}"
    for parameter in "${parameters[@]}"; do
        case $parameter in
        sslmode=no-verify) kept+="&sslmode=require" ;;
        sslmode=* | sslrootcert=* | sslcert=* | sslkey=* | sslpassword=* | host=* | port=* | connect_timeout=* | options=*) kept+="&$parameter" ;;
        esac
    done
    echo "${1%%\?*}${kept:+?${kept#&}}"
}

if [[ $DATABASE_URL =~ [?\&]schema=([A-Za-z0-9_]+) ]]; then
    export PGOPTIONS="-c search_path=${BASH_REMATCH[1]}"
fi
exec psql -X -v ON_ERROR_STOP=1 -f "$(dirname "$0")/../sql/indexes.sql" "$(psql_url "$DATABASE_URL")"
