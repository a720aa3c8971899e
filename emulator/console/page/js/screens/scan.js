// The scanner (扫一扫). There is no camera: the content of a code is pasted, or its picture chosen.

import { el } from "../dom.js";
import { act, base64Of, post } from "../api.js";
import { t, other } from "../i18n.js";
import { openAccount } from "./account.js";
import { openMini } from "./mini.js";

/** Makes the screen of the scanner. */
export function scanScreen(phone) {
  return {
    kind: "scan",
    element: el("div", { class: "screen scan" },
      el("div", { class: "finder", "aria-hidden": "true" }, el("span", { class: "finder-line" })),
      codeForm(phone), pictureChoice(phone), codeMaker(phone)),
    title: () => t("scan"),
  };
}

function codeForm(phone) {
  const field = el("input", {
    class: "dark-field", type: "text", "aria-label": t("scanField"), placeholder: t("scanHint"), title: other("scanHint"),
    autocomplete: "off", spellcheck: "false",
  });
  const onsubmit = (event) => {
    event.preventDefault();
    if (field.value.trim()) scan(phone, { code: field.value.trim() });
  };
  return el("form", { class: "scan-form", onsubmit }, field,
    el("button", { class: "weui-btn weui-btn_primary weui-btn_mini", type: "submit", text: t("scan"), title: other("scan") }));
}

function pictureChoice(phone) {
  const file = el("input", { type: "file", accept: "image/*", hidden: true, tabindex: "-1" });
  file.addEventListener("change", async () => {
    const [picture] = file.files;
    file.value = "";
    if (picture) scan(phone, { picture: await base64Of(picture) });
  });
  return el("p", { class: "scan-album" }, file,
    el("button", { class: "dark-button", type: "button", text: t("scanPicture"), title: other("scanPicture"), onclick: () => file.click() }));
}

async function scan(phone, what, appId = "") {
  const got = await phone.run(() => act(phone.store.user, "scan", what));
  if (!got) return;
  phone.back();
  if (got.opens) {
    openMini(phone, got.opens.appId, got.opens.page);
  } else if (appId) {
    openAccount(phone, appId);
  }
  phone.toast(t("scanned"));
}

// Codes of the service accounts, so that there is something to scan.
function codeMaker(phone) {
  const accounts = phone.store.apps.filter((app) => app.kind === "service account");
  if (accounts.length === 0) return null;
  const account = el("select", { class: "dark-field", "aria-label": t("serviceAccount") },
    ...accounts.map((app) => el("option", { value: app.appId, text: app.name })));
  const scene = el("input", { class: "dark-field", type: "text", "aria-label": t("scene"), placeholder: t("scene"), maxlength: "64", autocomplete: "off" });
  const shown = el("div", { class: "made-code" });
  const onsubmit = async (event) => {
    event.preventDefault();
    if (!scene.value) return;
    const made = await phone.run(() => post(`/apps/${account.value}/qr-codes`, { scene: scene.value }));
    if (made) shown.replaceChildren(...madeCode(phone, made, scene.value, account.value));
  };
  return el("section", { class: "code-maker" }, el("h3", { text: t("makeCode"), title: other("makeCode") }),
    el("form", { class: "scan-form", onsubmit }, account, scene,
      el("button", { class: "dark-button", type: "submit", text: t("make"), title: other("make") })),
    shown);
}

function madeCode(phone, made, scene, appId) {
  return [
    el("img", { src: sameOrigin(made.picture), alt: t("codePicture", scene), width: "120", height: "120" }),
    el("button", {
      class: "dark-button", type: "button", text: t("scanThis"), title: other("scanThis"),
      onclick: () => scan(phone, { code: made.ticket }, appId),
    }),
  ];
}

// The picture is on this server, whatever host its address names.
function sameOrigin(address) {
  const url = new URL(address, location.href);
  return url.pathname + url.search;
}
