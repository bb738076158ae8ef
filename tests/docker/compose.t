#!/usr/bin/env bash
# docker-compose.yml for real: it is built, started, asked, scaled, stopped and taken away again, by the Compose that is
# there, or COMPOSE="docker compose". Needs a Docker engine and the images debian:bookworm-slim and postgres:15; without an
# engine all is skipped. Not part of `make test`.
# Owns a project of a name of its own, and removes all that belongs to it, images too.
# shellcheck disable=SC2317 # functions are called by their names

set -uo pipefail

root=$(realpath "$(dirname "$0")/../..")
project=proposalstest$$
folder=$(mktemp -d /tmp/proposals-compose.XXXXXX) || exit 1
count=0
failed=0

# ---- TAP

diag() {
    local line

    while IFS= read -r line; do
        echo "# $line"
    done <<<"$1"
}

# ok NAME COMMAND...: passes where the command succeeds
ok() {
    local name=$1 word="not ok"

    shift
    count=$((count + 1))
    "$@" && word=ok || failed=$((failed + 1))
    echo "$word $count - $name"
    [[ $word == ok ]] || diag "    false: $*"
}

# is NAME GOT EXPECTED
is() {
    ok "$1" test "$2" = "$3"
}

skip_all() {
    echo "1..0 # SKIP $1"
    rm -rf "$folder"
    exit 0
}

# ---- the project

compose() {
    timeout 600 "${compose[@]}" -p "$project" -f "$root/docker-compose.yml" "$@" </dev/null
}

# Takes away all that the project made.
remove_all() {
    compose down --volumes --remove-orphans --rmi local --timeout 3 >/dev/null 2>&1
}

finish() {
    local status=$?

    trap - EXIT
    trap '' INT TERM HUP
    touch "$folder/enough"
    remove_all
    rm -rf "$folder"
    exit "$status"
}

# docker's `ps` for the containers of the project, or of one SERVICE: list "" ARGUMENT..., list SERVICE ARGUMENT...
list() {
    local filters=(--filter "label=com.docker.compose.project=$project")

    [[ ! $1 ]] || filters+=(--filter "label=com.docker.compose.service=$1")
    shift
    docker ps "${filters[@]}" "$@"
}

containers() {
    list "$1" -q
}

# Whether so many containers of a service are healthy: is_healthy SERVICE COUNT
is_healthy() {
    [[ $(list "$1" -q --filter health=healthy | wc -l) == "$2" ]]
}

until_holds() {
    local end=$((SECONDS + $1))

    shift
    until "$@"; do
        ((SECONDS < end)) || return 1
        sleep 0.3
    done
}

free_port() {
    local candidate

    for _ in {1..50}; do
        candidate=$((20000 + RANDOM % 12000))
        (exec 3<>"/dev/tcp/127.0.0.1/$candidate") 2>/dev/null || { echo "$candidate" && return; }
    done
    return 1
}

request() {
    curl -q -s --noproxy '*' --max-time 20 "$@"
}

# Prints the status of GET PATH and keeps the body in $folder/body.
get() {
    request -o "$folder/body" -w '%{http_code}' "http://127.0.0.1:$PORT$1"
}

answers() {
    [[ $(get "$1") == 200 ]]
}

# sql DATABASE STATEMENT: as superuser, what it answers, a line a row
sql() {
    timeout 30 docker exec "$(containers postgres)" psql -X -q -A -t -U postgres -d "$1" -c "$2"
}

# Four clients that ask, one request after the other, until the file $folder/enough is there; the statuses and times of the
# answers in $folder/load.*
load() {
    local client

    for client in 1 2 3 4; do
        until [[ -e $folder/enough ]]; do
            request -o /dev/null -w '%{http_code} %{time_total}\n' "http://127.0.0.1:$PORT/api/proposals?limit=5"
        done >"$folder/load.$client" &
    done
    wait
}

