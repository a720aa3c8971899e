package notify

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

// Tx plans in a transaction of the program's own, so that a contract and its reminders are committed together, or rolled
// back together. [Notifier.InPgxTx] and [Notifier.InTx] make one; it ends with the transaction, whose rules it shares:
// one goroutine at a time, no use after Commit or Rollback, which stay with the program.
//
// Nothing is sent before the commit, and no process has to be told of it: each looks at what is planned every
// [Config.Poll], and what was committed late is found as what was planned in time.
//
// A check fails with an [errcode.FieldError] before anything was written: the transaction goes on. That of the field "tx"
// says that the transaction is not on the Database of the Notifier. After any other error roll back, and do all of it
// again where the database broke the transaction off for another one's sake (PostgreSQL's 40001 and 40P01, SQLite's
// SQLITE_BUSY): only the program knows what else was in it.
//
// Keep it short. Until its end PostgreSQL holds the rows of the reminders and identities it wrote; their leads are passed
// over meanwhile. On SQLite it holds the file, for all writers.
type Tx struct {
	n      *Notifier
	join   func(context.Context) (sqldb.Tx, error)
	joined sqldb.Tx
}

// InPgxTx plans in a transaction of pgx on the PostgreSQL database of the Notifier, by whatever pool, connection, role
// and search_path:
//
//	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
//		if err := insertContract(ctx, tx, contract); err != nil {
//			return err
//		}
//		return n.InPgxTx(tx).Plan(ctx, reminderOf(contract))
//	})
//
// The role needs the rights that the package comment names. Any isolation level will do.
func (n *Notifier) InPgxTx(tx pgx.Tx) *Tx {
	return &Tx{n: n, join: func(ctx context.Context) (sqldb.Tx, error) { return n.db.JoinPgx(ctx, tx) }}
}

// InTx is InPgxTx for database/sql, with any driver: on PostgreSQL for instance that of pgx/stdlib.
//
// On SQLite the program's tables stand in the ledger's file, which the program opens too, as modernc.org/sqlite does:
//
//	db, err := notify.OpenSQLite(ctx, "app.db")
//	own, err := sql.Open("sqlite", "file:app.db?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=synchronous(FULL)")
//
// These settings matter: with _txlock=immediate a transaction that begins with a SELECT does not fail at its first write
// (SQLITE_BUSY), and synchronous is set by each connection for its own commits. The file must be the main database of the
// connection: as one that is attached to another it is refused, for SQLite does not commit two files in WAL mode at once.
// The Notifier's own methods, such as [Notifier.Plan], wait for the end of the transaction: inside it use those of Tx. A
// Database in memory has one connection, which nobody shares. A program must not open the file by two different builds of
// SQLite: the locks of a file belong to the process.
func (n *Notifier) InTx(tx *sql.Tx) *Tx {
	return &Tx{n: n, join: func(ctx context.Context) (sqldb.Tx, error) { return n.db.Join(ctx, tx) }}
}

// Plan is [Notifier.Plan] in the transaction.
func (t *Tx) Plan(ctx context.Context, r *Reminder) error { return t.PlanAll(ctx, []*Reminder{r}) }

// PlanAll is [Notifier.PlanAll] in the transaction: all are planned, or none is. Two transactions that plan the same Keys
// should do it in one call, which locks them in one order.
func (t *Tx) PlanAll(ctx context.Context, reminders []*Reminder) error {
	now := t.n.cfg.Now()
	plans, err := t.n.prepareAll(reminders, now)
	if err != nil {
		return err
	}
	slices.SortFunc(plans, func(a, b plan) int { return strings.Compare(a.reminder.Key, b.reminder.Key) })
	return t.run(ctx, "plan", func(tx sqldb.Tx) error {
		for batch := range slices.Chunk(plans, planBatch) {
			if err := store(ctx, tx, t.n.db, batch, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// Cancel is [Notifier.Cancel] in the transaction.
func (t *Tx) Cancel(ctx context.Context, key string) (found bool, err error) {
	if err := checkText("key", key); err != nil {
		return false, err
	}
	err = t.run(ctx, "cancel", func(tx sqldb.Tx) error {
		found, err = t.n.cancel(ctx, tx, key)
		return err
	})
	return found && err == nil, err
}

// Renew is [Notifier.Renew] in the transaction, as when a contract is renewed in it.
func (t *Tx) Renew(ctx context.Context, key string, due time.Time) (holds time.Time, moved bool, err error) {
	return t.n.renew(ctx, t.run, key, due)
}

// Acknowledge is [Notifier.Acknowledge] in the transaction.
func (t *Tx) Acknowledge(ctx context.Context, key string) (found bool, err error) {
	return t.n.acknowledge(ctx, t.run, key)
}

// Snooze is [Notifier.Snooze] in the transaction.
func (t *Tx) Snooze(ctx context.Context, key string, until time.Time) (found bool, err error) {
	return t.n.snooze(ctx, t.run, key, until)
}

// Link is [Ledger.Link] in the transaction.
func (t *Tx) Link(ctx context.Context, id Identity) error {
	if err := id.check(); err != nil {
		return err
	}
	return t.run(ctx, "link", func(tx sqldb.Tx) error { return t.n.ledger.link(ctx, tx, id) })
}

// run runs fn in the transaction, which is looked at first.
func (t *Tx) run(ctx context.Context, what string, fn func(sqldb.Tx) error) (err error) {
	if t.joined == nil {
		t.joined, err = t.join(ctx)
	}
	if other, ok := errors.AsType[sqldb.OtherDatabase](err); ok {
		t.joined = nil
		return fieldError("tx", string(other))
	}
	if err == nil {
		err = fn(t.joined)
	} else {
		t.joined = nil
	}
	if err != nil {
		return fmt.Errorf("notify: %s in a transaction: %w", what, err)
	}
	return nil
}
