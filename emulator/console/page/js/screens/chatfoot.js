// What is below a chat: the field to write in, and the menu of a service account.

import { el } from "../dom.js";
import { icons } from "../icons.js";
import { act, base64Of } from "../api.js";
import { t, other } from "../i18n.js";

/** Makes the foot of the chat with an account. A service account's can turn to its menu. */
export function chatFoot(phone, app) {
  const writing = writeForm(phone, app);
  if (app?.kind !== "service account") return el("div", { class: "chat-foot" }, writing);
  const menu = menuForm(phone, app);
  menu.hidden = true;
  const toggle = iconButton("openMenu", icons.menu(), () => {
    turn(toggle, writing, menu);
    (menu.hidden ? writing : menu).querySelector("input[type=text], button").focus();
  });
  if (app.menu?.length > 0) turn(toggle, writing, menu); // as WeChat does: an account's menu comes first
  return el("div", { class: "chat-foot" }, toggle, writing, menu);
}

function turn(toggle, writing, menu) {
  menu.hidden = !menu.hidden;
  writing.hidden = !writing.hidden;
  const words = menu.hidden ? "openMenu" : "openKeyboard";
  toggle.setAttribute("aria-label", t(words));
  toggle.title = other(words);
  toggle.replaceChildren(menu.hidden ? icons.menu() : icons.keyboard());
}

function writeForm(phone, app) {
  const field = el("input", {
    type: "text", class: "chat-field", "aria-label": t("write"), placeholder: t("write"), autocomplete: "off", enterkeyhint: "send",
  });
  const send = el("button", { class: "chat-send", type: "submit", text: t("send"), title: other("send"), disabled: true });
  field.addEventListener("input", () => {
    send.disabled = field.value === "";
  });
  const onsubmit = async (event) => {
    event.preventDefault();
    const text = field.value;
    if (text === "") return;
    field.value = "";
    send.disabled = true;
    const sent = await phone.run(() => act(phone.store.user, "write", { appId: app.appId, text }));
    if (!sent && field.value === "") field.value = text;
    field.focus();
  };
  return el("form", { class: "chat-form", onsubmit }, field, pictureButton(phone, app), send);
}

function pictureButton(phone, app) {
  const file = el("input", { type: "file", accept: "image/*", hidden: true, tabindex: "-1" });
  file.addEventListener("change", async () => {
    const [picture] = file.files;
    file.value = "";
    if (!picture) return;
    await phone.run(async () => act(phone.store.user, "send-image", {
      appId: app.appId, name: picture.name, data: await base64Of(picture),
    }));
  });
  return el("span", { class: "chat-picture" }, file, iconButton("sendPicture", icons.picture(), () => file.click()));
}

// The buttons of the account's menu. An account without a menu has a field for the key that a tap carries.
function menuForm(phone, app) {
  const tap = (key) => phone.run(() => act(phone.store.user, "tap-menu", { appId: app.appId, key }));
  if (app.menu?.length > 0) {
    return el("div", { class: "chat-form chat-menu" }, ...app.menu.map(({ name, key }) =>
      el("button", { class: "menu-button", type: "button", text: name, title: key, onclick: () => tap(key) })));
  }
  const field = el("input", {
    type: "text", class: "chat-field", "aria-label": t("menuKey"), placeholder: t("menuKey"), autocomplete: "off", maxlength: "128",
  });
  const onsubmit = (event) => {
    event.preventDefault();
    if (field.value) tap(field.value);
    field.value = "";
  };
  return el("form", { class: "chat-form", onsubmit }, field,
    el("button", { class: "chat-send", type: "submit", text: t("tapMenu"), title: other("tapMenu") }));
}

function iconButton(words, picture, onclick) {
  return el("button", { class: "icon-button", type: "button", "aria-label": t(words), title: other(words), onclick }, picture);
}