is_locked() {
    [[ $(sql data_agents "SELECT 1 FROM pg_locks
        WHERE relation = 'proposals'::regclass AND granted AND mode = 'AccessExclusiveLock'") ]]
}

is_waiting() {
    [[ $(sql postgres "SELECT 1 FROM pg_stat_activity
        WHERE usename = 'proposals' AND wait_event_type = 'Lock' LIMIT 1") ]]
}

# Starts a request that a lock on the table keeps waiting for a second or two; its status comes to $folder/slow.
start_slow_request() {
    rm -f "$folder/slow"
    sql data_agents "BEGIN; LOCK TABLE proposals IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(1.5)" >/dev/null &
    until_holds 5 is_locked || diag "there is no lock"
    request -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/api/proposals" >"$folder/slow" &
    until_holds 5 is_waiting || diag "no request waits"
}

# What `docker stop` takes, in milliseconds: stop_time CONTAINER...
stop_time() {
    local start=${EPOCHREALTIME/[.,]/}

    docker stop "$@" >/dev/null
    echo $(((${EPOCHREALTIME/[.,]/} - start) / 1000))
}

# ---- is there an engine?

command -v docker >/dev/null || skip_all "there is no docker here"
timeout 20 docker info >/dev/null 2>&1 || skip_all "no Docker engine answers"
if [[ ${COMPOSE:-} ]]; then
    read -r -a compose <<<"$COMPOSE"
elif docker compose version >/dev/null 2>&1; then
    compose=(docker compose)
elif command -v docker-compose >/dev/null; then
    compose=(docker-compose)
else
    skip_all "there is no Compose here"
fi
diag "${compose[*]} $("${compose[@]}" version --short)"

# The caller's settings are about another stack.
unset DATABASE_URL WORKERS LOG_LEVEL REQUEST_TIMEOUT_MS MILES_TIMEOUT_MS CONTENT_SECURITY_POLICY LEGACY_API METRICS_ALLOW \
    TRUSTED_PROXIES "${!COMPOSE_@}"
export DASHBOARD=${DASHBOARD:-$root/nginx/dashboard} RATE_LIMIT=0
PORT=$(free_port)
export PORT
trap finish EXIT
trap 'exit 130' INT TERM HUP

# ---- up

ok "the file is valid" compose config -q
compose up --build -d >"$folder/up.log" 2>&1
is "docker compose up --build starts all" "$?" 0
ok "PostgreSQL is healthy" until_holds 60 is_healthy postgres 1
ok "the workers are healthy" until_holds 60 is_healthy workers 1
ok "nginx is healthy" until_holds 60 is_healthy nginx 1
if ((failed > 0)); then
    diag "$(tail -n 20 "$folder/up.log"; compose logs --tail 20 2>&1)"
    echo "1..$count"
    exit 1
fi

# ---- the page and the API

is "the page is there" "$(get /)" 200
ok "it is the dashboard's" cmp -s "$folder/body" "$DASHBOARD/index.html"
is "a page of proposals is there" "$(get '/api/proposals?limit=100')" 200
ok "its rows are those of the demo" grep -q '"total":[1-9]' "$folder/body"
ok "Miles Republic is found by its row" grep -q '"enrichment":"ok"' "$folder/body"
is "that row is named localhost" \
    "$(sql data_agents "SELECT name FROM database_connections WHERE type = 'MILES_REPUBLIC' AND \"isActive\"")" localhost
is "the program is ready" "$(get /api/health/ready)" 200
is "what the program measures is not for everybody" "$(get /metrics)" 403
is "what is no route is not found" "$(get /api/nothing)" 404

# ---- how the containers are locked up

for service in postgres workers nginx; do
    container=$(containers $service)
    is "$service: read-only, no capability, no new privileges" "$(docker inspect "$container" \
        -f '{{with .HostConfig}}{{.ReadonlyRootfs}} {{.CapDrop}} {{.CapAdd}} {{.SecurityOpt}}{{end}}')" \
        "true [ALL] [] [no-new-privileges:true]"
    ok "$service: its memory is limited" test "$(docker inspect -f '{{.HostConfig.Memory}}' "$container")" -gt 0
    own=$(docker exec "$container" cat /proc/self/status)
    ok "$service: it is not root" test "$(awk '$1 == "Uid:" { print $2 }' <<<"$own")" -gt 0
    is "$service: it holds no capability" "$(awk '/^Cap/ { print $2 }' <<<"$own" | sort -u)" 0000000000000000
    is "$service: it gets no new privileges" "$(awk '$1 == "NoNewPrivs:" { print $2 }' <<<"$own")" 1
    is "$service: its root file system cannot be written" \
        "$(docker exec "$container" sh -c 'for path in /x /var/lib/x /usr/x; do touch $path && echo $path; done' 2>/dev/null)" ""
    [[ $service == postgres ]] || is "$service: there is no compiler in it" \
        "$(docker exec "$container" sh -c 'for name in cc gcc gcc-12 g++ clang tcc as ld make; do command -v $name; done')" ""
done
is "only nginx can be reached, and from this machine only" "$(containers "" | xargs -n 1 docker port)" \
    "8080/tcp -> 127.0.0.1:$PORT"

# ---- three of the workers, and then one less

compose up -d --no-recreate --scale workers=3 >>"$folder/up.log" 2>&1
ok "the workers scale to three" until_holds 60 is_healthy workers 3
sleep 2
before=$(date +%s)
is "nginx needs no restart for that" "$(for _ in {1..60}; do get '/api/proposals?limit=1'; echo; done | sort -u)" 200
served=0
for container in $(containers workers); do
    (($(docker logs --since "$before" "$container" 2>&1 | grep -c 'GET /api/proposals') >= 5)) && served=$((served + 1))
done
is "each of the three answers its share" "$served" 3

mapfile -t all < <(containers workers)
load &
loading=$!
sleep 1
stopped=$(stop_time "${all[0]}")
ok "one of them stops within 3 s under load ($stopped ms)" test "$stopped" -lt 3000
sleep 2
docker kill "${all[1]}" >/dev/null
sleep 2
touch "$folder/enough"
wait "$loading"
cat "$folder"/load.* >"$folder/load"
is "no request fails when one is stopped and another one killed" "$(cut -d ' ' -f 1 "$folder/load" | sort -u)" 200
diag "$(wc -l <"$folder/load") requests, the slowest took $(cut -d ' ' -f 2 "$folder/load" | sort -g | tail -n 1) s"
compose up -d --no-recreate --scale workers=3 >>"$folder/up.log" 2>&1
ok "they can be started again" until_holds 60 is_healthy workers 3

# ---- stopping with requests in hand

start_slow_request
mapfile -t all < <(containers workers)
stopped=$(stop_time "${all[@]}")
until_holds 5 test -s "$folder/slow"
is "the workers finish a request in hand" "$(<"$folder/slow")" 200
ok "all three stop within 3 s ($stopped ms)" test "$stopped" -lt 3000
is "they end by themselves" "$(docker inspect -f '{{.State.ExitCode}}' "${all[@]}" | sort -u)" 0
# 504 while nginx still knows an address that nobody has any more, 502 from then on.
status=$(get /api/proposals)
ok "without any of them nginx says so ($status)" test "$status" = 502 -o "$status" = 504
ok "in the API's envelope" grep -qE '"success":false,"error":\{"code":"(SERVICE_UNAVAILABLE|TIMEOUT)"' "$folder/body"
docker start "${all[@]}" >/dev/null
ok "they come back" until_holds 30 answers /api/proposals

start_slow_request
container=$(containers nginx)
stopped=$(stop_time "$container")
until_holds 5 test -s "$folder/slow"
is "nginx finishes a request in hand" "$(<"$folder/slow")" 200
ok "it stops within 3 s ($stopped ms)" test "$stopped" -lt 3000
is "it ends by itself" "$(docker inspect -f '{{.State.ExitCode}}' "$container")" 0

# ---- what stays, and what does not

sql data_agents "UPDATE agents SET description = 'kept' WHERE id = (SELECT min(id) FROM agents)"
compose down >/dev/null 2>&1
compose up -d >>"$folder/up.log" 2>&1
is "down and up again" "$?" 0
ok "all is healthy" until_holds 60 is_healthy nginx 1
is "the data are kept" "$(sql data_agents "SELECT count(*) FROM agents WHERE description = 'kept'")" 1
is "the page works" "$(get '/api/proposals?limit=1')" 200
remove_all
is "all can be taken away" "$(
    docker ps -aq --filter "label=com.docker.compose.project=$project"
    docker volume ls -q --filter "label=com.docker.compose.project=$project"
    docker network ls -q --filter "label=com.docker.compose.project=$project"
)" ""
echo "1..$count"
exit $((failed > 0))
