package callbacktest

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/wechatkit/wechat/callback"
)

// CheckStore tries out whether a [callback.Store] keeps its contract, with keys of its own, and returns the first thing
// that is wrong. It takes a second or two, for it waits for claims to expire.
func CheckStore(ctx context.Context, store callback.Store) error {
	c := &storeCheck{ctx: ctx, store: store}
	for _, check := range []func(){c.claims, c.release, c.finish, c.expiry, c.race} {
		c.key = "callbacktest:" + rand.Text()
		check()
	}
	return c.err
}

type storeCheck struct {
	ctx   context.Context //nolint:containedctx // of one call
	store callback.Store
	key   string
	err   error // the first
}

func (c *storeCheck) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("callbacktest: CheckStore: "+format, args...)
	}
}

func (c *storeCheck) begin(owner string, lease time.Duration) callback.Claim {
	claim, err := c.store.Begin(c.ctx, c.key, owner, lease)
	if err != nil {
		c.fail("Begin: %w", err)
	}
	return claim
}

func (c *storeCheck) expect(what, owner string, want callback.State) callback.Claim {
	claim := c.begin(owner, time.Minute)
	if claim.State != want {
		c.fail("%s: state %d, want %d", what, claim.State, want)
	}
	return claim
}

func (c *storeCheck) do(what string, err error) {
	if err != nil {
		c.fail("%s: %w", what, err)
	}
}

func (c *storeCheck) claims() {
	c.expect("a new key", "a", callback.Claimed)
	c.expect("the same owner again", "a", callback.Claimed)
	c.expect("another owner", "b", callback.Running)
}

func (c *storeCheck) release() {
	c.do("Release of nothing", c.store.Release(c.ctx, c.key, "a"))
	c.begin("a", time.Minute)
	c.do("Release by another", c.store.Release(c.ctx, c.key, "b"))
	c.expect("after Release by another", "b", callback.Running)
	c.do("Release", c.store.Release(c.ctx, c.key, "a"))
	c.expect("after Release", "b", callback.Claimed)
}

func (c *storeCheck) finish() {
	answer := []byte("<xml>\x00\xff \u4f60</xml>")
	c.begin("a", time.Minute)
	c.do("Finish", c.store.Finish(c.ctx, c.key, answer, time.Minute))
	for _, owner := range []string{"a", "b"} {
		if claim := c.expect("after Finish", owner, callback.Done); !bytes.Equal(claim.Answer, answer) {
			c.fail("after Finish: another answer")
		}
	}
	c.do("Release after Finish", c.store.Release(c.ctx, c.key, "a"))
	c.expect("Release after Finish", "b", callback.Done)

	c.key += ":unclaimed"
	c.do("Finish without a claim", c.store.Finish(c.ctx, c.key, nil, time.Minute))
	if claim := c.expect("Finish without a claim", "b", callback.Done); len(claim.Answer) != 0 {
		c.fail("Finish with nil: an answer")
	}
}

func (c *storeCheck) expiry() {
	const short = 200 * time.Millisecond
	c.begin("a", short)
	c.until("a claim", callback.Running)
	c.key += ":done"
	c.do("Finish", c.store.Finish(c.ctx, c.key, nil, short))
	c.until("a finished key", callback.Done)
}

// until waits for the key to be free again, which takes long enough if it is in state first.
func (c *storeCheck) until(what string, first callback.State) {
	end := time.Now().Add(5 * time.Second)
	for state := c.begin("b", time.Minute).State; c.err == nil; state = c.begin("b", time.Minute).State {
		switch {
		case state == callback.Claimed:
			return
		case state != first:
			c.fail("%s that is to expire: state %d, want %d", what, state, first)
		case time.Now().After(end):
			c.fail("%s does not expire", what)
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-c.ctx.Done():
			c.fail("%w", c.ctx.Err())
		}
	}
}

// race lets many begin at one time; one may win.
func (c *storeCheck) race() {
	const owners = 16
	states := make(chan callback.State, owners)
	var wg sync.WaitGroup
	for i := range owners {
		wg.Go(func() {
			claim, err := c.store.Begin(c.ctx, c.key, strconv.Itoa(i), time.Minute)
			if err == nil {
				states <- claim.State
			}
		})
	}
	wg.Wait()
	close(states)
	won := 0
	for s := range states {
		if s == callback.Claimed {
			won++
		}
	}
	if won != 1 {
		c.fail("%d of %d owners got the same key", won, owners)
	}
}
