// The floor renews its list whenever cases change.
import { keys, setNow, tick } from "./board.js";

const news = document.getElementById("news");
let asking = false, again = false;

async function renew() {
  if (asking) { again = true; return; }
  asking = true;
  try {
    const address = new URL(location.href);
    address.searchParams.set("part", "list");
    const answer = await fetch(address, { redirect: "error" });
    if (answer.ok) show(await answer.text());
  } catch { /* the next change, or the next look, asks again */ } finally {
    asking = false;
    if (again) { again = false; renew(); }
  }
}

function show(text) {
  const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("floor");
  const old = document.getElementById("floor");
  const known = new Set([...old.querySelectorAll(".row")].map((row) => row.id));
  const focused = document.activeElement?.id;
  old.replaceWith(fresh);
  setNow(Number(fresh.dataset.now));
  tick();
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  const arrived = [...fresh.querySelectorAll(".row")].filter((row) => !known.has(row.id));
  for (const row of arrived) row.classList.add("fresh");
  const red = arrived.filter((row) => row.classList.contains("row-red"));
  if (red.length) news.textContent = `New red case: ${red.map((r) => r.querySelector(".match a").textContent).join(", ")}`;
  const count = fresh.querySelectorAll(".counts dd")[0].textContent;
  document.title = `${count !== "0" ? `(${count} red) ` : ""}Floor · sogawatch`;
}

document.addEventListener("changed", (event) => {
  if (String(event.detail.version) !== document.getElementById("floor").dataset.version) renew();
});
setInterval(renew, 15000); // feeds age without any case changing

for (const choice of document.querySelectorAll(".filters select")) {
  choice.addEventListener("change", () => choice.form.requestSubmit());
}
document.getElementById("apply").classList.add("visually-hidden");

function step(by) {
  const links = [...document.querySelectorAll(".cases .match a")];
  const at = links.indexOf(document.activeElement);
  const next = links[at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, at + by))];
  next?.focus();
}
keys.set("j", () => step(1));
keys.set("k", () => step(-1));
