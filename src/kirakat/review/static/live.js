// The figures anew every ten seconds, unless somebody switched that off (WCAG 2.2.2) or looks away.
const EVERY = 10_000;
const PLACE = "kirakat.live";
const box = document.getElementById("live-on");
const live = document.getElementById("live");
const summary = document.getElementById("live-summary");
let open = [];
let focused = -1;

box.checked = localStorage.getItem(PLACE) !== "off";
box.addEventListener("change", () => localStorage.setItem(PLACE, box.checked ? "on" : "off"));

// Somebody who reads a table, or stands on a link, finds it again.
live.addEventListener("htmx:beforeSwap", () => {
  open = [...live.querySelectorAll("details[open]")].map((one) => one.id);
  focused = targets().indexOf(document.activeElement);
});

live.addEventListener("htmx:afterSwap", () => {
  for (const id of open) {
    const one = document.getElementById(id);
    if (one) one.open = true;
  }
  targets()[focused]?.focus({ preventScroll: true });
  tell();
});

function targets() {
  return [...live.querySelectorAll("a, summary, [tabindex]")];
}

// Said only when it is another text.
function tell() {
  const text = document.getElementById("live-told")?.dataset.summary ?? "";
  if (summary.textContent !== text) summary.textContent = text;
}

tell();
setInterval(() => {
  if (box.checked && document.visibilityState === "visible") window.htmx.trigger(live, "again");
}, EVERY);
