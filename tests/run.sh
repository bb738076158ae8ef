#!/usr/bin/env bash
# Runs the tests; what `make test` does once the packages are there. The last line is `N passed, N failed`, and the exit
# status is 0 where nothing failed.
# Owns which tests there are and how long each may take. Knows nothing of what they test.
#
#   tests/run.sh [NAME...]      only those: connections, connections.t, tests/unit/filters_test.c, unit (all of these), ...
#
# BUILD (build) is the folder that the program and the unit tests are built in. PROGRAM (proposals-fcgi there) is the program
# that the tests of tests/integration run against: a sanitizer's build, say.
# TEST_TIMEOUT (180) is the time for one test in seconds, JOBS (2) how many run side by side.

set -uo pipefail

tests=$(realpath "$(dirname "$0")")
root=$(dirname "$tests")
build=${BUILD:-build}
cd "$root" || exit

give_up() {
    echo "run.sh: $*"
    echo "0 passed, 1 failed"
    exit 1
}

# The tests that there are sources of, unit tests first: they are quick.
list_tests() {
    local source

    for source in tests/unit/*_test.c; do
        [[ -e $source ]] && basename "$source" .c | sed "s|^|$build/tests/|"
    done
    printf '%s\n' tests/integration/*.t
}

name_of() {
    basename "$1" | sed -E 's/(\.t|\.c|_test|_test\.c)$//'
}

choose_tests() {
    local wanted test found

    chosen=()
    (($#)) || mapfile -t chosen < <(list_tests)
    for wanted; do
        found=""
        if [[ $wanted == tests/docker/*.t && -x $wanted ]]; then
            chosen+=("$wanted") && found=1
        fi
        while read -r test; do
            [[ $(name_of "$test") == "$(name_of "$wanted")" || ($wanted == unit && $test != *.t) ]] && chosen+=("$test") && found=1
        done < <(list_tests)
        [[ $found ]] || give_up "there is no test $wanted"
    done
}

# shellcheck disable=SC2317 # it is reached, by the trap
finish() {
    trap '' INT TERM HUP
    trap - EXIT
    if [[ ${prove:-} ]]; then
        kill "$prove" 2>/dev/null
        wait "$prove" 2>/dev/null
    fi
    # A test that was told to end may still write there.
    for _ in {1..10}; do
        rm -rf "$TEST_TEMPLATE" 2>/dev/null && break
        sleep 0.5
    done
}

choose_tests "$@"
env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -j2 "BUILD=$build" "$build/proposals-fcgi" unit || give_up "the build failed"
[[ ! ${PROGRAM:-} || -x $PROGRAM ]] || give_up "PROGRAM cannot be run: $PROGRAM"

# The databases that every test starts from, made by the first that needs them.
TEST_TEMPLATE=$(mktemp -d /tmp/proposals-tests.XXXXXX) || give_up "no temporary folder"
export TEST_TEMPLATE
trap finish EXIT
trap 'trap "" INT TERM HUP; exit 130' INT TERM HUP

# A test ends when its time is up, and when prove does. In the background, for a signal to be heard at once.
PERL5LIB=$tests/lib prove --formatter TestSummary --failures --comments --timer --jobs "${JOBS:-2}" \
    --exec "setpriv --pdeathsig TERM timeout --kill-after=20 ${TEST_TIMEOUT:-180}" "${chosen[@]}" &
prove=$!
wait "$prove"
code=$?
prove=""
exit $code
