package sqldb

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Changes of leads are written by triggers: in the same transaction, whoever makes it, an earlier build and a transaction of
// the program's own included, and at no cost as long as there are none.

const changeColumns = `(reader, at, firing_id, reminder_id, user_id, due, lead, was, state, door, reason)`

// The clock of the database in milliseconds, as each writes it. That of SQLite need not be the one of [DB.Now], which a test
// may turn.
const (
	sqliteNow   = `CAST(ROUND((julianday('now') - 2440587.5) * 86400000) AS INTEGER)`
	postgresNow = `(extract(epoch FROM clock_timestamp()) * 1000)::bigint`
)

// ChangeTime is an expression for the time that changes get now.
func (d *DB) ChangeTime() string {
	if d.Postgres != nil {
		return postgresNow
	}
	return sqliteNow
}

const sqliteChange = ` BEGIN
	INSERT INTO notify_changes ` + changeColumns + `
	SELECT r.name, ` + sqliteNow + `, NEW.id, NEW.reminder_id, NEW.user_id,
		NEW.due, NEW.lead, {was}, NEW.state, NEW.door, NEW.reason
	FROM notify_readers r WHERE r.states = '' OR INSTR(r.states, '|' || NEW.state || '|') > 0;
END`

// One statement changes each lead once, so that a lead's changes are in order. What [Tx.ByIndex] has set does not hold in
// here: a look at the few readers would count as so dear that PostgreSQL compiles it each time, for half a second.
const postgresChange = `CREATE OR REPLACE FUNCTION {schema}.{name}() RETURNS trigger LANGUAGE plpgsql
	SET enable_seqscan TO on SET enable_hashjoin TO on SET enable_mergejoin TO on SET jit TO off AS $$ BEGIN
	INSERT INTO {schema}.notify_changes ` + changeColumns + `
	SELECT r.name, ` + postgresNow + `, n.id, n.reminder_id, n.user_id, n.due, n.lead,
		{was}, n.state, n.door, n.reason
	FROM {from} CROSS JOIN {schema}.notify_readers r
	WHERE {changed} AND (r.states = '' OR strpos(r.states, '|' || n.state || '|') > 0);
	RETURN NULL;
END $$`

// The names of the triggers, and on PostgreSQL of their functions.
const (
	onInsert = "notify_changes_insert"
	onUpdate = "notify_changes_update"
)

// TellChanges has changes of leads written, unless they are. It waits for a KeepChanges that may not have seen the reader,
// so it comes after the reader was stored.
func (d *DB) TellChanges(ctx context.Context) error {
	if d.Postgres == nil {
		return d.Tx(ctx, func(tx Tx) error {
			return execAll(ctx, tx,
				`CREATE TRIGGER IF NOT EXISTS `+onInsert+` AFTER INSERT ON notify_firings`+
					strings.ReplaceAll(sqliteChange, "{was}", "''"),
				`CREATE TRIGGER IF NOT EXISTS `+onUpdate+` AFTER UPDATE OF state ON notify_firings
					WHEN OLD.state <> NEW.state`+strings.ReplaceAll(sqliteChange, "{was}", "OLD.state"))
		})
	}
	schema := pgx.Identifier{d.ledger}.Sanitize()
	write := func(name, was, from, changed string) string {
		return strings.NewReplacer("{schema}", schema, "{name}", name, "{was}", was, "{from}", from, "{changed}", changed).
			Replace(postgresChange)
	}
	err := d.change(ctx, true, func(_ pgx.Tx, tx Tx) error {
		var count int64
		err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM pg_trigger WHERE tgrelid = to_regclass($1) AND tgname IN ($2, $3)`,
			schema+".notify_firings", onInsert, onUpdate).Scan(&count)
		if err != nil || count == 2 {
			return err
		}
		return execAll(ctx, tx,
			write(onInsert, "''", "new_rows n", "TRUE"),
			write(onUpdate, "o.state", "new_rows n JOIN old_rows o ON o.id = n.id", "o.state <> n.state"),
			`DROP TRIGGER IF EXISTS `+onInsert+` ON notify_firings`,
			`DROP TRIGGER IF EXISTS `+onUpdate+` ON notify_firings`,
			`CREATE TRIGGER `+onInsert+` AFTER INSERT ON notify_firings REFERENCING NEW TABLE AS new_rows
				FOR EACH STATEMENT EXECUTE FUNCTION `+schema+`.`+onInsert+`()`,
			`CREATE TRIGGER `+onUpdate+` AFTER UPDATE ON notify_firings REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
				FOR EACH STATEMENT EXECUTE FUNCTION `+schema+`.`+onUpdate+`()`)
	})
	if hasCode(err, insufficientPrivilege) {
		return fmt.Errorf("%w; have the owner of the tables make the first reader", err)
	}
	return err
}

// KeepChanges has changes of leads written no more, if there is no reader. A role that may not drop the triggers leaves
// them: they find no reader then.
func (d *DB) KeepChanges(ctx context.Context) error {
	drop := func(suffix string) func(pgx.Tx, Tx) error {
		return func(_ pgx.Tx, tx Tx) error {
			var readers int64
			err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM notify_readers`).Scan(&readers)
			if err != nil || readers > 0 {
				return err
			}
			return execAll(ctx, tx, `DROP TRIGGER IF EXISTS `+onInsert+suffix, `DROP TRIGGER IF EXISTS `+onUpdate+suffix)
		}
	}
	if d.Postgres == nil {
		return d.Tx(ctx, func(tx Tx) error { return drop("")(nil, tx) })
	}
	err := d.change(ctx, true, drop(" ON notify_firings"))
	if hasCode(err, insufficientPrivilege) {
		return nil
	}
	return err
}

func execAll(ctx context.Context, tx Tx, statements ...string) error {
	for _, s := range statements {
		if _, err := tx.Exec(ctx, s); err != nil {
			return err
		}
	}
	return nil
}
