// Keys: the letter on the key cap, whatever the layout

const all = (selector) => [...document.querySelectorAll(selector)];

export function letter(event) {
  if (/^[a-z]$/i.test(event.key)) return event.key.toUpperCase();
  if (/^(Key|Digit)/.test(event.code) && !(event.shiftKey && /^Digit/.test(event.code))) return event.code.replace(/^(Key|Digit)/, "");
  return { Slash: event.shiftKey ? "?" : "/", BracketLeft: "[", BracketRight: "]" }[event.code] ?? event.key;
}

function step(by) {
  const links = all(".trow-subject");
  const at = links.findIndex((link) => link.closest(".trow").contains(document.activeElement));
  const link = links[Math.min(Math.max(at + by, 0), links.length - 1)];
  link?.focus();
}

function press(key) {
  if (key === "J" || key === "K") return step(key === "J" ? 1 : -1);
  const target = all(`[aria-keyshortcuts="${CSS.escape(key)}"]`).find((element) => element.checkVisibility());
  if (!target) return false;
  if (target.matches("input")) target.focus();
  else if (target.matches(".tab[aria-current]")) document.querySelector("#reply")?.focus();
  else target.click();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  const form = event.target.closest?.("#composer");
  const command = event.ctrlKey || event.metaKey;
  if (form && command && event.key === "Enter") form.requestSubmit(form.querySelector("[data-send]"));
  if (command || event.altKey || event.repeat || event.target.matches?.("input:not([type=checkbox]), textarea, select")) return;
  if (press(letter(event)) !== false) event.preventDefault();
});
