// Owns the operators' page: how many Miles Republic connections are open, now and over the last minutes, and the workers.
// Asks every two seconds while somebody can see the answer; must not ask while the page is hidden or on pause.

import { ask, healthPath, workersPath } from "./api.js";
import { announce, h, icon, setText, srOnly } from "./dom.js";
import { message } from "./parts.js";
import { createStepChart } from "./step_chart.js";
import { NBSP, count, duration, whole } from "./format.js";

const EVERY_MS = 2000;
const PATIENCE_MS = 5000;
const WINDOWS_S = [60, 120, 300, 600];
const BEFORE = 20;
const STATES = new Map([
  ["ok", "Joignable"],
  ["unused", "Pas encore sollicitée"],
  ["unconfigured", "Non configurée"],
  ["unavailable", "Injoignable"],
  ["timeout", "Trop lente"],
]);

export function create(root) {
  const page = buildPage();
  const state = { page, root, timer: 0, request: null, seen: null, connections: null, paused: false };
  const wake = () => (document.hidden ? stop(state) : poll(state));
  page.live.addEventListener("click", () => toggle(state));
  document.title = "État du service · Miles Republic";
  document.addEventListener("visibilitychange", wake);
  siteLink().setAttribute("aria-current", "page");
  root.append(...page.sections);
  return {
    show: () => poll(state),
    leave() {
      stop(state);
      document.removeEventListener("visibilitychange", wake);
      siteLink().removeAttribute("aria-current");
      delete root.dataset.stale;
    },
  };
}

const siteLink = () => document.querySelector(".site-link");

/* --- asking --- */

function stop(state) {
  clearTimeout(state.timer);
  state.request?.abort();
}

function toggle(state) {
  state.paused = !state.paused;
  state.page.live.setAttribute("aria-pressed", String(state.paused));
  setText(state.page.liveText, state.paused ? "Reprendre" : "Mettre en pause");
  if (state.paused) stop(state);
  else poll(state);
}

async function poll(state) {
  stop(state);
  if (state.paused || document.hidden) return;
  const request = new AbortController();
  state.request = request;
  try {
    const [workers, health] = await Promise.all([workersPath, healthPath].map((path) => ask(path, request.signal, PATIENCE_MS)));
    if (request.signal.aborted) return;
    show(state, workers.body.data, health.body.data);
  } catch (error) {
    if (request.signal.aborted) return;
    request.abort();
    showSilence(state, error);
  }
  state.timer = setTimeout(() => poll(state), EVERY_MS);
}

/* --- the frame, built once; every answer only changes what it says --- */

function buildPage() {
  const lead = h("p", { class: "lead" }, "Chargement…");
  const figure = h("span", { class: "figure", "data-figure": "connections" }, "–");
  const label = h("span", { class: "figure-label" }, figureLabel(2));
  const now = h("span", { class: "pips", "aria-hidden": "true" });
  const nowText = h("span", {}, "…");
  const liveText = h("span", {}, "Mettre en pause");
  const live = h("button", { type: "button", class: "live", "aria-pressed": "false" }, h("i", { class: "live-dot", "aria-hidden": "true" }), liveText);
  const chart = createStepChart();
  const notices = h("div", { class: "notices", role: "status" });
  const cards = h("ul", { class: "workers" });
  const databases = h("ul", { class: "databases" });
  const summary = h("p", { class: "count" });
  const hero = h("div", { class: "hero hero-service" }, h("div", { class: "wrap" },
    h("div", { class: "service-head" }, h("div", {}, h("h1", {}, "État du service"), lead), live),
    h("div", { class: "service-main" },
      h("div", { class: "service-figure" },
        h("p", { class: "figure-line" }, figure, label),
        h("dl", { class: "contrast" },
          h("div", {}, h("dt", {}, "Maintenant"), h("dd", {}, now, nowText)),
          h("div", { class: "contrast-before" }, h("dt", {}, "Avant"), h("dd", {}, pips(BEFORE, BEFORE), `${BEFORE} et plus, à chaque page affichée`)))),
      chart.element)));
  const body = h("div", { class: "wrap service" }, notices,
    h("section", { "aria-labelledby": "titre-workers" },
      h("div", { class: "results-head" }, h("h2", { id: "titre-workers" }, "Les processus"), summary), cards),
    h("section", { "aria-labelledby": "titre-bases" }, h("h2", { id: "titre-bases" }, "Les bases de données"), databases));
  return { sections: [hero, body], lead, figure, label, now, nowText, live, liveText, chart, notices, cards, databases, summary, shown: new Map(), bases: new Map() };
}

