// Back to the same row: a ticket's way back leads to the list it was opened from, and that list's row is at hand again.

const KEY = "list";

document.addEventListener("click", (event) => {
  const link = event.target.closest?.(".trow-subject");
  const row = link?.closest("[data-ticket]");
  if (row) sessionStorage.setItem(KEY, JSON.stringify({ url: location.pathname + location.search, row: row.id, top: scrollY }));
}, { capture: true });

function kept() {
  return JSON.parse(sessionStorage.getItem(KEY) ?? "null");
}

function leadBack() {
  const from = kept();
  const back = document.querySelector('a[aria-keyshortcuts~="U"]');
  if (from && back && /^\/tickets\/\d+$/.test(location.pathname)) back.href = from.url;
}

function comeBack() {
  const from = kept();
  if (!from || !document.querySelector(".trows") || from.url !== location.pathname + location.search) return;
  sessionStorage.removeItem(KEY);
  document.querySelector(`#${CSS.escape(from.row)} .trow-subject`)?.focus({ preventScroll: true });
  scrollTo({ top: from.top });
}

new MutationObserver(leadBack).observe(document.querySelector("#head") ?? document.head, { childList: true });
addEventListener("pageshow", () => {
  leadBack();
  comeBack();
});
