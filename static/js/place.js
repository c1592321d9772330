// Back to the same row: a ticket's way back leads to the list it was opened from, and that list's row is at hand again.
// data-step="1"  leads to the next ticket of that list, -1 to the one before.

const KEY = "list";

const keep = (list) => sessionStorage.setItem(KEY, JSON.stringify(list));
const kept = () => JSON.parse(sessionStorage.getItem(KEY) ?? "null");
const ticketHere = () => location.pathname.match(/^\/tickets\/(\d+)$/)?.[1];

document.addEventListener("click", (event) => {
  const row = event.target.closest?.(".trow-subject")?.closest("[data-ticket]");
  if (!row) return;
  const rows = [...document.querySelectorAll(".trows [data-ticket]")].map((one) => one.dataset.ticket);
  keep({ url: location.pathname + location.search, row: row.id, top: scrollY, rows });
}, { capture: true });

function lead() {
  const from = kept();
  const back = document.querySelector('a[aria-keyshortcuts~="U"]');
  if (!from || !back || !ticketHere()) return;
  back.href = from.url;
  const at = from.rows.indexOf(ticketHere());
  for (const link of document.querySelectorAll("[data-step]")) {
    const to = at < 0 ? undefined : from.rows[at + Number(link.dataset.step)];
    link.hidden = !to;
    if (to) link.href = `/tickets/${to}`;
  }
}

// Whoever goes on to another ticket of the list comes back to its row.
function follow() {
  const from = kept();
  if (from?.rows.includes(ticketHere())) keep({ ...from, row: `t${ticketHere()}` });
}

function comeBack() {
  const from = kept();
  if (!from || !document.querySelector(".trows") || from.url !== location.pathname + location.search) return;
  sessionStorage.removeItem(KEY);
  const link = document.querySelector(`#${CSS.escape(from.row)} .trow-subject`);
  scrollTo({ top: from.top });
  link?.focus({ preventScroll: true });
  link?.scrollIntoView({ block: "nearest" });
}

new MutationObserver(lead).observe(document.querySelector("#head") ?? document.head, { childList: true });
addEventListener("pageshow", () => {
  lead();
  follow();
  comeBack();
});
