// Single-letter keys: remappable, can be switched off, silent while somebody types (WCAG 2.1.4).
let USUAL = {
  approve: "a", reject: "r", skip: "s", undo: "u", next: "j", previous: "k", compare: "c",
  mask: "m", select: "x", zoom: "z", layers: "o", help: "?",
};
let NAMES = {
  approve: "Approve", reject: "Reject, then a reason", skip: "Skip", undo: "Undo",
  next: "Next", previous: "Previous", compare: "Compare with the photo", mask: "Mend the mask",
  select: "Select", zoom: "Zoom", layers: "Draw on the picture", help: "These keys",
};
const ARROWS = { ArrowRight: "next", ArrowLeft: "previous" };
const PLACE = "kirakat.keys";

const kept = JSON.parse(localStorage.getItem(PLACE) || "{}");
let on = kept.on !== false;
let slot = "map";
let map = { ...USUAL, ...kept.map };

// A page with keys of its own, kept apart: {name: [key, what it does]}; before `listen`.
export function use(own, place) {
  slot = place;
  USUAL = Object.fromEntries(Object.entries(own).map(([name, [key]]) => [name, key]));
  NAMES = Object.fromEntries(Object.entries(own).map(([name, [, label]]) => [name, label]));
  map = { ...USUAL, ...kept[slot] };
}

function keep() {
  kept[slot] = map;
  localStorage.setItem(PLACE, JSON.stringify({ ...kept, on }));
  document.documentElement.classList.toggle("keys-off", !on);
}

export const isTyping = (target) =>
  target.closest?.("textarea, select, [contenteditable], input:not([type=checkbox]):not([type=range])") != null;

const isBusy = (event) =>
  event.ctrlKey || event.altKey || event.metaKey || isTyping(event.target) ||
  document.querySelector("dialog[open]") != null;

// Call the handler of whatever key is pressed; `raw` sees it first and may take it.
export function listen(handlers, raw = () => false) {
  keep();
  hint();
  document.addEventListener("keydown", (event) => {
    if (isBusy(event) || raw(event)) return;
    if (!on) return;
    const arrow = event.target.closest?.("input[type=range], [data-zoom]:not([data-zoom=fit])");
    const wanted = ARROWS[event.key] && !arrow
      ? ARROWS[event.key]
      : Object.keys(map).find((name) => map[name] === event.key.toLowerCase());
    const act = wanted === "help" ? openHelp : handlers[wanted];
    if (!act) return;
    event.preventDefault();
    act(event);
  });
}

export const isOn = () => on;

// Show each button's key on it.
export function hint(root = document) {
  for (const button of root.querySelectorAll("[data-key]:is(button, summary)")) {
    button.querySelector("kbd")?.remove();
    const key = document.createElement("kbd");
    key.textContent = map[button.dataset.key]?.toUpperCase() ?? "";
    if (key.textContent) button.append(key);
  }
}

function openHelp() {
  const dialog = document.getElementById("help");
  if (!dialog) return;
  list();
  dialog.showModal();
}

function list() {
  document.getElementById("keys-on").checked = on;
  const rows = Object.entries(NAMES).flatMap(([name, label]) => {
    const term = document.createElement("dt");
    const value = document.createElement("dd");
    const field = document.createElement("input");
    field.value = map[name].toUpperCase();
    field.readOnly = true;
    field.setAttribute("aria-label", `Key for: ${label}`);
    field.addEventListener("keydown", (event) => choose(event, name));
    term.textContent = label;
    value.append(field);
    return [term, value];
  });
  document.getElementById("key-list").replaceChildren(...rows);
}

function choose(event, name) {
  if (event.key.length !== 1 || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  const key = event.key.toLowerCase();
  const other = Object.keys(map).find((item) => map[item] === key);
  if (other && other !== name) map[other] = map[name];
  map[name] = key;
  keep();
  list();
  hint();
  document.querySelectorAll("#key-list input")[Object.keys(NAMES).indexOf(name)].focus();
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-help]")) openHelp();
});
document.getElementById("keys-on")?.addEventListener("change", (event) => {
  on = event.target.checked;
  keep();
});
document.getElementById("keys-reset")?.addEventListener("click", () => {
  map = { ...USUAL };
  keep();
  list();
  hint();
});
