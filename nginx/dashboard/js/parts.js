// Owns the small pieces that several views draw: chips, date tiles, bars, change summaries, messages.
// Must not fetch anything and must not know which view it is in.

import { externalLink, h, icon, srOnly, webAddress } from "./dom.js";
import { cityOf, member, raceName, readChanges, titleOf, yearOf } from "./changes.js";
import * as f from "./format.js";

const BRIEF = 90;
const LONG = 20_000;
const DEEPEST = 2; // that objects in objects are shown as facts

export function statusChip(status) {
  return h("span", { class: "chip", "data-status": status }, h("i", { class: "dot", "aria-hidden": "true" }), f.STATUSES.get(status) ?? status);
}

export function typeTag(type) {
  const known = f.TYPES.has(type);
  return h("span", { class: "type", "data-type": type }, icon(known ? type : "other"), known ? f.TYPES.get(type) : type);
}

/** A bar and a percentage. */
export function confidenceBar(value) {
  const { text, share, level } = f.confidence(value);
  const fill = h("span", { class: "bar-fill" });
  fill.style.setProperty("--share", String(share ?? 0));
  return h("span", { class: "confidence", "data-level": level },
    h("span", { class: "bar", "aria-hidden": "true" }, fill),
    srOnly(share === null ? "Confiance non indiquée" : "Confiance "),
    h("span", { class: "confidence-text", "aria-hidden": share === null && "true" }, text));
}

/** The proposed date as a page of a calendar. */
export function dateTile(iso) {
  const date = f.parseDate(iso);
  if (!date) return h("span", { class: "tile tile-empty" }, srOnly("Sans date proposée"), h("span", { class: "tile-day", "aria-hidden": "true" }, "?"));
  const { weekday, day, month, year } = f.dateParts(date);
  return h("time", { class: "tile", datetime: iso, title: f.moment(date) },
    h("span", { class: "tile-weekday" }, weekday), " ", h("span", { class: "tile-day" }, day), " ",
    h("span", { class: "tile-month" }, month, " ", h("span", { class: "tile-year" }, year)));
}

export function timeAgo(iso) {
  const date = f.parseDate(iso);
  return date && h("time", { class: "ago", datetime: iso, title: f.moment(date) }, f.ago(date));
}

/** Text of agents or of the web: kept from reordering what stands around it. */
export function data(text, max = Infinity) {
  const whole = String(text);
  return h("bdi", { title: whole.length > max && f.shorten(whole, 2000) }, f.shorten(whole, max));
}

/** The first changes of a proposal, one line each, and how many more there are. */
export function changeSummary(changes, max) {
  const lines = readChanges(changes).map(changeLine);
  if (lines.length === 0) return h("p", { class: "no-change" }, "Aucun changement décrit");
  const rest = lines.length - max;
  return h("ul", { class: "changes" }, lines.slice(0, max),
    rest > 0 && h("li", { class: "more" }, rest === 1 ? "+ 1 autre changement" : `+ ${rest} autres changements`));
}

function changeLine(change) {
  if (change.kind === "field") return h("li", {}, h("span", { class: "label" }, data(f.fieldName(change.key), 40)), " ", oldToNew(change, BRIEF, f.pair));
  if (change.kind === "raw") return h("li", {}, data(f.value("", change.value), BRIEF));
  const verb = change.kind === "add" ? "à ajouter" : "à modifier";
  const names = change.races.map(change.kind === "add" ? raceName : (race) => race.name).join(", ");
  return h("li", {}, h("span", { class: "label" }, `${f.count(change.races.length, "course", "courses")} ${verb}`), " ", data(names, BRIEF));
}

/** "old → new", or the new value alone where nothing stood there. `texts` gives the words for both. */
export function oldToNew({ key, old, new: next, hasOld }, max = Infinity, texts = f.both) {
  const [before, proposed] = hasOld ? texts(key, old, next) : ["", f.value(key, next)];
  const after = h("ins", {}, data(proposed, max));
  if (!hasOld) return after;
  return [h("del", {}, data(before, max)), h("span", { class: "arrow", "aria-hidden": "true" }, " → "), srOnly(" devient "), after];
}

