// Owns how single values read in French: dates, numbers, names of fields and of enum values.
// Pure functions of untrusted input: must never throw on odd data and must not touch the page.

export const NBSP = "\u00a0";
const NOTHING = "—";

export const STATUSES = new Map([
  ["PENDING", "À examiner"],
  ["APPROVED", "Approuvée"],
  ["PARTIALLY_APPROVED", "Approuvée en partie"],
  ["REJECTED", "Rejetée"],
  ["ARCHIVED", "Archivée"],
]);

export const TYPES = new Map([
  ["NEW_EVENT", "Nouvel événement"],
  ["EVENT_UPDATE", "Événement modifié"],
  ["EDITION_UPDATE", "Édition modifiée"],
  ["RACE_UPDATE", "Course modifiée"],
  ["EVENT_MERGE", "Fusion d’événements"],
]);

export const SORTS = new Map([
  ["created-desc", "Les plus récentes"],
  ["date-asc", "Date la plus proche"],
  ["date-desc", "Date la plus lointaine"],
]);

export const CATEGORIES = new Map([
  ["RUNNING", "Course à pied"],
  ["TRAIL", "Trail"],
  ["WALK", "Marche"],
  ["CYCLING", "Cyclisme"],
  ["TRIATHLON", "Triathlon"],
  ["FUN", "Course ludique"],
  ["OTHER", "Autre"],
]);

const WORDS = new Map([
  ["CONFIRMED", "Confirmée"],
  ["CANCELED", "Annulée"],
  ["TO_BE_CONFIRMED", "À confirmer"],
  ["EXTRACTOR", "Extraction"],
  ["SPECIFIC_FIELD", "Champ ciblé"],
  ["ANALYZER", "Analyse"],
  ["LIVE", "En ligne"],
  ["DRAFT", "Brouillon"],
  ["REVIEW", "En relecture"],
  ["DEAD", "Disparu"],
  ["DELETED", "Supprimé"],
  ["APPLIED", "Appliquée"],
  ["FAILED", "En échec"],
  ["LESS_THAN_5_KM", "Moins de 5 km"],
  ["LESS_THAN_10_KM", "Moins de 10 km"],
  ["KM5", "5 km"],
  ["KM10", "10 km"],
  ["HALF_MARATHON", "Semi-marathon"],
  ["MARATHON", "Marathon"],
  ["EKIDEN", "Relais"],
  ["CROSS", "Cross"],
  ["DISCOVERY_TRAIL", "Trail découverte"],
  ["SHORT_TRAIL", "Trail court"],
  ["LONG_TRAIL", "Trail long"],
  ["ULTRA_TRAIL", "Ultra-trail"],
  ["VERTICAL_KILOMETER", "Kilomètre vertical"],
  ["HIKING", "Randonnée"],
  ["NORDIC_WALK", "Marche nordique"],
  ["BIKE_TOURING", "Cyclotourisme"],
  ["GRAN_FONDO", "Cyclosportive"],
  ["GRAVEL_RACE", "Gravel"],
  ["OPEN_WATER_SWIM", "Eau libre"],
  ...CATEGORIES,
]);

