// One menu is open at a time: a press elsewhere or Esc closes it. data-focus="#ID" leads to a field, and opens what it lies in.

document.documentElement.dataset.scripts = "on";

const open = () => [...document.querySelectorAll("details.menu[open]")];

function close(except) {
  for (const menu of open()) if (!menu.contains(except)) menu.open = false;
}

function goTo(field) {
  for (let part = field?.parentElement; part; part = part.parentElement) if (part.matches("details")) part.open = true;
  field?.focus();
}

document.addEventListener("click", (event) => {
  close(event.target);
  const jump = event.target.closest("[data-focus]");
  if (!jump) return;
  event.preventDefault();
  goTo(document.querySelector(jump.dataset.focus));
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !open().length) return;
  event.preventDefault(); // it means no more than that
  document.activeElement.closest("details.menu[open]")?.querySelector("summary").focus();
  close();
});
