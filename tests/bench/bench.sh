#!/usr/bin/env bash
# How fast pages are, beside what they stand on: the databases alone, and what there was before. Prints one table, writes
# build/bench.json, leaves nothing else. Everything in it is measured in the run; what has to hold is said beside it, and
# nothing fails because the machine was busy.
#
#   ROWS (50000)      proposals
#   ROUNDS (5)        rounds, in each of which every candidate runs; figures are medians of the rounds
#   SECONDS_EACH (2)  length of a candidate's run
#   GROWTH            ("10000 100000") numbers of proposals to compare the first page at
#   BENCH_LONG        set: the first page at 1,000,000 proposals too, and memory after 100,000 pages of 100: 10 minutes, not 3
#
# The candidates take turns, so that what else the machine does meets all of them; the ratios are those of neighbours.
# shellcheck disable=SC2030,SC2031,SC2154 # the harness's variables
# shellcheck source=tests/lib/harness.sh
. "$(dirname "$0")/../lib/harness.sh"
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"

ROWS=${ROWS:-50000}
ROUNDS=${ROUNDS:-5}
SECONDS_EACH=${SECONDS_EACH:-2}
GROWTH=${GROWTH:-10000 100000${BENCH_LONG:+ 1000000}}
read -r -a sizes <<<"$GROWTH"
WORKERS=4 # and as many connections for the floor, as many processes for what there was before
CLIENTS=8
MANY_CLIENTS=64
DELAY_MS=10

declare -A ports figure samples
results=$folder/results

progress() {
    [[ ! -t 2 ]] || printf '\r\033[K%s' "${1:+bench: $1 ...}" >&2
}

# ---- figures

# put NAME VALUE: a figure of the table; dots in its name nest it in the JSON
put() {
    figure[$1]=$2
    printf '%s\t%s\n' "$1" "$2" >>"$results"
}

# sample NAME VALUE: of this round
sample() {
    samples[$1]+="$2"$'\n'
}

median() {
    sort -g | awk '{ value[NR] = $1 } END { print NR % 2 ? value[(NR + 1) / 2] : (value[NR / 2] + value[NR / 2 + 1]) / 2 }'
}

# put_medians FORMAT NAME...: of the rounds
put_medians() {
    local format=$1 name

    shift
    for name; do
        # shellcheck disable=SC2059 # a format is what it takes
        put "$name" "$(printf "$format" "$(printf '%s' "${samples[$name]}" | median)")"
    done
}

# compute EXPRESSION [FORMAT]
compute() {
    awk "BEGIN { printf \"${2:-%.3f}\", ($1) }"
}

# ---- what is measured

# start_group NAME [SETTING=VALUE...]: workers, and an nginx in front of them on ${ports[NAME]}
start_group() {
    local name=$1 setting

    shift
    for setting; do
        local -x "${setting?}"
    done
    local -x DATABASE_URL=${DATABASE_URL:-$(stack_url data_agents)}
    stack_workers_start "$name" "$program" "$STACK_SOCKETS/$name.sock" "$folder/$name.log" || bail "no workers"
    ports[$name]=$(free_port)
    stack_nginx_start "nginx-$name" "${ports[$name]}" "$STACK_SOCKETS/$name.sock" "$folder/dashboard" "$folder/nginx.log" ||
        bail "no nginx"
}

stop_group() {
    stack_stop "nginx-$1"
    stack_stop "$1"
}

# run_wrk GROUP CLIENTS SECONDS PATH [ARGUMENT OF WRK...]: sets $rate, $pages, $p50 and $p99 in ms, $errors
run_wrk() {
    local url="http://127.0.0.1:${ports[$1]}$4" clients=$2 seconds=$3 result microseconds status_errors other_errors

    shift 4
    result=$(wrk -t1 -c"$clients" -d"${seconds}s" --timeout 10s -s "$bench/wrk.lua" "$@" "$url" | sed -n 's/^RESULT //p')
    [[ $result ]] || bail "wrk has failed"
    read -r pages microseconds p50 p99 status_errors other_errors <<<"$result"
    rate=$(compute "$pages * 1000000 / $microseconds" %.1f)
    p50=$(compute "$p50 / 1000")
    p99=$(compute "$p99 / 1000")
    errors=$((status_errors + other_errors))
    figure[errors]=$((${figure[errors]:-0} + errors))
}

