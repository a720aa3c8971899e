// Me (我): who the user is to each account, and what they have agreed to.

import { el, reconcile, setText } from "../dom.js";
import { act } from "../api.js";
import { t, other } from "../i18n.js";
import { avatar } from "../avatar.js";
import { consentLine, windowLine } from "../facts.js";

/** The tab of the user. */
export const meTab = { key: "me", icon: "me", make: meScreen };

function meScreen(phone) {
  const { store } = phone;
  const name = el("h3", { class: "profile-name" });
  const number = el("p", { class: "profile-state" });
  const picture = el("span", {});
  const switches = el("div", { class: "weui-cells" });
  const consents = el("div", { class: "weui-cells" });
  const none = el("p", { class: "weui-cells__tips", text: t("noConsents") });
  const identity = el("div", { class: "identities" });
  return {
    element: el("div", { class: "screen profile" },
      el("div", { class: "profile-head" }, picture, el("div", {}, name, number)),
      el("h3", { class: "weui-cells__title", text: t("consents"), title: other("consents") }), switches, consents, none,
      el("h3", { class: "weui-cells__title", text: t("identity"), title: other("identity") }), identity),
    title: () => t("me"),
    update() {
      const user = store.userNamed(store.user);
      if (!user) return;
      setText(name, user.nickname || user.name);
      setText(number, user.phone ?? "");
      if (picture.seed !== user.name) picture.replaceChildren(avatar("person", user.name));
      picture.seed = user.name;
      const accounts = switchesOf(store, user);
      switches.hidden = accounts.length === 0;
      reconcile(switches, accounts, (row) => row.appId, (row) => switchCell(phone, row));
      const rows = consentsOf(store, user);
      none.hidden = rows.length > 0;
      consents.hidden = rows.length === 0;
      reconcile(consents, rows, (row) => row.templateId, (row) => consentCell(phone, row));
      reconcile(identity, identitiesOf(store, user), (row) => row.appId, identityCard);
    },
  };
}

// The main switch of each account that has subscription messages (订阅消息总开关).
function switchesOf(store, user) {
  const sends = (app) => app?.templates.some((tpl) => tpl.type !== "followers" && !tpl.card);
  return user.accounts.filter((account) => account.subscriptionsOff || sends(store.app(account.appId))).map((account) => ({
    appId: account.appId, name: store.app(account.appId)?.name ?? account.appId, on: !account.subscriptionsOff,
  }));
}

function switchCell(phone, row) {
  const change = (on) => phone.run(() => act(phone.store.user, "switch-subscriptions", { appId: row.appId, on }));
  return settingCell({ title: row.name, line: row.on ? t("mainSwitch") : t("allSwitchedOff"), on: row.on, label: t("receiveFrom", row.name) }, change);
}

function consentsOf(store, user) {
  return user.accounts.flatMap((account) => (account.consents ?? []).map((consent) => ({
    templateId: consent.templateId,
    title: store.app(account.appId)?.templates.find((tpl) => tpl.id === consent.templateId)?.title ?? consent.templateId,
    line: consentLine(consent),
    on: !consent.off,
  })));
}

function consentCell(phone, row) {
  const change = (on) => phone.run(() => act(phone.store.user, on ? "unban" : "ban", { templateIds: [row.templateId] }));
  return settingCell({ title: row.title, line: row.line, on: row.on, label: t("receiveThese", row.title) }, change);
}

// A line of the settings with a switch. change is told whether it is on.
function settingCell({ title, line, on, label }, change) {
  const toggle = el("input", {
    class: "weui-switch", type: "checkbox", role: "switch", checked: on, "aria-label": label, onchange: () => change(toggle.checked),
  });
  return el("label", { class: "weui-cell weui-cell_switch" },
    el("span", { class: "weui-cell__bd" }, el("span", { text: title }), el("span", { class: "weui-cell__desc", text: line })),
    el("span", { class: "weui-cell__ft" }, toggle));
}

function identitiesOf(store, user) {
  return user.accounts.map((account) => ({
    appId: account.appId, name: store.app(account.appId)?.name ?? account.appId, kind: store.app(account.appId)?.kind,
    openId: account.openId, unionId: account.unionId, note: account.window ? windowLine(account, store.now()) : "",
  }));
}

function identityCard(row) {
  return el("section", { class: "identity", "aria-label": row.name },
    el("header", { class: "identity-head" }, avatar(row.kind, row.appId), el("span", { text: row.name })),
    el("dl", { class: "identity-ids" }, idLine("OpenID", row.openId), row.unionId && idLine("UnionID", row.unionId)),
    row.note && el("p", { class: "dev-note", text: row.note }));
}

const idLine = (label, value) => el("div", {}, el("dt", { text: label }), el("dd", {}, el("code", { text: value })));
