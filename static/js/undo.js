// data-countdown="ISO"  the seconds until then, in the words of data-words; the sentence beside it is for who has no scripts.

const root = document.documentElement;
const ahead = root.dataset.now ? Date.parse(root.dataset.now) - Date.now() : 0;

function count() {
  for (const element of document.querySelectorAll("[data-countdown]")) {
    const left = Math.ceil((Date.parse(element.dataset.countdown) - Date.now() - ahead) / 1000);
    const words = element.dataset.words.replace("{n}", Math.max(left, 0));
    if (element.parentElement.firstChild !== element) element.parentElement.replaceChildren(element);
    if (element.textContent !== words) element.textContent = words;
  }
}

setInterval(count, 250);
