// What pages gain where scripts run; none of them needs it. No library, nothing but this file.
"use strict";

// -- what was found is scrolled to, inside the document beside it ---------------------------------------
for (const frame of document.querySelectorAll(".xml")) {
  const first = frame.querySelector(".touchee");
  if (first && !location.hash) frame.scrollTop = first.offsetTop - frame.clientHeight / 3;
}

// -- keys: / to search, j and k along a list, ? for what there is ----------------------------------------
const rows = () => [...document.querySelectorAll("main .tableau tbody th a[href]")];

function step(by) {
  const links = rows();
  if (!links.length) return;
  const at = links.indexOf(document.activeElement);
  links[at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.max(0, Math.min(links.length - 1, at + by))].focus();
}

const keys = {
  "/": () => document.getElementById("cherche")?.select(),
  j: () => step(1),
  k: () => step(-1),
  "?": () => {
    const help = document.querySelector(".touches");
    if (help) help.scrollIntoView({ block: "end" });
  },
};

document.querySelector(".touches")?.removeAttribute("hidden");
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea");
  if (typing) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) return;
  event.preventDefault();
  keys[event.key]();
});

// -- a page that says so is drawn again when something has changed ---------------------------------------
async function redraw() {
  const answer = await fetch(location.href, { headers: { "X-Navette-Automate": "1" } });
  if (!answer.ok || answer.redirected) {
    location.reload();
    return;
  }
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
  if (fresh) document.querySelector("main").replaceChildren(...fresh.childNodes);
}

const followed = document.body.dataset.vu;
if (followed && "EventSource" in window) {
  const source = new EventSource(`/nouvelles?depuis=${encodeURIComponent(followed)}`);
  source.addEventListener("change", async () => {
    // Not under the hands of who reads: an open detail, a focus inside the page, wait for the next time.
    const main = document.querySelector("main");
    if (main.contains(document.activeElement) && document.activeElement !== main) return;
    if (main.querySelector("details[open]")) return;
    await redraw();
  });
  addEventListener("pagehide", () => source.close());
}

// -- what is under way is looked at again until it has ended ---------------------------------------------
async function follow() {
  if (!document.querySelector("[data-avance]")) return;
  await redraw();
  setTimeout(follow, 2000);
}
setTimeout(follow, 1000);
