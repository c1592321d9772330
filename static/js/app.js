// Theme, live news, due instants. Without this, drafts.js and keys.js everything still works as links and forms.
//
// data-live="URL"            the fragment that stands inside this element; fetched again when there is news
// data-live-on="ticket board notice"  which events are news to it (ticket when not given)
// data-live-ticket="48213"   only events of this ticket
// data-live-part="views"     of the fragment, only what stands in its <template data-part="views">
// data-live-bar="#news"      rows change in place, but what comes, goes or moves waits behind this bar
// data-due="ISO"             the instant at which the state around it changes; its fragment is fetched then
// data-stale-after="15"      is-stale, and words, when nothing was heard for so many seconds

const root = document.documentElement;
const stream = root.dataset.stream;
const LIVE = "body [data-live]"; // html says there whether the stream is on
const DEBOUNCE = 150;
const POLL = 10_000;
const MINUTE = 60_000;
const SILENCE = 15_000;
const states = new WeakMap();
const asked = new Map();
const underway = new Map();
let told = 0;
const restored = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
let ahead = root.dataset.now && !restored ? Date.parse(root.dataset.now) - Date.now() : 0;
let heardAt = Date.now();
let source = null;
let tries = 0;
let retry = 0;
const sentAt = new WeakMap();

const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const serverNow = () => Date.now() + ahead;
const plural = new Intl.PluralRules(root.lang || "en");
const timeOfDay = new Intl.DateTimeFormat(root.lang || "en", {
  hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: root.dataset.zone || undefined,
});

// ---------- theme

if ("themeOpen" in root.dataset && matchMedia("(prefers-color-scheme: dark)").matches) root.dataset.bsTheme = "dark";

function turnTheme() {
  root.dataset.bsTheme = root.dataset.bsTheme === "dark" ? "light" : "dark";
  document.cookie = `theme=${root.dataset.bsTheme}; path=/; max-age=31536000; samesite=lax`;
}

document.addEventListener("click", (event) => {
  const toggle = event.target.closest("[data-theme-toggle]");
  const bar = event.target.closest(".live");
  if (toggle) event.preventDefault();
  if (toggle) turnTheme();
  if (bar) for (const list of all(`[data-live-bar="#${bar.id}"]`)) show(list);
});

document.addEventListener("submit", (event) => {
  if (event.target.method !== "post") return;
  const twice = Date.now() - (sentAt.get(event.target) ?? 0) < 2000;
  if (twice) event.preventDefault();
  else sentAt.set(event.target, Date.now());
});

// ---------- fragments

// One answer serves all who ask for it at one moment; one that was asked for before the last news serves nobody after them.
function fragment(url) {
  const key = `${told} ${url}`;
  if (!underway.has(key)) underway.set(key, answer(url).finally(() => underway.delete(key)));
  return underway.get(key);
}

async function answer(url) {
  const answer = await fetch(url, { headers: { "HX-Request": "true" }, redirect: "manual", cache: "no-cache" });
  if (!answer.ok || answer.status === 204) return null;
  return answer.text();
}

function soon(element, wait = DEBOUNCE) {
  const state = states.get(element) ?? {};
  states.set(element, state);
  clearTimeout(state.timer);
  state.timer = setTimeout(() => refresh(element, state), wait);
}

async function refresh(element, state) {
  if (document.hidden || !element.isConnected) return;
  if (state.flying) return soon(element);
  if (!element.dataset.liveBar && inUse(element)) return soon(element, 2000);
  state.flying = true;
  try {
    const html = await fragment(element.dataset.live);
    if (html !== null) arrived(element, html);
  } catch (problem) {
    if (!(problem instanceof TypeError)) throw problem; // no connection: the next poll asks again
  } finally {
    state.flying = false;
  }
}

function arrived(element, html) {
  if (!source) heard();
  const { livePart } = element.dataset;
  if (livePart) html = part(html, livePart);
  if (element.dataset.liveBar) patch(element, html);
  else if (inUse(element)) soon(element, 2000);
  else swap(element, html);
}

