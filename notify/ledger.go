package notify

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/notify/internal/sqldb"
	"github.com/wechatkit/wechat/oauth"
)

// Ledger knows who can be reached by which door. It is fed by WeChat's pushes ([Ledger.Mount]), by logins
// ([Ledger.Link]), by questions to WeChat ([Ledger.Refresh], [Ledger.Store]), by what the client says
// ([Ledger.ClientResult]) and by the answers to sends. It keeps what it was told as a set of facts and counts
// from the set, so that repeated, late and disordered pushes make no difference. It keeps nothing of what only takes
// something back, such as an unfollow event or the outcome of a message, from somebody of whom it knows nothing: should
// that come before what it takes back, WeChat's refusal corrects the ledger.
//
// Pushes have a time of one second. What happens twice within one second, two acceptances of one template for
// instance, counts once.
//
// A Ledger is safe for concurrent use, also by several processes.
type Ledger struct {
	db         *sqldb.DB
	now        func() time.Time
	longTerm   []string
	allowances map[Trigger]Allowance
	observe    func(context.Context, OutcomeEvent)
}

func newLedger(cfg *Config) *Ledger {
	return &Ledger{
		db: cfg.Database.db, now: cfg.Now, longTerm: slices.Clone(cfg.LongTerm),
		allowances: cfg.Allowances, observe: cfg.Observer,
	}
}

// Identity is a user of the program in one account.
type Identity struct {
	AppID   string
	OpenID  string
	UnionID string // "" if it is not known
	User    string // the program's own id
}

// Link tells who an OpenID is, at a login for instance. Accounts are joined by UnionID: a user who is linked in
// the Mini Program is found as a follower of the service account once both OpenIDs have a UnionID.
//
// A user may have several WeChat accounts. In each account of the program the one that was linked last is used, or
// that has the UnionID which was linked last, whether it follows or not; where nothing is known of that one, an older
// one is. So tell [Ledger.Unlink] of a user who leaves a WeChat account. An OpenID has one user, the last.
func (l *Ledger) Link(ctx context.Context, id Identity) error {
	if err := id.check(); err != nil {
		return err
	}
	return l.tx(ctx, func(tx sqldb.Tx) error { return l.link(ctx, tx, id) })
}

func (id *Identity) check() error {
	return cmp.Or(needText("AppID", id.AppID), needText("OpenID", id.OpenID), needText("User", id.User),
		checkText("UnionID", id.UnionID))
}

func (l *Ledger) link(ctx context.Context, tx sqldb.Tx, id Identity) error {
	if err := l.touch(ctx, tx, person{id.AppID, id.OpenID}, l.now()); err != nil {
		return err
	}
	return linkPerson(ctx, tx, id, l.now())
}

// Unlink takes back that a WeChat account is the user's: an OpenID, and with it those of the same UnionID in other
// accounts. It changes nothing for another user, to whom the OpenID may belong by now, and it is no error if there is
// nothing to take back. The WeChat account that was linked before is used again, if it was not unlinked too. What is
// known of the OpenID stays for the next login: see [Ledger.ForgetOpenID]. The UnionID of id is not looked at.
func (l *Ledger) Unlink(ctx context.Context, id Identity) error {
	err := cmp.Or(needText("AppID", id.AppID), needText("OpenID", id.OpenID), needText("User", id.User))
	if err != nil {
		return err
	}
	return l.tx(ctx, func(tx sqldb.Tx) error {
		people := []person{{id.AppID, id.OpenID}}
		own, err := identitiesOfUser(ctx, tx, id.User)
		if err != nil {
			return err
		}
		named, err := identitiesOfPerson(ctx, tx, person{id.AppID, id.OpenID})
		if err != nil || len(named) == 0 {
			return err
		}
		for _, o := range own {
			if union := named[0].unionID; union != "" && o.unionID == union {
				people = append(people, person{o.appID, o.openID})
			}
		}
		for _, p := range people {
			if err := unlinkPerson(ctx, tx, p, id.User); err != nil {
				return err
			}
		}
		return nil
	})
}

