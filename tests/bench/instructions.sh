#!/usr/bin/env bash
# Counts the instructions that a worker executes for a page of 20, under callgrind: they do not depend on what else the
# machine does. tests/integration/cost.t compares them with the figure in the file `instructions` beside this script.
#
#   tests/bench/instructions.sh             print the figure
#   tests/bench/instructions.sh --update    and keep it as the one to compare with
#   tests/bench/instructions.sh --profile   and print where they are executed
#
# PROGRAM (build/proposals-fcgi) is the program.
# shellcheck source=tests/lib/harness.sh
. "$(dirname "$0")/../lib/harness.sh"
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"

start_bench_postgres
fill data_agents 2000
start_callgrind
count_instructions 20 "$PAGE"
echo "$instructions"
case ${1:-} in
--update)
    echo "$instructions instructions a page of 20; tests/bench/instructions.sh --update counts anew" >"$bench/instructions"
    ;;
--profile)
    # The larger of the last two is a page, the other the end of its connection.
    "$bench/self_cost.pl" "$(find "$callgrind_files" -name 'out.*' -printf '%f %s %p\n' | sort -t. -k2n | tail -n 2 | sort -k2n |
        tail -n 1 | cut -d' ' -f3)"
    ;;
esac
