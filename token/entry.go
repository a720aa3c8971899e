package token

import (
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/wechatkit/wechat/internal/exchange"
)

const (
	// renewAhead is when WeChat begins to give out the next stable token; asking earlier brings the same.
	renewAhead  = 5 * time.Minute
	renewJitter = time.Minute // spreads the processes of a fleet

	// compareEvery is how often a Manager looks whether another process has put a newer token into the store.
	compareEvery = time.Minute
)

// entry is a token on its way from fresh to due for a look to expired. Due is set by a timer: a warm read
// then looks at a flag, which is ten times quicker than looking at the clock. Expiry goes by the monotonic
// clock, which does not jump.
type entry struct {
	token       Token
	due         atomic.Bool
	timer       *time.Timer
	born        time.Time
	renewAfter  time.Duration // when to ask for the next token
	expireAfter time.Duration
	shared      bool // the token is in the store, or was; used in the flight only
}

// newEntry begins the life of t. It comes due when it is to be renewed, or sooner if every is not 0.
func newEntry(t Token, every time.Duration) *entry {
	now := time.Now()
	jitter := max(1, min(renewJitter, lead(t)/5))
	e := &entry{token: t, born: now, expireAfter: t.Expiry.Sub(now)}
	e.renewAfter = e.expireAfter - lead(t) + rand.N(jitter)
	e.timer = time.AfterFunc(e.nextLook(every), func() { e.due.Store(true) })
	return e
}

// nextLook is how long the entry may rest.
func (e *entry) nextLook(every time.Duration) time.Duration {
	rest := e.renewAfter - time.Since(e.born)
	if every > 0 {
		rest = min(rest, every)
	}
	return rest
}

// restAgain sends the entry back to rest after a look that found nothing to do.
func (e *entry) restAgain(every time.Duration) {
	e.due.Store(false)
	e.timer.Reset(e.nextLook(every))
}

func (e *entry) renewable() bool { return time.Since(e.born) >= e.renewAfter }

// storeJitter is by how much the age of a stored token may be read wrongly: what the way to the store takes.
const storeJitter = 2 * time.Second

// slack is how much older a stored token may seem and still be the newer. The store itself orders those that it was
// given, so only one that it does not know is compared to the letter.
func (e *entry) slack() time.Duration {
	if e.shared {
		return storeJitter
	}
	return 0
}

func (e *entry) expired() bool { return time.Since(e.born) >= e.expireAfter }

// lead is how long before its end a token is replaced. It depends on the token alone, so that all processes
// judge a stored token alike.
func lead(t Token) time.Duration { return min(renewAhead, t.Expiry.Sub(t.Issued)/2) }

// fresh reports whether t is of use: there is one, and it is not due for renewal.
func (t Token) fresh() bool { return t.Value != "" && time.Until(t.Expiry) > lead(t) }

// shortest is what a token lasts at least as far as a Manager is concerned: an answer that expires when it
// arrives must not make each call a request.
const shortest = time.Second

// complete fills in what a Fetcher left open.
func (t Token) complete(asked time.Time) Token {
	if t.Issued.IsZero() {
		t.Issued = asked
	}
	if t.Expiry.IsZero() {
		t.Expiry = asked.Add(exchange.Lifetime(0))
	}
	if soonest := time.Now().Add(shortest); t.Expiry.Before(soonest) {
		t.Expiry = soonest
	}
	return t
}
