// The mask editor: a matte as a veil over the photo, drawn on at the photo's full resolution.
import { say, signIn } from "./base.js";
import { decode, encode } from "./grey_png.js";
import { hint, isOn, isTyping, listen, use } from "./keys.js";
import * as alter from "./matte.js";

const editor = document.querySelector("[data-editor]");
const { photo, start, address } = editor.dataset;
const [width, height] = [editor.dataset.width, editor.dataset.height].map(Number);
const board = editor.querySelector(".board");
const frame = editor.querySelector(".photo");
const veil = editor.querySelector("canvas");
const pen = editor.querySelector(".pen");
const context = veil.getContext("2d");
const matte = { width, height, data: new Uint8Array(width * height) };
const state = {
  tool: "brush", view: "overlay", zoom: 1, size: Math.max(4, Math.round(Math.max(width, height) / 40)),
  model: editor.dataset.model || "person", seen: editor.dataset.seen, isClean: true, hasMatte: false,
};
// Colour and strength of the veil over what is no product.
const VEILS = { overlay: [190, 24, 110, 0.52], white: [255, 255, 255, 1], black: [0, 0, 0, 1] };
const MOST_KEPT = 256e6;
const SPECK = 0.0002;
const done = [];
const undone = [];
const field = (name) => editor.querySelector(`[data-field="${name}"]`);
const number = (name) => {
  const input = field(name);
  const value = input.valueAsNumber;
  if (input.checkValidity() && Number.isFinite(value)) return value;
  input.reportValidity();
  return null;
};

// Showing

function paint([left, top, wide, high]) {
  const [red, green, blue, strength] = VEILS[state.view];
  for (let from = top; from < top + high; from += 256) {
    const rows = Math.min(256, top + high - from);
    const part = context.createImageData(wide, rows);
    for (let y = 0, at = 0; y < rows; y++)
      for (let x = 0, row = (from + y) * width + left; x < wide; x++, at += 4) {
        part.data[at] = red;
        part.data[at + 1] = green;
        part.data[at + 2] = blue;
        part.data[at + 3] = (255 - matte.data[row + x]) * strength;
      }
    context.putImageData(part, left, from);
  }
}

function press(group, value) {
  for (const button of editor.querySelectorAll(`button[data-${group}]`))
    button.setAttribute("aria-pressed", String(button.dataset[group] === value));
}

function choose(tool) {
  state.tool = tool;
  board.dataset.tool = tool;
  press("tool", tool);
}

function look(view) {
  state.view = view;
  press("view", view);
  paint(alter.whole(matte));
}

const fitting = () =>
  Math.min((board.clientWidth - 24) / width, (board.clientHeight - 24) / height);

// The point under `at` (of the window) stays where it is.
function zoom(factor, at = null) {
  const before = frame.getBoundingClientRect();
  const view = board.getBoundingClientRect();
  const [x, y] = at ?? [view.left + view.width / 2, view.top + view.height / 2];
  const [u, v] = [(x - before.left) / before.width, (y - before.top) / before.height];
  state.zoom = Math.min(16, Math.max(Math.min(fitting(), 0.05), factor));
  frame.style.width = `${width * state.zoom}px`;
  frame.classList.toggle("pixels", state.zoom * devicePixelRatio > 2.5);
  const after = frame.getBoundingClientRect();
  board.scrollLeft += after.left + u * after.width - x;
  board.scrollTop += after.top + v * after.height - y;
  editor.querySelector("[data-zoomed]").textContent = `${Math.round(state.zoom * 100)} %`;
}

function resize(size) {
  state.size = Math.min(2000, Math.max(1, Math.round(size)));
  field("size").value = state.size;
  pen.style.width = `${state.size * state.zoom}px`;
}

// Changing

function crop(data, [left, top, wide, high]) {
  const part = new Uint8Array(wide * high);
  for (let y = 0; y < high; y++) {
    const from = (top + y) * width + left;
    part.set(data.subarray(from, from + wide), y * wide);
  }
  return part;
}

