// Package tokentest helps to test a token.Store of one's own, on SQL or whatever a team has.
package tokentest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/wechatkit/wechat/internal/within"
	"github.com/wechatkit/wechat/token"
)

// CheckStore tries out whether a [token.Store] keeps its contract, with keys of its own, and returns the first thing
// that is wrong. A [token.Locker] has its locks tried as well. It takes a second or two, for it waits for tokens and
// locks to expire. That a call is one step shows only when several are under way: a mistake there is found more often
// than not.
func CheckStore(ctx context.Context, store token.Store) error {
	c := &check{ctx: ctx, store: store}
	for _, part := range []func(){c.order, c.replacement, c.drop, c.expiry, c.forever, c.crowd, c.locks, c.crowdOfLocks} {
		c.key = "tokentest:{" + rand.Text() + "}"
		part()
	}
	return c.err
}

type check struct {
	ctx   context.Context //nolint:containedctx // of one call
	store token.Store
	key   string
	err   error // the first
}

func (c *check) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("tokentest: CheckStore: "+format, args...)
	}
}

// made returns a token that was asked for so long ago.
func made(value token.Secret, age, rest time.Duration) token.Token {
	now := time.Now()
	return token.Token{Value: value, Issued: now.Add(-age), Expiry: now.Add(rest)}
}

// save saves a token, after which want must be there.
func (c *check) save(what string, t token.Token, replaces, want token.Secret) {
	kept, err := c.store.Save(c.ctx, c.key, t, replaces)
	switch {
	case err != nil:
		c.fail("Save: %w", err)
	case kept.Value != want:
		c.fail("Save: %s: the wrong token is returned", what)
	}
	c.expect(what, want)
}

func (c *check) expect(what string, want token.Secret) token.Token {
	got, err := c.store.Load(c.ctx, c.key)
	switch {
	case err != nil:
		c.fail("Load: %w", err)
	case got.Value != want:
		c.fail("Load: %s: the wrong token is there", what)
	}
	return got
}

func (c *check) order() {
	c.expect("an empty store", "")
	older, newer := made("older", time.Minute, 2*time.Hour), made("newer", time.Second, time.Hour)
	c.save("the first", older, "", "older")
	c.save("one asked for later", newer, "", "newer")
	c.save("a late answer, though it lasts longer", older, "", "newer")
	got := c.expect("times", "newer")
	if d := got.Issued.Sub(newer.Issued).Abs(); d > tolerance {
		c.fail("Load: Issued is off by %v", d)
	}
	if d := got.Expiry.Sub(newer.Expiry).Abs(); d > tolerance {
		c.fail("Load: Expiry is off by %v", d)
	}
}

// tolerance is what the way to the store and back may cost.
const tolerance = 5 * time.Second

func (c *check) replacement() {
	c.save("the first", made("first", 0, time.Hour), "", "first")
	older := made("older", time.Minute, time.Hour)
	c.save("an older one that replaces another", older, "third", "first")
	c.save("an older one that replaces this one", older, "first", "older")
}

func (c *check) drop() {
	c.save("the first", made("first", 0, time.Hour), "", "first")
	for _, t := range []token.Secret{"another", "first", "first"} {
		if err := c.store.Drop(c.ctx, c.key, t); err != nil {
			c.fail("Drop: %w", err)
		}
		if t == "another" {
			c.expect("another was dropped", "first")
		}
	}
	c.expect("it was dropped", "")
}

func (c *check) expiry() {
	c.save("the first", made("first", 0, 500*time.Millisecond), "", "first")
	c.pause(600 * time.Millisecond)
	c.expect("it has expired", "")
	c.save("one after an expired one", made("older", time.Minute, time.Hour), "", "older")
}

func (c *check) forever() {
	t := made("forever", 0, 0)
	t.Expiry = time.Time{}
	c.save("one without an end", t, "", "forever")
	if got := c.expect("one without an end", "forever"); !got.Expiry.IsZero() {
		c.fail("Load: a token without an end has one")
	}
}

