// The case page: its chart, word when it has changed, keys.
import { clock, keys } from "./board.js";

const article = document.querySelector(".case");
const name = article.dataset.case;

document.addEventListener("changed", async () => {
  const answer = await fetch(`/api/cases/${encodeURIComponent(name)}`);
  if (!answer.ok) return;
  const changed = (await answer.json()).seen !== article.dataset.seen;
  document.getElementById("changed").hidden = !changed;
});

const open = (id) => () => {
  const fold = document.getElementById(`act-${id}`);
  if (!fold) return;
  fold.open = true;
  fold.querySelector("input:not([type=hidden]), textarea, select")?.focus();
};
keys.set("a", () => document.getElementById("do-acknowledge")?.focus());
keys.set("e", open("escalate"));
keys.set("c", open("close"));
keys.set("n", open("comment"));

const place = document.getElementById("chart");
if (place) import("./chart.js").then((chart) => chart.begin(name, clock));
