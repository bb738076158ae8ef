// Owns the list page: what it asks for, its rows, its states, its pages, its keys.
// Must keep nothing that the address does not say.

import { follow, listPath } from "./api.js";
import { announce, h, icon, srOnly } from "./dom.js";
import { addressWith, createFilters, readParams } from "./filters.js";
import { navigate } from "./router.js";
import { cityOf, groupPath, groupSize, proposalPath, titleOf, yearOf } from "./changes.js";
import { changeSummary, confidenceBar, data, dateTile, enrichmentBanner, errorMessage, message, statusChip, timeAgo, typeTag } from "./parts.js";
import { NBSP, STATUSES, count, whole } from "./format.js";

const COLUMNS = ["Date", "Événement", "Ce qui change", "Agent", "Confiance", "Statut"];
const SKELETON_ROWS = 8;
const SUMMARY_LINES = 3;
const DEFAULT_LIMIT = 20;
const LIMITS = ["20", "50", "100"];

export function create(root) {
  const page = buildPage();
  root.append(...page.sections);
  const state = { page, request: null, params: null };
  const onKey = (event) => handleKey(event, page);
  document.addEventListener("keydown", onKey);
  return {
    show: (url) => show(state, readParams(url)),
    leave() {
      state.request?.abort();
      document.removeEventListener("keydown", onKey);
    },
  };
}

function buildPage() {
  const filters = createFilters();
  const status = h("p", { class: "count" });
  const limit = h("select", { name: "limit" }, LIMITS.map((value) => h("option", { value }, value)));
  const notices = h("div", { class: "notices" });
  const body = h("div", { class: "results-body" });
  const pager = buildPager();
  const results = h("section", { class: "results", "aria-label": "Résultats" },
    h("div", { class: "results-head" }, status, h("label", { class: "per-page" }, limit, " par page")),
    notices, body, pager.element);
  return { filters, status, limit, notices, body, pager, results, sections: [hero(filters.tabs), h("div", { class: "wrap" }, h("div", { class: "panel" }, filters.form, filters.chips), results)] };
}

function hero(tabs) {
  return h("div", { class: "hero" }, h("div", { class: "wrap" },
    h("h1", {}, "Propositions"),
    h("p", { class: "lead" }, "Ce que les agents proposent de changer au calendrier."),
    tabs));
}

/* --- asking --- */

function show(state, params) {
  const { page } = state;
  state.request?.abort();
  state.request = new AbortController();
  state.params = params;
  page.filters.show(params);
  showLimit(page.limit, params);
  document.title = titleFor(params);
  page.results.setAttribute("aria-busy", "true");
  return follow(listPath(apiParams(params)), state.request.signal, {
    wait: () => showSkeleton(page),
    draw: (body) => showAnswer(state, body),
    fail: (error) => showError(state, error),
    settle: () => page.results.removeAttribute("aria-busy"),
  });
}

/* What was there stays, dimmed, while a request runs; bones only where there was no list. */
function showSkeleton({ body }) {
  if (!body.querySelector("table")) body.replaceChildren(table(skeletonRows()));
}

/** The parameters of the API: those of the address, with the page as an offset. */
function apiParams(params) {
  const query = new URLSearchParams(params);
  query.delete("page");
  const offset = (pageOf(params) - 1) * limitOf(params);
  if (offset > 0) query.set("offset", String(offset));
  return query;
}

function pageOf(params) {
  const page = params.get("page") ?? "1";
  return /^[1-9]\d{0,8}$/.test(page) ? Number(page) : 1;
}

function limitOf(params) {
  const limit = params.get("limit") ?? "";
  return /^[1-9]\d{0,2}$/.test(limit) ? Number(limit) : DEFAULT_LIMIT;
}

function titleFor(params) {
  const status = STATUSES.get(params.get("status"));
  const page = pageOf(params);
  return ["Propositions", status, page > 1 && `page ${page}`, "Miles Republic"].filter(Boolean).join(" · ");
}

/* --- showing --- */

function showAnswer(state, { data: rows, meta }) {
  const { page, params } = state;
  const first = (pageOf(params) - 1) * limitOf(params) + 1;
  const text = countText(first, rows.length, meta.total);
  page.status.textContent = text;
  announce(text);
  page.notices.replaceChildren(...[enrichmentBanner(meta)].filter(Boolean));
  page.filters.suggestAgents(rows.map((row) => row.agent?.name).filter(Boolean));
  keepFocus(page.body, () => page.body.replaceChildren(rows.length > 0 ? table(rows.map(row)) : emptyMessage(params, meta.total)));
  showPager(page, params, meta.total);
}

function showError({ page, params }, error) {
  page.status.textContent = "";
  page.notices.replaceChildren();
  page.pager.element.hidden = true;
  page.body.replaceChildren(errorMessage(error, () => navigate(addressWith(params, { page: String(pageOf(params)) }), { replace: true, keepScroll: true })));
}

function countText(first, shown, total) {
  if (shown === 0) return "Aucune proposition";
  if (shown === total) return count(total, "proposition", "propositions");
  return `${whole(first)}–${whole(first + shown - 1)} sur ${count(total, "proposition", "propositions")}`;
}

