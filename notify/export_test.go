package notify

import (
	"context"
	"time"
)

// TakeAndDie takes leads up as a process does that ends before it is done with any of them. It returns how many.
func TakeAndDie(ctx context.Context, n *Notifier, most int) (int, error) {
	if err := n.clock.read(ctx); err != nil {
		return 0, err
	}
	b, err := n.newCrew(ctx, most).transact(ctx, nil, most)
	return b.taken, err
}

// TakeAndTend takes leads up in a process whose jobs others get, and stores what becomes of them.
func TakeAndTend(ctx context.Context, n *Notifier, most int) error {
	if err := n.clock.read(ctx); err != nil {
		return err
	}
	n.crew = n.newCrew(ctx, most)
	_, err := n.crew.round(ctx, nil, most)
	for err == nil && n.crew.out() > 0 {
		<-n.crew.news
		n.tend()
	}
	return err
}

// Misset puts the clock of the machine that n runs on wrong.
func Misset(n *Notifier, by time.Duration) {
	n.clock.machine = func() time.Time { return time.Now().Add(by) }
}

// Hurry sets how long a process that is told to end tries to record what it has sent.
func Hurry(n *Notifier, d time.Duration) { n.recordTimeout = d }

// TakeOver sets how long others wait for a process that reads and does not end.
func TakeOver(o *Outbox, d time.Duration) { o.lease = d }
