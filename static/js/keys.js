// Keys. Whatever bears aria-keyshortcuts (one stroke, or several that do the same) or data-keys (strokes one after another) is
// pressed by them; what has no button is bound by a script. Keys go by the cap, whatever the layout, and are dead where somebody
// types, but for those with Ctrl.

const PATIENCE = 1500;
const CAPS = { Slash: "/", Period: ".", BracketLeft: "[", BracketRight: "]" };
const LATIN = "QWERTYUIOPASDFGHJKLZXCVBNM";
const NAMES = { Control: "Ctrl", Shift: "⇧", Escape: "Esc", ArrowDown: "↓", ArrowUp: "↑" };
const FIELDS = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";
const MODIFIERS = /^(Shift|Control|Alt|AltGraph|Meta|CapsLock)$/;
const NAMED = /^(Arrow|Enter)/;
const single = document.documentElement.dataset.single !== "off"; // else only keys with Ctrl, and those with a name, do anything
const bound = [];
const hint = document.querySelector("#hint");
let begun = [];
let complete = false;
let forgetting = 0;

const all = (selector) => [...document.querySelectorAll(selector)];

// ---------- which key

// A Latin letter, a digit or a star as it is typed; another alphabet's letter, and the key of a digit or a mark, by where it is.
function cap({ key, code, shiftKey }) {
  if (/^[a-z\d*]$/i.test(key)) return key.toUpperCase();
  if (/^Key/.test(code) && /^\p{L}$/u.test(key)) return code.slice(3);
  if (shiftKey) return code === "Slash" ? "?" : key;
  return /^Digit/.test(code) ? code.slice(5) : (CAPS[code] ?? key);
}

function stroke(event) {
  const named = cap(event);
  const command = event.ctrlKey || event.metaKey ? "Control+" : "";
  return command + (event.shiftKey && /^([A-Z]|Enter)$/.test(named) ? "Shift+" : "") + named;
}

const printed = (line, letters) => line.split(" ").map((one) => {
  const parts = one.split("+").map((part) => NAMES[part] ?? letters[LATIN.indexOf(part)] ?? part);
  return parts.join(parts[0] === "Ctrl" ? " " : "");
}).join(" ");

// What is printed on the caps, in both alphabets where they differ.
export function legend(line) {
  const [latin, russian] = [printed(line, LATIN), printed(line, hint.dataset.russian)];
  return latin === russian ? latin : `${latin} · ${russian}`;
}

// ---------- what it presses

// Something without a button is done by these strokes; *act* answers false when there is nothing to do here.
export function bind(lines, act) {
  for (const line of lines) bound.push({ line, act });
}

// The closed parts of the page around an element, the outermost last.
function folds(element) {
  const found = [];
  for (let part = element.parentElement; part; part = part.parentElement) {
    if (part.matches("details:not([open])") && !part.firstElementChild.contains(element)) found.push(part);
  }
  return found;
}

// Whether it can be pressed: it is seen, or would be when the parts around it were opened.
export function usable(element) {
  const outer = folds(element).at(-1);
  if (element.matches(":disabled")) return false;
  if (!outer) return element.checkVisibility();
  for (let part = element; part !== outer; part = part.parentElement) {
    if (getComputedStyle(part).display === "none") return false;
  }
  return outer.checkVisibility();
}

// Every stroke of this page with what it presses, what stands in its middle first.
export function table() {
  const elements = all("main [aria-keyshortcuts], main [data-keys], [aria-keyshortcuts], [data-keys]");
  const own = [...elements.filter((one) => one.closest("main")), ...elements.filter((one) => !one.closest("main"))];
  const lines = (element) => [...(element.getAttribute("aria-keyshortcuts")?.split(" ") ?? []), element.dataset.keys];
  return [...own.flatMap((element) => lines(element).filter(Boolean).map((line) => ({ line, element }))), ...(single ? bound : bound.filter((one) => NAMED.test(one.line)))];
}

export function name(element) {
  const copy = (element.labels?.[0] ?? element).cloneNode(true);
  for (const part of copy.querySelectorAll(".key, .num, svg")) part.remove();
  return element.getAttribute("aria-label") ?? copy.textContent.trim().replace(/\s+/g, " ");
}

export function use(element, line = "") {
  const keyed = element.form?.elements.keyed;
  if (keyed) keyed.value = line === "Control+Shift+Enter" ? "1" : ""; // such a choice is not the usual way from now on
  if (element.matches("input, textarea, select, summary")) for (const fold of folds(element)) fold.open = true;
  if (element.matches(".tab[aria-current]")) {
    dispatchEvent(new CustomEvent("answering"));
    document.querySelector("#reply")?.focus();
  } else if (element.matches("input, textarea, select")) element.focus();
  else element.click();
  if (element.matches("summary")) element.focus();
}

// A digit chooses in what is open; Ctrl with Enter sends the form that somebody is writing in.
function works({ line, element }, target) {
  if (!element) return true;
  if (/^\d$/.test(line)) return element.checkVisibility();
  return usable(element) && (!/Enter$/.test(line) || target.closest("form") === element.form);
}

function pressed(key, target) {
  const line = [...begun, key].join(" ");
  const found = table().filter((one) => `${one.line} `.startsWith(`${line} `) && works(one, target));
  const another = begun.length && !found.length;
  const fresh = another && complete;
  forget();
  if (another) return !fresh || pressed(key, target);
  const whole = found.filter((one) => one.line === line);
  const longer = found.filter((one) => one.line !== line);
  if (longer.length) wait(line, longer);
  complete = whole.some((one) => (one.act ? one.act() : use(one.element, one.line)) !== false);
  return complete || longer.length > 0;
}

// ---------- strokes one after another

export function say(words) {
  hint.textContent = words;
  clearTimeout(forgetting);
  forgetting = setTimeout(forget, PATIENCE);
}

function wait(line, longer) {
  begun = line.split(" ");
  const next = longer.map((one) => `${legend(one.line.slice(line.length + 1))} ${one.element ? name(one.element) : said(one.line)}`);
  say(`${legend(line)} …   ${next.join("   ")}`);
}

// The words of what has no button stand in the list of keys.
function said(line) {
  return document.querySelector(`#keys [data-line="${line}"] dd`)?.textContent ?? "";
}

function forget() {
  clearTimeout(forgetting);
  begun = [];
  complete = false;
  hint.textContent = "";
}

function step(by) {
  const links = all(".trow-subject");
  const at = links.findIndex((link) => link.closest(".trow").contains(document.activeElement));
  links[Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
  return links.length > 0;
}

bind(["J", "ArrowDown"], () => step(1));
bind(["K", "ArrowUp"], () => step(-1));

document.addEventListener("keydown", (event) => {
  const field = event.target.closest?.(FIELDS);
  if (event.defaultPrevented || event.isComposing || event.altKey || MODIFIERS.test(event.key)) return;
  const key = stroke(event);
  if (document.querySelector("dialog[open]") || (event.repeat && !/^(J|K|Arrow.*)$/.test(key))) return;
  if (field && key === "Escape") field.blur();
  if (key === "Escape" && document.querySelector("[role=alertdialog]")) return; // it wants a choice
  if (field && !key.startsWith("Control+")) return;
  if (pressed(key, event.target)) event.preventDefault();
});
