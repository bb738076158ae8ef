#!/usr/bin/env bash
# The program as a process: its options, its secrets, its socket, its workers, its end.
# shellcheck disable=SC2016,SC2034,SC2119,SC2317 # conditions that are waited for are texts, for eval
# shellcheck source=tests/lib/harness.sh
. "$(dirname "$0")/../lib/harness.sh"

# run_program ARGUMENT...: sets $out, $err and $code; as the stack's user, in the test's environment
run_program() {
    stack_as timeout 10 "$program" "$@" >"$folder/out" 2>"$folder/err" </dev/null
    code=$?
    out=$(<"$folder/out")
    err=$(<"$folder/err")
}

# ---- options

run_program --help
is "--help exits with 0 and says nothing on stderr" "$code $err" "0 "
settings="DATABASE_URL LISTEN STATUS_LISTEN LISTEN_BACKLOG WORKERS REQUEST_TIMEOUT_MS MILES_TIMEOUT_MS CONNECTION_MAX_AGE_S
COUNT_MAX_AGE_MS MAX_REQUESTS WORKER_MEMORY_MB USER_NAME GROUP_NAME SHUTDOWN_TIMEOUT_S LOG_LEVEL"
settings=${settings//$'
'/ }
is "--help lists every setting" "$(grep -oE '^ +[A-Z][A-Z_]+ ' <<<"$out" | xargs)" "$settings"
like "--help prints a default and a range" "$out" 'WORKERS \(4, 1 to [0-9]+\)'
run_program --version
like "--version prints the version and exits with 0" "$code $out" '^0 proposals-fcgi [0-9]+\.[0-9]+\.[0-9]+$'
for arguments in --unknown -h --worker '--worker 1' 'more than one' '--check --help'; do
    # shellcheck disable=SC2086 # several arguments
    run_program $arguments
    is "unknown arguments are an error: $arguments" "$code $(wc -l <"$folder/err") $out" "2 1 "
done

# ---- --check

run_program --check
is "--check without DATABASE_URL exits with 2 and one line" "$code $(wc -l <"$folder/err")" "2 1"
like "which names it" "$err" DATABASE_URL
export DATABASE_URL=postgresql://me:canary-1@db.example.org:5433/ours
run_program --check
is "--check of a valid configuration exits with 0" "$code $err" "0 "
is "it prints every setting" "$(grep -oE '^[A-Z_]+=' <<<"$out" | tr -d = | xargs)" "$settings"
like "it prints where the database is" "$out" 'me@db\.example\.org:5433/ours'
unlike "it does not print the password" "$out" canary-1
WORKERS=0 LISTEN_BACKLOG=abc LOG_LEVEL=loud REQUEST_TIMEOUT_MS=-1 MILES_TIMEOUT_MS=5s SHUTDOWN_TIMEOUT_S=1e3 DATABASE_URL=mysql://a LISTEN=$(printf '/%0150d' 0) \
    STATUS_LISTEN=nowhere CONNECTION_MAX_AGE_S=-1 COUNT_MAX_AGE_MS=1.5 MAX_REQUESTS=many WORKER_MEMORY_MB=1G run_program --check
is "--check prints one line for each fault" "$code $(wc -l <"$folder/err")" "2 13"
for name in ${settings/USER_NAME GROUP_NAME /}; do
    ok "and names the fault: $name" grep -q "$name" "$folder/err"
done
USER_NAME=nobody-of-that-name run_program --check
is "--check knows that a user is not there" "$code $err" "2 proposals-fcgi: USER_NAME: there is no such user"
LISTEN=/run/one.sock STATUS_LISTEN=/run/one.sock run_program --check
is "--check wants two addresses" "$code $err" "2 proposals-fcgi: STATUS_LISTEN: must be another address than LISTEN"
WORKERS=0 run_program
is "a fault also ends the program itself" "$code $(wc -l <"$folder/err")" "2 1"

# Passwords of which a part must appear nowhere. Each has CANARY in it, and not all are valid in a URL.
passwords=('pCANARY%zz' 'aCANARY@b' 'aCANARY#b' 'aCANARY:b/c?d' "$(printf 'CANARY%0200d' 0)" 'CANARY%' 'CANARY%00' 'CANARY"x' "CANARY'x" 'CANARY x' 'CANARY%40%3a' $'CANARY\xff')
for password in "${passwords[@]}"; do
    for url in "postgresql://me:$password@localhost/ours" "postgres://me:$password@localhost:x/ours" "prisma+postgres://me:$password@x/?api_key=$password" \
        "postgresql://me@localhost/ours?password=$password" "postgresql://me@localhost/ours?sslpassword=$password&unknown=$password" "me:$password"; do
        DATABASE_URL=$url run_program --check
        echo "$code $out $err" >>"$folder/checks"
    done
done
is "no password is in what --check prints, whatever the URL" "$(grep -c CANARY "$folder/checks")" 0
is "--check says yes or one fault to each" "$(grep -cE '^(0 DATABASE_URL|2  proposals-fcgi: DATABASE_URL: )' "$folder/checks")" $((${#passwords[@]} * 6))
unset DATABASE_URL

# ---- no password in logs and answers, when connections are really tried

export WORKERS=2
start_postgres
for password in "${passwords[@]}"; do
    sql data_agents "INSERT INTO database_connections (id, name, type, \"connectionUrl\", \"createdAt\", \"updatedAt\") VALUES
        (gen_random_uuid(), gen_random_uuid(), 'MILES_REPUBLIC', \$url\$postgresql://me:${password/$'\xff'/y}@127.0.0.1:1/x\$url\$, '2000-01-01', now())" >/dev/null
done
start_workers
start_nginx
get '/api/proposals'
answers=$(<"$body")
for _ in "${passwords[@]}"; do
    sql data_agents "DELETE FROM database_connections WHERE ctid = (SELECT ctid FROM database_connections WHERE \"createdAt\" = '2000-01-01' ORDER BY id LIMIT 1)" >/dev/null
    get '/api/proposals'
    answers+=$(<"$body")
done
ok "connections with these passwords were tried" test "$(logged 'Miles Republic')" -ge ${#passwords[@]}
is "no password is in the log" "$(logged CANARY)" 0
unlike "no password is in an answer" "$answers" CANARY
stack_stop workers
for password in "${passwords[@]}" nothing; do
    export DATABASE_URL="postgresql://me:$password@127.0.0.1:1/ours"
    run_program --check
    ((code == 0)) || continue
    start_workers "$folder/canary.log"
    get '/api/proposals'
    answers="$status $(<"$body")"
    cat "$folder/canary.log" >>"$folder/canaries.log"
    stack_stop workers
done
like "a data_agents that cannot be reached is a 503" "$answers" '^503 .*DATABASE_UNAVAILABLE'
unlike "no password of data_agents is in an answer" "$answers" CANARY
is "no password of data_agents is in the log" "$(grep -c CANARY "$folder/canaries.log")" 0
ok "though there is a line about it" grep -q 'data_agents.*me@127.0.0.1:1/ours' "$folder/canaries.log"
DATABASE_URL=""

# ---- the socket

start_workers
is "the socket has mode 0660" "$(stat -c %a "$socket")" 660
is "it is a socket" "$(stat -c %F "$socket")" socket
before=$(stat -c %i "$socket")
LISTEN=$socket STATUS_LISTEN=$socket.other run_program
is "a second start on a live socket is refused" "$code" 1
is "in one line that names the socket" "$(wc -l <"$folder/err") $(grep -cF "$socket" "$folder/err")" "1 1"
is "the first one's socket is still there" "$(stat -c %i "$socket")" "$before"
get '/api/proposals?limit=1'
is "the first one serves on" "$status" 200
echo content >"$STACK_SOCKETS/file"
LISTEN=$STACK_SOCKETS/file STATUS_LISTEN=$socket.other run_program
is "a file in the socket's place is left alone" "$code $(<"$STACK_SOCKETS/file")" "1 content"
LISTEN=$folder/none/socket STATUS_LISTEN=$socket.other run_program
is "a folder that is not there is an error" "$code" 1

# ---- a worker that dies

stack_until 5 eval '[[ $(worker_pids | wc -w) == 2 ]]'
victim=$(worker_pids | cut -d ' ' -f 1)
kill -KILL "$victim"
ok "a killed worker is replaced" stack_until 3 eval '[[ $(worker_pids | wc -w) == 2 && ! " $(worker_pids) " == *" $victim "* ]]'
is "requests are answered after it" "$(storm_summary 20 4 '/api/proposals?limit=1')" "20 200"
ok "its end is in the log" grep -qE "worker [12] .*$victim.*signal 9" "$folder/workers.log"
for _ in 1 2 3; do
    mapfile -t victims < <(worker_pids | tr ' ' '\n')
    kill -KILL "${victims[@]}"
    stack_until 3 eval '[[ $(worker_pids | wc -w) == 2 && $(worker_pids) != *"${victims[0]}"* ]]'
done
is "so it is each time, without a delay that grows" "$(storm_summary 20 4 '/api/proposals?limit=1')" "20 200"

# A query for 40 values, which overflows a buffer of libfcgi's.
# shellcheck disable=SC2016 # Perl's variables
perl -MIO::Socket::UNIX -e '
    my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die; $SIG{PIPE} = "IGNORE"; $SIG{ALRM} = sub { exit };
    my $names = join "", map { my $n = "FCGI_MAX_CONNS"; pack("CC", length $n, 0) . $n } 1 .. 40;
    syswrite $s, pack("CCnnCC", 1, 9, 0, length $names, 0, 0) . $names; alarm 2; sysread $s, my $bytes, 65536;' "$socket" 2>/dev/null
is "requests are answered after a question that libfcgi does not survive" "$(storm_summary 20 4 '/api/proposals?limit=1')" "20 200"
ok "and there are two workers again" stack_until 4 eval '[[ $(worker_pids | wc -w) == 2 ]]'

# ---- SIGHUP

stack_until 20 eval 'storm 20 20 /api/proposals >/dev/null; [[ $(backends miles_republic | wc -l) == 2 ]]'
storm 1500 8 '/api/proposals?limit=5' >"$folder/statuses" &
load=$!
for _ in 1 2 3; do
    old=$(worker_pids)
    kill -HUP "${STACK_PIDS[workers]}"
    stack_until 10 eval '[[ $(worker_pids | wc -w) == 2 && ! " $(worker_pids) " =~ \ (${old// /|})\  ]]' && echo replaced >>"$folder/replaced"
done
is "SIGHUP replaces all workers, each time" "$(grep -c replaced "$folder/replaced")" 3
ok "while requests were being made" kill -0 "$load"
wait "$load"
is "and not one of them fails" "$(sort "$folder/statuses" | uniq -c | awk '{ print $1, $2 }')" "1500 200"
is "the socket stayed" "$(stat -c %i "$socket")" "$before"
stack_stop workers

# A program on disk that does not start: the old workers stay.
cp "$program" "$folder/program"
chmod 755 "$folder/program"
original=$program
program=$folder/program start_workers "$folder/hup.log"
stack_until 5 eval '[[ $(worker_pids | wc -w) == 2 ]]'
old=$(worker_pids)
printf '#!/bin/sh\nexit 1\n' >"$folder/broken"
chmod 755 "$folder/broken"
mv "$folder/broken" "$folder/program"
kill -HUP "${STACK_PIDS[workers]}"
ok "a program that does not start is noticed" stack_until 10 grep -q 'error: the new workers do not come up' "$folder/hup.log"
stack_until 5 eval '[[ $(worker_pids) == "$old" ]]'
is "the old workers stay" "$(worker_pids)" "$old"
is "and serve on" "$(storm_summary 20 4 '/api/proposals?limit=1')" "20 200"
cp "$original" "$folder/program.new"
chmod 755 "$folder/program.new"
mv "$folder/program.new" "$folder/program"
kill -HUP "${STACK_PIDS[workers]}"
ok "once it is mended, its workers take over" stack_until 10 eval '[[ $(worker_pids | wc -w) == 2 && ! " $(worker_pids) " =~ \ (${old// /|})\  ]]'
program=$original

# ---- SIGTERM

hold_lock data_agents proposals
curl -q -s --noproxy '*' --max-time 20 -o "$folder/slow" -w '%{http_code}' "http://127.0.0.1:$port/api/proposals?limit=3" >"$folder/slow.status" &
slow=$!
ok "a request waits for the database" stack_until 5 is_waiting
kill -TERM "${STACK_PIDS[workers]}"
ok "on SIGTERM the socket goes" stack_until 3 test ! -e "$socket"
sleep 0.5
ok "but the request in hand goes on" stack_running workers
release_lock
wait "$slow"
is "it is answered in full" "$(<"$folder/slow.status") $(jq '.data | length' "$folder/slow")" "200 3"
wait "${STACK_PIDS[workers]}"
is "then the master exits with 0" $? 0
is "no process of it is left" "$(pgrep -af "$folder/program")" ""
stack_stop workers

export SHUTDOWN_TIMEOUT_S=1
start_workers
stack_until 5 eval '[[ $(worker_pids | wc -w) == 2 ]]'
workers=$(worker_pids)
hold_lock data_agents proposals
curl -q -s --noproxy '*' --max-time 20 -o /dev/null "http://127.0.0.1:$port/api/proposals" &
slow=$!
stack_until 5 is_waiting
kill -TERM "${STACK_PIDS[workers]}"
ok "a request that takes longer than SHUTDOWN_TIMEOUT_S does not keep it" stack_until 4 stack_stopped workers
release_lock
wait "$slow"
stack_stop workers
# shellcheck disable=SC2086 # several pids
is "its workers are gone too" "$(ps -o pid= -p ${workers// /,})" ""

# ---- a master that is killed

start_workers
stack_until 5 eval '[[ $(worker_pids | wc -w) == 2 ]]'
workers=$(worker_pids)
get '/api/proposals'
disown "${STACK_PIDS[workers]}" # or the shell would tell of its end
kill -KILL "${STACK_PIDS[workers]}"
ok "workers end with a killed master" stack_until 5 eval '[[ ! $(ps -o pid= -p "${workers// /,}") ]]'
stack_stop workers
ok "its socket is left behind" test -S "$socket"
start_workers
get '/api/proposals?limit=1'
is "the next start takes the dead socket over" "$status" 200
stack_stop workers
ok "and takes it away in the end" test ! -e "$socket"

# ---- one worker on descriptor 0

DATABASE_URL=$(stack_url data_agents)
stack_spawn spawned TERM 5 "$folder/spawned.log" spawn-fcgi -n -s "$socket" -M 0660 -- "$program"
stack_ready spawned 5 "$folder/spawned.log" stack_listens "$socket"
get '/api/proposals?limit=2'
is "under spawn-fcgi it is a worker" "$status $(json '.data | length')" "200 2"
is "and no master" "$(pgrep -P "${STACK_PIDS[spawned]}")" ""
is "it has one connection to Miles Republic" "$(get '/api/proposals?limit=100'; backends miles_republic | wc -l)" 1
kill -TERM "${STACK_PIDS[spawned]}"
wait "${STACK_PIDS[spawned]}"
is "it ends on SIGTERM with 0" $? 0
stack_stop spawned

done_testing
