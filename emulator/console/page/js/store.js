// What the page knows of the emulator: fetched once, then kept up to date by the stream of events.

import { get, openEvents } from "./api.js";

const keptTraffic = 300;
const keptMessages = 500;
const redrawAfter = 16; // milliseconds; many events make one drawing
const retryAfter = 2000;

/** Makes the store. Listeners are told of each change with subscribe, of each new message with onMessage. */
export function createStore() {
  const store = {
    connection: "connecting", // connecting, live or lost
    apps: [], users: [], asks: [], faults: [], calls: [], pushes: [],
    messages: new Map(), // of each user whose phone was opened, by name
    unseen: new Map(), // messages to users whose phone is not shown, by name
    clock: { now: new Date().toISOString(), frozen: false, at: Date.now() },
    user: "", // whose phone is shown
    baseURL: location.origin, // of WeChat's API
  };
  const listeners = new Set();
  const messageListeners = new Set();
  const reloadListeners = new Set();
  let source = null;
  let drawing = 0;

  store.subscribe = (listener) => listeners.add(listener);
  store.onMessage = (listener) => messageListeners.add(listener);
  store.onReload = (listener) => reloadListeners.add(listener);
  store.app = (appId) => store.apps.find((app) => app.appId === appId);
  store.userNamed = (name) => store.users.find((user) => user.name === name);
  store.account = (appId) => store.userNamed(store.user)?.accounts.find((a) => a.appId === appId);
  store.inbox = () => store.messages.get(store.user) ?? [];
  store.now = () => nowOf(store.clock);

  store.changed = () => {
    drawing ||= setTimeout(() => {
      drawing = 0;
      for (const listener of listeners) listener();
    }, redrawAfter);
  };

  /** Takes in a user that an answer brought before the stream did. */
  store.learn = (user) => {
    changes.user(store, user);
    return user;
  };

  store.select = async (name) => {
    store.user = name;
    store.unseen.delete(name);
    await loadMessages(store, name);
    store.changed();
  };

  store.start = async () => {
    source?.close();
    try {
      const cursor = await loadAll(store);
      for (const listener of reloadListeners) listener();
      source = openEvents(cursor);
    } catch {
      setConnection("lost");
      setTimeout(store.start, retryAfter);
      return;
    }
    source.onopen = () => setConnection("live");
    source.onerror = () => {
      setConnection("lost");
      if (source.readyState === EventSource.CLOSED) setTimeout(store.start, retryAfter);
    };
    for (const [name, apply] of Object.entries(changes)) {
      source.addEventListener(name, (event) => {
        apply(store, JSON.parse(event.data), messageListeners);
        store.changed();
      });
    }
    source.addEventListener("reset", store.start);
  };

  function setConnection(state) {
    store.connection = state;
    store.changed();
  }
  return store;
}

async function loadAll(store) {
  const state = await get("/state");
  const [calls, pushes] = await Promise.all([get(`/calls?limit=${keptTraffic}`), get(`/pushes?limit=${keptTraffic}`)]);
  Object.assign(store, {
    baseURL: state.baseUrl || location.origin, apps: state.apps, users: state.users, asks: state.asks, faults: state.faults,
    ...inOrder(calls.calls, pushes.pushes), messages: new Map(),
    clock: { now: state.now, frozen: state.frozen, at: Date.now() },
  });
  if (!store.userNamed(store.user)) store.user = store.users[0]?.name ?? "";
  if (store.user) await loadMessages(store, store.user);
  store.changed();
  return state.cursor;
}

// Messages that come in as events while the answer is on its way are kept behind it.
async function loadMessages(store, name) {
  const meanwhile = [];
  store.messages.set(name, meanwhile);
  const { messages } = await get(`/users/${encodeURIComponent(name)}/messages?limit=${keptMessages}`);
  const last = messages.at(-1)?.seq ?? 0;
  store.messages.set(name, [...messages, ...meanwhile.filter((m) => m.seq > last)]);
}

// What each event does to the store.
const changes = {
  app: (store, app) => put(store.apps, app, "appId"),
  user: (store, user) => {
    put(store.users, user, "name");
    store.user ||= user.name;
  },
  message: (store, message, listeners) => {
    const list = store.messages.get(message.user);
    if (list && !list.some((m) => m.seq === message.seq)) append(list, message, keptMessages);
    if (message.user !== store.user && !message.own) {
      store.unseen.set(message.user, (store.unseen.get(message.user) ?? 0) + 1);
    }
    for (const listener of listeners) listener(message);
  },
  call: (store, call) => put(store.calls, arrived(call), "seq", keptTraffic),
  push: (store, push) => put(store.pushes, arrived(push), "id", keptTraffic),
  ask: (store, ask) => {
    put(store.asks, ask, "id");
    if (ask.state !== "pending") store.asks = store.asks.filter((a) => a.id !== ask.id);
  },
  faults: (store, faults) => {
    store.faults = faults;
  },
  clock: (store, clock) => {
    store.clock = { ...clock, at: Date.now() };
  },
};

// Calls and pushes count apart, and a clock that stands still tells nothing: they are shown as they came.
let arrivals = 0;
const arrived = (entry) => ({ ...entry, arrival: ++arrivals });

function inOrder(calls, pushes) {
  const order = [...calls, ...pushes].sort((a, b) => new Date(a.time) - new Date(b.time)).map(arrived);
  return { calls: order.filter((entry) => "method" in entry), pushes: order.filter((entry) => "attempt" in entry) };
}

function put(list, item, key, limit = Infinity) {
  const at = list.findIndex((old) => old[key] === item[key]);
  if (at >= 0) {
    list[at] = item;
  } else {
    append(list, item, limit);
  }
}

function append(list, item, limit) {
  list.push(item);
  if (list.length > limit) list.splice(0, list.length - limit);
}

function nowOf(clock) {
  const passed = clock.frozen ? 0 : Date.now() - clock.at;
  return new Date(new Date(clock.now).getTime() + passed);
}
