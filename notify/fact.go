package notify

import (
	"strconv"
	"time"
)

// The kinds of facts. They are stored, so they keep their names.
const (
	factAccept  = "accept"  // pop-up event: accepted
	factHint    = "hint"    // the client says: accepted
	factVoid    = "void"    // change event: all consents before are void
	factEmpty   = "empty"   // 43101: no consents were left
	factBan     = "ban"     // WeChat has banned the template
	factKeep    = "keep"    // the client says: "always keep" is ticked for accept
	factKeepNot = "keepnot" // the client says: it is not, or for reject
	factTrigger = "trigger" // the user acted; topic names how
	factBlocked = "blocked" // a message was blocked by WeChat's review; ref is the id of its record
	factSlow    = "slow"    // 43117: too many messages to the person; topic names the door
	factCard    = "card"    // the program says: a card has a state; topic is its code, ref the rest
	factCardEnd = "cardend" // a card takes no more changes, see endsCard; topic is its code
	factShut    = "shut"    // 45015, 45047, or unfollowed: no customer-service messages are left
)

// fact is one thing that was told about a person in an account. A fact never changes and is stored once.
type fact struct {
	kind  string
	topic string
	at    int64 // unix milliseconds
	ref   string
}

// person names an identity: an OpenID in an account.
type person struct{ appID, openID string }

// slowFor returns how long nothing is to be sent to the person by a door.
func (r *Reach) slowFor(door string, now time.Time) (wait time.Duration) {
	if r.record == nil {
		return 0
	}
	for _, f := range r.record.facts {
		if f.kind == factSlow && f.topic == door {
			wait = max(wait, fromUnix(f.at).Add(userAgain).Sub(now))
		}
	}
	return wait
}

// use is a message of ours that used something up.
type use struct {
	what       string // usesConsent, usesReply or usesCard
	templateID string
	at         int64
	msgID      int64 // 0 if WeChat gave none, or nobody knows
	open       bool  // nobody knows whether it went out
}

// What a message uses up.
const (
	usesConsent = "consent"
	usesReply   = "reply"
)

// receipt is what an event told of a message.
type receipt struct {
	msgID      int64
	templateID string
	at         int64
}

// record is all that counts for one person.
type record struct {
	facts    []fact
	uses     []use
	receipts []receipt
}

func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromUnix(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

func msgRef(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}