function part(html, name) {
  const whole = document.createElement("template");
  whole.innerHTML = html;
  return whole.content.querySelector(`template[data-part="${name}"]`).innerHTML;
}

async function show(list) {
  const html = await fragment(list.dataset.live);
  if (html === null) return;
  swap(list, html);
  tell(list, 0);
  list.tabIndex = -1;
  list.focus({ preventScroll: true });
}

// True while somebody types, chooses or has text selected there: nothing is swapped under the hand.
function inUse(element) {
  const active = document.activeElement;
  const typing = element.contains(active) && active.matches("input:not([type=checkbox]), textarea, select");
  const selection = getSelection();
  const selected = selection.rangeCount && !selection.isCollapsed && selection.containsNode(element, true);
  return typing || selected || all("textarea, input, select", element).some(touched);
}

function touched(control) {
  if (control.matches("select")) return control.selectedIndex !== usual([...control.options]);
  return !/^(checkbox|radio|hidden|submit)$/.test(control.type) && control.value !== control.defaultValue;
}

// Where a select stands when nobody has chosen: at what the page says, else at its first option.
function usual(options) {
  const said = options.findIndex((option) => option.defaultSelected);
  return said < 0 && options.length ? 0 : said;
}

function swap(element, html) {
  const before = new Map(all("[data-ticket]", element).map((row) => [row.id, row.innerHTML]));
  const keep = kept(element);
  element.innerHTML = html;
  window.htmx?.process(element);
  keep();
  for (const row of all("[data-ticket]", element)) if (before.size && before.get(row.id) !== row.innerHTML) fresh(row);
}

// Remembers focus, ticks, opened parts and scroll inside an element; the answer puts them back.
function kept(element) {
  const parts = "a, button, input, summary, textarea, select";
  const name = (node) => node.closest("[id]")?.id + "/" + node.textContent.trim() + "/" + (node.name ?? "");
  const focused = element.contains(document.activeElement) ? name(document.activeElement) : "";
  const ticks = all("input:checked", element).map((input) => input.name + "=" + input.value);
  const open = all("details[open] > summary", element).map(name);
  const top = element.scrollTop;
  return () => {
    for (const input of all("input[type=checkbox]", element)) if (ticks.includes(input.name + "=" + input.value)) input.checked = true;
    for (const summary of all("details > summary", element)) if (open.includes(name(summary))) summary.parentElement.open = true;
    if (focused) all(parts, element).find((node) => name(node) === focused)?.focus({ preventScroll: true });
    element.scrollTop = top;
  };
}

function patch(list, html) {
  const next = document.createElement("template");
  next.innerHTML = html;
  const [old, now] = [list, next.content].map((side) => new Map(all("[data-ticket]", side).map((row) => [row.id, row])));
  if (!old.size || atRest(list)) return swap(list, html);
  const changed = [...now].filter(([id, row]) => old.has(id) && old.get(id).innerHTML !== row.innerHTML);
  for (const [id, row] of changed) replace(old.get(id), row);
  for (const [id, row] of old) row.classList.toggle("is-gone", !now.has(id));
  const come = [...now.keys()].filter((id) => !old.has(id)).length;
  const gone = [...old.keys()].filter((id) => !now.has(id)).length;
  const moved = [...old.keys()].filter((id) => now.has(id)).join() !== [...now.keys()].filter((id) => old.has(id)).join();
  tell(list, come + gone + (moved ? Math.max(changed.length, 1) : 0));
}

// Nobody's hand is on the list: it is at its top, and neither pointer nor focus nor a tick is in it.
function atRest(list) {
  return scrollY === 0 && !list.matches(":hover, :focus-within") && !list.querySelector("input:checked");
}

function replace(row, other) {
  const keep = kept(row);
  row.className = other.className + (row.classList.contains("is-cursor") ? " is-cursor" : "");
  row.innerHTML = other.innerHTML;
  keep();
  fresh(row);
}

