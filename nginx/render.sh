#!/bin/sh
# Writes the configuration of nginx, variables filled in, to a folder: render.sh FOLDER
# Owns the list of variables, their defaults and what their values may hold. Starts nothing.

set -eu

fail() {
    printf 'render.sh: %s\n' "$*" >&2
    exit 1
}

[ $# -eq 1 ] || fail "usage: render.sh FOLDER"
source=$(dirname "$0")
target=$1

# Where to listen, as nginx's `listen` takes it.
: "${LISTEN:=127.0.0.1:8080}"
# The workers' socket.
: "${SOCKET_PATH:=/run/proposals-fcgi/proposals.sock}"
# The folder of static files.
: "${DASHBOARD:=$(realpath "$source")/dashboard}"
# A folder that nginx may write: its pid and bodies too large for memory.
: "${RUNTIME:=/run/proposals-nginx}"
# A number, or `auto` for one a processor.
: "${WORKER_PROCESSES:=auto}"
# Strict on purpose. A build that injects styles needs `style-src 'self' 'unsafe-inline'`.
: "${CONTENT_SECURITY_POLICY:=default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'}"

variables="LISTEN SOCKET_PATH DASHBOARD RUNTIME WORKER_PROCESSES CONTENT_SECURITY_POLICY"
list=""
value=""
for name in $variables; do
    eval "value=\$$name"
    # None of these can be written in a quoted string of nginx and keep its meaning.
    case $value in
    "" | *[\"\\\$[:cntrl:]]*) fail "$name is empty or has a character in it that nginx cannot take: $value" ;;
    esac
    # shellcheck disable=SC2163 # the name that the variable holds is what is meant
    export "$name"
    list="$list \${$name}"
done

mkdir -p "$target"
for file in "$source"/*.conf; do
    cp "$file" "$target"
done
for file in "$source"/*.template; do
    name=$(basename "$file" .template)
    envsubst "$list" <"$file" >"$target/$name"
done
