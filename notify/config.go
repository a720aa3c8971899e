package notify

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/notify/internal/queue"
	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

// Database is where everything is kept. It is safe for concurrent use.
type Database struct{ db *sqldb.DB }

// ErrInUse is what [Notifier.Start] reports when another process, or another Database of this one, sends from
// the same SQLite file.
var ErrInUse = sqldb.ErrInUse

// OpenSQLite opens the database in a file, made if it is not there, and brings its tables up to date. It
// needs no server and is for one process: use [OpenPostgres] for more. Several may open the file, plan and
// record; one can [Notifier.Start], the others have [ErrInUse].
//
// Beside the file stands another, its name with "-queue", made by the first Start. It holds nothing that the first does
// not: without it, what was under way waits for its lease to end.
//
// A commit is on the disk when it returns (synchronous=FULL): a power failure takes nothing that was sent.
func OpenSQLite(ctx context.Context, path string) (*Database, error) {
	db, err := sqldb.OpenSQLite(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("notify: SQLite: %w", err)
	}
	return &Database{db}, nil
}

// OpenPostgres connects to a PostgreSQL database, such as "postgres://user@host/name", and brings its tables
// up to date, which stand where the package comment says. Any number of processes share one database. What is due, and
// which process has it, goes by the database's clock, whatever those of the machines show. A process opens up to 12
// connections, or as many as it has CPUs.
//
// Beside PostgreSQL's and pgx's parameters dsn may have pool_max_conns, another number of connections, and
// engine_schema, another schema for the engine's tables. An error does not show dsn, nor hold its password.
func OpenPostgres(ctx context.Context, dsn string) (*Database, error) {
	db, err := sqldb.OpenPostgres(ctx, dsn)
	if err != nil {
		return nil, fmt.Errorf("notify: PostgreSQL: %w", err)
	}
	return &Database{db}, nil
}

// Close closes the connections. Shut the Notifier down first.
func (d *Database) Close() error { return d.db.Close() }

// CatchUp says what happens to leads whose time went by while nothing ran.
type CatchUp uint8

// The policies. None of them sends a lead that was to come before Due after it.
const (
	// CatchUpLatest sends the latest of the leads that a reminder missed; the others are Missed.
	CatchUpLatest CatchUp = iota
	// CatchUpAll sends all of them.
	CatchUpAll
	// CatchUpNone sends none.
	CatchUpNone
)

