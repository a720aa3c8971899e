// The phone: its status bar, the screens one above the other, the tabs below, banners and toasts.

import { el, icon, setText, setAttribute } from "./dom.js";
import { icons } from "./icons.js";
import { closeDialogs } from "./dialog.js";
import { other, t } from "./i18n.js";
import { clockTime } from "./time.js";

const toastTime = 2500;
const errorTime = 6000;
const bannerTime = 6000;

/**
 * Makes the phone of the user whom the store has selected. tabs lists the home screens: key, icon and a
 * function that makes the screen. A screen is an object with its element, title(), update(), and, where
 * they make sense, headless (it draws its own head) and shown().
 */
export function createPhone(store, tabs) {
  const time = el("span", { class: "phone-time" });
  const back = el("button", {
    class: "nav-button", type: "button", "aria-label": t("back"), title: other("back"), onclick: () => phone.back(),
  }, icons.back());
  const title = el("h2", { class: "nav-title", tabindex: "-1" });
  const nav = el("header", { class: "nav" }, back, title, el("span", { class: "nav-side" }));
  const body = el("div", { class: "phone-body" });
  const tabbar = el("nav", { class: "weui-tabbar", "aria-label": t("wechat") });
  const toasts = el("div", { class: "toasts", role: "status", "aria-live": "polite" });
  const banners = el("div", { class: "banners" });
  const news = el("div", { class: "visually-hidden", role: "log", "aria-live": "polite" });
  const element = el("section", { class: "phone" },
    el("div", { class: "phone-status" }, time, el("span", { class: "phone-signal", "aria-hidden": "true" })),
    nav, body, tabbar, banners, toasts, news);

  const stack = [];
  const phone = { element, store };
  const top = () => stack.at(-1);

  phone.open = (screen) => {
    stack.push(screen);
    show(true);
  };
  phone.back = () => {
    stack.pop().closed?.();
    show(true);
  };
  phone.openTab = (tab) => {
    while (stack.length > 0) stack.pop().closed?.();
    phone.tab = tab.key;
    phone.open(tab.make(phone));
  };
  phone.isOpen = (kind, appId) => top()?.kind === kind && top()?.appId === appId;
  phone.reset = () => {
    closeDialogs(element);
    banners.replaceChildren();
    phone.openTab(tabs[0]);
  };

  phone.update = () => {
    setText(time, clockTime(store.now()));
    setAttribute(element, "aria-label", t("phoneOf", store.user));
    for (const screen of stack) screen.update?.();
    setText(title, top()?.title() ?? "");
    for (const button of tabbar.children) showBadge(button, button.tab.badge?.(phone) ?? 0);
  };
  phone.tick = () => setText(time, clockTime(store.now()));

  phone.toast = (text) => showFor(toasts, el("div", { class: "toast", text }), toastTime);
  phone.announce = (text) => showFor(news, el("p", { text }), 10 * toastTime);
  phone.banner = (node) => {
    banners.replaceChildren();
    showFor(banners, node, bannerTime);
  };
  phone.run = runner(toasts);

  function show(focus) {
    const screen = top();
    body.replaceChildren(screen.element);
    element.classList.toggle("is-headless", Boolean(screen.headless));
    element.classList.toggle("has-tabs", stack.length === 1);
    back.hidden = stack.length === 1;
    tabbar.hidden = stack.length > 1;
    for (const button of tabbar.children) {
      const current = button.tab.key === phone.tab;
      button.classList.toggle("weui-bar__item_on", current);
      setAttribute(button, "aria-current", current && "page");
    }
    phone.update();
    screen.shown?.();
    if (focus && element.contains(document.activeElement) === false && phone.ready) {
      (screen.focus?.() ?? title).focus?.({ preventScroll: true });
    }
    phone.ready = true;
  }

  tabbar.append(...tabs.map((tab) => tabButton(tab, () => phone.openTab(tab))));
  return phone;
}

function tabButton(tab, onclick) {
  const button = el("button", { class: "weui-tabbar__item", type: "button", title: other(tab.key), onclick },
    el("span", { class: "tab-icon" }, icons[tab.icon](), el("span", { class: "weui-badge tab-badge", hidden: true })),
    el("span", { class: "weui-tabbar__label", text: t(tab.key) }));
  button.tab = tab;
  return button;
}

function showBadge(button, count) {
  const badge = button.querySelector(".weui-badge");
  badge.hidden = count === 0;
  setText(badge, String(count));
  setAttribute(badge, "aria-label", count > 0 && t("unread", count));
}

/** Shows a node in host for some milliseconds. */
export function showFor(host, node, time) {
  host.append(node);
  setTimeout(() => node.remove(), time);
}

/** Makes a function that does what a button is for, and shows an error in host. */
export function runner(host) {
  return async (action) => {
    try {
      return await action();
    } catch (error) {
      showFor(host, el("div", { class: "toast toast-error", text: error.message }), errorTime);
      return null;
    }
  };
}

/** Makes an account's picture: a coloured tile, round for a person or a Mini Program. */
export function avatar(kind, seed) {
  const { shape, draw } = looks[kind] ?? looks.person;
  return el("span", { class: `avatar avatar-${shape} tint-${tint(seed)}`, "aria-hidden": "true" }, draw());
}

const looks = {
  "mini program": { shape: "mini", draw: icons.mini },
  "service account": { shape: "account", draw: icons.account },
  notifications: { shape: "bell", draw: icons.bell },
  person: { shape: "person", draw: icons.person },
};

const tints = 6;

function tint(seed) {
  let sum = 0;
  for (const char of seed ?? "") sum = (sum * 31 + char.codePointAt(0)) % 9973;
  return sum % tints;
}

/** Makes an empty state: a picture and what will appear here. */
export function emptyState(draw, title, hint) {
  return el("div", { class: "empty" }, draw(), el("p", { class: "empty-title", text: title }),
    hint && el("p", { class: "empty-hint", text: hint }));
}
