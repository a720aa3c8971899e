// Dialogs over the phone: they keep the focus inside, close with Escape, and give the focus back.

import { el } from "./dom.js";

const focusable = "button:not([disabled]), input:not([disabled]), select, textarea, a[href], [tabindex='0']";

/**
 * Opens a dialog in host. build gets a function that closes it with a result and returns the content; the
 * promise gives that result, or null if the dialog was dismissed. An element in the content with the
 * attribute data-first gets the focus.
 */
export function openDialog(host, { className, labelledBy, label }, build) {
  return new Promise((resolve) => {
    const before = document.activeElement;
    const close = (result = null) => {
      if (!wrap.isConnected) return;
      wrap.remove();
      release(host, wrap);
      if (before?.isConnected) before.focus();
      resolve(result);
    };
    const box = el("div", {
      class: className, role: "dialog", "aria-modal": "true", "aria-labelledby": labelledBy, "aria-label": label,
      tabindex: "-1",
    });
    const wrap = el("div", { class: "dialog" }, el("div", { class: "weui-mask", onclick: () => close() }), box);
    box.append(...[build(close)].flat());
    wrap.addEventListener("keydown", (event) => keepInside(event, box, close));
    wrap.addEventListener("dialogclose", () => close());
    hold(host, wrap);
    host.append(wrap);
    (box.querySelector("[data-first]") ?? box.querySelector(focusable) ?? box).focus();
  });
}

/** Closes every dialog in host, as if the user had dismissed it. */
export function closeDialogs(host) {
  for (const wrap of host.querySelectorAll(":scope > .dialog")) wrap.dispatchEvent(new Event("dialogclose"));
}

// What lies under a dialog cannot be reached, neither by a pointer nor by a screen reader.
function hold(host, wrap) {
  for (const node of host.children) if (node !== wrap) node.inert = true;
}

function release(host) {
  const top = host.querySelector(":scope > .dialog:last-of-type");
  for (const node of host.children) node.inert = top !== null && node !== top && !node.matches("[aria-live]");
}

function keepInside(event, box, close) {
  if (event.key === "Escape") {
    event.preventDefault();
    close();
    return;
  }
  if (event.key !== "Tab") return;
  const stops = [...box.querySelectorAll(focusable)];
  const edge = event.shiftKey ? stops[0] : stops.at(-1);
  const outside = !stops.includes(document.activeElement);
  if (document.activeElement === edge || outside) {
    event.preventDefault();
    (event.shiftKey ? stops.at(-1) : stops[0])?.focus();
  }
}
