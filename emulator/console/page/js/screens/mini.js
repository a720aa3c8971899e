// A Mini Program (小程序). Its own pages are the developer's; here are buttons for what their code asks WeChat.

import { el, reconcile, setText } from "../dom.js";
import { icons } from "../icons.js";
import { act, post } from "../api.js";
import { openDialog } from "../dialog.js";
import { t, other } from "../i18n.js";
import { avatar } from "../avatar.js";
import { consentLine } from "../facts.js";
import { openChat } from "./chat.js";

const firstOfOrders = 2000; // below it are the kinds of cards whose code comes from a button
const transactionDigits = 28;
const mostTemplates = 5; // of one wx.requestSubscribeMessage

/** Opens a Mini Program on a page; "" is its home page. */
export function openMini(phone, appId, page) {
  if (phone.store.app(appId)) phone.open(miniScreen(phone, appId, page));
}

function miniScreen(phone, appId, page) {
  const { store } = phone;
  const app = store.app(appId);
  const list = el("div", { class: "weui-cells weui-cells_checkbox", role: "group", "aria-label": t("askConsent") });
  const none = el("p", { class: "weui-cells__tips", text: t("noTemplates") });
  const ask = el("button", {
    class: "weui-btn weui-btn_primary ask-button", type: "button", text: t("askConsent"), title: "wx.requestSubscribeMessage",
    "aria-haspopup": "dialog", onclick: () => askFor(phone, ticked(list)),
  });
  list.addEventListener("change", () => limit(list, ask));
  return {
    kind: "mini",
    appId,
    headless: true,
    element: el("div", { class: "screen mini" }, miniHead(phone, app), miniPage(page),
      el("h3", { class: "weui-cells__title", text: t("askConsentHint") }), list, none, ask, services(phone, app)),
    title: () => app.name,
    update() {
      const templates = (store.app(appId)?.templates ?? []).filter((tpl) => tpl.type !== "followers" && !tpl.card);
      none.hidden = templates.length > 0;
      list.hidden = ask.hidden = templates.length === 0;
      reconcile(list, templates.map(({ id, title, type, device }) => ({ id, title, type, device })), (tpl) => tpl.id, templateCell);
      for (const cell of list.children) showConsent(cell, store.account(appId));
      if (!list.querySelector("input:checked") && !list.touched) tickFirst(list);
      limit(list, ask);
    },
    focus: () => ask,
  };
}

function miniHead(phone, app) {
  return el("header", { class: "mini-head" },
    el("h2", { class: "mini-title", text: app.name }),
    el("span", { class: "capsule" },
      el("span", { class: "capsule-half", "aria-hidden": "true" }, icons.more()),
      el("button", {
        class: "capsule-half", type: "button", "aria-label": t("close"), title: other("close"), onclick: () => phone.back(),
      }, el("span", { class: "capsule-ring" }))));
}

function miniPage(page) {
  return el("div", { class: "mini-page" }, el("span", { class: "mini-page-label", text: t("page") }),
    el("code", { text: page || t("home") }));
}

function templateCell({ id, title, type, device }) {
  const notes = [type === "long-term" && t("longTerm"), device && t("ofADevice")].filter(Boolean);
  return el("label", { class: "weui-cell weui-check__label" },
    el("span", { class: "weui-cell__hd" },
      el("input", { class: "weui-check", type: "checkbox", value: id }),
      el("span", { class: "weui-icon-checked" })),
    el("span", { class: "weui-cell__bd" }, el("span", { class: "template-title", text: title }),
      el("span", { class: "weui-cell__desc", text: notes.join(" · ") })),
    el("span", { class: "weui-cell__ft consent-state" }));
}

function showConsent(cell, account) {
  const id = cell.querySelector("input").value;
  const consent = account?.consents?.find((c) => c.templateId === id);
  setText(cell.querySelector(".consent-state"), consent ? consentLine(consent) : "");
}

function tickFirst(list) {
  const first = list.querySelector("input");
  if (!first) return;
  first.checked = true;
  list.touched = true;
}

