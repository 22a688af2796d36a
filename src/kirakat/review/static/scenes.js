// The geometry of a scene, by click on the picture or by number: both say the same.
import { say } from "./base.js";

const form = document.querySelector("[data-scene]");
const picture = form.querySelector("[data-picture]");
const image = picture.querySelector("img");
const point = picture.querySelector(".foot-point");
const value = (name) => form.elements[name].valueAsNumber || 0;
let sets = "support";

function show() {
  const [x, y, width] = [value("support_x"), value("support_y"), value("support_width")];
  const above = form.elements.from_above.checked;
  form.elements.horizon.disabled = above;
  picture.querySelector(".support").setAttribute("d", `M${x - width / 2} ${y}h${width}`);
  picture.querySelector(".horizon").setAttribute("d", above ? "" : `M0 ${value("horizon")}H100`);
  point.style.left = `${x}%`;
  point.style.top = `${y}%`;
  form.querySelector(".ray")?.setAttribute("transform", `rotate(${-value("azimuth")})`);
}

function put(name, number) {
  form.elements[name].value = Math.round(number * 10) / 10;
}

image.addEventListener("click", (event) => {
  const box = image.getBoundingClientRect();
  const x = (100 * (event.clientX - box.left)) / box.width;
  const y = (100 * (event.clientY - box.top)) / box.height;
  if (sets === "support") put("support_x", x);
  put(sets === "support" ? "support_y" : "horizon", y);
  show();
});

form.addEventListener("click", (event) => {
  const chosen = event.target.closest("[data-sets]");
  if (!chosen) return;
  sets = chosen.dataset.sets;
  for (const button of form.querySelectorAll("[data-sets]"))
    button.setAttribute("aria-pressed", String(button === chosen));
});

form.elements.picture.addEventListener("change", () => {
  const [file] = form.elements.picture.files;
  if (!file) return;
  URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(file);
  image.decode().then(
    () => picture.classList.remove("none"),
    () => say("This file is no picture.", { warn: true }),
  );
});

form.addEventListener("input", show);
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await fetch(form.action, {
    method: "POST", body: new FormData(form), headers: { Accept: "application/json" },
  });
  if (answer.redirected) return location.assign(answer.url);
  const told = await answer.json().catch(() => ({}));
  return say(told.message ?? "It could not be saved.", { warn: true });
});
show();
