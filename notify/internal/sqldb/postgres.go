package sqldb

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// fewestConns is the size of the pool on small machines, where pgx has four: a worker waits for the disk most
// of the time it holds one.
const fewestConns = 12

const (
	// lockID names the advisory lock of the migrations. It is held by transactions only: a lock of a session
	// outlives its client where a pooler keeps the connection.
	lockID = 5_720_130_461_003
	// lockWait bounds the wait for it, and for the tables that a migration changes.
	lockWait = time.Minute
)

// OpenPostgres connects to a PostgreSQL database and brings it up to date. Any number of processes may do
// so at the same time.
func OpenPostgres(ctx context.Context, dsn string) (*DB, error) {
	s, err := parseDSN(dsn)
	if err != nil {
		return nil, err
	}
	if err := s.findPooler(ctx); err != nil {
		return nil, Explain(err)
	}
	pool, err := pgxpool.NewWithConfig(ctx, s.pool)
	if err != nil {
		return nil, Explain(err)
	}
	db := &DB{Postgres: pool, Engine: s.engine, PollOnly: s.pollOnly, lockWait: lockWait}
	if err := db.prepare(ctx); err != nil {
		pool.Close()
		return nil, Explain(err)
	}
	return db, nil
}

// prepare finds the tables, or makes them.
func (d *DB) prepare(ctx context.Context) error {
	if err := d.locate(ctx); err != nil {
		return err
	}
	all, err := readMigrations(migrations)
	if err != nil {
		return err
	}
	migrator, err := rivermigrate.New(riverpgxv5.New(d.Postgres), &rivermigrate.Config{Schema: d.Engine})
	if err != nil {
		return err
	}
	if err := d.migrateLedger(ctx, all); err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	if err := d.migrateEngine(ctx, migrator); err != nil {
		return fmt.Errorf("migrations: schema %s: %w", d.Engine, err)
	}
	if err := d.inherit(ctx); err != nil {
		return fmt.Errorf("jobs of an earlier build: %w", err)
	}
	return nil
}

// locate finds the schema of the ledger: the first of the search_path that has its tables, or that may get them.
// From then on the search_path does not matter: behind a pooler it may be another client's.
func (d *DB) locate(ctx context.Context) error {
	var schema *string
	err := d.Postgres.QueryRow(ctx, `SELECT COALESCE((SELECT n.nspname::text
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.oid = to_regclass('notify_versions')), current_schema()::text)`).Scan(&schema)
	if err != nil {
		return err
	}
	if schema == nil {
		return errors.New("search_path: none of its schemas exists")
	}
	d.ledger = *schema
	if d.Engine == "" {
		d.Engine = engineSchema(d.ledger)
	}
	return nil
}

// migrateLedger brings the ledger's tables up to date. What is up to date is not locked.
func (d *DB) migrateLedger(ctx context.Context, all []migration) error {
	var list []migration
	err := d.change(ctx, false, func(_ pgx.Tx, tx Tx) (err error) {
		list, err = postgresDialect.pending(ctx, tx, all)
		return err
	})
	if err != nil || len(list) == 0 {
		return err
	}
	return d.change(ctx, true, func(_ pgx.Tx, tx Tx) error { return postgresDialect.apply(ctx, tx, all) })
}

