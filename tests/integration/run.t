#!/usr/bin/env bash
# `make run` and `make dev`, as a user has them, in copies of the checkout.
# shellcheck disable=SC2016,SC2034,SC2119,SC2317 # conditions that are waited for are texts, for eval
# shellcheck source=tests/lib/harness.sh
. "$(dirname "$0")/../lib/harness.sh"

declare -A make_pids=() sockets_of=()

# checkout NAME: a copy with what is built, and without the state of a run
checkout() {
    mkdir "$folder/$1"
    (cd "$root" && tar -c --exclude=./.run --exclude=./.git --exclude='./build/tests' .) | tar -x -C "$folder/$1"
}

# make_start NAME TARGET VARIABLE=VALUE...: in the background; what it prints goes to NAME.out and NAME.err
make_start() {
    local name=$1 target=$2

    shift 2
    : >"$folder/$name.out" # now, or what the last one said is taken for this one's
    env "$@" make -C "$folder/$name" "$target" >>"$folder/$name.out" 2>"$folder/$name.err" </dev/null &
    make_pids[$name]=$!
}

is_ready() {
    grep -q '^Ready: ' "$folder/$1.out" || ! kill -0 "${make_pids[$1]}" 2>/dev/null
}

# make_ready NAME: waits until it is up
make_ready() {
    stack_until 60 is_ready "$1"
    if ! grep -q '^Ready: ' "$folder/$1.out"; then
        diag "$(cat "$folder/$1.out" "$folder/$1.err")"
        return 1
    fi
    sockets_of[$1]=$(readlink "$folder/$1/.run/sockets")
}

# make_ended NAME: waits for its end and sets $code
make_ended() {
    stack_until 30 eval "! kill -0 ${make_pids[$1]} 2>/dev/null"
    wait "${make_pids[$1]}"
    code=$?
    unset "make_pids[$1]"
}

# left NAME: what a run should not have left: processes, its folder of sockets or the link to it
left() {
    pgrep -af "$folder/$1/|make -C $folder/$1|${sockets_of[$1]:-$folder/$1/}"
    ls -d "${sockets_of[$1]:-$folder/none}" "$folder/$1/.run/sockets" 2>/dev/null
    find "$folder/$1" -type s
}

# private_sql NAME STATEMENT: in data_agents of a run's own cluster
private_sql() {
    stack_as "$STACK_BIN/psql" -X -A -t -q -h "$(readlink "$folder/$1/.run/sockets")" -U postgres -d data_agents -c "$2"
}

checkout one

# ---- the first run

port=$(free_port)
make_start one run PORT="$port" WORKERS=2
ok "make run comes up" make_ready one
is "it prints the URL" "$(grep -oE 'http://[^ ]+' "$folder/one.out" | sort -u)" "http://127.0.0.1:$port"
get '/api/proposals?limit=100'
is "a page of demo data is served, enriched" "$status $(json .meta.enrichment) $(json '.data | length')" "200 ok 100"
ok "there are some hundreds of proposals" test "$(json .meta.total)" -ge 200
for type in NEW_EVENT EVENT_UPDATE EDITION_UPDATE RACE_UPDATE EVENT_MERGE; do
    get "/api/proposals?type=$type&limit=1"
    ok "the demo has proposals of type $type" test "$(json .meta.total)" -ge 1
done
for state in PENDING APPROVED REJECTED ARCHIVED PARTIALLY_APPROVED; do
    get "/api/proposals?status=$state&limit=1"
    ok "the demo has proposals of status $state" test "$(json .meta.total)" -ge 1
done
get /
is "the dashboard is served" "$status $(header Content-Type)" "200 text/html; charset=utf-8"
ok "it is ours" cmp -s "$body" "$folder/one/nginx/dashboard/index.html"
master=$(pgrep -f "^$folder/one/build/proposals-fcgi\$")
is "WORKERS is honoured" "$(pgrep -cP "$master" -f -- --worker)" 2
is "the demo's row is called localhost, as in the log" "$(grep -c 'Connexion créée pour: localhost$' "$folder/one.err")" \
    "$(grep -c 'Connexion établie à la base de données: localhost$' "$folder/one.err")"
if ((EUID == 0)); then
    is "as root, nothing of the stack runs as root" "$(ps -o user= -p "$(pgrep -f "$folder/one/|$(readlink "$folder/one/.run/sockets")" -d ,)" | sort | uniq -c | grep -c postgres)" 1
    is "as root, PostgreSQL and the workers are another user's" "$(ps -o user= -p "$master" | xargs) $(stat -c %U "$folder/one/.run/postgres")" "postgres postgres"
fi

# ---- a second run on the same port, and one in the same checkout

checkout two
make_start two run PORT="$port"
make_ended two
is "a port in use is an error" "$((code != 0))" 1
is "in one line" "$(grep -vc '^make' "$folder/two.err")" 1
like "that names the port" "$(grep -v '^make' "$folder/two.err")" "$port"
is "and nothing is left" "$(left two)" ""
get '/api/proposals?limit=1'
is "the first run is not disturbed" "$status" 200
env PORT="$(free_port)" make -C "$folder/one" run >"$folder/again.out" 2>"$folder/again.err"
is "a second run in one checkout is an error in one line" "$(($? != 0)) $(grep -vc '^make' "$folder/again.err")" "1 1"

