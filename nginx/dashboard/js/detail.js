// Owns the page of one proposal: what changes, the races, why, the edition, the related proposals.
// Must not trust a single text of it: everything is drawn by the pieces of dom.js and parts.js.

import { proposalApiPath } from "./api.js";
import { announce, externalLink, h, webAddress } from "./dom.js";
import { answerPage } from "./page.js";
import { homeAddress } from "./router.js";
import { groupPath, member, proposalPath, raceName, readChanges, titleOf } from "./changes.js";
import { anyValue, confidenceBar, data, dateTile, enrichmentBanner, eventHero, facts, oldToNew, proposalCard, statusChip, timeAgo, typeTag } from "./parts.js";
import { count, fieldName, json, moment, parseDate, value, word } from "./format.js";

export function create(root) {
  return answerPage(root, { apiPath: proposalApiPath, draw, failTitle: "Proposition indisponible", explain });
}

function explain(error) {
  return error.code === "PROPOSAL_NOT_FOUND" ? Object.assign(error, { message: "Cette proposition n’existe pas, ou n’existe plus." }) : error;
}

function draw(root, { data: proposal, meta }) {
  document.title = `${titleOf(proposal)} · Miles Republic`;
  announce(`Proposition affichée : ${titleOf(proposal)}`);
  root.replaceChildren(
    eventHero(proposal, homeAddress(), heroFacts(proposal)),
    h("div", { class: "wrap detail" },
      enrichmentBanner(meta),
      h("div", { class: "stack" }, changesCard(proposal), raceCards(proposal), justificationCard(proposal.justification)),
      h("aside", { class: "stack", "aria-label": "Contexte" }, stateCard(proposal), historyCard(proposal)),
      relatedSection(proposal)));
}

function heroFacts(proposal) {
  return h("div", { class: "hero-facts" }, dateTile(proposal.proposedStartDate),
    h("div", {}, typeTag(proposal.type), h("p", { class: "hero-line" }, statusChip(proposal.status), confidenceBar(proposal.confidence))));
}

function card(title, ...content) {
  return h("section", { class: "card" }, h("h2", {}, title), ...content);
}

/* --- what changes --- */

function changesCard(proposal) {
  const changes = readChanges(proposal.changes);
  const fields = changes.filter(({ kind }) => kind === "field");
  const raw = changes.filter(({ kind }) => kind === "raw").map((change) => anyValue("", change.value));
  if (changes.length === 0) return card("Ce qui change", h("p", { class: "no-change" }, "Aucun changement décrit."));
  return fields.length + raw.length > 0 && card("Ce qui change", fields.length > 0 && fieldsTable(fields), raw);
}

function fieldsTable(fields) {
  const heads = ["Champ", "Actuel", "Proposé", "Confiance"].map((name) => h("th", { role: "columnheader", scope: "col" }, name));
  return h("table", { class: "diff", role: "table" },
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, heads)),
    h("tbody", { role: "rowgroup" }, fields.map(fieldRow)));
}

function fieldRow(field) {
  const known = typeof field.confidence === "number";
  return h("tr", { role: "row" },
    h("th", { role: "rowheader", scope: "row" }, data(fieldName(field.key), 120)),
    h("td", { role: "cell", class: "diff-old" }, field.hasOld ? h("del", {}, anyValue(field.key, field.old)) : h("span", { class: "no-change" }, "Rien")),
    h("td", { role: "cell", class: "diff-new" }, h("ins", {}, anyValue(field.key, field.new))),
    h("td", { role: "cell", class: "diff-confidence" }, known && confidenceBar(field.confidence)));
}

/* --- races --- */

function raceCards(proposal) {
  const changes = readChanges(proposal.changes);
  const of = (kind) => changes.filter((change) => change.kind === kind).flatMap(({ races }) => races);
  return [updatesCard(of("update")), addsCard(of("add")), existingCard(proposal.existingRaces)];
}

function updatesCard(races) {
  return races.length > 0 && card("Courses à modifier", h("ul", { class: "races" }, races.map((race) => h("li", {},
    h("h3", {}, data(race.name, 160)),
    race.fields.length > 0
      ? h("ul", { class: "changes" }, race.fields.map((field) => h("li", {}, h("span", { class: "label" }, data(fieldName(field.key), 80)), " ", oldToNew(field, 2000))))
      : h("p", { class: "no-change" }, "Aucune valeur proposée")))));
}

function addsCard(races) {
  return races.length > 0 && card("Courses à ajouter", h("ul", { class: "races" }, races.map((race) => h("li", {},
    h("h3", {}, data(raceName(race), 160)),
    facts(Object.entries(race).filter(([key]) => key !== "name" && key !== "raceName"))))));
}

function existingCard(races) {
  if (!Array.isArray(races) || races.length === 0) return null;
  const heads = ["Course", "Distance", "D+", "Départ"].map((name) => h("th", { role: "columnheader", scope: "col" }, name));
  return card("Courses de l’édition", h("table", { class: "diff existing", role: "table" },
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, heads)),
    h("tbody", { role: "rowgroup" }, races.map(existingRow))));
}

