package notify

import (
	"context"
	"errors"
	"time"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

// cardFacts reads what was told of the cards of a person, in the order in which it was.
func cardFacts(ctx context.Context, tx sqldb.Tx, who person) (list []fact, err error) {
	err = tx.Query(ctx, func(rows sqldb.Rows) error {
		var f fact
		err := rows.Scan(&f.kind, &f.topic, &f.at, &f.ref)
		list = append(list, f)
		return err
	}, `SELECT kind, topic, at, ref FROM notify_facts WHERE app_id = $1 AND open_id = $2 AND kind IN ($3, $4)
		ORDER BY at, topic, ref`, who.appID, who.openID, factCard, factCardEnd)
	return list, err
}

func dropFactsOf(ctx context.Context, tx sqldb.Tx, who person, list []fact) error {
	for _, f := range list {
		_, err := tx.Exec(ctx, `DELETE FROM notify_facts WHERE app_id = $1 AND open_id = $2 AND kind = $3 AND topic = $4
			AND at = $5 AND ref = $6`, who.appID, who.openID, f.kind, f.topic, f.at, f.ref)
		if err != nil {
			return err
		}
	}
	return nil
}

// knownCode returns the code of the card that an event is about, "" if nobody told of it.
func knownCode(ctx context.Context, tx sqldb.Tx, who person, p *callback.CardFailed) (string, error) {
	known, err := cardFacts(ctx, tx, who)
	for _, f := range known {
		if f.kind == factCard && p.For(f.topic) {
			return f.topic, err
		}
	}
	return "", err
}

// failsWithin is how long after a change WeChat may tell that the user was not notified. It does not say.
const failsWithin = time.Hour

// intentOfCard returns the attempt that an event about a card is about: the one that it settled before, or the last
// before it that set this state. [sqldb.ErrNoRows] says that there is none.
func intentOfCard(ctx context.Context, tx sqldb.Tx, who person, r told) (*intent, error) {
	in, err := intentByMessage(ctx, tx, who.appID, r.msgID)
	if err == nil || !errors.Is(err, sqldb.ErrNoRows) {
		return in, err
	}
	at := unix(r.at)
	return scanIntent(tx.QueryRow(ctx, selectIntent+`WHERE app_id = $1 AND open_id = $2 AND template_id = $3
		AND msg_id = 0 AND state IN ('unknown', 'accepted') AND started_at <= $4 AND started_at > $5
		ORDER BY started_at DESC, firing_id, seq LIMIT 1`,
		who.appID, who.openID, r.templateID, at+clockSkew, at-failsWithin.Milliseconds()))
}
