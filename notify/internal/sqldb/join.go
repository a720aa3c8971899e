package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"os"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
)

// OtherDatabase is why a transaction of the program's own is none on this database.
type OtherDatabase string

func (e OtherDatabase) Error() string { return string(e) }

// Why a transaction is refused.
const (
	isNil        = OtherDatabase("nil")
	wantPostgres = OtherDatabase("a transaction of pgx, and the Database is SQLite")
	isSQLite     = OtherDatabase("a transaction of SQLite, and the Database is PostgreSQL")
	isPostgres   = OtherDatabase("a transaction of PostgreSQL, and the Database is SQLite")
	otherLedger  = OtherDatabase("of another database than the Database")
	otherFile    = OtherDatabase("the main database of its connection is another file than that of the Database")
	inMemoryFile = OtherDatabase("no other connection reaches a Database in memory")
)

// JoinPgx has statements of the ledger run in a transaction of the program's own.
func (d *DB) JoinPgx(ctx context.Context, tx pgx.Tx) (Tx, error) {
	switch {
	case tx == nil:
		return nil, isNil
	case d.Postgres == nil:
		return nil, wantPostgres
	}
	t := pgTx{tx, d.ledger}
	return t, d.sameLedger(ctx, t)
}

// Join is JoinPgx for database/sql: SQLite, or PostgreSQL by any driver.
func (d *DB) Join(ctx context.Context, tx *sql.Tx) (Tx, error) {
	switch {
	case tx == nil:
		return nil, isNil
	case d.Postgres == nil:
		return sqliteTx{tx}, d.sameFile(ctx, tx)
	}
	t := stdTx{sqliteTx{tx}, d.ledger}
	return t, d.sameLedger(ctx, t)
}

// sameFile refuses a connection whose main database is not the ledger's file. In a file that is attached to another the
// tables would be found too, and a crash may keep one half of the commit: SQLite commits several files in WAL mode one
// after the other.
func (d *DB) sameFile(ctx context.Context, tx *sql.Tx) error {
	var path string
	err := tx.QueryRowContext(ctx, `SELECT file FROM pragma_database_list WHERE name = 'main'`).Scan(&path)
	if _, postgres := errors.AsType[*pgconn.PgError](err); postgres {
		return isPostgres
	}
	if err != nil {
		return err
	}
	if d.file.path == inMemory {
		return inMemoryFile
	}
	own, err := os.Stat(d.file.path)
	if err != nil {
		return err
	}
	if its, err := os.Stat(path); err != nil || !os.SameFile(own, its) {
		return otherFile // also one that cannot be found
	}
	return nil
}

// origin tells one ledger from another: two servers that were set up alike may number their tables alike.
type origin struct {
	table int64  // PostgreSQL's number of the table of versions
	made  string // when that was made
}

// sameLedger refuses a transaction on another database, without a statement that would break it off.
func (d *DB) sameLedger(ctx context.Context, tx Tx) error {
	own, err := d.ownOrigin(ctx)
	if err != nil {
		return err
	}
	var its origin
	its.table, err = d.versionsTable(ctx, tx)
	if _, lite := errors.AsType[*sqlite.Error](err); lite {
		return isSQLite
	}
	if err == nil && its.table == own.table {
		its.made, err = madeAt(ctx, tx)
	}
	if err == nil && its != own {
		return otherLedger
	}
	return err
}

func (d *DB) ownOrigin(ctx context.Context) (origin, error) {
	if known := d.origin.Load(); known != nil {
		return *known, nil
	}
	var o origin
	err := d.Tx(ctx, func(tx Tx) (err error) {
		if o.table, err = d.versionsTable(ctx, tx); err == nil {
			o.made, err = madeAt(ctx, tx)
		}
		return err
	})
	if err == nil {
		d.origin.Store(&o)
	}
	return o, err
}

// versionsTable returns the number of the table of versions, 0 if there is none.
func (d *DB) versionsTable(ctx context.Context, tx Tx) (oid int64, err error) {
	err = tx.QueryRow(ctx, `SELECT COALESCE(to_regclass($1)::oid::bigint, 0)`,
		pgx.Identifier{d.ledger, "notify_versions"}.Sanitize()).Scan(&oid)
	return oid, err
}

func madeAt(ctx context.Context, tx Tx) (text string, err error) {
	err = tx.QueryRow(ctx, `SELECT COALESCE(MIN(tstamp)::text, '') FROM notify_versions`).Scan(&text)
	return text, err
}

// stdTx is a transaction on PostgreSQL as database/sql has it.
type stdTx struct {
	sqliteTx
	schema string
}

func (t stdTx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	return t.sqliteTx.Exec(ctx, qualify(query, t.schema), args...)
}

func (t stdTx) QueryRow(ctx context.Context, query string, args ...any) Row {
	return t.sqliteTx.QueryRow(ctx, qualify(query, t.schema), args...)
}

func (t stdTx) Query(ctx context.Context, scan func(Rows) error, query string, args ...any) error {
	return t.sqliteTx.Query(ctx, scan, qualify(query, t.schema), args...)
}

// Run implements [Tx].
func (t stdTx) Run(
	ctx context.Context, scan func(Rows) error, s *Statement, table *Table, args ...any,
) (changed int64, err error) {
	if s.columns > 0 {
		args = append(args, table.json())
	}
	if scan == nil {
		changed, err = t.Exec(ctx, s.standard, args...)
	} else {
		err = t.Query(ctx, scan, s.standard, args...)
	}
	return changed, s.named(err)
}
