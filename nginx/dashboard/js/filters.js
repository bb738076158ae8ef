// Owns the filters: the form, the status tabs and the chips, and how they read from and write to the address.
// The address is the only truth; must keep no state of its own beside it, and must not fetch.

import { h, icon, srOnly } from "./dom.js";
import { navigate } from "./router.js";
import { CATEGORIES, NBSP, SORTS, TYPES, day, parseDate } from "./format.js";

const DEBOUNCE_MS = 300;
const DEFAULTS = new Map([["sort", "created-desc"], ["limit", "20"], ["page", "1"]]);
const MAIN = ["search", "type", "sort"];
const MORE = [
  { name: "agentName", label: "Agent", list: "agents", placeholder: "Nom exact" },
  { name: "eventId", label: `Événement n°`, mode: "numeric" },
  { name: "editionId", label: `Édition n°`, mode: "numeric" },
  { name: "startDateFrom", label: "À partir du", type: "date" },
  { name: "startDateTo", label: "Jusqu’au", type: "date" },
  { name: "categoryLevel1", label: "Catégorie", list: "categories", placeholder: "TRAIL, RUNNING…" },
  { name: "categoryLevel2", label: "Sous-catégorie", placeholder: "MARATHON…" },
];
const NAMES = ["status", ...MAIN, ...MORE.map(({ name }) => name), "limit", "page"];
const STATUS_TABS = [["", "Toutes"], ["PENDING", "À examiner"], ["APPROVED", "Approuvées"], ["PARTIALLY_APPROVED", "Approuvées en partie"], ["REJECTED", "Rejetées"], ["ARCHIVED", "Archivées"]];
const CHIP_LABELS = new Map([["search", "Recherche"], ["type", "Type"], ...MORE.map(({ name, label }) => [name, label])]);

/** What of an address concerns the list, without empty values and repetitions. */
export function readParams(url) {
  const params = new URLSearchParams();
  for (const name of NAMES) {
    const value = url.searchParams.get(name)?.trim();
    if (value) params.set(name, value);
  }
  return params;
}

/** The address of the list with some parameters changed; any change but of the page itself goes back to page 1. */
export function addressWith(params, changes) {
  const next = new URLSearchParams(params);
  next.delete("page");
  for (const [name, value] of Object.entries(changes)) next.set(name, value);
  for (const [name, value] of [...next]) if (value === "" || DEFAULTS.get(name) === value) next.delete(name);
  return next.size > 0 ? `/?${next}` : "/";
}

/** The names of the filters that narrow the list, the status aside. */
function activeFilters(params) {
  return [...CHIP_LABELS.keys()].filter((name) => params.has(name));
}

/** Builds tabs, form and chips. `show(params)` makes them say what the address says. */
export function createFilters() {
  const state = { params: new URLSearchParams(), typing: false, timer: 0 };
  const tabs = statusTabs();
  const form = filterForm();
  const chips = h("ul", { class: "chips", "aria-label": "Filtres actifs" });
  listen(form, state);
  return {
    tabs, form, chips,
    search: form.elements.search,
    suggestAgents: (names) => suggest(form.querySelector("#agents"), names),
    show(params) {
      clearTimeout(state.timer);
      state.params = params;
      showTabs(tabs, params);
      showForm(form, params);
      chips.replaceChildren(...chipItems(params));
    },
  };
}

function statusTabs() {
  const items = STATUS_TABS.map(([status, label]) => h("li", {}, h("a", { "data-status": status, "data-keep-scroll": true }, label)));
  return h("nav", { class: "tabs", "aria-label": "Statut" }, h("ul", {}, items));
}

function showTabs(tabs, params) {
  for (const link of tabs.querySelectorAll("a")) {
    link.href = addressWith(params, { status: link.dataset.status });
    if (link.dataset.status === (params.get("status") ?? "")) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

function filterForm() {
  return h("form", { class: "filters", role: "search", action: "/", autocomplete: "off" },
    h("div", { class: "filters-main" }, searchField(),
      field("Type", select("type", [["", "Tous les types"], ...TYPES])),
      field("Tri", select("sort", SORTS))),
    h("details", { class: "filters-more" },
      h("summary", {}, "Plus de filtres"),
      h("div", { class: "filters-grid" }, MORE.map(moreField)),
      h("datalist", { id: "agents" }),
      h("datalist", { id: "categories" }, [...CATEGORIES].map(([value, label]) => h("option", { value, label })))));
}

function searchField() {
  const input = h("input", { type: "search", name: "search", placeholder: "Événement, ville ou année", "aria-keyshortcuts": "/", enterkeyhint: "search" });
  return h("label", { class: "field field-search" }, h("span", { class: "field-label" }, "Recherche"), h("span", { class: "search-box" }, icon("search"), input, h("kbd", { "aria-hidden": "true" }, "/")));
}

function field(label, control) {
  return h("label", { class: "field" }, h("span", { class: "field-label" }, label), control);
}

function select(name, options) {
  return h("select", { name }, [...options].map(([value, label]) => h("option", { value }, label)));
}

function moreField({ name, label, type = "text", list, mode, placeholder }) {
  return field(label, h("input", { name, type, list, inputmode: mode, placeholder }));
}

function listen(form, state) {
  const search = form.elements.search;
  const go = (changes, options) => navigate(addressWith(state.params, { search: search.value.trim(), ...changes }), { keepScroll: true, ...options });
  const goSearch = () => {
    clearTimeout(state.timer);
    if (search.value.trim() === (state.params.get("search") ?? "")) return;
    go({}, { replace: state.typing });
    state.typing = true;
  };
  search.addEventListener("input", () => {
    clearTimeout(state.timer);
    state.timer = setTimeout(goSearch, DEBOUNCE_MS);
  });
  search.addEventListener("blur", () => { state.typing = false; });
  form.addEventListener("change", ({ target }) => (target === search ? goSearch() : go({ [target.name]: target.value.trim() })));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    goSearch();
  });
}

function showForm(form, params) {
  for (const control of form.elements) {
    if (control.name) showControl(control, params.get(control.name) ?? DEFAULTS.get(control.name) ?? "");
  }
  const more = MORE.filter(({ name }) => params.has(name)).length;
  form.querySelector("summary").textContent = more > 0 ? `Plus de filtres (${more})` : "Plus de filtres";
}

function showControl(control, value) {
  if (control.type === "date") control.value = /^\d{4}-\d{2}-\d{2}/.exec(value)?.[0] ?? "";
  else if (control.value.trim() !== value) control.value = value;
}

function chipItems(params) {
  const active = activeFilters(params);
  if (active.length === 0) return [];
  const all = h("li", {}, h("a", { class: "clear-all", href: addressWith(params, Object.fromEntries(active.map((name) => [name, ""]))), "data-keep-scroll": true }, "Tout effacer"));
  return [...active.map((name) => chipItem(params, name)), all];
}

function chipItem(params, name) {
  const value = params.get(name);
  const date = name.startsWith("startDate") && parseDate(value);
  const shown = date ? day(date) : TYPES.get(value) ?? CATEGORIES.get(value) ?? value;
  return h("li", {}, h("a", { class: "filter-chip", href: addressWith(params, { [name]: "" }), "data-keep-scroll": true },
    srOnly("Retirer le filtre "), h("span", { class: "label" }, `${CHIP_LABELS.get(name)}${NBSP}:`), " ", h("bdi", {}, shown), icon("close")));
}

function suggest(datalist, names) {
  const known = new Set([...datalist.options].map((option) => option.value));
  datalist.append(...names.filter((name) => !known.has(name)).map((value) => h("option", { value })));
}
