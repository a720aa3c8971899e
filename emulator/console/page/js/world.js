// The world's side: the clock and the faults.

import { el, reconcile, setText } from "./dom.js";
import { icons } from "./icons.js";
import { post, remove } from "./api.js";
import { t, other } from "./i18n.js";
import { exactTime, longDay } from "./time.js";

const jumps = [["minute1", "1m"], ["hour1", "1h"], ["hours2", "2h"], ["day1", "24h"], ["days3", "72h"], ["days30", "720h"]];

/** Makes the panel of the clock. */
export function clockPanel(store, { run }) {
  const time = el("span", { class: "clock-time" });
  const day = el("span", { class: "clock-day" });
  const buttons = jumps.map(([words, by]) => el("button", {
    class: "tool-button", type: "button", text: `+${t(words)}`, "aria-label": t("advanceBy", t(words)), title: other("advanceBy", other(words)),
    onclick: () => run(() => post("/clock/advance", { by })),
  }));
  const tick = () => {
    const now = store.now();
    setText(time, exactTime(now));
    setText(day, store.clock.frozen ? `${longDay(now)} · ${t("frozen")}` : longDay(now));
  };
  return {
    tick,
    update: tick,
    element: el("section", { class: "panel clock", "aria-labelledby": "clock-title" },
      el("header", { class: "panel-head" }, el("h2", { id: "clock-title", text: t("clock"), title: other("clock") })),
      el("p", { class: "clock-now" }, time, day),
      el("div", { class: "tool-buttons", role: "group", "aria-label": t("advance") }, ...buttons)),
  };
}

const sends = "/cgi-bin/message/*";

// The faults that programs have to live with.
const kinds = [
  ["faultBusy", { path: sends, errcode: -1 }],
  ["faultToken", { path: sends, errcode: 40001 }],
  ["faultQuota", { path: sends, errcode: 45009 }],
  ["faultSlow", { delay: "3s" }],
  ["fault500", { status: 502, body: "<html><body>502 Bad Gateway</body></html>" }],
  ["faultReset", { reset: true }],
  ["faultLost", { path: sends, reset: true, afterTheFact: true }],
];

/** Makes the panel of the faults. */
export function faultPanel(store, page) {
  const { run } = page;
  const ban = banButton(store, run);
  const list = el("ul", { class: "faults", "aria-label": t("faults") });
  const none = el("p", { class: "panel-note", text: t("noFaults") });
  const all = el("button", {
    class: "tool-button", type: "button", text: t("removeAll"), title: other("removeAll"), hidden: true,
    onclick: () => run(() => remove("/faults")),
  });
  return {
    update() {
      none.hidden = store.faults.length > 0;
      all.hidden = store.faults.length < 2;
      ban.setAttribute("aria-pressed", String(store.apps.some((app) => app.subscriptionsBanned)));
      reconcile(list, store.faults, (fault) => fault.id, (fault) => planted(fault, run));
    },
    element: el("section", { class: "panel", "aria-labelledby": "faults-title" },
      el("header", { class: "panel-head" }, el("h2", { id: "faults-title", text: t("faults"), title: other("faults") }),
        el("span", { class: "panel-space" }), all),
      faultForm(run), list, none,
      el("p", { class: "revoke" }, revokeButton(store, page), ban)),
  };
}

function faultForm(run) {
  const kind = el("select", { class: "field", "aria-label": t("faultKind") },
    ...kinds.map(([words], i) => el("option", { value: i, text: t(words) })));
  const path = el("input", { class: "field path", type: "text", "aria-label": t("faultPath"), title: t("faultPath"), spellcheck: "false" });
  const times = el("input", { class: "field times", type: "number", min: "0", value: "1", "aria-label": t("faultTimes"), title: t("faultTimes") });
  const suggest = () => {
    path.value = kinds[kind.value][1].path ?? "";
  };
  kind.addEventListener("change", suggest);
  suggest();
  const onsubmit = (event) => {
    event.preventDefault();
    const { path: _, ...fault } = kinds[kind.value][1];
    run(() => post("/faults", { ...fault, ...(path.value.trim() && { path: path.value.trim() }), times: Number(times.value) }));
  };
  return el("form", { class: "fault-form", onsubmit }, kind, path, times,
    el("button", { class: "tool-button is-primary", type: "submit", text: t("plant"), title: other("plant") }));
}

function planted(fault, run) {
  const words = describe(fault);
  return el("li", { class: "fault" }, icons.bolt(),
    el("span", { class: "fault-words" }, el("strong", { text: words }), " ", el("code", { text: fault.path || t("everyCall") })),
    el("span", { class: "fault-count", text: `${t("struck", fault.hits ?? 0)}${fault.times ? ` / ${fault.times}` : ""}` }),
    el("button", {
      class: "tool-button", type: "button", "aria-label": t("removeFault", words), title: other("removeFault", words), text: "×",
      onclick: () => run(() => remove(`/faults/${fault.id}`)),
    }));
}

function describe(fault) {
  const parts = [];
  if (fault.delay) parts.push(`+ ${fault.delay}`);
  if (fault.errcode) parts.push(String(fault.errcode));
  if (fault.status) parts.push(`HTTP ${fault.status}`);
  if (fault.reset) parts.push(fault.afterTheFact ? t("faultLost") : t("faultReset"));
  if (parts.length === 0) parts.push(fault.body ?? "");
  return parts.join(" · ");
}

function revokeButton(store, { run, notify }) {
  const revoke = async () => {
    for (const app of store.apps) await post(`/apps/${encodeURIComponent(app.appId)}/revoke`);
    notify(t("revoked"));
  };
  return el("button", { class: "tool-button", type: "button", text: t("revoke"), title: other("revoke"), onclick: () => run(revoke) });
}

// The platform's ban of all accounts, pressed while one is banned.
function banButton(store, run) {
  const change = async () => {
    const banned = !store.apps.some((app) => app.subscriptionsBanned);
    for (const app of store.apps) await post(`/apps/${encodeURIComponent(app.appId)}/ban-subscriptions`, { banned });
  };
  return el("button", {
    class: "tool-button ban", type: "button", text: t("banSubscriptions"), title: other("banSubscriptions"), "aria-pressed": "false",
    onclick: () => run(change),
  });
}
