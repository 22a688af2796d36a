"use strict";
for (const range of document.querySelectorAll(".compare input")) {
  const show = () => range.closest(".frame").style.setProperty("--at", range.value + "%");
  range.addEventListener("input", show);
  show();
}
