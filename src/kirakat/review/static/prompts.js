// What a refused preview or save says is shown where the person is.
import { say } from "./base.js";

document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  if (xhr.status === 401) return;
  const told = new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector(".lead");
  say(told?.textContent ?? "That did not work.", { warn: true });
});

// A save that is refused keeps what was written.
const form = document.querySelector("[data-prompt]");
form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form));
  const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
  if (answer.redirected) return location.assign(answer.url);
  const told = await answer.json().catch(() => ({}));
  return say(told.message ?? "It could not be saved.", { warn: true });
});
