package notify

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

const (
	// fewestTogether is how many leads a round takes at least, however slow the database is.
	fewestTogether = 8
	// gatherFrom is how many calls are under way for each that has returned when more are waited for.
	gatherFrom = 4
	// longestRound is how long a round may hold the one connection of SQLite.
	longestRound = 50 * time.Millisecond
)

// crew is the leads in the hands of this process, and the calls for them. A round commits to as many leads as there are
// senders free, so that none waits with its intent committed: who waits for a sender waits in the table, where it can be
// moved or cancelled, and is not lost with the process.
type crew struct {
	n      *Notifier
	alive  context.Context // of the calls
	window int             // calls at once
	size   int             // leads in one round; it follows what the database can do
	took   time.Duration   // by the last round

	mu    sync.Mutex // guards what follows
	hands map[string]*hand
	calls int
	back  []*hand       // whose calls have returned, to be stored
	news  chan struct{} // that there are such

	failures
}

func (n *Notifier) newCrew(alive context.Context, window int) *crew {
	return &crew{
		n: n, alive: alive, window: window, size: max(window, fewestTogether),
		hands: map[string]*hand{}, news: make(chan struct{}, 1),
	}
}

// out is how many leads are in hand.
func (c *crew) out() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.hands)
}

func (c *crew) has(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hands[id] != nil
}

// put hands over a lead whose call has returned, or whose turn has come.
func (c *crew) put(called bool, list ...*hand) {
	c.mu.Lock()
	if called {
		c.calls--
	}
	c.back = append(c.back, list...)
	c.mu.Unlock()
	select {
	case c.news <- struct{}{}:
	default:
	}
}

// gather lets more come back where few of the calls under way have: a round for one of them costs nearly as much. It waits
// for a fraction of what a round takes.
func (c *crew) gather() {
	c.mu.Lock()
	few := len(c.back) > 0 && gatherFrom*len(c.back) < c.calls
	c.mu.Unlock()
	if few {
		<-time.After(min(c.took, longestRound) / gatherFrom)
	}
}

// collect returns the leads to be stored, up to a number, and how many new ones there are senders for.
func (c *crew) collect(most int) (back []*hand, room int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := min(most, len(c.back))
	back, c.back = c.back[:n:n], c.back[n:]
	room = c.window - c.calls - len(c.back)
	for _, h := range back {
		if h.routing() {
			room--
		}
	}
	return back, max(0, min(room, most))
}

func (c *crew) drop(h *hand) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.hands, h.id)
}

// round stores what came back, commits to new leads, and begins with what was decided.
func (c *crew) round(ctx context.Context, back []*hand, most int) (*batch, error) {
	if most > 0 {
		if err := c.n.clock.read(ctx); err != nil {
			return nil, err
		}
	}
	began := time.Now()
	b, err := c.transact(ctx, back, most)
	if err != nil {
		return b, err
	}
	c.measure(time.Since(began), len(b.list))
	if b.ofDead > 0 {
		c.n.cfg.Logger.Warn("notify: leads of processes that ended, or are too slow, are taken up again", "leads", b.ofDead)
	}
	kept := make(map[*hand]bool, len(back))
	turns := map[string][]*hand{}
	for _, h := range b.list {
		c.n.tell(&h.act, h.snap.lead.reminder)
		if reason := cmp.Or(b.trouble[h.snap.lead.id], h.snap.broken); reason != "" && h.act.lead != nil {
			c.n.cfg.Logger.Error("notify: a lead cannot be decided about", "reminder", h.snap.lead.reminder, "reason", reason)
		}
		if h.act.goesOn() {
			kept[h.hand] = true
			c.begin(h, turns)
		}
	}
	for _, h := range back {
		if !kept[h] {
			c.drop(h)
		}
	}
	for app, waiting := range turns {
		go c.book(app, waiting)
	}
	return b, nil
}

// transact runs the transaction of a round. It has no effect but on the database, whose errors it returns with what it
// knew of the leads.
func (c *crew) transact(ctx context.Context, back []*hand, most int) (b *batch, err error) {
	ctx, cancel := context.WithTimeout(ctx, recordTimeout) // it may hang where the network does
	defer cancel()
	err = c.n.db.Tx(ctx, func(tx sqldb.Tx) error {
		if b != nil {
			c.n.limits.giveBack(b.slots)
		}
		b = &batch{n: c.n, tx: tx, back: back, most: most, mine: c.has, trouble: map[string]string{}}
		return b.run(ctx)
	})
	if err != nil && b != nil {
		c.n.limits.giveBack(b.slots)
	}
	return b, err
}

// measure lets the rounds grow to what the database does in good time: others wait for SQLite's one connection.
func (c *crew) measure(took time.Duration, leads int) {
	c.took = took
	switch {
	case c.n.db.Postgres == nil && took > longestRound:
		c.size = max(fewestTogether, min(c.size, leads)*2/3)
	case leads >= c.size && took < longestRound/2:
		c.size = min(2*c.size, max(c.window, fewestTogether))
	}
}

// begin does what was decided about a lead.
func (c *crew) begin(one *held, turns map[string][]*hand) {
	h, a := one.hand, one.act
	if h == nil {
		h = &hand{id: one.snap.lead.id, key: one.snap.lead.reminder, user: one.snap.lead.user}
	}
	h.session = session{passed: a.passed, deferred: a.deferred, content: h.content, failed: h.failed}
	h.refused = 0
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hands[h.id] = h
	switch {
	case a.send != nil:
		h.who = a.send.intent.who
		c.calls++
		go func() {
			c.n.ship(c.alive, a.send)
			h.sent = a.send
			c.put(true, h)
		}()
	case a.compose:
		c.calls++
		go func() {
			h.content, h.failed = c.n.callCompose(c.alive, one.snap.reminder, one.snap.lead.lead)
			c.put(true, h)
		}()
	default:
		turns[a.slot] = append(turns[a.slot], h)
	}
}

// book gets turns at the rate limit of an account, for as many leads as it can. The others are planned again for when
// it may be their turn.
func (c *crew) book(app string, waiting []*hand) {
	slots, later, err := c.n.limits.bookMany(c.alive, app, len(waiting))
	if err != nil {
		slots = nil // they are planned again, and the trouble is told where they are stored
	}
	for i, h := range waiting {
		if i < len(slots) {
			go c.await(h, app, slots[i])
			continue
		}
		h.wait = later(i - len(slots))
		c.put(false, h)
	}
}

// await waits for the turn of a lead.
func (c *crew) await(h *hand, app string, slot int64) {
	timer := time.NewTimer(time.UnixMicro(slot).Sub(c.n.clock.now()))
	defer timer.Stop()
	select {
	case <-timer.C:
		h.slot = app
	case <-c.alive.Done():
		h.wait = longestTurn
	}
	c.put(false, h)
}
