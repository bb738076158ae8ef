#!/usr/bin/env bash
# Databases that want TLS: with a certificate that is verified, one that is not, and a wrong one.
# shellcheck disable=SC2016,SC2034,SC2119,SC2317 # conditions that are waited for are texts, for eval
# shellcheck source=tests/lib/harness.sh
. "$(dirname "$0")/../lib/harness.sh"
# shellcheck source=tests/lib/faults.sh
. "$tests/lib/faults.sh"

# An authority, and a certificate by it for NAME: make_authority FILE, make_certificate AUTHORITY FILE NAME
make_authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$(basename "$1")" \
        -addext basicConstraints=critical,CA:TRUE -keyout "$1.key" -out "$1.crt"
}

make_certificate() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$3" -keyout "$2.key" -out "$2.csr" &&
        openssl x509 -req -in "$2.csr" -CA "$1.crt" -CAkey "$1.key" -CAcreateserial -days 2 -out "$2.crt" \
            -extfile <(echo "subjectAltName=DNS:$3")
}

certificates=$folder/certificates
mkdir "$certificates"
{
    make_authority "$certificates/ours" && make_authority "$certificates/others" &&
        make_certificate "$certificates/ours" "$certificates/right" localhost &&
        make_certificate "$certificates/ours" "$certificates/elsewhere" db.example.org
} >"$folder/openssl.log" 2>&1 || bail "$(<"$folder/openssl.log")"
chmod 644 "$certificates"/*

# A server of its own for Miles Republic, which over TCP talks to nobody without TLS.
export WORKERS=1 MILES_TIMEOUT_MS=1500
start_postgres
start_miles
stored=$(rows_stored)

# use_certificate NAME: the server's from now on
use_certificate() {
    local kind

    for kind in crt key; do
        stack_as tee "$folder/miles/server.$kind" <"$certificates/$1.$kind" >/dev/null
        stack_as chmod 600 "$folder/miles/server.$kind"
    done
    on_miles sql postgres "ALTER SYSTEM SET ssl = on" "SELECT pg_reload_conf()" >/dev/null
}

sed 's/^host /hostssl /' "$folder/miles/pg_hba.conf" >"$folder/hba"
stack_as tee "$folder/miles/pg_hba.conf" <"$folder/hba" >/dev/null
on_miles sql postgres "ALTER ROLE proposals PASSWORD 'canary'" >/dev/null
use_certificate right

# Whether the workers' connections to a database are encrypted.
encrypted() {
    on_miles sql postgres "SELECT string_agg(ssl::text, ' ') FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'proposals' AND datname = '$1'"
}

# url HOST DATABASE MODE [AUTHORITY]
url() {
    echo "postgresql://proposals:canary@$1:$miles_port/$2?sslmode=$3${4:+&sslrootcert=$certificates/$4.crt}"
}

works() {
    is "$1: enriched" "$(enrichment)" "200 ok"
    is "$1: over TLS" "$(encrypted miles_republic)" true
    is "$1: nothing to complain of" "$(logged_since ' (warn|error): ')" 0
}

# fails NAME PATTERN: as stored, one line of the log
fails() {
    is "$1: as stored" "$(enrichment)" "200 unavailable"
    as_stored "$1"
    is "$1: one line in the log" "$(logged_since ' (warn|error): ')" 1
    like "$1: it says what is wrong" "$(lines_since ' (warn|error): ' | head -n 1)" "$2"
    is "$1: no secret in it" "$(logged_since canary)" 0
}

locate() {
    mark_log
    locate_miles "$(url "$@")"
}

locate_miles "$(miles_url)"
start_workers
start_nginx
is "without TLS, on the socket" "$(enrichment)" "200 ok"
good=$(rows)

for mode in prefer require no-verify; do
    locate 127.0.0.1 miles_republic $mode
    works "sslmode=$mode"
done
ok "as before" test "$(rows)" = "$good"
opened=$(reported milesRepublic .opened)
is "a TLS connection is kept" "$(storm_summary 40 2 '/api/proposals?limit=20') $(reported milesRepublic .opened)" "40 200 $opened"
locate localhost miles_republic verify-full ours
works "sslmode=verify-full"
locate 127.0.0.1 miles_republic verify-ca ours
works "sslmode=verify-ca, whatever the name"
mark_log
locate_miles "$(url localhost miles_republic require ours)&sslaccept=strict"
works "sslaccept=strict, as Prisma has it"
on_miles sql postgres "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'proposals'" >/dev/null
is "a terminated TLS connection is replaced within the request" "$(enrichment)" "200 ok"

locate 127.0.0.1 miles_republic disable
fails "TLS required, but sslmode=disable" 'no pg_hba.conf entry|no encryption'
locate localhost miles_republic verify-full others
fails "a certificate of another authority" 'certificate verify failed'
locate 127.0.0.1 miles_republic verify-full ours
fails "a certificate for another name" 'server certificate for "localhost".* does not match host name "127\.0\.0\.1"'
locate localhost miles_republic verify-full none
fails "no file of the authority" 'none\.crt'
use_certificate elsewhere
locate localhost miles_republic verify-full ours
fails "the server's certificate is elsewhere's" 'server certificate for "db\.example\.org".* does not match host name "localhost"'
use_certificate right
ok "it is right again: enriched again by itself" stack_until 6 eval '[[ $(enrichment) == "200 ok" ]]'
ok "as before" test "$(rows)" = "$good"

# ---- data_agents, on the same server

stack_stop workers
on_miles locate_miles "$(miles_url)"
export DATABASE_URL
for mode in require verify-full; do
    DATABASE_URL=$(url localhost data_agents $mode ours)
    start_workers
    is "data_agents, sslmode=$mode: answered and enriched" "$(enrichment)" "200 ok"
    is "data_agents, sslmode=$mode: over TLS" "$(encrypted data_agents | cut -d ' ' -f 1)" true
    stack_stop workers
done
DATABASE_URL=$(url localhost data_agents verify-full others)
start_workers
mark_log
get '/api/proposals'
error_is "data_agents, a wrong certificate" 503 DATABASE_UNAVAILABLE
is "data_agents, a wrong certificate: one line in the log" "$(logged_since ' (warn|error): ')" 1
like "data_agents, a wrong certificate: it says what is wrong" "$(lines_since ' (warn|error): ')" 'certificate verify failed'

done_testing
