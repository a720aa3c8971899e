// Command oauth logs a user of a Mini Program in and finds out whether the same person follows the service
// account, which is what a template message needs.
//
// Without settings it starts an emulator with a few users and asks there. With these in the environment it asks
// WeChat, or the address in WECHAT_BASE_URL; both accounts must be bound to one Open Platform account:
//
//	WECHAT_APPID, WECHAT_APPSECRET                  the Mini Program
//	WECHAT_SERVICE_APPID, WECHAT_SERVICE_APPSECRET  the service account
//
//	go run ./examples/oauth CODE…
//
// where each CODE is a fresh one of wx.login.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/oauth"
)

func main() {
	if err := run(context.Background(), os.Stdout, os.Getenv, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, getenv func(string) string, codes []string) error {
	cfg, address, err := wechat.ConfigFromEnv(getenv, "WECHAT_", "WECHAT_SERVICE_APPID", "WECHAT_SERVICE_APPSECRET")
	if errors.Is(err, wechat.ErrEnvEmpty) {
		return demo(ctx, w)
	}
	if err != nil {
		return err
	}
	mini, err := wechat.New(cfg, address)
	if err != nil {
		return err
	}
	defer mini.Close()
	if cfg, address, err = wechat.ConfigFromEnv(getenv, "WECHAT_SERVICE_"); err != nil {
		return err
	}
	service, err := wechat.New(cfg, address)
	if err != nil {
		return err
	}
	defer service.Close()
	d := desk{w: w, mini: mini, service: service, dir: oauth.NewDirectory(&oauth.MemoryStore{})}
	if err := d.open(ctx); err != nil {
		return err
	}
	for i, code := range codes {
		if err := d.receive(ctx, fmt.Sprintf("user %d", i+1), code); err != nil {
			return err
		}
	}
	return nil
}

// desk receives users who log in.
type desk struct {
	w             io.Writer
	mini, service *wechat.Client
	dir           *oauth.Directory
}

// open learns who follows so far.
func (d *desk) open(ctx context.Context) error {
	progress, err := d.dir.Backfill(ctx, oauth.New(d.service), oauth.Progress{}, nil)
	if err != nil {
		return fmt.Errorf("after %d of %d followers: %w", progress.Done, progress.Total, err)
	}
	fmt.Fprintln(d.w, "followers:", progress.Done)
	return nil
}

// receive logs one user in and says by which door the user can be reached.
func (d *desk) receive(ctx context.Context, name, code string) error {
	session, err := oauth.New(d.mini).Login(ctx, code)
	switch {
	case errors.Is(err, errcode.UserAuthRequired):
		fmt.Fprintf(d.w, "%s: the code is no longer good, call wx.login again\n", name)
		return nil
	case err != nil:
		return err
	}
	err = d.dir.Add(ctx, oauth.Identity{AppID: d.mini.AppID(), OpenID: session.OpenID, UnionID: session.UnionID})
	if err != nil {
		return err
	}
	follower, ok, err := d.follower(ctx, session.OpenID)
	switch {
	case err != nil:
		return err
	case !ok:
		fmt.Fprintf(d.w, "%s: unknown to the service account, take a subscription message\n", name)
	case follower.Follow == oauth.FollowYes:
		fmt.Fprintf(d.w, "%s: follows, take a template message\n", name)
	default:
		fmt.Fprintf(d.w, "%s: has stopped following, take a subscription message\n", name)
	}
	return nil
}

// follower finds the service account's follower who is this user of the Mini Program. It asks WeChat again
// whether that is still so; a program that receives the follow and unfollow events need not.
func (d *desk) follower(ctx context.Context, openID string) (oauth.Identity, bool, error) {
	person, err := d.dir.Lookup(ctx, d.mini.AppID(), openID)
	if err != nil {
		return oauth.Identity{}, false, err
	}
	follower, ok := person.In(d.service.AppID())
	if !ok {
		return oauth.Identity{}, false, nil
	}
	if err := d.dir.Refresh(ctx, oauth.New(d.service), follower.OpenID); err != nil {
		return oauth.Identity{}, false, err
	}
	person, err = d.dir.Lookup(ctx, d.mini.AppID(), openID)
	follower, ok = person.In(d.service.AppID())
	return follower, ok, err
}