function lay(part, [left, top, wide, high]) {
  for (let y = 0; y < high; y++)
    matte.data.set(part.subarray(y * wide, (y + 1) * wide), (top + y) * width + left);
}

function remember(before, box) {
  done.push({ box, part: crop(before, box) });
  undone.length = 0;
  for (let sum = 0, at = done.length - 1; at >= 0; at--) {
    sum += done[at].part.length;
    if (sum > MOST_KEPT) {
      done.splice(0, at + 1);
      break;
    }
  }
  changed();
}

function change(act, told) {
  const before = matte.data.slice();
  const box = act(matte);
  if (!box) return say("That lies outside the photo.", { warn: true });
  remember(before, box);
  paint(box);
  if (told) say(told);
  return box;
}

function step(from, to, empty, told) {
  const last = from.pop();
  if (!last) return say(empty);
  to.push({ box: last.box, part: crop(matte.data, last.box) });
  lay(last.part, last.box);
  paint(last.box);
  changed();
  return say(told);
}

function changed() {
  state.isClean = !done.length;
  editor.querySelector("[data-act=undo]").disabled = !done.length;
  editor.querySelector("[data-act=redo]").disabled = !undone.length;
  editor.querySelector("[data-act=save]")?.toggleAttribute("disabled", !state.hasMatte && !done.length);
  clearTimeout(changed.timer);
  changed.timer = setTimeout(list, 250);
}

async function take(source, model, isFirst = false) {
  try {
    const data = await decode(source, width, height);
    state.model = model;
    state.hasMatte = true;
    if (isFirst) {
      matte.data.set(data);
      paint(alter.whole(matte));
      changed();
    } else {
      change(() => (matte.data.set(data), alter.whole(matte)), `Mask of ${model} taken.`);
    }
  } catch {
    say("That mask could not be loaded.", { warn: true });
  }
}

// Objects

let objects = [];

function list() {
  const found = alter.parts(matte);
  objects = found.filter((part) => part.area >= SPECK * width * height).slice(0, 12);
  const specks = found.length - objects.length;
  const rows = objects.map((part, index) => {
    const row = document.createElement("li");
    const label = document.createElement("label");
    const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: true });
    box.dataset.object = index;
    const share = (100 * part.area) / (width * height);
    label.append(box, ` ${index + 1}: ${share < 1 ? share.toFixed(2) : share.toFixed(0)} % of the photo, ${where(part)}`);
    row.append(label);
    for (const event of ["pointerenter", "focusin"]) row.addEventListener(event, () => mark(part));
    for (const event of ["pointerleave", "focusout"]) row.addEventListener(event, () => mark(null));
    return row;
  });
  if (!rows.length) rows.push(Object.assign(document.createElement("li"), { textContent: "Nothing is marked yet." }));
  editor.querySelector("[data-objects]").replaceChildren(...rows);
  editor.querySelector("[data-specks]").textContent = specks ? `and ${specks} specks` : "";
}

function where(part) {
  const x = (part.left + part.right) / 2 / width;
  const y = (part.top + part.bottom) / 2 / height;
  const across = x < 0.4 ? "left" : x > 0.6 ? "right" : "";
  const down = y < 0.4 ? "top" : y > 0.6 ? "bottom" : "";
  return `${down} ${across}`.trim() || "middle";
}

function mark(part) {
  const box = editor.querySelector(".mark-box");
  box.hidden = !part;
  if (!part) return;
  for (const [name, value, all] of [
    ["left", part.left, width], ["top", part.top, height],
    ["width", part.right - part.left, width], ["height", part.bottom - part.top, height],
  ]) box.style[name] = `${(100 * value) / all}%`;
}

function keepChecked() {
  const boxes = [...editor.querySelectorAll("[data-object]")];
  if (!boxes.length) return say("Nothing is marked yet.");
  const kept = objects.filter((_, index) => boxes[index]?.checked);
  return change((one) => alter.keep(one, kept), `${kept.length} of ${objects.length} objects kept.`);
}

