// A snippet goes in where one types: "::", or "/" at the start of a line, opens the list, and what is chosen takes its place.

const text = document.querySelector("#composer #reply");
const list = document.querySelector("#composer #snippet");
const button = document.querySelector("#composer [name=insert]");
let begun = 0;

function typed() {
  const before = text.value.slice(0, text.selectionStart);
  return before.match(/::$/)?.[0] ?? (/(^|\n)\/$/.test(before) ? "/" : "");
}

function insert(words, id) {
  const used = Object.assign(document.createElement("input"), { type: "hidden", name: "used", value: id });
  list.form.append(used);
  text.setRangeText(words, text.selectionStart - begun, text.selectionEnd, "end");
  text.dispatchEvent(new Event("input", { bubbles: true }));
  text.focus();
  list.value = "";
  begun = 0;
}

if (text && list) {
  text.addEventListener("input", (event) => {
    begun = event.inputType?.startsWith("insert") ? typed().length : 0;
    if (begun) list.focus();
  });
  list.addEventListener("change", () => list.value && insert(list.selectedOptions[0].dataset.text, list.value));
  button.hidden = true;
}
