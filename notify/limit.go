package notify

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

const (
	// longestTurn is how long a lead in hand waits for its turn; what is further away is planned again.
	longestTurn = 5 * time.Second
	// bookAhead is how much of an account's time a process books at once, to spare the database.
	bookAhead = 200 * time.Millisecond
	mostSlots = 100
)

// limits share the rate of each account among all processes: a row per account holds the next free slot, of
// which a process books some at a time, in unix microseconds.
type limits struct {
	db       *sqldb.DB
	interval map[string]int64 // microseconds between two sends, by AppID
	now      func() time.Time // of the reminders
	shared   *sharedClock     // of the slots
	booking  sync.Mutex       // has one goroutine ask the database for the others
	mu       sync.Mutex       // guards what follows; nobody waits for the database under it
	booked   map[string][]int64
	quotas   map[quotaKey]quota   // that are used up
	paused   map[string]time.Time // end of the pause that was asked for, by account or, without one, by door
}

func newLimits(db *sqldb.DB, perSecond map[string]float64, now func() time.Time, shared *sharedClock) *limits {
	l := &limits{
		db: db, interval: map[string]int64{}, booked: map[string][]int64{}, paused: map[string]time.Time{},
		quotas: map[quotaKey]quota{}, now: now, shared: shared,
	}
	for app, rate := range perSecond {
		l.interval[app] = max(1, int64(1e6/rate))
	}
	return l
}

func (l *limits) limited(app string) bool { return l.interval[app] > 0 }

// bookMany books slots of the account for so many messages, as far as they are soon, and returns them. later says how
// far away a message may be that got none, by its place among those.
func (l *limits) bookMany(ctx context.Context, app string, many int) (slots []int64, later func(int) time.Duration, err error) {
	l.booking.Lock()
	defer l.booking.Unlock()
	slots = l.rest(app, many)
	interval := l.interval[app]
	if ahead := max(1, bookAhead.Microseconds()/interval); int64(len(slots)) < min(int64(many), ahead) {
		more, err := l.book(ctx, app, min(int64(many-len(slots)), ahead, mostSlots))
		if err != nil {
			return slots, l.later(longestTurn, interval), err
		}
		slots = append(slots, more...)
	}
	first := longestTurn
	if len(slots) > 0 {
		first = time.UnixMicro(slots[len(slots)-1] + interval).Sub(l.shared.now())
	}
	return slots, l.later(first, interval), nil
}

func (l *limits) later(first time.Duration, interval int64) func(int) time.Duration {
	return func(n int) time.Duration {
		return max(100*time.Millisecond, first+time.Duration(int64(n)*interval)*time.Microsecond)
	}
}

// rest returns slots that were booked and not used.
func (l *limits) rest(app string, many int) []int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := min(many, len(l.booked[app]))
	slots := l.booked[app][:n:n]
	l.booked[app] = l.booked[app][n:]
	return slots
}

// bookedSlot is a moment at which one message of an account may go.
type bookedSlot struct {
	app string
	at  int64
}

// soon is how far away a slot may be that is committed to.
const soon = 5 * time.Millisecond

// ready returns a slot that was booked before and has come.
func (l *limits) ready(app string) (s bookedSlot, ok bool) {
	until := l.shared.now().Add(soon).UnixMicro()
	l.mu.Lock()
	defer l.mu.Unlock()
	slots := l.booked[app]
	if len(slots) == 0 || slots[0] > until {
		return s, false
	}
	s, l.booked[app] = bookedSlot{app, slots[0]}, slots[1:]
	return s, true
}

// giveBack returns slots that were not used after all.
func (l *limits) giveBack(slots []bookedSlot) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range slices.Backward(slots) {
		l.booked[s.app] = slices.Insert(l.booked[s.app], 0, s.at)
	}
}

// standing is what is known of all accounts at this moment.
func (l *limits) standing() *standing {
	l.mu.Lock()
	defer l.mu.Unlock()
	return &standing{quotas: maps.Clone(l.quotas), paused: maps.Clone(l.paused)}
}

// pause takes in a pause that WeChat asked for.
func (s *standing) pause(p *pause, now time.Time) {
	s.paused[cmp.Or(p.appID, p.door)] = now.Add(p.wait)
}

// pauseHere has what was not begun with wait, before anybody else is told.
func (l *limits) pauseHere(app, door string, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.paused[cmp.Or(app, door)] = l.now().Add(d)
	delete(l.booked, app)
}

// pausedFor returns how long nothing is to be sent for the account of a door.
func (l *limits) pausedFor(app, door string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.paused[cmp.Or(app, door)].Sub(l.now())
}

// pause keeps this process from sending for the account for a while, and, where the account has a limit, the
// others too as far as they have not booked. Others that share no limit are told by WeChat as this one was.
func (l *limits) pause(ctx context.Context, tx sqldb.Tx, app, door string, d time.Duration) error {
	l.pauseHere(app, door, d)
	if !l.limited(app) {
		return nil
	}
	return delaySlots(ctx, tx, app, l.shared.now().Add(d))
}