const FIELDS = new Map(Object.entries({
  name: "Nom", raceName: "Nom de la course", city: "Ville", country: "Pays",
  countrySubdivisionNameLevel1: "Région", countrySubdivisionNameLevel2: "Département",
  countrySubdivisionDisplayCodeLevel2: "N° du département", fullAddress: "Adresse",
  websiteUrl: "Site web", facebookUrl: "Facebook", instagramUrl: "Instagram", twitterUrl: "X (Twitter)",
  registrationUrl: "Inscription", coverImage: "Image", description: "Description",
  startDate: "Date de début", endDate: "Date de fin", calendarStatus: "Calendrier", year: "Édition",
  registrationOpeningDate: "Ouverture des inscriptions", registrationClosingDate: "Clôture des inscriptions",
  registrantsNumber: "Nombre d’inscrits", timeZone: "Fuseau horaire", dataSource: "Source des données",
  organizer: "Organisateur", status: "État", type: "Type", price: "Prix", isFeatured: "À la une",
  categoryLevel1: "Catégorie", categoryLevel2: "Sous-catégorie",
  distance: "Distance", runDistance: "Distance à pied", runDistance2: "Distance à pied (2)", walkDistance: "Distance de marche",
  swimDistance: "Distance de nage", bikeDistance: "Distance à vélo", swimRunDistance: "Distance de swimrun", elevation: "Dénivelé positif", runPositiveElevation: "Dénivelé positif",
  event: "Événement", edition: "Édition", merge: "Fusion", races: "Courses", racesToAdd: "Courses à ajouter", racesToUpdate: "Courses à modifier",
  source: "Source", sourceUrl: "Adresse", ligue: "Ligue", rank: "Rang", rule: "Règle", query: "Recherche", extra: "Précisions", userName: "Auteur", channelId: "Canal", messageTs: "Message",
  matchedEventId: "Événement reconnu", matchedEditionId: "Édition reconnue",
  keepEventId: "Événement conservé", keepEventName: "Nom conservé", duplicateEventId: "Doublon", duplicateEventName: "Nom du doublon", newEventName: "Nouveau nom",
}));

const RANKS = new Map([...FIELDS.keys()].map((key, rank) => [key, rank]));

/** The French name of a field, or the key itself where we have none. */
export function fieldName(key) {
  return FIELDS.get(key) ?? (key.trim() || "(sans nom)");
}

/** Where a field stands among the others: known ones first, in our order. */
export function fieldRank(key) {
  return RANKS.get(key) ?? RANKS.size;
}

/** The French word of an enum value, or the value itself. */
export function word(value) {
  return WORDS.get(value) ?? value;
}

const ISO = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;

/** A Date where `value` is an ISO date of the API (no zone means UTC), else null. */
export function parseDate(value) {
  if (typeof value !== "string" || !ISO.test(value)) return null;
  const hasZone = value.length === 10 || /(?:Z|[+-]\d{2}:?\d{2})$/.test(value);
  const date = new Date(hasZone ? value : `${value.replace(" ", "T")}Z`);
  return Number.isNaN(date.getTime()) ? null : date;
}

// The calendar's own time: a day that was entered without a time is stored as midnight there.
const formatter = (options) => new Intl.DateTimeFormat("fr-FR", { timeZone: "Europe/Paris", ...options });
const dayFormat = formatter({ weekday: "short", day: "numeric", month: "short", year: "numeric" });
const timeFormat = formatter({ hour: "2-digit", minute: "2-digit" });
const partFormats = {
  weekday: formatter({ weekday: "short" }),
  day: formatter({ day: "numeric" }),
  month: formatter({ month: "short" }),
  year: formatter({ year: "numeric" }),
};

/** "dim. 17 mai 2026". */
export function day(date) {
  return dayFormat.format(date);
}

/** "dim. 17 mai 2026", and the time where there is one: midnight, in France or UTC, means "the day only". */
export function moment(date) {
  const time = timeFormat.format(date);
  return time === "00:00" || date.getTime() % 86_400_000 === 0 ? day(date) : `${day(date)}, ${time}`;
}

/** Two values to stand side by side, in full. */
export function both(key, before, after) {
  return [value(key, before), value(key, after)];
}

/** The same where room is short: of two dates only the days where these tell them apart. */
export function pair(key, before, after) {
  const dates = [parseDate(before), parseDate(after)];
  const apart = dates.every(Boolean) && day(dates[0]) !== day(dates[1]);
  return apart ? dates.map(day) : both(key, before, after);
}

/** The four parts of a date tile. */
export function dateParts(date) {
  return Object.fromEntries(Object.entries(partFormats).map(([name, format]) => [name, format.format(date)]));
}

