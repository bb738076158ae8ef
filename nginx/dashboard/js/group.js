// Owns the page of a group: the proposals of one event and edition, field by field, side by side.
// Must not decide what belongs to a group: the API does.

import { groupApiPath } from "./api.js";
import { announce, h, srOnly } from "./dom.js";
import { answerPage } from "./page.js";
import { homeAddress } from "./router.js";
import { compare, member, proposalPath, titleOf } from "./changes.js";
import { confidenceBar, data, enrichmentBanner, eventHero, message, oldToNew, statusChip, timeAgo, typeTag } from "./parts.js";
import { NBSP, count, fieldName, word } from "./format.js";

export function create(root) {
  return answerPage(root, { apiPath: groupApiPath, draw, failTitle: "Groupe indisponible" });
}

function draw(root, { data: proposals, meta }) {
  if (proposals.length === 0) return drawEmpty(root);
  const named = proposals.find((proposal) => proposal.eventName) ?? proposals[0];
  document.title = `${titleOf(named)}, comparaison · Miles Republic`;
  const text = count(proposals.length, "proposition", "propositions");
  announce(`${text} à comparer`);
  root.replaceChildren(
    eventHero(named, homeAddress(), h("p", { class: "lead" }, `${text} côte à côte`)),
    h("div", { class: "wrap stack group" }, enrichmentBanner(meta),
      h("div", { class: "scroller", role: "region", "aria-label": "Comparaison des propositions", tabindex: "0" }, matrix(proposals))));
}

function drawEmpty(root) {
  document.title = "Groupe vide · Miles Republic";
  root.replaceChildren(h("div", { class: "wrap lone" }, message({
    title: "Aucune proposition dans ce groupe", heading: "h1",
    text: "Elles ont peut-être été archivées ou rejetées.",
    action: h("a", { class: "button", href: homeAddress() }, "Revenir aux propositions"),
  })));
}

function matrix(proposals) {
  return h("table", { class: "matrix", role: "table" },
    h("caption", { class: "sr-only" }, "Une colonne par proposition, une ligne par champ"),
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, h("td", { role: "cell", class: "corner" }), proposals.map(columnHead))),
    h("tbody", { role: "rowgroup" }, compare(proposals).map((row) => matrixRow(row, proposals))));
}

function columnHead(proposal) {
  const blocks = Array.isArray(proposal.applications) ? proposal.applications : [];
  return h("th", { role: "columnheader", scope: "col" },
    typeTag(proposal.type),
    h("a", { class: "column-link", href: proposalPath(proposal) }, data(agentOf(proposal), 60)),
    h("span", { class: "column-facts" }, statusChip(proposal.status), timeAgo(proposal.createdAt)),
    confidenceBar(proposal.confidence),
    blocks.map((block) => h("span", { class: "tag quiet" }, data(`${fieldName(block.blockType ?? "Tout")}${NBSP}: ${PROGRESS.get(block.status) ?? word(block.status)}`, 80))));
}

// A block is one thing or several, of either gender: words that agree with all.
const PROGRESS = new Map([["PENDING", "à faire"], ["APPLIED", "fait"], ["FAILED", "en échec"]]);

function agentOf(proposal) {
  return member(proposal.agent, "name") ?? "Agent inconnu";
}

function matrixRow(row, proposals) {
  return h("tr", { role: "row", "data-disagree": row.disagree },
    h("th", { role: "rowheader", scope: "row" },
      row.race && h("small", {}, data(row.race, 80)),
      data(row.key === "" ? "Valeur" : fieldName(row.key), 80),
      row.disagree && h("span", { class: "tag" }, "désaccord")),
    row.cells.map((field, column) => matrixCell(field, proposals[column])));
}

function matrixCell(field, proposal) {
  if (!field) return h("td", { role: "cell", class: "empty" }, h("span", { "aria-hidden": "true" }, "—"), srOnly("Rien"));
  return h("td", { role: "cell" }, h("span", { class: "cell-who" }, data(agentOf(proposal), 60)), oldToNew(field, 400));
}
