// Probabilities of each selection by book with their median, and the money beneath.
/* global uPlot */

const lines = document.getElementById("line");
const books = document.getElementById("book");
const spans = [...document.querySelectorAll("[data-span]")];
const place = document.getElementById("chart");
const purse = document.getElementById("money");
const legend = document.getElementById("legend");
const words = document.getElementById("chart-words");
const dark = matchMedia("(prefers-color-scheme: dark)");
const HEIGHT = 250, MONEY_HEIGHT = 96;

let data = null, drawn = [], clock = String, asked = 0;

export function begin(name, clockOf) {
  clock = clockOf;
  const load = () => ask(name);
  lines.onchange = load;
  books.onchange = draw;
  for (const span of spans) {
    span.onclick = () => {
      for (const one of spans) one.setAttribute("aria-pressed", String(one === span));
      load();
    };
  }
  dark.addEventListener("change", draw);
  new ResizeObserver(() => {
    const width = place.clientWidth;
    for (const one of drawn) if (one.width !== width) one.setSize({ width, height: one.height });
  }).observe(place.parentElement);
  load();
}

async function ask(name) {
  const turn = ++asked;
  const { market, line } = lines.selectedOptions[0].dataset;
  const span = spans.find((one) => one.getAttribute("aria-pressed") === "true").dataset.span;
  const query = new URLSearchParams({ market, line, span });
  try {
    const answer = await fetch(`/cases/${encodeURIComponent(name)}/chart?${query}`);
    const told = await answer.json();
    if (turn !== asked) return;
    data = told;
  } catch {
    data = { trouble: "The board does not answer." };
  }
  fillBooks();
  draw();
}

function fillBooks() {
  const chosen = books.value;
  books.replaceChildren(new Option("all", ""));
  for (const book of Object.keys(data.books ?? {})) books.append(new Option(book, book, false, book === chosen));
}

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const colourOf = (n) => css(`--s${data.selections.length === 2 && n === 1 ? 2 : n % 5}`);
const classOf = (n) => `c${data.selections.length === 2 && n === 1 ? 2 : n % 5}`;
const faint = (colour) => `${colour}${dark.matches ? "4d" : "40"}`;
const percent = (value) => value == null ? "–" : `${(value * 100).toFixed(1)}%`;

function draw() {
  for (const one of drawn) one.destroy();
  drawn = [];
  legend.replaceChildren();
  if (data.trouble) { words.textContent = data.trouble; return; }
  drawn.push(new uPlot(pricesOptions(), pricesData(), place));
  if (data.money) drawn.push(new uPlot(moneyOptions(), moneyData(), purse));
  words.textContent = summary();
  value(null);
}

function series() {
  const found = [];
  data.selections.forEach((selection, n) => {
    for (const [book, quotes] of Object.entries(data.books)) {
      const chosen = books.value === book;
      found.push({ values: quotes[selection], stroke: chosen ? colourOf(n) : faint(colourOf(n)), width: chosen ? 2 : 1, dash: chosen ? [6, 3] : undefined });
    }
  });
  data.selections.forEach((selection, n) => found.push({ values: data.consensus[selection], stroke: colourOf(n), width: 2.2 }));
  if (data.expected) {
    data.selections.forEach((selection, n) => found.push({ values: data.expected[selection], stroke: colourOf(n), width: 1.6, dash: [2, 4] }));
  }
  return found;
}

const pricesData = () => [data.t, ...series().map((one) => one.values)];

const axis = (more) => ({
  stroke: css("--soft"), grid: { stroke: css("--hair"), width: 1 }, ticks: { stroke: css("--line"), width: 1, size: 4 },
  font: "11px system-ui, sans-serif", ...more,
});

function shared(height) {
  return {
    width: place.clientWidth, height, legend: { show: false }, tzDate: (ts) => uPlot.tzDate(new Date(ts * 1000), "Etc/UTC"),
    cursor: { sync: { key: "case" }, points: { show: false }, drag: { x: true, y: false } },
    padding: [16, 20, 0, 0],
  };
}

function pricesOptions() {
  return {
    ...shared(HEIGHT),
    scales: { y: { range: (_, low, high) => [Math.max(0, low - 0.03), Math.min(1, high + 0.03)] } },
    series: [{}, ...series().map(({ stroke, width, dash }) => ({ stroke, width, dash, points: { show: false }, paths: uPlot.paths.stepped({ align: 1 }) }))],
    axes: [axis({ size: 36, values: times }), axis({ size: 46, values: (_, ticks) => ticks.map((v) => `${Math.round(v * 100)}%`) })],
    hooks: { draw: [marks], setCursor: [(chart) => value(chart.cursor.idx)] },
  };
}

function times(_, ticks, __, ___, step) {
  let day = null;
  return ticks.map((t) => {
    const at = new Date(t * 1000), date = at.getUTCDate();
    const hour = at.toISOString().slice(11, step < 60 ? 19 : 16);
    const text = date === day ? hour : `${hour}\n${clock(t).split(" ").slice(0, 2).join(" ")}`;
    day = date;
    return text;
  });
}

