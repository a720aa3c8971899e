// How one message looks: as a card of the service notifications, or in a chat.

import { el } from "./dom.js";
import { icons } from "./icons.js";
import { mediaURL } from "./api.js";
import { t, other } from "./i18n.js";
import { link, webAddress, withLinks } from "./safelinks.js";
import { avatar } from "./avatar.js";

/** Makes the card of a message that was sent by template. actions has open(miniProgram) and menu(message). */
export function templateCard(message, app, actions) {
  const options = actions.menu && el("button", {
    class: "card-menu", type: "button", "aria-label": t("cardMenu"), title: other("cardMenu"), "aria-haspopup": "dialog",
    onclick: () => actions.menu(message),
  }, icons.more());
  return el("article", { class: "card", "aria-label": message.title },
    el("header", { class: "card-head" }, avatar(app?.kind, message.appId), el("span", { class: "card-from", text: message.from }), options),
    el("h3", { class: "card-title", text: message.title }),
    el("dl", { class: "card-lines" }, ...(message.lines ?? []).map(cardLine)),
    cardFoot(message, actions));
}

function cardLine({ key, label, value }) {
  return el("div", { class: "card-line" }, el("dt", { text: label || key }), el("dd", { text: value }));
}

function cardFoot(message, actions) {
  if (message.miniProgram) {
    const words = message.type === "template" ? "details" : "enterMiniProgram";
    return el("button", { class: "card-foot", type: "button", title: other(words), onclick: () => actions.open(message.miniProgram) },
      el("span", { text: t(words) }), el("span", { class: "chevron" }));
  }
  if (!webAddress(message.url ?? "")) return null;
  const foot = link(message.url, "", { class: "card-foot" });
  foot.append(el("span", { text: t("details") }), el("span", { class: "chevron" }));
  return foot;
}

/** Makes the content of a chat message. actions has open(miniProgram) and choose(itemId). */
export function bubble(message, actions) {
  const make = kinds[message.type] ?? plain;
  return make(message, actions);
}

/** Says in one line what a message is, for lists and announcements. */
export function summary(message) {
  if (message.type === "image") return t("picture");
  if (message.type === "voice") return t("voice");
  if (message.type === "video" && !message.title) return t("video");
  return plainText(message.title || message.text || "") || t("otherMessage");
}

const plainText = (text) => text.replace(/<a\s[^<>]*>([^<]*)<\/a\s*>/gi, "$1").replace(/\s+/g, " ");

function plain(message, actions) {
  const text = message.text || message.title || `[${message.type}]`;
  return el("div", { class: "bubble bubble-text" }, ...withLinks(text, actions.open));
}

function image(message) {
  return el("div", { class: "bubble bubble-picture" },
    el("img", { src: mediaURL(message.mediaId ?? ""), alt: t("picture"), loading: "lazy", onerror: noPicture }));
}

// A picture that cannot be drawn, such as one of no bytes, gives way to words.
function noPicture({ target }) {
  target.replaceWith(el("span", { class: "no-picture" }, icons.picture(), el("span", { text: t("picture") })));
}

function playable(words) {
  return (message) => el("div", { class: "bubble bubble-media" }, icons.play(),
    el("span", { text: message.title || t(words) }));
}

function article(message) {
  const content = [el("strong", { class: "article-title", text: message.title ?? "" }),
    message.text && el("p", { class: "article-text", text: message.text })];
  if (!webAddress(message.url ?? "")) return el("div", { class: "bubble bubble-article" }, ...content);
  const node = link(message.url, "", { class: "bubble bubble-article" });
  node.append(...content.filter(Boolean));
  return node;
}

function miniProgramCard(message, actions) {
  return el("button", { class: "bubble bubble-mini", type: "button", onclick: () => actions.open(message.miniProgram) },
    el("strong", { class: "article-title", text: message.title ?? "" }),
    el("span", { class: "mini-shot" }, icons.mini()),
    el("span", { class: "mini-label" }, icons.mini(), el("span", { text: t("miniProgram") })));
}

function menu(message, actions) {
  return el("div", { class: "bubble bubble-text bubble-menu" },
    message.title && el("p", {}, ...withLinks(message.title, actions.open)),
    ...(message.menu ?? []).map((item) =>
      el("button", { class: "menu-item", type: "button", text: item.text, onclick: () => actions.choose(item.id) })),
    message.text && el("p", {}, ...withLinks(message.text, actions.open)));
}

const kinds = {
  text: plain,
  image,
  voice: playable("voice"),
  video: playable("video"),
  music: playable("otherMessage"),
  news: article,
  mpnews: article,
  mpnewsarticle: article,
  link: article,
  miniprogrampage: miniProgramCard,
  msgmenu: menu,
};
