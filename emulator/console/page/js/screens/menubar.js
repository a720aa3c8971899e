// The menu of a service account (自定义菜单) below its chat, as the user whose phone is shown sees it.

import { el, reconcile } from "../dom.js";
import { act, base64Of } from "../api.js";
import { askDialog, openDialog } from "../dialog.js";
import { t, other } from "../i18n.js";
import { link } from "../safelinks.js";
import { openMini } from "./mini.js";
import { sheetButton } from "./notifications.js";

/** The buttons that the user sees: those of a personalised menu, or of the account's own one. */
export function menuOf(store, appId) {
  const app = store.app(appId);
  if (app?.menuOff) return [];
  return store.account(appId)?.menu ?? app?.menu ?? [];
}

/**
 * Makes the bar with the buttons of the account's menu. An account without a menu has a field for the key that a tap
 * carries. update() is to be called when the store has changed.
 */
export function menuBar(phone, appId) {
  const bar = el("div", { class: "chat-form chat-menu" });
  const keyForm = tapForm(phone, appId);
  const node = el("div", { class: "chat-form" }, bar, keyForm);
  node.update = () => {
    const buttons = menuOf(phone.store, appId).map((button, place) => ({ ...button, place }));
    reconcile(bar, buttons, (button) => button.place, (button) => menuButton(phone, appId, button));
    bar.hidden = buttons.length === 0;
    keyForm.hidden = buttons.length > 0;
  };
  node.update();
  return node;
}

function tapForm(phone, appId) {
  const field = el("input", {
    type: "text", class: "chat-field", "aria-label": t("menuKey"), placeholder: t("menuKey"), autocomplete: "off", maxlength: "128",
  });
  const onsubmit = (event) => {
    event.preventDefault();
    const key = field.value;
    field.value = "";
    if (key) phone.run(() => act(phone.store.user, "tap-menu", { appId, key }));
  };
  return el("form", { class: "chat-form", onsubmit }, field,
    el("button", { class: "chat-send", type: "submit", text: t("tapMenu"), title: other("tapMenu") }));
}

function menuButton(phone, appId, button) {
  const inner = button.buttons ?? [];
  if (inner.length === 0) {
    return el("button", {
      class: "menu-button", type: "button", text: button.name, title: effect(button), onclick: () => tap(phone, appId, [button.name], button),
    });
  }
  return el("button", {
    class: "menu-button has-submenu", type: "button", text: button.name, "aria-haspopup": "dialog",
    onclick: () => openSubmenu(phone, appId, button),
  });
}

const effect = (button) => button.key ?? button.url ?? button.mediaId ?? button.articleId ?? button.value ?? "";

async function openSubmenu(phone, appId, button) {
  const chosen = await openDialog(phone.element, { className: "weui-actionsheet weui-actionsheet_toggle", label: button.name }, (close) => [
    el("div", { class: "weui-actionsheet__menu" }, ...button.buttons.map((inner) => el("button", {
      class: "weui-actionsheet__cell", type: "button", text: inner.name, title: effect(inner), onclick: () => close(inner),
    }))),
    el("div", { class: "weui-actionsheet__action" }, sheetButton("cancel", () => close())),
  ]);
  if (chosen) await tap(phone, appId, [button.name, chosen.name], chosen);
}

async function tap(phone, appId, path, button) {
  const input = await (asks[button.type]?.(phone, button) ?? {});
  if (input === null) return;
  const got = await phone.run(() => act(phone.store.user, "tap-button", { appId, path, ...input }));
  if (!got) return;
  const { url, miniProgram } = got.opened;
  if (miniProgram) {
    openMini(phone, miniProgram.appId, miniProgram.page);
  } else if (url) {
    await askDialog(phone, t("redirectedTo"), link(url, url, { class: "long-text" }), ["close"]);
  }
}

// What a button asks for before it does something. Null is a user who backs out.
const asks = {
  scancode_push: askScan,
  scancode_waitmsg: askScan,
  pic_sysphoto: askPictures,
  pic_photo_or_album: askPictures,
  pic_weixin: askPictures,
  location_select: askPlace,
};

async function askScan(phone, button) {
  const answer = await askFields(phone, button.name, [{ words: "scanField" }]);
  return answer && { scan: answer.scanField };
}

function askPictures() {
  return new Promise((resolve) => {
    const file = el("input", { type: "file", accept: "image/*", multiple: true });
    file.addEventListener("change", async () => resolve({ pictures: await Promise.all([...file.files].map(base64Of)) }));
    file.addEventListener("cancel", () => resolve(null));
    file.click();
  });
}

async function askPlace(phone, button) {
  const answer = await askFields(phone, button.name, [
    { words: "placeName", value: "Canton Tower" }, { words: "placeAddress", value: "222 Yuejiang Road West, Guangzhou" },
    { words: "latitude", value: "23.1066", kind: "number" }, { words: "longitude", value: "113.3245", kind: "number" },
  ]);
  return answer && {
    place: {
      name: answer.placeName, label: answer.placeAddress, scale: 15,
      latitude: Number(answer.latitude), longitude: Number(answer.longitude),
    },
  };
}

// Asks for the fields of a small form and gives their values by the words of each.
function askFields(phone, title, fields) {
  const inputs = fields.map(({ words, value = "", kind = "text" }) => el("input", {
    class: "weui-input", type: kind, step: kind === "number" && "any", value, required: true, "aria-label": t(words), placeholder: t(words),
    title: other(words), autocomplete: "off",
  }));
  return openDialog(phone.element, { className: "weui-dialog", label: title }, (close) => {
    const onsubmit = (event) => {
      event.preventDefault();
      close(Object.fromEntries(fields.map(({ words }, i) => [words, inputs[i].value])));
    };
    return el("form", { onsubmit },
      el("div", { class: "weui-dialog__hd" }, el("strong", { class: "weui-dialog__title", text: title })),
      el("div", { class: "weui-dialog__bd" }, ...inputs.map((input) => el("div", { class: "weui-cell" }, el("span", { class: "weui-cell__bd" }, input)))),
      el("div", { class: "weui-dialog__ft" },
        el("button", { class: "weui-dialog__btn weui-dialog__btn_default", type: "button", text: t("cancel"), title: other("cancel"), onclick: () => close() }),
        el("button", { class: "weui-dialog__btn weui-dialog__btn_primary", type: "submit", text: t("send"), title: other("send") })));
  });
}