function keepAt(point) {
  const part = alter.parts(matte).find((one) =>
    one.runs.some((run) => run.y === Math.floor(point.y) && run.start <= point.x && point.x < run.end));
  if (!part) return say("There is no marked object there.");
  return change((one) => alter.keep(one, [part]), "This object alone is kept.");
}

// Pointers

const pointOf = (event) => {
  const box = veil.getBoundingClientRect();
  return {
    x: ((event.clientX - box.left) / box.width) * width,
    y: ((event.clientY - box.top) / box.height) * height,
  };
};
let drag = null;
let isSpace = false;

function begin(event) {
  if (event.button === 2 || (event.pointerType === "touch" && !event.isPrimary)) return;
  const hand = state.tool === "hand" || event.button === 1 || isSpace;
  const at = pointOf(event);
  if (!hand && state.tool === "keep") return void keepAt(at);
  event.preventDefault();
  veil.setPointerCapture(event.pointerId);
  const scroll = [event.clientX + board.scrollLeft, event.clientY + board.scrollTop];
  drag = hand ? { scroll } : { at, before: matte.data.slice(), boxes: [] };
  if (!hand) draw(at);
}

function draw(to) {
  const box = alter.stroke(matte, drag.at, to, state.size / 2, state.tool === "brush");
  drag.at = to;
  if (!box) return;
  drag.boxes.push(box);
  paint(box);
}

function go(event) {
  const box = frame.getBoundingClientRect();
  pen.style.left = `${event.clientX - box.left}px`;
  pen.style.top = `${event.clientY - box.top}px`;
  pen.style.width = `${state.size * state.zoom}px`;
  if (!drag) return;
  if (drag.scroll) {
    board.scrollLeft = drag.scroll[0] - event.clientX;
    board.scrollTop = drag.scroll[1] - event.clientY;
    return;
  }
  const all = event.getCoalescedEvents?.() ?? [];
  for (const one of all.length ? all : [event]) draw(pointOf(one));
}

function end() {
  const { boxes, before } = drag ?? {};
  drag = null;
  if (!boxes?.length) return;
  const left = Math.min(...boxes.map((box) => box[0]));
  const top = Math.min(...boxes.map((box) => box[1]));
  const right = Math.max(...boxes.map((box) => box[0] + box[2]));
  const bottom = Math.max(...boxes.map((box) => box[1] + box[3]));
  remember(before, [left, top, right - left, bottom - top]);
}

veil.addEventListener("pointerdown", begin);
veil.addEventListener("pointermove", go);
veil.addEventListener("pointerup", end);
veil.addEventListener("pointercancel", end);
board.addEventListener("wheel", (event) => {
  if (!event.ctrlKey && !event.metaKey) return;
  event.preventDefault();
  zoom(state.zoom * Math.exp(-event.deltaY / 300), [event.clientX, event.clientY]);
}, { passive: false });

// Saving

async function save() {
  const button = editor.querySelector("[data-act=save]");
  if (!button || button.disabled) return;
  button.disabled = true;
  say("Saving…");
  const body = new FormData();
  body.append("matte", await encode(matte), "matte.png");
  body.append("model", state.model);
  body.append("seen", state.seen);
  const headers = {
    Accept: "application/json",
    "X-CSRF-Token": document.querySelector("meta[name=csrf]").content,
  };
  try {
    const answer = await fetch(`${address}/save`, { method: "POST", body, headers });
    if (answer.status === 401) return void signIn();
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.message);
    state.seen = String(told.seen);
    state.isClean = true;
    done.length = undone.length = 0;
    changed();
    say(told.message, { link: ["Back to the queue", () => location.assign("/review/queue")] });
  } catch (error) {
    say(error.message || "The service does not answer.", { warn: true });
  } finally {
    button.disabled = false;
  }
}

// Buttons, keys, parts that come later

