// The accounts (账号): what a program has to be told of them, and where their pushes go.

import { el, reconcile } from "./dom.js";
import { get, post, put, remove } from "./api.js";
import { t, other } from "./i18n.js";
import { avatar } from "./avatar.js";

const mostUsers = 10; // of an account
const modes = ["secure", "compatible", "plaintext"];

let open = null; // AppIDs of those that are unfolded; null until there are accounts

/** Makes the panel of the accounts. */
export function accountsPanel(store, page) {
  const list = el("ul", { class: "accounts", "aria-label": t("accounts") });
  return {
    update() {
      if (!open && store.apps.length > 0) open = new Set(store.calls.length > 0 ? [] : [store.apps[0].appId]);
      reconcile(list, store.apps.map((app) => shownOf(store, app)), (account) => account.appId, (account) => row(account, page));
    },
    element: el("section", { class: "panel", "aria-labelledby": "accounts-title" },
      el("header", { class: "panel-head" }, el("h2", { id: "accounts-title", text: t("accounts"), title: other("accounts") })), list),
  };
}

// What is shown of an account beside its secrets: it is drawn anew when one of these has changed.
function shownOf(store, { appId, kind, name, templates, callback }) {
  const users = store.users.flatMap((user) => user.accounts.filter((account) => account.appId === appId)
    .map(({ openId, follows }) => ({ name: user.name, openId, follows })));
  return {
    appId, kind, name, callback, users: users.slice(0, mostUsers), moreUsers: Math.max(0, users.length - mostUsers),
    templates: templates.map(({ id, title, keywords }) => ({ id, title, keys: keywords.map((keyword) => keyword.key).join(", ") })),
  };
}

function row(account, page) {
  const body = el("div", { class: "account-body" });
  const ontoggle = async ({ target }) => {
    open[target.open ? "add" : "delete"](account.appId);
    if (!target.open) return;
    const secrets = await page.run(() => get(`${pathOf(account)}/credentials`));
    if (secrets) body.replaceChildren(...content(account, secrets, page));
  };
  return el("li", {}, el("details", { class: "account", open: open.has(account.appId), ontoggle },
    el("summary", {}, avatar(account.kind, account.appId), el("strong", { class: "account-name", text: account.name }),
      el("code", { text: account.appId })), body));
}

const pathOf = ({ appId }) => `/apps/${encodeURIComponent(appId)}`;

function content(account, secrets, page) {
  const { token, encodingAESKey } = secrets.callback ?? {};
  return [
    el("dl", { class: "account-facts" },
      ...fact("AppID", account.appId, page), ...fact("AppSecret", secrets.appSecret, page),
      ...(token ? [...fact("Token", token, page), ...fact("EncodingAESKey", encodingAESKey, page)] : [])),
    account.kind !== "website" && callbackForm(account, secrets.callback, page),
    account.templates.length > 0 && section(t("templates"), account.templates.map(({ id, title, keys }) =>
      line(title, id, keys, page))),
    account.users.length > 0 && section(t("openIDs"), [
      ...account.users.map(({ name, openId, follows }) => line(name, openId, follows ? t("following") : "", page)),
      ...(account.moreUsers > 0 ? [el("li", { class: "panel-note", text: t("andMore", account.moreUsers) })] : []),
    ]),
  ].filter(Boolean);
}

function fact(label, value, page) {
  return [el("dt", { text: label }), el("dd", {}, el("code", { text: value }), copyButton(label, value, page))];
}

function section(title, lines) {
  return el("div", {}, el("h3", { class: "account-title", text: title }), el("ul", { class: "account-lines" }, ...lines));
}

function line(name, id, note, page) {
  return el("li", {}, el("span", { class: "account-words" }, el("span", { text: name }), " ", el("code", { text: id }), " ",
    el("span", { class: "panel-note", text: note })), copyButton(name, id, page));
}

/** Makes a button that copies a value; what names it is for screen readers. */
export function copyButton(what, value, { run, notify }) {
  return el("button", {
    class: "tool-button", type: "button", text: t("copy"), "aria-label": t("copyThis", what), title: other("copy"),
    onclick: () => run(async () => {
      await navigator.clipboard.writeText(value);
      notify(t("copied"));
    }),
  });
}

// What is set comes back by the stream of events, which draws the account anew.
function callbackForm(account, callback, { run, notify }) {
  const url = el("input", {
    class: "field callback-url", type: "text", inputmode: "url", value: callback?.url ?? "", placeholder: "http://localhost:8080/wechat",
    "aria-label": t("callbackURL"), title: t("callbackURL"), spellcheck: "false", autocomplete: "off",
  });
  const mode = choice(t("callbackMode"), modes.map((name) => [name, t(`mode_${name}`)]), callback?.mode);
  const formats = account.kind === "mini program" ? ["xml", "json"] : ["xml"];
  const format = choice(t("callbackFormat"), formats.map((name) => [name, name.toUpperCase()]), callback?.format);
  const path = `${pathOf(account)}/callback`;
  const onsubmit = async (event) => {
    event.preventDefault();
    const settings = { url: url.value.trim(), mode: mode.value, format: format.value, ...(callback && { shape: callback.shape }) };
    if (await run(() => put(path, settings))) notify(t("callbackSet"));
  };
  const verify = async () => {
    const { ok, error } = await post(`${path}/verify`);
    if (!ok) throw new Error(error);
    notify(t("callbackAnswers"));
  };
  return el("div", {}, el("h3", { class: "account-title", text: t("callback") }),
    el("form", { class: "callback-form", onsubmit }, url, mode, format,
      el("button", { class: "tool-button is-primary", type: "submit", text: t("set"), title: other("set") }),
      callback && el("button", { class: "tool-button", type: "button", text: t("verify"), title: other("verify"), onclick: () => run(verify) }),
      callback && el("button", { class: "tool-button", type: "button", text: t("removeCallback"), title: other("removeCallback"), onclick: () => run(() => remove(path)) })));
}

function choice(label, options, selected) {
  return el("select", { class: "field", "aria-label": label, title: label },
    ...options.map(([value, text]) => el("option", { value, text, selected: value === selected })));
}

/** Makes the block with a first message for the shell. It is fetched where it is to be seen, and when there is more to send. */
export function firstMessage(store, page) {
  const block = el("div", { class: "first-message", hidden: true });
  let known = "";
  return {
    element: block,
    async update(visible) {
      const key = JSON.stringify([store.apps.map((app) => [app.appId, app.templates.length]), store.users.length]);
      if (!visible || store.apps.length === 0 || key === known) return;
      known = key;
      const got = await page.run(() => get("/first-message"));
      block.hidden = !got?.shell;
      if (got?.shell) {
        block.replaceChildren(el("p", { class: "empty-hint", text: t("tryThis") }), el("pre", { class: "body", tabindex: "0", "aria-label": t("tryThis"), text: got.shell }),
          copyButton(t("tryThis"), got.shell, page));
      }
    },
  };
}