/** Any value in full: web addresses as links, objects as lists of their members, the rest as text. */
export function anyValue(key, raw, depth = 0) {
  if (webAddress(raw)) return externalLink(raw, f.shorten(raw, BRIEF));
  if (typeof raw !== "object" || raw === null) return data(f.value(key, raw), LONG);
  if (!Array.isArray(raw) && depth < DEEPEST) return facts(Object.entries(raw), depth + 1);
  return h("pre", { tabindex: "0" }, f.shorten(f.json(raw, 2), LONG));
}

/** Names and values; pairs without a value are left out. */
export function facts(pairs, depth = 0) {
  const known = pairs.filter(([, raw]) => raw !== null && raw !== undefined && raw !== "");
  return h("dl", { class: "facts" }, known.map(([key, raw]) => h("div", {},
    h("dt", {}, data(f.fieldName(key), BRIEF)), h("dd", {}, raw instanceof Node ? raw : anyValue(key, raw, depth)))));
}

/** The head of a page on one event: where to go back to, what it is about. */
export function eventHero(proposal, back, ...more) {
  const [city, year] = [cityOf(proposal), yearOf(proposal)];
  return h("div", { class: "hero hero-event" }, h("div", { class: "wrap" },
    h("a", { class: "back", href: back }, icon("back"), "Propositions"),
    h("h1", {}, data(titleOf(proposal), 300)),
    h("p", { class: "lead" }, city && data(city, 120), city && year && " · ", year && ["édition ", data(year, 20)]),
    more));
}

/** What stands on such a page until its answer is there. */
export function waiting(root) {
  root.replaceChildren(h("div", { class: "hero hero-event" }, h("div", { class: "wrap" }, h("h1", {}, "Chargement…"))),
    h("div", { class: "wrap stack", "aria-busy": "true" }, Array.from({ length: 3 }, () => h("div", { class: "card" }, h("span", { class: "bone bone-tall" })))));
}

/** The short form of a proposal, as a link among others. */
export function proposalCard(proposal, href) {
  return h("li", { class: "card mini" },
    typeTag(proposal.type), h("a", { class: "event-name", href }, data(titleOf(proposal), 120)),
    changeSummary(proposal.changes, 2),
    h("p", { class: "mini-foot" }, statusChip(proposal.status), data(member(proposal.agent, "name") ?? "Agent inconnu", 60), timeAgo(proposal.createdAt)));
}

/** A message that stands in place of content. */
export function message({ title, text, action, heading = "h2", tone = "calm" }) {
  return h("div", { class: "message", "data-tone": tone, role: tone === "error" && "alert" },
    h("span", { class: "message-icon" }, icon(tone === "error" ? "alert" : "search")),
    h(heading, {}, title), text && h("p", {}, text), action);
}

/** A message for an ApiError; `retry` is called by its button, where trying again may help. */
export function errorMessage(error, retry, heading) {
  const again = error.retry && h("button", { type: "button", class: "button", onClick: retry }, "Réessayer");
  const title = error.retry ? "Impossible d’afficher les propositions" : "Cette demande n’a pas été comprise";
  return message({ title, text: error.message, action: again || h("a", { class: "button", href: "/" }, "Revenir à toutes les propositions"), heading, tone: "error" });
}

const AS_STORED = "les propositions sont affichées telles qu’enregistrées.";
const ENRICHMENT = new Map([
  ["unavailable", `Miles Republic injoignable — ${AS_STORED}`],
  ["unconfigured", `Aucune connexion à Miles Republic n’est configurée — ${AS_STORED}`],
]);

/** The banner for `meta.enrichment`, or null where all is well. */
export function enrichmentBanner(meta) {
  const text = ENRICHMENT.get(meta?.enrichment);
  return text ? h("p", { class: "banner", role: "status" }, icon("alert"), h("span", {}, text)) : null;
}
