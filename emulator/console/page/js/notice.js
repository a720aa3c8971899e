// What passes by: toasts, banners, and words for screen readers.

import { el } from "./dom.js";

const errorTime = 6000; // milliseconds

/** Shows a node in host for some milliseconds. */
export function showFor(host, node, time) {
  host.append(node);
  setTimeout(() => node.remove(), time);
}

/** Makes a toast. */
export const toast = (text, look = "") => el("div", { class: `toast ${look}`, text });

/**
 * Makes a function that does what a button is for. It gives the result, or shows an error in host and gives
 * null.
 */
export function runner(host) {
  return async (action) => {
    try {
      return await action();
    } catch (error) {
      showFor(host, toast(error.message, "toast-error"), errorTime);
      return null;
    }
  };
}