const ticked = (list) => [...list.querySelectorAll("input:checked")].map((box) => box.value);

function limit(list, ask) {
  const count = ticked(list).length;
  for (const box of list.querySelectorAll("input")) box.disabled = !box.checked && count >= mostTemplates;
  ask.disabled = count === 0;
  ask.classList.toggle("weui-btn_disabled", count === 0);
}

// The pop-up opens when the stream brings the question, whoever has asked it.
async function askFor(phone, templateIds) {
  const ask = await phone.run(() => post("/asks", { user: phone.store.user, templateIds }));
  if (ask && ask.state !== "pending") phone.toast(t("keptAnswer"));
}

function services(phone, app) {
  const { store } = phone;
  const from = el("input", { class: "weui-input", type: "text", "aria-label": t("sessionFrom"), title: t("sessionFrom"), spellcheck: "false", autocomplete: "off" });
  return el("div", { class: "weui-cells mini-services" },
    serviceCell(t("contactService"), 'open-type="contact"', async () => {
      if (await phone.run(() => act(store.user, "enter-chat", { appId: app.appId, sessionFrom: from.value }))) openChat(phone, app.appId);
    }),
    el("label", { class: "weui-cell session-from" }, el("span", { class: "weui-cell__hd" }, el("code", { text: "session-from" })),
      el("span", { class: "weui-cell__bd" }, from)),
    serviceCell(t("login"), "wx.login", () => showCode(phone, app, "login-code", "wx.login")),
    serviceCell(t("phoneNumber"), "getPhoneNumber", () => showCode(phone, app, "phone-code", "getPhoneNumber")),
    ...cardServices(phone, app));
}

// Where the codes of service cards (服务卡片) come from: the button that starts a service, or a payment.
function cardServices(phone, app) {
  const cards = app.templates.filter((tpl) => tpl.card);
  const buttons = cards.filter((tpl) => tpl.card < firstOfOrders).map((tpl) =>
    serviceCell(t("startService", tpl.title), "liveActivity", () => showCode(phone, app, "start-service", "liveActivity", { kind: tpl.card })));
  if (buttons.length === cards.length) return buttons;
  return [...buttons, serviceCell(t("payOrder"), "wx.requestPayment", () => payOrder(phone, app))];
}

async function payOrder(phone, app) {
  const transactionId = `4200${Date.now()}`.padEnd(transactionDigits, "0");
  if (await phone.run(() => act(phone.store.user, "pay", { appId: app.appId, transactionId }))) {
    await showText(phone, app, t("transactionNumber"), transactionId);
  }
}

function serviceCell(label, api, onclick) {
  return el("button", { class: "weui-cell weui-cell_access", type: "button", onclick },
    el("span", { class: "weui-cell__bd", text: label }),
    el("span", { class: "weui-cell__ft" }, el("code", { text: api })));
}

async function showCode(phone, app, verb, api, more = {}) {
  const got = await phone.run(() => act(phone.store.user, verb, { appId: app.appId, ...more }));
  if (got) await showText(phone, app, t("codeFor", api), got.code);
}

async function showText(phone, app, label, text) {
  await openDialog(phone.element, { className: "weui-dialog", label }, (close) => [
    el("div", { class: "weui-dialog__hd" }, avatar(app.kind, app.appId), el("strong", { class: "weui-dialog__title", text: label })),
    el("div", { class: "weui-dialog__bd" }, el("code", { class: "code-shown", text })),
    el("div", { class: "weui-dialog__ft" },
      el("button", { class: "weui-dialog__btn weui-dialog__btn_default", type: "button", text: t("close"), onclick: () => close() }),
      el("button", {
        class: "weui-dialog__btn weui-dialog__btn_primary", type: "button", text: t("copy"), "data-first": true,
        onclick: async () => {
          await phone.run(() => navigator.clipboard.writeText(text));
          close();
          phone.toast(t("copied"));
        },
      })),
  ]);
}
