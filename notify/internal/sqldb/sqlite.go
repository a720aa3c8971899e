package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"net/url"

	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// OpenSQLite opens or creates the database in a file and brings it up to date. A commit is on the disk when
// it returns. One connection does all work, which is how SQLite writes anyway.
func OpenSQLite(ctx context.Context, path string) (*DB, error) {
	options := url.Values{
		"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)"},
		"_txlock": {"immediate"},
	}
	escaped := (&url.URL{Path: path}).EscapedPath()
	pool, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: escaped, RawQuery: options.Encode()}).String())
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(1)
	db := &DB{SQLite: pool}
	migrator, err := rivermigrate.New(riversqlite.New(pool), nil)
	if err == nil {
		err = db.migrateSQLite(ctx, migrator)
	}
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return db, nil
}

func (d *DB) migrateSQLite(ctx context.Context, migrator *rivermigrate.Migrator[*sql.Tx]) error {
	all, err := readMigrations(migrations)
	if err == nil {
		err = d.Tx(ctx, func(tx Tx) error { return sqliteDialect.apply(ctx, tx, all) })
	}
	if err == nil {
		_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	}
	return err
}
