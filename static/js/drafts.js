// What is typed into form[data-keep] is kept in this tab at once, and on the server within seconds (data-keep-url). The
// tab's copy bridges a server that is away; the server's is the truth when it is newer. Where both differ one chooses.
// base is the mark of the draft that this window knows, said the last thing its writer had said in the ticket.

const PAUSE = 1000;
const LONGEST = 4000;
const AGAIN = 4000;
const SMALL = 60_000; // what a browser still sends when its page is left

const form = document.querySelector("form[data-keep]");
const text = form?.querySelector("textarea");
const window_ = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
const place = form && `draft ${form.dataset.keep} ${form.getAttribute("action")} ${form.elements.kind.value}`;
const read = (key) => JSON.parse(sessionStorage.getItem(key) ?? "null");
const write = (key, value) => sessionStorage.setItem(key, JSON.stringify(value));
const field = (name) => form.elements[name];
const line = document.querySelector("#draft-state");
const box = document.querySelector("#draft-other");
let turn = 0;
let saved = "";
let timer = 0;
let dirtySince = 0;
let leaving = false;
let choice = null;

function here(more = {}) {
  const { value: base } = field("base");
  write(place, { text: text.value, said: field("said").value, base, at: Date.now(), sent: false, saved: false, ...more });
}

function state(words, loud) {
  line.textContent = words;
  for (const name of ["ink-burn", "strong"]) line.classList.toggle(name, loud);
  line.classList.toggle("faint", !loud);
}

// ---------- keeping

function content() {
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (/^(csrf_token|kind|text|to|cc|bcc|quote|again|said|base)$/.test(name)) body.append(name, value);
  }
  return body;
}

const look = (body) => [...body].filter(([name]) => !/^(base|said|csrf_token)$/.test(name)).join();

function typed() {
  here();
  dirtySince ||= Date.now();
  clearTimeout(timer);
  timer = setTimeout(save, Math.max(0, Math.min(PAUSE, dirtySince + LONGEST - Date.now())));
}

async function save() {
  clearTimeout(timer);
  const body = content();
  const now = look(body);
  if (leaving || choice || now === saved) return;
  dirtySince = 0;
  turn += 1;
  const mine = turn;
  body.append("mark", `${window_}:${mine}`);
  try {
    const keepalive = body.toString().length < SMALL;
    const asked = { method: "POST", body, keepalive, redirect: "manual", headers: { "HX-Request": "true" } };
    const answer = await fetch(form.dataset.keepUrl, asked);
    if (mine === turn) await heard(answer, now);
  } catch (problem) {
    if (!(problem instanceof TypeError)) throw problem;
    if (mine === turn) lost("away");
  }
}

async function heard(answer, now) {
  const told = answer.headers.get("Content-Type") === "application/json" ? await answer.json() : {};
  if (answer.ok) return kept(told, now);
  if (answer.status === 409 && "mark" in told) return told.text && text.value.startsWith(told.text) ? adopt(told) : choose({ ...told, from: told.text ? "there" : "gone" });
  if (answer.status === 401) return lost("out");
  lost("refused", told.words ?? line.dataset.broken);
}

// What is there is the beginning of what is here: nothing of it is lost.
function adopt({ mark, said }) {
  [field("base").value, field("said").value] = [mark, said];
  here();
  save();
}

function kept({ mark, at }, now) {
  saved = now;
  field("base").value = mark;
  here({ saved: look(content()) === now }); // not what was typed since it was sent
  state(mark ? line.dataset.saved.replace("{time}", at) : "", false);
  form.querySelector("[name=discard]").hidden = !mark;
}

function lost(how, why = "") {
  here();
  state(line.dataset[how].replace("{why}", why), true);
  clearTimeout(timer);
  timer = setTimeout(save, AGAIN);
}

// ---------- choosing between two texts

function choose(other) {
  choice = other;
  const words = box.firstElementChild;
  words.textContent = words.dataset[other.from].replace("{time}", other.at);
  box.querySelector("blockquote").textContent = other.text;
  box.hidden = false;
  if (other.from !== "tab") state(line.dataset.chosen, true);
}

function chosen(take) {
  const { from, text: words, mark, said } = choice;
  choice = null;
  box.hidden = true;
  sessionStorage.removeItem(`${place} other`);
  if (from !== "tab") [field("base").value, field("said").value] = [mark, said];
  if (take) text.value = words;
  here();
  text.focus();
  save();
}

// ---------- beginning

function begin() {
  const mine = read(place);
  const { inserted = "" } = form.dataset;
  const fresh = "fresh" in form.dataset;
  const base = field("base").value;
  const others = read(`${place} other`);
  if (!fresh) saved = look(content());
  if (mine?.sent && mine.said !== field("said").value) sessionStorage.removeItem(place);
  else if (mine?.saved && precedes(base, mine.base)) [text.value, field("base").value] = [mine.text, mine.base];
  else if (mine && !mine.saved && mine.text !== text.value) restore(mine, base, inserted, fresh);
  if (others && !choice) choose(others);
  if (fresh || text.value !== text.defaultValue) typed();
}

// The page was written before the last save of this very tab was heard: two marks of one window are in the order of their turns.
function precedes(base, known) {
  const [[window, turn], [other, last]] = [base, known].map((mark) => mark.split(":"));
  return window === other && Number(turn) < Number(last);
}

function restore(mine, base, inserted, fresh) {
  if (inserted && mine.base === base && !mine.text.endsWith(inserted)) text.value = `${mine.text.trimEnd()}\n\n${inserted}`.trimStart();
  else if (!fresh && (mine.base === base || mine.text.startsWith(text.value))) text.value = mine.text;
  else if (!fresh && mine.text.trim()) {
    const at = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    const other = { text: mine.text, at: at.format(mine.at), from: "tab" };
    write(`${place} other`, other);
    choose(other);
  }
}

if (form) {
  begin();
  if (location.hash === `#${form.id}`) text.focus();
  form.addEventListener("input", typed);
  form.addEventListener("change", typed);
  form.addEventListener("focusout", () => save());
  form.addEventListener("submit", (event) => {
    leaving = true;
    if (event.submitter?.name === "discard") sessionStorage.removeItem(place);
    else here({ sent: !event.submitter?.matches("[name=insert]") });
  });
  document.querySelector("[data-take]").addEventListener("click", () => chosen(true));
  document.querySelector("[data-leave]").addEventListener("click", () => chosen(false));
  form.querySelector("[data-keep-by-hand]").hidden = true;
  addEventListener("pagehide", () => save());
  addEventListener("pageshow", (event) => event.persisted && (leaving = false));
  document.addEventListener("visibilitychange", () => document.hidden && save());
}
