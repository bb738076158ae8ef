// Owns the drawing of a count over time: one step a change, the ceiling as a line, a text in place of the picture.
// Must know nothing of what is counted; every word in it comes from the caller.

import { h, setText, svg } from "./dom.js";

const HEIGHT = 100;
const FLOOR = 98;
const HEADROOM = 22;

/** Gives {element, show({values, seconds, ceiling, from, ceilingLabel, caption, text})}; values: one a second, oldest first. */
export function createStepChart() {
  const area = svg("path", { class: "chart-area" });
  const line = svg("path", { class: "chart-line" });
  const limit = svg("line", { class: "chart-limit", x1: 0 });
  const picture = svg("svg", { class: "chart-picture", preserveAspectRatio: "none", role: "img" }, area, limit, line);
  const ceiling = h("span", { class: "chart-ceiling", "aria-hidden": "true" });
  const dot = h("span", { class: "chart-dot", "aria-hidden": "true" });
  const from = h("span");
  const caption = h("span", { class: "chart-caption" });
  const element = h("figure", { class: "chart" },
    h("div", { class: "chart-plot" }, picture, ceiling, dot),
    h("figcaption", { class: "chart-axis" }, from, caption, h("span", {}, "maintenant")));
  return {
    element,
    show(data) {
      const height = scale(Math.max(data.ceiling, ...data.values, 1));
      const { steps, start } = path(data.values, data.seconds, height);
      picture.setAttribute("viewBox", `0 0 ${data.seconds} ${HEIGHT}`);
      picture.setAttribute("aria-label", data.text);
      line.setAttribute("d", steps);
      area.setAttribute("d", `${steps}V${FLOOR}H${start}Z`);
      for (const [name, value] of [["x2", data.seconds], ["y1", height(data.ceiling)], ["y2", height(data.ceiling)]]) limit.setAttribute(name, value);
      ceiling.style.setProperty("--y", String(height(data.ceiling) / HEIGHT));
      dot.style.setProperty("--y", String(height(data.values.at(-1)) / HEIGHT));
      setText(ceiling, data.ceilingLabel);
      setText(from, data.from);
      setText(caption, data.caption);
    },
  };
}

function scale(top) {
  return (value) => Number((FLOOR - (value / top) * (FLOOR - HEADROOM)).toFixed(2));
}

/* The newest value stands at the right edge, whether or not the window is full. */
function path(values, seconds, height) {
  const start = seconds - values.length;
  let steps = `M${start} ${height(values[0])}`;
  values.forEach((value, i) => {
    if (i > 0 && value !== values[i - 1]) steps += `H${start + i}V${height(value)}`;
  });
  return { steps: `${steps}H${seconds}`, start };
}
