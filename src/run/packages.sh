#!/usr/bin/env bash
# Installs the Debian packages that a task needs and that are missing.
# Owns the list of packages and the only calls of apt in the project. Starts no service and leaves none to start at boot.
#
#   src/run/packages.sh build|run|dev|test|bench

set -euo pipefail

# Each task and what it needs beyond the one before it in `includes`.
declare -A packages=(
    [build]="gcc libc6-dev make pkgconf libfcgi-dev libpq-dev libsystemd-dev libxxhash-dev"
    [run]="gettext-base nginx postgresql-15 postgresql-client-15 util-linux"
    [dev]="inotify-tools"
    [test]="chromium chromium-driver clang clang-format curl fonts-dejavu-core jq libc6-dbg libclang-rt-14-dev
        libcmocka-dev libfcgi-bin libjson-c-dev openssl perl pgbouncer procps prometheus python3 shellcheck spawn-fcgi valgrind"
    [bench]="wrk"
)
declare -A includes=([run]=build [dev]=run [test]=dev [bench]=test)

# Of the packages above, those that would start a service of their own now and at every boot.
services="nginx pgbouncer prometheus"

policy=/usr/sbin/policy-rc.d
clusters=/etc/postgresql-common/createcluster.d
snippet=$clusters/proposals-fcgi.conf
marker="# temporary, written by packages.sh of proposals-fcgi"

fail() {
    echo "packages.sh: $*" >&2
    exit 1
}

# Prints those of the given packages that are not installed, one a line.
missing_of() {
    local name status
    declare -A installed=()

    while read -r name status; do
        [[ $status == installed ]] && installed[$name]=1
    done < <(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null)
    for name; do
        [[ ${installed[$name]:-} ]] || echo "$name"
    done
}

# Debian starts a service as soon as its package is there, and creates a PostgreSQL cluster with the server.
# Neither is wanted for a private copy: a policy forbids the one and a setting the other, while apt runs.
hold_services() {
    trap release_services EXIT
    trap 'exit 130' INT TERM HUP
    if [[ ! -e $policy ]]; then
        printf '#!/bin/sh\n%s\nexit 101\n' "$marker" >$policy
        chmod 755 $policy
    fi
    mkdir -p $clusters
    printf '%s\ncreate_main_cluster = false\n' "$marker" >$snippet
}

# Goes by the marker, so that what a killed run left is cleared too and nobody else's policy ever is.
release_services() {
    rm -f $snippet
    if grep -qsF "$marker" $policy; then
        rm -f $policy
    fi
}

apt() {
    DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" </dev/null 2>&1
}

install() {
    local output

    # The simulation tells whether the lists know these packages, without a download.
    if ! apt install --simulate --no-install-recommends "$@" >/dev/null; then
        apt update >/dev/null || :
    fi
    output=$(apt install -y --no-install-recommends "$@") && return
    # Old lists name versions that the mirror no longer has.
    apt update >/dev/null || :
    output=$(apt install -y --no-install-recommends "$@") && return
    fail "apt could not install $*: $(grep '^E:' <<<"$output" | tr '\n' ' ' || :)"
}

# A service that this run brought is not left to start at the next boot either.
disable_services() {
    local name

    command -v systemctl >/dev/null || return 0
    for name; do
        if [[ " $services " == *" $name "* ]]; then
            systemctl --quiet disable "$name" >/dev/null 2>&1 || :
        fi
    done
}

mode=${1:-}
[[ $# == 1 && ${packages[$mode]+known} ]] || fail "usage: packages.sh build|run|dev|test|bench"
command -v apt-get >/dev/null || fail "this is for Debian 12: there is no apt-get here"

task=$mode
names=""
while [[ $task ]]; do
    names+=" ${packages[$task]}"
    task=${includes[$task]:-}
done
read -r -d '' -a needed <<<"$names" || :
mapfile -t missing < <(missing_of "${needed[@]}")
((${#missing[@]})) || exit 0

if ((EUID != 0)); then
    echo "Missing packages: ${missing[*]}"
    command -v sudo >/dev/null || fail "run this as root once, or install sudo: only root may install packages"
    sudo -- "$BASH" "$0" "$mode" || fail "the packages could not be installed by sudo"
    exit 0
fi

echo "Installing with apt: ${missing[*]} (this may take a few minutes)"
hold_services
install "${missing[@]}"
disable_services "${missing[@]}"
