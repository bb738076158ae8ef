#!/usr/bin/env bash
# The dashboard in a browser: it shows what the API says, keeps all of it in the address, says what is wrong when something
# is, never takes text for code, and can be used by keyboard, on a phone, in the dark and with a screen reader.
# Screenshots go to build/screenshots, for people to look at.
# shellcheck disable=SC1112,SC2016,SC2034,SC2119,SC2154 # scripts for the browser stand in quotes; sourced files share variables
# shellcheck source=tests/lib/harness.sh
. "$(dirname "$0")/../lib/harness.sh"
# shellcheck source=tests/lib/browser.sh
. "$tests/lib/browser.sh"

nbsp=$'\u00a0'

# ---- data: the demo's, and a few rows whose every word is known here

fill_demo() {
    sql miles_republic 'TRUNCATE "Race", "Edition", "Event" CASCADE' >/dev/null &&
        sql data_agents 'TRUNCATE proposals, agents, database_connections, users CASCADE' >/dev/null 2>&1 &&
        stack_psql data_agents -v miles_url="$(stack_url miles_republic)" -f "$root/src/sql/demo.sql" >/dev/null
}

# Sets event, edition and race to ones of Miles Republic that no demo proposal is about.
choose_edition() {
    local used

    used=$(sql data_agents "SELECT coalesce(string_agg(DISTINCT quote_literal(\"editionId\"), ','), '''''') FROM proposals")
    IFS='|' read -r event edition race event_name city year < <(sql miles_republic "SELECT v.id, e.id, min(r.id), v.name, v.city, e.year
        FROM \"Edition\" e JOIN \"Event\" v ON v.id = e.\"eventId\" JOIN \"Race\" r ON r.\"editionId\" = e.id
        WHERE e.id::text NOT IN ($used) GROUP BY v.id, e.id HAVING count(*) > 1 ORDER BY e.id LIMIT 1")
}

# add_proposal ID AGENT CREATED NAME CITY CHANGES JUSTIFICATION
add_proposal() {
    stack_psql data_agents -v id="$1" -v agent="$2" -v created="$3" -v name="$4" -v city="$5" -v changes="$6" -v why="$7" \
        -v event="$event" -v edition="$edition" -v race="$race" <<-'SQL'
	INSERT INTO proposals (id, "agentId", type, "eventId", "editionId", changes, justification, confidence, "eventName", "eventCity",
	    "proposedStartDate", "createdAt", "updatedAt")
	VALUES (:'id', :'agent', 'EDITION_UPDATE', :'event', :'edition', replace(:'changes', 'RACE', :'race')::jsonb, :'why', 0.9,
	    nullif(:'name', ''), nullif(:'city', ''), '2027-05-15 07:00', :'created', :'created')
	SQL
}

fill_own() {
    choose_edition
    add_proposal essai-1 agent-ffa '2020-01-02' '' '' '{
        "startDate": {"old": "2027-05-08T07:00:00.000Z", "new": "2027-05-15T07:00:00.000Z", "confidence": 0.95},
        "calendarStatus": {"old": "TO_BE_CONFIRMED", "new": "CONFIRMED"},
        "racesToUpdate": {"new": [{"raceId": "RACE", "raceName": "Grande boucle", "updates": {"runDistance": {"old": 10, "new": 12.5}}}]},
        "racesToAdd": {"new": [{"name": "Marche des familles", "categoryLevel1": "WALK", "walkDistance": 8}]}}' \
        '[{"type": "text", "content": "Annoncée sur le site du club", "metadata": {"confidence": 0.8, "url": "https://club.example/annonce"}}]'
    add_proposal essai-2 agent-google '2020-01-01' '' '' '{
        "startDate": {"old": "2027-05-08T07:00:00.000Z", "new": "2027-05-22T07:00:00.000Z"},
        "calendarStatus": {"old": "TO_BE_CONFIRMED", "new": "CONFIRMED"}}' '[]'
    sql data_agents "INSERT INTO agents (id, name, type, \"isActive\", frequency, config, \"updatedAt\")
        VALUES ('agent-hostile', '<img src=x onerror=hacked=1>', 'EXTRACTOR', true, '{}', '{}', now())"
    add_proposal '"><svg onload=hacked=2>' agent-hostile '2020-01-03' '<script>hacked=3</script>' '<img src=x onerror="hacked=4">' '{
        "websiteUrl": {"old": "javascript:hacked=5", "new": "JaVaScRiPt:hacked=6//https://a.example"},
        "registrationUrl": {"new": "data:text/html,<script>hacked=7</script>"},
        "facebookUrl": {"new": " \u0001javascript:hacked=8"},
        "instagramUrl": {"new": "https://a.example/\" onmouseover=\"hacked=9"},
        "<iframe srcdoc=x>": {"new": {"<b onclick=hacked=10>": "</td></table><style>body{display:none}</style>"}},
        "__proto__": {"new": "x"}, "constructor": {"new": "y"}, "racesToAdd": {"new": [{"name": "<img src=x onerror=hacked=11>", "registrationUrl": "javascript:hacked=12"}]},
        "description": {"new": "unbreakableunbreakableunbreakableunbreakableunbreakableunbreakableunbreakable\u202etxet"}}' \
        '[{"content": "javascript:hacked=13", "url": "javascript:hacked=14", "metadata": {"url": "vbscript:hacked=15", "image": "<img src=x onerror=hacked=16>"}}, "<script>hacked=17</script>"]'
}

