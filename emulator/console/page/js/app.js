// The page: a bar on top, the selected user's phone, and beside it the world and the traffic.

import { el, reconcile, setText } from "./dom.js";
import { get, post } from "./api.js";
import { icons } from "./icons.js";
import { language, other, t, toggleLanguage } from "./i18n.js";
import { accountsPanel } from "./accounts.js";
import { avatar, emptyState } from "./avatar.js";
import { watchAsks } from "./consent.js";
import { runner, showFor, toast } from "./notice.js";
import { createPhone } from "./phone.js";
import { summary } from "./message.js";
import { Store } from "./store.js";
import { trafficPanel } from "./traffic.js";
import { conversation, forgetRead, unreadOf } from "./unread.js";
import { clockPanel, faultPanel } from "./world.js";
import { chatsTab, openConversation } from "./screens/chats.js";
import { contactsTab } from "./screens/contacts.js";
import { discoverTab } from "./screens/discover.js";
import { meTab } from "./screens/me.js";

const noticeTime = 4000;
const mostButtons = 8; // of users
const store = new Store();
let parts = []; // what has to follow the store
let current = {}; // the phone and the clock that are shown

/** Draws everything anew, at the start and when the language changes. */
function draw() {
  document.documentElement.lang = language();
  const notices = el("div", { class: "notices", role: "status", "aria-live": "polite" });
  const page = { run: runner(notices), notify: (text) => showFor(notices, toast(text), noticeTime) };
  const phone = createPhone(store, [chatsTab, contactsTab, discoverTab, meTab]);
  const bar = topBar(page);
  const stage = phoneStage(phone);
  const clock = clockPanel(store, page);
  const faults = faultPanel(store, page);
  const accounts = accountsPanel(store, page);
  const traffic = trafficPanel(store, page);
  document.body.replaceChildren(bar.element,
    el("main", { class: "stage" }, stage.element,
      el("div", { class: "panels" }, el("div", { class: "world" }, clock.element, faults.element), accounts.element, traffic.element)),
    notices);
  parts = [bar, stage, clock, faults, accounts, traffic, { update: watchAsks(phone) }];
  current = { phone, clock };
  phone.reset();
  update();
}

let pressed = false; // a finger or the mouse button is down
let held = false; // an update waits for it to go up

// What is drawn anew under a finger swallows the tap, so news waits until the tap is through.
function holdWhilePressed() {
  const release = () => {
    pressed = false;
    if (held) setTimeout(update);
    held = false;
  };
  addEventListener("pointerdown", () => { pressed = true; }, true);
  for (const end of ["pointerup", "pointercancel", "blur"]) addEventListener(end, release, true);
  addEventListener("pointermove", (event) => { if (pressed && event.buttons === 0) release(); }, true);
}

function update() {
  if (pressed) {
    held = true;
    return;
  }
  for (const part of parts) part.update();
  const unread = unreadOf(store.user, store.inbox());
  document.title = unread > 0 ? `(${unread}) ${t("appTitle")}` : t("appTitle");
}

function phoneStage(phone) {
  const none = emptyState(icons.person, t("noUsers"), t("noUsersHint"));
  let shown = store.user;
  return {
    element: el("div", { class: "phone-stage" }, phone.element, none),
    update() {
      none.hidden = store.user !== "";
      phone.element.hidden = store.user === "";
      if (shown !== store.user) phone.reset();
      shown = store.user;
      phone.update();
    },
  };
}

function topBar(page) {
  const dot = el("span", { class: "connection", role: "status" });
  const users = el("div", { class: "users", role: "group", "aria-label": t("user") });
  const toggle = el("button", {
    class: "tool-button", type: "button", text: t("language"), lang: language() === "en" ? "zh-CN" : "en", title: other("appTitle"),
    onclick: () => {
      toggleLanguage();
      draw();
    },
  });
  return {
    element: el("header", { class: "top" },
      el("a", { class: "skip", href: "#traffic", text: t("skipToTraffic") }),
      el("h1", { class: "brand" }, el("span", { class: "brand-mark", "aria-hidden": "true" }), el("span", { text: t("appTitle") })),
      users, addUserForm(page), el("span", { class: "panel-space" }), dot, toggle),
    update() {
      dot.dataset.state = store.connection;
      setText(dot, { connecting: t("connecting"), live: t("live"), lost: t("reconnecting") }[store.connection]);
      userChoices(users, store.users.map(userChoice));
    },
  };
}