function existingRow(race) {
  const now = member(race._current, "startDate");
  const moves = race._hasUpdate && race.startDate !== now;
  const start = { key: "startDate", old: now, new: race.startDate, hasOld: Boolean(now) };
  const cell = (label, ...content) => h("td", { role: "cell", "data-label": label }, ...content);
  return h("tr", { role: "row" },
    h("th", { role: "rowheader", scope: "row" }, data(raceName(race), 160), race._hasUpdate && h("span", { class: "tag" }, "à modifier"),
      race.categoryLevel1 && h("small", {}, data([race.categoryLevel1, race.categoryLevel2].filter(Boolean).map(word).join(" · "), 120))),
    cell("Distance", value("distance", race.distance || null)),
    cell("D+", value("elevation", race.elevation)),
    cell("Départ", moves ? oldToNew(start, 200) : data(value("startDate", race.startDate), 200)));
}

/* --- why --- */

function justificationCard(justification) {
  const reasons = Array.isArray(justification) ? justification : [justification].filter(Boolean);
  if (reasons.length === 0) return null;
  return card("Justifications de l’agent", h("ol", { class: "reasons" }, reasons.map(reasonItem)));
}

function reasonItem(reason) {
  if (typeof reason !== "object" || reason === null) return h("li", {}, anyValue("", reason));
  const content = member(reason, "content") ?? member(reason, "text") ?? member(reason, "description");
  const metadata = member(reason, "metadata");
  const confidence = member(reason, "confidence") ?? member(metadata, "confidence");
  const address = [member(reason, "url"), member(metadata, "url"), content].find(webAddress);
  return h("li", {},
    content !== undefined && h("p", { class: "reason" }, address ? externalLink(address, String(content)) : anyValue("", content)),
    content === undefined && anyValue("", reason),
    typeof confidence === "number" && confidenceBar(confidence),
    metadata && facts(factsOf(metadata, address)));
}

function factsOf(metadata, address) {
  if (typeof metadata !== "object") return [["metadata", metadata]];
  return Object.entries(metadata).filter(([key, raw]) => key !== "confidence" && raw !== address);
}

/* --- context --- */

function stateCard(proposal) {
  const calendar = member(member(proposal.changes, "calendarStatus"), "old");
  const current = [
    ["Événement", word(proposal.eventStatus)], ["isFeatured", proposal.isFeatured],
    ["Édition", proposal.editionYear === null ? null : String(proposal.editionYear)], ["calendarStatus", calendar],
    ["Événement n°", proposal.eventId], ["Édition n°", proposal.editionId], ["Course n°", proposal.raceId],
  ];
  const hasPrevious = proposal.previousEditionYear !== undefined;
  return card("L’édition", facts(current), hasPrevious && [h("h3", {}, "L’édition précédente"), facts([
    ["Édition", proposal.previousEditionYear], ["calendarStatus", proposal.previousEditionCalendarStatus], ["startDate", proposal.previousEditionStartDate],
  ])]);
}

function historyCard(proposal) {
  const { agent, userModifiedChanges, approvedBlocks, sourceMetadata } = proposal;
  const filled = (object) => (object !== null && json(object) !== "{}" ? object : null);
  return card("Le suivi", facts([
    ["Agent", member(agent, "name")], ["Proposée le", dated(proposal.createdAt)], ["Mise à jour le", dated(proposal.updatedAt)],
    ["Relue le", dated(proposal.reviewedAt)], ["Relue par", proposal.reviewedBy], ["Appliquée par", proposal.appliedBy],
    ["Modifiée le", dated(proposal.modifiedAt)], ["Modifiée par", proposal.modifiedBy], ["Motif de modification", proposal.modificationReason],
    ["Corrections du relecteur", filled(userModifiedChanges)], ["Blocs approuvés", filled(approvedBlocks)], ["Source", filled(sourceMetadata)],
  ]));
}

function dated(iso) {
  const date = parseDate(iso);
  return date && h("span", {}, moment(date), " ", h("span", { class: "ago" }, "(", timeAgo(iso), ")"));
}

function relatedSection(proposal) {
  const related = Array.isArray(proposal.relatedProposals) ? proposal.relatedProposals : [];
  if (related.length === 0) return null;
  const both = proposal.eventId && proposal.editionId;
  return h("section", { class: "related" },
    h("div", { class: "results-head" }, h("h2", {}, `${count(related.length, "proposition liée", "propositions liées")}`),
      both && h("a", { class: "button", href: groupPath(proposal) }, "Comparer")),
    h("ul", { class: "minis" }, related.map((other) => proposalCard(named(other, proposal), proposalPath(other)))));
}

// One that has no name of its own is about the event that the page is headed by.
function named(other, { eventId, eventName }) {
  return !other.eventName && eventId && other.eventId === eventId ? { ...other, eventName } : other;
}