# ---- what is on the page

# texts SELECTOR: a line an element
texts() {
    js 'return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent.trim()).join("\n")' "$1"
}

number_of() {
    js 'return document.querySelectorAll(arguments[0]).length' "$1"
}

# settled [ADDRESS]: whether the page is shown whole, at this address, parameters in any order
settled() {
    await "(() => {
        const wanted = new URL('${1:-}' || location.href, location);
        const plain = (url) => url.pathname + [...url.searchParams].map(String).sort();
        return plain(wanted) === plain(new URL(location.href)) && !document.querySelector('[aria-busy], .skeleton')
            && document.querySelector('main h1');
    })()"
}

# shows NAME PATH OF THE API: the list has these proposals in this order, each with a link to it
shows() {
    get "$2"
    is "$1" "$(js 'return [...document.querySelectorAll(".event-name")].map((a) => decodeURIComponent(a.pathname.split("/")[2]) + " " + a.textContent).join("\n")')" \
        "$(json '.data[] | "\(.id) \([.eventName, .changes.name.new?, .raceName] | map(strings | select(. != "")) | first)"')"
}

clean() {
    is "$1: the browser's console is clean" "$(console)" ""
}

rm -r "$folder/dashboard"
cp -r "$root/nginx/dashboard" "$folder/dashboard"
chmod -R a+rX "$folder/dashboard"
start_postgres
fill_demo || bail "no demo data"
fill_own || bail "no data of the test's own"
start_workers
start_nginx
browser_start || bail "no browser"

# ---- the list

