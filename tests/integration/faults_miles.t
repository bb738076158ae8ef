#!/usr/bin/env bash
# What a client sees of Miles Republic's faults: restarted, cut off in mid-query, refusing, frozen, gone, slow, late, moved,
# misconfigured. It is a PostgreSQL of its own, reached directly or through a proxy that behaves badly on command.
# shellcheck disable=SC2016,SC2034,SC2119,SC2317 # conditions that are waited for are texts, for eval
# shellcheck source=tests/lib/harness.sh
. "$(dirname "$0")/../lib/harness.sh"
# shellcheck source=tests/lib/faults.sh
. "$tests/lib/faults.sh"

created='info: Connexion créée pour: '
failed='warn: Miles Republic'

export WORKERS=1
start_postgres
start_miles
start_faulty bad "$(miles_socket)"
start_proxy ours
export DATABASE_URL
DATABASE_URL=$(proxy_url ours data_agents)
stored=$(rows_stored)

locate_directly() {
    locate_miles "$(miles_url)"
}

locate_by_proxy() {
    locate_miles "$(faulty_url bad miles_republic)"
}

recovers() {
    ok "$1: enriched again by itself" stack_until "${2:-8}" is_enriched
    enrichment >/dev/null
    ok "$1: then as before" test "$(rows)" = "$good"
}

# ---- restarted between two requests

locate_directly
start_workers
start_nginx
is "a page is enriched" "$(enrichment)" "200 ok"
good=$(rows)
mark_log
restart_miles
is "Miles Republic restarted: the first request is enriched" "$(enrichment)" "200 ok"
ok "restarted: as before" test "$(rows)" = "$good"
is "restarted: one reconnect in the log, and no fault" "$(logged_since "$created") $(logged_since ' (warn|error): ')" "1 0"
is "restarted: one reconnect is counted" "$(reported milesRepublic .reconnects)" 1

# ---- cut off in mid-query

# Ends the backend that waits for the lock: end_waiting. Its pid is kept, so as not to take it for the next.
ended=0
end_waiting() {
    local pid=""

    for _ in {1..200}; do
        pid=$(on_miles sql postgres "SELECT pid FROM pg_stat_activity WHERE usename = 'proposals' AND wait_event_type = 'Lock' AND pid <> $ended")
        [[ $pid ]] && break
        sleep 0.02
    done
    [[ $pid ]] || return 1
    ended=$pid
    on_miles sql postgres "SELECT pg_terminate_backend($pid)" >/dev/null
}

mark_log
on_miles hold_lock miles_republic Event
enrichment >"$folder/answer" &
request=$!
ok "a request is in mid-query" end_waiting
release_lock
wait "$request"
is "its backend is terminated: the request is enriched" "$(<"$folder/answer")" "200 ok"
is "terminated: it took one new connection" "$(logged_since "$created")" 1

mark_log
on_miles hold_lock miles_republic Event
enrichment >"$folder/answer" &
request=$!
ok "another request is in mid-query" end_waiting
ok "and its second attempt" end_waiting
wait "$request"
release_lock
is "terminated twice: there is no third attempt" "$(<"$folder/answer")" "200 unavailable"
is "terminated twice: it took one new connection" "$(logged_since "$created")" 1
recovers "terminated twice"

locate_by_proxy
is "through the proxy it is the same" "$(enrichment)" "200 ok"
for bytes in 0 1 1000; do
    tell bad forget
    tell bad cut_next 1 $bytes
    is "the connection is reset after $bytes bytes of the answer: enriched" "$(enrichment)" "200 ok"
    ok "reset after $bytes bytes: as before" test "$(rows)" = "$good"
    is "reset after $bytes bytes: asked twice, over one new connection" "$(seen bad questions) $(seen bad attempts)" "2 1"
done
tell bad forget
tell bad cut_next 2
is "reset twice: as stored" "$(enrichment)" "200 unavailable"
as_stored "reset twice"
is "reset twice: it was asked twice and not more" "$(seen bad questions) $(seen bad attempts)" "2 1"
tell bad cut_next 0
recovers "reset twice"
tell bad cut
is "reset between requests: enriched" "$(enrichment)" "200 ok"

# ---- refusing

