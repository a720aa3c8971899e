package emulator

import (
	"context"
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

	apps      map[string]*App // by AppID
	appList   []*App          // in the order in which they were added
	users     map[string]*User
	userList  []*User
	members   map[string]*member // by OpenID, which is unique across accounts
	templates map[string]*template
	library   map[int]*LibraryTitle // by TID

	tokens     *shelf[*token]
	codes      *shelf[*userCode]
	userTokens *shelf[*userToken] // by access token and by refresh token
	media      *shelf[*media]
	feedback   *shelf[*feedback] // by record_id
	complaints int               // feedback ever
	sealed     *shelf[sealedAt]  // encrypted phone numbers by their hash
	qrCodes    *shelf[*qrCode]   // by ticket and by content
	links      *shelf[*miniLink]
	shortKeys  *shelf[*shortKey]
	miniCodes  map[string]MiniProgramLink // by content
	reviews    map[string]*member         // by comment_id, not answered yet

	faults   []*activeFault
	planted  int // faults ever
	courier  courier
	calls    record
	counts   map[string]int // calls by path, also those that the record has dropped
	rids     map[string]*failedCall
	ridOrder []string // oldest first
}

func newWorld(cfg settings) world {
	ctx, cancel := context.WithCancel(context.Background())
	return world{
		cfg:        cfg,
		clock:      clock{frozen: cfg.frozen, start: cfg.start},
		ids:        newIDSource(cfg.seed),
		routes:     routes,
		apps:       map[string]*App{},
		users:      map[string]*User{},
		members:    map[string]*member{},
		templates:  map[string]*template{},
		library:    demoLibrary(),
		tokens:     newShelf(lapsed(func(t *token) time.Time { return t.ends })),
		codes:      newShelf(lapsed(func(c *userCode) time.Time { return c.ends })),
		userTokens: newShelf(lapsed(func(t *userToken) time.Time { return t.refreshEnds })),
		media:      newShelf(lapsed((*media).end)),
		feedback:   newShelf(lapsed((*feedback).end)),
		sealed:     newShelf(lapsed(func(s sealedAt) time.Time { return s.at.Add(mediaLife) })),
		qrCodes:    newShelf(lapsed(func(q *qrCode) time.Time { return q.ends })),
		links:      newShelf(lapsed(func(l *miniLink) time.Time { return l.ends })),
		shortKeys:  newShelf(lapsed(func(k *shortKey) time.Time { return k.ends })),
		miniCodes:  map[string]MiniProgramLink{},
		reviews:    map[string]*member{},
		courier:    courier{ctx: ctx, cancel: cancel},
		calls:      record{limit: cfg.callLimit},
		counts:     map[string]int{},
		rids:       map[string]*failedCall{},
	}
}

// clock is real time plus an offset, or a fixed start plus an offset.
type clock struct {
	frozen bool
	start  time.Time
	offset time.Duration
}

func (c *clock) now() time.Time {
	if c.frozen {
		return c.start.Add(c.offset)
	}
	return time.Now().Add(c.offset)
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
		c.offset += d
	}
}

// day numbers the days in China, where WeChat's daily counters start again at midnight.
func day(t time.Time) int64 {
	_, offset := t.In(china).Zone()
	return (t.Unix() + int64(offset)) / 86400
}
