package oauth

import (
	"context"
	"errors"
	"slices"

	"github.com/wechatkit/wechat/errcode"
)

// Progress is how far a [Directory.Backfill] has come. Store it to go on after a restart.
type Progress struct {
	After string // OpenID of the last follower that is done with
	Done  int    // followers stored so far
	// Skipped is how many WeChat listed and then told nothing of, or refused with [errcode.InvalidOpenID]. They
	// are not stored.
	Skipped int
	Total   int // followers of the account, as WeChat told with the last page
	// Complete tells that all followers are stored. A Backfill from here starts anew.
	Complete bool
}

// Backfill walks through all followers of a service account and stores their UnionIDs. It takes a call for each
// hundred followers and one for each ten thousand, one after the other: a few minutes for a hundred
// thousand. Listing followers counts against a daily quota of 500 by default.
//
// It starts behind from, the zero Progress for the first follower, and returns how far it came, also on an
// error: give that to a later Backfill to go on. each, unless nil, is called after every hundred with the
// same. Whether WeChat goes on behind somebody who has unfollowed meanwhile is not documented; if it refuses,
// start from zero, for storing anew does no harm.
func (d *Directory) Backfill(
	ctx context.Context, service *Client, from Progress, each func(Progress),
) (Progress, error) {
	p := from
	if p.Complete {
		p = Progress{}
	}
	if each == nil {
		each = func(Progress) {}
	}
	for {
		start := p.After
		page, err := service.FollowersPage(ctx, start)
		if err != nil {
			return p, err
		}
		p.Total = page.Total
		if err := d.storePage(ctx, service, page, &p, each); err != nil {
			return p, err
		}
		switch {
		case page.ended():
			p.After, p.Complete = "", true
			each(p)
			return p, nil
		case page.Next == start:
			return p, errStuck("oauth.Backfill")
		}
		p.After = page.Next
	}
}

// storePage stores the followers of one page, a hundred at a time.
func (d *Directory) storePage(
	ctx context.Context, service *Client, page *OpenIDPage, p *Progress, each func(Progress),
) error {
	for chunk := range slices.Chunk(page.OpenIDs, usersPerCall) {
		stored, err := d.storeFollowers(ctx, service, chunk)
		if err != nil {
			return err
		}
		p.After = chunk[len(chunk)-1]
		p.Done += stored
		p.Skipped += len(chunk) - stored
		each(*p)
	}
	return nil
}

// storeFollowers stores all but those whom WeChat refuses. It looks for them by halves: one of them spoils the
// call for all, today and at the next attempt.
func (d *Directory) storeFollowers(ctx context.Context, service *Client, openIDs []string) (stored int, err error) {
	stored, err = d.refresh(ctx, service, openIDs)
	switch {
	case !errors.Is(err, errcode.InvalidOpenID):
		return stored, err
	case len(openIDs) == 1:
		return 0, nil
	}
	half := len(openIDs) / 2
	stored, err = d.storeFollowers(ctx, service, openIDs[:half])
	if err != nil {
		return stored, err
	}
	more, err := d.storeFollowers(ctx, service, openIDs[half:])
	return stored + more, err
}
