// One creative after the other: the next ones are fetched ahead, so that a key shows them at once.
import { post, say } from "./base.js";
import { dress, nextMode, nextZoom, toggleLayers } from "./compare.js";
import { hint, listen } from "./keys.js";
import { decisionOf, openReasons, takeReasonKey } from "./reasons.js";

const AHEAD = 3;
const single = document.querySelector("[data-single]");
const { root, query } = single.dataset;
const holder = document.getElementById("item");
// Keys, each with its picture's hash, in the order of the queue.
let keys = JSON.parse(document.getElementById("keys").textContent);
let at = keys.findIndex(([key]) => key === current().dataset.key);
const fetched = new Map();
const done = [];

function current() {
  return holder.querySelector(".item");
}

async function load(key) {
  const answer = await fetch(`${root}/${key}/part${query}`, { headers: { Accept: "text/html" } });
  if (!answer.ok) throw new Error(`${answer.status}`);
  const part = document.createElement("template");
  part.innerHTML = await answer.text();
  // Pictures begin to load, and are decoded, before they are shown.
  const pictures = [...part.content.querySelectorAll(".after, .before")].map((image) => {
    const ahead = new Image();
    ahead.src = image.getAttribute("src");
    return ahead.decode().then(() => ahead, () => ahead);
  });
  return { part, pictures: await Promise.all(pictures) };
}

function ahead() {
  const wanted = new Set([-1, 0, 1, 2, AHEAD].map((step) => keys[at + step]?.[0]).filter(Boolean));
  for (const key of fetched.keys()) if (!wanted.has(key)) fetched.delete(key);
  for (const key of wanted) {
    if (fetched.has(key)) continue;
    const coming = load(key);
    coming.catch(() => fetched.delete(key));
    fetched.set(key, coming);
  }
}

async function show(index) {
  if (index >= keys.length || index < 0) return finish();
  at = index;
  const [key] = keys[at];
  ahead();
  try {
    const { part } = await fetched.get(key);
    if (keys[at]?.[0] !== key) return undefined;
    holder.replaceChildren(part.content.cloneNode(true));
  } catch {
    say("This picture could not be loaded.", { warn: true, link: ["Try again", () => show(at)] });
    return undefined;
  }
  settle();
  return key;
}

// What is around the picture follows it.
function settle() {
  const item = current();
  dress(item);
  hint(item);
  item.querySelector("[data-undo]")?.toggleAttribute("disabled", !done.length);
  document.getElementById("place").textContent = `${at + 1} of ${keys.length}`;
  document.title = `${item.dataset.title} · Kirakat`;
  history.replaceState(null, "", `${root}/${item.dataset.key}${query}`);
  for (const [name, step] of [["previous", -1], ["next", 1]]) {
    const link = document.querySelector(`[data-${name}]`);
    const key = keys[at + step]?.[0];
    link.classList.toggle("off", !key);
    if (key) link.setAttribute("href", `${root}/${key}${query}`);
  }
  requestIdleCallback(strip);
}

function strip() {
  const first = Math.max(0, at - 2);
  const links = keys.slice(first, first + 24).map(([key, sha256], number) => {
    const link = document.createElement("a");
    link.href = `${root}/${key}${query}`;
    link.setAttribute("aria-label", `Picture ${first + number + 1}`);
    if (first + number === at) link.setAttribute("aria-current", "true");
    const image = Object.assign(new Image(), { alt: "", src: `/review/pictures/${sha256}/small` });
    link.append(image);
    link.addEventListener("click", (event) => {
      event.preventDefault();
      show(first + number);
    });
    return link;
  });
  document.getElementById("strip").replaceChildren(...links);
}

function finish() {
  if (at >= keys.length - 1 || !keys.length) location.assign(`${root}${query}`);
  return undefined;
}

async function decide({ verdict, reason, note }) {
  const item = current();
  const entry = keys[at];
  // Go on at once; what the store says comes after.
  keys = keys.filter((one) => one !== entry);
  const gone = keys.length ? show(Math.min(at, keys.length - 1)) : undefined;
  const fields = [["item", item.dataset.item], ["verdict", verdict], ["reason", reason], ["note", note]];
  let answer;
  try {
    answer = await post(`${root}/act`, fields);
  } catch {
    answer = { status: 0, message: "The service does not answer." };
  }
  await gone;
  const [outcome] = answer.outcomes ?? [];
  if (!outcome?.done) return warn(item, entry, outcome?.message ?? answer.message);
  done.push({ key: entry[0], event: outcome.event_id, entry });
  current().querySelector("[data-undo]")?.removeAttribute("disabled");
  say(`${item.dataset.title}: ${outcome.message}`, { link: ["Undo", undo] });
  if (!keys.length) location.assign(`${root}${query}`);
  return undefined;
}

function warn(item, entry, message) {
  const back = () => {
    fetched.delete(entry[0]);
    keys.splice(at, 0, entry);
    show(at);
  };
  say(`${item.dataset.title}: ${message}`, { warn: true, link: ["Look at it", back] });
}

async function undo() {
  const last = done.pop();
  if (!last) return say("There is nothing to take back.");
  const answer = await post(`${root}/undo`, [["key", last.key], ["event", last.event]]);
  if (answer.status !== 200) return say(answer.message, { warn: true });
  fetched.delete(last.key);
  keys.splice(at, 0, last.entry);
  await show(at);
  return say(`${current().dataset.title}: ${answer.outcomes[0].message}`);
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-acts]");
  if (!form) return;
  event.preventDefault();
  const decision = decisionOf(form, event.submitter);
  if (decision?.verdict) decide(decision);
});
document.addEventListener("click", (event) => {
  const step = event.target.closest("[data-next], [data-previous]");
  if (event.target.closest("[data-undo]")) undo();
  if (!step || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  show(at + ("next" in step.dataset ? 1 : -1));
});

const press = (selector) => () => current().querySelector(selector)?.click();
listen(
  {
    approve: press("[value=approve]"),
    reject: () => openReasons(current()),
    skip: press("[value=skip]"),
    undo,
    next: () => show(at + 1),
    previous: () => at && show(at - 1),
    compare: () => nextMode(current()),
    zoom: () => nextZoom(current()),
    layers: () => toggleLayers(current()),
    mask: press("[data-mask]"),
  },
  (event) => takeReasonKey(event, current()),
);
settle();
ahead();
