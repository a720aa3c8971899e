// The contacts (通讯录): the service accounts that can be followed, and the Mini Programs.

import { el, reconcile } from "../dom.js";
import { t, other } from "../i18n.js";
import { avatar } from "../avatar.js";
import { openAccount } from "./account.js";
import { openMini } from "./mini.js";

/** The tab of the contacts. */
export const contactsTab = { key: "contacts", icon: "people", make: contactsScreen };

function contactsScreen(phone) {
  const accounts = group("serviceAccount");
  const minis = group("miniPrograms");
  return {
    element: el("div", { class: "screen" }, accounts.element, minis.element),
    title: () => t("contacts"),
    update() {
      accounts.show(rowsOf(phone.store, "service account"), (row) => openAccount(phone, row.appId));
      minis.show(rowsOf(phone.store, "mini program"), (row) => openMini(phone, row.appId, ""));
    },
  };
}

function rowsOf(store, kind) {
  return store.apps.filter((app) => app.kind === kind).map(({ appId, name }) =>
    ({ appId, name, kind, note: store.account(appId)?.follows ? t("following") : "" }));
}

function group(words) {
  const list = el("ul", { class: "rows", "aria-label": t(words) });
  const element = el("section", {}, el("h3", { class: "weui-cells__title", text: t(words), title: other(words) }), list);
  const show = (rows, onclick) => {
    element.hidden = rows.length === 0;
    reconcile(list, rows, (row) => row.appId, (row) => contact(row, () => onclick(row)));
  };
  return { element, show };
}

function contact(row, onclick) {
  return el("li", {}, el("button", { class: "row row-small", type: "button", onclick },
    avatar(row.kind, row.appId),
    el("span", { class: "row-main" },
      el("span", { class: "row-top" }, el("span", { class: "row-name", text: row.name }), el("span", { class: "row-time", text: row.note })))));
}
