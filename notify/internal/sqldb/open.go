package sqldb

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// versions is goose's table: not its default name, for the program's own migrations may have that.
const versions = "notify_versions"

// OpenSQLite opens or creates the database in a file and brings it up to date. A commit is on the disk when
// it returns. One connection does all work, which is how SQLite writes anyway.
func OpenSQLite(ctx context.Context, path string) (*DB, error) {
	options := url.Values{
		"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)"},
		"_txlock": {"immediate"},
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: options.Encode()}).String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	migrator, err := rivermigrate.New(riversqlite.New(db), nil)
	if err == nil {
		err = migrate(ctx, goose.DialectSQLite3, db, migrator)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &DB{SQLite: db}, nil
}

// fewestConns is the size of the pool on small machines, where pgx has four: a worker waits for the disk most
// of the time it holds one.
const fewestConns = 12

// OpenPostgres connects to a PostgreSQL database and brings it up to date. Any number of processes may do
// so at the same time.
func OpenPostgres(ctx context.Context, dsn string) (*DB, error) {
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(dsn, "pool_max_conns") {
		cfg.MaxConns = max(cfg.MaxConns, fewestConns)
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	db := stdlib.OpenDBFromPool(pool)
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	if err == nil {
		err = migrate(ctx, goose.DialectPostgres, db, migrator)
	}
	if err = errors.Join(err, db.Close()); err != nil {
		pool.Close()
		return nil, err
	}
	return &DB{Postgres: pool}, nil
}

// migrate brings the ledger's tables up to date, then the queue's, one process at a time.
func migrate[TTx any](ctx context.Context, dialect goose.Dialect, db *sql.DB, queue *rivermigrate.Migrator[TTx]) error {
	folder, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	store, err := database.NewStore(dialect, versions)
	if err != nil {
		return err
	}
	options := []goose.ProviderOption{goose.WithStore(store), goose.WithDisableGlobalRegistry(true)}
	unlock := func() error { return nil }
	if dialect == goose.DialectPostgres {
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockID(lockID + 1))
		if err != nil {
			return err
		}
		options = append(options, goose.WithSessionLocker(locker))
		if unlock, err = hold(ctx, db); err != nil {
			return err
		}
	}
	provider, err := goose.NewProvider("", db, folder, options...)
	if err == nil {
		_, err = provider.Up(ctx)
	}
	if err == nil {
		_, err = queue.Migrate(ctx, rivermigrate.DirectionUp, nil)
	}
	if err = errors.Join(err, unlock()); err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	return nil
}

// lockID names the advisory lock of the migrations in PostgreSQL.
const lockID = 5_720_130_461_001

// hold takes an advisory lock around all migrations, for River's have none of their own.
func hold(ctx context.Context, db *sql.DB) (unlock func() error, err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", int64(lockID)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return func() error {
		_, err := conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", int64(lockID))
		return errors.Join(err, conn.Close())
	}, nil
}

// conflict reports whether PostgreSQL broke a transaction off that may succeed when it is run again.
func conflict(err error) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return false
	}
	return pg.Code == "40001" || pg.Code == "40P01" // serialization failure, deadlock
}