# ---- two checkouts side by side, the second with a database and a dashboard of its own

start_postgres
DATABASE_URL=$(stack_url data_agents)
dump() {
    stack_as "$STACK_BIN/pg_dump" -h "$STACK_SOCKETS" -U postgres "$1" | grep -vE '^\\(un)?restrict ' | md5sum
}
sql miles_republic "UPDATE \"Event\" SET name = 'Leur événement' WHERE id = 100" >/dev/null
dumped="$(dump data_agents) $(dump miles_republic)"
mkdir "$folder/react build"
echo '<!doctype html><title>React</title>' >"$folder/react build/index.html"
first_port=$port
port=$(free_port)
make_start two run PORT="$port" DATABASE_URL="$DATABASE_URL" DASHBOARD="$folder/react build" WORKERS=1
ok "make run with a DATABASE_URL comes up beside the first" make_ready two
get '/api/proposals?eventId=100&type=EVENT_UPDATE'
is "it serves that database" "$(json '.data[0] | "\(.id) \(.eventName)"')" "p01-evu-exists Leur événement"
get /
ok "DASHBOARD is served in place of ours" cmp -s "$body" "$folder/react build/index.html"
ok "it made no cluster of its own" test ! -e "$folder/two/.run/postgres"
is "the other checkout serves its own data" "$(port=$first_port get '/api/proposals?limit=1'; json .meta.total)" "$(private_sql one 'SELECT count(*) FROM proposals')"
kill -TERM "${make_pids[two]}"
make_ended two
is "that database is as it was" "$(dump data_agents) $(dump miles_republic)" "$dumped"
is "SIGTERM leaves nothing of the second" "$(left two)" ""
unset DATABASE_URL
stack_stop PostgreSQL
for fault in DATABASE_URL=mysql://x DATABASE_URL="postgresql://nobody@localhost/x?host=$folder/none" DASHBOARD="$folder/none" WORKERS=none PORT=0; do
    timeout 60 env PORT="$port" "$fault" make -C "$folder/two" run >"$folder/two.out" 2>"$folder/two.err"
    is "a wrong ${fault%%=*} is an error" "$(($? != 0))" 1
    like "in one line that is clear: $(grep -vE '^make|Z \[' "$folder/two.err" | head -n 1)" "$(grep -vcE '^make|Z \[' "$folder/two.err")" '^1$'
done
is "these leave nothing" "$(left two)" ""

# ---- the end of the first, and its data in the next

private_sql one "UPDATE proposals SET \"eventName\" = 'Marque du test', type = 'RACE_UPDATE' WHERE id = (SELECT min(id) FROM proposals)"
kill -TERM "${make_pids[one]}"
make_ended one
is "SIGTERM to make leaves no process, socket or temporary file" "$(left one)" ""
ok "and the port is free" eval '! stack_port_is_taken "$first_port"'

# ---- make dev

port=$(free_port)
make_start one dev PORT="$port" WORKERS=2
ok "make dev comes up" make_ready one
get '/api/proposals?search=Marque+du+test'
is "the data of the run before is there" "$(json .meta.total)" 1
master=$(pgrep -f "^$folder/one/build/proposals-fcgi\$")
worker_pids_of() {
    pgrep -P "$1" | sort -n | paste -sd ' '
}
get '/api/proposals?limit=100'
old=$(worker_pids_of "$master")
message() {
    get /api/proposals/a/b/c
    json .error.message
}
before=$(message)
sleep 0.3
sed -i "s/$before/Saved just now/" "$folder/one/src/routes.c"
ok "a saved source file is compiled and served" stack_until 30 eval '[[ $(message) == "Saved just now" ]]'
ok "by new workers only" stack_until 10 eval '[[ ! " $(worker_pids_of "$master") " =~ \ (${old// /|})\  ]]'
is "of the same master" "$(pgrep -f "^$folder/one/build/proposals-fcgi\$")" "$master"
is "whose connections started out empty" "$(private_sql one "SELECT count(*) FROM pg_stat_activity WHERE datname = 'miles_republic' AND application_name LIKE 'proposals-fcgi%'")" 0
old=$(worker_pids_of "$master")
echo 'this is no C' >>"$folder/one/src/routes.c"
ok "a source file that does not compile is said" stack_until 30 grep -q 'dev: the build failed' "$folder/one.out" "$folder/one.err"
is "and the workers of before go on" "$(worker_pids_of "$master") $(message)" "$old Saved just now"
kill -INT "${make_pids[one]}"
kill -TERM "${make_pids[one]}" 2>/dev/null
make_ended one
is "nothing of make dev is left" "$(left one)" ""

# ---- a make that is killed

sed -i '$d' "$folder/one/src/routes.c"
make_start one run PORT="$port" WORKERS=1
make_ready one || :
if grep -q '^Ready: ' "$folder/one.out"; then
    disown "${make_pids[one]}" # or the shell would tell of its end
    kill -KILL "${make_pids[one]}"
    unset "make_pids[one]"
    ok "when make is killed, all ends too" stack_until 20 eval '[[ ! $(pgrep -f "$folder/one/") ]]'
else
    fail "make run comes up again"
fi

done_testing
