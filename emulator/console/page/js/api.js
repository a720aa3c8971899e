// The control API of the emulator, see docs/emulator.md.

const base = "/_emulator/api";

/** Fetches JSON; an error carries the words of the emulator. */
export async function get(path) {
  return read(await fetch(base + path, { headers: { Accept: "application/json" } }));
}

/** Posts JSON and returns the answer. */
export const post = (path, body = {}) => sendJSON("POST", path, body);

/** Puts JSON and returns the answer. */
export const put = (path, body) => sendJSON("PUT", path, body);

async function sendJSON(method, path, body) {
  return read(await fetch(base + path, {
    method,
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify(body),
  }));
}

/** Deletes what is at path and returns the answer. */
export async function remove(path) {
  return read(await fetch(base + path, { method: "DELETE", headers: { Accept: "application/json" } }));
}

async function read(response) {
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? `HTTP ${response.status}`);
  return answer;
}

/** Lets a user do something, such as act("alice", "write", {appId, text}). */
export const act = (user, verb, body) => post(`/users/${encodeURIComponent(user)}/${verb}`, body);

/** The address of a file that a message shows. */
export const mediaURL = (id) => `/emulator/media/${encodeURIComponent(id)}`;

/** Opens the stream of changes behind cursor. */
export const openEvents = (cursor) => new EventSource(`${base}/events?after=${encodeURIComponent(cursor)}`);

/** Reads a file as the base64 text that the API takes. */
export function base64Of(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
