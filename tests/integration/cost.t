#!/usr/bin/env bash
# What a page costs, in figures that are the same on any machine at any time: statements and round trips to the letter,
# and the worker's instructions to a tenth. How long that takes is for `make bench`.
# shellcheck disable=SC2154 # variables of tests/bench/lib.sh
# shellcheck source=tests/lib/harness.sh
. "$(dirname "$0")/../lib/harness.sh"
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/../bench/lib.sh"

start_bench_postgres
fill data_agents 2000

# ---- statements and round trips

export WORKERS=1 COUNT_MAX_AGE_MS=3600000
start_proxy ours
start_proxy miles
DATABASE_URL=$(proxy_url ours data_agents)
locate_miles "$(proxy_url miles miles_republic)"
start_workers
start_nginx

# Of one proxy, so far: statements executed, of those prepared, round trips.
counts() {
    echo "$(proxied "$1" execute) $(proxied "$1" parse) $(($(proxied "$1" sync) + $(proxied "$1" query) + $(proxied "$1" flush)))"
}

# Sets $ours and $miles to what the page has cost: measure PATH
measure() {
    local before_ours before_miles

    read -r -a before_ours <<<"$(counts ours)"
    read -r -a before_miles <<<"$(counts miles)"
    get "$1"
    ours=$(counts ours | awk -v b="${before_ours[*]}" '{ split(b, a); print $1 - a[1], $2 - a[2], $3 - a[3] }')
    miles=$(counts miles | awk -v b="${before_miles[*]}" '{ split(b, a); print $1 - a[1], $2 - a[2], $3 - a[3] }')
}

measure "$PAGE"
is "the page is enriched" "$status $(json .meta.enrichment) $(json '.data | length')" "200 ok 20"
is "in data_agents the first page is rows, total and where Miles Republic is, prepared, in one round trip" "$ours" "3 3 1"
is "in Miles Republic it is events, editions and races, prepared, in one round trip" "$miles" "3 3 1"
measure "$PAGE"
is "in data_agents the next page is rows and where Miles Republic is, in one round trip" "$ours" "2 0 1"
is "in Miles Republic it is three statements in one round trip" "$miles" "3 0 1"
measure "${PAGE/limit=20/limit=100}"
is "a page of 100 costs the same" "$(json '.data | length') $ours $miles" "100 2 0 1 3 0 1"
is "there is one connection to each database" "$(proxied ours connections) $(proxied miles connections)" "1 1"
stack_stop nginx
stack_stop workers
locate_miles "$(stack_url miles_republic)"

# ---- instructions

what="a page of 20 takes as many instructions as tests/bench/instructions says, or a tenth more or less"
read -r expected _ <"$bench/instructions"
if ! type -p valgrind spawn-fcgi >/dev/null; then
    skip "$what" "no valgrind or spawn-fcgi here"
elif grep -qE '__(asan|tsan|ubsan)_' "$program"; then
    skip "$what" "the program is a sanitizer's build"
else
    start_callgrind
    count_instructions 10 "$PAGE"
    stop_callgrind
    diag "$instructions instructions a page of 20 ($expected expected)"
    ok "$what" test $((instructions * 10)) -le $((expected * 11)) -a $((instructions * 10)) -ge $((expected * 9))
    ((instructions * 10 <= expected * 11 && instructions * 10 >= expected * 9)) ||
        diag "if that is how it is meant to be: tests/bench/instructions.sh --update"
fi

done_testing
