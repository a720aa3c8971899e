// Package sqldb opens the database of a ledger, SQLite or PostgreSQL, behind one small interface, so that
// one SQL text serves both: parameters as $1, $2 in the order of their first use, times as BIGINT.
package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Rows is a result that is read row by row.
type Rows interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
}

// Row is a result of one row. Scan returns [sql.ErrNoRows] where there is none.
type Row interface {
	Scan(dest ...any) error
}

// Tx is a transaction.
type Tx interface {
	Exec(ctx context.Context, query string, args ...any) (changed int64, err error)
	QueryRow(ctx context.Context, query string, args ...any) Row
	// Query reads all rows with scan before it returns, so that the next statement finds the connection free.
	Query(ctx context.Context, scan func(Rows) error, query string, args ...any) error
	// ByIndex has the planner of PostgreSQL look up the rows of tables one by one until tx ends, however little it knows
	// of the tables: without statistics it takes a look at all of a table for cheaper. It compiles no query meanwhile, which
	// takes longer than these queries do: what it has no other way for counts as dear enough.
	ByIndex(ctx context.Context) error
	// Run runs a statement for the rows of a table. scan is nil where it returns none.
	Run(ctx context.Context, scan func(Rows) error, s *Statement, t *Table, args ...any) (changed int64, err error)
}

// DB is an open database. Exactly one of SQLite and Postgres is set.
type DB struct {
	SQLite   *sql.DB
	Postgres *pgxpool.Pool
	// Engine is the schema of the queue's tables, which the program's own River has nothing to do with.
	Engine string
	// PollOnly tells that notifications do not arrive, because a pooler stands between.
	PollOnly bool
	ledger   string        // PostgreSQL's schema of all other tables
	lockWait time.Duration // of migrations
	file     *file         // of SQLite
	origin   atomic.Pointer[origin]
}

// ErrNoRows is what [Row] returns for an empty result.
var ErrNoRows = sql.ErrNoRows

// Close closes all connections.
func (d *DB) Close() error {
	if d.Postgres != nil {
		d.Postgres.Close()
		return nil
	}
	return d.SQLite.Close()
}

// Lock adds the clause that keeps the selected rows for this transaction. On SQLite a transaction has the
// whole database.
func (d *DB) Lock(query string) string {
	if d.Postgres != nil {
		return query + " FOR UPDATE"
	}
	return query
}

// Tx runs fn in a transaction: committed if fn returns nil, else rolled back. It runs fn again if
// PostgreSQL broke the transaction off for another one's sake, so fn has no effects beside it.
func (d *DB) Tx(ctx context.Context, fn func(Tx) error) error {
	if d.Postgres == nil {
		return d.sqliteTx(ctx, fn)
	}
	for tries := 1; ; tries++ {
		err := pgx.BeginFunc(ctx, d.Postgres, func(tx pgx.Tx) error { return fn(pgTx{tx, d.ledger}) })
		if err == nil || tries == 10 || !conflict(err) {
			return Explain(err)
		}
	}
}

func (d *DB) sqliteTx(ctx context.Context, fn func(Tx) error) (err error) {
	tx, err := d.SQLite.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if p := recover(); p != nil {
			_ = tx.Rollback()
			panic(p)
		}
	}()
	if err := fn(sqliteTx{tx}); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	return tx.Commit()
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

type sqliteTx struct{ tx *sql.Tx }

// SQLTx returns the transaction as database/sql has it.
func SQLTx(tx Tx) *sql.Tx { return tx.(sqliteTx).tx }

func (t sqliteTx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := t.tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (t sqliteTx) QueryRow(ctx context.Context, query string, args ...any) Row {
	return t.tx.QueryRowContext(ctx, query, args...)
}

func (t sqliteTx) Query(ctx context.Context, scan func(Rows) error, query string, args ...any) error {
	rows, err := t.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	return each(rows, scan)
}

// Run implements [Tx].
func (t sqliteTx) Run(
	ctx context.Context, scan func(Rows) error, s *Statement, table *Table, args ...any,
) (changed int64, err error) {
	if s.columns > 0 {
		args = append(args, table.json())
	}
	if scan == nil {
		changed, err = t.Exec(ctx, s.sqlite, args...)
	} else {
		err = t.Query(ctx, scan, s.sqlite, args...)
	}
	return changed, s.named(err)
}

// ByIndex implements [Tx].
func (t sqliteTx) ByIndex(context.Context) error { return nil }

// named adds which statement failed.
func (s *Statement) named(err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", s.Name, err)
	}
	return nil
}

type pgTx struct {
	tx     pgx.Tx
	schema string // of the ledger; "" leaves the names as they are
}

// PgxTx returns the transaction as pgx has it.
func PgxTx(tx Tx) pgx.Tx { return tx.(pgTx).tx }

func (t pgTx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	tag, err := t.tx.Exec(ctx, qualify(query, t.schema), args...)
	return tag.RowsAffected(), err
}

func (t pgTx) QueryRow(ctx context.Context, query string, args ...any) Row {
	return t.tx.QueryRow(ctx, qualify(query, t.schema), args...)
}

func (t pgTx) Query(ctx context.Context, scan func(Rows) error, query string, args ...any) error {
	rows, err := t.tx.Query(ctx, qualify(query, t.schema), args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	return each(rows, scan)
}

// Run implements [Tx].
func (t pgTx) Run(
	ctx context.Context, scan func(Rows) error, s *Statement, table *Table, args ...any,
) (changed int64, err error) {
	if s.columns > 0 {
		args = append(args, table.arrays()...)
	}
	if scan == nil {
		changed, err = t.Exec(ctx, s.postgres, args...)
	} else {
		err = t.Query(ctx, scan, s.postgres, args...)
	}
	return changed, s.named(err)
}

// ByIndex implements [Tx].
func (t pgTx) ByIndex(ctx context.Context) error {
	_, err := t.tx.Exec(ctx, `SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
		set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true)`)
	return err
}

// tablePrefix begins the names of all tables of the ledger, and nothing else in its queries.
const tablePrefix = "notify_"

// qualify puts the schema before the tables of the ledger, so that the search_path does not matter.
func qualify(query, schema string) string {
	if schema == "" {
		return query
	}
	schema = pgx.Identifier{schema}.Sanitize() + "."
	var b strings.Builder
	for {
		before, after, found := strings.Cut(query, tablePrefix)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		if last := len(before) - 1; last < 0 || strings.IndexByte(" \t\n(,", before[last]) >= 0 {
			b.WriteString(schema)
		}
		b.WriteString(tablePrefix)
		query = after
	}
}

func each(rows Rows, scan func(Rows) error) error {
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