const userChoice = (user) => ({
  name: user.name, label: user.nickname || user.name, current: user.name === store.user,
  unseen: store.unseen.get(user.name) ?? 0, asked: store.asks.some((a) => a.user === user.name && a.user !== store.user),
});

// A few users have a button each; many go into a list.
function userChoices(host, choices) {
  if (choices.length <= mostButtons) {
    reconcile(host, choices, (choice) => choice.name, userButton);
    return;
  }
  reconcile(host, [{ name: "all users", choices }], (list) => list.name, userList);
}

function userList({ choices }) {
  const list = el("select", { class: "field", "aria-label": t("user"), onchange: () => store.select(list.value) },
    ...choices.map(({ name, label, current: selected, unseen }) =>
      el("option", { value: name, selected, text: unseen > 0 ? `${label} (${unseen})` : label })));
  return el("div", {}, list);
}

function userButton({ name, label, current: selected, unseen, asked }) {
  const badge = (unseen > 0 || asked) &&
    el("span", { class: "weui-badge", "aria-label": t("unread", unseen), text: unseen || "?" });
  return el("button", {
    class: "user-button", type: "button", "aria-pressed": String(selected), title: t("phoneOf", label), onclick: () => store.select(name),
  }, avatar("person", name), el("span", { text: label }), badge);
}

function addUserForm(page) {
  const field = el("input", {
    class: "field", type: "text", "aria-label": t("newUserName"), placeholder: t("newUserName"), autocomplete: "off", hidden: true, maxlength: "40",
  });
  const button = el("button", { class: "tool-button", type: "submit", text: "+", "aria-label": t("addUser"), title: `${t("addUser")} · ${other("addUser")}` });
  const onsubmit = async (event) => {
    event.preventDefault();
    const name = field.value.trim();
    field.hidden = !field.hidden && name === "";
    if (!name) {
      (field.hidden ? button : field).focus();
      return;
    }
    const user = await page.run(() => userNamed(name));
    if (!user) return;
    store.learn(user);
    field.value = "";
    field.hidden = true;
    await store.select(name);
  };
  return el("form", { class: "add-user", onsubmit }, field, button);
}

// Of many users the store knows only the first.
async function userNamed(name) {
  if (store.userNamed(name)) return store.userNamed(name);
  try {
    return await post("/users", { name });
  } catch (error) {
    return get(`/users/${encodeURIComponent(name)}`).catch(() => Promise.reject(error));
  }
}

function announce(message) {
  if (message.user !== store.user || message.own) return;
  const { phone } = current;
  phone.announce(t("newMessage", message.from, summary(message)));
  const id = conversation(message);
  const inSight = phone.isOpen("chats") || phone.isOpen("chat", id) || (phone.isOpen("notifications") && id === "notifications");
  if (!inSight) phone.banner(banner(phone, message, id));
}

function banner(phone, message, id) {
  const kind = id === "notifications" ? id : store.app(id)?.kind;
  const node = el("button", {
    class: "banner", type: "button", onclick: () => {
      node.remove();
      openConversation(phone, id);
    },
  }, avatar(kind, id), el("span", { class: "banner-words" },
    el("strong", { text: id === "notifications" ? t("serviceNotifications") : message.from }),
    el("span", { class: "banner-text", text: id === "notifications" ? `${message.from}: ${summary(message)}` : summary(message) })));
  return node;
}

store.on("change", update);
store.on("message", announce);
store.on("reload", () => {
  forgetRead();
  draw(); // in the world that is there now, old screens may show accounts that are gone
});
holdWhilePressed();
draw();
store.start();
setInterval(() => {
  current.phone.tick();
  current.clock.tick();
}, 1000);
