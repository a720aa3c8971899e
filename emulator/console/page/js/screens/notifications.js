// The service notifications (服务通知): a card for each subscription message.

import { el, reconcile } from "../dom.js";
import { icons } from "../icons.js";
import { act } from "../api.js";
import { openDialog } from "../dialog.js";
import { t, other } from "../i18n.js";
import { emptyState } from "../avatar.js";
import { templateCard } from "../message.js";
import { messageTime } from "../time.js";
import { markRead, messagesOf } from "../unread.js";
import { openMini } from "./mini.js";

/** Makes the screen of the service notifications. */
export function notificationsScreen(phone) {
  const { store } = phone;
  const list = el("ol", { class: "cards", "aria-label": t("serviceNotifications") });
  const empty = emptyState(icons.bell, t("noNotifications"), t("noNotificationsHint"));
  const screen = el("div", { class: "screen screen-cards" }, empty, list);
  const actions = {
    open: (page) => openMini(phone, page.appId, page.page),
    menu: (message) => cardMenu(phone, message),
  };
  let shown = 0;
  return {
    kind: "notifications",
    element: screen,
    title: () => t("serviceNotifications"),
    update() {
      const messages = messagesOf(store.inbox(), "notifications");
      empty.hidden = messages.length > 0;
      reconcile(list, messages, (m) => m.seq, (m) => notification(m, store, actions));
      if (screen.isConnected) markRead(store.user, store.inbox(), "notifications");
      if (messages.length !== shown) screen.scrollTop = screen.scrollHeight;
      shown = messages.length;
    },
    shown: () => {
      screen.scrollTop = screen.scrollHeight;
    },
  };
}

function notification(message, store, actions) {
  return el("li", {}, el("time", { class: "stamp", datetime: message.time, text: messageTime(message.time, store.now()) }),
    templateCard(message, store.app(message.appId), actions));
}

async function cardMenu(phone, message) {
  const choice = await openDialog(phone.element, { className: "weui-actionsheet weui-actionsheet_toggle", label: t("cardMenu") }, (close) => [
    el("div", { class: "weui-actionsheet__title" }, el("p", { class: "weui-actionsheet__title-text", text: message.title })),
    el("div", { class: "weui-actionsheet__menu" },
      sheetButton("enterMiniProgram", () => close("open")),
      sheetButton("refuseTemplate", () => close("ban"), "weui-actionsheet__cell_warn")),
    el("div", { class: "weui-actionsheet__action" }, sheetButton("cancel", () => close())),
  ]);
  if (choice === "open") openMini(phone, message.appId, message.miniProgram?.page ?? "");
  if (choice === "ban" && await phone.run(() => act(phone.store.user, "ban", { templateIds: [message.templateId] }))) {
    phone.toast(t("refused"));
  }
}

/** Makes a button of an action sheet. */
export function sheetButton(words, onclick, more = "") {
  return el("button", { class: `weui-actionsheet__cell ${more}`, type: "button", text: t(words), title: other(words), onclick });
}
