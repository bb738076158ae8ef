#!/usr/bin/env bash
# What operators see: /metrics and the health routes. That the format is what Prometheus reads, that the values count what
# happened, and that none of it ever waits behind busy workers.
# shellcheck disable=SC2016,SC2128,SC2178,SC2034,SC2046,SC2119,SC2317 # conditions that are waited for are texts, for eval
# shellcheck source=tests/lib/harness.sh
. "$(dirname "$0")/../lib/harness.sh"
# shellcheck source=tests/lib/processes.sh
. "$tests/lib/processes.sh"

page='/api/proposals?limit=20'
export REQUEST_TIMEOUT_MS=1000
start_postgres
begin_workers 2
start_nginx

# The format, as strictly as its description: names, escapes, HELP and TYPE once and first, each family in one piece, no
# sample twice, numbers, and histograms that add up. Prints what is wrong.
check_format() {
    perl -ne '
        sub wrong { print "line $.: @_: $_\n" }
        our (%help, %type, %samples, %done, $family, %buckets);
        chomp;
        if (/^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/) {
            my ($what, $name, $text) = ($1, $2, $3);
            if (!defined $family || $name ne $family) { wrong("in two pieces") if $done{$name}++; $family = $name }
            if ($what eq "HELP") { wrong("HELP twice") if $help{$name}++; wrong("HELP after TYPE") if $type{$name} }
            else { wrong("TYPE twice") if $type{$name}; wrong("no type") if $text !~ /^(counter|gauge|histogram)$/; $type{$name} = $text }
            next;
        }
        my $label = qr/[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"/;
        unless (/^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{($label(?:,$label)*)?,?\})? (-?[0-9.]+(?:e[+-]?[0-9]+)?|NaN|[+-]Inf)$/) { wrong("no sample"); next }
        my ($name, $labels, $value) = ($1, $2 // "", $3);
        my $stem = $name =~ s/_(bucket|sum|count)$//r;
        my $base = ($type{$stem} // "") eq "histogram" ? $stem : $name;
        wrong("not with its family") if $base ne ($family // "");
        wrong("no HELP or TYPE") unless $help{$base} && $type{$base};
        wrong("twice") if $samples{"$name\{$labels}"}++;
        wrong("a counter not called _total") if ($type{$base} // "") eq "counter" && $name !~ /_total$/;
        wrong("a gauge called _total") if ($type{$base} // "") eq "gauge" && $name =~ /_total$/;
        wrong("negative") if $value < 0;
        if ($name =~ /_bucket$/ && ($type{$base} // "") eq "histogram") {
            (my $rest = $labels) =~ s/,?le="([^"]*)"// or wrong("no le");
            my $bound = $1 eq "+Inf" ? 9**9**9 : $1;
            my $last = $buckets{"$base|$rest"} // [-1, 0];
            wrong("buckets not in order") if $bound <= $last->[0];
            wrong("buckets not cumulative") if $value < $last->[1];
            $buckets{"$base|$rest"} = [$bound, $value];
        } elsif ($name =~ /_count$/ && ($type{$base} // "") eq "histogram") {
            (my $rest = $labels) =~ s/,$//;
            my $last = $buckets{"$base|$rest"};
            wrong("no last bucket") unless $last && $last->[0] == 9**9**9;
            wrong("count is not the last bucket") unless $last && $last->[1] == $value;
        }
        END { print "no sample\n" unless %samples; for (keys %type) { print "$_ has a TYPE and no HELP\n" unless $help{$_} } }' "$1"
}

# check_metrics NAME: the format of the metrics as they are now
check_metrics() {
    get /metrics
    is "$1: /metrics is there, as text" "$status $(header Content-Type)" "200 text/plain; version=0.0.4; charset=utf-8"
    is "$1: each line is as the format has it" "$(check_format "$body")" ""
    ok "$1: and ends in a new line" test "$(tail -c 1 "$body" | xxd -p)" = 0a
    if type -p "${PROMTOOL:-promtool}" >/dev/null; then
        is "$1: Prometheus's own linter finds nothing" "$("${PROMTOOL:-promtool}" check metrics <"$body" 2>&1)" ""
    else
        skip "$1: Prometheus's own linter finds nothing" "no promtool here"
    fi
}

# The check itself is worth something.
check_wrong() {
    printf '%s\n' "$@" >"$folder/wrong"
    [[ $(check_format "$folder/wrong") ]]
}
ok "the check sees a sample without a type" check_wrong 'a_total 1'
ok "the check sees a number that is none" check_wrong '# HELP a_total x' '# TYPE a_total counter' 'a_total 1,5'
ok "the check sees a sample twice" check_wrong '# HELP a_total x' '# TYPE a_total counter' 'a_total{b="c"} 1' 'a_total{b="c"} 2'
ok "the check sees a quote in a label" check_wrong '# HELP a_total x' '# TYPE a_total counter' 'a_total{b="c"d"} 1'
ok "the check sees a histogram that does not add up" check_wrong '# HELP a x' '# TYPE a histogram' 'a_bucket{le="1"} 2' \
    'a_bucket{le="+Inf"} 3' 'a_sum 1' 'a_count 4'

check_metrics "at the start"
is "at the start nothing has been asked" "$(metric 'http_requests_total{route="list",status="200"}') $(metric 'database_connections_opened_total{database="miles_republic"}')" "0 0"
like "the version is a label" "$(<"$body")" 'proposals_build_info\{version="[0-9]+\.[0-9]+\.[0-9]+"\} 1'
is "the workers are counted" "$(metric 'workers{state="idle"}') $(metric 'workers{state="busy"}')" "2 0"

# ---- requests, by route and status

# Which count rises by what, for a request: counts NAME PATH ROUTE STATUS [ARGUMENT OF CURL...]
counts() {
    local name="http_requests_total{route=\"$3\",status=\"$4\"}" before others

    before=$(metric "$name")
    others=$(look /metrics | awk '/^proposals_http_requests_total/ && !/"status"/ { sum += $2 } END { print sum + 0 }')
    get "$2" "${@:5}"
    is "$1 is counted: $3, $4" "$status $(($(metric "$name") - before)) $(($(look /metrics | awk '/^proposals_http_requests_total/ && !/"status"/ { sum += $2 } END { print sum + 0 }') - others))" "$4 1 1"
}

counts "a page" "$page" list 200
etag=$(header ETag)
counts "a page that the client has" "$page" list 304 -H "If-None-Match: $etag"
counts "a faulty filter" '/api/proposals?limit=x' list 400
counts "another method" "$page" list 405 -X DELETE
counts "the options" "$page" list 204 -X OPTIONS
counts "a proposal" "/api/proposals/$(look "$page" | jq -r '.data[0].id')" detail 200
counts "a proposal that there is not" /api/proposals/none detail 404
counts "the number of eligible ones" /api/proposals/eligible-count eligible_count 200
counts "a path that there is not" /api/proposals/a/b/c/d none 404
hold_lock data_agents proposals
counts "a request over its time" "$page" list 504
release_lock
before=$(metric 'http_requests_total{route="status",status="200"}')
look /api/health >"$folder/none"
is "health and metrics count themselves, apart" "$(($(metric 'http_requests_total{route="status",status="200"}') - before))" 2
before=$(metric 'http_response_bytes_total')
own=$(look /metrics | wc -c)
get "$page"
more=$(($(metric 'http_response_bytes_total') - before))
ok "bytes are counted" test "$more" -ge "$(($(stat -c %s "$body") + own - 50))" -a "$more" -le "$(($(stat -c %s "$body") + 2 * own + 100))"

# ---- histograms

names=(http_request_duration_seconds_count 'database_duration_seconds_count{database="data_agents"}'
    'database_duration_seconds_count{database="miles_republic"}')
counted() {
    local name

    for name in "${names[@]}"; do
        metric "$name"
    done | xargs
}
before=$(counted)
storm 10 2 "$page" >"$folder/none"
storm 5 2 '/api/proposals?type=RACE_UPDATE' >"$folder/none"
read -r all ours miles <<<"$(counted)"
read -r all_before ours_before miles_before <<<"$before"
# The status process has its own share in the first and, once a second, the second.
ok "each request is in the histogram of all ($((all - all_before)))" test $((all - all_before)) -ge 15
ok "each that asked data_agents in its ($((ours - ours_before)))" test $((ours - ours_before)) -ge 15 -a $((ours - ours_before)) -le 18
is "each that asked Miles Republic in its, and no other" $((miles - miles_before)) 10
hold_lock miles_republic Event
before=$(metric "database_duration_seconds_bucket{database=\"miles_republic\",le=\"0.25\"}")
infinite=$(metric "database_duration_seconds_bucket{database=\"miles_republic\",le=\"+Inf\"}")
sum=$(metric "database_duration_seconds_sum{database=\"miles_republic\"}")
slow_get held "$page"
stack_until 2 is_waiting
sleep 0.5
release_lock
slow_end
is "a slow one is in a high bucket, not in a low one" \
    "$(($(metric 'database_duration_seconds_bucket{database="miles_republic",le="0.25"}') - before)) $(($(metric 'database_duration_seconds_bucket{database="miles_republic",le="+Inf"}') - infinite))" "0 1"
ok "and its time in the sum" awk -v a="$sum" -v b="$(metric "database_duration_seconds_sum{database=\"miles_republic\"}")" 'BEGIN { exit !(b - a > 0.45 && b - a < 2) }'

# ---- enrichment by outcome

# outcome NAME STATE PATH: it counts one more of that state
outcome() {
    local before

    before=$(metric "enrichments_total{outcome=\"$2\"}")
    get "$3"
    is "enrichment, $1: $2" "$(json .meta.enrichment) $(($(metric "enrichments_total{outcome=\"$2\"}") - before))" "$2 1"
}
outcome "all is well" ok "$page"
outcome "nothing to enrich" not_needed '/api/proposals?type=RACE_UPDATE'
locate_miles postgresql://nobody@127.0.0.1:1/none
outcome "Miles Republic is not to be reached" unavailable "$page"
ok "failures are counted" test "$(metric 'database_failures_total{database="miles_republic"}')" -ge 1
is "the health says so" "$(look /api/health | jq -r '.data.status, .data.databases.milesRepublic.state' | xargs)" "degraded unavailable"
sql data_agents "UPDATE database_connections SET \"isActive\" = false WHERE id = 'conn-miles'"
outcome "there is none" unconfigured "$page"
sql data_agents "UPDATE database_connections SET \"isActive\" = true WHERE id = 'conn-miles'"
locate_miles "$(stack_url miles_republic)"
outcome "it is back" ok "$page"

# ---- connections

begin_again 2
stack_until 10 eval 'storm 20 20 "$page" >"$folder/none"; [[ $(backends miles_republic | wc -l) == 2 ]]'
is "connections open are those that PostgreSQL has" \
    "$(metric 'database_connections{database="miles_republic"}') $(metric 'database_connections_opened_total{database="miles_republic"}')" "2 2"
look /api/health >"$folder/none"
is "so it is with data_agents, the status process's among them" "$(metric 'database_connections{database="data_agents"}')" "$(backends data_agents | wc -l)"
is "the health says how many" "$(look /api/health | jq .data.databases.milesRepublic.connections)" 2
is "and which worker has one" "$(look /api/health/workers | jq -c '[.data.workers[].milesRepublic.connected]')" '[true,true]'
is "no reconnect yet" "$(metric 'database_reconnects_total{database="miles_republic"}')" 0
sql postgres "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'proposals' AND datname = 'miles_republic'" >"$folder/none"
stack_until 10 eval 'storm 20 20 "$page" >"$folder/none"; [[ $(backends miles_republic | wc -l) == 2 ]]'
is "those terminated are opened again, and counted so" \
    "$(metric 'database_reconnects_total{database="miles_republic"}') $(metric 'database_connections_opened_total{database="miles_republic"}')" "2 4"
ok "the last minutes are remembered" stack_until 4 eval '[[ $(look /api/health/workers | jq -c ".data.milesRepublic.history[-1]") == 2 ]]'
opened=$(metric 'database_connections_opened_total{database="miles_republic"}')
requests=$(metric 'http_requests_total{route="list",status="200"}')

# ---- restarts, and what a process has counted outlives it

causes() {
    for cause in exit signal hung retired reload; do
        metric "restarts_total{cause=\"$cause\"}"
    done | xargs
}
is "no restart yet" "$(causes)" "0 0 0 0 0"
before=$(worker_pids)
kill -KILL "${before%% *}"
stack_until 2 eval '[[ $(causes) == "0 1 0 0 0" ]] && workers_are 2'
is "a killed worker is a restart by a signal" "$(causes)" "0 1 0 0 0"
is "what it had counted is not lost" \
    "$(metric 'database_connections_opened_total{database="miles_republic"}') $(metric 'http_requests_total{route="list",status="200"}')" "$opened $requests"
is "its connection is not counted as open" "$(metric 'database_connections{database="miles_republic"}')" 1
kill -HUP "$(master_pid)"
stack_until 4 eval '[[ $(causes) == "0 1 0 0 3" ]] && workers_are 2'
is "a reload is one for each process" "$(causes)" "0 1 0 0 3"
stack_until 2 eval '[[ $(metric "http_requests_total{route=\"list\",status=\"200\"}") == "$requests" ]]'
is "what they had counted is not lost either" "$(metric 'http_requests_total{route="list",status="200"}')" "$requests"
is "nothing is open after it" "$(metric 'database_connections{database="miles_republic"}')" 0

# The counts may never go back, whoever ends in the meantime.
for _ in {1..40}; do
    metric 'http_requests_total{route="list",status="200"}'
    pids=$(worker_pids)
    [[ ! $pids ]] || ((RANDOM % 4)) || kill -KILL "${pids%% *}" 2>/dev/null
done >"$folder/counts" &
watch=$!
for _ in {1..12}; do
    storm 20 2 "$page" >"$folder/none"
done
wait "$watch"
ok "counts never go back while workers die" sort -n -c "$folder/counts"
stack_until 3 workers_are 2
check_metrics "after all that"

# ---- never behind busy workers

# quick NAME PATH TEXT: answered within 100 ms with this in it; and never late, of three times, whatever the machine does
quick() {
    local slowest=0 fastest=9999

    for _ in 1 2 3; do
        measure_time get "$2"
        ((milliseconds <= slowest)) || slowest=$milliseconds
        ((milliseconds >= fastest)) || fastest=$milliseconds
    done
    like "$1: $2 answers" "$status $(<"$body")" "^200 .*$3"
    ok "$1: $2 within 100 ms ($fastest to $slowest)" test "$fastest" -lt 100 -a "$slowest" -lt 500
}

all_quick() {
    quick "$1" /api/health '"status":"ok"'
    quick "$1" /api/health/live live
    quick "$1" /api/health/ready ready
    quick "$1" /api/health/workers '"busy":true'
    quick "$1" /metrics 'proposals_workers\{state="busy"\} 2'
}
REQUEST_TIMEOUT_MS=6000 begin_again 2
wait_until_ready
hold_lock data_agents proposals
for i in {1..6}; do
    slow_get "held$i" "$page"
done
stack_until 2 busy_are 2
all_quick "every worker is held by a lock"
kill -STOP $(worker_pids)
all_quick "every worker is stopped"
kill -CONT $(worker_pids)
release_lock
slow_end
is "then those that waited are answered" "$(grep -l '^200 0' "$folder"/held?.status | wc -l)" 6

# What data_agents itself holds up is ready's to say, and nobody else's to wait for.
REQUEST_TIMEOUT_MS=4000 begin_again 2
hold_lock data_agents database_connections
slow_get held "$page"
stack_until 2 busy_are 1
sleep 3.2
slow_get probe /api/health/ready
sleep 0.1
quick "data_agents does not answer" /api/health/live live
quick "data_agents does not answer" /metrics 'proposals_workers'
release_lock
slow_end
is "data_agents does not answer: it is not ready" "$(slow_got probe)" "503 0"

done_testing
