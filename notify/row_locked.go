package notify

import (
	"context"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

// A transaction of the program's own may hold the rows of leads and persons for as long as it likes. Rounds pass them over:
// what was not had is either gone, or somebody else has it.

var (
	leadsThere = sqldb.NewStatement("leads that are held", `SELECT f.id
		FROM {id text} CROSS JOIN notify_firings f WHERE f.id = v.id`)

	personsThere = sqldb.NewStatement("persons that are held", `SELECT i.app_id, i.open_id
		FROM {app_id text, open_id text} CROSS JOIN notify_identities i
		WHERE i.app_id = v.app_id AND i.open_id = v.open_id`)
)

// lockedLeads returns which of the leads that a round did not get are there: somebody else holds them.
func lockedLeads(ctx context.Context, tx sqldb.Tx, hands []*hand, got []*leadRow) (map[string]bool, error) {
	missing := make(map[string]bool, len(hands))
	for _, h := range hands {
		missing[h.id] = true
	}
	for _, l := range got {
		delete(missing, l.id)
	}
	var t sqldb.Table
	for id := range missing {
		t.Add(id)
	}
	locked := map[string]bool{}
	if t.Len() == 0 {
		return locked, nil
	}
	_, err := tx.Run(ctx, func(rows sqldb.Rows) error {
		var id string
		err := rows.Scan(&id)
		locked[id] = true
		return err
	}, leadsThere, &t)
	return locked, err
}

// lockedPersons is lockedLeads for persons.
func lockedPersons(
	ctx context.Context, tx sqldb.Tx, persons []person, got map[person]following,
) (map[person]bool, error) {
	var t sqldb.Table
	for _, p := range persons {
		if _, ok := got[p]; !ok {
			t.Add(p.appID, p.openID)
		}
	}
	locked := map[person]bool{}
	if t.Len() == 0 {
		return locked, nil
	}
	_, err := tx.Run(ctx, func(rows sqldb.Rows) error {
		var p person
		err := rows.Scan(&p.appID, &p.openID)
		locked[p] = true
		return err
	}, personsThere, &t)
	return locked, err
}
