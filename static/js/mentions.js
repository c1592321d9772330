// "@" at the start of a word in a note opens the list of colleagues, and who is chosen takes its place as @login.

const text = document.querySelector("#composer #reply");
const list = document.querySelector("#composer #mention");
let begun = 0;

function insert() {
  text.setRangeText(`@${list.value} `, text.selectionStart - begun, text.selectionEnd, "end");
  back();
  text.dispatchEvent(new Event("input", { bubbles: true }));
}

function back() {
  [list.value, begun] = ["", 0];
  text.focus();
}

if (text && list) {
  text.addEventListener("input", (event) => {
    begun = event.data === "@" && /(^|\s)@$/.test(text.value.slice(0, text.selectionStart)) ? 1 : 0;
    if (begun) list.focus();
  });
  list.addEventListener("change", () => list.value && insert());
  list.addEventListener("keydown", (event) => event.key === "Escape" && back());
}
