package emulator

import (
	"errors"
	"time"
)

// Option changes a setting of a new emulator.
type Option func(*settings) error

type settings struct {
	seed       uint64
	frozen     bool
	start      time.Time
	lenient    bool
	demo       bool
	trace      bool
	callLimit  int
	inboxLimit int

	pushTimeout time.Duration
	asyncPushes bool
}

func defaults() settings {
	return settings{seed: 1, demo: true, callLimit: 10_000, pushTimeout: 5 * time.Second}
}

// WithSeed sets the seed of all ids, tokens and secrets. Two emulators with the same seed that are
// driven by the same calls in the same order hand out the same values. Defaults to 1.
func WithSeed(seed uint64) Option {
	return func(c *settings) error { c.seed = seed; return nil }
}

// WithClockAt lets the emulator's clock start at t and stand still, so that it moves only by
// [Server.Advance]. Without it the clock shows the real time and runs on its own.
func WithClockAt(t time.Time) Option {
	return func(c *settings) error {
		if t.IsZero() {
			return errors.New("emulator: WithClockAt: zero time")
		}
		c.frozen, c.start = true, t
		return nil
	}
}

// WithoutDemo starts with no accounts at all.
func WithoutDemo() Option {
	return func(c *settings) error { c.demo = false; return nil }
}

// WithLenient switches off the checks of how a request is written: Content-Length, \u escapes, the
// Content-Type of calls that insist on it. What a request says is checked as before, and JSON must be UTF-8.
func WithLenient() Option {
	return func(c *settings) error { c.lenient = true; return nil }
}

// WithTrace writes one line per API call to the test's log.
func WithTrace() Option {
	return func(c *settings) error { c.trace = true; return nil }
}

// WithCallLimit keeps the newest n calls for [Server.Calls] and as many pushes for [Server.Pushes]; 0 keeps
// none. Defaults to 10,000.
func WithCallLimit(n int) Option {
	return func(c *settings) error {
		if n < 0 {
			return errors.New("emulator: WithCallLimit: negative")
		}
		c.callLimit = n
		return nil
	}
}

// WithInboxLimit keeps the newest n messages of each user for [User.Inbox]. Defaults to 0, all of them.
func WithInboxLimit(n int) Option {
	return func(c *settings) error {
		if n < 0 {
			return errors.New("emulator: WithInboxLimit: negative")
		}
		c.inboxLimit = n
		return nil
	}
}

// WithPushTimeout sets how long, in real time, a callback may take to answer a push. Defaults to WeChat's
// five seconds.
func WithPushTimeout(d time.Duration) Option {
	return func(c *settings) error {
		if d <= 0 {
			return errors.New("emulator: WithPushTimeout: not positive")
		}
		c.pushTimeout = d
		return nil
	}
}

// WithAsyncPushes lets verbs such as [User.Write] return at once. Without it they return when the pushes
// they cause have been answered or have failed, so that a test can look at the outcome right away; then
// the handler of the pushes must not call verbs itself.
func WithAsyncPushes() Option {
	return func(c *settings) error { c.asyncPushes = true; return nil }
}
