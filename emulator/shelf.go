package emulator

import "time"

// shelf keeps what lapses, by name, and clears out what has long lapsed whenever it has doubled, so that
// an emulator that runs for weeks stays small.
type shelf[V any] struct {
	items map[string]V
	limit int // size at which it is cleared next
	stale func(v V, now time.Time) bool
}

// smallest is the size below which a shelf is left alone.
const smallest = 1024

func newShelf[V any](stale func(V, time.Time) bool) *shelf[V] {
	return &shelf[V]{items: map[string]V{}, limit: smallest, stale: stale}
}

// get returns what has the name, the zero value if nothing has.
func (s *shelf[V]) get(name string) V { return s.items[name] }

func (s *shelf[V]) put(name string, v V, now time.Time) {
	if len(s.items) >= s.limit {
		for key, old := range s.items {
			if s.stale(old, now) {
				delete(s.items, key)
			}
		}
		s.limit = max(smallest, 2*len(s.items))
	}
	s.items[name] = v
}

func (s *shelf[V]) drop(name string) { delete(s.items, name) }

// lapsed makes the rule of a shelf from the end of what it holds. What is gone is unknown instead of
// expired, so it stays for a day more. A zero end never comes.
func lapsed[V any](end func(V) time.Time) func(V, time.Time) bool {
	return func(v V, now time.Time) bool {
		at := end(v)
		return !at.IsZero() && now.Sub(at) > 24*time.Hour
	}
}