// migrateEngine brings River's tables up to date, in its schema. Each step is a transaction, for some need what
// another has committed.
func (d *DB) migrateEngine(ctx context.Context, migrator *rivermigrate.Migrator[pgx.Tx]) error {
	done, err := migrator.ExistingVersions(ctx)
	if err != nil {
		return err
	}
	for len(done) < len(migrator.AllVersions()) {
		err := d.change(ctx, true, func(tx pgx.Tx, _ Tx) error {
			if err := createSchema(ctx, tx, d.Engine); err != nil {
				return err
			}
			one := &rivermigrate.MigrateOpts{MaxSteps: 1}
			//nolint:staticcheck // deprecated because some steps must not share a transaction: this runs one in each
			_, err := migrator.MigrateTx(ctx, tx, rivermigrate.DirectionUp, one)
			if err == nil {
				done, err = migrator.ExistingVersionsTx(ctx, tx)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// createSchema makes a schema unless it is there: IF NOT EXISTS alone asks for the right to create it. Its look at
// a table of the system has PostgreSQL see what others did while this process waited, which River's to_regclass
// alone does not.
func createSchema(ctx context.Context, tx pgx.Tx, name string) error {
	var there bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1)`, name).Scan(&there)
	if err != nil || there {
		return err
	}
	_, err = tx.Exec(ctx, `CREATE SCHEMA `+pgx.Identifier{name}.Sanitize())
	if hasCode(err, insufficientPrivilege) {
		return fmt.Errorf("%w; have an owner of the database run CREATE SCHEMA %s AUTHORIZATION this role, "+
			"or name another by %s in the DSN", err, name, engineParameter)
	}
	return err
}

// change runs a transaction that looks at the tables or makes them, in the ledger's schema.
func (d *DB) change(ctx context.Context, lock bool, fn func(pgx.Tx, Tx) error) error {
	// Whoever has waited for the lock has to see what the one before it did.
	options := pgx.TxOptions{IsoLevel: pgx.ReadCommitted}
	return pgx.BeginTxFunc(ctx, d.Postgres, options, func(tx pgx.Tx) error {
		schema := pgx.Identifier{d.ledger}.Sanitize()
		if _, err := tx.Exec(ctx, `SET LOCAL search_path TO `+schema); err != nil {
			return err
		}
		if lock {
			_, err := tx.Exec(ctx, fmt.Sprintf(`SET LOCAL lock_timeout = '%dms'`, d.lockWait.Milliseconds()))
			if err == nil {
				_, err = tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(lockID))
			}
			if err != nil {
				return d.locked(err)
			}
		}
		return d.locked(fn(tx, pgTx{tx: tx}))
	})
}

// locked adds to an error that it was a lock that did not come, and who to look for.
func (d *DB) locked(err error) error {
	if !hasCode(err, lockNotAvailable) {
		return err
	}
	return fmt.Errorf("%w: somebody else has held a lock for %v, and pg_locks shows who", err, d.lockWait)
}

// inherited are the jobs of earlier builds that nobody has begun. What was begun is taken up when its lease ends.
const inherited = `kind = 'notify_fire' AND queue = 'notify'
	AND state IN ('available', 'pending', 'retryable', 'scheduled')`

// inherit takes over what earlier builds had left in the queue that stood among the program's tables, whose it
// may be today.
func (d *DB) inherit(ctx context.Context) error {
	old := pgx.Identifier{d.ledger, "river_job"}.Sanitize()
	if d.ledger == d.Engine {
		return nil
	}
	return d.change(ctx, false, func(pg pgx.Tx, tx Tx) error {
		var mine bool
		err := tx.QueryRow(ctx, `SELECT COALESCE(has_table_privilege(c, 'SELECT') AND has_table_privilege(c, 'UPDATE')
			AND has_table_privilege(c, 'DELETE'), FALSE) FROM (SELECT to_regclass($1)::oid AS c) t`, old).Scan(&mine)
		if err == nil && mine {
			err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM `+old+` WHERE `+inherited+`)`).Scan(&mine)
		}
		if err != nil || !mine {
			return err
		}
		_, err = pg.Exec(ctx, strings.NewReplacer("OLD", old, "NEW", pgx.Identifier{d.Engine, "river_job"}.Sanitize()).Replace(
			`WITH moved AS (DELETE FROM OLD WHERE id IN (SELECT id FROM OLD WHERE `+inherited+` FOR UPDATE SKIP LOCKED)
				RETURNING args, kind, max_attempts, queue, created_at, scheduled_at)
			INSERT INTO NEW (args, kind, max_attempts, queue, created_at, scheduled_at)
			SELECT args, kind, max_attempts, queue, created_at, scheduled_at FROM moved`))
		return err
	})
}