const acts = {
  undo: () => step(done, undone, "There is nothing to take back.", "Taken back."),
  redo: () => step(undone, done, "There is nothing to do again.", "Done again."),
  save,
  fit: () => zoom(fitting()),
  full: () => zoom(1 / devicePixelRatio),
  in: () => zoom(state.zoom * 1.4),
  out: () => zoom(state.zoom / 1.4),
  smaller: () => resize(state.size / 1.25 - 0.5),
  larger: () => resize(state.size * 1.25 + 0.5),
  grow: () => by("grow", (pixels) => change((one) => alter.grow(one, pixels), `Grown by ${pixels} pixels.`)),
  shrink: () => by("grow", (pixels) => change((one) => alter.grow(one, -pixels), `Shrunk by ${pixels} pixels.`)),
  feather: () => by("feather", (pixels) => change((one) => alter.feather(one, pixels), `Feathered by ${pixels} pixels.`)),
  add: () => block(true),
  remove: () => block(false),
  keep: keepChecked,
  invert: () => change(alter.invert, "Inverted."),
  clear: () => change((one) => alter.fill(one, 0), "Cleared."),
};

const by = (name, act) => {
  const pixels = number(name);
  if (pixels !== null) act(pixels);
};

function block(adds) {
  const [x, y, wide, high] = ["x", "y", "width", "height"].map(number);
  if ([x, y, wide, high].includes(null)) return;
  change((one) => alter.rectangle(one, x, y, wide, high, adds), `Rectangle ${adds ? "added" : "removed"}.`);
}

editor.addEventListener("click", (event) => {
  const { act, tool, view, matte: earlier, model } = event.target.closest("button")?.dataset ?? {};
  if (act) acts[act]();
  if (tool) choose(tool);
  if (view) look(view);
  if (earlier) take(earlier, model);
  const offer = event.target.closest("[data-take-matte]")?.closest("[data-src]");
  if (offer) take(offer.dataset.src, offer.dataset.model);
});
field("size").addEventListener("change", () => resize(number("size") ?? state.size));
document.addEventListener("htmx:afterSettle", () => {
  const offer = editor.querySelector("[data-first] [data-src]");
  if (!offer || state.hasMatte) return;
  state.hasMatte = true;
  if (!done.length) take(offer.dataset.src, offer.dataset.model, true).then(() => say("The product was found: mend what is wrong."));
});
addEventListener("beforeunload", (event) => {
  if (!state.isClean) event.preventDefault();
});
addEventListener("resize", () => state.zoom < fitting() && zoom(fitting()));

use({
  brush: ["b", "Brush: add to the product"], eraser: ["e", "Eraser: take away"],
  keep: ["k", "Keep the object that is clicked"], hand: ["h", "Hand: move the photo"],
  smaller: ["[", "Smaller brush"], larger: ["]", "Larger brush"], view: ["v", "Overlay, white, black"],
  in: ["+", "Zoom in"], out: ["-", "Zoom out"], fit: ["0", "Whole photo"], full: ["1", "Pixel by pixel"],
  undo: ["u", "Undo"], redo: ["y", "Redo"], save: ["s", "Save"], help: ["?", "These keys"],
}, "mask");
const views = Object.keys(VEILS);
listen(
  {
    ...acts,
    brush: () => choose("brush"), eraser: () => choose("eraser"),
    keep: () => choose("keep"), hand: () => choose("hand"),
    view: () => look(views[(views.indexOf(state.view) + 1) % views.length]),
  },
  (event) => {
    if (event.key !== " " || ![board, document.body].includes(event.target)) return false;
    event.preventDefault();
    isSpace = true;
    return true;
  },
);
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || isTyping(event.target) || event.altKey) return;
  if (event.key.toLowerCase() !== "z") return;
  event.preventDefault();
  acts[event.shiftKey ? "redo" : "undo"]();
});
document.addEventListener("keyup", () => (isSpace = false));

veil.width = width;
veil.height = height;
choose("brush");
look("overlay");
zoom(fitting());
resize(state.size);
hint();
changed();
if (start) take(start, state.model, true);
document.documentElement.classList.toggle("keys-off", !isOn());
editor.dataset.ready = photo;
