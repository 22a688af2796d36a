// Before and after, zoom, and what is drawn on the picture. Choices stay from picture to picture.
const chosen = { mode: "creative", zoom: "fit", layers: new Set() };
const calm = matchMedia("(prefers-reduced-motion: reduce)");
let flicker;

export function dress(item) {
  const canvas = item.querySelector(".canvas");
  const range = item.querySelector(".range");
  const has = (mode) => item.querySelector(`[data-mode="${mode}"]:is(button)`);
  if (!has(chosen.mode)) chosen.mode = "creative";
  item.addEventListener("click", (event) => {
    const { mode, zoom, layer } = event.target.closest("button")?.dataset ?? {};
    if (mode) chosen.mode = mode;
    if (zoom) chosen.zoom = zoom;
    if (layer) chosen.layers[chosen.layers.has(layer) ? "delete" : "add"](layer);
    if (mode || zoom || layer) apply(item);
  });
  range?.addEventListener("input", () => canvas.style.setProperty("--at", `${range.value}%`));
  apply(item);
}

function apply(item) {
  const canvas = item.querySelector(".canvas");
  canvas.dataset.mode = chosen.mode;
  canvas.dataset.zoom = chosen.zoom;
  const [width, height] = ["width", "height"].map((side) =>
    Number(item.querySelector(".after").getAttribute(side)));
  canvas.style.setProperty("--w", width);
  canvas.style.setProperty("--h", height);
  // One pixel of the picture on one, or three by three, of the screen.
  canvas.style.setProperty("--zoomed", `${(width * (Number(chosen.zoom) || 1)) / devicePixelRatio}px`);
  for (const button of item.querySelectorAll(".tools button")) {
    const { mode, zoom, layer } = button.dataset;
    const on = mode === chosen.mode || zoom === chosen.zoom || chosen.layers.has(layer);
    button.setAttribute("aria-pressed", String(on));
  }
  for (const veil of item.querySelectorAll(".veil"))
    veil.classList.toggle("on", chosen.layers.has(veil.dataset.veil));
  clearInterval(flicker);
  canvas.classList.remove("photo");
  // Twice a second at most: well below what may harm (WCAG 2.3.1); by hand where motion is unwanted.
  if (chosen.mode === "flicker") {
    canvas.classList.add("photo");
    if (!calm.matches) flicker = setInterval(() => canvas.classList.toggle("photo"), 600);
  }
}

const turn = (values, now) => values[(values.indexOf(now) + 1) % values.length];

export function nextMode(item) {
  const modes = [...item.querySelectorAll("[data-mode]:is(button)")].map((one) => one.dataset.mode);
  chosen.mode = turn(modes, chosen.mode);
  apply(item);
  if (chosen.mode === "slider") item.querySelector(".range").focus({ preventScroll: true });
  return chosen.mode;
}

export function nextZoom(item) {
  chosen.zoom = turn(["fit", "1", "3"], chosen.zoom);
  apply(item);
}

export function toggleLayers(item) {
  const all = [...item.querySelectorAll("[data-layer]")].map((one) => one.dataset.layer);
  chosen.layers = new Set(chosen.layers.size ? [] : all);
  apply(item);
}