// ClientResult takes the result of wx.requestSubscribeMessage as [callback.ParseSubscribeResult] reads it, at
// the time of the call. A client can write into it what it likes: an acceptance from here counts as
// [Consent.Claimed] until WeChat's event proves it.
func (l *Ledger) ClientResult(ctx context.Context, appID, openID string, results []callback.SubscribeResult) error {
	if err := checkClient(appID, openID, results); err != nil {
		return err
	}
	now := l.now()
	var facts []fact
	for _, r := range results {
		switch {
		case r.Status.Accepted():
			facts = append(facts, fact{kind: factHint, topic: r.TemplateID, at: unix(now)})
		case r.Status == callback.SubscribeBanned:
			facts = append(facts, fact{kind: factBan, topic: r.TemplateID, at: unix(now)})
		}
	}
	return l.facts(ctx, person{appID, openID}, now, facts)
}

// ClientSettings takes what the client says of wx.getSetting({withSubscriptions: true}): the answers with "always keep"
// ticked, which [callback.ParseSubscribeSettings] returns as Kept. They allow no message by themselves.
func (l *Ledger) ClientSettings(ctx context.Context, appID, openID string, results []callback.SubscribeResult) error {
	if err := checkClient(appID, openID, results); err != nil {
		return err
	}
	now := l.now()
	var facts []fact
	for _, r := range results {
		f := fact{kind: factKeepNot, topic: r.TemplateID, at: unix(now)}
		if r.Status.Accepted() {
			f.kind = factKeep
		} else if r.Status == callback.SubscribeBanned {
			f.kind = factBan
		}
		facts = append(facts, f)
	}
	return l.facts(ctx, person{appID, openID}, now, facts)
}

// checkClient checks what a client said, which can be anything.
func checkClient(appID, openID string, results []callback.SubscribeResult) error {
	err := cmp.Or(needText("appID", appID), needText("openID", openID))
	for i, r := range results {
		err = cmp.Or(err, checkText(fmt.Sprintf("results[%d].TemplateID", i), r.TemplateID))
	}
	return err
}

// Reach is what is known of a user in one account.
type Reach struct {
	User       string
	AppID      string
	OpenID     string // "" if the user is not known in the account
	UnionID    string
	Follow     oauth.Follow
	FollowSeen time.Time
	Window     Window // for customer-service messages
	Cards      []Card // that [Ledger.Card] told of, also those that have ended

	record   *record
	longTerm []string
}

// Consent returns what the user has allowed for a template of the account.
func (r *Reach) Consent(templateID string) Consent {
	if r.record == nil {
		return Consent{}
	}
	return r.record.consent(templateID, slices.Contains(r.longTerm, templateID))
}

// Reach returns what is known of a user in an account. That nothing is known is no error: then OpenID is "".
func (l *Ledger) Reach(ctx context.Context, user, appID string) (*Reach, error) {
	if !isTexts(user, appID) {
		return &Reach{User: user, AppID: appID}, nil
	}
	var r *Reach
	err := l.tx(ctx, func(tx sqldb.Tx) (err error) {
		r, err = l.reach(ctx, tx, user, appID)
		return err
	})
	return r, err
}

// reach reads what is known.
func (l *Ledger) reach(ctx context.Context, tx sqldb.Tx, user, appID string) (*Reach, error) {
	r := &Reach{User: user, AppID: appID, longTerm: l.longTerm}
	if appID == "" {
		return r, nil
	}
	d, err := lookUp(ctx, tx, []string{user})
	if err != nil {
		return nil, err
	}
	id := d.find(user, appID)
	if id == nil {
		return r, nil
	}
	p := person{appID, id.openID}
	known, _, err := records(ctx, tx, []person{p})
	if err != nil {
		return nil, err
	}
	r.OpenID, r.UnionID, r.Follow, r.FollowSeen = id.openID, id.unionID, id.follow.public(), fromUnix(id.seen())
	r.record = known[p]
	r.Window = r.record.window(l.now(), l.allowances)
	r.Cards = r.record.cards(r.OpenID, l.now())
	return r, nil
}

// facts adds facts of one time about a person, which the program tells, in one transaction.
func (l *Ledger) facts(ctx context.Context, p person, at time.Time, facts []fact) error {
	return l.tx(ctx, func(tx sqldb.Tx) error {
		if err := l.touch(ctx, tx, p, at); err != nil {
			return err
		}
		return addFacts(ctx, tx, p, facts)
	})
}

func (l *Ledger) tx(ctx context.Context, fn func(sqldb.Tx) error) error {
	if err := l.db.Tx(ctx, fn); err != nil {
		return fmt.Errorf("notify: ledger: %w", err)
	}
	return nil
}
