// Times as a phone writes them.

import { language } from "./i18n.js";

const parts = (date, options) => new Intl.DateTimeFormat(language(), options).format(date);

/** Such as "11:16". */
export const clockTime = (date) => parts(new Date(date), { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** Such as "11:16:48". */
export const exactTime = (date) =>
  parts(new Date(date), { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

/** The day, such as "11月21日" or "Nov 21". */
export const dayOf = (date) => parts(new Date(date), { month: "short", day: "numeric" });

/** The whole date, such as "2026年11月21日星期六". */
export const longDay = (date) => parts(new Date(date), { dateStyle: "full" });

/** The hour if date is of today, else the day. */
export function shortTime(date, now) {
  return sameDay(new Date(date), now) ? clockTime(date) : dayOf(date);
}

/** The hour if date is of today, else day and hour. */
export function messageTime(date, now) {
  return sameDay(new Date(date), now) ? clockTime(date) : `${dayOf(date)} ${clockTime(date)}`;
}

/** A duration in nanoseconds, such as "1.2 ms". By a clock that stands still nothing takes time. */
export function duration(nanoseconds) {
  if (nanoseconds === 0) return "–";
  const ms = nanoseconds / 1e6;
  if (ms < 0.1) return "< 0.1 ms";
  return ms < 1000 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

const sameDay = (a, b) => a.toDateString() === b.toDateString();
