// Goes to another page of ours without leaving this one, so that files which were chosen here can be sent from there.

import { reached } from "./persistent.js";

const module = (url) => new URL(url, location.href).href;

export async function visit(url) {
  const answer = await fetched(url);
  if (!answer.ok) return location.assign(url);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  await styles(page);
  history.pushState({}, "", url);
  document.title = page.title;
  document.body.className = page.body.className;
  for (const part of ["header.top", "main", "footer.bottom"]) swap(page, part);
  document.querySelector("ul.flashes")?.remove();
  scrollTo(0, 0);
  await scripts(page);
  window.htmx?.process(document.body);
  addEventListener("popstate", () => location.reload(), { once: true });
}

/** The page's answer, whenever the server is reached: what was chosen waits here for it. */
async function fetched(url) {
  for (;;) {
    try {
      return await fetch(url, { headers: { Accept: "text/html" } });
    } catch {
      await reached();
    }
  }
}

function swap(page, part) {
  const fresh = page.querySelector(part);
  const old = document.querySelector(part);
  const theme = old?.querySelector("[data-theme-switch]");
  if (theme) fresh?.querySelector("[data-theme-switch]")?.replaceWith(theme); // it is listened to
  if (fresh && old) old.replaceWith(document.adoptNode(fresh));
  else old?.remove();
}

function styles(page) {
  const known = new Set([...document.querySelectorAll("link[rel=stylesheet]")].map((link) => link.href));
  const fresh = [...page.querySelectorAll("link[rel=stylesheet]")].filter((link) => !known.has(module(link.getAttribute("href"))));
  return Promise.all(
    fresh.map((link) => {
      const added = Object.assign(document.createElement("link"), { rel: "stylesheet", href: link.getAttribute("href") });
      document.head.append(added);
      return new Promise((resolve) => (added.onload = added.onerror = resolve));
    }),
  );
}

async function scripts(page) {
  const known = new Set([...document.scripts].map((script) => script.src));
  for (const script of page.querySelectorAll("script[src]")) {
    const src = module(script.getAttribute("src"));
    if (known.has(src)) continue;
    if (script.type === "module") await import(src);
    else await classic(src);
  }
}

function classic(src) {
  const added = Object.assign(document.createElement("script"), { src });
  document.head.append(added);
  return new Promise((resolve) => (added.onload = added.onerror = resolve));
}
