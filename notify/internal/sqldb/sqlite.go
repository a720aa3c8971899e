package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrInUse reports that somebody else holds the queue's file of a SQLite database.
var ErrInUse = errors.New("another process, or another Database of this one, sends from the file: " +
	"SQLite serves one, PostgreSQL many")

const (
	// sqliteEngine is the name under which the queue's file is attached.
	sqliteEngine = "notify_queue"
	inMemory     = ":memory:"
	busyTimeout  = 10 * time.Second
	// handover is how long a starting process waits for the end of the one before it.
	handover = 2 * time.Second
)

// file opens the connections of a SQLite database of two files: the ledger's, and the queue's, which belongs to
// one process at a time. So a River that the program may have in the first file is not touched.
type file struct {
	driver   sqlite.Driver
	path     string // of the ledger
	dsn      string
	queue    string
	attached atomic.Bool // new connections attach the queue's file
	mu       sync.Mutex  // guards users, and has them wait for each other
	users    int
}

// OpenSQLite opens or creates the database in a file and brings it up to date. A commit is on the disk when
// it returns. One connection does all work, which is how SQLite writes anyway.
func OpenSQLite(ctx context.Context, path string) (*DB, error) {
	f := &file{queue: inMemory}
	if path != inMemory {
		full, err := filepath.Abs(path) // both files stay where they are when the working directory changes
		if err != nil {
			return nil, err
		}
		path, f.queue = full, fileURI(full+"-queue", nil)
	}
	f.path = path
	f.dsn = fileURI(path, url.Values{
		"_pragma": {fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()), "journal_mode(WAL)", "synchronous(FULL)"},
		"_txlock": {"immediate"},
	})
	db := &DB{SQLite: sql.OpenDB(f), Engine: sqliteEngine, file: f}
	db.SQLite.SetMaxOpenConns(1)
	all, err := readMigrations(migrations)
	if err == nil {
		err = whileBusy(ctx, busyTimeout, func() error {
			return db.Tx(ctx, func(tx Tx) error { return sqliteDialect.apply(ctx, tx, all) })
		})
	}
	if err != nil {
		return nil, errors.Join(err, db.SQLite.Close())
	}
	return db, nil
}

