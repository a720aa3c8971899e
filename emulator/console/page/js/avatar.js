// Pictures of accounts and people, and what an empty screen shows.

import { el } from "./dom.js";
import { icons } from "./icons.js";

const tints = 6;

const looks = {
  "mini program": { shape: "mini", draw: icons.mini },
  "service account": { shape: "account", draw: icons.account },
  notifications: { shape: "bell", draw: icons.bell },
  person: { shape: "person", draw: icons.person },
};

/** Makes the picture of an account or a person: a tile, round for a Mini Program, in a colour of its own. */
export function avatar(kind, seed) {
  const { shape, draw } = looks[kind] ?? looks.person;
  return el("span", { class: `avatar avatar-${shape} tint-${tint(seed)}`, "aria-hidden": "true" }, draw());
}

function tint(seed) {
  let sum = 0;
  for (const char of seed ?? "") sum = (sum * 31 + char.codePointAt(0)) % 9973;
  return sum % tints;
}

/** Makes an empty state: a picture, and what will appear here. */
export function emptyState(draw, title, hint) {
  return el("div", { class: "empty" }, draw(), el("p", { class: "empty-title", text: title }),
    hint && el("p", { class: "empty-hint", text: hint }));
}