# The statements of one page, and their values, from PostgreSQL's log.
find_statements() {
    local database number

    stack_psql postgres -c "ALTER ROLE proposals SET log_min_duration_statement = 0"
    start_group logged WORKERS=1 COUNT_MAX_AGE_MS=3600000
    port=${ports[logged]}
    for _ in 1 2 3; do
        get "$PAGE"
    done
    [[ $status == 200 && $(json .meta.enrichment) == ok ]] || bail "no enriched page: $status $(head -c 300 "$body")"
    put page.bytes "$(stat -c %s "$body")"
    put page.rows "$(json '.data | length')"
    put page.rows_enriched "$(json '[.data[] | select(has("eventSlug"))] | length')"
    get "$PAGE" -H 'Accept-Encoding: gzip'
    put page.bytes_gzip "$(stat -c %s "$body")"
    stop_group logged
    stack_psql postgres -c "ALTER ROLE proposals RESET log_min_duration_statement"
    "$bench/page_scripts.pl" "$folder/postgres.log" "$STACK_SOCKETS" >"$folder/statements" || bail "no statements in the log"
    while read -r database number; do
        put "page.statements.$database" "$number"
    done <"$folder/statements"
    [[ ${figure[page.statements.data_agents]:-} && ${figure[page.statements.miles_republic]:-} ]] || bail "no statements in the log"
}

# Sets $rate to what the database alone reaches with its part of a page, in sessions like a worker's: run_floor DATABASE
run_floor() {
    local values=()

    mapfile -t values < <(sed 's/^/--define=/' "$STACK_SOCKETS/$1.values")
    rate=$(PGOPTIONS="-c plan_cache_mode=force_generic_plan -c jit=off -c default_transaction_read_only=on -c statement_timeout=10s" \
        stack_as "$STACK_BIN/pgbench" -h "$STACK_SOCKETS" -U proposals -n -M prepared -c "$WORKERS" -j 2 -T "$SECONDS_EACH" \
        -f "$STACK_SOCKETS/$1.sql" "${values[@]}" "$1" 2>"$folder/pgbench.log" | sed -n 's/^tps = \([0-9.]*\).*/\1/p')
    [[ $rate ]] || bail "pgbench has failed: $(head -n 3 "$folder/pgbench.log")"
}