// Config is the setting of a Notifier. Database is needed, and Doors to send.
type Config struct {
	Database *Database
	// Doors in the order in which they are tried. The usual one is card, template, subscribe, reply: what costs
	// nothing first, then what the user has granted for this.
	Doors []Door
	// Zone is the time zone of users whose reminder names none. Defaults to "Asia/Shanghai".
	Zone string
	// Calendars are the calendars that leads in business days count by, under the names that reminders give; "" is the
	// default. All processes should have the same. Each lead is counted when its reminder is planned: plan again what is
	// due in a year whose holidays have become known since. A process that does not have the calendar of a reminder
	// leaves its leads to others.
	Calendars map[string]Workdays
	// LongTerm lists the long-term subscription templates, whose consent no message uses up. One that is limited
	// (长期订阅限频消息) is refused while its day or month lasts: a refusal within 31 days of a message that WeChat took
	// does not end the consent, as the event of a user who unsubscribes does.
	LongTerm []string
	// Allowances replaces some of the customer-service allowances, see [Allowances].
	Allowances map[Trigger]Allowance
	// CatchUp is for leads that come later than Grace. Defaults to CatchUpLatest, and Grace to an hour. A lead
	// that fails is tried again until it is due, for a week at most, and less and less often.
	CatchUp CatchUp
	Grace   time.Duration
	// Compose, unless nil, writes the content when a lead is sent, for what changes from lead to lead. The
	// default is the reminder's Content. It may be called again for one lead, and must not send.
	Compose func(ctx context.Context, r *Reminder, l Lead) (Content, error)
	// UnknownCode, unless nil, says what an errcode means that package errcode does not know. WeChat has codes
	// that it documents nowhere, and some of them come with messages that arrive all the same. So nothing is
	// concluded from such a code: the lead ends as Unknown, and no other door is taken. A program that has
	// learnt more of a code returns another meaning.
	UnknownCode func(err *errcode.Error) CodeMeaning
	// PerSecond limits the sends of an account (by AppID) over all processes. Without it there is no limit
	// here; that of [wechat.WithRateLimit] is for one process.
	PerSecond map[string]float64
	// Workers is how many sends, and calls of Compose, run at the same time in this process: 200 make
	// 4,000 a second where a call takes 50 ms. Defaults to 200.
	Workers int
	// SendTimeout bounds one send, and one call of Compose. Defaults to 30 seconds. Two seconds more is the time after
	// which another process takes up what a dead one left.
	SendTimeout time.Duration
	// Poll is how often the planned reminders are looked at, while nothing is due. Defaults to a second.
	Poll time.Duration
	// Retention is how long history is kept: leads that ended, whose due time is over as well, with the attempts at doors, the
	// events of messages, and what consents were used up by them. What is older is deleted while the processes work, in small
	// steps, see [Notifier.Prune]; what that takes nothing from stands in the package comment. Defaults to 400 days, so that
	// somebody who is reminded each year can see what happened the last time; at least 40 days, which are more than
	// WeChat's own limits reach back. [KeepForever] keeps all. All processes on a database should say the same, also
	// in LongTerm.
	Retention time.Duration
	// Observer, unless nil, is told of every outcome, for metrics, see [OutcomeEvent]; ctx is that of the work that brought
	// it about. It must be safe for concurrent use and fast. One that panics is logged; the reminders go on. A process that ends
	// in between tells nothing: see [Notifier.Outbox] for what must be heard.
	Observer func(ctx context.Context, e OutcomeEvent)
	// Logger takes what an operator should see: sends that failed, other than because of the user, and trouble
	// with the database or the engine. Defaults to one that drops everything.
	Logger *slog.Logger
	// Now is the clock of the reminders. Defaults to the clock of the database, see [OpenPostgres]; tests and
	// demos may turn it.
	Now func() time.Time
}

// Notifier plans reminders and sends them. It is safe for concurrent use.
type Notifier struct {
	cfg    Config
	db     *sqldb.DB
	ledger *Ledger
	queue  queue.Queue
	limits *limits
	clock  *sharedClock

	recordTimeout time.Duration // shorter in tests
	saidLeft      sync.Map      // doors of which the log says that they are not here

	rules   rules
	shifts  sync.Mutex    // one job at a time
	working atomic.Bool   // on a job
	ended   chan struct{} // a job has
	mu      sync.Mutex    // guards what follows
	stop    context.CancelFunc
	alive   context.Context    // of the jobs; it ends where Shutdown has no more time
	hurry   context.CancelFunc // ends it
	stopped chan struct{}      // closed when the dispatcher has ended
	tidied  chan struct{}      // closed when the upkeep has ended
	closing chan struct{}      // closed when nothing is to be taken up any more
	crew    *crew
}

