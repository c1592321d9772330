// Ctrl K: everything that can be pressed on this page, every place to go, and any ticket by its number. ?: the keys that work here.

import { legend, name, table, usable, use } from "./keys.js";

const PLACES = ".rail > a:not(.brand), .rail-me .menu-pop :is(a, button), .side .views a";
const ACTIONS = "main :is(.btn, .tab, summary, .menu-pop a, .menu-pop button, [aria-keyshortcuts])";
const ASKING = "input:not([type=hidden], [type=checkbox]), textarea, select";
const CAPS = ["qwertyuiop[]asdfghjkl;'zxcvbnm,.", "йцукенгшщзхъфывапролджэячсмитьбю"];
const [palette, keys] = ["#palette", "#keys"].map((id) => document.querySelector(id));
const field = palette?.querySelector("input");
const list = palette?.querySelector("ul");
let offered = [];
let shown = [];
let at = 0;

const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const made = (tag, more, ...inside) => {
  const element = Object.assign(document.createElement(tag), more);
  element.append(...inside);
  return element;
};

// ---------- what there is

// A form that asks for something is sent from where it is filled in, so its button counts only while that is seen.
function ready(element) {
  const { form } = element;
  const asks = form && !form.matches("#composer, #selected, .aside") && all(ASKING, form).length;
  return usable(element) && !element.closest(".trow") && (!asks || (element.checkVisibility() && form.checkValidity()));
}

function commands() {
  const known = table().filter((one) => one.element);
  const key = (element) => known.find((one) => one.element === element)?.line;
  const found = new Map();
  for (const element of [...all(ACTIONS), ...all(PLACES)].filter(ready)) {
    const words = name(element);
    if (words && !found.has(words)) found.set(words, { words, key: key(element), element, run: () => press(words) });
  }
  return [...found.values()];
}

// What was listed may have been replaced by news meanwhile; what bears its name now is pressed.
function press(words) {
  const now = commands().find((one) => one.words === words);
  if (now) use(now.element);
}

const plain = (text) => text.toLowerCase().replaceAll("ё", "е");
const typedOn = (text, from, to) => [...text].map((letter) => to[from.indexOf(letter)] ?? letter).join("");

// What was typed, and the same typed while the keyboard was switched to the other alphabet.
function readings(text) {
  return [plain(text), plain(typedOn(text.toLowerCase(), CAPS[0], CAPS[1])), typedOn(text.toLowerCase(), CAPS[1], CAPS[0])];
}

function matching(text) {
  const asked = readings(text).map((one) => one.split(/\s+/));
  const fits = ({ words }) => asked.some((parts) => parts.every((part) => plain(words).includes(part)));
  const begins = ({ words }) => asked.some(([part]) => plain(words).startsWith(part));
  const found = offered.filter(fits);
  return [...found.filter(begins), ...found.filter((one) => !begins(one))];
}

function elsewhere(text) {
  const { tickets, open, lookup, search } = palette.dataset;
  const number = text.replace(/[#№\s]/g, "");
  const go = (url) => () => location.assign(url);
  const one = /^\d{1,12}$/.test(number) && { words: open.replace("{n}", number), run: go(tickets.replace(/0$/, number)) };
  return [one, { words: search.replace("{q}", text), run: go(`${lookup}?q=${encodeURIComponent(text)}`) }];
}

// ---------- the list under the field

function show() {
  const text = field.value.trim();
  const [ticket, search] = text ? elsewhere(text) : [];
  shown = [ticket, ...matching(text), search].filter(Boolean);
  list.replaceChildren(...shown.map(option));
  palette.querySelector("[role=status]").textContent = text ? palette.dataset.found.replace("{n}", shown.length) : "";
  move(0);
}

function option({ words, key }, index) {
  const cap = key ? [made("kbd", { className: "key push" }, legend(key))] : [];
  const element = made("li", { id: `command-${index}`, role: "option" }, made("span", { className: "clip" }, words), ...cap);
  element.addEventListener("click", () => run(index));
  return element;
}

function move(to) {
  at = shown.length ? (to + shown.length) % shown.length : 0;
  for (const [index, one] of [...list.children].entries()) one.ariaSelected = String(index === at);
  field.setAttribute("aria-activedescendant", shown.length ? `command-${at}` : "");
  list.children[at]?.scrollIntoView({ block: "nearest" });
}

function run(index) {
  palette.close();
  shown[index]?.run();
}

function typed(event) {
  const moves = { ArrowDown: () => move(at + 1), ArrowUp: () => move(at - 1), Enter: () => run(at) };
  if (event.isComposing || !moves[event.key]) return;
  event.preventDefault();
  moves[event.key]();
}

// ---------- the keys

// A digit is said with the key of its menu.
function line({ line: one, element }) {
  const menu = /^\d$/.test(one) && element.closest("details.menu")?.querySelector("summary[aria-keyshortcuts]");
  return legend(menu ? `${menu.getAttribute("aria-keyshortcuts")} ${one}` : one);
}

function listed() {
  const rows = new Map();
  const taken = new Set();
  for (const one of table().filter(({ element }) => element && usable(element))) {
    if (taken.has(line(one))) continue;
    taken.add(line(one));
    rows.set(one.element, [...(rows.get(one.element) ?? []), line(one)]);
  }
  const row = ([element, lines]) => made("div", {}, made("dt", {}, lines.join(", ")), made("dd", {}, name(element)));
  for (const here of [true, false]) {
    const some = [...rows].filter(([element]) => Boolean(element.closest("main")) === here);
    keys.querySelector(here ? "[data-here]" : "[data-everywhere]").replaceChildren(...some.map(row));
  }
  for (const part of all("[data-when]", keys)) part.hidden = !document.querySelector(part.dataset.when);
  for (const part of all("section", keys)) part.hidden = !part.querySelector("dl > :not([hidden])");
}

function open(dialog) {
  for (const menu of all("details.menu[open]")) menu.open = false;
  if (dialog === keys) listed();
  else offered = commands();
  field.value = "";
  show();
  dialog.showModal();
  if (dialog === palette) field.focus();
}

if (palette) {
  field.addEventListener("input", show);
  field.addEventListener("keydown", typed);
  document.addEventListener("click", (event) => {
    const dialog = event.target.closest("[data-dialog]")?.dataset.dialog;
    if (dialog) open(document.querySelector(dialog));
    else if (event.target.matches("dialog.dialog")) event.target.close();
  });
}