// fileURI writes a path as SQLite reads it, whatever characters it has.
func fileURI(path string, options url.Values) string {
	escaped := (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()
	return (&url.URL{Scheme: "file", Opaque: escaped, RawQuery: options.Encode()}).String()
}

// whileBusy repeats fn for a time while others are at the file. Not every statement waits by itself as busy_timeout
// says: those that make a file a WAL file at the same moment are refused at once.
func whileBusy(ctx context.Context, limit time.Duration, fn func() error) error {
	deadline := time.After(limit)
	for {
		err := fn()
		if !busy(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-deadline:
			return err
		case <-time.After(rand.N(20 * time.Millisecond)): // not in step with the others
		}
	}
}

// busy reports whether another connection holds what was wanted.
func busy(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_BUSY
}

// Driver makes f a connector of database/sql.
func (f *file) Driver() driver.Driver { return &f.driver }

// Connect opens a connection.
func (f *file) Connect(ctx context.Context) (driver.Conn, error) {
	opened, err := f.driver.Open(f.dsn)
	if err != nil {
		return nil, err
	}
	conn, err := newSQLiteConn(opened)
	if err == nil && f.attached.Load() {
		if err = f.attach(ctx, conn); err != nil {
			err = errors.Join(err, conn.Close())
		}
	}
	return conn, err
}

// attach adds the queue's file to a connection. Nobody else can open it until the connection is closed or the
// process ends, however it ends. Its last commits may be lost in a power failure: what was to be sent is in
// the ledger.
func (f *file) attach(ctx context.Context, conn any) error {
	c := conn.(driver.ExecerContext)
	if err := execOnConn(ctx, c, `PRAGMA busy_timeout = 0`); err != nil {
		return err
	}
	err := whileBusy(ctx, handover, func() error { return f.claim(ctx, c) })
	if busy(err) && ctx.Err() == nil {
		err = ErrInUse
	}
	return errors.Join(err, execOnConn(context.WithoutCancel(ctx), c,
		fmt.Sprintf(`PRAGMA busy_timeout = %d`, busyTimeout.Milliseconds())))
}

// claim takes the queue's file at once or lets go of it: of two that hold on to a file that both have opened, neither
// gets it. Only the write makes sure of it, since the lock of a file that is a WAL already is taken no sooner.
func (f *file) claim(ctx context.Context, c driver.ExecerContext) error {
	if _, err := c.ExecContext(ctx, `ATTACH $1 AS `+sqliteEngine,
		[]driver.NamedValue{{Ordinal: 1, Value: f.queue}}); err != nil {
		return fmt.Errorf("%s: %w", sqliteEngine, err)
	}
	err := execOnConn(ctx, c,
		`PRAGMA `+sqliteEngine+`.locking_mode = EXCLUSIVE`,
		`PRAGMA `+sqliteEngine+`.journal_mode = WAL`,
		`PRAGMA `+sqliteEngine+`.synchronous = NORMAL`,
		`PRAGMA `+sqliteEngine+`.user_version = 1`,
	)
	if err != nil {
		return errors.Join(err, execOnConn(context.WithoutCancel(ctx), c, `DETACH `+sqliteEngine))
	}
	return nil
}

func execOnConn(ctx context.Context, c driver.ExecerContext, statements ...string) error {
	for _, s := range statements {
		if _, err := c.ExecContext(ctx, s, nil); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

// onConn runs fn on the one connection.
func onConn(ctx context.Context, pool *sql.DB, fn func(conn any) error) error {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	return errors.Join(conn.Raw(fn), conn.Close())
}

// Work makes the tables of the queue ready for a process that works, until release. On SQLite only one process can;
// the others have [ErrInUse].
func (d *DB) Work(ctx context.Context) (release func() error, err error) {
	f := d.file
	if f == nil {
		return func() error { return nil }, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.users == 0 {
		if err := d.attachQueue(ctx); err != nil {
			return nil, err
		}
	}
	f.users++
	return sync.OnceValue(d.releaseQueue), nil
}

func (d *DB) attachQueue(ctx context.Context) error {
	err := onConn(ctx, d.SQLite, func(conn any) error { return d.file.attach(ctx, conn) })
	if err != nil {
		return err
	}
	d.file.attached.Store(true)
	migrator, err := rivermigrate.New(riversqlite.New(d.SQLite), &rivermigrate.Config{Schema: sqliteEngine})
	if err == nil {
		_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	}
	if err == nil {
		err = d.Tx(ctx, func(tx Tx) error { return inheritSQLite(ctx, tx) })
	}
	if err != nil {
		return errors.Join(fmt.Errorf("migrations: %w", err), d.detachQueue())
	}
	return nil
}

// inheritSQLite takes over what earlier builds had left in a queue among the program's tables.
func inheritSQLite(ctx context.Context, tx Tx) error {
	var there bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM main.sqlite_master
		WHERE type = 'table' AND name = 'river_job')`).Scan(&there)
	if err != nil || !there {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO `+sqliteEngine+`.river_job
			(args, kind, max_attempts, queue, created_at, scheduled_at)
		SELECT jsonb(args), kind, max_attempts, queue, created_at, scheduled_at
		FROM main.river_job WHERE `+inherited)
	if err == nil {
		_, err = tx.Exec(ctx, `DELETE FROM main.river_job WHERE `+inherited)
	}
	return err
}

func (d *DB) releaseQueue() error {
	d.file.mu.Lock()
	defer d.file.mu.Unlock()
	if d.file.users--; d.file.users > 0 {
		return nil
	}
	return d.detachQueue()
}

// detachQueue gives the queue's file back. A connection that database/sql has replaced since, as it does where a
// statement was cancelled, holds nothing any more.
func (d *DB) detachQueue() (err error) {
	d.file.attached.Store(false)
	ctx := context.Background()
	conn, err := d.SQLite.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	var held bool
	err = conn.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM pragma_database_list WHERE name = $1)`, sqliteEngine).Scan(&held)
	if err == nil && held {
		_, err = conn.ExecContext(ctx, `DETACH `+sqliteEngine)
	}
	return err
}
