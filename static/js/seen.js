// What came in while one writes counts as read once it was in sight for a while and one went on writing after it:
// then the answer is sent without asking. Without this the send guard asks.

const LONG_ENOUGH = 3000;

const thread = document.querySelector("#thread");
const seen = document.querySelector("#composer [name=seen]");
const since = new Map();
const read = new Set();

function watch() {
  watcher.disconnect();
  for (const message of thread.querySelectorAll(".msg[data-new]")) watcher.observe(message);
}

function looked(entries) {
  for (const { target, isIntersecting } of entries) {
    const before = since.get(target.id);
    if (!isIntersecting) since.delete(target.id);
    else if (before === undefined) since.set(target.id, Date.now());
  }
}

function dwell() {
  const idle = document.hidden || !document.hasFocus();
  for (const [id, at] of since) {
    if (idle) since.set(id, Date.now());
    else if (Date.now() - at >= LONG_ENOUGH) read.add(id);
  }
  for (const message of thread.querySelectorAll(".msg[data-new]")) message.toggleAttribute("data-read", read.has(message.id));
}

// Up to the first that was not read.
function wroteOn() {
  for (const { id } of thread.querySelectorAll(".msg[data-new]")) {
    if (!read.has(id)) return;
    seen.value = Math.max(seen.value, id.slice(1));
  }
}

let watcher;
if (thread && seen) {
  const under = document.querySelector(".composer").offsetHeight;
  watcher = new IntersectionObserver(looked, { rootMargin: `0px 0px -${under}px 0px`, threshold: .5 });
  new MutationObserver(watch).observe(thread, { childList: true });
  watch();
  setInterval(dwell, 250);
  document.querySelector("#composer").addEventListener("input", wroteOn);
}
