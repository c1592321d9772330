// The week of a calendar as a grid: hours are painted by dragging over them, and written into the field beside.
//
// data-week="mon"   a picture of 24 hours; the field of that name holds the text, and stays the truth

const HALF = 30;
const DAY = 1440;
const HOURS = /^(\d\d?):(\d\d)\s*[-–—]\s*(\d\d?):(\d\d)$/;
const SVG = "http://www.w3.org/2000/svg";
let stroke = null;

const field = (picture) => document.getElementById(picture.dataset.week);
const clock = (minute) => [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, "0")).join(":");

// Minutes of the day and of the night after it; null when the text cannot be read.
function minutes(text) {
  const open = new Array(2 * DAY).fill(false);
  for (const part of text.split(/[,;]/).map((one) => one.trim()).filter(Boolean)) {
    const found = HOURS.exec(part);
    if (!found) return null;
    const [opens, closes] = [found[1] * 60 + +found[2], found[3] * 60 + +found[4]];
    if (opens >= DAY || closes > DAY) return null;
    open.fill(true, opens, closes > opens ? closes : closes + DAY);
  }
  return open;
}

function windows(open) {
  const found = [];
  for (let i = 0; i < open.length; i++) {
    if (open[i] && !open[i - 1]) found.push([i, i]);
    if (open[i]) found.at(-1)[1] = i + 1;
  }
  return found;
}

// A window of a day or more would read as one that is a day shorter: it is told as two.
function shorter([start, end]) {
  if (end - start < DAY || (start === 0 && end === DAY)) return [[start, end]];
  const middle = Math.max(start, end - DAY) + HALF;
  return [[start, middle], [middle, end]];
}

// A window that begins after midnight belongs to the next day's field.
function text(open) {
  const told = windows(open).filter(([start]) => start < DAY).flatMap(shorter);
  return told.map(([start, end]) => `${clock(start)}-${clock(end > DAY ? end - DAY : end)}`).join(", ");
}

function draw(picture) {
  const open = minutes(field(picture).value);
  picture.classList.toggle("is-unknown", open === null);
  const bars = windows(open ?? []).filter(([start]) => start < DAY).map(([start, end]) => {
    const bar = document.createElementNS(SVG, "rect");
    for (const [name, value] of Object.entries({ x: start, y: 0, width: Math.min(end, DAY) - start, height: 10 })) bar.setAttribute(name, value);
    return bar;
  });
  picture.querySelector("[data-bars]").replaceChildren(...bars);
}

function cell(picture, event) {
  const box = picture.getBoundingClientRect();
  const at = Math.floor(((event.clientX - box.left) / box.width) * (DAY / HALF));
  return Math.max(0, Math.min(DAY / HALF - 1, at));
}

function paint(picture, event) {
  const [from, to] = [stroke.from, cell(picture, event)].sort((a, b) => a - b);
  const open = [...stroke.before].fill(stroke.value, from * HALF, (to + 1) * HALF);
  field(picture).value = text(open);
  field(picture).dispatchEvent(new Event("input", { bubbles: true }));
}

for (const picture of document.querySelectorAll("[data-week]")) {
  draw(picture);
  field(picture).addEventListener("input", () => draw(picture));
  picture.addEventListener("pointerdown", (event) => {
    const before = minutes(field(picture).value);
    if (!before) return;
    const from = cell(picture, event);
    stroke = { before, from, value: !before[from * HALF] };
    picture.setPointerCapture(event.pointerId);
    paint(picture, event);
  });
  picture.addEventListener("pointermove", (event) => stroke && paint(picture, event));
  for (const end of ["pointerup", "pointercancel"]) picture.addEventListener(end, () => (stroke = null));
}
