// A chat: with a service account (服务号), or with the customer service (客服) of a Mini Program.

import { el, reconcile } from "../dom.js";
import { icons } from "../icons.js";
import { act } from "../api.js";
import { t, other } from "../i18n.js";
import { avatar, emptyState } from "../avatar.js";
import { bubble, templateCard } from "../message.js";
import { messageTime } from "../time.js";
import { markRead, messagesOf } from "../unread.js";
import { openAccount } from "./account.js";
import { chatFoot } from "./chatfoot.js";
import { openMini } from "./mini.js";

const stampAfter = 5 * 60 * 1000;

/** Opens the chat with an account. */
export function openChat(phone, appId) {
  if (!phone.isOpen("chat", appId)) phone.open(chatScreen(phone, appId));
}

function chatScreen(phone, appId) {
  const { store } = phone;
  const app = store.app(appId);
  const isService = app?.kind === "service account";
  const log = el("div", { class: "chat-log", role: "log", "aria-label": app?.name, tabindex: "0" });
  const empty = emptyState(icons.chats, t("emptyChat"));
  const scroller = el("div", { class: "chat-scroll" }, empty, log);
  const foot = chatFoot(phone, app);
  const note = el("p", { class: "chat-note", hidden: true, text: t("notFollowed") });
  const actions = {
    open: (page) => openMini(phone, page.appId, page.page),
    choose: (itemId) => phone.run(() => act(store.user, "choose", { appId, itemId })),
  };
  let shown = 0;
  return {
    kind: "chat",
    appId,
    element: el("div", { class: "screen chat" }, chatHead(phone, app, isService), scroller, note, foot),
    title: () => (store.account(appId)?.typing ? t("typing") : store.app(appId)?.name ?? appId),
    update() {
      const messages = withStamps(messagesOf(store.inbox(), appId), store.now());
      empty.hidden = messages.length > 0;
      reconcile(log, messages, (m) => m.seq, (m) => chatMessage(m, store, actions));
      note.hidden = foot.hidden = false;
      (isService && !store.account(appId)?.follows ? foot : note).hidden = true;
      foot.update?.();
      if (log.isConnected) markRead(store.user, store.inbox(), appId);
      if (messages.length !== shown) toEnd(scroller);
      shown = messages.length;
    },
    shown: () => toEnd(scroller),
    focus: () => foot.querySelector("input[type=text]"),
  };
}

function toEnd(node) {
  node.scrollTop = node.scrollHeight;
}

function chatHead(phone, app, isService) {
  const open = () => (isService ? openAccount(phone, app.appId) : openMini(phone, app.appId, ""));
  const words = isService ? "serviceAccount" : "customerService";
  return el("div", { class: "chat-head" },
    el("span", { class: "chat-kind", text: t(words), title: other(words) }),
    el("button", { class: "chat-profile", type: "button", "aria-label": t("profile"), title: `${t("profile")} · ${other("profile")}`, onclick: open },
      isService ? icons.person() : icons.mini()));
}

// A time is shown above the first message and after each longer pause.
function withStamps(messages, now) {
  let before = 0;
  return messages.map((message) => {
    const at = new Date(message.time).getTime();
    const stamp = at - before > stampAfter ? messageTime(message.time, now) : "";
    before = at;
    return { ...message, stamp };
  });
}

function chatMessage(message, store, actions) {
  const app = store.app(message.appId);
  const stamp = message.stamp && el("time", { class: "stamp", datetime: message.time, text: message.stamp });
  if (message.type === "template") {
    return el("div", { class: "chat-item" }, stamp, templateCard(message, app, actions));
  }
  const who = message.own ? avatar("person", store.user) : avatar(app?.kind, message.appId);
  const sender = el("span", { class: "visually-hidden", text: `${message.own ? store.user : message.from}: ` });
  const content = el("div", { class: "said" },
    message.agent && el("span", { class: "said-by", text: t("fromAgent", message.agent) }),
    sender, bubble(message, actions),
    message.ai && el("span", { class: "said-by", text: t("byAI") }));
  return el("div", { class: `chat-item ${message.own ? "own" : "theirs"}` }, stamp, el("div", { class: "chat-line" }, who, content));
}

