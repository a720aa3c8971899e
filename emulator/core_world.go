package emulator

import (
	"time"
)

// china is the zone in which WeChat's days begin.
var china = time.FixedZone("UTC+8", 8*60*60)

// world is the whole state of one emulated WeChat. Its methods expect the caller to hold Server.mu.
type world struct {
	cfg    settings
	clock  clock
	ids    idSource
	routes map[string][]route // by path; the same for all, see checkPath

	apps    map[string]*App // by AppID
	appList []*App          // in the order in which they were added
	worldUsers
	worldFaults
	worldRecord
	courier courier
	pushes  pushLog

	// What each area keeps beside the accounts and users.
	worldAccess
	worldMessages
	worldDesk
	worldPeople
	worldLinks
	worldMedia
}

// clock is real time plus an offset, or a fixed start plus an offset. One that runs is saved as its lead only.
type clock struct {
	Frozen bool          `json:"frozen,omitempty"`
	Start  time.Time     `json:"start,omitzero"`
	Offset time.Duration `json:"offset,omitempty"`
}

func (c *clock) now() time.Time {
	if c.Frozen {
		return c.Start.Add(c.Offset)
	}
	return time.Now().Add(c.Offset)
}

// Now is the time of the emulator's clock.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.world.clock.now()
}

// Advance moves the emulator's clock forward: tokens, login codes, media and message windows grow old.
// Pushes that are to be tried again meanwhile are tried at their time.
func (s *Server) Advance(d time.Duration) {
	if d < 0 {
		s.misuse("Advance: %v is negative", d)
	}
	s.mu.Lock()
	end := s.world.clock.now().Add(d)
	s.mu.Unlock()
	for s.advanceTo(end) {
		s.Settle()
	}
	s.Settle()
}

// advanceTo moves the clock to the next push that is due before end, else to end.
func (s *Server) advanceTo(end time.Time) (more bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	to := end
	if q := s.world.courier.queue; len(q) > 0 && q[0].due.Before(end) {
		to, more = q[0].due, true
	}
	s.world.clock.set(to)
	s.kick()
	return more
}

// set moves the clock to t, never back.
func (c *clock) set(t time.Time) {
	if d := t.Sub(c.now()); d > 0 {
		c.Offset += d
	}
}

// day numbers the days in China, where WeChat's daily counters start again at midnight.
func day(t time.Time) int64 {
	_, offset := t.In(china).Zone()
	return (t.Unix() + int64(offset)) / 86400
}
