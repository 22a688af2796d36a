// The grid by keyboard: J and K move, X selects, A, R and S act on what is selected, or focused.
import { post, say } from "./base.js";
import { hint, listen } from "./keys.js";
import { closeReasons, decisionOf, openReasons, takeReasonKey } from "./reasons.js";

const cards = () => [...document.querySelectorAll("[data-card]:not(.leaving)")];
const focused = () => document.activeElement?.closest("[data-card]");
const picked = () => cards().filter((card) => card.querySelector(".pick input")?.checked);
const done = [];

function move(step) {
  const all = cards();
  const now = focused();
  const next = now ? all[all.indexOf(now) + step] : all[0];
  next?.querySelector(".shot").focus();
  next?.scrollIntoView({ block: "nearest" });
}

// As many as stand in one row.
function row() {
  const tops = cards().map((card) => card.offsetTop);
  return tops.filter((top) => top === tops[0]).length || 1;
}

function select() {
  const box = focused()?.querySelector(".pick input");
  if (!box) return;
  box.checked = !box.checked;
  count();
}

function count() {
  const label = document.querySelector("[data-count]");
  if (label) label.textContent = `${picked().length} selected`;
}

// Nothing selected: the focused card is meant.
function target() {
  const chosen = picked();
  return chosen.length ? chosen : [focused()].filter(Boolean);
}

async function decide({ verdict, reason, note }) {
  const chosen = target();
  if (!chosen.length) return say("Select a picture first.");
  const after = cards()[cards().indexOf(chosen.at(-1)) + 1];
  const fields = chosen.map((card) => ["item", card.dataset.item]);
  fields.push(["verdict", verdict], ["reason", reason], ["note", note]);
  const answer = await post("/review/queue/act", fields);
  if (!answer.outcomes.length) return say(answer.message, { warn: true });
  const failed = answer.outcomes.filter((item) => !item.done);
  for (const item of answer.outcomes.filter((one) => one.done)) leave(item.key);
  done.push(answer.outcomes.filter((item) => item.done));
  after?.querySelector(".shot").focus();
  count();
  const told = `${answer.outcomes.length - failed.length} done.`;
  if (failed.length) return say(`${told} ${failed.length} not: ${failed[0].message}`, { warn: true });
  return say(chosen.length === 1 ? answer.outcomes[0].message : told, { link: ["Undo", undo] });
}

function leave(key) {
  const card = document.querySelector(`[data-card="${CSS.escape(key)}"]`);
  const box = card.querySelector(".pick input");
  if (box) box.checked = false;
  card.classList.add("leaving");
  setTimeout(() => card.remove(), 160);
  const total = document.querySelector(".head .count");
  total.textContent = Math.max(0, Number(total.textContent.replaceAll(",", "")) - 1).toLocaleString("en");
}

async function undo() {
  const last = done.pop();
  if (!last) return say("There is nothing to take back.");
  let failed = "";
  for (const { key, event_id: event } of last) {
    const answer = await post("/review/queue/undo", [["key", key], ["event", event]]);
    if (answer.status !== 200) failed = answer.message;
  }
  if (failed) return say(failed, { warn: true });
  location.reload();
  return undefined;
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-acts]");
  if (!form) return;
  event.preventDefault();
  const decision = decisionOf(form, event.submitter);
  if (!decision?.verdict) return;
  closeReasons(form);
  decide(decision);
});
document.addEventListener("change", count);
document.addEventListener("reset", () => setTimeout(count));
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-select-all]")) return;
  for (const card of cards()) card.querySelector(".pick input").checked = true;
  count();
});
document.addEventListener("htmx:afterSettle", () => {
  hint();
  count();
});

function reject() {
  if (!target().length) return say("Select a picture first.");
  // The menu stands in the bar of the selection.
  if (!picked().length) select();
  return openReasons(document.querySelector(".bulk"));
}

listen(
  {
    next: () => move(1),
    previous: () => move(-1),
    select,
    approve: () => decide({ verdict: "approve", reason: "", note: "" }),
    skip: () => decide({ verdict: "skip", reason: "", note: "" }),
    reject,
    undo,
  },
  (event) => {
    if (event.key === "ArrowDown" && focused()) return event.preventDefault(), move(row()), true;
    if (event.key === "ArrowUp" && focused()) return event.preventDefault(), move(-row()), true;
    const bulk = document.querySelector(".bulk");
    return bulk ? takeReasonKey(event, bulk) : false;
  },
);
