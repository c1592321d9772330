// A picture that is pasted into the answer goes along as a file, and stands where it was pasted: ![its name].

const text = document.querySelector("#composer #reply");
const files = document.querySelector("#composer input[type=file]");

function take(picture) {
  const all = new DataTransfer();
  for (const file of files.files) all.items.add(file);
  const name = `picture-${all.items.length + 1}.${picture.type.slice(6).replace("jpeg", "jpg")}`;
  all.items.add(new File([picture], name, { type: picture.type }));
  files.files = all.files;
  text.setRangeText(`![${name}]`, text.selectionStart, text.selectionEnd, "end");
  text.dispatchEvent(new Event("input", { bubbles: true }));
}

text?.addEventListener("paste", (event) => {
  const pictures = [...event.clipboardData.files].filter((file) => /^image\/(png|jpeg|gif|webp)$/.test(file.type));
  if (!pictures.length || !files) return;
  event.preventDefault();
  pictures.forEach(take);
});
