// What the user has not looked at yet, counted for each conversation while the page is open.

const read = new Map(); // the seq of the last message seen, by user and conversation

/** The conversation that a message belongs to: "notifications", or the account of the chat. */
export const conversation = (message) => (message.place === "service notifications" ? "notifications" : message.appId);

/** The messages of one conversation in a user's inbox. */
export const messagesOf = (inbox, id) => inbox.filter((m) => conversation(m) === id);

/** Counts the messages of a conversation that were not seen. */
export function unreadIn(user, inbox, id) {
  const seen = read.get(`${user} ${id}`) ?? 0;
  return inbox.filter((m) => !m.own && m.seq > seen && conversation(m) === id).length;
}

/** Counts all messages that were not seen. */
export function unreadOf(user, inbox) {
  const ids = new Set(inbox.map(conversation));
  return [...ids].reduce((sum, id) => sum + unreadIn(user, inbox, id), 0);
}

/** Marks a conversation as seen. */
export function markRead(user, inbox, id) {
  const last = messagesOf(inbox, id).at(-1);
  if (last) read.set(`${user} ${id}`, last.seq);
}

/** Forgets everything, for a new world in which the messages count from 1 again. */
export const forgetRead = () => read.clear();
