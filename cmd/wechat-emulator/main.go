// Command wechat-emulator runs a WeChat on this machine: point any client, in any language, at it. It prints
// what to put where. See docs/emulator.md for the configuration, the control API and a container.
//
//	go run github.com/wechatkit/wechat/cmd/wechat-emulator
//	go run github.com/wechatkit/wechat/cmd/wechat-emulator -config demo >wechat.json
//	go run github.com/wechatkit/wechat/cmd/wechat-emulator -config wechat.json -state state.json -open
//
// The flags are
//
//	-addr     the address to listen on, 127.0.0.1:8630 by default
//	-config   a configuration file in place of the demo accounts; -config=demo prints those as a start
//	-state    a file to load the state from, if it exists, and to save it to at the end
//	-seed     the seed of what is made up, in place of the configuration's
//	-lenient  do not check how requests are written
//	-record   how many calls and pushes to keep
//	-har      a file to write the calls to at the end, as an HTTP archive
//	-host     more host names under which the console may be reached, separated by commas
//	-open     open the page in the browser
//	-health   ask the emulator at -addr whether it answers, in place of running one
//
// The exit status is 0 at the end and for -help, 1 where it does not start or, for -health, does not answer, and 2 for a wrong
// command line.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(report(err, os.Stderr))
}

// report says what went wrong and returns the exit status.
func report(err error, stderr io.Writer) int {
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return 0
	}
	fmt.Fprintln(stderr, "wechat-emulator:", err)
	if errors.Is(err, errUsage) {
		return 2
	}
	return 1
}

// run is the command up to its exit status. It ends when ctx does.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	if o.config == "demo" {
		_, err := stdout.Write(demo)
		return err
	}
	if o.health {
		return checkHealth(ctx, o.addr)
	}
	p, err := start(o)
	if err != nil {
		return err
	}
	p.introduce(stdout)
	if o.open {
		if err := openBrowser(ctx, p.page()); err != nil {
			fmt.Fprintln(stderr, "wechat-emulator: the page does not open by itself:", err)
		}
	}
	err = p.serve(ctx)
	return errors.Join(err, p.finish())
}
