// What every page does: times that keep moving, word of changes, keys.

const started = performance.now();
let base = Number(document.body.dataset.now);

/** The board's present in epoch seconds; in a replay that is the feed's. */
export const now = () => base + (performance.now() - started) / 1000;

/** Set the clock by what the board has just said. */
export const setNow = (epoch) => { base = epoch - (performance.now() - started) / 1000; };

export function age(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 172800) return `${Math.floor(s / 3600)} h ${String(Math.floor(s % 3600 / 60)).padStart(2, "0")} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor(s % 86400 / 3600)} h`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
export function clock(epoch) {
  const at = new Date(epoch * 1000);
  return `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.toISOString().slice(11, 19)}`;
}

export function tick() {
  for (const one of document.querySelectorAll("time[data-since]")) {
    one.textContent = age(now() - Number(one.dataset.since));
  }
  for (const one of document.querySelectorAll("time[data-due]")) {
    const left = Number(one.dataset.due) - now();
    one.textContent = left > 0 ? `in ${age(left)}` : `${age(-left)} late`;
    one.className = left > 0 ? "soon" : "late";
  }
  const face = document.getElementById("clock");
  if (face) face.textContent = clock(now());
}
setInterval(tick, 1000);

// Word of changes. A page that hears nothing must say so, or quiet would look like peace.
const link = document.getElementById("link");
const heard = (on) => {
  link.textContent = on ? "Live" : "Not live, trying again";
  link.className = `link ${on ? "on" : "off"}`;
};
const source = new EventSource("/events");
source.onopen = () => heard(true);
source.onerror = () => heard(false);
source.addEventListener("changed", (event) => {
  const state = JSON.parse(event.data);
  setNow(state.now);
  document.dispatchEvent(new CustomEvent("changed", { detail: state }));
});
addEventListener("pagehide", () => source.close());

// One press, one action.
document.addEventListener("submit", (event) => {
  if (event.target.method !== "post") return;
  setTimeout(() => { for (const b of event.target.querySelectorAll("button")) b.disabled = true; });
});
addEventListener("pageshow", () => {
  for (const b of document.querySelectorAll("form button:disabled")) b.disabled = false;
});

// Keys.
const dialog = document.getElementById("keys");
const allowed = document.getElementById("keys-on");
allowed.checked = localStorage.getItem("keys") !== "off";
allowed.onchange = () => localStorage.setItem("keys", allowed.checked ? "on" : "off");
const button = document.getElementById("keys-button");
button.hidden = false;
button.onclick = () => dialog.showModal();

export const keys = new Map([
  ["?", () => dialog.showModal()],
  ["f", () => location.assign("/")],
  ["h", () => location.assign("/hand-over")],
  ["m", () => location.assign("/misses")],
]);
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (typing || dialog.open || !allowed.checked) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const act = keys.get(event.key);
  if (act) { event.preventDefault(); act(); }
});
