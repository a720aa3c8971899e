// Command callback-routers mounts one callback handler in net/http, gin and echo.
//
//	go run . net/http
//	go run . gin
//	go run . echo
//
// It needs WECHAT_PLATFORM_APPID, WECHAT_PLATFORM_TOKEN and WECHAT_PLATFORM_AES_KEY in the environment, of a third-party
// platform.
//
// The handler is an http.Handler, so there is nothing to it. Do not put a layer in front of it that reads the body,
// compresses answers or turns the answer into JSON. How to end a server in good order is in examples/callback.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/labstack/echo/v4"

	"github.com/wechatkit/wechat/callback"
)

func main() {
	if err := run(os.Getenv, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(getenv func(string) string, args []string) error {
	platform, err := callback.AppFromEnv(getenv, "WECHAT_PLATFORM_", callback.ThirdPartyPlatform)
	if err != nil {
		return err
	}
	h, err := newHandler(platform)
	if err != nil {
		return err
	}
	return serve(h, args)
}

var routers = map[string]func(http.Handler) http.Handler{"net/http": withServeMux, "gin": withGin, "echo": withEcho}

func serve(h http.Handler, args []string) error {
	if len(args) != 1 || routers[args[0]] == nil {
		return errors.New("usage: callback-routers net/http|gin|echo")
	}
	server := &http.Server{Addr: ":8080", Handler: routers[args[0]](h), ReadHeaderTimeout: 5 * time.Second}
	return server.ListenAndServe()
}

// account is the key of the account in the path: a third-party platform receives for many.
type account struct{}

// withAccount hands the account to the handlers, whose contexts have the values of the request's.
func withAccount(r *http.Request, id string) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), account{}, id))
}

func withServeMux(h http.Handler) http.Handler {
	router := http.NewServeMux()
	router.HandleFunc("/wechat/{account}", func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, withAccount(r, r.PathValue("account")))
	})
	return router
}

// withGin takes GET, the check of the URL, and POST, the pushes.
func withGin(h http.Handler) http.Handler {
	router := gin.New()
	router.Match([]string{http.MethodGet, http.MethodPost}, "/wechat/:account", func(c *gin.Context) {
		h.ServeHTTP(c.Writer, withAccount(c.Request, c.Param("account")))
	})
	return router
}

func withEcho(h http.Handler) http.Handler {
	router := echo.New()
	router.Match([]string{http.MethodGet, http.MethodPost}, "/wechat/:account", func(c echo.Context) error {
		h.ServeHTTP(c.Response(), withAccount(c.Request(), c.Param("account")))
		return nil
	})
	return router
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
