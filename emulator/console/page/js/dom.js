// Building and keeping up to date the page's elements. Text always goes in as text, never as markup.

const svgSpace = "http://www.w3.org/2000/svg";

/**
 * Makes an element. Props that start with "on" are listeners, "class" and "text" are what they say, all
 * others are attributes; true is an empty attribute, and false, null and undefined leave one out.
 */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) set(node, name, value);
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

function set(node, name, value) {
  if (name === "text") {
    node.textContent = value;
  } else if (name.startsWith("on")) {
    node.addEventListener(name.slice(2), value);
  } else if (name === "class") {
    node.className = value;
  } else {
    setAttribute(node, name, value);
  }
}

/** Sets an attribute, or takes it away for false, null and undefined. */
export function setAttribute(node, name, value) {
  if (value === false || value === null || value === undefined) {
    node.removeAttribute(name);
  } else {
    node.setAttribute(name, value === true ? "" : value);
  }
}

/** Makes an SVG picture of 24 by 24 from path data. It is decoration: screen readers pass over it. */
export function icon(...paths) {
  const svg = document.createElementNS(svgSpace, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  for (const data of paths) {
    const path = document.createElementNS(svgSpace, "path");
    path.setAttribute("d", data);
    svg.append(path);
  }
  return svg;
}

/** Changes a node's text only if it differs, so that screen readers are not told twice. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Makes the children of parent show the items, in their order. A child is made anew only if what it shows
 * has changed, so that focus, scrolling and live regions stay as they are.
 */
export function reconcile(parent, items, keyOf, make) {
  const old = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  let at = parent.firstElementChild;
  for (const item of items) {
    const key = String(keyOf(item));
    const signature = JSON.stringify(item);
    let node = old.get(key);
    old.delete(key);
    if (!node || node.signature !== signature) {
      const fresh = make(item);
      fresh.dataset.key = key;
      fresh.signature = signature;
      if (node) at = replace(node, fresh, at);
      node = fresh;
    }
    if (node === at) {
      at = at.nextElementSibling;
    } else {
      parent.insertBefore(node, at);
    }
  }
  for (const node of old.values()) node.remove();
}

const operable = "button, a, summary, select";

function replace(node, fresh, at) {
  const hadFocus = node.contains(document.activeElement);
  node.replaceWith(fresh);
  if (hadFocus) (fresh.matches(operable) ? fresh : fresh.querySelector(operable))?.focus();
  return node === at ? fresh : at;
}
