// Owns how elements are made, safely: text only ever becomes text nodes.
// Must know nothing of proposals, and must never parse a string as HTML.

const SVG = "http://www.w3.org/2000/svg";

/** Makes an element. `props`: attributes, `class`, and `onEvent` functions; false and null are left out. */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) setProp(element, name, value);
  element.append(...children.flat(Infinity).filter(isContent).map(asNode));
  return element;
}

function setProp(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (typeof value === "function") element.addEventListener(name.slice(2).toLowerCase(), value);
  else element.setAttribute(name, value === true ? "" : value);
}

function isContent(child) {
  return child !== null && child !== undefined && child !== false && child !== "";
}

function asNode(child) {
  return child instanceof Node ? child : document.createTextNode(String(child));
}

/** An icon of the sprite in index.html; decorative, so hidden from assistive technology. */
export function icon(name) {
  return svg("svg", { class: "icon", "aria-hidden": "true" }, svg("use", { href: `#i-${name}` }));
}

/** As h(), for what is drawn. */
export function svg(tag, props, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(props ?? {})) setProp(element, name, value);
  element.append(...children);
  return element;
}

/** Sets a text where it is another one: what has not changed is not touched. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function srOnly(text) {
  return h("span", { class: "sr-only" }, text);
}

/** The address where `text` is a whole http(s) one, else null: `javascript:` and its like never pass. */
export function webAddress(text) {
  if (typeof text !== "string" || !/^https?:\/\//i.test(text.trim())) return null;
  try {
    const url = new URL(text.trim());
    return url.protocol === "https:" || url.protocol === "http:" ? url : null;
  } catch {
    return null;
  }
}

/** A link out of the dashboard that shows where it leads; plain text where the address is not a web address. */
export function externalLink(address, label = address) {
  const url = webAddress(address);
  if (!url) return h("bdi", {}, label);
  return h("a", { href: url.href, target: "_blank", rel: "noopener noreferrer nofollow", class: "external", title: url.href },
    h("bdi", {}, label), icon("link"), srOnly(" (nouvel onglet)"));
}

/** Says `text` to screen readers without moving the focus. */
export function announce(text) {
  document.getElementById("annonce").textContent = text;
}
