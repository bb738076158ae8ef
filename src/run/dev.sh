#!/usr/bin/env bash
# Rebuilds the program whenever a source file is saved and has new workers take over: dev.sh MASTER_PID PROGRAM
# Owns nothing; run.sh --dev starts and ends it. A build that fails leaves the workers of before serving.

set -euo pipefail

root=$(realpath "$(dirname "$0")/../..")
master=$1
program=$2

# Editors save by writing in place or by renaming, often in several steps: what comes in a moment is one change.
next_change() {
    local path

    while read -r path; do
        case $path in
        "$root"/src/*.[ch] | "$root/Makefile")
            while read -r -t 0.2 path; do :; done
            return
            ;;
        esac
    done
    return 1
}

version_of() {
    stat -c %i.%y "$program" 2>/dev/null || :
}

exec {events}< <(exec inotifywait -m -q -e close_write -e moved_to --format '%w%f' "$root/" "$root/src/")
watcher=$!
trap 'kill "$watcher"; wait "$watcher" || exit 0' TERM

while next_change <&"$events"; do
    before=$(version_of)
    if ! make -s -C "$root" build/proposals-fcgi; then
        echo "dev: the build failed, the workers of before go on"
    elif [[ $(version_of) != "$before" ]]; then
        echo "dev: built, new workers take over"
        kill -HUP "$master"
    fi
done
