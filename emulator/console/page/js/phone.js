// The phone: its status bar, the screens one above the other, the tabs below, banners and toasts.

import { el, setText, setAttribute } from "./dom.js";
import { icons } from "./icons.js";
import { closeDialogs } from "./dialog.js";
import { other, t } from "./i18n.js";
import { runner, showFor, toast } from "./notice.js";
import { clockTime } from "./time.js";

const toastTime = 2500; // milliseconds
const bannerTime = 6000;
const newsTime = 20_000;

/**
 * Makes the phone of the user whom the store has selected. tabs lists the home screens: key, icon, make, and
 * where it makes sense badge, which counts what is unread. A screen is an object with its element and title();
 * update() is called when the store has changed, shown() when the screen comes up, and focus() tells which
 * element then gets the focus. A headless screen draws its own head.
 */
export function createPhone(store, tabs) {
  const stack = [];
  const parts = frame(() => phone.back(), tabs.map((tab) => tabButton(tab, () => phone.openTab(tab))));
  const phone = { element: parts.element, store, ...notices(parts) };
  const top = () => stack.at(-1);

  phone.open = (screen) => {
    stack.push(screen);
    show();
  };
  phone.back = () => {
    stack.pop();
    show();
  };
  phone.openTab = (tab) => {
    phone.tab = tab.key;
    stack.length = 0;
    phone.open(tab.make(phone));
  };
  phone.isOpen = (kind, appId) => top()?.kind === kind && top()?.appId === appId;
  phone.reset = () => {
    closeDialogs(parts.element);
    phone.openTab(tabs[0]);
  };
  phone.tick = () => setText(parts.time, clockTime(store.now()));
  phone.update = () => {
    phone.tick();
    setAttribute(parts.element, "aria-label", t("phoneOf", store.user));
    for (const screen of stack) screen.update?.();
    setText(parts.title, top().title());
    for (const button of parts.tabbar.children) showBadge(button, button.tab.badge?.(phone) ?? 0);
  };

  function show() {
    const hadFocus = parts.element.contains(document.activeElement);
    parts.banners.replaceChildren();
    parts.body.replaceChildren(top().element);
    parts.element.classList.toggle("is-headless", Boolean(top().headless));
    parts.back.hidden = stack.length === 1;
    parts.tabbar.hidden = stack.length > 1;
    for (const button of parts.tabbar.children) showCurrent(button, button.tab.key === phone.tab);
    phone.update();
    top().shown?.();
    // The next Tab goes on from the new screen when the element that had the focus has left with the old one.
    if (hadFocus && document.activeElement === document.body) (top().focus?.() ?? parts.title).focus({ preventScroll: true });
  }
  return phone;
}

function frame(back, tabButtons) {
  const parts = {
    time: el("span", { class: "phone-time" }),
    back: el("button", { class: "nav-button", type: "button", "aria-label": t("back"), title: other("back"), onclick: back }, icons.back()),
    title: el("h2", { class: "nav-title", tabindex: "-1" }),
    body: el("div", { class: "phone-body" }),
    tabbar: el("nav", { class: "weui-tabbar", "aria-label": t("wechat") }, ...tabButtons),
    toasts: el("div", { class: "toasts", role: "status", "aria-live": "polite" }),
    banners: el("div", { class: "banners" }),
    news: el("div", { class: "visually-hidden", role: "log", "aria-live": "polite" }),
  };
  parts.element = el("section", { class: "phone" },
    el("div", { class: "phone-status" }, parts.time, el("span", { class: "phone-signal", "aria-hidden": "true" })),
    el("header", { class: "nav" }, parts.back, parts.title),
    parts.body, parts.tabbar, parts.banners, parts.toasts, parts.news);
  return parts;
}

function notices({ toasts, news, banners }) {
  return {
    toast: (text) => showFor(toasts, toast(text), toastTime),
    announce: (text) => showFor(news, el("p", { text }), newsTime),
    banner: (node) => {
      banners.replaceChildren();
      showFor(banners, node, bannerTime);
    },
    run: runner(toasts),
  };
}

function tabButton(tab, onclick) {
  const button = el("button", { class: "weui-tabbar__item", type: "button", title: other(tab.key), onclick },
    el("span", { class: "tab-icon" }, icons[tab.icon](), el("span", { class: "weui-badge tab-badge", hidden: true })),
    el("span", { class: "weui-tabbar__label", text: t(tab.key) }));
  button.tab = tab;
  return button;
}

function showCurrent(button, current) {
  button.classList.toggle("weui-bar__item_on", current);
  setAttribute(button, "aria-current", current && "page");
}

function showBadge(button, count) {
  const badge = button.querySelector(".weui-badge");
  badge.hidden = count === 0;
  setText(badge, String(count));
  setAttribute(badge, "aria-label", count > 0 && t("unread", count));
}