# Nanoseconds on a processor so far, of a process and of its children, those too that have ended: spent_by PID
spent_by() {
    local pid sum fields nanoseconds

    fields=$(<"/proc/$1/stat")
    # shellcheck disable=SC2206 # words, the first behind the name is the process's state
    fields=(${fields##*) })
    sum=$(((fields[13] + fields[14]) * 1000000000 / $(getconf CLK_TCK)))
    for pid in "$1" $(pgrep -P "$1"); do
        read -r nanoseconds _ <"/proc/$pid/schedstat" && sum=$((sum + nanoseconds))
    done 2>/dev/null
    echo "$sum"
}

connections() {
    sql postgres "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'proposals-fcgi worker%'"
}

# ---- a round

# A client that leaves takes the connections with it whose statements nobody waits for any more: hence all of PostgreSQL's
# processes, not those of now.
run_ours() {
    local part before=()

    for part in ours PostgreSQL nginx-ours; do
        before+=("$(spent_by "${STACK_PIDS[$part]}")")
    done
    run_wrk ours "$CLIENTS" "$SECONDS_EACH" "$PAGE"
    for part in ours PostgreSQL nginx-ours; do
        sample "cpu_us.$part" "$(compute "($(spent_by "${STACK_PIDS[$part]}") - ${before[0]}) / 1000 / $pages")"
        before=("${before[@]:1}")
    done
    sample ours.pages_s "$rate"
    sample ours.p50_ms "$p50"
    sample ours.p99_ms "$p99"
    round_ours=$rate
}

run_floor_of_both() {
    local a

    run_floor data_agents
    a=$rate
    run_floor miles_republic
    sample floor.data_agents_s "$a"
    sample floor.miles_republic_s "$rate"
    round_floor=$(compute "1 / (1 / $a + 1 / $rate)")
    sample floor.pages_s "$round_floor"
}

run_before() {
    round_before=$(stack_as "$STACK_SOCKETS/before" "$(stack_url data_agents)" "$(stack_url miles_republic)" \
        "$WORKERS" "$SECONDS_EACH") || bail "before has failed"
    sample before.pages_s "$round_before"
}

# The rest, named after what it is for.
run_many() {
    run_wrk ours "$MANY_CLIENTS" "$SECONDS_EACH" "$PAGE"
    sample many.pages_s "$rate"
    sample many.p50_ms "$p50"
    sample many.p99_ms "$p99"
    sample many.p99_of_p50 "$(compute "$p99 / $p50")"
}

run_gzip() {
    run_wrk ours "$CLIENTS" 1 "$PAGE" -H 'Accept-Encoding: gzip'
    sample gzip.pages_s "$rate"
    sample gzip.p50_ms "$p50"
    sample gzip.p99_ms "$p99"
}

run_counting() {
    run_wrk counting "$CLIENTS" 1 "$PAGE"
    sample counting.pages_s "$rate"
    sample counting.p50_ms "$p50"
    sample counting.p99_ms "$p99"
}

run_rounds() {
    local round candidate order="run_floor_of_both run_ours run_before run_many run_gzip run_counting"

    start_group ours WORKERS="$WORKERS"
    progress "warming up"
    (sleep 1.5 && connections >"$folder/connections") &
    run_wrk ours "$MANY_CLIENTS" 2 "$PAGE"
    wait $!
    put connections "$(<"$folder/connections")"
    start_group counting WORKERS="$WORKERS" COUNT_MAX_AGE_MS=0
    run_wrk counting "$CLIENTS" 1 "$PAGE"
    for ((round = 1; round <= ROUNDS; round++)); do
        for candidate in $order; do
            progress "round $round of $ROUNDS"
            "$candidate"
        done
        sample ours.of_floor "$(compute "$round_ours / $round_floor")"
        sample ours.times_before "$(compute "$round_ours / $round_before")"
        # shellcheck disable=SC2086 # words
        order=$(printf '%s\n' $order | tac)
    done
    put_medians %.0f {ours,floor,many,gzip,counting}.pages_s floor.{data_agents,miles_republic}_s
    put_medians %.1f before.pages_s ours.times_before cpu_us.{ours,PostgreSQL,nginx-ours}
    put_medians %.2f {ours,many,gzip,counting}.{p50,p99}_ms many.p99_of_p50
    put_medians %.3f ours.of_floor
    put cpu_us.ours_of_PostgreSQL "$(compute "${figure[cpu_us.ours]} / ${figure[cpu_us.PostgreSQL]}")"
    put errors "${figure[errors]}"
    stop_group counting
    stop_group ours
}

# ---- memory

# The workers' private memory in KB, the largest: private_kb GROUP
private_kb() {
    local pid

    for pid in $(pgrep -P "${STACK_PIDS[$1]}" -f -- --worker); do
        awk '/^Private_(Clean|Dirty):/ { sum += $2 } END { print sum }' "/proc/$pid/smaps_rollup"
    done | sort -n | tail -n 1
}

run_memory() {
    local part made=0 goal=50000

    progress "memory"
    start_group memory WORKERS="$WORKERS"
    put memory_kb.at_rest "$(private_kb memory)"
    for part in first second; do
        while
            run_wrk memory "$CLIENTS" 3 "${PAGE/limit=20/limit=100}"
            made=$((made + pages))
            [[ ${BENCH_LONG:-} ]] && ((made < goal))
        do :; done
        goal=100000
        put "memory_kb.after_${part}_half" "$(private_kb memory)"
    done
    put memory_kb.pages "$made"
    stop_group memory
}

# ---- far away

run_far() {
    local path=$STACK_SOCKETS/far

    progress "far databases"
    stack_mkdir "$path"
    stack_spawn far TERM 5 "$folder/far.log" "$(type -p perl)" "$bench/delay.pl" "$path/.s.PGSQL.5432" "$STACK_SOCKETS/.s.PGSQL.5432" $DELAY_MS
    stack_ready far 10 "$folder/far.log" stack_listens "$path/.s.PGSQL.5432" || bail "no proxy"
    locate_miles "postgresql://proposals@localhost:5432/miles_republic?host=$path"
    start_group far-group WORKERS=1 DATABASE_URL="postgresql://proposals@localhost:5432/data_agents?host=$path" COUNT_MAX_AGE_MS=3600000
    read -r far _ < <("$bench/ask.pl" 40 3 "${ports[far-group]}$PAGE") || bail "no answer from afar"
    [[ $(compute "$far >= 2 * $DELAY_MS" %d) == 1 ]] || bail "the databases were not far: $far ms"
    put far.page_ms "$far"
    put far.round_trip_ms $DELAY_MS
    stop_group far-group
    stack_stop far
    locate_miles "$(stack_url miles_republic)"
}

# ---- instructions

run_instructions() {
    progress "instructions"
    start_callgrind
    count_instructions 10 "$PAGE"
    put page.instructions "$instructions"
    stop_callgrind
}

# ---- growth

# What pages are compared, name and query, for a database of so many proposals; those behind "bounded" may cost more where
# more rows match: first_pages PROPOSALS
first_pages() {
    cat <<-LIST
	sort_created_desc sort=created-desc
	sort_date_asc sort=date-asc
	sort_date_desc sort=date-desc
	status status=PENDING
	type type=NEW_EVENT
	agentName agentName=Agent+3
	eventId eventId=777
	editionId editionId=7773
	dates_30_days startDateFrom=2026-03-01&startDateTo=2026-03-30
	bounded
	dates_1_day startDateFrom=2026-03-01&startDateTo=2026-03-01
	search_frequent search=trail
	search_rare search=Ville+377
	search_nothing search=zzzzzz
	category_frequent categoryLevel2=SHORT_TRAIL
	category_rare categoryLevel2=ULTRA_TRAIL
	category_nothing categoryLevel2=zzzzzz
	offset_half offset=$(($1 / 2))
	LIST
}

# Those that are also measured with the total counted each time.
COUNTED="status_and_total search_frequent_and_total category_frequent_and_total"

page_names() {
    first_pages 0 | cut -d' ' -f1
}

# page_path NAME PROPOSALS
page_path() {
    first_pages "$2" | sed -n "s|^$1 |/api/proposals?|p"
}

make_sizes() {
    local size

    for size in "${sizes[@]}"; do
        progress "$size proposals"
        stack_psql postgres -c "CREATE DATABASE data_agents_$size TEMPLATE data_agents"
    done
    for size in "${sizes[@]}"; do
        fill "data_agents_$size" "$size"
        settle "data_agents_$size"
    done
}

# The same page of the databases in turn: measure_page NAME GROUP
measure_page() {
    local size ms errors addresses=()

    for size in "${sizes[@]}"; do
        addresses+=("${ports[$2-$size]}$(page_path "${1%_and_total}" "$size")")
    done
    for size in "${sizes[@]}"; do
        read -r ms errors _ || bail "no answer for $1"
        ((errors == 0)) || bail "$1: $errors answers were errors"
        put "first_page_ms.$1.$size" "$ms"
    done < <("$bench/ask.pl" 100 2 "${addresses[@]}")
}

# The blocks of 8 KB that data_agents looks at for a page do not depend on what else the machine does.
count_blocks() {
    local size

    for size in "${sizes[@]}"; do
        sql postgres "SELECT pg_stat_statements_reset()" >/dev/null
        port=${ports[growing-$size]}
        get "$(page_path "$1" "$size")"
        put "first_page_blocks.$1.$size" "$(sql postgres "SELECT sum(shared_blks_hit + shared_blks_read) FROM pg_stat_statements s
            JOIN pg_database d ON d.oid = s.dbid WHERE userid = 'proposals'::regrole AND datname LIKE 'data_agents%'")"
    done
}

run_growth() {
    local size name

    stack_psql postgres -c "ALTER ROLE proposals SET pg_stat_statements.track = 'top'"
    for size in "${sizes[@]}"; do
        start_group "growing-$size" WORKERS=1 COUNT_MAX_AGE_MS=3600000 REQUEST_TIMEOUT_MS=60000 \
            DATABASE_URL="$(stack_url "data_agents_$size")"
        start_group "counting-$size" WORKERS=1 COUNT_MAX_AGE_MS=0 REQUEST_TIMEOUT_MS=60000 \
            DATABASE_URL="$(stack_url "data_agents_$size")"
    done
    for name in $(page_names | grep -v bounded); do
        progress "page by ${name//_/ }"
        measure_page "$name" growing
        count_blocks "$name"
    done
    for name in $COUNTED; do
        progress "page by ${name//_/ }"
        measure_page "$name" counting
    done
    for size in "${sizes[@]}"; do
        stop_group "growing-$size"
        stop_group "counting-$size"
    done
}

# ---- inserts

# Agents write there: what a proposal more costs, with all indexes and with the primary key alone.
run_inserts() {
    local indexed=data_agents_${sizes[0]} database round
    local script=$STACK_SOCKETS/insert.sql

    progress "inserts"
    stack_psql postgres -c "CREATE DATABASE bare TEMPLATE $indexed"
    sql bare "SELECT format('DROP INDEX %s', indexrelid::regclass) FROM pg_index
        WHERE indrelid = 'proposals'::regclass AND NOT indisprimary" | stack_psql bare -f -
    cat >"$script" <<-SQL
	\\set number random(1, ${sizes[0]})
	INSERT INTO proposals (id, "agentId", type, status, "eventId", "editionId", "raceId", changes, justification, confidence,
	    "eventName", "eventCity", "editionYear", "proposedStartDate", "updatedAt", "sourceMetadata")
	SELECT gen_random_uuid()::text, "agentId", type, status, "eventId", "editionId", "raceId", changes, justification,
	    confidence, "eventName", "eventCity", "editionYear", "proposedStartDate", now(), "sourceMetadata"
	FROM proposals WHERE id = 'p' || md5(:number::text);
	SQL
    chmod 644 "$script"
    for round in 1 2 3; do
        for database in bare "$indexed"; do
            rate=$(stack_as "$STACK_BIN/pgbench" -h "$STACK_SOCKETS" -U postgres -n -M prepared -T 1 -f "$script" "$database" \
                2>"$folder/pgbench.log" | sed -n 's/^tps = \([0-9.]*\).*/\1/p')
            [[ $rate ]] || bail "pgbench has failed: $(head -n 3 "$folder/pgbench.log")"
            sample "insert_us.${database//"$indexed"/indexed}" "$(compute "1000000 / $rate")"
        done
    done
    put_medians %.0f insert_us.{bare,indexed}
}

# ---- the table

# 1234567 as 1,234,567
number() {
    sed -E ":again; s/([0-9])([0-9]{3})($|[.,])/\1,\2\3/; t again" <<<"$1"
}

# target TEXT VALUE COMPARISON LIMIT
target() {
    printf '  %-72s %8s  %2s %-5s %s\n' "$1" "$2" "$3" "$4" "$(awk "BEGIN { print ($2 $3 $4) ? \"yes\" : \"NO\" }")"
}

# rate_line TEXT NAME
rate_line() {
    printf '  %-44s %8s  %8s  %8s  %9s\n' "$1" "$(number "${figure[$2.pages_s]}")" "${figure[$2.p50_ms]:-}" "${figure[$2.p99_ms]:-}" \
        "$(compute "${figure[$2.pages_s]} / ${figure[floor.pages_s]}" %.3f)"
}

# growth_line NAME: ms and blocks for each size, and by how much the last exceeds the first
growth_line() {
    local kind size cells=""

    for kind in ms blocks; do
        [[ ${figure[first_page_$kind.$1.${sizes[0]}]:-} ]] || continue
        for size in "${sizes[@]}"; do
            cells+=$(printf '%10s' "${figure[first_page_$kind.$1.$size]}")
        done
        growth=$(compute "${figure[first_page_$kind.$1.${sizes[-1]}]} / ${figure[first_page_$kind.$1.${sizes[0]}]}" %.2f)
        cells+=$(printf '%7s' "$growth")
        [[ $kind == blocks ]] || growth_ms=$growth
    done
    printf '  %-28s%s\n' "${1//_/ }" "$cells"
}

print_growth() {
    local name size kind growth growth_ms worst=0 heads=""

    for kind in ms blocks; do
        for size in "${sizes[@]}"; do
            heads+=$(printf '%10s' "$(number "$size")")
        done
        heads+=$(printf '%7s' growth)
    done
    printf '\nPage of 20, one client, total remembered: ms, then blocks of 8 KB, at so many proposals\n  %-28s%s\n' "" "$heads"
    for name in $(page_names) $COUNTED; do
        if [[ $name == bounded ]]; then
            put first_page_growth "$worst"
            echo "  what may cost more where more rows match:"
            continue
        fi
        growth_line "$name"
        worst=$(compute "($growth_ms > $worst ? $growth_ms : $worst)" %.2f)
    done
}

print_table() {
    print_growth >"$folder/growth"
    printf '%s proposals (%s PENDING), %d workers, %d processors, medians of %d rounds of %s s\n' "$(number "$ROWS")" \
        "$(number "${figure[proposals.pending]}")" $WORKERS "$(nproc)" "$ROUNDS" "$SECONDS_EACH"
    printf '\n%-74s %8s  %8s\n' "Ratios, for any machine" measured wanted
    target "pages/s: ours, of what the databases alone reach (the floor)" "${figure[ours.of_floor]}" ">=" 0.8
    target "pages/s: ours, times what there was before" "${figure[ours.times_before]}" ">=" 100
    target "processor time a page: workers', of PostgreSQL's" "${figure[cpu_us.ours_of_PostgreSQL]}" "<=" 0.2
    target "latency at $MANY_CLIENTS clients: p99, of p50" "${figure[many.p99_of_p50]}" "<=" 4
    target "first page: at $(number "${sizes[-1]}") proposals, of at $(number "${sizes[0]}"), the slowest of 9" "${figure[first_page_growth]}" "<=" 1.3
    printf '\nAnd\n'
    target "answers that were errors, and connections that failed" "${figure[errors]}" "<=" 0
    target "ms a page with $DELAY_MS ms to each database" "${figure[far.page_ms]}" "<=" 25
    target "MB of a worker at rest, its own" "$(compute "${figure[memory_kb.at_rest]} / 1024" %.1f)" "<=" 12
    target "MB of a worker after $(number "${figure[memory_kb.pages]}") pages of 100 (after half of them: $(compute "${figure[memory_kb.after_first_half]} / 1024" %.1f))" \
        "$(compute "${figure[memory_kb.after_second_half]} / 1024" %.1f)" "<=" 24
    printf '\n%-46s %8s  %8s  %8s  %9s\n' "?status=PENDING, page of 20" pages/s "p50 ms" "p99 ms" "of floor"
    rate_line "$CLIENTS clients" ours
    rate_line "$MANY_CLIENTS clients" many
    rate_line "$CLIENTS clients, compressed (gzip)" gzip
    rate_line "$CLIENTS clients, COUNT_MAX_AGE_MS=0" counting
    rate_line "before: a connection for each proposal" before
    rate_line "the floor: pgbench, $WORKERS connections" floor
    printf '    of that data_agents alone %s, Miles Republic alone %s\n' "$(number "${figure[floor.data_agents_s]}")" "$(number "${figure[floor.miles_republic_s]}")"
    printf '\nA page: %s bytes (gzip %s), %d of %d rows enriched, %s instructions in the worker,\n' "$(number "${figure[page.bytes]}")" \
        "$(number "${figure[page.bytes_gzip]}")" "${figure[page.rows_enriched]}" "${figure[page.rows]}" "$(number "${figure[page.instructions]}")"
    printf '  %d + %d statements, %d connections for %d workers; µs of processor: worker %s, PostgreSQL %s, nginx %s\n' \
        "${figure[page.statements.data_agents]}" "${figure[page.statements.miles_republic]}" "${figure[connections]}" "$WORKERS" \
        "${figure[cpu_us.ours]}" "${figure[cpu_us.PostgreSQL]}" "${figure[cpu_us.nginx-ours]}"
    cat "$folder/growth"
    printf '\nTo insert a proposal takes %s µs with the indexes and %s µs with the primary key alone\n' "${figure[insert_us.indexed]}" \
        "${figure[insert_us.bare]}"
}

write_json() {
    jq -Rn '[inputs / "\t"] | reduce .[] as [$name, $value] ({}; setpath($name / "."; $value | tonumber? // .))' "$results" \
        >"$root/build/bench.json" || bail "no JSON"
}

# ---- all of it

for tool in wrk valgrind spawn-fcgi gcc jq curl; do
    type -p "$tool" >/dev/null || bail "$tool is not installed: src/run/packages.sh bench installs all that is needed"
done
progress "databases"
start_bench_postgres "shared_buffers = 128MB" "maintenance_work_mem = 128MB" \
    "shared_preload_libraries = 'pg_stat_statements'" "pg_stat_statements.track = none"
stack_psql postgres -c "CREATE EXTENSION pg_stat_statements"
# shellcheck disable=SC2046 # words
gcc -std=c17 -D_GNU_SOURCE -O2 -o "$STACK_SOCKETS/before" "$bench/before.c" $(pkg-config --cflags --libs libpq) || bail "before.c"
put proposals.all "$ROWS"
put rounds "$ROUNDS"
put seconds_each "$SECONDS_EACH"
put workers $WORKERS
put processors "$(nproc)"
started=$SECONDS
make_sizes
progress "$ROWS proposals"
fill data_agents "$ROWS"
settle data_agents
put proposals.pending "$(sql data_agents "SELECT count(*) FROM proposals WHERE status = 'PENDING'")"
find_statements
run_rounds
run_memory
run_far
run_instructions
run_growth
run_inserts
progress ""
put seconds $((SECONDS - started))
print_table
write_json
