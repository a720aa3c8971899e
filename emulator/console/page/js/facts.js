// Facts about a user that only the developer sees: what may still be sent.

import { t } from "./i18n.js";
import { messageTime } from "./time.js";

/** Says how many customer-service messages an account may send. */
export function windowLine(account, now) {
  const open = account?.window && new Date(account.window.ends) > now;
  if (!open) return t("windowClosed");
  return t("windowOpen", account.window.left, messageTime(account.window.ends, now));
}

/** Says what a consent is worth: the state of one template. */
export function consentLine(consent) {
  if (consent.off) return t("switchedOff");
  const worth = consent.longTerm ? t("openLongTerm") : t("grantsLeft", consent.grants);
  return consent.kept ? `${worth} · ${t(`kept_${consent.kept}`)}` : worth;
}
