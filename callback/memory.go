package callback

import (
	"context"
	"sync"
	"time"
)

const (
	defaultMemory = 32 << 20
	entryOverhead = 200 // what an entry costs beside its texts, in bytes, about
)

// MemoryStore is a [Store] in the memory of one process, bounded in size and time. [New] makes one by itself; a program
// needs its own only to choose another bound, or to let several handlers share one. The zero value is ready. It is safe for
// concurrent use.
type MemoryStore struct {
	// MaxBytes bounds what is kept, about. When it is full, the oldest entries are forgotten. Set it before the store is used.
	// Defaults to 32 MiB, enough for the pushes of a busy quarter of an hour (80 a second).
	MaxBytes int

	mu      sync.Mutex // guards all below
	entries map[string]*entry
	oldest  entry // ring: oldest.next is the oldest entry, oldest.prev the newest
	size    int
}

type entry struct {
	key, owner string
	answer     []byte
	done       bool
	expires    time.Time
	prev, next *entry
}

func (e *entry) size() int { return entryOverhead + len(e.key) + len(e.owner) + len(e.answer) }

// Begin implements [Store].
func (m *MemoryStore) Begin(_ context.Context, key, owner string, lease time.Duration) (Claim, error) {
	return m.begin(key, owner, lease), nil
}

// Finish implements [Store].
func (m *MemoryStore) Finish(_ context.Context, key string, answer []byte, ttl time.Duration) error {
	m.finish(key, answer, ttl)
	return nil
}

// Release implements [Store].
func (m *MemoryStore) Release(_ context.Context, key, owner string) error {
	m.release(key, owner)
	return nil
}

func (m *MemoryStore) begin(key, owner string, lease time.Duration) Claim {
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.prepare()
	m.sweep(now)
	if e := m.entries[key]; e != nil && now.Before(e.expires) {
		switch {
		case e.done:
			return Claim{State: Done, Answer: e.answer}
		case e.owner != owner:
			return Claim{State: Running}
		}
	}
	m.put(&entry{key: key, owner: owner, expires: now.Add(lease)})
	return Claim{State: Claimed}
}

func (m *MemoryStore) finish(key string, answer []byte, ttl time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.prepare()
	m.put(&entry{key: key, answer: answer, done: true, expires: time.Now().Add(ttl)})
}

func (m *MemoryStore) release(key, owner string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.entries[key]; e != nil && !e.done && e.owner == owner {
		m.remove(e)
	}
}

// prepare closes the ring of a store that is new.
func (m *MemoryStore) prepare() {
	if m.entries == nil {
		m.entries = make(map[string]*entry)
		m.oldest.prev, m.oldest.next = &m.oldest, &m.oldest
	}
}

// put makes e the newest entry and drops old ones until the rest fits.
func (m *MemoryStore) put(e *entry) {
	if old := m.entries[e.key]; old != nil {
		m.remove(old)
	}
	m.entries[e.key] = e
	m.size += e.size()
	e.prev, e.next = m.oldest.prev, &m.oldest
	e.prev.next, m.oldest.prev = e, e
	for m.size > m.limit() && m.oldest.next != e {
		m.remove(m.oldest.next)
	}
}

func (m *MemoryStore) limit() int {
	if m.MaxBytes > 0 {
		return m.MaxBytes
	}
	return defaultMemory
}

// sweep drops expired entries from the old end. One that expires early behind one that expires late waits; the
// bound on the size holds all the same.
func (m *MemoryStore) sweep(now time.Time) {
	for e := m.oldest.next; e != &m.oldest && !now.Before(e.expires); e = m.oldest.next {
		m.remove(e)
	}
}

func (m *MemoryStore) remove(e *entry) {
	delete(m.entries, e.key)
	m.size -= e.size()
	e.prev.next, e.next.prev = e.next, e.prev
}
