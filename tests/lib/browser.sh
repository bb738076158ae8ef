# shellcheck shell=bash disable=SC2016,SC2154 # scripts for the browser stand in quotes; the harness sets variables
# A headless Chromium, driven over WebDriver with curl and jq; sourced after harness.sh.
# Owns the browser's processes, its profile and its window. Knows nothing of the pages that it shows.
#
#     browser_start || skip ...
#     browse /            goes to an address of $port and waits until it is loaded
#     await 'CONDITION'   waits until an expression of JavaScript holds, at most $patience seconds
#     js 'SCRIPT' ARG...  prints what `return` gives, text as it is and the rest as JSON; ARGs are arguments[0], ...

patience=10
driver=""
session=""

# As the stack's user, with a home of its own: that of the package may be missing, and it is nobody's business.
browser_start() {
    local home=$folder/browser driver_port arguments

    stack_mkdir "$home" || return
    driver_port=$(free_port)
    driver=http://127.0.0.1:$driver_port
    stack_spawn chromedriver TERM 5 "$folder/chromedriver.log" \
        env HOME="$home" TMPDIR="$home" XDG_CONFIG_HOME="$home" XDG_CACHE_HOME="$home" \
        chromedriver --port="$driver_port" --allowed-ips=127.0.0.1 --log-level=WARNING
    stack_ready chromedriver 15 "$folder/chromedriver.log" browser_is_ready || return
    arguments=$(json_strings --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
        --disable-component-update --disable-sync --disable-dev-shm-usage --hide-scrollbars --lang=fr-FR \
        --window-size=1280,900 "--user-data-dir=$home/profile")
    session=$(driver_post "$driver/session" '{"capabilities": {"alwaysMatch": {"goog:chromeOptions": {"args": ['"$arguments"']},
        "goog:loggingPrefs": {"browser": "ALL"}, "timeouts": {"script": 30000, "pageLoad": 20000}}}}' |
        jq -r '.value.sessionId // empty')
    [[ $session ]] || stack_fail "no browser: $(tail -n 1 "$folder/chromedriver.log")"
}

browser_is_ready() {
    [[ $(curl -q -s --noproxy '*' --max-time 2 "$driver/status" | jq -r .value.ready 2>/dev/null) == true ]]
}

browser_end() {
    [[ ! $session ]] || curl -q -s --noproxy '*' --max-time 10 -X DELETE "$driver/session/$session" >/dev/null
    session=""
    stack_stop chromedriver
}

# Sets text to a JSON string. Of hundreds of calls, each jq would take longer than the browser does.
json_string() {
    text=${1//\\/\\\\}
    text=${text//\"/\\\"}
    text=${text//$'\n'/\\n}
    text=\"${text//$'\t'/\\t}\"
}

# Prints JSON strings with commas between.
json_strings() {
    local text comma=""

    for arg; do
        json_string "$arg"
        printf '%s%s' "$comma" "$text"
        comma=,
    done
}

# driver_post URL BODY; the body - is stdin
driver_post() {
    local body=$2

    if [[ $body == - ]]; then
        curl -q -s --noproxy '*' --max-time 60 -H 'Content-Type: application/json' --data-binary @- "$1"
    else
        curl -q -s --noproxy '*' --max-time 60 -H 'Content-Type: application/json' --data-binary @- "$1" <<<"$body"
    fi
}

# A command of the session: tell COMMAND BODY; prints what the answer holds, and errors to stderr
tell() {
    driver_post "$driver/session/$session/$1" "$2" |
        jq -r 'if (.value | objects | has("error")) // false then error(.value.message | split("\n")[0]) else .value end'
}

browse() {
    tell url "{\"url\": $(json_strings "http://127.0.0.1:$port$1")}" >/dev/null
}

# go back, go forward, go refresh
go() {
    tell "$1" '{}' >/dev/null
}

# script_body SCRIPT ARG...
script_body() {
    local script=$1

    shift
    printf '{"script": %s, "args": [%s]}' "$(json_strings "$script")" "$(json_strings "$@")"
}

js() {
    tell execute/sync "$(script_body "$@")"
}

# Runs a file in the page, as it is.
js_file() {
    jq -nc --rawfile script "$1" '{script: $script, args: []}' | tell execute/sync - >/dev/null
}

# Waits in the page, so that nothing is missed between two questions. A script that is cut off by a new page is asked again.
await() {
    local end=$((SECONDS + patience)) body answer=""

    body=$(script_body "const end = Date.now() + $patience * 1000;
        const holds = () => { try { return Boolean($1); } catch { return false; } };
        return (async () => {
            while (Date.now() < end) {
                if (holds()) return true;
                await new Promise((done) => setTimeout(done, 20));
            }
            return false;
        })();")
    while ((SECONDS <= end)) && [[ $answer != *'"value":'@(true|false)* ]]; do
        answer=$(driver_post "$driver/session/$session/execute/sync" "$body")
    done
    [[ $answer == *'"value":true'* ]]
}

# A click as a person does it: not on what is hidden or covered.
click() {
    local element

    element=$(tell element "{\"using\": \"css selector\", \"value\": $(json_strings "$1")}" | jq -r '.[]') &&
        tell "element/$element/click" '{}' >/dev/null
}

# keys TEXT...: typed into whatever has the focus; Tab, Enter and ShiftTab are keys
keys() {
    local word text i actions=""

    for word; do
        case $word in
        Tab) word=$'\uE004' ;;
        Enter) word=$'\uE007' ;;
        ShiftTab) actions+='{"type": "keyDown", "value": "\uE008"}, {"type": "keyDown", "value": "\uE004"},
            {"type": "keyUp", "value": "\uE004"}, {"type": "keyUp", "value": "\uE008"}, ' word="" ;;
        esac
        for ((i = 0; i < ${#word}; i++)); do
            json_string "${word:i:1}"
            actions+="{\"type\": \"keyDown\", \"value\": $text}, {\"type\": \"keyUp\", \"value\": $text}, "
        done
    done
    tell actions "{\"actions\": [{\"type\": \"key\", \"id\": \"keyboard\", \"actions\": [${actions%, }]}]}" >/dev/null
}

# Chromium's own commands: devtools COMMAND PARAMETERS
devtools() {
    tell goog/cdp/execute "{\"cmd\": \"$1\", \"params\": $2}"
}

# window WIDTH HEIGHT [mobile]
window() {
    local mobile=false

    [[ ${3:-} != mobile ]] || mobile=true
    devtools Emulation.setDeviceMetricsOverride "{\"width\": $1, \"height\": $2, \"deviceScaleFactor\": 1, \"mobile\": $mobile}" >/dev/null
}

# media FEATURE VALUE: what the page is told that its user prefers
media() {
    devtools Emulation.setEmulatedMedia "{\"features\": [{\"name\": \"$1\", \"value\": \"$2\"}]}" >/dev/null
}

# The page from top to bottom, or with `window` what is seen of it: screenshot NAME [window]
screenshot() {
    local beyond=true

    [[ ${2:-} != window ]] || beyond=false
    mkdir -p "$root/build/screenshots"
    devtools Page.captureScreenshot "{\"format\": \"png\", \"captureBeyondViewport\": $beyond}" |
        jq -r .data | base64 -d >"$root/build/screenshots/$1.png"
}

# What the console has said since it was last asked, a line a message: errors and warnings, whoever they are from.
console() {
    tell se/log '{"type": "browser"}' | jq -r '.[] | select(.level == "SEVERE" or .level == "WARNING") | .message' ||
        echo "the browser does not answer"
}