function moneyData() {
  const sums = data.t.map(() => 0), stacked = [];
  for (const selection of data.selections) {
    data.money[selection].forEach((amount, n) => { sums[n] += amount; });
    stacked.push([...sums]);
  }
  return [data.t, ...stacked.reverse()];
}

function moneyOptions() {
  const bars = uPlot.paths.bars({ size: [0.85, 24], align: 1 });
  const colours = data.selections.map((_, n) => colourOf(n)).reverse();
  return {
    ...shared(MONEY_HEIGHT),
    series: [{}, ...colours.map((colour) => ({ stroke: colour, fill: colour, width: 0, paths: bars, points: { show: false } }))],
    padding: [6, 20, 8, 0],
    axes: [axis({ show: false }), axis({ size: 46, space: 24, values: (_, ticks) => ticks.map(short) })],
    scales: { y: { range: (_, __, high) => [0, (high || 1) * 1.08] } },
  };
}

const short = (n) => n >= 1e6 ? `${+(n / 1e6).toFixed(1)}M` : n >= 1000 ? `${+(n / 1000).toFixed(1)}k` : String(n);

const GLYPHS = { goal: "●", red_card: "■", penalty: "○", news: "✎", line_up: "☰", kick_off: "▸", start: "▸", full_time: "◂", period_end: "‖", suspension: "⏸" };
function marks(chart) {
  const { ctx, bbox } = chart, ratio = devicePixelRatio;
  const told = new Set(data.marks.map((mark) => mark.kind));
  ctx.save();
  ctx.font = `${11 * ratio}px system-ui, sans-serif`;
  ctx.textAlign = "center";
  for (const mark of data.marks) {
    if (mark.kind === "start" && told.has("kick_off")) continue;
    const x = Math.round(chart.valToPos(mark.t, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    const alert = mark.kind === "alert";
    ctx.strokeStyle = ctx.fillStyle = css(alert ? `--${mark.level}` : "--soft");
    ctx.lineWidth = (alert ? 2 : 1) * ratio;
    ctx.setLineDash(alert ? [] : [3 * ratio, 3 * ratio]);
    ctx.beginPath(); ctx.moveTo(x, bbox.top); ctx.lineTo(x, bbox.top + bbox.height); ctx.stroke();
    const glyph = alert ? { red: "◆", amber: "▲", green: "●" }[mark.level] : GLYPHS[mark.kind] ?? "·";
    ctx.fillText(glyph, x, bbox.top - 4 * ratio);
  }
  ctx.restore();
}

function lastQuoted() {
  const quoted = data.t.map((_, n) => data.selections.some((selection) => data.consensus[selection][n] != null));
  return Math.max(0, quoted.lastIndexOf(true));
}

function value(at) {
  const last = at == null;
  const n = last ? lastQuoted() : at;
  const nodes = data.selections.map((selection, index) => {
    const quotes = Object.values(data.books).map((book) => book[selection][n]).filter((v) => v != null);
    const entry = document.createElement("span"), dot = document.createElement("i"), strong = document.createElement("b");
    dot.className = classOf(index);
    strong.textContent = percent(data.consensus[selection][n]);
    const range = quotes.length > 1 ? ` (${percent(Math.min(...quotes))}–${percent(Math.max(...quotes))}, ${quotes.length} books)` : "";
    const model = data.expected?.[selection][n] != null ? `, goal model ${percent(data.expected[selection][n])}` : "";
    const spent = data.money && !last && data.money[selection][n] ? `, ${short(Math.round(data.money[selection][n]))} ${data.currency} matched` : "";
    entry.append(dot, `${data.names[selection]} `, strong, range, model, spent);
    return entry;
  });
  const when = document.createElement("span");
  when.textContent = `${last ? "last, " : ""}${clock(data.t[n])} UTC`;
  const near = last ? [] : data.marks.filter((mark) => Math.abs(mark.t - data.t[n]) <= Math.max(data.step, (data.t.at(-1) - data.t[0]) / 120));
  const happened = document.createElement("span");
  happened.textContent = near.map((mark) => mark.label).join(" · ");
  legend.replaceChildren(when, ...nodes, ...(near.length ? [happened] : []));
}

function summary() {
  const spans = data.selections.map((selection) => {
    const known = data.consensus[selection].filter((v) => v != null);
    return known.length ? `${data.names[selection]} from ${percent(known[0])} to ${percent(known.at(-1))}` : `${data.names[selection]} not quoted`;
  });
  const model = data.expected ? ", what the goal model expects of score and clock (dotted)" : "";
  const purseWords = data.money ? `bars: ${data.currency} matched` : "no matched volume was told for this line";
  const step = data.step < 60 ? `${data.step} s` : data.step < 3600 ? `${data.step / 60} min` : `${data.step / 3600} h`;
  return `Median of ${Object.keys(data.books).length} books (thick), each book (thin), overround removed${model}: ${spans.join(", ")}. Each point ${step}; ${purseWords}. Marks: ◆ ▲ alerts, ● goal, ■ red card, ▸ kick-off, ✎ news, ☰ line-up. Drag to zoom, double-click to see all.`;
}
