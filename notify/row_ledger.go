package notify

import (
	"context"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
	"github.com/wechatkit/wechat/oauth"
)

// What the ledger reads and writes of persons, one by one: as pushes, logins and the program tell of them.

// touch makes the row of a person, or notes a sign of it. Either way tx holds the row from here on.
func (l *Ledger) touch(ctx context.Context, tx sqldb.Tx, p person, at time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO notify_identities (app_id, open_id, seen_at) VALUES ($1, $2, $3)
		ON CONFLICT (app_id, open_id) DO UPDATE SET seen_at =
			CASE WHEN excluded.seen_at > notify_identities.seen_at THEN excluded.seen_at
			ELSE notify_identities.seen_at END`, p.appID, p.openID, unix(at))
	return err
}

// touchKnown is touch for what is stored of a person only if there is a row: it tells how something ended, and of
// somebody of whom nothing is known that ends nothing. known tells whether there is one.
func (l *Ledger) touchKnown(ctx context.Context, tx sqldb.Tx, p person, at time.Time) (known bool, err error) {
	changed, err := tx.Exec(ctx, `UPDATE notify_identities SET seen_at = CASE WHEN $1 > seen_at THEN $1 ELSE seen_at END
		WHERE app_id = $2 AND open_id = $3`, unix(at), p.appID, p.openID)
	return changed == 1, err
}

// queryIdentities reads identities, of which where chooses some.
func queryIdentities(ctx context.Context, tx sqldb.Tx, where string, args ...any) (list []identity, err error) {
	err = tx.Query(ctx, func(rows sqldb.Rows) error {
		var id identity
		var sceneAt int64
		err := rows.Scan(&id.appID, &id.openID, &id.unionID, &sceneAt, &id.linkedAt, &id.follow, &id.at, &id.seenAt)
		if id.byScene = sceneAt > 0; id.byScene {
			id.linkedAt = sceneAt
		}
		list = append(list, id)
		return err
	}, `SELECT app_id, open_id, union_id, scene_at, linked_at, follow, follow_at, seen_at FROM notify_identities `+where, args...)
	return list, err
}

func identitiesOfUser(ctx context.Context, tx sqldb.Tx, user string) ([]identity, error) {
	return queryIdentities(ctx, tx, `WHERE user_id = $1`, user)
}

func identitiesOfUnion(ctx context.Context, tx sqldb.Tx, union string) ([]identity, error) {
	return queryIdentities(ctx, tx, `WHERE union_id = $1`, union)
}

func identitiesOfPerson(ctx context.Context, tx sqldb.Tx, p person) ([]identity, error) {
	return queryIdentities(ctx, tx, `WHERE app_id = $1 AND open_id = $2`, p.appID, p.openID)
}

// lock keeps other transactions from counting what is left for a person until tx ends.
func (l *Ledger) lock(ctx context.Context, tx sqldb.Tx, p person) error {
	if l.db.Postgres == nil {
		return nil // a transaction has all of SQLite
	}
	var one int64
	return tx.QueryRow(ctx, l.db.Lock(`SELECT seen_at FROM notify_identities WHERE app_id = $1 AND open_id = $2`),
		p.appID, p.openID).Scan(&one)
}

// linkPerson tells whose an OpenID is. Its time is later than that of all others of the user: clocks may stand still, or
// differ.
func linkPerson(ctx context.Context, tx sqldb.Tx, id Identity, now time.Time) error {
	var last int64
	err := tx.QueryRow(ctx, `SELECT COALESCE(MAX(linked_at), 0) FROM notify_identities WHERE user_id = $1`, id.User).Scan(&last)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE notify_identities SET user_id = $1, scene_at = 0, linked_at = $2,
		union_id = CASE WHEN $3 = '' THEN union_id ELSE $3 END WHERE app_id = $4 AND open_id = $5`,
		id.User, max(unix(now), last+1), id.UnionID, id.AppID, id.OpenID)
	return err
}