window 1280 900
media prefers-color-scheme light
browse /
ok "the list comes" settled /
shows "it has the newest proposals" /api/proposals
is "with their cities and years" "$(texts .event-place)" "$(json '.data[] | [([.eventCity, .changes.city.new?] | map(strings | select(. != "")) | first),
    ((.editionYear // .changes.edition.new.year? // empty) | "édition \(.)")] | map(select(. != null)) | join(" · ")')"
is "with their agents" "$(texts .agent)" "$(json '.data[].agent.name')"
is "it says how many there are" "$(texts .count)" "1–20 sur $(json .meta.total)${nbsp}propositions"
is "it names their state in French" "$(js 'return [...document.querySelectorAll(".chip[data-status=PENDING]")].every((e) => e.textContent === "À examiner")')" true
clean "the list"
screenshot list window
await 'document.querySelector(".group-link")'
is "a group says how many" "$(texts .group-link)" "$(json '.data[] | select(.groupCount > 1) | "\(.groupCount)\u00a0à comparer"')"

# ---- filters, search, sort and pages are the address

click '.tabs a[data-status=PENDING]'
ok "a tab is in the address" settled '/?status=PENDING'
shows "it narrows the list" '/api/proposals?status=PENDING'
click '[aria-label="Page suivante"]'
ok "so is the page" settled '/?status=PENDING&page=2'
shows "the second page" '/api/proposals?status=PENDING&offset=20'
like "it says where it is" "$(texts .page-here)" "^Page 2 sur "
click 'select[name=type] option[value=EDITION_UPDATE]'
ok "so is the type; another filter starts at page 1" settled '/?status=PENDING&type=EDITION_UPDATE'
shows "both narrow the list" '/api/proposals?status=PENDING&type=EDITION_UPDATE'
click 'select[name=sort] option[value=date-asc]'
ok "so is the order" settled '/?status=PENDING&type=EDITION_UPDATE&sort=date-asc'
shows "by date" '/api/proposals?status=PENDING&type=EDITION_UPDATE&sort=date-asc'
click 'input[name=search]'
keys 'trail'
ok "so is what is searched for, without Enter" settled '/?status=PENDING&type=EDITION_UPDATE&sort=date-asc&search=trail'
shows "all together" '/api/proposals?status=PENDING&type=EDITION_UPDATE&sort=date-asc&search=trail'
is "the filters that narrow it are named" "$(texts '.filter-chip bdi')" $'trail\nÉdition modifiée'
before=$(texts .event-name)
go refresh
ok "loaded anew it is the same address" settled '/?status=PENDING&type=EDITION_UPDATE&sort=date-asc&search=trail'
is "and the same list" "$(texts .event-name)" "$before"
is "and the same form" "$(js 'return ["search", "type", "sort"].map((name) => document.querySelector(`[name=${name}]`).value).join(" ")')" "trail EDITION_UPDATE date-asc"
go back
ok "back: without the search" settled '/?status=PENDING&type=EDITION_UPDATE&sort=date-asc'
shows "back" '/api/proposals?status=PENDING&type=EDITION_UPDATE&sort=date-asc'
go back
go back
ok "back to page 2" settled '/?status=PENDING&page=2'
shows "back to page 2" '/api/proposals?status=PENDING&offset=20'
go forward
ok "forward again" settled '/?status=PENDING&type=EDITION_UPDATE'
shows "forward" '/api/proposals?status=PENDING&type=EDITION_UPDATE'
browse '/?search=trail&status=PENDING'
settled '/?search=trail&status=PENDING'
click '.filter-chip'
ok "a filter can be taken away" settled '/?status=PENDING'
clean "filters"

# ---- nothing, and nonsense

browse '/?search=zzzzzz'
ok "a search without a find" await 'document.querySelector(".message h2")?.textContent === "Aucune proposition ici"'
is "says it in the count too" "$(texts .count)" "Aucune proposition"
click '.message .button'
ok "and the way out leads to all" settled /
browse '/?page=9999'
ok "a page beyond the end says so" await 'document.querySelector(".message h2")?.textContent.includes("au-delà de la fin")'
clean "empty pages"
browse '/?status=NONSENSE'
ok "what the API refuses is said" await 'document.querySelector("[role=alert]")?.textContent.includes("pas été comprise")'
browse /propositions/none
ok "so is a proposal that is not there" await 'document.querySelector("h1")?.textContent && document.body.textContent.includes("n’existe pas")'
browse /nowhere
ok "and an address that is none" await 'document.querySelector("h1")?.textContent === "Cette page n’existe pas"'
console >/dev/null

# ---- one proposal

browse /propositions/essai-1
ok "a proposal comes" settled /propositions/essai-1
is "with the name from Miles Republic" "$(texts h1)" "$event_name"
is "and where and when" "$(texts .lead)" "$city · édition $year"
is "old stands beside new, field by field" "$(js 'return [...document.querySelectorAll(".diff tbody tr")].filter((tr) => tr.querySelector(".diff-old"))
    .map((tr) => ["th", ".diff-old", ".diff-new"].map((s) => tr.querySelector(s).innerText.trim()).join(" | ")).sort().join("\n")')" \
    $'Calendrier | À confirmer | Confirmée\nDate de début | sam. 8 mai 2027, 09:00 | sam. 15 mai 2027, 09:00'
like "a field's confidence is shown" "$(texts '.diff-confidence')" "95${nbsp}%"
like "a race to update, old and new" "$(texts '.races')" "Grande boucle.*10${nbsp}km.*12,5${nbsp}km"
like "a race to add" "$(texts '.races')" "Marche des familles.*8${nbsp}km"
get /api/proposals/essai-1
is "the races that there are" "$(js 'return [...document.querySelectorAll(".diff tbody th > bdi")].map((e) => e.textContent).sort().join("\n")')" \
    "$({ json '.data.existingRaces[].name'; printf '%s\n' Calendrier 'Date de début'; } | jq -Rsr 'split("\n") | map(select(. != "")) | sort | join("\n")')"
is "why, with a link" "$(texts .reason) $(js 'return document.querySelector(".reasons a")?.href')" "Annoncée sur le site du club (nouvel onglet) https://club.example/annonce"
is "which opens elsewhere and tells nothing" "$(js 'const a = document.querySelector(".reasons a"); return a.target + " " + a.rel')" "_blank noopener noreferrer nofollow"
like "the related ones" "$(js 'return [...document.querySelectorAll(".related .event-name")].map((a) => a.pathname).join(" ")')" "/propositions/essai-2"
clean "a proposal"
screenshot detail
click '.related .button'
ok "the button leads to the group" settled "/groupes/$event-$edition"

# ---- a group

is "a group has a column for each proposal" "$(number_of '.column-link')" 3
is "and says where they disagree" "$(js 'return [...document.querySelectorAll("[data-disagree] th bdi")].map((e) => e.textContent).sort().join()')" "Courses à ajouter,Date de début"
like "values side by side" "$(js 'return [...document.querySelectorAll("[data-disagree] td")].map((e) => e.innerText).join(" ")')" "15 mai 2027.*22 mai 2027|22 mai 2027.*15 mai 2027"
clean "a group"
screenshot group
go back
ok "back to the proposal" settled /propositions/essai-1

# ---- text of the web is only ever text

hostile='/propositions/%22%3E%3Csvg%20onload%3Dhacked%3D2%3E'

# harmless NAME: nothing of the hostile row has become anything but text
harmless() {
    is "$1: no element of it has come to be, no link but to the web or within, no code of it has run" "$(js 'return [
        ...[...document.querySelectorAll("main :is(script, img, iframe, style, [onload], [onerror], [onclick], [onmouseover])")].map((e) => e.outerHTML),
        ...[...document.querySelectorAll("main a[href]")].map((a) => a.href).filter((href) => !/^https?:\/\//.test(href)), String(window.hacked)].join("\n")')" undefined
    clean "$1"
}

browse '/?agentName=%3Cimg%20src%3Dx%20onerror%3Dhacked%3D1%3E'
settled
is "hostile, in the list: its name is what it is" "$(texts .event-name)" "<script>hacked=3</script>"
harmless "hostile, in the list"
click .event-name
ok "hostile: it opens" settled "$hostile"
is "hostile: its name is what it is" "$(texts h1)" "<script>hacked=3</script>"
harmless "hostile, its page"
is "hostile: a web address alone is a link, and no more of it than that" "$(js 'return [...document.querySelectorAll("main a.external")].map((a) => a.href).join()')" \
    'https://a.example/%22%20onmouseover=%22hacked=9'
window 360 800 mobile
is "hostile, on a phone: nothing sticks out" "$(js 'return document.documentElement.scrollWidth')" 360
screenshot hostile
window 1280 900
browse "/groupes/$event-$edition"
settled
harmless "hostile, in its group"
is "the policy is on: inline code does not run" "$(js 'const s = document.createElement("script"); s.textContent = "window.inline = 1"; document.body.append(s); return String(window.inline)')" undefined
like "and the console would have said so" "$(console)" "Content Security Policy"

# ---- by keyboard

browse /
settled /
keys Tab
is "first comes the way past the header" "$(js 'return document.activeElement.className')" skip-link
keys Tab Tab Tab
is "then the header, then the tabs" "$(js 'return document.activeElement.textContent')" Toutes
keys ShiftTab
is "and back" "$(js 'return document.activeElement.getAttribute("href")')" /etat
keys /
is "/ goes to the search" "$(js 'return document.activeElement.name')" search
is "and is not typed there" "$(js 'return document.activeElement.value')" ""
keys trail Enter
ok "Enter searches" settled '/?search=trail'
js 'document.activeElement.blur()' >/dev/null
keys j j k
is "j and k walk along the events" "$(js 'return String(document.activeElement === document.querySelector(".event-name"))')" true
ok "the focus can be seen" await 'getComputedStyle(document.activeElement, "::after").outlineStyle === "solid"'
wanted=$(js 'return document.activeElement.getAttribute("href")')
keys Enter
ok "Enter opens one" settled "$wanted"
is "and the focus moves to it" "$(js 'return document.activeElement.id')" contenu
clean "by keyboard"

# ---- the state of the service

# all_open: each worker has its connection
all_open() {
    storm 16 8 '/api/proposals?limit=1&type=EDITION_UPDATE' >/dev/null
    [[ $(backends miles_republic | wc -l) == 4 ]]
}

click .site-link
ok "the link in the header leads to the state of the service" await 'location.pathname === "/etat" && document.querySelector(".figure")?.textContent !== "–"'
ok "all workers have their connection" stack_until 10 all_open
ok "the page shows as many connections as PostgreSQL, without being asked" await 'document.querySelector(".figure").textContent === "4"'
is "each worker is there" "$(js 'return [...document.querySelectorAll(".worker-facts > :last-child dd")].map((e) => e.textContent).sort((a, b) => a - b).join(" ")')" "$(worker_pids)"
is "each with a light" "$(number_of '.worker .lamp:first-child[data-lamp=on]')" 4
is "and a dot of four" "$(number_of '.contrast > :first-child .pip-full') of $(number_of '.contrast > :first-child .pip')" "4 of 4"
like "the chart says it in words" "$(js 'return document.querySelector(".chart-picture").getAttribute("aria-label")')" "4 maintenant.*plafond est de 4"
like "the chart has steps" "$(js 'return document.querySelector(".chart-line").getAttribute("d")')" "^M[0-9.]+ [0-9.]+(H[0-9.]+V[0-9.]+)+H[0-9]+\$"
ok "and a ceiling, where the number of workers is" await 'document.querySelector(".chart-limit").getAttribute("y1") === document.querySelector(".chart-line").getAttribute("d").match(/V([\d.]+)H\d+$/)[1]'
like "what it was before is said" "$(texts .contrast-before)" "20 et plus"
victim=$(worker_pids)
kill -KILL "${victim%% *}"
ok "a worker that is replaced is replaced on the page" await "document.querySelectorAll('.worker').length === 4
    && ![...document.querySelectorAll('.worker-facts > :last-child dd')].some((e) => e.textContent === '${victim%% *}')"
ok "and the count goes down, and is announced" await 'document.querySelector(".figure").textContent === "3" && document.getElementById("annonce").textContent.startsWith("3 connexions")'
all_open
ok "and up again" await 'document.querySelector(".figure").textContent === "4" && document.querySelectorAll(".lamp[data-lamp=on]").length === 8'
clean "the state"
screenshot etat

# How often the page has asked since it was loaded, as an expression.
asked='performance.getEntriesByType("resource").filter((e) => e.name.endsWith("/api/health/workers")).length'
js 'Object.defineProperty(document, "hidden", {value: true, configurable: true}); document.dispatchEvent(new Event("visibilitychange"))' >/dev/null
before=$(js "return $asked")
js 'window.since = performance.now()' >/dev/null
await 'performance.now() - window.since > 2600'
is "a hidden page asks nothing" "$(js "return $asked")" "$before"
js 'delete document.hidden; document.dispatchEvent(new Event("visibilitychange"))' >/dev/null
ok "once seen it asks at once" await "$asked > $before"
click .live
is "it can be put on pause" "$(js 'return document.querySelector(".live").getAttribute("aria-pressed")') $(texts .live)" "true Reprendre"
click .live
media prefers-reduced-motion reduce
is "nothing moves for who wants no motion" "$(js 'return getComputedStyle(document.querySelector(".live-dot"), "::after").animationDuration')" 0s
media prefers-color-scheme light

# ---- when something is wrong

locate_demo() {
    sql data_agents "UPDATE database_connections SET \"connectionUrl\" = '$1' WHERE type = 'MILES_REPUBLIC'" >/dev/null
}

locate_demo 'postgresql://nobody@127.0.0.1:1/none'
browse '/?type=EDITION_UPDATE'
ok "without Miles Republic the page says so" await 'document.querySelector(".banner")?.textContent.startsWith("Miles Republic injoignable")'
is "and shows the proposals" "$(number_of .event-name)" 20
screenshot unavailable window
locate_demo "$(stack_url miles_republic)"
browse '/?type=EDITION_UPDATE'
settled
is "with it again, no word of it" "$(number_of .banner)" 0
hold_lock data_agents proposals
browse /
ok "until the answer comes there are bones" await 'document.querySelectorAll(".skeleton").length && document.querySelector(".results[aria-busy]")'
release_lock
ok "and then it comes" settled /
clean "Miles Republic down and up"
browse /etat
await 'document.querySelector(".figure")?.textContent !== "–"'
stack_stop workers
ok "a service that has gone: its last state, and since when" await 'document.querySelector(".banner")?.textContent.startsWith("Le service ne répond plus depuis") && document.querySelectorAll(".worker").length === 4'
screenshot etat-stale
go refresh
ok "a service that is not there" await 'document.querySelector("[role=alert] h1")?.textContent === "Le service ne répond pas"'
browse /
ok "without workers the list says so" await 'document.querySelector("[role=alert]")?.textContent.includes("Impossible d’afficher les propositions")'
screenshot error window
start_workers "$folder/workers2.log"
click '.message button'
ok "trying again helps once they are back" settled /
is "the list is there" "$(number_of .event-name)" 20
browse /etat
ok "so is the service, whose first answer has no past" await 'document.querySelectorAll(".worker").length === 4'
console >/dev/null

# ---- narrow, dark, and for a screen reader

pages=("list=/?limit=8" detail=/propositions/essai-1 "group=/groupes/$event-$edition" etat=/etat)

# Sets axe to the file of axe-core, fetched once and kept in build/.
find_axe() {
    local cache=$root/build/axe-core

    axe=$cache/package/axe.min.js
    [[ ! -s $axe ]] || return 0
    command -v npm >/dev/null || return
    mkdir -p "$cache"
    (cd "$cache" && timeout 30 npm pack --silent --fetch-retries=0 axe-core@4.14.1 && tar xzf axe-core-*.tgz package/axe.min.js) >/dev/null 2>&1
    [[ -s $axe ]]
}

# What axe finds, a line a rule: with the elements
findings() {
    js 'return axe.run(document, {resultTypes: ["violations"]}).then(({violations}) => violations
        .filter(({impact}) => impact === "serious" || impact === "critical")
        .map(({id, nodes}) => `${id}: ${nodes.map(({target}) => target.join(" ")).slice(0, 5).join(", ")}`).join("\n"))' ||
        echo "axe did not run"
}

axe=""
find_axe || axe=""
all_open
for page in "${pages[@]}"; do
    window 1280 900
    media prefers-color-scheme light
    browse "${page#*=}"
    settled "${page#*=}"
    [[ $page != etat=* ]] || await 'document.querySelector(".figure").textContent === "4"'
    [[ ! $axe ]] || js_file "$axe"
    for light in light dark; do
        media prefers-color-scheme $light
        if [[ $axe ]]; then
            is "${page%%=*}, $light: axe finds nothing serious" "$(findings)" ""
        else
            skip "${page%%=*}, $light: axe finds nothing serious" "axe-core cannot be had from npm here"
        fi
    done
    screenshot "${page%%=*}-dark" window
    window 360 800 mobile
    is "${page%%=*}: on a phone nothing sticks out" "$(js 'return document.documentElement.scrollWidth')" 360
    media prefers-color-scheme light
    screenshot "${page%%=*}-phone"
    clean "${page%%=*}, narrow and dark"
done

browser_end
done_testing
