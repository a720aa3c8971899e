package notify

import (
	"context"
	"sync"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

// clockAge is how old a reading of the database's clock may become.
const clockAge = time.Second

// sharedClock tells the time by the database's clock, on which all processes agree: leases, slots of the rate
// limits and due times are compared across machines, whose own clocks differ. Between two readings the time
// goes on by the machine's monotonic clock, so nothing has to be asked for each send, and nobody who sets the
// machine's clock disturbs it.
type sharedClock struct {
	db      *sqldb.DB
	machine func() time.Time // the machine's clock; tests put it wrong
	mu      sync.Mutex       // guards what follows
	reading reading
}

// reading is what the database's clock showed when the machine's showed taken.
type reading struct {
	shown, taken time.Time
}

// at returns what the database's clock shows when the machine's shows now.
func (r reading) at(now time.Time) time.Time {
	if r.taken.IsZero() {
		return now
	}
	return r.shown.Add(now.Sub(r.taken))
}

// newReading takes the moment of the answer to lie in the middle of the question's way there and back.
func newReading(asked, shown, answered time.Time) reading {
	return reading{shown: shown.Add(answered.Sub(asked) / 2), taken: answered}
}

func newSharedClock(db *sqldb.DB) *sharedClock { return &sharedClock{db: db, machine: time.Now} }

// now is the machine's time until the database's clock was read.
func (c *sharedClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reading.at(c.machine())
}

// read reads the database's clock, unless that was done just now.
func (c *sharedClock) read(ctx context.Context) error {
	if c.db.Postgres == nil {
		return nil // there is the machine's clock alone
	}
	asked := c.machine()
	c.mu.Lock()
	fresh := !c.reading.taken.IsZero() && asked.Sub(c.reading.taken) < clockAge
	c.mu.Unlock()
	if fresh {
		return nil
	}
	shown, err := c.db.Now(ctx)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reading = newReading(asked, shown, c.machine())
	return nil
}
