// What the page knows of the emulator: fetched once, then kept up to date by the stream of events.

import { get, openEvents } from "./api.js";

const keptTraffic = 300;
const keptMessages = 500;
const redrawAfter = 16; // milliseconds; many events make one drawing
const retryAfter = 2000;

/** Holds the state. Its listeners are told of changes a moment later, so that many of them make one drawing. */
export class Store {
  connection = "connecting"; // connecting, live or lost
  baseURL = location.origin; // of WeChat's API
  apps = [];
  users = [];
  asks = [];
  faults = [];
  calls = [];
  pushes = [];
  messages = new Map(); // of each user whose phone was opened, by name
  unseen = new Map(); // counts the messages to users whose phone is not shown, by name
  clock = { now: new Date().toISOString(), frozen: false, at: Date.now() };
  user = ""; // whose phone is shown

  #listeners = { change: [], message: [], reload: [] };
  #source = null;
  #timer = 0;

  /** Lets listener know of every "change", of every new "message", or of a "reload" of everything. */
  on(what, listener) {
    this.#listeners[what].push(listener);
  }

  app(appId) {
    return this.apps.find((app) => app.appId === appId);
  }

  userNamed(name) {
    return this.users.find((user) => user.name === name);
  }

  /** What an account knows of the user whose phone is shown. */
  account(appId) {
    return this.userNamed(this.user)?.accounts.find((account) => account.appId === appId);
  }

  /** The messages on the phone that is shown. */
  inbox() {
    return this.messages.get(this.user) ?? [];
  }

  /** The time of the emulator's clock. */
  now() {
    const passed = this.clock.frozen ? 0 : Date.now() - this.clock.at;
    return new Date(new Date(this.clock.now).getTime() + passed);
  }

  /** Shows another user's phone. */
  async select(name) {
    this.user = name;
    this.unseen.delete(name);
    await this.#loadMessages(name);
    this.#changed();
  }

  /** Takes in a user that an answer brought before the stream did. */
  learn(user) {
    changes.user(this, user);
  }

  /** Fetches everything and follows the changes, for as long as the page is open. */
  async start() {
    this.#source?.close();
    try {
      const cursor = await this.#load();
      for (const listener of this.#listeners.reload) listener();
      this.#follow(openEvents(cursor));
    } catch {
      this.#connected("lost");
      setTimeout(() => this.start(), retryAfter);
    }
  }

  #follow(source) {
    this.#source = source;
    source.onopen = () => this.#connected("live");
    source.onerror = () => {
      this.#connected("lost");
      if (source.readyState === EventSource.CLOSED) setTimeout(() => this.start(), retryAfter);
    };
    for (const [name, apply] of Object.entries(changes)) {
      source.addEventListener(name, (event) => {
        const data = JSON.parse(event.data);
        apply(this, data);
        for (const listener of this.#listeners[name] ?? []) listener(data);
        this.#changed();
      });
    }
    source.addEventListener("reset", () => this.start());
  }

  #connected(state) {
    this.connection = state;
    this.#changed();
  }

  #changed() {
    this.#timer ||= setTimeout(() => {
      this.#timer = 0;
      for (const listener of this.#listeners.change) listener();
    }, redrawAfter);
  }

  async #load() {
    const state = await get("/state");
    const [{ calls }, { pushes }] = await Promise.all([get(`/calls?limit=${keptTraffic}`), get(`/pushes?limit=${keptTraffic}`)]);
    Object.assign(this, {
      baseURL: state.baseUrl || location.origin, apps: state.apps, users: state.users, asks: state.asks, faults: state.faults,
      ...inOrder(calls, pushes), messages: new Map(), unseen: new Map(),
      clock: { now: state.now, frozen: state.frozen, at: Date.now() },
    });
    if (!this.userNamed(this.user)) this.user = this.users[0]?.name ?? "";
    if (this.user) await this.#loadMessages(this.user);
    this.#changed();
    return state.cursor;
  }

  // Messages that come in as events while the answer is on its way are kept behind it.
  async #loadMessages(name) {
    const meanwhile = [];
    this.messages.set(name, meanwhile);
    const { messages } = await get(`/users/${encodeURIComponent(name)}/messages?limit=${keptMessages}`);
    const last = messages.at(-1)?.seq ?? 0;
    this.messages.set(name, [...messages, ...meanwhile.filter((m) => m.seq > last)]);
  }
}

// What each event does to the store.
const changes = {
  app: (store, app) => put(store.apps, app, "appId"),
  user: (store, user) => {
    put(store.users, user, "name");
    store.user ||= user.name;
  },
  message: (store, message) => {
    const list = store.messages.get(message.user);
    if (list && !list.some((m) => m.seq === message.seq)) append(list, message, keptMessages);
    if (message.user !== store.user && !message.own) {
      store.unseen.set(message.user, (store.unseen.get(message.user) ?? 0) + 1);
    }
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
