// The pop-up of wx.requestSubscribeMessage (订阅消息弹窗). It opens on the phone whoever has asked: the page, a
// test, or the developer's own Mini Program through the control API.

import { el } from "./dom.js";
import { icons } from "./icons.js";
import { post } from "./api.js";
import { closeDialogs, openDialog } from "./dialog.js";
import { t, other } from "./i18n.js";
import { avatar } from "./phone.js";

/** Keeps the pop-up in step with what the selected user is asked. */
export function watchAsks(phone) {
  let open = 0; // the id of the question that is shown
  return async () => {
    const ask = phone.store.asks.find((a) => a.state === "pending" && a.user === phone.store.user);
    if (open && open !== ask?.id) closeDialogs(phone.element);
    if (!ask || open === ask.id) return;
    open = ask.id;
    const answer = await popUp(phone, ask);
    const answeredElsewhere = !phone.store.asks.some((a) => a.id === ask.id);
    const otherPhone = phone.store.user !== ask.user;
    if (!answeredElsewhere && !otherPhone) await phone.run(() => post(`/asks/${ask.id}/answer`, answer ?? { accept: [], keep: false }));
    if (open === ask.id) open = 0;
  };
}

function popUp(phone, ask) {
  const app = phone.store.app(ask.appId);
  const items = ask.items.filter((item) => item.shown);
  const className = "weui-half-screen-dialog consent";
  return openDialog(phone.element, { className, labelledBy: "consent-title" }, (close) => {
    const keep = el("input", { class: "weui-agree__checkbox", type: "checkbox", id: "consent-keep" });
    const list = el("ul", { class: "consent-items" }, ...items.map((item) => consentItem(item, app)));
    const answer = (accepted) => close({ accept: accepted, keep: keep.checked });
    const chosen = () => [...list.querySelectorAll("input:checked")].map((box) => box.value);
    return [
      el("div", { class: "weui-half-screen-dialog__hd consent-head" }, avatar(app?.kind, ask.appId),
        el("span", { class: "consent-app", text: app?.name ?? ask.appId }), el("span", { class: "consent-applies", text: t("applies") })),
      el("div", { class: "weui-half-screen-dialog__bd" },
        el("h3", { class: "consent-title", id: "consent-title", text: t("sendOnce"), title: other("sendOnce") }), list,
        el("label", { class: "weui-agree consent-keep", for: "consent-keep" }, keep,
          el("span", { class: "weui-agree__text", text: t("alwaysKeep"), title: other("alwaysKeep") }))),
      el("div", { class: "weui-half-screen-dialog__ft" },
        el("div", { class: "weui-half-screen-dialog__btn-area" },
          popUpButton("reject", "weui-btn_default", () => answer([])),
          popUpButton("allow", "weui-btn_primary", () => answer(chosen()), true))),
    ];
  });
}

function popUpButton(words, look, onclick, first = false) {
  return el("button", { class: `weui-btn ${look}`, type: "button", text: t(words), title: other(words), autofocus: first, onclick });
}

function consentItem(item, app) {
  const template = app?.templates.find((tpl) => tpl.id === item.templateId);
  const example = el("dl", { class: "consent-example", hidden: true }, ...(template?.keywords ?? []).map((k) =>
    el("div", { class: "card-line" }, el("dt", { text: k.label || k.key }), el("dd", { text: k.example || "…" }))));
  const info = el("button", {
    class: "icon-button", type: "button", "aria-label": `${t("templateExample")}: ${item.title}`, title: other("templateExample"),
    "aria-expanded": "false",
    onclick: () => {
      example.hidden = !example.hidden;
      info.setAttribute("aria-expanded", String(!example.hidden));
    },
  }, icons.info());
  return el("li", { class: "consent-item" },
    el("div", { class: "consent-choice" },
      el("label", { class: "consent-label" },
        el("input", { class: "weui-agree__checkbox", type: "checkbox", value: item.templateId, checked: true }),
        el("span", { class: "consent-name", text: item.title })),
      info),
    example);
}
