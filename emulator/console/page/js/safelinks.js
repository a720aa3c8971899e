// Texts of messages may hold links, written as <a href="…">…</a>, as WeChat's customer-service messages
// do, or as bare web addresses. All else in a text is shown as it is.

import { el } from "./dom.js";

const anchor = /<a\s([^<>]*)>([^<]*)<\/a\s*>/gi;
const address = /https?:\/\/[^\s<>"'，。；！？、）】》]+/gi;

/**
 * Turns a text into nodes: text nodes, links to http and https addresses, and buttons that open a page of a
 * Mini Program. An anchor that leads anywhere else is shown as it was written.
 */
export function withLinks(text, openMini) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(anchor)) {
    const made = anchorNode(match, openMini);
    if (!made) continue;
    nodes.push(...withAddresses(text.slice(from, match.index)), made);
    from = match.index + match[0].length;
  }
  nodes.push(...withAddresses(text.slice(from)));
  return nodes;
}

function anchorNode([, attributes, label], openMini) {
  const appId = attributeOf(attributes, "data-miniprogram-appid");
  if (appId && openMini) {
    const page = attributeOf(attributes, "data-miniprogram-path");
    return el("button", { class: "text-link", type: "button", text: label, onclick: () => openMini({ appId, page }) });
  }
  const url = webAddress(attributeOf(attributes, "href"));
  return url && link(url, label);
}

function attributeOf(attributes, name) {
  const match = attributes.match(new RegExp(`(?:^|\\s)${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`, "i"));
  return match?.[1] ?? match?.[2] ?? "";
}

function withAddresses(text) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(address)) {
    nodes.push(text.slice(from, match.index), link(match[0], match[0]));
    from = match.index + match[0].length;
  }
  nodes.push(text.slice(from));
  return nodes.filter((node) => node !== "");
}

/** Makes a link that opens in a new tab. An address that is not of the web is left as plain text. */
export function link(href, label, props = {}) {
  const url = webAddress(href);
  if (!url) return el("span", { text: label, ...props });
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer", text: label, ...props });
}

/** Returns the address if it is of the web, else "". */
export function webAddress(href) {
  try {
    const url = new URL(href.trim());
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : "";
  } catch {
    return "";
  }
}