function pips(total, filled) {
  return h("span", { class: "pips", "aria-hidden": "true" }, Array.from({ length: total }, (_, i) => h("i", { class: i < filled ? "pip pip-full" : "pip" })));
}

/* --- showing --- */

function show(state, { workers, milesRepublic }, health) {
  const { page } = state;
  const { connections, history } = milesRepublic;
  restore(state);
  state.seen = Date.now();
  setText(page.lead, `En service depuis ${duration(health.uptime)} · version ${health.version}`);
  showFigure(state, connections, workers.length);
  page.chart.show(chartData(history, connections, workers.length));
  setText(page.summary, workersText(workers));
  showKeyed(page.cards, page.shown, workers, ({ number, pid }) => `${number}/${pid}`, createWorker);
  showKeyed(page.databases, page.bases, databasesOf(health.databases, workers), ({ name }) => name, createDatabase);
}

function showFigure(state, connections, ceiling) {
  const { page } = state;
  if (state.connections === connections && page.now.childElementCount === ceiling) return;
  const label = figureLabel(connections);
  setText(page.figure, whole(connections));
  setText(page.label, label);
  setText(page.nowText, `${whole(connections)} sur ${count(ceiling, "processus", "processus")}, une chacun au plus`);
  page.now.replaceChildren(...pips(ceiling, connections).childNodes);
  if (state.connections !== null && state.connections !== connections) {
    page.figure.animate?.([{ scale: 1.18 }, { scale: 1 }], { duration: calm() ? 0 : 350, easing: "ease-out" });
    announce(`${whole(connections)} ${label}`);
  }
  state.connections = connections;
}

function figureLabel(connections) {
  return `${connections < 2 ? "connexion ouverte" : "connexions ouvertes"} à${NBSP}Miles${NBSP}Republic`;
}

const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/* The window grows with what there is to show, so that a young service does not show an empty chart. */
function chartData(history, connections, ceiling) {
  const values = history.length > 0 ? history : [connections];
  const seconds = WINDOWS_S.find((window) => values.length <= window) ?? WINDOWS_S.at(-1);
  const shown = values.slice(-seconds);
  const [low, high] = [Math.min(...shown), Math.max(...shown)];
  const period = seconds === 60 ? "la dernière minute" : `les ${seconds / 60} dernières minutes`;
  const spread = low === high ? `toujours ${whole(low)}` : `entre ${whole(low)} et ${whole(high)}`;
  return {
    values: shown, seconds, ceiling,
    from: `il y a ${seconds / 60}${NBSP}min`,
    ceilingLabel: `plafond${NBSP}: ${count(ceiling, "processus", "processus")}`,
    caption: `Sur ${period}${NBSP}: ${spread}`,
    text: `Connexions ouvertes à Miles Republic sur ${period}${NBSP}: ${whole(connections)} maintenant, ${spread}. Le plafond est de ${whole(ceiling)}, le nombre de processus.`,
  };
}

function workersText(workers) {
  const busy = workers.filter((worker) => worker.busy).length;
  return busy === 0 ? "tous libres" : `${count(busy, "occupé", "occupés")} sur ${whole(workers.length)}`;
}

/* Elements stay as long as what they show, so that neither a selection nor a screen reader loses its place. */
function showKeyed(list, known, items, keyOf, build) {
  const keys = new Set(items.map(keyOf));
  for (const [key, { element }] of known) {
    if (keys.has(key)) continue;
    element.remove();
    known.delete(key);
  }
  items.forEach((item, place) => {
    const key = keyOf(item);
    if (!known.has(key)) known.set(key, build(item));
    const { element, update } = known.get(key);
    if (list.children[place] !== element) list.insertBefore(element, list.children[place] ?? null);
    update(item);
  });
}

