// Choosing rows: X the row at hand, Shift-X or a click with Shift up to it, * A all of them, Esc none.
// data-picked  says how many are chosen, in the words of data-one, data-few and data-many ({n} is the number).

import { bind } from "./keys.js";

const boxes = () => [...document.querySelectorAll("#selected .trow-check input[type=checkbox]")];
const plural = new Intl.PluralRules(document.documentElement.lang || "en");
let last = "";

function atHand() {
  return document.activeElement?.closest?.("#selected .trow")?.querySelector(".trow-check input[type=checkbox]");
}

function pick(box, on, upTo) {
  if (!box) return false;
  const all = boxes();
  const from = upTo ? all.findIndex((one) => one.value === last) : -1;
  const to = all.indexOf(box);
  const some = from < 0 ? [box] : all.slice(Math.min(from, to), Math.max(from, to) + 1);
  for (const one of some) one.checked = on;
  last = box.value;
  told();
}

function told() {
  const count = boxes().filter((box) => box.checked).length;
  for (const words of document.querySelectorAll("[data-picked]")) {
    words.textContent = (words.dataset[plural.select(count)] ?? words.dataset.many).replace("{n}", count);
  }
}

function choose(on) {
  for (const box of boxes()) box.checked = on;
  told();
  return boxes().length > 0;
}

// Enter opens the row whose box is at hand too.
function open() {
  const row = document.activeElement?.closest?.(".trow-check")?.closest(".trow");
  row?.querySelector(".trow-subject").click();
  return Boolean(row);
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-pick-none]")) choose(false);
  const box = event.target.closest?.("#selected .trow-check input[type=checkbox]");
  if (box) pick(box, box.checked, event.shiftKey);
});

bind(["X"], () => pick(atHand(), !atHand()?.checked));
bind(["Shift+X"], () => pick(atHand(), true, true));
bind(["* A"], () => choose(true));
bind(["Enter"], open);

addEventListener("pageshow", told);
