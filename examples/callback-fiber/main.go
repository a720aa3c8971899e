// Command callback-fiber mounts a callback handler in fiber, by the adaptor for net/http. It needs WECHAT_PLATFORM_APPID,
// WECHAT_PLATFORM_TOKEN and WECHAT_PLATFORM_AES_KEY in the environment, of a third-party platform.
//
// Two things are other than under net/http:
//
//   - fasthttp, on which fiber stands, uses a request's context and its memory again as soon as the request is answered.
//     A handler that goes on after the answer, because its work takes longer than WeChat's five seconds, finds nothing
//     in its ctx any more but what callback.Config.Values has kept: copies, as Params and the like point into the
//     memory of the request.
//   - The whole body is read before a handler sees the query, so strangers can have as much of it in memory as BodyLimit
//     says, for each connection. Keep it small, and bound the time and the number of connections.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/adaptor"

	"github.com/wechatkit/wechat/callback"
)

func main() {
	platform, err := callback.AppFromEnv(os.Getenv, "WECHAT_PLATFORM_", callback.ThirdPartyPlatform)
	if err != nil {
		log.Fatal(err)
	}
	h, err := newHandler(platform, answer)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(newApp(h).Listen(":8080"))
}

// account is the key of the account in the path: a third-party platform receives for many.
type account struct{}

const (
	bodyLimit      = 256 << 10
	readTimeout    = 5 * time.Second
	maxConnections = 1024
)

// newApp takes GET, the check of the URL, and POST, the pushes.
func newApp(h http.Handler) *fiber.App {
	app := fiber.New(fiber.Config{BodyLimit: bodyLimit, ReadTimeout: readTimeout, Concurrency: maxConnections})
	app.Add([]string{http.MethodGet, http.MethodPost}, "/wechat/:account", func(c fiber.Ctx) error {
		c.Locals(account{}, c.Params("account"))
		return c.Next()
	}, adaptor.HTTPHandler(h))
	return app
}

// keepAccount copies the account, for the handlers that go on after the answer.
func keepAccount(ctx context.Context) context.Context {
	id, _ := ctx.Value(account{}).(string)
	return context.WithValue(context.Background(), account{}, strings.Clone(id))
}

// newHandler returns a handler that answers texts, however long it takes.
func newHandler(
	app callback.App, answer func(ctx context.Context, text string) string, change ...func(*callback.Config),
) (*callback.Handler, error) {
	cfg := callback.Config{Apps: []callback.App{app}, Values: keepAccount}
	for _, c := range change {
		c(&cfg)
	}
	h, err := callback.New(cfg)
	if err != nil {
		return nil, err
	}
	callback.On(h, func(ctx context.Context, m *callback.TextMessage) (callback.Reply, error) {
		return callback.TextReply{Content: answer(ctx, m.Content)}, nil
	})
	return h, nil
}

func answer(ctx context.Context, text string) string {
	return fmt.Sprintf("%s to %v", text, ctx.Value(account{}))
}
