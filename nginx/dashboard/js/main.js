// Owns which address shows which view. Must hold nothing else.

import { start } from "./router.js";
import * as detail from "./detail.js";
import * as group from "./group.js";
import * as list from "./list.js";
import * as lost from "./lost.js";
import * as service from "./service.js";

start(document.getElementById("contenu"), [
  { match: /^\/(index\.html)?$/, create: list.create },
  { match: /^\/propositions\/[^/]+\/?$/, create: detail.create },
  { match: /^\/groupes\/[^/]+\/?$/, create: group.create },
  { match: /^\/etat\/?$/, create: service.create },
  { match: /^/, create: lost.create },
]);
