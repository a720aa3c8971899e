// The list of conversations (微信), newest first.

import { el, reconcile } from "../dom.js";
import { icons } from "../icons.js";
import { t, other } from "../i18n.js";
import { avatar, emptyState } from "../avatar.js";
import { summary } from "../message.js";
import { shortTime } from "../time.js";
import { conversation, unreadIn, unreadOf } from "../unread.js";
import { openChat } from "./chat.js";
import { notificationsScreen } from "./notifications.js";

/** The tab of the conversations. */
export const chatsTab = {
  key: "wechat", icon: "chats", make: chatsScreen,
  badge: ({ store }) => unreadOf(store.user, store.inbox()),
};

function chatsScreen(phone) {
  const list = el("ul", { class: "rows chats", "aria-label": t("wechat") });
  const empty = emptyState(icons.chats, t("noChats"), t("noChatsHint"));
  return {
    kind: "chats",
    element: el("div", { class: "screen" }, list, empty),
    title: () => t("wechat"),
    update() {
      const rows = conversations(phone.store);
      empty.hidden = rows.length > 0;
      reconcile(list, rows, (row) => row.id, (row) => chatRow(row, phone));
    },
  };
}

function conversations(store) {
  const inbox = store.inbox();
  const newest = new Map(inbox.map((m) => [conversation(m), m]));
  const rows = [...newest].map(([id, last]) => rowOf(store, inbox, id, last));
  for (const app of store.apps) {
    const account = store.account(app.appId);
    if (account?.follows && !newest.has(app.appId)) rows.push(rowOf(store, inbox, app.appId, null));
  }
  return rows.sort((a, b) => b.order - a.order);
}

function rowOf(store, inbox, id, last) {
  const app = store.app(id);
  return {
    id,
    kind: id === "notifications" ? id : app?.kind,
    name: id === "notifications" ? t("serviceNotifications") : app?.name ?? last.from,
    note: app?.kind === "mini program" ? t("customerService") : "",
    text: last ? lineOf(id, last) : "",
    time: last ? shortTime(last.time, store.now()) : "",
    order: last?.seq ?? 0,
    unread: unreadIn(store.user, inbox, id),
  };
}

const lineOf = (id, last) => (id === "notifications" ? `${last.from}: ${summary(last)}` : summary(last));

function chatRow(row, phone) {
  const unread = row.unread > 0 && el("span", { class: "weui-badge row-badge", "aria-label": t("unread", row.unread), text: row.unread });
  return el("li", {}, el("button", { class: "row", type: "button", onclick: () => openConversation(phone, row.id) },
    el("span", { class: "row-picture" }, avatar(row.kind, row.id), unread),
    el("span", { class: "row-main" },
      el("span", { class: "row-top" },
        el("span", { class: "row-name", text: row.name, title: row.id === "notifications" ? other("serviceNotifications") : false }),
        row.note && el("span", { class: "row-note", text: row.note }),
        el("span", { class: "row-time", text: row.time })),
      el("span", { class: "row-text", text: row.text }))));
}

/** Opens a conversation by its id. */
export function openConversation(phone, id) {
  if (id === "notifications") {
    phone.open(notificationsScreen(phone));
  } else {
    openChat(phone, id);
  }
}
