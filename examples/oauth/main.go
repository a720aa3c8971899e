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
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
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
	emulated, err := onEmulator(getenv)
	if err != nil {
		return err
	}
	if emulated {
		wx, err := emulator.Start()
		if err != nil {
			return err
		}
		defer wx.Close()
		getenv, codes = demo(wx)
	}
	mini, err := client(getenv, "WECHAT_")
	if err != nil {
		return err
	}
	defer mini.Close()
	service, err := client(getenv, "WECHAT_SERVICE_")
	if err != nil {
		return err
	}
	defer service.Close()
	d := desk{w: w, mini: mini, service: service, dir: oauth.NewDirectory(oauth.NewMemoryStore())}
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

// variables are those of the environment that the program needs. WECHAT_BASE_URL may be left out.
var variables = []string{"WECHAT_APPID", "WECHAT_APPSECRET", "WECHAT_SERVICE_APPID", "WECHAT_SERVICE_APPSECRET"}

// onEmulator reports whether to run on an emulator, which is where none of the variables is set. Where only some are, the
// error names one that is missing.
func onEmulator(getenv func(string) string) (bool, error) {
	missing := slices.DeleteFunc(slices.Clone(variables), func(name string) bool { return getenv(name) != "" })
	switch {
	case len(missing) == 0:
		return false, nil
	case len(missing) == len(variables) && getenv("WECHAT_BASE_URL") == "":
		return true, nil
	}
	return false, fmt.Errorf("%s is not set", missing[0])
}

// client makes the client of the account whose settings have this prefix.
func client(getenv func(string) string, prefix string) (*wechat.Client, error) {
	return wechat.New(wechat.Config{
		AppID: getenv(prefix + "APPID"), AppSecret: wechat.Secret(getenv(prefix + "APPSECRET")),
	}, wechat.WithBaseURL(cmp.Or(getenv("WECHAT_BASE_URL"), wechat.BaseURL)))
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

// demo sets the emulator up: the first user follows, the second does not, and the third code is used up.
func demo(wx *emulator.Server) (getenv func(string) string, codes []string) {
	mini, service := wx.MiniProgram(), wx.ServiceAccount()
	for _, name := range []string{"Ann", "Cem", "Dot"} {
		wx.User(name).Follow(service)
	}
	code := wx.User("Ann").LoginCode(mini)
	settings := map[string]string{
		"WECHAT_APPID": mini.AppID, "WECHAT_APPSECRET": mini.AppSecret,
		"WECHAT_SERVICE_APPID": service.AppID, "WECHAT_SERVICE_APPSECRET": service.AppSecret,
		"WECHAT_BASE_URL": wx.URL(),
	}
	return func(name string) string { return settings[name] }, []string{code, wx.User("Bob").LoginCode(mini), code}
}