function emptyMessage(params, total) {
  if (total > 0) {
    const last = String(Math.ceil(total / limitOf(params)));
    return message({ title: "Cette page est au-delà de la fin", text: `La liste s’arrête à la page ${last}.`, action: h("a", { class: "button", href: addressWith(params, { page: last }) }, "Aller à la dernière page") });
  }
  const narrowed = addressWith(params, { sort: "", limit: "" }) !== "/";
  return message({
    title: "Aucune proposition ici",
    text: narrowed ? "Aucune proposition ne correspond à ces filtres." : "Les agents n’ont encore rien proposé.",
    action: narrowed && h("a", { class: "button", href: "/" }, "Effacer les filtres"),
  });
}

/** Redraws without losing the keyboard's place: the focus goes back to the link it was on. */
function keepFocus(element, redraw) {
  const focused = element.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  redraw();
  if (focused) [...element.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused)?.focus({ preventScroll: true });
}

/* Roles are spelled out because the grid layout of dashboard.css would take the table's own away. */
function table(rows) {
  const heads = COLUMNS.map((name) => h("th", { role: "columnheader", scope: "col" }, name));
  return h("table", { class: "proposals", role: "table" },
    h("caption", { class: "sr-only" }, "Propositions"),
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, heads)),
    h("tbody", { role: "rowgroup" }, rows));
}

function cell(name, ...children) {
  return h("td", { role: "cell", class: `cell-${name}` }, ...children);
}

function row(proposal) {
  return h("tr", { role: "row" },
    cell("date", dateTile(proposal.proposedStartDate)),
    eventCell(proposal),
    cell("changes", changeSummary(proposal.changes, SUMMARY_LINES)),
    cell("agent", h("span", { class: "agent" }, data(proposal.agent?.name ?? "Agent inconnu", 60)), " ", timeAgo(proposal.createdAt)),
    cell("confidence", confidenceBar(proposal.confidence)),
    cell("status", statusChip(proposal.status), groupLink(proposal)));
}

function eventCell(proposal) {
  const city = cityOf(proposal);
  const year = yearOf(proposal);
  return h("th", { role: "rowheader", scope: "row", class: "cell-event" },
    typeTag(proposal.type),
    h("a", { class: "event-name", href: proposalPath(proposal) }, data(titleOf(proposal), 160)),
    h("span", { class: "event-place" }, city && data(city, 80), city && year && " · ", year && ["édition ", data(year, 20)]));
}

function groupLink(proposal) {
  const size = groupSize(proposal);
  if (size < 2) return null;
  return h("a", { class: "group-link", href: groupPath(proposal) }, icon("group"), `${size}${NBSP}à comparer`);
}

function skeletonRows() {
  return Array.from({ length: SKELETON_ROWS }, () => h("tr", { class: "skeleton", role: "row" },
    ["date", "event", "changes", "agent", "confidence", "status"].map((name) => cell(name, h("span", { class: "bone" })))));
}

/* --- pages --- */

function buildPager() {
  const link = (name, label) => h("a", { class: "page-link", "data-keep-scroll": true, "aria-label": label, title: label }, icon(name));
  const links = { first: link("first", "Première page"), prev: link("prev", "Page précédente"), next: link("next", "Page suivante"), last: link("last", "Dernière page") };
  const here = h("span", { class: "page-here" });
  const element = h("nav", { class: "pager", "aria-label": "Pages", hidden: true }, links.first, links.prev, here, links.next, links.last);
  return { element, links, here };
}

function showPager({ pager, results }, params, total) {
  const page = pageOf(params);
  const last = Math.max(1, Math.ceil(total / limitOf(params)));
  pager.element.hidden = last < 2;
  pager.element.onclick = (event) => event.target.closest("a[href]") && results.scrollIntoView();
  pager.here.replaceChildren(srOnly("Page "), h("b", {}, whole(page)), " sur ", whole(last));
  const targets = { first: 1, prev: page - 1, next: page + 1, last };
  for (const [name, link] of Object.entries(pager.links)) showPageLink(link, params, targets[name], page, last);
}

function showPageLink(link, params, target, page, last) {
  const usable = target !== page && target >= 1 && target <= last;
  if (usable) link.setAttribute("href", addressWith(params, { page: String(target) }));
  else link.removeAttribute("href");
  link.setAttribute("aria-disabled", String(!usable));
  link.setAttribute("role", "link");
}

function showLimit(select, params) {
  const limit = params.get("limit") ?? String(DEFAULT_LIMIT);
  if (![...select.options].some(({ value }) => value === limit)) select.append(h("option", { value: limit }, limit));
  select.value = limit;
  select.onchange = () => navigate(addressWith(params, { limit: select.value }), { keepScroll: true });
}

/* --- keys: "/" to search, j and k to walk down and up the events --- */

function handleKey(event, page) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
  if (event.key === "/") {
    event.preventDefault();
    page.filters.search.focus();
    page.filters.search.select();
  }
  if (event.key === "j" || event.key === "k") step(page.body, event.key === "j" ? 1 : -1);
}

function step(body, direction) {
  const links = [...body.querySelectorAll(".event-name")];
  const here = links.indexOf(document.activeElement);
  const next = here < 0 ? 0 : here + direction;
  links[Math.min(Math.max(next, 0), links.length - 1)]?.focus();
}
