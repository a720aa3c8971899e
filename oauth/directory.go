package oauth

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// Follow says whether a person follows a service account.
type Follow uint8

// What may be known.
const (
	FollowUnknown Follow = iota // never told, or the account is a Mini Program
	FollowYes
	FollowNo
)

// String returns "unknown", "yes" or "no".
func (f Follow) String() string {
	switch f {
	case FollowYes:
		return "yes"
	case FollowNo:
		return "no"
	}
	return "unknown"
}

// Identity is one person in one account.
type Identity struct {
	AppID   string // of the account
	OpenID  string // the person in it
	UnionID string // empty where it is not known, or the account is bound to no Open Platform account
	Follow  Follow
	// FollowSeen is when Follow was so. Nothing tells of changes by itself: the person may have left since.
	FollowSeen time.Time
}

// Merge returns what two findings about one person in one account say together. Of Follow the later one
// counts, and next if both are of the same time; what next does not know is kept.
func (i Identity) Merge(next Identity) Identity {
	if next.UnionID == "" {
		next.UnionID = i.UnionID
	}
	if next.Follow == FollowUnknown || next.FollowSeen.Before(i.FollowSeen) {
		next.Follow, next.FollowSeen = i.Follow, i.FollowSeen
	}
	return next
}

// Person is all that a [Directory] knows of one person. The zero value is a person of whom nothing is known.
type Person struct {
	UnionID    string     // empty where it is not known; then there is at most one identity
	Identities []Identity // sorted by AppID and OpenID
}

// In returns the person's identity in an account. ok is false if none is known, which does not mean that there
// is none. Should there be several, it is the one whose Follow was seen last.
func (p Person) In(appID string) (id Identity, ok bool) {
	for _, i := range p.Identities {
		if i.AppID == appID && (!ok || i.FollowSeen.After(id.FollowSeen)) {
			id, ok = i, true
		}
	}
	return id, ok
}

// Directory joins the identities of people across the accounts of one Open Platform account: from the user of
// a Mini Program it finds the follower of the service account, who can be sent template messages.
//
// It knows what it was told. The followers so far come from [Directory.Backfill], those since from follow
// events ([Directory.Refresh]), the users of the Mini Program from their logins ([Directory.Add]).
//
// It does not watch. Somebody who unfollows is found following until an unfollow event or a Refresh tells;
// another Backfill does not, for WeChat lists those who follow and no others. Whoever has no FollowSeen since
// the start of the last Backfill has most likely left.
//
// A Directory is safe for concurrent use if its Store is.
type Directory struct {
	// Now tells the time by which follow flags are compared with the events, which carry WeChat's. Set it before
	// the first call, for an emulator whose clock stands elsewhere. Defaults to time.Now.
	Now func() time.Time

	store Store
}

// NewDirectory returns a Directory that keeps its entries in store, such as a [MemoryStore]. Entries of
// accounts of different Open Platform accounts do not disturb each other.
func NewDirectory(store Store) *Directory { return &Directory{Now: time.Now, store: store} }

// Add tells the directory of people, at a login for instance:
//
//	err := dir.Add(ctx, oauth.Identity{AppID: mini.AppID(), OpenID: s.OpenID, UnionID: s.UnionID})
//
// or when an unfollow event comes, which brings no UnionID:
//
//	err := dir.Add(ctx, oauth.Identity{AppID: appID, OpenID: openID, Follow: oauth.FollowNo, FollowSeen: at})
//
// A zero FollowSeen means now. The order in which findings come does not matter, see [Identity.Merge]. Times
// are cut to whole seconds, as events have them.
func (d *Directory) Add(ctx context.Context, identities ...Identity) error {
	now := d.Now()
	list := slices.Clone(identities)
	for i := range list {
		if err := list[i].complete(now); err != nil {
			return err
		}
	}
	if len(list) == 0 {
		return nil
	}
	return d.store.Put(ctx, list)
}

func (i *Identity) complete(now time.Time) error {
	switch {
	case i.AppID == "":
		return fieldError("AppID", "empty")
	case i.OpenID == "":
		return fieldError("OpenID", "empty")
	case i.Follow == FollowUnknown:
		i.FollowSeen = time.Time{}
		return nil
	case i.FollowSeen.IsZero():
		i.FollowSeen = now
	}
	i.FollowSeen = i.FollowSeen.Truncate(time.Second)
	return nil
}

// Lookup returns what is known of the person with an OpenID in an account: this identity, and all others with
// the same UnionID. That nothing is known is no error, but an empty Person.
func (d *Directory) Lookup(ctx context.Context, appID, openID string) (Person, error) {
	id, ok, err := d.store.Get(ctx, appID, openID)
	switch {
	case err != nil || !ok:
		return Person{}, err
	case id.UnionID == "":
		return Person{Identities: []Identity{id}}, nil
	}
	return d.LookupUnionID(ctx, id.UnionID)
}

// LookupUnionID returns what is known of the person with a UnionID, as [Directory.Lookup] does.
func (d *Directory) LookupUnionID(ctx context.Context, unionID string) (Person, error) {
	if unionID == "" {
		return Person{}, nil
	}
	list, err := d.store.ByUnionID(ctx, unionID)
	if err != nil || len(list) == 0 {
		return Person{}, err
	}
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b Identity) int {
		return cmp.Or(cmp.Compare(a.AppID, b.AppID), cmp.Compare(a.OpenID, b.OpenID))
	})
	return Person{UnionID: unionID, Identities: list}, nil
}

// Refresh asks WeChat anew about users of a service account, follow flag and UnionID, and stores the answers.
// Call it when a follow event comes, and before relying on an old FollowSeen. On an error the users that
// WeChat told of before it are stored.
func (d *Directory) Refresh(ctx context.Context, service *Client, openIDs ...string) error {
	_, err := d.refresh(ctx, service, openIDs)
	return err
}

// refresh returns how many users were stored.
func (d *Directory) refresh(ctx context.Context, service *Client, openIDs []string) (stored int, err error) {
	asked := d.Now() // not later: what an event tells meanwhile is newer
	users, err := service.Users(ctx, openIDs)
	list := make([]Identity, 0, len(users))
	for _, u := range users {
		list = append(list, u.identity(service.core.AppID(), asked))
	}
	if failed := d.Add(ctx, list...); failed != nil {
		return 0, cmp.Or(err, failed)
	}
	return len(list), err
}

func (u *User) identity(appID string, seen time.Time) Identity {
	id := Identity{AppID: appID, OpenID: u.OpenID, UnionID: u.UnionID, Follow: FollowNo, FollowSeen: seen}
	if u.Follows {
		id.Follow = FollowYes
	}
	return id
}
