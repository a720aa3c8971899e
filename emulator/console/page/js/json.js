// Bodies of requests and answers, made readable: JSON is indented and coloured, XML gets its lines, all else
// is shown as it is.

import { el } from "./dom.js";

const token = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const tagAfterTag = /(?<!\]\])>(?=<(?!!))/g; // where no character data is in between
const longestColoured = 20_000;

/** Makes a block that shows a body. */
export function bodyBlock(text) {
  return el("pre", { class: "body", tabindex: "0" }, ...pieces(text));
}

function pieces(text) {
  const pretty = indented(text);
  if (pretty === null) return [text.startsWith("<xml>") ? text.replace(tagAfterTag, ">\n") : text];
  if (pretty.length > longestColoured) return [pretty];
  const nodes = [];
  let from = 0;
  for (const match of pretty.matchAll(token)) {
    nodes.push(pretty.slice(from, match.index), coloured(match));
    from = match.index + match[0].length;
  }
  nodes.push(pretty.slice(from));
  return nodes.filter((node) => node !== "");
}

function coloured([whole, string, colon, word]) {
  const kind = colon ? "key" : string ? "string" : word ? "word" : "number";
  return el("span", { class: `json-${kind}`, text: whole });
}

// Only white space is added, so that numbers keep all their digits: message ids have more than JavaScript
// can count.
function indented(text) {
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  let depth = 0;
  const parts = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
  return parts.map((part, i) => {
    if (part === ":") return ": ";
    if (part === ",") return `,\n${"  ".repeat(depth)}`;
    if (part === "{" || part === "[") return isClosing(parts[i + 1]) ? part : `${part}\n${"  ".repeat(++depth)}`;
    if (!isClosing(part)) return part;
    return isOpening(parts[i - 1]) ? part : `\n${"  ".repeat(--depth)}${part}`;
  }).join("");
}

const isClosing = (part) => part === "}" || part === "]";
const isOpening = (part) => part === "{" || part === "[";
