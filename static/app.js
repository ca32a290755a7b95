// Makes the forms feel quick. Everything works without it.
// A form with data-swap is sent in the background, and the answer takes the place of this page.

let path = location.pathname;

const swap = async (form, submitter) => {
  const url = submitter?.getAttribute("formaction") || form.action;
  const body = new URLSearchParams(new FormData(form, submitter));
  const answer = await fetch(url, { method: "POST", body });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!page.querySelector("main")) return location.reload();

  const held = submitter?.id;
  document.body.replaceWith(document.adoptNode(page.body));
  document.title = page.title;
  if (answer.redirected) {
    if (answer.url !== location.href) history.pushState(null, "", answer.url);
    path = location.pathname;
  }
  ready();

  const wanted = document.querySelector("[autofocus]");
  const target = wanted || (held && document.getElementById(held)) || document.querySelector("h1");
  if (target.tabIndex < 0) target.tabIndex = -1;
  target.focus({ preventScroll: true });
  if (target.id !== held) target.scrollIntoView({ block: "nearest" });
};

const busy = (form, on) => {
  form.setAttribute("aria-busy", on);
  const note = form.querySelector("[data-busy-note]");
  if (note) note.textContent = on ? note.dataset.busyNote : "";
};

// The clipboard exists on https and localhost only; the button is hidden without it.
const ready = () => {
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
};

addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  if (!form.matches("[data-swap]")) return;
  event.preventDefault();
  if (form.getAttribute("aria-busy") === "true") return;
  if (submitter?.role === "switch") {
    submitter.setAttribute("aria-checked", submitter.getAttribute("aria-checked") !== "true");
  }
  busy(form, true);
  try {
    await swap(form, submitter);
  } catch {
    form.removeAttribute("data-swap");
    form.requestSubmit(submitter);
  }
  busy(form, false);
});

addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  await navigator.clipboard.writeText(source.value ?? source.textContent);
  button.textContent = "Copied";
});

// Back and forward across a swap: ask the server for the page of that address.
addEventListener("popstate", () => {
  if (location.pathname !== path) location.reload();
});

ready();
