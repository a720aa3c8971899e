// What is below a chat: the field to write in, and the menu of a service account.

import { el } from "../dom.js";
import { icons } from "../icons.js";
import { act, base64Of } from "../api.js";
import { t, other } from "../i18n.js";
import { menuBar, menuOf } from "./menubar.js";

/**
 * Makes the foot of the chat with an account. A service account's can turn to its menu. update() is to be called when the
 * store has changed.
 */
export function chatFoot(phone, app) {
  const writing = writeForm(phone, app);
  const foot = el("div", { class: "chat-foot" }, writing);
  if (app?.kind !== "service account") return foot;
  const menu = menuBar(phone, app.appId);
  menu.hidden = true;
  const toggle = iconButton("openMenu", icons.menu(), () => {
    turn(toggle, writing, menu);
    (menu.hidden ? writing : menu).querySelector(":not([hidden]) > :is(input[type=text], button)").focus();
  });
  if (menuOf(phone.store, app.appId).length > 0) turn(toggle, writing, menu); // as WeChat does: an account's menu comes first
  foot.prepend(toggle);
  foot.append(menu);
  foot.update = menu.update;
  return foot;
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

function iconButton(words, picture, onclick) {
  return el("button", { class: "icon-button", type: "button", "aria-label": t(words), title: other(words), onclick }, picture);
}