// together calls f from several goroutines at once.
func together(f func(i int)) {
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}

// crowd saves tokens at once, of which the newest must stay.
func (c *check) crowd() {
	for range 5 {
		errs := make([]error, 8)
		together(func(i int) {
			_, errs[i] = c.store.Save(c.ctx, c.key, made(names[i], time.Duration(i)*time.Minute, time.Hour), "")
		})
		if err := errors.Join(errs...); err != nil {
			c.fail("Save: %w", err)
		}
		c.expect("several saved at once", names[0])
		if err := c.store.Drop(c.ctx, c.key, names[0]); err != nil {
			c.fail("Drop: %w", err)
		}
	}
}

var names = [8]token.Secret{"newest", "1", "2", "3", "4", "5", "6", "7"}

// crowdOfLocks takes one lock several times at once, of which one must succeed.
func (c *check) crowdOfLocks() {
	locker, ok := c.store.(token.Locker)
	if !ok {
		return
	}
	var taken [8]token.Lock
	errs := make([]error, 8)
	together(func(i int) { taken[i], errs[i] = locker.TryLock(c.ctx, c.key, time.Minute) })
	if err := errors.Join(errs...); err != nil {
		c.fail("TryLock: %w", err)
	}
	n := 0
	for _, l := range taken {
		if l != nil {
			n++
			c.unlock(l)
		}
	}
	if n != 1 {
		c.fail("TryLock: several at once: %d were taken", n)
	}
}

func (c *check) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.ctx.Done():
		c.fail("%w", c.ctx.Err())
	}
}

func (c *check) locks() {
	locker, ok := c.store.(token.Locker)
	if !ok {
		return
	}
	first := c.lock(locker, "a free lock", time.Minute, true)
	c.lock(locker, "a lock that is held", time.Minute, false)
	if c.err != nil {
		return
	}
	c.leave(locker)
	c.extend("a lock that is held", first, 500*time.Millisecond, true)
	c.await(locker)
	c.pause(600 * time.Millisecond)
	c.extend("a lock that has ended", first, time.Minute, false)
	second := c.lock(locker, "a lock that has ended", time.Minute, true)
	c.unlock(first)
	c.lock(locker, "a lock that its former holder gave back", time.Minute, false)
	if c.err != nil {
		return
	}
	c.unlock(second)
	c.await(locker)
	c.lock(locker, "a lock that was given back", time.Second, true)
}

func (c *check) lock(l token.Locker, what string, lease time.Duration, want bool) token.Lock {
	lock, err := l.TryLock(c.ctx, c.key, lease)
	switch {
	case err != nil:
		c.fail("TryLock: %w", err)
	case (lock != nil) != want:
		c.fail("TryLock: %s: taken is %v", what, lock != nil)
	}
	return lock
}

func (c *check) extend(what string, l token.Lock, lease time.Duration, want bool) {
	held, err := l.Extend(c.ctx, lease)
	switch {
	case err != nil:
		c.fail("Extend: %w", err)
	case held != want:
		c.fail("Extend: %s: held is %v", what, held)
	}
}

func (c *check) unlock(l token.Lock) {
	if l == nil {
		return
	}
	if err := l.Unlock(c.ctx); err != nil {
		c.fail("Unlock: %w", err)
	}
}

// await must return: early is allowed, too.
func (c *check) await(l token.Locker) {
	if err := l.AwaitUnlock(c.ctx, c.key); err != nil {
		c.fail("AwaitUnlock: %w", err)
	}
}

// leave waits for a lock that is held, with a context that ends.
func (c *check) leave(l token.Locker) {
	ctx, cancel := context.WithTimeout(c.ctx, 100*time.Millisecond)
	defer cancel()
	err := within.Do(context.WithoutCancel(c.ctx), tolerance, func(context.Context) error {
		_ = l.AwaitUnlock(ctx, c.key)
		return nil
	})
	if err != nil {
		c.fail("AwaitUnlock: it does not return when its context ends")
	}
}
