package console

import (
	"context"
	"crypto/rand"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/wechatkit/wechat/emulator"
)

const (
	keptEvents = 4096
	mostAtOnce = 1000 // changes, beyond which the listeners had better fetch everything
	shortest   = 25 * time.Millisecond
	longest    = 250 * time.Millisecond
)

// event is one change as the stream tells it.
type event struct {
	cursor string
	kind   string
	data   []byte
}

// live finds out what has changed, by comparing the emulator with what it was, and keeps the changes for
// the streams. That sees every change, whoever made it: the control API, an API call, or a Go program
// that holds the same emulator.
type live struct {
	poked chan struct{}
	done  chan struct{}
	asks  *asks

	mu        sync.Mutex
	wx        *emulator.Server // that is looked at, whichever a request began with
	epoch     string           // tells one run of the program, and one emulator, from the next
	last      int              // id of the newest event
	events    []event
	grown     chan struct{} // closed when there are new events
	listeners int
	seen      sight
}

// sight is what the listeners have been told so far.
type sight struct {
	objects  map[string]string // apps, users, asks as JSON, by kind and name
	received map[string]int    // messages by user
	calls    int
	pushes   int
	faults   string
	offset   time.Duration
}

func newLive(wx *emulator.Server, asks *asks) *live {
	return &live{
		wx: wx, asks: asks,
		poked: make(chan struct{}, 1), done: make(chan struct{}), grown: make(chan struct{}),
		epoch: strings.ToLower(rand.Text()[:6]),
	}
}

// poke says that something may have changed.
func (l *live) poke() {
	select {
	case l.poked <- struct{}{}:
	default:
	}
}

func (l *live) close() { close(l.done) }

// watch looks for changes while anybody listens: soon after a poke, and from time to time. A big
// emulator is looked at more rarely.
func (c *Console) watch(ctx context.Context) {
	defer close(c.idle)
	timer := time.NewTimer(longest)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.live.poked:
		case <-timer.C:
		}
		began := time.Now()
		if c.live.wanted() {
			c.live.poll()
		}
		took := time.Since(began)
		if !pause(ctx, max(shortest, 5*took)) {
			return
		}
		timer.Reset(max(longest, 10*took))
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (l *live) wanted() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.listeners > 0
}

// restart forgets everything: another emulator is in place.
func (l *live) restart(wx *emulator.Server) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.epoch = strings.ToLower(rand.Text()[:6])
	l.wx, l.events, l.seen = wx, nil, sight{}
	l.add("reset", struct{}{})
	l.look()
}

// poll notes what has changed since the last time, and returns all there is with its cursor.
func (l *live) poll() (emulator.Snapshot, []ask, string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.look()
}

// look is poll with mu held.
func (l *live) look() (emulator.Snapshot, []ask, string) {
	snap, asks := l.wx.Snapshot(), l.asks.list()
	changes := l.changes(&snap, asks)
	if len(changes) > mostAtOnce {
		changes = []change{{"reset", struct{}{}}}
	}
	for _, c := range changes {
		l.add(c.kind, c.data)
	}
	return snap, asks, l.cursor(l.last)
}

// add expects mu to be held.
func (l *live) add(kind string, data any) {
	l.last++
	if len(l.events) >= 2*keptEvents {
		l.events = append([]event(nil), l.events[keptEvents:]...)
	}
	l.events = append(l.events, event{l.cursor(l.last), kind, encode(data)})
	close(l.grown)
	l.grown = make(chan struct{})
}

func (l *live) cursor(id int) string { return l.epoch + "-" + strconv.Itoa(id) }

// since returns the events behind a cursor, and what to wait for when there are none. Of a cursor that is
// not known any more, ok is false.
func (l *live) since(cursor string) (list []event, more <-chan struct{}, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	epoch, number, _ := strings.Cut(cursor, "-")
	id, err := strconv.Atoi(number)
	oldest := l.last - len(l.events)
	if epoch != l.epoch || err != nil || id < oldest || id > l.last {
		return nil, l.grown, false
	}
	return l.events[id-oldest:], l.grown, true
}

// newest is the cursor behind which nothing has happened yet.
func (l *live) newest() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cursor(l.last)
}

func (l *live) listen(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.listeners += n
}
