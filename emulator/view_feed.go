package emulator

import "iter"

// tail walks over the newest items of a log, at most limit of them, that are behind the one numbered after.
// The last item of the log has the number total.
func tail[T any](log []T, total, after, limit int) iter.Seq2[int, T] {
	n := max(0, min(total-after, limit, len(log)))
	return func(yield func(int, T) bool) {
		for i, item := range log[len(log)-n:] {
			if !yield(total-n+1+i, item) {
				return
			}
		}
	}
}

// CallsAfter returns the newest recorded calls behind the one with this Seq, at most limit of them, oldest
// first. It spares a caller who looks often the whole list of [Server.Calls].
func (s *Server) CallsAfter(seq, limit int) []Call {
	s.mu.Lock()
	r := &s.world.calls
	list := []Call{}
	for _, c := range tail(r.calls, r.total, seq, min(limit, r.limit)) {
		list = append(list, c)
	}
	s.mu.Unlock()
	return maskedCalls(list)
}

// Try is a try of the log of pushes with its number, which counts all tries from 1. Signatures and other
// secrets in it read "***".
type Try struct {
	ID int `json:"id"`
	Push
}

// TriesAfter returns the newest tries to deliver a push behind the one with this number, at most limit of
// them, oldest first.
func (s *Server) TriesAfter(id, limit int) []Try {
	s.mu.Lock()
	l := &s.world.pushes
	list := []Try{}
	for i, p := range tail(l.tries, l.noted, id, min(limit, s.cfg.callLimit)) {
		list = append(list, Try{ID: i, Push: p})
	}
	s.mu.Unlock()
	for i := range list {
		list[i].mask()
	}
	return list
}

// RedeliverTry is [App.Redeliver] for a try that is known by its number. It reports whether the log still
// has it.
func (s *Server) RedeliverTry(id int) bool {
	p, ok := s.tryNumber(id)
	if ok {
		s.App(p.AppID).Redeliver(p)
	}
	return ok
}

func (s *Server) tryNumber(id int) (Push, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := &s.world.pushes
	for i, p := range tail(l.tries, l.noted, 0, l.noted) {
		if i == id {
			return p, true
		}
	}
	return Push{}, false
}

// mask hides what is secret in a try.
func (t *Try) mask() {
	t.Query, t.Error, t.Fault = maskQuery(t.Query), hide(t.Error), hide(t.Fault)
	t.Plain, t.Body, t.Reply = hide(t.Plain), hide(t.Body), hide(t.Reply)
}
