package notify

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

const (
	// longestTurn is how long a job waits for its turn; what is further away is planned again.
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

// take waits for a slot of the account and returns it. If none is free soon, slot is "" and retryIn says
// when to ask again.
func (l *limits) take(ctx context.Context, app string) (slot string, retryIn time.Duration, err error) {
	at, err := l.book(ctx, app)
	if err != nil {
		return "", 0, err
	}
	if at == 0 {
		return "", longestTurn, nil
	}
	timer := time.NewTimer(time.UnixMicro(at).Sub(l.shared.now()))
	defer timer.Stop()
	select {
	case <-timer.C:
		return app, 0, nil
	case <-ctx.Done():
		return "", 0, ctx.Err()
	}
}

// book returns a slot that is ours alone, 0 if none is free soon.
func (l *limits) book(ctx context.Context, app string) (int64, error) {
	l.booking.Lock()
	defer l.booking.Unlock()
	if slot := l.next(app); slot > 0 {
		return slot, nil
	}
	interval := l.interval[app]
	count := min(max(1, bookAhead.Microseconds()/interval), mostSlots)
	now := l.shared.now().UnixMicro()
	var next int64
	err := l.db.Tx(ctx, func(tx sqldb.Tx) error {
		return tx.QueryRow(ctx, `INSERT INTO notify_rates (app_id, next_at) VALUES ($1, $2)
			ON CONFLICT (app_id) DO UPDATE SET next_at = $3 +
				CASE WHEN notify_rates.next_at > $4 THEN notify_rates.next_at ELSE $4 END
			WHERE notify_rates.next_at < $5 RETURNING next_at`,
			app, now+count*interval, count*interval, now, now+longestTurn.Microseconds()).Scan(&next)
	})
	if errors.Is(err, sqldb.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := count - 1; i > 0; i-- {
		l.booked[app] = append(l.booked[app], next-i*interval)
	}
	return next - count*interval, nil
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

// next returns a slot that was booked before, 0 if there is none.
func (l *limits) next(app string) (slot int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if slots := l.booked[app]; len(slots) > 0 {
		slot, l.booked[app] = slots[0], slots[1:]
	}
	return slot
}

// pause keeps this process from sending for the account for a while, and, where the account has a limit, the
// others too as far as they have not booked. Others that share no limit are told by WeChat as this one was.
func (l *limits) pause(ctx context.Context, tx sqldb.Tx, app, door string, d time.Duration) error {
	l.mu.Lock()
	l.paused[cmp.Or(app, door)] = l.now().Add(d)
	delete(l.booked, app)
	l.mu.Unlock()
	if !l.limited(app) {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE notify_rates SET next_at = $1 WHERE app_id = $2 AND next_at < $1`,
		l.shared.now().Add(d).UnixMicro(), app)
	return err
}
