// Owns the page for an address that is none of ours.

import { h } from "./dom.js";
import { message } from "./parts.js";

export function create(root) {
  document.title = "Page introuvable · Miles Republic";
  root.append(h("div", { class: "wrap lone" }, message({
    title: "Cette page n’existe pas",
    heading: "h1",
    text: "L’adresse est peut-être incomplète.",
    action: h("a", { class: "button", href: "/" }, "Voir les propositions"),
  })));
  return { show() {}, leave() {} };
}
