#!/usr/bin/env bash
# Connections that are idle for long have keepalives, and those that are old are renewed: between requests, not all at
# once, and unnoticed.
# shellcheck disable=SC2016,SC2034,SC2119,SC2317 # conditions that are waited for are texts, for eval
# shellcheck source=tests/lib/harness.sh
. "$(dirname "$0")/../lib/harness.sh"
# shellcheck source=tests/lib/faults.sh
. "$tests/lib/faults.sh"

export WORKERS=4 CONNECTION_MAX_AGE_S=2
start_postgres
sql postgres 'ALTER SYSTEM SET log_disconnections = on' 'SELECT pg_reload_conf()' >/dev/null
start_faulty ours "$STACK_SOCKETS/.s.PGSQL.5432"
start_faulty miles "$STACK_SOCKETS/.s.PGSQL.5432"
export DATABASE_URL
DATABASE_URL=$(faulty_url ours data_agents)
locate_miles "$(faulty_url miles miles_republic)"
start_workers
start_nginx

# ---- keepalives

# The timers of our connections to a port, by the kernel: kind (2: keepalive) and seconds until it is due.
timers() {
    awk -v port="$(printf ':%04X' "$1")" '$3 ~ port "$" && $4 == "01" { split($6, t, ":"); print t[1], t[2] }' /proc/net/tcp |
        while read -r kind jiffies; do
            echo "$kind $((16#$jiffies / $(getconf CLK_TCK)))"
        done
}

is "a page is enriched" "$(enrichment)" "200 ok"
for name in ours miles; do
    timers "${faulty_port[$name]}" >"$folder/timers"
    ok "the connection to $name has keepalives, the first after 30 s at most" \
        awk '$1 == "02" && $2 > 0 && $2 <= 30 { good++ } END { exit !(NR && good == NR) }' "$folder/timers"
done

# ---- renewal, under load

# The ages at which connections have ended, in milliseconds: ages DATABASE
ages() {
    sed -nE "s/.*disconnection: session time: 0:00:([0-9]+)\.([0-9]{3}) user=proposals database=$1 .*/\1\2/p" "$folder/postgres.log" | sed 's/^0*//'
}

{
    while [[ ! -e $folder/enough ]]; do
        storm 100 8 '/api/proposals?limit=100&type=EDITION_UPDATE'
    done
} >"$folder/statuses" &
load=$!
# As soon as a connection is open anew, the old one has ended.
ok "every worker's connections are renewed" stack_until 12 eval '[[ $(ages data_agents | wc -l) -ge 8 && $(ages miles_republic | wc -l) -ge 8 ]]'
touch "$folder/enough"
wait "$load"
is "no request noticed" "$(sort "$folder/statuses" | uniq -c | awk '{ print $2 }')" 200
is "all were enriched" "$(metric 'enrichments_total{outcome="unavailable"}')" 0
for database in data_agents miles_republic; do
    ages $database | sort -n >"$folder/ages"
    [[ -s $folder/ages ]] || echo 0 >"$folder/ages"
    ok "no connection to $database ended before it was old ($(head -n 1 "$folder/ages") ms)" test "$(head -n 1 "$folder/ages")" -ge 1590
    ok "none was much older than it should ($(tail -n 1 "$folder/ages") ms)" test "$(tail -n 1 "$folder/ages")" -le 4000
    ok "some ended before their 2 s: they are not renewed in step" test "$(head -n 1 "$folder/ages")" -le 1950
    ok "one for each worker is open, at most" test "$(backends $database | wc -l)" -le 4
done
is "a renewal is no reconnect" "$(metric 'database_reconnects_total{database="data_agents"}') $(metric 'database_reconnects_total{database="miles_republic"}')" "0 0"

# ---- idle

sleep 2.2
is "after a pause longer than that the first requests are answered" "$(storm_summary 20 4 '/api/proposals?limit=100')" "20 200"
is "and enriched" "$(metric 'enrichments_total{outcome="unavailable"}')" 0

stack_stop workers
export WORKERS=1 CONNECTION_MAX_AGE_S=1
start_workers
enrichment >/dev/null
is "a connection that is kept is shown" "$(reported dataAgents .connected) $(reported milesRepublic .connected)" "true true"
sleep 1.2
enrichment >/dev/null
is "one that is closed behind a request is not" "$(reported dataAgents .connected) $(reported milesRepublic .connected)" "false false"

stack_stop workers
export CONNECTION_MAX_AGE_S=0
start_workers
enrichment >/dev/null
old=$(backends data_agents; backends miles_republic)
sleep 2.2
is "without a limit for their age" "$(enrichment), $(enrichment)" "200 ok, 200 ok"
is "connections stay" "$(backends data_agents; backends miles_republic)" "$old"

done_testing