const relative = new Intl.RelativeTimeFormat("fr-FR", { numeric: "auto" });
const STEPS = [["year", 31_557_600], ["month", 2_629_800], ["week", 604_800], ["day", 86_400], ["hour", 3_600], ["minute", 60]];

/** "il y a 3 jours". */
export function ago(date, now = Date.now()) {
  const seconds = (date.getTime() - now) / 1000;
  const step = STEPS.find(([, size]) => Math.abs(seconds) >= size);
  return step ? relative.format(Math.trunc(seconds / step[1]), step[0]) : "à l’instant";
}

/** "8 s", "3 min 5 s", "2 h 40 min", "6 j 3 h": the two units that matter. */
export function duration(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const parts = [[Math.floor(s / 86_400), "j"], [Math.floor(s / 3600) % 24, "h"], [Math.floor(s / 60) % 60, "min"], [s % 60, "s"]];
  const first = parts.findIndex(([n]) => n > 0);
  const shown = first < 0 ? parts.slice(-1) : parts.slice(first, first + 2).filter(([n]) => n > 0);
  return shown.map(([n, unit]) => `${wholeNumber.format(n)}${NBSP}${unit}`).join(" ");
}

const plainNumber = new Intl.NumberFormat("fr-FR", { maximumFractionDigits: 4 });
const wholeNumber = new Intl.NumberFormat("fr-FR", { maximumFractionDigits: 0 });
const largeNumber = new Intl.NumberFormat("fr-FR", { notation: "scientific", maximumFractionDigits: 3 });

export function number(value) {
  return Math.abs(value) < 1e15 ? plainNumber.format(value) : largeNumber.format(value);
}

/** "312 propositions", "1 proposition". */
export function count(n, one, many) {
  return `${wholeNumber.format(n)}${NBSP}${n < 2 ? one : many}`;
}

export function whole(n) {
  return wholeNumber.format(n);
}

/** A confidence as {text, share (0..1 or null), level}. Agents write all sorts of numbers there. */
export function confidence(value) {
  if (typeof value !== "number" || !Number.isFinite(value)) return { text: NOTHING, share: null, level: "none" };
  const share = Math.min(1, Math.max(0, value));
  return { text: confidenceText(value), share, level: share >= 0.8 ? "high" : share >= 0.5 ? "medium" : "low" };
}

function confidenceText(value) {
  if (value > 1) return `>${NBSP}100${NBSP}%`;
  if (value > 0 && value < 0.01) return `<${NBSP}1${NBSP}%`;
  return `${Math.round(Math.max(0, value) * 100)}${NBSP}%`;
}

/** Cuts text that is too long to show whole, at a character, not inside one. */
export function shorten(text, max) {
  return text.length <= max ? text : `${text.slice(0, max - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

/** JSON for the eye; deep or cyclic oddities must not throw. */
export function json(value, indent = 0) {
  try {
    return JSON.stringify(value, null, indent) ?? NOTHING;
  } catch {
    return "(valeur trop profonde pour être affichée)";
  }
}

/** Any value of any field, as French text. */
export function value(key, raw) {
  if (raw === null || raw === undefined || raw === "") return NOTHING;
  if (typeof raw === "boolean") return raw ? "Oui" : "Non";
  if (typeof raw === "number") return numberOf(key, raw);
  if (typeof raw === "string") return textOf(raw);
  if (Array.isArray(raw) && raw.every((item) => typeof item === "string")) return raw.map(textOf).join(", ") || NOTHING;
  return json(raw);
}

function textOf(raw) {
  const date = parseDate(raw);
  return date ? moment(date) : word(raw);
}

function numberOf(key, raw) {
  if (/date$/i.test(key) && raw > 1e11 && raw < 1e13) return moment(new Date(raw));
  if (/distance2?$/i.test(key)) return `${number(raw)}${NBSP}km`;
  if (/elevation$/i.test(key)) return `${number(raw)}${NBSP}m`;
  if (/year$/i.test(key) || /id$/i.test(key)) return String(raw);
  return number(raw);
}