# A page costs so much when all is well.
normal=$(times 40 | usual)
down() {
    local slow

    is "$1: as stored" "$(enrichment)" "200 unavailable"
    as_stored "$1"
    # The best of three, for the machine may be busy with other things.
    slow=$(for _ in 1 2 3; do times 20 | usual; done | sort -n | head -n 1)
    ok "$1: a page takes at most 20 ms more than the usual $normal ms ($slow ms)" less "$slow" "$(awk -v n="$normal" 'BEGIN { print n + 20 }')"
}

tell bad refuse
tell bad cut
down "refused"
tell bad slam
down "cut off when connecting"

# A new row, so that the delay begins anew; then how often it is tried while pages are asked for without a pause.
sql data_agents "UPDATE database_connections SET name = 'Again' WHERE id = 'conn-miles'" >/dev/null
tell bad forget
mark_log
end=$((${EPOCHREALTIME/[.,]/} + 2500000))
pages=0
while ((${EPOCHREALTIME/[.,]/} < end)); do
    times 20 >/dev/null
    pages=$((pages + 20))
done
read -r -a counted <<<"$(tell bad counts)"
gaps=("${counted[@]:9}")
ok "a server that cuts off is tried 5 to 8 times in 2.5 s ($((${#gaps[@]} + 1)) times)" test ${#gaps[@]} -ge 4 -a ${#gaps[@]} -le 7
ok "though there were many more pages ($pages)" test "$pages" -ge 60
ok "the first pause is of 50 to 100 ms, and what the load adds (${gaps[0]:-0} ms)" test "${gaps[0]:-0}" -ge 49 -a "${gaps[0]:-0}" -le 300
ok "the fourth of 400 to 800 (${gaps[3]:-0} ms)" test "${gaps[3]:-0}" -ge 399 -a "${gaps[3]:-0}" -le 1300
is "each attempt is one line of the log" "$(logged_since "$failed")" "${counted[1]}"
lines_since "$failed" | sed -nE 's/.*next attempt in ([0-9]+) ms.*/\1/p' >"$folder/delays"
ok "it says when the next will be, later each time" cmp -s "$folder/delays" <(sort -n "$folder/delays")
mapfile -t delays <"$folder/delays"
sooner=0
for i in "${!gaps[@]}"; do
    ((gaps[i] >= delays[i])) || sooner=$((sooner + 1))
done
ok "pauses are jittered: shorter than what is said, at least once ($sooner of ${#gaps[@]})" test "$sooner" -ge 1
tell bad pass
recovers "refused"

# At the lowest back-off: down for a moment only.
for _ in 1 2 3; do
    tell bad refuse
    tell bad cut
    is "a moment's refusal: as stored" "$(enrichment)" "200 unavailable"
    tell bad pass
    ok "a moment's refusal: enriched again within 1 s" stack_until 1 is_enriched
done

# ---- frozen: the default time limit, which is 2 s

frozen() {
    local first

    first=$(times 1)
    ok "$1: the first request waits for 2 s at most ($first ms)" less "$first" 2400
    $2 ok "$1: and no less" less 1900 "$first"
    down "$1, later requests"
    first=$(times 40 | sort -n | tail -n 2 | head -n 1)
    ok "$1: later ones do not wait, but for one in forty at most ($first ms)" less "$first" 300
}

locate_directly
is "without the proxy it is the same" "$(enrichment)" "200 ok"
old=$(on_miles backends miles_republic)
signal_miles STOP
frozen "stopped" ""
is "stopped: no Miles Republic connection is kept" "$(reported milesRepublic .connected)" false
signal_miles CONT
recovers "stopped"
is "stopped: the connection was not used again" "$(on_miles backends miles_republic | grep -cxF "$old")" 0

stack_stop workers
export MILES_TIMEOUT_MS=500
start_workers
locate_by_proxy
is "with a limit of 500 ms it is the same" "$(enrichment)" "200 ok"
tell bad vanish
first=$(times 1)
ok "packets vanish: the first request waits for the limit ($first ms)" less "$first" 900
ok "packets vanish: and no less" less 450 "$first"
down "packets vanish, later requests"
tell bad pass
recovers "packets vanish"
ok "packets vanish: it takes no more than one connection" stack_until 2 eval '[[ $(seen bad connections) == 1 ]]'

# ---- some way off: answers take 20 ms, a connection takes several, and requests are few

locate_directly
on_miles sql postgres "ALTER ROLE proposals PASSWORD 'far'" >/dev/null
cp "$folder/miles/pg_hba.conf" "$folder/hba"
printf '%s\n' 'local all postgres peer map=stack' 'local all all scram-sha-256' | stack_as tee "$folder/miles/pg_hba.conf" >/dev/null
on_miles sql postgres 'SELECT pg_reload_conf()' >/dev/null
tell bad delay 20
locate_miles "postgresql://proposals:far@127.0.0.1:${faulty_port[bad]}/miles_republic"
is "20 ms away: enriched" "$(enrichment)" "200 ok"
tell bad refuse
tell bad cut
is "20 ms away, and refused: as stored" "$(enrichment)" "200 unavailable"
tell bad delay 20
is_enriched_later() {
    sleep 1
    is_enriched
}
ok "20 ms away, and back: enriched again, with a request a second" stack_until 5 is_enriched_later
tell bad pass
stack_as tee "$folder/miles/pg_hba.conf" <"$folder/hba" >/dev/null
on_miles sql postgres 'SELECT pg_reload_conf()' >/dev/null
locate_by_proxy
is "next door again: enriched" "$(enrichment)" "200 ok"

# ---- slow by a lock

mark_log
on_miles hold_lock miles_republic Event
backend=$(on_miles backends miles_republic)
measure_time enrichment
ok "a lock: the answer comes at the limit ($milliseconds ms)" test "$milliseconds" -ge 450 -a "$milliseconds" -le 1900
is "a lock: as stored" "$status $(json .meta.enrichment)" "200 unavailable"
as_stored "a lock"
ok "a lock: the query is cancelled on the server, at once" stack_until 1 eval '! on_miles is_waiting'
release_lock
recovers "a lock"
is "a lock: who cancelled was looked after" "$(stack_until 1 eval '[[ $(zombies) == 0 ]]'; zombies)" 0

# ---- late answers

# event ID: what the page has of it
event() {
    get "/api/proposals?eventId=$1&type=EVENT_UPDATE"
    echo "$status $(json .meta.enrichment) $(json '.data[0].eventName')"
}

one=$(event 101)
other=$(event 102)
is "two pages that differ" "$one, $other" '200 ok Foulées "Vertes" & Cie, 200 ok Marathon du Nul'
for _ in 1 2; do
    tell bad delay 900
    is "an answer after the limit: as stored" "$(event 101)" "200 unavailable Ancien nom"
    tell bad pass
    # The late answer is on its way, while others ask.
    ok "late answers: others are enriched again" stack_until 8 eval '[[ $(event 102) == *ok* ]]'
    is "with what is theirs" "$(json '.data[0].eventName')" "Marathon du Nul"
    sleep 0.4
    is "and so are those after them" "$(event 101), $(event 102)" "$one, $other"
done

# ---- the row changes

on_miles sql postgres "CREATE DATABASE miles_two TEMPLATE template0" "ALTER ROLE proposals PASSWORD 'first'" >/dev/null
on_miles sql postgres "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'miles_republic'" "DROP DATABASE miles_two" \
    "CREATE DATABASE miles_two TEMPLATE miles_republic" >/dev/null
on_miles sql miles_two 'GRANT SELECT ON ALL TABLES IN SCHEMA public TO proposals' "UPDATE \"Event\" SET name = 'Deux' WHERE id = 101" >/dev/null

# One round trip to data_agents for a page, by the proxy's count of what the worker sends.
event_in_one() {
    local before
    before=$(proxied ours sync)
    echo "$(event 101), $(($(proxied ours sync) - before))"
}

# changed NAME EXPECTED: the next request has it
changed() {
    is "$1: the very next request uses it, in one round trip to data_agents" "$(event_in_one)" "200 ok $2, 1"
    is "$1: one connection is open" "$({ on_miles backends miles_republic; on_miles backends miles_two; } | grep -c .)" 1
}

first='Foulées "Vertes" & Cie'
changed "the backend is gone" "$first"
mark_log
locate_miles "postgresql://proposals:first@127.0.0.1:$miles_port/miles_two"
changed "another host, port and database" Deux
on_miles sql postgres "ALTER ROLE proposals PASSWORD 'second'" >/dev/null
locate_miles "postgresql://proposals:second@127.0.0.1:$miles_port/miles_two"
changed "another password" Deux
sql data_agents "UPDATE database_connections SET \"isActive\" = false WHERE id = 'conn-miles'" >/dev/null
is "inactive: the very next request knows" "$(event_in_one)" "200 unconfigured Ancien nom, 1"
is "inactive: none is shown either" "$(reported milesRepublic .connected)" false
is "inactive: no connection is open" "$({ on_miles backends miles_republic; on_miles backends miles_two; } | grep -c .)" 0
sql data_agents "INSERT INTO database_connections (id, name, type, \"connectionUrl\", \"createdAt\", \"updatedAt\")
    VALUES ('new', 'Nouvelle', 'MILES_REPUBLIC', '$(miles_url)', now(), now())" >/dev/null
changed "a new row" "$first"
sql data_agents "UPDATE database_connections SET \"isActive\" = true WHERE id = 'conn-miles'" >/dev/null
changed "the other row again, which is older" Deux
sql data_agents "DELETE FROM database_connections WHERE id = 'conn-miles'" >/dev/null
changed "that row is gone" "$first"
is "a connection for each change" "$(logged_since "$created")" 5
is "and nothing to complain of" "$(logged_since ' (warn|error): ')" 0

# Under load, between two places.
before=$(metric 'enrichments_total{outcome="ok"}')
others=$(metric 'enrichments_total{outcome="unavailable"}')
worker=$(worker_pids)
storm 150 4 '/api/proposals?limit=5&type=EVENT_UPDATE' >"$folder/statuses" &
load=$!
flips=0
while kill -0 "$load" 2>/dev/null; do
    flips=$((flips + 1))
    place=$(miles_url)
    ((flips % 2)) && place=$(faulty_url bad miles_republic)
    sql data_agents "UPDATE database_connections SET \"connectionUrl\" = '$place' WHERE id = 'new'" >/dev/null
done
wait "$load"
ok "the row changed under load ($flips times)" test "$flips" -ge 3
is "changes under load: no request fails" "$(sort "$folder/statuses" | uniq -c | awk '{ print $1, $2 }')" "150 200"
is "changes under load: all are enriched" \
    "$(($(metric 'enrichments_total{outcome="ok"}') - before)) $(metric 'enrichments_total{outcome="unavailable"}')" "150 $others"
is "changes under load: one connection is open" "$(on_miles backends miles_republic | wc -l)" 1
is "in all this the same worker served" "$(worker_pids)" "$worker"

# ---- a row that cannot be used

# unusable NAME URL PATTERN: a line of the log for the change, then one a back-off step
unusable() {
    local lines attempts

    mark_log
    sql data_agents "UPDATE database_connections SET \"connectionUrl\" = '$2' WHERE id = 'new'" >/dev/null
    is "$1: as stored" "$(enrichment)" "200 unavailable"
    as_stored "$1"
    is "$1: one line in the log" "$(logged_since ' (warn|error): ')" 1
    like "$1: it says what is wrong" "$(lines_since ' (warn|error): ' | head -n 1)" "$3"
    times 5 >/dev/null
    lines=$(logged_since ' (warn|error): ')
    ok "$1: then one a back-off step at most ($lines)" test "$lines" -le 4
    is "$1: no secret in it" "$(logged_since 'canary')" 0
}

unusable "a URL that is none" 'mysql://me:canary@localhost/x' 'database_connections.*postgresql://'
unusable "a URL with a bad port" "postgresql://me:canary@localhost:port/x" 'database_connections'
unusable "a host that is unknown" "postgresql://me:canary@nowhere.invalid/x" 'nowhere\.invalid'
unusable "a wrong password" "postgresql://proposals:canary@127.0.0.1:$miles_port/miles_republic" 'password authentication failed'
unusable "an unknown database" "postgresql://proposals:second@127.0.0.1:$miles_port/canyon" '"canyon" does not exist'
health() {
    curl -q -s --noproxy '*' "http://127.0.0.1:$port/api/health" | jq -r '"\(.data.status) \(.data.databases.milesRepublic.state)"'
}
is "the state of the service: degraded" "$(health)" "degraded unavailable"
sql data_agents "UPDATE database_connections SET \"isActive\" = false WHERE id = 'new'" >/dev/null
ok "not where none is wanted" stack_until 3 eval '[[ $(health) == "ok unconfigured" ]]'
sql data_agents "UPDATE database_connections SET \"connectionUrl\" = '$(miles_url)', \"isActive\" = true WHERE id = 'new'" >/dev/null
is "a row that can be used again is used by the very next request" "$(event 101)" "200 ok $first"

done_testing
