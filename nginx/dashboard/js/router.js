// Owns the address bar: which view an address means, links, back and forward, scroll and focus between views.
// Must know nothing of what a view shows. A view is `create(root)` giving {show(url), leave()};
// show() resolves once there is something to look at.

const positions = new Map();
let routes = [];
let root = null;
let current = { route: null, view: null };
let entry = 0;
let entries = 0;
let home = "/";

/** The last address of the first route, where "back to the list" leads. */
export function homeAddress() {
  return home;
}

/** What an address such as /propositions/<id> is about, decoded; as it stands where it cannot be. */
export function lastSegment(url) {
  const segment = url.pathname.split("/")[2];
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Starts routing. `table`: [{match: RegExp, create}], the last one catching everything. */
export function start(element, table) {
  root = element;
  routes = table;
  history.scrollRestoration = "manual";
  history.replaceState({ entry }, "");
  document.addEventListener("click", onClick);
  addEventListener("popstate", onPop);
  addEventListener("scroll", () => positions.set(entry, scrollY), { passive: true });
  show(location.href);
}

/** Goes to an address of the dashboard. `replace` leaves no trace in the history; `keepScroll` stays where we are. */
export function navigate(address, { replace = false, keepScroll = false } = {}) {
  if (!replace) entry = ++entries;
  history[replace ? "replaceState" : "pushState"]({ entry }, "", address);
  const sameView = show(location.href);
  if (!keepScroll) scrollTo(0, 0);
  if (!sameView) root.focus({ preventScroll: true });
}

async function onPop(event) {
  entry = event.state?.entry ?? 0;
  const wanted = entry;
  const y = positions.get(entry) ?? 0;
  await show(location.href, true);
  if (wanted === entry) scrollTo(0, y);
}

function onClick(event) {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (link.target || link.origin !== location.origin || /^\/(api|assets)(\/|$)/.test(link.pathname)) return;
  event.preventDefault();
  if (link.getAttribute("href").startsWith("#")) document.getElementById(link.hash.slice(1))?.focus();
  else navigate(link.href, { keepScroll: link.dataset.keepScroll !== undefined });
}

/** Shows an address; true where the view on the screen could take it over (or, awaiting, once it is drawn). */
function show(address, awaiting = false) {
  const url = new URL(address);
  const route = routes.find(({ match }) => match.test(url.pathname));
  const sameView = route === current.route;
  if (route === routes[0]) home = url.pathname + url.search;
  if (!sameView) change(route);
  const drawn = current.view.show(url);
  return awaiting ? drawn : sameView;
}

function change(route) {
  current.view?.leave();
  root.replaceChildren();
  current = { route, view: route.create(root) };
}
