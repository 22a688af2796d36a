// What every page needs: clean addresses, messages, and posts that carry the page's token.

document.addEventListener("htmx:configRequest", (event) => {
  const values = event.detail.parameters;
  for (const name of Object.keys(values)) if (values[name] === "") delete values[name];
});

// A session that has run out: to the sign-in page, and back to here.
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status === 401) signIn();
});

export function signIn() {
  const here = location.pathname + location.search;
  location.assign(`/review/login?next=${encodeURIComponent(here)}`);
}

let timer;

// Tell people and screen readers; `link` is an optional [text, handler].
export function say(text, { warn = false, link = null } = {}) {
  const box = document.getElementById(warn ? "warned" : "said");
  const other = document.getElementById(warn ? "said" : "warned");
  other.replaceChildren();
  box.replaceChildren(text);
  if (link) {
    const anchor = Object.assign(document.createElement("a"), { href: "#", textContent: link[0] });
    anchor.addEventListener("click", (event) => {
      event.preventDefault();
      box.replaceChildren();
      link[1]();
    });
    box.append(anchor);
  }
  clearTimeout(timer);
  timer = setTimeout(() => box.replaceChildren(), warn ? 15000 : 6000);
}

// POST fields as a form and read the JSON that comes back.
export async function post(address, fields) {
  const body = new URLSearchParams();
  for (const [name, value] of fields) body.append(name, value);
  const headers = {
    Accept: "application/json",
    "X-CSRF-Token": document.querySelector("meta[name=csrf]").content,
  };
  const answer = await fetch(address, { method: "POST", body, headers });
  if (answer.status === 401) signIn();
  const found = await answer.json();
  return { status: answer.status, outcomes: [], ...found };
}
