// Command token shows how the processes of a fleet share one access token: one of them fetches it, all use it, and
// when WeChat rejects it one of them replaces it for all.
//
// It starts an emulator, whatever the WECHAT_… variables of the other examples say, and three clients with a store in
// memory between them. With REDIS_ADDR in the environment the store is Redis, as between real processes:
//
//	cd examples/token && REDIS_ADDR=localhost:6379 go run .
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/redis/go-redis/v9"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/token"
	"github.com/wechatkit/wechat/token/redisstore"
)

func main() {
	if err := run(context.Background(), os.Stdout, os.Getenv("REDIS_ADDR")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, redisAddr string) error {
	wx, err := emulator.Start()
	if err != nil {
		return err
	}
	defer wx.Close()
	store, closeStore, err := newStore(redisAddr)
	if err != nil {
		return err
	}
	defer closeStore()
	var fleet []*wechat.Client
	for range 3 {
		client, manager, err := newProcess(wx, store)
		if err != nil {
			return err
		}
		defer manager.Close()
		fleet = append(fleet, client)
	}
	if err := useAll(ctx, fleet); err != nil {
		return err
	}
	fmt.Fprintf(w, "three processes started: %d request for a token\n", wx.TokenCalls())

	wx.Revoke(wx.MiniProgram())
	if err := useAll(ctx, fleet); err != nil {
		return err
	}
	fmt.Fprintf(w, "WeChat rejected it:      %d requests, and no call failed\n", wx.TokenCalls())
	return nil
}

// newStore returns the store that the fleet shares.
func newStore(addr string) (store token.Store, closeStore func(), err error) {
	if addr == "" {
		return &token.MemoryStore{}, func() {}, nil
	}
	rdb := redis.NewUniversalClient(&redis.UniversalOptions{Addrs: []string{addr}})
	store, err = redisstore.New(rdb)
	return store, func() { _ = rdb.Close() }, err
}

// newProcess makes what each process of the fleet has.
func newProcess(wx *emulator.Server, store token.Store) (*wechat.Client, *token.Manager, error) {
	app := wx.MiniProgram()
	manager, err := token.NewManager(token.Config{
		AppID: app.AppID, AppSecret: token.Secret(app.AppSecret), Store: store, HTTPClient: wx.HTTPClient(),
	})
	if err != nil {
		return nil, nil, err
	}
	client, err := wechat.New(wechat.Config{AppID: app.AppID},
		wechat.WithTokenSource(manager), wechat.WithHTTPClient(wx.HTTPClient()))
	return client, manager, err
}

// useAll makes a call from each process.
func useAll(ctx context.Context, fleet []*wechat.Client) error {
	for _, client := range fleet {
		if err := client.Do(ctx, http.MethodGet, "/cgi-bin/get_api_domain_ip", nil, nil, nil); err != nil {
			return err
		}
	}
	return nil
}
