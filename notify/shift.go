package notify

import (
	"context"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

const (
	// shiftTime is how long a job of the engine does rounds, as long as there is something to do.
	shiftTime = time.Minute
	// badLeadWait is how long a lead is put off whose round fails, whatever the database is asked.
	badLeadWait = 30 * time.Minute
)

// failures is what a crew knows of rounds that failed.
type failures struct {
	tries int
	since time.Time // the first of them
	apart bool      // what came back and what is new go in rounds of their own
	small int       // leads in a round, above zero while one is looked for that fails them
}

// work does a job of the engine: rounds, as long as there is something to do. When the time of the job is over the next
// one goes on with what is in hand.
func (n *Notifier) work(ctx context.Context) error {
	n.shifts.Lock()
	defer n.shifts.Unlock()
	n.working.Store(true)
	defer func() {
		n.working.Store(false)
		select {
		case n.ended <- struct{}{}:
		default:
		}
	}()
	n.crew.shift(ctx, n.closing, time.Now().Add(shiftTime))
	return nil
}

// shift does rounds until nothing is in hand and nothing is due, or the time is over. While closing it takes up nothing.
func (c *crew) shift(ctx context.Context, closing <-chan struct{}, until time.Time) {
	var look time.Time // the next one for what is due
	for ctx.Err() == nil && !c.givenUp() {
		closed := isClosed(closing)
		if !closed && time.Now().After(until) {
			return
		}
		c.gather()
		back, room := c.collect(c.together())
		if closed || time.Now().Before(look) || c.apart && len(back) > 0 {
			room = 0
		}
		if len(back) == 0 && room == 0 {
			if c.out() == 0 {
				return
			}
			c.rest(ctx, closing, look)
			continue
		}
		b, wait, err := c.bring(back, room)
		if err != nil {
			c.pause(ctx, wait)
			continue
		}
		if room > 0 && (b.looked < room || b.taken == 0) {
			look = time.Now().Add(c.n.cfg.Poll)
		}
	}
}

// bring does a round, and decides what is done about one that fails: then wait is the pause before the next.
func (c *crew) bring(back []*hand, room int) (b *batch, wait time.Duration, err error) {
	if b, err = c.round(c.storing(), back, room); err != nil {
		return b, c.failed(b, err, back, room), err
	}
	c.succeeded()
	return b, 0, nil
}

func isClosed(closing <-chan struct{}) bool {
	select {
	case <-closing:
		return true
	default:
		return false
	}
}

// together is how many leads may share a round now.
func (c *crew) together() int {
	if c.small > 0 {
		return c.small
	}
	return c.size
}

// rest waits until something comes back, or it is time to look, where there are senders free.
func (c *crew) rest(ctx context.Context, closing <-chan struct{}, look time.Time) {
	pause := time.Until(look)
	if pause <= 0 {
		pause = c.n.cfg.Poll // no sender is free
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	wait := timer.C
	if isClosed(closing) {
		closing, wait = nil, time.After(longestRecordWait)
	}
	select {
	case <-c.news:
	case <-wait:
	case <-closing:
	case <-ctx.Done():
	}
}

// storing is the context of a round: what was sent is stored even when the time of the job is over.
func (c *crew) storing() context.Context { return context.WithoutCancel(c.alive) }

// givenUp reports whether a process that is told to end has tried for long enough to store what it knows.
func (c *crew) givenUp() bool {
	return c.alive.Err() != nil && c.tries > 0 && time.Since(c.since) > c.n.recordTimeout
}

func (c *crew) pause(ctx context.Context, wait time.Duration) {
	select {
	case <-time.After(wait):
	case <-ctx.Done():
	}
}

func (c *crew) succeeded() {
	c.tries, c.apart = 0, false
	if c.small *= 2; c.small >= c.size {
		c.small = 0
	}
}

// failed decides what is done about a round that failed, and returns the pause before the next one. Nothing that came
// back is dropped while the process lives. A database that is there and refuses what it is asked to do refuses one lead
// of them: the rounds are halved until it stands alone.
func (c *crew) failed(b *batch, err error, back []*hand, room int) time.Duration {
	if c.tries++; c.tries == 1 {
		c.since = time.Now()
	}
	c.say(err, len(back))
	refused := sqldb.Refused(err)
	switch {
	case len(back) > 0 && room > 0:
		c.apart = true
		c.put(false, back...)
		return 0
	case !refused:
		c.put(false, back...)
		return min(firstRecordPause<<min(c.tries-1, 10), longestRecordWait)
	case len(back) > 1 || room > 1:
		c.small = max(1, max(len(back), room)/2)
		c.put(false, back...)
		return 0
	case len(back) == 1:
		c.setAside(back[0], err)
	case b.alone() != nil:
		if err := c.putOff(b.alone(), err); err != nil {
			c.n.cfg.Logger.Error("notify: a lead could not be put off", "error", err)
		}
	}
	return firstRecordPause
}

// say tells an operator, less and less often.
func (c *crew) say(err error, back int) {
	if c.tries&(c.tries-1) != 0 {
		return
	}
	if back > 0 {
		c.n.cfg.Logger.Warn("notify: the outcome of a send could not be stored", "error", err, "leads", back, "tries", c.tries)
		return
	}
	c.n.cfg.Logger.Error("notify: planned reminders could not be looked at", "error", err, "tries", c.tries)
}

// setAside keeps a lead whose outcome the database refuses from keeping others waiting. After some time it is given up:
// when its lease ends it is settled as one of a dead process.
func (c *crew) setAside(h *hand, err error) {
	if h.refused == 0 {
		h.refusedAt = time.Now()
	}
	h.refused++
	if time.Since(h.refusedAt) > c.n.recordTimeout {
		c.n.cfg.Logger.Error("notify: the outcome of a send is given up", "reminder", h.key, "error", err)
		c.drop(h)
		return
	}
	time.AfterFunc(min(firstRecordPause<<min(h.refused, 10), longestRecordWait), func() { c.put(false, h) })
}

// putOff has a lead wait that the database refuses something for, whatever it is asked.
func (c *crew) putOff(f *firing, why error) error {
	c.n.cfg.Logger.Error("notify: a lead is put off, for the database refuses what it needs", "reminder", f.reminder, "error", why)
	return c.n.putOff(c.storing(), f.id, badLeadWait, "the database refused what it needs")
}

// finish does rounds until nothing is in hand, for [Notifier.FireDue].
func (c *crew) finish(ctx context.Context) error {
	for c.out() > 0 {
		back, _ := c.collect(c.together())
		if len(back) == 0 {
			<-c.news
			continue
		}
		_, wait, err := c.bring(back, 0)
		if err == nil {
			continue
		}
		if ctx.Err() != nil && c.givenUp() {
			return err
		}
		<-time.After(wait)
	}
	return nil
}
