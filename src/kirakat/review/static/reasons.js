// The menu of reasons: opened by the reject key, answered by 1 to 9, 0 and N, closed by Escape.
const menuIn = (root) => root.querySelector("[data-menu=reject]");

export function openReasons(root) {
  const menu = menuIn(root);
  if (!menu) return;
  menu.open = true;
  menu.querySelector("ul button").focus();
}

// Take a key that belongs to an open menu; true when it was one.
export function takeReasonKey(event, root) {
  const menu = menuIn(root);
  if (!menu?.open) return false;
  if (event.key === "Escape") {
    menu.open = false;
    menu.querySelector("summary").focus();
    return true;
  }
  const chosen = menu.querySelector(`[data-reason="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!chosen) return false;
  event.preventDefault();
  chosen.click();
  return true;
}

// What a pressed submit button says; null when a note is still missing.
export function decisionOf(form, button) {
  const note = form.querySelector("[name=note]")?.value.trim() ?? "";
  if (button?.name !== "reason") return { verdict: button?.value ?? "", reason: "", note: "" };
  if ("needsNote" in button.dataset && !note) {
    form.querySelector("[name=note]").focus();
    return null;
  }
  return { verdict: "reject", reason: button.value, note };
}

export function closeReasons(root) {
  const menu = menuIn(root);
  if (menu) menu.open = false;
}

// Escape inside the note closes too; a click elsewhere as well.
document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("[data-menu]");
  if (event.key === "Escape" && menu?.open) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("[data-menu][open]"))
    if (!menu.contains(event.target)) menu.open = false;
});
