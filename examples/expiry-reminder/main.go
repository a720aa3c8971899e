// Command expiry-reminder is a small service that reminds users of contracts that end: by a template message
// of the service account if they follow it, else by a subscription message of the Mini Program, else in the
// customer-service chat.
//
//	go run ./examples/expiry-reminder                 a demo: emulator, SQLite, ten days in a second
//	go run ./examples/expiry-reminder -listen :8080   the service, on the emulator until WECHAT_… says otherwise
//
// See README.md for the endpoints and the settings.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	listen := flag.String("listen", "", "address to serve on, such as :8080; without it a demo runs")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if *listen == "" {
		err = demo(ctx, os.Stdout)
	} else {
		err = serve(ctx, *listen)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve runs the service until ctx ends: on the real WeChat if it is set, else on an emulator.
func serve(ctx context.Context, address string) (err error) {
	s, w, err := chooseSettings(os.Getenv)
	if err != nil {
		return err
	}
	if w != nil {
		defer func() { err = errors.Join(err, w.close()) }()
	}
	svc, err := newService(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, svc.close()) }()
	if w != nil {
		if err := w.populate(ctx, svc); err != nil {
			return err
		}
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	slog.Info("serving", "address", listener.Addr().String(), "emulated", w != nil)
	return svc.run(ctx, listener)
}

// chooseSettings returns those of the environment, or an emulated world with its own where it names no account and no
// address.
func chooseSettings(env func(string) string) (settings, *world, error) {
	if cmp.Or(env("WECHAT_BASE_URL"), env("WECHAT_APPID"), env("WECHAT_SERVICE_APPID")) != "" {
		s, err := realSettings(env)
		return s, nil, err
	}
	w, err := newWorld()
	if err != nil {
		return settings{}, nil, err
	}
	if url := env("DATABASE_URL"); url != "" {
		w.database = url
	}
	return w.settings, w, nil
}

// run sends reminders and serves until ctx ends, then waits for what is under way.
func (s *service) run(ctx context.Context, listener net.Listener) error {
	if err := s.notifier.Start(ctx); err != nil {
		return err
	}
	server := &http.Server{Handler: s.handler(), ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 40*time.Second)
	defer cancel()
	return errors.Join(err, server.Shutdown(ctx), s.pushes.Shutdown(ctx), s.notifier.Shutdown(ctx))
}