function fresh(row) {
  row.classList.add("is-fresh");
  setTimeout(() => row.classList.remove("is-fresh"), 2000);
}

function tell(list, count) {
  const bar = document.querySelector(list.dataset.liveBar || null);
  if (!bar) return;
  const words = bar.dataset[plural.select(count)] ?? bar.dataset.many;
  bar.hidden = !count;
  if (count) bar.querySelector("[data-live-count]").textContent = words.replace("{n}", count);
}

// ---------- the stream

function news(kind, number) {
  heard();
  told += 1;
  for (const element of all(LIVE)) {
    const { liveOn = "ticket", liveTicket } = element.dataset;
    if (liveOn.split(" ").includes(kind) && (!liveTicket || kind !== "ticket" || liveTicket === number)) soon(element);
  }
}

function everything() {
  for (const element of all(LIVE)) soon(element, 0);
}

function heard() {
  heardAt = Date.now();
}

function listen() {
  clearTimeout(retry);
  if (!stream || source || document.hidden) return;
  source = new EventSource(stream);
  source.onerror = lost;
  source.addEventListener("ticket", (event) => news("ticket", event.data));
  source.addEventListener("notice", () => news("notice"));
  source.addEventListener("board", (event) => news("board", event.data));
  source.addEventListener("presence", (event) => dispatchEvent(new CustomEvent("presence", { detail: event.data })));
  source.addEventListener("beat", (event) => {
    heard();
    ahead = Date.parse(event.data) - Date.now() || ahead;
    if (root.dataset.live !== "on") opened();
  });
}

// The first beat says that the server listens: from now on nothing is missed, and what was is fetched at once.
function opened() {
  tries = 0;
  root.dataset.live = "on";
  everything();
}

function lost() {
  hush();
  tries = Math.min(tries + 1, 6);
  retry = setTimeout(listen, 500 * 2 ** tries * (.75 + Math.random() / 2));
}

function hush() {
  source?.close();
  source = null;
  root.dataset.live = "off";
}

document.addEventListener("visibilitychange", () => {
  clearTimeout(retry);
  if (document.hidden) retry = setTimeout(hush, 20_000);
  else if (source) everything();
  else listen();
});
addEventListener("pagehide", hush);
addEventListener("pageshow", listen);

// ---------- the clock

function pass() {
  const now = serverNow();
  for (const time of all("[data-due]")) if (Date.parse(time.dataset.due) <= now) due(time, now);
  for (const element of all("[data-stale-after]")) age(element);
  for (const element of all("[data-as-of]")) element.textContent = timeOfDay.format(heardAt + ahead);
  if (source && Date.now() - heardAt > SILENCE) lost();
}

// The state changes now: the server is asked for it; again, ever more rarely, if it did not know yet.
// Past the deadline itself it is red at once.
function due(time, now) {
  if (Date.parse(time.dateTime) <= now) (time.closest(".trow, .clock") ?? time).classList.add("is-past");
  const live = time.closest(LIVE);
  const key = `${time.closest("[id]")?.id} ${time.dataset.due}`;
  const { next = 0, wait = 400 } = asked.get(key) ?? {};
  if (!live || now < next) return;
  asked.set(key, { next: now + wait, wait: Math.min(wait * 2, MINUTE) });
  soon(live, 0);
}

function age(element) {
  const stale = Date.now() - heardAt > element.dataset.staleAfter * 1000;
  const note = element.querySelector("[data-stale-note]");
  element.classList.toggle("is-stale", stale);
  if (!note || note.hidden === !stale) return;
  const words = note.querySelector("[data-words]");
  words.textContent = words.dataset.words.replace("{time}", timeOfDay.format(heardAt + ahead));
  note.hidden = !stale;
}

setInterval(pass, 250);
setInterval(() => source || everything(), POLL);
setInterval(() => all(LIVE).filter((element) => element.querySelector("[data-due]")).forEach((element) => soon(element, 0)), MINUTE);

listen();
