// The traffic (接口流量): the program's calls and the pushes to its callback, newest first.

import { el, reconcile, setText } from "./dom.js";
import { icons } from "./icons.js";
import { post } from "./api.js";
import { t, other } from "./i18n.js";
import { firstMessage } from "./accounts.js";
import { bodyBlock } from "./json.js";
import { emptyState } from "./avatar.js";
import { duration, exactTime } from "./time.js";

const mostShown = 200;

/** Makes the panel of the traffic. */
export function trafficPanel(store, page) {
  const { run } = page;
  const list = el("ol", { class: "traffic-list", "aria-label": t("traffic") });
  const empty = emptyState(icons.bolt, t("noTraffic"), t("noTrafficHint", store.baseURL));
  const first = firstMessage(store, page);
  empty.append(first.element);
  const count = el("span", { class: "count" });
  const view = { kind: "all", filter: "", since: { call: 0, push: 0 } };
  const more = el("p", { class: "panel-note", hidden: true, text: t("moreTraffic") });

  function update() {
    const shown = entries(store, view);
    empty.hidden = shown.length > 0;
    first.update(!empty.hidden);
    setText(empty.querySelector(".empty-hint"), t("noTrafficHint", store.baseURL));
    more.hidden = shown.length <= mostShown;
    setText(count, shown.length > 0 ? String(shown.length) : "");
    const open = new Set([...list.querySelectorAll("details[open]")].map((d) => d.closest("li").dataset.key));
    reconcile(list, shown.slice(0, mostShown), keyOf, (entry) => row(entry, store, run, open.has(keyOf(entry))));
  }

  return {
    update,
    element: el("section", { class: "panel traffic", id: "traffic", tabindex: "-1", "aria-labelledby": "traffic-title" },
      el("header", { class: "panel-head" },
        el("h2", { id: "traffic-title", text: t("traffic"), title: other("traffic") }), count,
        el("span", { class: "panel-space" }), filters(view, update), clearButton(store, view, update)),
      list, more, empty, el("p", { class: "panel-note", text: t("secretsHidden") })),
  };
}

const keyOf = (entry) => `${entry.kind}-${entry.id}`;

function entries(store, view) {
  const calls = store.calls.filter((c) => c.seq > view.since.call).map((c) => ({ ...c, kind: "call", id: c.seq }));
  const pushes = store.pushes.filter((p) => p.id > view.since.push).map((p) => ({ ...p, kind: "push" }));
  return [...calls, ...pushes]
    .filter((entry) => shows(view, entry))
    .sort((a, b) => b.arrival - a.arrival);
}

function shows(view, entry) {
  if (view.kind === "errorsOnly" && !isBad(entry)) return false;
  if (view.kind === "calls" && entry.kind !== "call") return false;
  if (view.kind === "pushes" && entry.kind !== "push") return false;
  return nameOf(entry).toLowerCase().includes(view.filter);
}

const nameOf = (entry) => (entry.kind === "call" ? entry.path : entry.type);

// A narrow window breaks a name where its parts end.
const breakable = (name) => name.split(/(?<=[/_])/).flatMap((piece) => [piece, el("wbr")]);

const isBad = (entry) =>
  (entry.kind === "call" ? entry.errcode !== 0 || entry.status !== 200 : Boolean(entry.error || entry.fault));

function filters(view, update) {
  const kind = el("select", { class: "field", "aria-label": t("all") },
    ...["all", "calls", "pushes", "errorsOnly"].map((words) => el("option", { value: words, text: t(words) })));
  kind.addEventListener("change", () => {
    view.kind = kind.value;
    update();
  });
  const filter = el("input", { class: "field filter", type: "search", "aria-label": t("filter"), placeholder: t("filter") });
  filter.addEventListener("input", () => {
    view.filter = filter.value.trim().toLowerCase();
    update();
  });
  return el("span", { class: "filters" }, kind, filter);
}

function clearButton(store, view, update) {
  return el("button", {
    class: "tool-button", type: "button", text: t("clear"), title: other("clear"),
    onclick: () => {
      view.since = { call: store.calls.at(-1)?.seq ?? 0, push: store.pushes.at(-1)?.id ?? 0 };
      update();
    },
  });
}

function row(entry, store, run, open) {
  const bad = isBad(entry);
  return el("li", {}, el("details", { class: `entry entry-${entry.kind} ${bad ? "is-bad" : ""}`, open },
    el("summary", {},
      el("span", { class: `tag tag-${entry.kind}`, text: entry.kind === "call" ? entry.method : t("push") }),
      el("code", { class: "entry-name" }, ...breakable(nameOf(entry))),
      el("span", { class: "entry-result", text: result(entry) }),
      el("span", { class: "entry-took", text: duration(entry.took) }),
      el("time", { class: "entry-time", datetime: entry.time, text: exactTime(entry.time) })),
    el("div", { class: "entry-more" }, ...(entry.kind === "call" ? callDetails : pushDetails)(entry, store, run))));
}

function result(entry) {
  if (entry.kind === "call") return callResult(entry);
  const words = entry.error || entry.fault ? t("failed") : String(entry.status || "");
  return entry.attempt > 1 ? `${words} · ${t("attempt", entry.attempt)}` : words;
}

function callResult({ status, errcode }) {
  if (status === 0) return t("faultReset");
  if (errcode !== 0) return String(errcode);
  return status === 200 ? "ok" : `HTTP ${status}`;
}

const callDetails = (call, store) => [
  facts([store.app(call.appId)?.name, call.status > 0 && `HTTP ${call.status}`, call.rid && `rid ${call.rid}`]),
  el("code", { class: "entry-target", text: `${call.method} ${call.path}${call.query ? `?${call.query}` : ""}` }),
  el("div", { class: "parts" }, part("request", call.request), part("response", call.response)),
];

const pushDetails = (push, store, run) => [
  facts([store.app(push.appId)?.name, push.error, push.fault]),
  el("code", { class: "entry-target", text: `POST ${store.app(push.appId)?.callback?.url ?? ""}?${push.query}` }),
  el("div", { class: "parts" }, part("pushPlain", push.plain), part("reply", push.reply)),
  push.body !== push.plain && part("pushBody", push.body),
  el("p", {}, el("button", {
    class: "tool-button", type: "button", text: t("redeliver"), title: other("redeliver"),
    onclick: () => run(() => post(`/pushes/${push.id}/redeliver`)),
  })),
];

const facts = (list) => el("p", { class: "entry-facts", text: list.filter(Boolean).join(" · ") });

function part(words, text) {
  if (!text) return null;
  return el("section", { class: "part" }, el("h3", { text: t(words), title: other(words) }), bodyBlock(text));
}
