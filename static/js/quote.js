// Words selected in the talk are quoted where one writes: by R or N, or a click on the tab that is open, as often as one likes.
// What only staff see is quoted in notes alone.

const text = document.querySelector("#composer #reply");

function selected() {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return "";
  const around = selection.getRangeAt(0).commonAncestorContainer;
  const element = around.nodeType === Node.ELEMENT_NODE ? around : around.parentElement;
  const said = element.closest(".thread .msg .prose, .thread .msg .quote");
  const inside = said?.closest(".msg-note") && !text.closest(".is-note");
  return said && !inside ? selection.toString().trim() : "";
}

function quote() {
  const words = text ? selected() : "";
  if (!words) return false;
  const lines = words.split("\n").map((line) => `> ${line}`.trimEnd());
  const at = text.selectionEnd;
  const open = at > 0 && text.value[at - 1] !== "\n";
  text.setRangeText(`${open ? "\n" : ""}${lines.join("\n")}\n`, at, at, "end");
  text.dispatchEvent(new Event("input", { bubbles: true }));
  return true;
}

addEventListener("answering", quote); // by a key, which goes to the text by itself

document.addEventListener("click", (event) => {
  if (!event.target.closest?.("#composer .tab[aria-current]") || !quote()) return;
  event.preventDefault();
  text.focus();
});
