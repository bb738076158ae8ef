// Owns the reading of a proposal's untrusted JSON: what it is called, what it changes, where its group is.
// Pure: must not touch the page, and must accept any JSON whatever its shape or depth.

import { NBSP, fieldRank, json } from "./format.js";

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const isText = (value) => typeof value === "string" && value.trim() !== "";
const isDiff = (value) => isObject(value) && (Object.hasOwn(value, "new") || Object.hasOwn(value, "old"));
const proposed = (value) => (isDiff(value) ? value.new : value);
const objects = (value) => (Array.isArray(value) ? value.filter(isObject) : []);

/** Own member of an object, or undefined: never something of the prototype. */
export function member(object, key) {
  return isObject(object) && Object.hasOwn(object, key) ? object[key] : undefined;
}

/** What to call a proposal, whatever is missing. */
export function titleOf(proposal) {
  if (isText(proposal.eventName)) return proposal.eventName;
  const named = proposed(member(proposal.changes, "name"));
  if (isText(named)) return named;
  if (isText(proposal.raceName)) return proposal.raceName;
  return isText(proposal.eventId) ? `Événement n°${NBSP}${proposal.eventId}` : "Événement sans nom";
}

/** The city of a proposal: stored, or proposed. */
export function cityOf(proposal) {
  if (isText(proposal.eventCity)) return proposal.eventCity;
  const city = proposed(member(proposal.changes, "city"));
  return isText(city) ? city : "";
}

/** The year of a proposal's edition, stored or proposed. */
export function yearOf(proposal) {
  const edition = proposed(member(proposal.changes, "edition"));
  const year = proposal.editionYear ?? proposed(member(edition, "year"));
  return typeof year === "number" || isText(year) ? String(year) : "";
}

/**
 * What changes, as a flat list, the start before the end however the data has them:
 *   {kind: "field", key, old, new, hasOld, confidence}   one value
 *   {kind: "add", races}  {kind: "update", races}        races to add, races to update
 *   {kind: "raw", value}                                 changes that are no object
 */
export function readChanges(changes) {
  if (changes === null || changes === undefined) return [];
  if (!isObject(changes)) return Array.isArray(changes) && changes.length === 0 ? [] : [{ kind: "raw", value: changes }];
  const entries = Object.entries(changes).sort(([a], [b]) => fieldRank(a) - fieldRank(b));
  return entries.flatMap(([key, value]) => readChange(key, value));
}

function readChange(key, value) {
  const next = proposed(value);
  if (key === "racesToUpdate" && objects(next).length > 0) return [{ kind: "update", races: objects(next).map(readRaceUpdate) }];
  if ((key === "racesToAdd" || key === "races") && objects(next).length > 0) return [{ kind: "add", races: objects(next) }];
  if ((key === "edition" || key === "merge") && isObject(next)) return readChanges(next);
  return [readField(key, value)];
}

function readField(key, value) {
  if (!isDiff(value)) return { kind: "field", key, old: undefined, new: value, hasOld: false, confidence: undefined };
  return {
    kind: "field", key, old: value.old, new: value.new,
    hasOld: value.old !== undefined && value.old !== null && value.old !== "",
    confidence: value.confidence,
  };
}

function readRaceUpdate(race) {
  const current = isObject(race.currentData) ? race.currentData : null;
  const name = [race.raceName, current?.name].find(isText) ?? `Course n°${NBSP}${race.raceId ?? "?"}`;
  const updates = isObject(race.updates) ? Object.entries(race.updates) : [];
  return { name, current, fields: updates.map(([key, value]) => withCurrent(readField(key, value), current)) };
}

function withCurrent(field, current) {
  const now = member(current, field.key);
  return field.hasOld || now === undefined || now === null ? field : { ...field, old: now, hasOld: true };
}

/** The name of a race that agents propose. */
export function raceName(race) {
  return [race.name, race.raceName].find(isText) ?? "Course sans nom";
}

/** How many proposals stand in the group of this one. */
export function groupSize(proposal) {
  return Number.isInteger(proposal.groupCount) ? proposal.groupCount : 1;
}

/** Where the group of a proposal is shown: its own page, or a filtered list where the ids would not survive a group key. */
export function groupPath({ eventId, editionId }) {
  const plain = /^[^-]+$/;
  const reserved = /^(null|undefined|unknown)$/;
  if ([eventId, editionId].every((id) => plain.test(id) && !reserved.test(id))) {
    return `/groupes/${encodeURIComponent(`${eventId}-${editionId}`)}`;
  }
  return `/?${new URLSearchParams({ eventId, editionId })}`;
}

export function proposalPath(proposal) {
  return `/propositions/${encodeURIComponent(proposal.id)}`;
}

/** The changes of several proposals, one row a field: {label parts, cells (one a proposal, or null), disagree}. */
export function compare(proposals) {
  const rows = new Map();
  proposals.forEach((proposal, column) => {
    for (const field of flatFields(readChanges(proposal.changes))) {
      const id = JSON.stringify([field.race, field.key]);
      if (!rows.has(id)) rows.set(id, { race: field.race, key: field.key, cells: proposals.map(() => null) });
      rows.get(id).cells[column] = field;
    }
  });
  return [...rows.values()].map((row) => ({ ...row, disagree: disagree(row.cells) }));
}

function flatFields(changes) {
  return changes.flatMap((change) => {
    if (change.kind === "field") return [{ race: "", ...change }];
    if (change.kind === "raw") return [{ race: "", key: "", new: change.value, hasOld: false }];
    if (change.kind === "add") return [{ race: "", key: "racesToAdd", new: change.races.map(raceName), hasOld: false }];
    return change.races.flatMap(({ name, fields }) => fields.map((field) => ({ race: name, ...field })));
  });
}

function disagree(cells) {
  const values = cells.filter(Boolean).map((cell) => json(cell.new));
  return new Set(values).size > 1;
}