// unlinkPerson takes back that an OpenID is a user's. A scan is a guess no longer; its code stays used.
func unlinkPerson(ctx context.Context, tx sqldb.Tx, p person, user string) error {
	for _, query := range []string{
		`UPDATE notify_identities SET user_id = '', scene_at = 0, linked_at = 0`,
		`UPDATE notify_scenes SET app_id = '', open_id = ''`,
	} {
		_, err := tx.Exec(ctx, query+` WHERE app_id = $1 AND open_id = $2 AND user_id = $3`, p.appID, p.openID, user)
		if err != nil {
			return err
		}
	}
	return nil
}

func setUnion(ctx context.Context, tx sqldb.Tx, p person, union string) error {
	_, err := tx.Exec(ctx, `UPDATE notify_identities SET union_id = $1 WHERE app_id = $2 AND open_id = $3`,
		union, p.appID, p.openID)
	return err
}

// lockFollowing reads whether a person follows, and keeps it from others until tx ends.
func (l *Ledger) lockFollowing(ctx context.Context, tx sqldb.Tx, p person) (k following, err error) {
	err = tx.QueryRow(ctx, l.db.Lock(`SELECT follow, follow_at FROM notify_identities WHERE app_id = $1 AND open_id = $2`),
		p.appID, p.openID).Scan(&k.follow, &k.at)
	return k, err
}

func saveFollowing(ctx context.Context, tx sqldb.Tx, p person, k following) error {
	_, err := tx.Exec(ctx, `UPDATE notify_identities SET follow = $1, follow_at = $2 WHERE app_id = $3 AND open_id = $4`,
		int64(k.follow), k.at, p.appID, p.openID)
	return err
}

const selectDirectory = `SELECT app_id, open_id, union_id, follow, follow_at FROM notify_identities `

func directoryOfPerson(ctx context.Context, tx sqldb.Tx, p person) (id oauth.Identity, err error) {
	err = scanDirectory(tx.QueryRow(ctx, selectDirectory+`WHERE app_id = $1 AND open_id = $2`, p.appID, p.openID), &id)
	return id, err
}

func directoryOfUnion(ctx context.Context, tx sqldb.Tx, union string) (list []oauth.Identity, err error) {
	err = tx.Query(ctx, func(rows sqldb.Rows) error {
		var id oauth.Identity
		err := scanDirectory(rows, &id)
		list = append(list, id)
		return err
	}, selectDirectory+`WHERE union_id = $1`, union)
	return list, err
}

func scanDirectory(row sqldb.Row, id *oauth.Identity) error {
	var k following
	err := row.Scan(&id.AppID, &id.OpenID, &id.UnionID, &k.follow, &k.at)
	id.Follow, id.FollowSeen = k.follow.public(), fromUnix(k.seen())
	return err
}

func addFact(ctx context.Context, tx sqldb.Tx, p person, f fact) error {
	_, err := tx.Exec(ctx, `INSERT INTO notify_facts (app_id, open_id, kind, topic, at, ref)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`, p.appID, p.openID, f.kind, f.topic, f.at, cleanText(f.ref))
	return err
}

func addFacts(ctx context.Context, tx sqldb.Tx, p person, facts []fact) error {
	for _, f := range facts {
		if err := addFact(ctx, tx, p, f); err != nil {
			return err
		}
	}
	return nil
}

// hasFact reports whether something is known already, whenever it was.
func hasFact(ctx context.Context, tx sqldb.Tx, p person, f fact) (bool, error) {
	var count int64
	err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM notify_facts
		WHERE app_id = $1 AND open_id = $2 AND kind = $3 AND ref = $4`, p.appID, p.openID, f.kind, f.ref).Scan(&count)
	return count > 0, err
}

// dropTriggers deletes what opened or shut a window before a time.
func dropTriggers(ctx context.Context, tx sqldb.Tx, p person, before time.Time) error {
	_, err := tx.Exec(ctx, `DELETE FROM notify_facts WHERE app_id = $1 AND open_id = $2 AND kind IN ($3, $4) AND at < $5`,
		p.appID, p.openID, factTrigger, factShut, unix(before))
	return err
}

// scene is the row of a QR code.
type scene struct {
	user   string
	holder person // who scanned it first
	used   int64  // when
}

func makeScene(ctx context.Context, tx sqldb.Tx, name, user string) error {
	_, err := tx.Exec(ctx, `INSERT INTO notify_scenes (scene, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, name, user)
	return err
}

