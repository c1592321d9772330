// What is typed into form[data-keep] stays in this tab until the server has taken it: the next page then bears a newer
// data-said, the number of the last thing that the reader said there. A page that failed bears none, and changes nothing.

const keyOf = (form) => `draft ${form.getAttribute("action")} ${form.elements.kind?.value ?? ""}`;
const kept = (form) => JSON.parse(sessionStorage.getItem(keyOf(form)) ?? "null");
const keep = (form, draft) => sessionStorage.setItem(keyOf(form), JSON.stringify(draft));
const forget = (form) => sessionStorage.removeItem(keyOf(form));

for (const form of document.querySelectorAll("form[data-keep]")) {
  const { said } = form.dataset;
  const text = form.querySelector("textarea");
  const draft = kept(form);
  if (draft?.sent && draft.said !== said) forget(form);
  else if (draft && !text.value) text.value = draft.text;
  else if (draft && !draft.sent && text.value === form.dataset.inserted && !draft.text.endsWith(text.value)) {
    text.value = `${draft.text.trimEnd()}\n\n${text.value}`.trimStart(); // a macro's words come after what was typed
    keep(form, { ...draft, text: text.value });
  }
  text.addEventListener("input", () => keep(form, { text: text.value, said, sent: false }));
  form.addEventListener("submit", (event) => {
    if (event.submitter?.name === "discard") forget(form);
    else keep(form, { text: text.value, said, sent: true });
  });
}
