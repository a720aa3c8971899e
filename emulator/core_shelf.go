package emulator

import (
	"maps"
	"slices"
	"time"
)

// perishable is what lapses. What is stale may be forgotten.
type perishable interface{ stale(now time.Time) bool }

// shelf keeps what lapses, by name, and clears out what is stale whenever it has doubled, so that
// an emulator that runs for weeks stays small. Its zero value is empty.
type shelf[V perishable] struct {
	items map[string]V
	limit int // size at which it is cleared next
}

// smallest is the size below which a shelf is left alone.
const smallest = 1024

// get returns what has the name, the zero value if nothing has.
func (s *shelf[V]) get(name string) V { return s.items[name] }

func (s *shelf[V]) put(name string, v V, now time.Time) {
	if s.items == nil {
		s.items = map[string]V{}
	}
	if len(s.items) >= max(smallest, s.limit) {
		for key, old := range s.items {
			if old.stale(now) {
				delete(s.items, key)
			}
		}
		s.limit = 2 * len(s.items)
	}
	s.items[name] = v
}

func (s *shelf[V]) drop(name string) { delete(s.items, name) }

// sorted lists what the shelf has, by name.
func (s *shelf[V]) sorted() []V {
	var list []V
	for _, name := range slices.Sorted(maps.Keys(s.items)) {
		list = append(list, s.items[name])
	}
	return list
}

// lapsed is the rule of most shelves. What is gone is unknown instead of expired, so it stays for a day after its
// end. A zero end never comes.
func lapsed(end, now time.Time) bool { return !end.IsZero() && now.Sub(end) > 24*time.Hour }

// ofApp is in what belongs to an account and is kept apart from it. It names the account, as the state does.
type ofApp struct {
	AppID string `json:"appId"`
}

func (o *ofApp) isOf(a *App) bool { return o.AppID == a.AppID }
