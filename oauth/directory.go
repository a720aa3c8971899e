package oauth

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// Identity is one person in one account, as far as it was known at one time.
type Identity struct {
	AppID   string // of the account
	OpenID  string // the person in it
	UnionID string // empty where it is not known, or the account is bound to no Open Platform account
	Follows bool   // whether the person follows the account; false for a Mini Program
	// SeenAt is when this was so. Nothing tells of changes by itself: a person may have left since.
	SeenAt time.Time
}

// Merge returns what two findings about one person in one account say together: the later one counts, and
// of two at the same time next does. A UnionID that the later one does not know is kept.
func (i Identity) Merge(next Identity) Identity {
	if next.SeenAt.Before(i.SeenAt) {
		i, next = next, i
	}
	if next.UnionID == "" {
		next.UnionID = i.UnionID
	}
	return next
}

// Person is all that a [Directory] knows of one person. The zero value is a person of whom nothing is known.
type Person struct {
	UnionID    string     // empty where it is not known; then there is at most one identity
	Identities []Identity // sorted by AppID and OpenID
}

// In returns the person's identity in an account, the one seen last if there are several. ok is false if
// none is known, which does not mean that there is none.
func (p Person) In(appID string) (id Identity, ok bool) {
	for _, i := range p.Identities {
		if i.AppID == appID && (!ok || i.SeenAt.After(id.SeenAt)) {
			id, ok = i, true
		}
	}
	return id, ok
}

// Directory joins the identities of people across the accounts of one Open Platform account: from the user of
// a Mini Program it finds the follower of the service account, who can be sent template messages.
//
// It knows what it was told. The followers so far come from [Directory.Backfill], those since from follow
// events ([Directory.Refresh]), the users of the Mini Program from their logins ([Directory.Add]). An entry is
// as old as its SeenAt: somebody who unfollows is found following until an event, a Refresh or the next
// Backfill tells. Who unfollowed between two backfills is in neither list, so that without the events only a
// Refresh finds out; SeenAt before the start of the last complete Backfill is the sign.
//
// A Directory is safe for concurrent use if its Store is.
type Directory struct {
	store Store
}

// NewDirectory returns a Directory that keeps its entries in store, such as a [MemoryStore]. Entries of
// accounts of different Open Platform accounts do not disturb each other.
func NewDirectory(store Store) *Directory { return &Directory{store: store} }

// Add tells the directory of people, at a login for instance:
//
//	err := dir.Add(ctx, oauth.Identity{AppID: mini.AppID(), OpenID: s.OpenID, UnionID: s.UnionID})
//
// or when an unfollow event comes, which brings no UnionID:
//
//	err := dir.Add(ctx, oauth.Identity{AppID: appID, OpenID: e.OpenID, SeenAt: e.CreateTime})
//
// A zero SeenAt means now. Findings older than what is known do not replace it, whatever their order. Times
// are cut to whole seconds, as events have them.
func (d *Directory) Add(ctx context.Context, identities ...Identity) error {
	now := time.Now()
	list := slices.Clone(identities)
	for i := range list {
		switch {
		case list[i].AppID == "":
			return fieldError("AppID", "empty")
		case list[i].OpenID == "":
			return fieldError("OpenID", "empty")
		case list[i].SeenAt.IsZero():
			list[i].SeenAt = now
		}
		list[i].SeenAt = list[i].SeenAt.Truncate(time.Second)
	}
	return d.store.Put(ctx, list)
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
// Call it when a follow event comes, and before relying on an old entry.
func (d *Directory) Refresh(ctx context.Context, service *Client, openIDs ...string) error {
	asked := time.Now() // not later: what an event tells meanwhile is newer
	users, err := service.Users(ctx, openIDs)
	if err != nil && len(users) == 0 {
		return err
	}
	list := make([]Identity, 0, len(users))
	for _, u := range users {
		list = append(list, Identity{
			AppID: service.core.AppID(), OpenID: u.OpenID, UnionID: u.UnionID, Follows: u.Follows, SeenAt: asked,
		})
	}
	return cmp.Or(err, d.Add(ctx, list...))
}
