// Discover (发现): scan a code, open a link, find a Mini Program.

import { el } from "../dom.js";
import { icons } from "../icons.js";
import { act } from "../api.js";
import { askDialog } from "../dialog.js";
import { t, other } from "../i18n.js";
import { link } from "../safelinks.js";
import { openMini } from "./mini.js";
import { scanScreen } from "./scan.js";

/** The tab of the discoveries. */
export const discoverTab = { key: "discover", icon: "discover", make: discoverScreen };

const webPages = /^https:\/\/(open\.weixin\.qq\.com\/connect\/|mp\.weixin\.qq\.com\/mp\/subscribemsg)/;

function discoverScreen(phone) {
  return {
    element: el("div", { class: "screen" },
      el("div", { class: "weui-cells" }, discovery(icons.scan, "scan", () => phone.open(scanScreen(phone)))),
      linkForm(phone)),
    title: () => t("discover"),
  };
}

function discovery(draw, words, onclick) {
  return el("button", { class: "weui-cell weui-cell_access discovery", type: "button", title: other(words), onclick },
    el("span", { class: "weui-cell__hd" }, draw()),
    el("span", { class: "weui-cell__bd", text: t(words) }), el("span", { class: "weui-cell__ft" }));
}

function linkForm(phone) {
  const field = el("input", {
    class: "weui-input", type: "text", id: "link-field", placeholder: "https://wxaurl.cn/…", autocomplete: "off", spellcheck: "false",
  });
  const onsubmit = (event) => {
    event.preventDefault();
    if (field.value.trim()) phone.run(() => openLink(phone, field.value.trim()));
  };
  return el("form", { class: "link-form", onsubmit },
    el("h3", { class: "weui-cells__title", text: t("openLink"), title: other("openLink") }),
    el("div", { class: "weui-cells weui-cells_form" },
      el("div", { class: "weui-cell" },
        el("label", { class: "visually-hidden", for: "link-field", text: t("linkField") }),
        el("span", { class: "weui-cell__bd" }, field),
        el("button", { class: "inline-button", type: "submit", text: t("open"), title: other("open") }))),
    el("p", { class: "weui-cells__tips", text: t("linkHint") }));
}

async function openLink(phone, address) {
  if (webPages.test(address)) {
    await visit(phone, address);
    return;
  }
  const { opens } = await act(phone.store.user, "open-link", { link: address });
  if (opens) {
    openMini(phone, opens.appId, opens.page);
  } else {
    phone.toast(t("noLink"));
  }
}

async function visit(phone, url) {
  const allowed = await askDialog(phone, t("webAsks"), el("p", { class: "long-text", text: url }), ["reject", "allow"]);
  if (allowed === null) return;
  const { redirect } = await act(phone.store.user, "visit", { url, decline: allowed === "reject" });
  await askDialog(phone, t("redirectedTo"), link(redirect, redirect, { class: "long-text" }), ["close"]);
}
