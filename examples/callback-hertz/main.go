// Command callback-hertz mounts a callback handler in hertz, by the adaptor for net/http. It needs WECHAT_PLATFORM_APPID,
// WECHAT_PLATFORM_TOKEN and WECHAT_PLATFORM_AES_KEY in the environment, of a third-party platform.
//
// Two things are other than under net/http:
//
//   - What Param and the like return points into memory of the request, which hertz uses again for the next one. A handler may
//     go on after the answer, where its work takes longer than WeChat's five seconds, so copy what it is given.
//   - The whole body is read before a handler sees the query, so strangers can have as much of it in memory as
//     WithMaxRequestBodySize says, for each connection: 4 MB if nothing is set.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/cloudwego/hertz/pkg/app"
	"github.com/cloudwego/hertz/pkg/app/server"
	"github.com/cloudwego/hertz/pkg/common/adaptor"
	"github.com/cloudwego/hertz/pkg/common/config"

	"github.com/wechatkit/wechat/callback"
)

func main() {
	platform, err := callback.AppFromEnv(os.Getenv, "WECHAT_PLATFORM_", callback.ThirdPartyPlatform)
	if err != nil {
		log.Fatal(err)
	}
	h, err := newHandler(platform)
	if err != nil {
		log.Fatal(err)
	}
	if err := newServer(h, server.WithHostPorts(":8080")).Run(); err != nil {
		log.Fatal(err)
	}
}

// account is the key of the account in the path: a third-party platform receives for many.
type account struct{}

const (
	bodyLimit   = 256 << 10
	readTimeout = 5 * time.Second
)

// newServer takes GET, the check of the URL, and POST, the pushes.
func newServer(h http.Handler, options ...config.Option) *server.Hertz {
	s := server.New(append(options, server.WithMaxRequestBodySize(bodyLimit), server.WithReadTimeout(readTimeout))...)
	withAccount := func(ctx context.Context, c *app.RequestContext) {
		c.Next(context.WithValue(ctx, account{}, strings.Clone(c.Param("account"))))
	}
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		s.Handle(method, "/wechat/:account", withAccount, adaptor.HertzHandler(h))
	}
	return s
}

func newHandler(app callback.App) (*callback.Handler, error) {
	h, err := callback.New(callback.Config{Apps: []callback.App{app}})
	if err != nil {
		return nil, err
	}
	callback.On(h, func(ctx context.Context, m *callback.TextMessage) (callback.Reply, error) {
		return callback.TextReply{Content: fmt.Sprintf("%s to %v", m.Content, ctx.Value(account{}))}, nil
	})
	return h, nil
}
