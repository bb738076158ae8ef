// Owns the life of a page that shows one answer of the API: asked for when it is shown, let go when it is left.
// Must not know what is in the answer.

import { follow } from "./api.js";
import { h } from "./dom.js";
import { lastSegment, navigate } from "./router.js";
import { errorMessage, waiting } from "./parts.js";

// apiPath gives the route for the last segment of the address; draw gets the root and the answer; explain may replace an
// error by one in words of the page's own.
export function answerPage(root, { apiPath, draw, failTitle, explain = (error) => error }) {
  let request = null;
  return {
    show(url) {
      request?.abort();
      request = new AbortController();
      return follow(apiPath(lastSegment(url)), request.signal, {
        wait: () => waiting(root),
        draw: (body) => draw(root, body),
        fail: (error) => fail(root, failTitle, explain(error)),
      });
    },
    leave: () => request?.abort(),
  };
}

function fail(root, title, error) {
  document.title = `${title} · Miles Republic`;
  root.replaceChildren(h("div", { class: "wrap lone" }, errorMessage(error, () => navigate(location.href, { replace: true }), "h1")));
}
