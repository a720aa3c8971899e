package notify

import (
	"context"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

// What pruning reads and writes. Rows are locked in the order of everybody else: persons before what is known of them,
// reminders before their leads. What others hold is passed over, and met again by the next walk.

// place is how far a walk through a table has come: a row by its time and id, or by two names.
type place struct {
	at   int64
	a, b string
}

// claimTask takes a task that is to be done now, unless somebody else is at it.
var claimTask = sqldb.NewStatement("a task of upkeep", `SELECT u.at, u.a, u.b FROM notify_upkeep u
	WHERE u.task = $1 AND u.next_at <= $2 FOR UPDATE OF u /*skip*/`)

func claim(ctx context.Context, tx sqldb.Tx, task string, now int64) (p place, ok bool, err error) {
	_, err = tx.Run(ctx, func(rows sqldb.Rows) error {
		ok = true
		return rows.Scan(&p.at, &p.a, &p.b)
	}, claimTask, nil, task, now)
	return p, ok, err
}

func saveTask(ctx context.Context, tx sqldb.Tx, task string, p place, nextAt int64) error {
	_, err := tx.Exec(ctx, `UPDATE notify_upkeep SET at = $1, a = $2, b = $3, next_at = $4 WHERE task = $5`,
		p.at, p.a, p.b, nextAt, task)
	return err
}

var (
	nextPersons = sqldb.NewStatement("persons in their order", `SELECT i.app_id, i.open_id FROM notify_identities i
		WHERE (i.app_id, i.open_id) > ($1, $2) ORDER BY i.app_id, i.open_id LIMIT $3`)

	holdOldPersons = sqldb.NewStatement("persons with old rows", `SELECT i.app_id, i.open_id
		FROM {app_id text, open_id text} CROSS JOIN notify_identities i
		WHERE i.app_id = v.app_id AND i.open_id = v.open_id AND (
			EXISTS (SELECT 1 FROM notify_facts f WHERE f.app_id = i.app_id AND f.open_id = i.open_id AND f.at <= $1)
			OR EXISTS (SELECT 1 FROM notify_receipts r WHERE r.app_id = i.app_id AND r.open_id = i.open_id AND r.at <= $1)
			OR EXISTS (SELECT 1 FROM notify_intents n WHERE n.app_id = i.app_id AND n.open_id = i.open_id
				AND n.uses <> '' AND n.started_at <= $1))
		ORDER BY v.ord FOR UPDATE OF i /*skip*/`)

	// As loadRecords reads it, with the names of the rows, and the messages whose review may still end badly.
	loadPast = sqldb.NewStatement("all that is known of persons", `WITH p AS MATERIALIZED (
			SELECT v.n, v.app_id, v.open_id FROM {n bigint, app_id text, open_id text})
		SELECT p.n, 1 AS source, f.kind, f.topic, f.at, f.ref, 0 AS msg_id, '' AS firing_id, 0 AS seq
			FROM p CROSS JOIN notify_facts f WHERE f.app_id = p.app_id AND f.open_id = p.open_id
		UNION ALL SELECT p.n, CASE WHEN i.state = 'sending' THEN 4 WHEN i.uses = '' THEN 5 ELSE 2 END, i.uses, i.template_id,
			i.started_at, i.state, i.msg_id, i.firing_id, i.seq
			FROM p CROSS JOIN notify_intents i
			WHERE i.app_id = p.app_id AND i.open_id = p.open_id AND (i.uses <> '' OR i.state IN ('sending', 'accepted'))
		UNION ALL SELECT p.n, 3, '', r.template_id, r.at, '', r.msg_id, '', 0 FROM p CROSS JOIN notify_receipts r
			WHERE r.app_id = p.app_id AND r.open_id = p.open_id
		ORDER BY 5, 2, 3, 4, 6, 7`)

	dropOldFacts = sqldb.NewStatement("delete facts", `DELETE FROM notify_facts
		WHERE (app_id, open_id, kind, topic, at, ref) IN (SELECT v.app_id, v.open_id, v.kind, v.topic, v.at, v.ref
			FROM {app_id text, open_id text, kind text, topic text, at bigint, ref text})`)

	dropOldReceipts = sqldb.NewStatement("delete events of messages", `DELETE FROM notify_receipts
		WHERE (app_id, msg_id) IN (SELECT v.app_id, v.msg_id FROM {app_id text, msg_id bigint})`)

	// The attempt stays as long as its lead does.
	clearUses = sqldb.NewStatement("settle what was used", `UPDATE notify_intents SET uses = ''
		FROM {firing_id text, seq bigint} WHERE notify_intents.firing_id = v.firing_id AND notify_intents.seq = v.seq`)
)

// attemptName is the key of an attempt.
type attemptName struct {
	firingID string
	seq      int64
}

// pastOf is all that is known of a person.
type pastOf struct {
	record

	who   person
	names []attemptName // of the uses
	held  []int64       // when messages were sent whose review may still end badly
	busy  bool          // a message is under way
}

// personsPage returns the next persons, in the order of their names.
func personsPage(ctx context.Context, tx sqldb.Tx, after place, most int) (list []person, err error) {
	_, err = tx.Run(ctx, func(rows sqldb.Rows) error {
		var p person
		err := rows.Scan(&p.appID, &p.openID)
		list = append(list, p)
		return err
	}, nextPersons, nil, after.a, after.b, int64(most))
	return list, err
}

// pasts reads and locks what is known of those persons of whom something is old.
func pasts(ctx context.Context, tx sqldb.Tx, persons []person, before int64) (list []*pastOf, err error) {
	var all, old sqldb.Table
	for _, p := range persons {
		all.Add(p.appID, p.openID)
	}
	if all.Len() == 0 {
		return nil, nil
	}
	_, err = tx.Run(ctx, func(rows sqldb.Rows) error {
		p := new(pastOf)
		err := rows.Scan(&p.who.appID, &p.who.openID)
		old.Add(int64(len(list)), p.who.appID, p.who.openID)
		list = append(list, p)
		return err
	}, holdOldPersons, &all, before)
	if err != nil || old.Len() == 0 {
		return nil, err
	}
	_, err = tx.Run(ctx, func(rows sqldb.Rows) error {
		var n, source, msgID, at int64
		var kind, topic, ref string
		var name attemptName
		if err := rows.Scan(&n, &source, &kind, &topic, &at, &ref, &msgID, &name.firingID, &name.seq); err != nil {
			return err
		}
		p := list[n]
		switch p.busy = p.busy || source == 4; {
		case source == 5, source == 2 && State(ref) == Accepted:
			p.held = append(p.held, at)
		}
		before := len(p.uses)
		p.add(source, kind, topic, at, ref, msgID)
		if len(p.uses) > before {
			p.names = append(p.names, name)
		}
		return nil
	}, loadPast, &old)
	return list, err
}

// dropOutlived deletes what counts for nothing any more.
func dropOutlived(ctx context.Context, tx sqldb.Tx, list []*pastOf, olds []outlived) (p Pruned, err error) {
	var facts, receipts, uses sqldb.Table
	for n, past := range list {
		for _, i := range olds[n].facts {
			f := past.facts[i]
			facts.Add(past.who.appID, past.who.openID, f.kind, f.topic, f.at, f.ref)
		}
		for _, i := range olds[n].receipts {
			receipts.Add(past.who.appID, past.receipts[i].msgID)
		}
		for _, i := range olds[n].uses {
			uses.Add(past.names[i].firingID, past.names[i].seq)
		}
	}
	_, err = change(ctx, tx, clearUses, &uses)
	if err == nil {
		p.Facts, err = change(ctx, tx, dropOldFacts, &facts)
	}
	if err == nil {
		p.Receipts, err = change(ctx, tx, dropOldReceipts, &receipts)
	}
	return p, err
}

// change is run that tells how many rows changed.
func change(ctx context.Context, tx sqldb.Tx, s *sqldb.Statement, t *sqldb.Table) (int, error) {
	if t.Len() == 0 {
		return 0, nil
	}
	changed, err := tx.Run(ctx, nil, s, t)
	return int(changed), err
}

var (
	nextLeads = sqldb.NewStatement("leads in the order of their times", `SELECT f.id, f.fire_at, f.reminder_id, f.state,
		CASE WHEN f.due > f.meant_at THEN f.due ELSE f.meant_at END, f.settled_at, r.id IS NOT NULL
		FROM notify_firings f LEFT JOIN notify_reminders r ON r.id = f.reminder_id
		WHERE (f.fire_at, f.id) > ($1, $2) AND f.fire_at <= $3 ORDER BY f.fire_at, f.id LIMIT $4`)

	holdReminders = sqldb.NewStatement("reminders", `SELECT r.id FROM {id text} CROSS JOIN notify_reminders r
		WHERE r.id = v.id ORDER BY v.ord FOR UPDATE OF r /*skip*/`)

	// What the program plans again and again stays, so that a lead that was sent for a due time is known to have been.
	holdOldLeads = sqldb.NewStatement("old leads", `SELECT f.id FROM {id text} CROSS JOIN notify_firings f
		WHERE f.id = v.id AND f.state NOT IN ('planned', 'queued')
			AND NOT EXISTS (SELECT 1 FROM notify_intents i WHERE i.firing_id = f.id
				AND (i.state = 'sending' OR i.uses <> '' AND i.open_id <> ''))
			AND NOT EXISTS (SELECT 1 FROM notify_reminders r
				WHERE r.id = f.reminder_id AND r.due = f.due AND r.updated_at > $1)
		ORDER BY v.ord FOR UPDATE OF f /*skip*/`)

	dropIntents = sqldb.NewStatement("delete attempts", `DELETE FROM notify_intents
		WHERE firing_id IN (SELECT v.id FROM {id text})`)

	dropLeads = sqldb.NewStatement("delete leads", `DELETE FROM notify_firings WHERE id IN (SELECT v.id FROM {id text})`)

	// One that still renews stays, however long nothing could renew it.
	dropReminders = sqldb.NewStatement("delete reminders", `DELETE FROM notify_reminders
		WHERE due <= $1 AND updated_at <= $1 AND (state <> 'active' OR renew_at = 0) AND id IN (SELECT v.id FROM {id text})
			AND NOT EXISTS (SELECT 1 FROM notify_firings f WHERE f.reminder_id = notify_reminders.id)`)
)

// pastLead is a lead of which it is to be told whether it is old.
type pastLead struct {
	id, reminder string
	fireAt       int64
	state        State
	last         int64 // the later of its due time and the time that was meant
	settledAt    int64
	planned      bool // its reminder is there
}

// leadsPage returns the next leads whose time was before another.
func leadsPage(ctx context.Context, tx sqldb.Tx, after place, before int64, most int) (list []pastLead, err error) {
	_, err = tx.Run(ctx, func(rows sqldb.Rows) error {
		var l pastLead
		err := rows.Scan(&l.id, &l.fireAt, &l.reminder, &l.state, &l.last, &l.settledAt, &l.planned)
		list = append(list, l)
		return err
	}, nextLeads, nil, after.at, after.a, before, int64(most))
	return list, err
}

// dropHistory deletes leads that are old, with their attempts, and reminders of which nothing is left.
func dropHistory(ctx context.Context, tx sqldb.Tx, list []pastLead, before int64) (p Pruned, err error) {
	var keys, ids, old sqldb.Table
	asked := map[string]bool{}
	for _, l := range list {
		if l.planned && !asked[l.reminder] {
			asked[l.reminder] = true
			keys.Add(l.reminder)
		}
	}
	held, err := texts(ctx, tx, holdReminders, &keys)
	for _, l := range list {
		if held[l.reminder] || !l.planned {
			ids.Add(l.id)
		}
	}
	if err != nil || ids.Len() == 0 {
		return p, err
	}
	leads, err := texts(ctx, tx, holdOldLeads, &ids, before)
	if err != nil || len(leads) == 0 {
		return p, err
	}
	keys = sqldb.Table{}
	for _, l := range list {
		if leads[l.id] {
			old.Add(l.id)
			keys.Add(l.reminder)
		}
	}
	p.Attempts, err = change(ctx, tx, dropIntents, &old)
	if err == nil {
		p.Leads, err = change(ctx, tx, dropLeads, &old)
	}
	if err == nil {
		var changed int64
		changed, err = tx.Run(ctx, nil, dropReminders, &keys, before)
		p.Reminders = int(changed)
	}
	return p, err
}

// texts returns what a statement finds for the rows of a table.
func texts(ctx context.Context, tx sqldb.Tx, s *sqldb.Statement, t *sqldb.Table, args ...any) (map[string]bool, error) {
	found := map[string]bool{}
	if t.Len() == 0 {
		return found, nil
	}
	_, err := tx.Run(ctx, func(rows sqldb.Rows) error {
		var text string
		err := rows.Scan(&text)
		found[text] = true
		return err
	}, s, t, args...)
	return found, err
}

// dropForgotten deletes notes that somebody was forgotten, from before a time.
func dropForgotten(ctx context.Context, tx sqldb.Tx, before int64) error {
	_, err := tx.Exec(ctx, `DELETE FROM notify_forgotten WHERE at < $1`, before)
	return err
}