function createWorker({ number, pid }) {
  const doing = h("span", { class: "chip worker-doing" }, h("i", { class: "dot", "aria-hidden": "true" }));
  const doingText = doing.appendChild(h("span"));
  const [miles, agents] = [createLamp("Miles Republic"), createLamp("data_agents")];
  const [requests, age] = [h("dd"), h("dd")];
  const element = h("li", { class: "card worker" },
    h("div", { class: "worker-head" }, h("h3", {}, srOnly("Processus "), h("span", { class: "worker-number" }, whole(number))), doing),
    h("ul", { class: "lamps" }, miles.element, agents.element),
    h("dl", { class: "worker-facts" },
      h("div", {}, h("dt", {}, "Requêtes"), requests), h("div", {}, h("dt", {}, "En service"), age), h("div", {}, h("dt", {}, "PID"), h("dd", {}, String(pid)))));
  return {
    element,
    update(worker) {
      element.dataset.busy = String(worker.busy);
      setText(doingText, worker.busy ? `Occupé depuis ${duration(worker.busyFor)}` : "Libre");
      miles.update(worker.milesRepublic);
      agents.update(worker.dataAgents);
      setText(requests, whole(worker.requests));
      setText(age, duration(worker.age));
    },
  };
}

function createLamp(name) {
  const text = h("span", { class: "lamp-text" });
  const element = h("li", { class: "lamp" }, h("i", { class: "lamp-light", "aria-hidden": "true" }), h("span", { class: "lamp-name" }, name, srOnly(`${NBSP}: `)), text);
  return {
    element,
    update({ state, connected, reconnects }) {
      element.dataset.lamp = connected ? "on" : state === "unavailable" ? "broken" : "off";
      setText(text, lampText(state, connected, reconnects));
    },
  };
}

function lampText(state, connected, reconnects) {
  const again = reconnects > 0 ? `, ${count(reconnects, "reconnexion", "reconnexions")}` : "";
  if (connected) return `connectée${again}`;
  if (state === "unavailable") return `injoignable${again}`;
  return state === "unused" ? "pas ouverte" : `fermée${again}`;
}

function databasesOf({ dataAgents, milesRepublic }, workers) {
  const sum = (key, field) => workers.reduce((total, worker) => total + worker[key][field], 0);
  return [["milesRepublic", "Miles Republic", milesRepublic], ["dataAgents", "data_agents", dataAgents]].map(([key, name, { state }]) => ({
    name, state,
    open: workers.filter((worker) => worker[key].connected).length,
    opened: sum(key, "opened"), reconnects: sum(key, "reconnects"),
  }));
}

function createDatabase({ name }) {
  const state = h("span", { class: "chip database-state" }, h("i", { class: "dot", "aria-hidden": "true" }));
  const stateText = state.appendChild(h("span"));
  const [open, opened, reconnects] = [h("dd"), h("dd"), h("dd")];
  const element = h("li", { class: "card database" },
    h("div", { class: "worker-head" }, h("h3", {}, name), state),
    h("dl", { class: "facts" },
      h("div", {}, h("dt", {}, "Connexions ouvertes"), open), h("div", {}, h("dt", {}, "Ouvertes depuis le début"), opened), h("div", {}, h("dt", {}, "Reconnexions"), reconnects)));
  return {
    element,
    update(database) {
      state.dataset.state = database.state;
      setText(stateText, STATES.get(database.state) ?? `En échec (${database.state})`);
      setText(open, whole(database.open));
      setText(opened, whole(database.opened));
      setText(reconnects, whole(database.reconnects));
    },
  };
}

/* --- when there is no answer: what was known stays, without its colours, and says how old it is --- */

const clock = new Intl.DateTimeFormat("fr-FR", { timeStyle: "medium" });

function showSilence(state, error) {
  const { page, root } = state;
  if (state.seen === null) return showAbsence(state, error);
  if (root.dataset.stale !== undefined) return;
  root.dataset.stale = "";
  const text = `Le service ne répond plus depuis ${clock.format(state.seen)}. Voici son dernier état connu.`;
  page.notices.replaceChildren(h("p", { class: "banner" }, icon("alert"), h("span", {}, text)));
}

function showAbsence({ page, root }, error) {
  if (root.querySelector(".lone")) return;
  page.sections.forEach((section) => section.remove());
  root.append(h("div", { class: "wrap lone" }, message({
    title: "Le service ne répond pas", heading: "h1", tone: "error",
    text: `${error.message} Cette page se remplira dès qu’il répondra.`,
  })));
}

function restore({ page, root }) {
  root.querySelector(".lone")?.remove();
  if (!page.sections[0].isConnected) root.append(...page.sections);
  if (root.dataset.stale === undefined) return;
  delete root.dataset.stale;
  page.notices.replaceChildren();
}
