# shellcheck shell=bash disable=SC2034,SC2154 # the variables are for the tests, or of the harness
# What tests of nginx look with, on top of harness.sh: other nginxes beside the first, and what holds for every answer.
# Owns no process and no file; knows neither routes nor data.

# The caller's settings are about another nginx.
unset LEGACY_API RATE_LIMIT TRUSTED_PROXIES METRICS_ALLOW RESOLVER STOP_TIMEOUT_S CONTENT_SECURITY_POLICY

json_type="application/json; charset=utf-8"
html_type="text/html; charset=utf-8"
security="Content-Security-Policy X-Content-Type-Options X-Frame-Options Referrer-Policy Permissions-Policy
    Cross-Origin-Opener-Policy Cross-Origin-Resource-Policy X-Request-Id"

# Another nginx in front of the same workers, and $port is where: start_another_nginx NAME [VARIABLE=VALUE...]
start_another_nginx() {
    local name=$1

    shift
    (($# == 0)) || local -x "$@"
    for _ in {1..3}; do
        port=$(free_port)
        stack_nginx_start "$name" "$port" "$socket" "${dashboard:-$folder/dashboard}" "$folder/$name.log" && return
    done
    bail "no nginx $name"
}

# The last answer as the wire has it: ask METHOD PATH [HEADER FIELD...]
ask() {
    local method=$1 path=$2 field text

    shift 2
    text="$method $path HTTP/1.1\r\nHost: 127.0.0.1:$port\r\nConnection: close\r\n"
    for field; do
        text+="$field\r\n"
    done
    raw "${text//%/%%}\r\n"
}

# secured NAME: the last answer has every security header field once, and an id
secured() {
    local name wrong=""

    for name in $security; do
        [[ $(header "$name" | wc -l) == 1 && $(header "$name") ]] || wrong+=" $name"
    done
    [[ $(header X-Request-Id) =~ ^[A-Za-z0-9._-]{8,64}$ ]] || wrong+=" id:$(header X-Request-Id)"
    [[ $(header Server) =~ ^(nginx)?$ ]] || wrong+=" Server:$(header Server)"
    is "$1 ($status): security header fields and a request id, each once" "${wrong:-all}" all
}

# refused NAME STATUS CODE: the last answer is this error, in the envelope
refused() {
    is "$1: $2 in the envelope" "$status $(header Content-Type) $(json '"\(.success) \(.error.code) \(.error.message | length > 0) \(keys == ["error", "success"])"')" \
        "$2 $json_type false $3 true true"
    secured "$1"
}

# Server-Timing's durations by name, one line; nothing where it does not parse.
timings() {
    header Server-Timing | grep -xE '[a-z_]+;dur=[0-9]+(\.[0-9]+)?(, [a-z_]+;dur=[0-9]+(\.[0-9]+)?)*' | sed 's/;dur=/ /g; s/,//g'
}

# timing NAME
timing() {
    timings | tr ' ' '\n' | grep -A 1 -x "$1" | tail -n 1
}
