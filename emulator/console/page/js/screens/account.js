// The card of a service account (服务号): follow, unfollow, block, write.

import { el, setText } from "../dom.js";
import { act } from "../api.js";
import { openDialog } from "../dialog.js";
import { t, other } from "../i18n.js";
import { avatar } from "../avatar.js";
import { windowLine } from "../facts.js";
import { openChat } from "./chat.js";
import { sheetButton } from "./notifications.js";

/** Opens the card of a service account. */
export function openAccount(phone, appId) {
  phone.open(accountScreen(phone, appId));
}

function accountScreen(phone, appId) {
  const { store } = phone;
  const app = store.app(appId);
  const state = el("p", { class: "profile-state" });
  const windowNote = el("p", { class: "dev-note" });
  const follow = el("button", {
    class: "weui-btn weui-btn_primary follow-button", type: "button", text: t("follow"), title: other("follow"),
    onclick: () => phone.run(() => act(store.user, "follow", { appId })),
  });
  const block = el("input", {
    class: "weui-switch", type: "checkbox", role: "switch",
    onchange: () => phone.run(() => act(store.user, "block", { appId, blocked: block.checked })),
  });
  const followed = el("div", { class: "profile-followed" },
    el("div", { class: "weui-cells" },
      el("label", { class: "weui-cell weui-cell_switch" },
        el("span", { class: "weui-cell__bd", text: t("blockMessages"), title: other("blockMessages") }),
        el("span", { class: "weui-cell__ft" }, block))),
    el("button", {
      class: "weui-btn weui-btn_primary", type: "button", text: t("sendMessage"), title: other("sendMessage"),
      onclick: () => openChat(phone, appId),
    }),
    el("button", {
      class: "weui-btn weui-btn_default unfollow-button", type: "button", text: t("unfollow"), title: other("unfollow"),
      "aria-haspopup": "dialog", onclick: () => unfollow(phone, app),
    }));
  return {
    kind: "account",
    appId,
    element: el("div", { class: "screen profile" },
      el("div", { class: "profile-head" }, avatar(app?.kind, appId),
        el("div", {}, el("h3", { class: "profile-name", text: app?.name }), state)),
      follow, followed, windowNote),
    title: () => t("profile"),
    update() {
      const account = store.account(appId);
      follow.hidden = Boolean(account?.follows);
      followed.hidden = !account?.follows;
      block.checked = Boolean(account?.blocked);
      setText(state, [t("serviceAccount"), account?.follows && t("following")].filter(Boolean).join(" · "));
      setText(windowNote, windowLine(account, store.now()));
    },
  };
}

async function unfollow(phone, app) {
  const sure = await openDialog(phone.element, { className: "weui-actionsheet weui-actionsheet_toggle", label: t("unfollow") }, (close) => [
    el("div", { class: "weui-actionsheet__title" },
      el("p", { class: "weui-actionsheet__title-text", text: t("unfollowQuestion", app.name) })),
    el("div", { class: "weui-actionsheet__menu" }, sheetButton("unfollow", () => close(true), "weui-actionsheet__cell_warn")),
    el("div", { class: "weui-actionsheet__action" }, sheetButton("keepFollowing", () => close())),
  ]);
  if (sure) await phone.run(() => act(phone.store.user, "unfollow", { appId: app.appId }));
}