// lockScene reads a scene, and keeps it from others until tx ends.
func (l *Ledger) lockScene(ctx context.Context, tx sqldb.Tx, name string) (s scene, err error) {
	err = tx.QueryRow(ctx, l.db.Lock(`SELECT user_id, app_id, open_id, used_at FROM notify_scenes WHERE scene = $1`), name).
		Scan(&s.user, &s.holder.appID, &s.holder.openID, &s.used)
	return s, err
}

func saveScene(ctx context.Context, tx sqldb.Tx, name string, s scene) error {
	_, err := tx.Exec(ctx, `UPDATE notify_scenes SET user_id = $1, app_id = $2, open_id = $3, used_at = $4
		WHERE scene = $5`, s.user, s.holder.appID, s.holder.openID, s.used, name)
	return err
}

// guess takes a person for the user of the scene that the person scanned last, as long as nothing better is
// known.
func guess(ctx context.Context, tx sqldb.Tx, p person) error {
	if p.openID == "" {
		return nil
	}
	var user string
	var at int64
	err := tx.QueryRow(ctx, `SELECT user_id, used_at FROM notify_scenes WHERE app_id = $1 AND open_id = $2
		ORDER BY used_at DESC, scene LIMIT 1`, p.appID, p.openID).Scan(&user, &at)
	if ignoreNoRows(err) != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE notify_identities SET user_id = $1, scene_at = $2
		WHERE app_id = $3 AND open_id = $4 AND (user_id = '' OR scene_at > 0)`, user, at, p.appID, p.openID)
	return err
}

// forgetUser deletes what is known of a user beside the persons.
func forgetUser(ctx context.Context, tx sqldb.Tx, user string) error {
	for _, query := range []string{
		`DELETE FROM notify_intents WHERE firing_id IN (SELECT id FROM notify_firings WHERE user_id = $1)`,
		`DELETE FROM notify_firings WHERE user_id = $1`,
		`DELETE FROM notify_reminders WHERE user_id = $1`,
		`DELETE FROM notify_scenes WHERE user_id = $1`,
		`DELETE FROM notify_optouts WHERE user_id = $1`,
		`DELETE FROM notify_changes WHERE user_id = $1`,
	} {
		if _, err := tx.Exec(ctx, query, user); err != nil {
			return err
		}
	}
	return nil
}

// forgetPerson deletes a person, also from the history of users.
func forgetPerson(ctx context.Context, tx sqldb.Tx, p person) error {
	for _, what := range []string{
		`DELETE FROM notify_facts`, `DELETE FROM notify_receipts`, `DELETE FROM notify_identities`,
		`UPDATE notify_intents SET open_id = '', template_id = ''`, // which may hold the code of a card
		`UPDATE notify_scenes SET open_id = ''`,
	} {
		if _, err := tx.Exec(ctx, what+` WHERE app_id = $1 AND open_id = $2`, p.appID, p.openID); err != nil {
			return err
		}
	}
	return nil
}

// rememberForgotten notes that a person was forgotten, and drops such notes from before a time.
func rememberForgotten(ctx context.Context, tx sqldb.Tx, p person, now, late time.Time) error {
	if _, err := tx.Exec(ctx, `DELETE FROM notify_forgotten WHERE at < $1`, unix(late)); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO notify_forgotten (digest, at) VALUES ($1, $2)
		ON CONFLICT (digest) DO UPDATE SET at = excluded.at`, p.digest(), unix(now))
	return err
}

// forgottenSince reports whether a person was forgotten after a time.
func forgottenSince(ctx context.Context, tx sqldb.Tx, p person, at time.Time) (bool, error) {
	var count int64
	err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM notify_forgotten WHERE digest = $1 AND at >= $2`, p.digest(), unix(at)).
		Scan(&count)
	return count > 0, err
}
