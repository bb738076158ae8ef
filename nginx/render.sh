#!/bin/sh
# Writes the configuration of nginx, variables filled in, to a folder: render.sh FOLDER
# Owns the list of variables, their defaults and what their values may hold, and the few files that depend on whether
# there is a value. Starts nothing.

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
# Where the program listens, as its own LISTEN and STATUS_LISTEN say: unix:PATH or HOST:PORT, several with spaces between.
: "${WORKERS_ADDRESS:=unix:/run/proposals-fcgi/proposals.sock}"
: "${STATUS_ADDRESS:=unix:/run/proposals-fcgi/status.sock}"
# The old API, HOST:PORT, for all under /api that the program does not serve. Empty: there is none.
: "${LEGACY_API:=}"
# As nginx's `resolver` takes it: then the name in each of the program's addresses is looked up again and again, by this DNS
# server. Empty: once, at the start.
: "${RESOLVER:=}"
# Requests a second that a client may send to /api on average; three seconds' worth at once. 0: any number.
: "${RATE_LIMIT:=50}"
# The proxies in front of nginx, addresses or CIDR ranges: they are believed who the client is, and its request's id.
: "${TRUSTED_PROXIES:=}"
# Who may read /metrics, addresses or CIDR ranges. Set and empty: nobody.
: "${METRICS_ALLOW=127.0.0.0/8 ::1}"
# The folder of static files.
: "${DASHBOARD:=$(realpath "$source")/dashboard}"
# A folder that nginx may write: its pid and bodies too large for memory.
: "${RUNTIME:=/run/proposals-nginx}"
# A number, or `auto` for one a processor.
: "${WORKER_PROCESSES:=auto}"
# How long requests in hand may take to finish when nginx is asked to quit.
: "${STOP_TIMEOUT_S:=5}"
# How long the program may take to answer: some seconds more than its REQUEST_TIMEOUT_MS.
: "${READ_TIMEOUT_S:=15}"
# Strict on purpose. A build that injects styles needs `style-src 'self' 'unsafe-inline'`.
: "${CONTENT_SECURITY_POLICY:=default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'}"

# ---- what the values may hold

# For those that stand in quotes: what cannot be written there and keep its meaning.
quoted="LISTEN DASHBOARD RUNTIME WORKER_PROCESSES CONTENT_SECURITY_POLICY"
value=""
for name in $quoted; do
    eval "value=\$$name"
    case $value in
    "" | *[\"\\\$[:cntrl:]]*) fail "$name is empty or has a character in it that nginx cannot take: $value" ;;
    esac
done

# For those that do not: words.
for name in WORKERS_ADDRESS STATUS_ADDRESS LEGACY_API RESOLVER TRUSTED_PROXIES METRICS_ALLOW; do
    eval "value=\$$name"
    case $value in
    *[!A-Za-z0-9\ ./:@_=%+~\[\]-]*) fail "$name has a character in it that nginx cannot take: $value" ;;
    esac
done
for name in WORKERS_ADDRESS STATUS_ADDRESS LEGACY_API; do
    eval "value=\$$name"
    for address in $value; do
        case $address in
        unix:/?* | ?*:[0-9]*) ;;
        *) fail "$name must be unix:PATH or HOST:PORT: $address" ;;
        esac
    done
done
if [ "$RESOLVER" ]; then
    case $WORKERS_ADDRESS$STATUS_ADDRESS in
    *\ *) fail "with RESOLVER there can be only one address of the workers, and one of the status process" ;;
    esac
fi
for name in RATE_LIMIT STOP_TIMEOUT_S READ_TIMEOUT_S; do
    eval "value=\$$name"
    case $value in
    *[!0-9]* | ???????*) fail "$name must be a whole number: $value" ;;
    esac
done

# ---- what depends on whether there is a value

# Where $NAME_group leads: print_group NAME TARGET
print_group() {
    printf 'map "" $%s_group {\n    default "%s";\n}\n' "$1" "$2"
}

# A group of servers whose names are looked up at the start: print_servers NAME ADDRESS...
print_servers() {
    name=$1
    shift
    print_group "$name" "$name"
    # No `keepalive`, ever: an idle connection kept open holds a worker that serves one connection at a time.
    printf 'upstream %s {\n' "$name"
    if [ $# -eq 1 ]; then
        # To take the only address out of service after a failure would turn one lost request into seconds of them. It
        # stands there twice so that there is a next one for a request whose worker died over it.
        printf '    server %s max_fails=0;\n    server %s max_fails=0;\n' "$1" "$1"
    else
        printf '    server %s max_fails=3 fail_timeout=2s;\n' "$@"
    fi
    printf '}\n'
}

# shellcheck disable=SC2086 # lists of words
print_all_servers() {
    if [ "$RESOLVER" ]; then
        echo "resolver $RESOLVER;"
        print_group workers "$WORKERS_ADDRESS"
        print_group status "$STATUS_ADDRESS"
    else
        print_servers workers $WORKERS_ADDRESS
        print_servers status $STATUS_ADDRESS
    fi
    [ ! "$LEGACY_API" ] || print_servers legacy $LEGACY_API
}

# shellcheck disable=SC2016 # variables of nginx
print_real_ip() {
    echo 'geo $realip_remote_addr $is_from_proxy {'
    echo '    default 0;'
    for range in $TRUSTED_PROXIES; do
        echo "    $range 1;"
    done
    echo '}'
    for range in $TRUSTED_PROXIES; do
        echo "set_real_ip_from $range;"
    done
    echo 'real_ip_header X-Forwarded-For;'
    echo 'real_ip_recursive on;'
}

# An empty key is not counted: that of a request for a file.
print_rate_limit() {
    [ "$RATE_LIMIT" -gt 0 ] || return 0
    cat <<CONF
map \$uri \$api_client {
    ~^/\\.api/ \$binary_remote_addr;
    default "";
}
limit_req_zone \$api_client zone=api:10m rate=${RATE_LIMIT}r/s;
limit_req zone=api burst=$((RATE_LIMIT * 3)) nodelay;
CONF
}

print_metrics_access() {
    for range in $METRICS_ALLOW; do
        echo "allow $range;"
    done
    echo 'deny all;'
}

# ---- the files

mkdir -p "$target"
for file in mime_types error_messages page_errors; do
    cp "$source/$file.conf" "$target"
done
if [ "$LEGACY_API" ]; then
    cp "$source/legacy.conf" "$target"
    cp "$source/routes_beside_legacy.conf" "$target/routes.conf"
else
    : >"$target/legacy.conf"
    cp "$source/routes.conf" "$target"
fi
print_all_servers >"$target/servers.conf"
print_real_ip >"$target/real_ip.conf"
print_rate_limit >"$target/rate_limit.conf"
print_metrics_access >"$target/metrics_access.conf"

list=""
for name in $quoted STOP_TIMEOUT_S READ_TIMEOUT_S; do
    # shellcheck disable=SC2163 # the name that the variable holds is what is meant
    export "$name"
    list="$list \${$name}"
done
for file in "$source"/*.template; do
    name=$(basename "$file" .template)
    envsubst "$list" <"$file" >"$target/$name"
done
