// The pop-up of wx.requestSubscribeMessage (订阅消息弹窗). It opens on the phone whoever has asked: the page, a
// test, or the developer's own Mini Program through the control API.

import { el } from "./dom.js";
import { icons } from "./icons.js";
import { post } from "./api.js";
import { closeDialogs, openDialog } from "./dialog.js";
import { t, other } from "./i18n.js";
import { avatar } from "./avatar.js";

/** Makes a function that keeps the pop-up in step with what the selected user is asked. */
export function watchAsks(phone) {
  const { store } = phone;
  const done = new Set(); // ids of questions that were answered here; the stream may still call them pending
  let open = null; // the question that is shown
  return () => {
    const ask = store.asks.find((a) => a.state === "pending" && a.user === store.user && !done.has(a.id));
    if (open?.id === ask?.id) return;
    if (open) closeDialogs(phone.element);
    open = ask ?? null;
    if (ask) show(ask);
  };

  async function show(ask) {
    const answer = await popUp(phone, ask);
    const stillAsked = open === ask && store.user === ask.user;
    if (open === ask) open = null;
    if (!stillAsked) return;
    done.add(ask.id);
    const sent = await phone.run(() => post(`/asks/${ask.id}/answer`, answer ?? { accept: [], keep: false }));
    if (!sent) done.delete(ask.id);
  }
}

function popUp(phone, ask) {
  const app = phone.store.app(ask.appId);
  const items = ask.items.filter((item) => item.shown);
  const className = "weui-half-screen-dialog consent";
  const long = items.every((item) => templateOf(app, item)?.type === "long-term");
  const words = long ? "sendLong" : "sendOnce";
  return openDialog(phone.element, { className, labelledBy: "consent-title" }, (close) => {
    const keep = el("input", { class: "weui-agree__checkbox", type: "checkbox", id: "consent-keep" });
    const list = el("ul", { class: "consent-items" }, ...items.map((item) => consentItem(item, app)));
    const reminder = reminderField();
    const answer = (accepted) => close({ accept: accepted, as: reminder.value, keep: keep.checked });
    const chosen = () => [...list.querySelectorAll("input:checked")].map((box) => box.value);
    return [
      el("div", { class: "weui-half-screen-dialog__hd consent-head" }, avatar(app?.kind, ask.appId),
        el("span", { class: "consent-app", text: app?.name ?? ask.appId }), el("span", { class: "consent-applies", text: t("applies") })),
      el("div", { class: "weui-half-screen-dialog__bd" },
        el("h2", { class: "consent-title", id: "consent-title", text: t(words), title: other(words) }), list,
        long && el("label", { class: "consent-reminder", for: reminder.id }, el("span", { text: t("reminder"), title: other("reminder") }), reminder),
        el("label", { class: "weui-agree consent-keep", for: "consent-keep" }, keep,
          el("span", { class: "weui-agree__text", text: t("alwaysKeep"), title: other("alwaysKeep") }))),
      el("div", { class: "weui-half-screen-dialog__ft" },
        el("div", { class: "weui-half-screen-dialog__btn-area" },
          popUpButton("reject", "weui-btn_default", () => answer([])),
          popUpButton("allow", "weui-btn_primary", () => answer(chosen()), true))),
    ];
  });
}

// How the user wants to be told of the messages of a long-term template: the word that the Mini Program gets.
function reminderField() {
  return el("select", { class: "field", id: "consent-reminder" },
    el("option", { value: "accept", text: t("noReminder") }),
    ...["acceptWithAudio", "acceptWithAlert", "acceptWithForcePush"].map((word) => el("option", { value: word, text: t(word), title: word })));
}

function popUpButton(words, look, onclick, first = false) {
  return el("button", { class: `weui-btn ${look}`, type: "button", text: t(words), title: other(words), "data-first": first, onclick });
}

const templateOf = (app, item) => app?.templates.find((tpl) => tpl.id === item.templateId);

function consentItem(item, app) {
  const example = el("dl", { class: "consent-example", hidden: true }, ...(templateOf(app, item)?.keywords ?? []).map((k) =>
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
