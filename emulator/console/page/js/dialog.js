// Dialogs over the phone: they keep the focus inside, close with Escape, and give the focus back.

import { el } from "./dom.js";
import { t, other } from "./i18n.js";

const focusable = "button:not([disabled]), input:not([disabled]), select, textarea, a[href], [tabindex='0']";

/**
 * Opens a dialog in host. build gets a function that closes it with a result and returns the content; the
 * promise gives that result, or null if the dialog was dismissed. An element in the content with the
 * attribute data-first gets the focus.
 */
export function openDialog(host, { className, labelledBy, label }, build) {
  return new Promise((resolve) => {
    const before = document.activeElement;
    const takesFocus = before === document.body || host.contains(before); // not from somebody who types elsewhere
    const close = (result = null) => {
      if (!wrap.isConnected) return;
      wrap.remove();
      shield(host);
      if (takesFocus && before.isConnected) before.focus();
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
    host.append(wrap);
    shield(host);
    if (takesFocus) (box.querySelector("[data-first]") ?? box.querySelector(focusable) ?? box).focus();
  });
}

/** Shows a small dialog with one or two buttons and returns which was chosen, null if none. */
export function askDialog(phone, title, content, buttons) {
  return openDialog(phone.element, { className: "weui-dialog", label: title }, (close) => [
    el("div", { class: "weui-dialog__hd" }, el("strong", { class: "weui-dialog__title", text: title })),
    el("div", { class: "weui-dialog__bd" }, content),
    el("div", { class: "weui-dialog__ft" }, ...buttons.map((words, i) => el("button", {
      class: `weui-dialog__btn weui-dialog__btn_${i === buttons.length - 1 ? "primary" : "default"}`, type: "button",
      text: t(words), title: other(words), "data-first": i === buttons.length - 1, onclick: () => close(words),
    }))),
  ]);
}

/** Closes every dialog in host, as if the user had dismissed it. */
export function closeDialogs(host) {
  for (const wrap of host.querySelectorAll(":scope > .dialog")) wrap.dispatchEvent(new Event("dialogclose"));
}

// What lies under a dialog cannot be reached, neither by a pointer nor by a screen reader. What is read out
// by itself still is.
function shield(host) {
  const top = [...host.querySelectorAll(":scope > .dialog")].at(-1);
  for (const node of host.children) node.inert = Boolean(top) && node !== top && !node.matches("[aria-live]");
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