// New makes a Notifier. It does nothing by itself: see [Notifier.Start] and [Notifier.FireDue].
func New(cfg Config) (*Notifier, error) {
	if cfg.Database == nil {
		return nil, fieldError("Database", "nil")
	}
	clock := newSharedClock(cfg.Database.db)
	if cfg.Now == nil {
		cfg.Now = clock.now
	}
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	cfg.Doors = slices.Clone(cfg.Doors)
	n := &Notifier{cfg: cfg, db: cfg.Database.db, clock: clock, recordTimeout: recordTimeout, ended: make(chan struct{}, 1)}
	named := map[string]Door{}
	for i, d := range cfg.Doors {
		field := fmt.Sprintf("Doors[%d]", i)
		switch {
		case d == nil:
			return nil, fieldError(field, "nil")
		case d.Name() == "":
			return nil, fieldError(field, "its Name is empty")
		case !isText(d.Name()) || !isText(d.AppID()):
			return nil, fieldError(field, "its Name or AppID: "+notUTF8+", or "+holdsNUL)
		case named[d.Name()] != nil:
			return nil, fieldError(field, fmt.Sprintf("another is named %q, see Named", d.Name()))
		}
		named[d.Name()] = d
	}
	n.ledger = newLedger(&cfg)
	n.limits = newLimits(n.db, cfg.PerSecond, cfg.Now, clock)
	n.rules = rules{
		doors: cfg.Doors, named: named, served: servedBy(cfg.Doors), zone: cfg.Zone, calendars: cfg.Calendars, grace: cfg.Grace, catchUp: cfg.CatchUp,
		compose: cfg.Compose != nil, lease: cfg.SendTimeout + leaseMargin, check: n.check, meaning: n.meaning,
		limited: n.limits.limited,
	}
	var err error
	n.queue, err = queue.New(n.db, queue.Config{
		Timeout: shiftTime + recordTimeout, Logger: cfg.Logger, Work: n.work, Inherit: n.inherit,
	})
	if err != nil {
		return nil, fmt.Errorf("notify: engine: %w", err)
	}
	return n, nil
}

func (cfg *Config) complete() error {
	if cfg.Zone == "" {
		cfg.Zone = "Asia/Shanghai"
	}
	if _, err := time.LoadLocation(cfg.Zone); err != nil {
		return fieldError("Zone", fmt.Sprintf("%q is unknown", cfg.Zone))
	}
	if cfg.CatchUp > CatchUpNone {
		return fieldError("CatchUp", fmt.Sprintf("%d is unknown", cfg.CatchUp))
	}
	cfg.Calendars = maps.Clone(cfg.Calendars)
	for name, works := range cfg.Calendars {
		if works == nil {
			return fieldError(fmt.Sprintf("Calendars[%q]", name), "nil")
		}
	}
	for i, templateID := range cfg.LongTerm {
		if err := checkText(fmt.Sprintf("LongTerm[%d]", i), templateID); err != nil {
			return err
		}
	}
	for app, rate := range cfg.PerSecond {
		if err := checkText(fmt.Sprintf("PerSecond[%q]", app), app); err != nil {
			return err
		}
		if rate <= 0 {
			return fieldError(fmt.Sprintf("PerSecond[%q]", app), "not above zero")
		}
	}
	allowances := Allowances()
	maps.Copy(allowances, cfg.Allowances)
	cfg.Allowances = allowances
	orDefault(&cfg.Grace, time.Hour)
	if err := cfg.checkRetention(); err != nil {
		return err
	}
	orDefault(&cfg.SendTimeout, 30*time.Second)
	orDefault(&cfg.Poll, time.Second)
	if cfg.Workers <= 0 {
		cfg.Workers = 200
	}
	if cfg.UnknownCode == nil {
		cfg.UnknownCode = func(*errcode.Error) CodeMeaning { return MayArrive }
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	cfg.Observer = guarded(cfg.Observer, cfg.Logger)
	return nil
}

// guarded keeps an observer that panics from ending a process that sends for all.
func guarded(observe func(context.Context, OutcomeEvent), logger *slog.Logger) func(context.Context, OutcomeEvent) {
	if observe == nil {
		return func(context.Context, OutcomeEvent) {}
	}
	return func(ctx context.Context, e OutcomeEvent) {
		defer func() {
			if p := recover(); p != nil {
				logger.Error("notify: Observer panicked", "reminder", e.Key, "panic", fmt.Sprintf("%T", p))
			}
		}()
		observe(ctx, e)
	}
}

func orDefault(d *time.Duration, value time.Duration) {
	if *d <= 0 {
		*d = value
	}
}

// Ledger returns the ledger of the notifier's database.
func (n *Notifier) Ledger() *Ledger { return n.ledger }
