// Who else is at a ticket. [data-presence="URL"] is a ticket's page, which says every fifteen seconds that it is open and
// whether somebody writes in it; what the stream tells of others is shown in the list and in the ticket.

const BEAT = 15_000;
const WRITES = 20_000;

const page = document.querySelector("[data-presence]");
const tab = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
const token = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["X-CSRFToken"];
let typedAt = -Infinity;
let said = "";
let saidAt = -Infinity;

function who([state, name]) {
  const one = document.querySelector(`template[data-who="${state}"]`).content.firstElementChild.cloneNode(true);
  one.title = one.title.replace("{name}", name);
  one.lastChild.data = one.lastChild.data.replace("{name}", name.split(" ")[0]);
  return one;
}

function show(number, people) {
  for (const place of document.querySelectorAll(`.trow[data-ticket="${number}"] .trow-who, .head-who[data-here="${number}"]`)) {
    place.replaceChildren(...people.map(who));
  }
}

async function say(state) {
  [said, saidAt] = [state, Date.now()];
  const body = new URLSearchParams({ csrf_token: token, tab, state });
  const asked = { method: "POST", body, keepalive: true, redirect: "manual", headers: { "HX-Request": "true" } };
  try {
    const answer = await fetch(page.dataset.presence, asked);
    if (answer.ok && state !== "gone") show(page.dataset.number, await answer.json());
  } catch (problem) {
    if (!(problem instanceof TypeError)) throw problem; // no connection: the next beat says it again
  }
}

function beat() {
  const state = Date.now() - typedAt < WRITES ? "writing" : "reading";
  if (!document.hidden && (state !== said || Date.now() - saidAt >= BEAT)) say(state);
}

addEventListener("presence", ({ detail }) => {
  const [number, people] = detail.split(/ (.*)/s);
  show(number, JSON.parse(people));
});

if (page) {
  document.querySelector("#composer")?.addEventListener("input", () => {
    typedAt = Date.now();
    beat();
  });
  addEventListener("pagehide", () => say("gone"));
  addEventListener("pageshow", beat);
  document.addEventListener("visibilitychange", beat);
  setInterval(beat, 1000);
}
