// data-copy="TEXT"  what a button copies; nothing means the address of this page.

import { say } from "./keys.js";

const hint = document.querySelector("#hint");

// Browsers lend the clipboard to pages by https and on this machine only; elsewhere it is done as by hand.
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = Object.assign(document.createElement("textarea"), { value: text });
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = button.dataset.copy || location.origin + location.pathname;
  await copy(text);
  say(hint.dataset.copied.replace("{text}", () => text));
});
