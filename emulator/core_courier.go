package emulator

import (
	"cmp"
	"container/heap"
	"context"
	"time"
)

// errand is something to be done at its time, such as the delivery of a push.
type errand struct {
	app *App // for whom
	seq int  // counts the errands from 1; one that is tried again keeps it
	due time.Time
	run func() // begins and ends with s.mu held, and may release it meanwhile
}

// courier runs errands one at a time, in the order in which they are due.
type courier struct {
	queue  errands
	seq    int
	idle   chan struct{} // closed when the goroutine that runs them ends; nil while there is none
	timer  *time.Timer   // wakes it for the next try when the clock runs by itself
	cancel context.CancelFunc
	ctx    context.Context
}

// kick starts the next errand if one is due. It expects s.mu to be held.
func (s *Server) kick() {
	c := &s.world.courier
	if c.idle != nil || c.ctx.Err() != nil || !c.isDue(s.world.clock.now()) {
		s.wakeLater()
		return
	}
	c.idle = make(chan struct{})
	go s.runErrands()
}

// wakeLater arms the timer for the next try. A clock that stands still has none: Advance does it.
func (s *Server) wakeLater() {
	c := &s.world.courier
	if s.cfg.frozen || c.idle != nil || c.ctx.Err() != nil || len(c.queue) == 0 {
		return
	}
	if c.timer != nil {
		c.timer.Stop()
	}
	c.timer = time.AfterFunc(c.queue[0].due.Sub(s.world.clock.now()), func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.kick()
	})
}

func (c *courier) stop() {
	c.cancel()
	if c.timer != nil {
		c.timer.Stop()
	}
}

// errands is a heap by time, and by number among those of one time.
type errands []*errand

func (q errands) Len() int { return len(q) }

func (q errands) Less(i, j int) bool {
	return cmp.Or(q[i].due.Compare(q[j].due), cmp.Compare(q[i].seq, q[j].seq)) < 0
}

func (q errands) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

func (q *errands) Push(d any) { *q = append(*q, d.(*errand)) }

func (q *errands) Pop() any {
	last := (*q)[len(*q)-1]
	(*q)[len(*q)-1] = nil
	*q = (*q)[:len(*q)-1]
	return last
}

func (c *courier) enqueue(e *errand) { heap.Push(&c.queue, e) }

// isDue reports whether there is something to do now.
func (c *courier) isDue(now time.Time) bool { return len(c.queue) > 0 && !c.queue[0].due.After(now) }

// runErrands goes on until nothing is due.
func (s *Server) runErrands() {
	c := &s.world.courier
	for {
		s.mu.Lock()
		if !c.isDue(s.world.clock.now()) || c.ctx.Err() != nil {
			close(c.idle)
			c.idle = nil
			s.wakeLater()
			s.mu.Unlock()
			return
		}
		heap.Pop(&c.queue).(*errand).run()
		s.mu.Unlock()
	}
}

// Settle waits until all pushes that are due have been answered or have failed. Verbs do so by
// themselves; after an API call that causes a push, the test does.
func (s *Server) Settle() {
	for {
		s.mu.Lock()
		idle := s.world.courier.idle
		s.mu.Unlock()
		if idle == nil {
			return
		}
		<-idle
	}
}
