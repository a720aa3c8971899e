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

// bring does a round, and decides what is done about one that fails: then wait is the pause before the next.
func (c *crew) bring(back []*hand, room int) (b *batch, wait time.Duration, err error) {
	if b, err = c.round(c.storing(), back, room); err != nil {
		return b, c.failed(b, err, back, room), err
	}
	c.succeeded()
	return b, 0, nil
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
		c.n.tell(ctx, &h.act, h.snap.lead.reminder)
		if reason := cmp.Or(b.trouble[h.snap.lead.id], h.snap.broken); reason != "" && h.act.lead != nil {
			c.n.cfg.Logger.Error("notify: a lead cannot be decided about", "reminder", h.snap.lead.reminder, "reason", reason)
		}
		if h.act.goesOn() {
			kept[h.hand] = true
			c.begin(h, turns)
		}
	}
	for _, h := range b.locked {
		kept[h] = true
		c.comeBack(h)
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
	h.refused, h.lockedAt = 0, time.Time{}
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
			r := one.snap.reminder.forDue(one.snap.lead.due, c.n.cfg.Zone)
			h.content, h.failed = c.n.callCompose(c.alive, r, one.snap.lead.lead)
			c.put(true, h)
		}()
	default:
		turns[a.slot] = append(turns[a.slot], h)
	}
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

func (c *crew) drop(h *hand) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.hands, h.id)
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

// storing is the context of a round: what was sent is stored even when the time of the job is over.
func (c *crew) storing() context.Context { return context.WithoutCancel(c.alive) }

func (c *crew) pause(ctx context.Context, wait time.Duration) {
	select {
	case <-time.After(wait):
	case <-ctx.Done():
	}
}

// givenUp reports whether a process that is told to end has tried for long enough to store what it knows.
func (c *crew) givenUp() bool {
	return c.alive.Err() != nil && c.tries > 0 && time.Since(c.since) > c.n.recordTimeout
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

// lockedPause is when a lead is looked at again that somebody else holds.
const lockedPause = 50 * time.Millisecond

// comeBack tries again to store what is known of a lead that a transaction of the program's own holds, or its person. A
// process that is told to end does not wait for it for ever.
func (c *crew) comeBack(h *hand) {
	if h.lockedAt.IsZero() {
		h.lockedAt = time.Now()
	}
	if c.alive.Err() != nil && time.Since(h.lockedAt) > c.n.recordTimeout {
		c.n.cfg.Logger.Error("notify: the outcome of a send is given up: somebody else holds its row", "reminder", h.key)
		c.drop(h)
		return
	}
	time.AfterFunc(lockedPause, func() { c.put(false, h) })
}

// putOff has a lead wait that the database refuses something for, whatever it is asked.
func (c *crew) putOff(f *firing, why error) error {
	c.n.cfg.Logger.Error("notify: a lead is put off, for the database refuses what it needs",
		"reminder", f.reminder, "error", why)
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
