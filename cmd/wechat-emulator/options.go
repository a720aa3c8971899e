package main

import (
	"bytes"
	_ "embed" // the demo accounts
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/emulator/console"
)

//go:embed demo.json
var demo []byte

// options are the flags.
type options struct {
	addr, config, state, har string

	hosts   []string
	seed    uint64
	record  int
	lenient bool
	open    bool
	health  bool
}

// errUsage is a wrong command line.
var errUsage = errors.New("see wechat-emulator -help")

const help = `wechat-emulator runs a WeChat on this machine, for tests and for trying things out: users with phones, accounts,
consents, message windows, quotas and pushes. Point a program in any language at it instead of
https://api.weixin.qq.com. At the start it prints AppIDs, secrets, templates, OpenIDs and a first message to paste
into a shell. Nothing leaves this machine but the pushes to a callback that you set.

  wechat-emulator                                         demo accounts at http://127.0.0.1:8630
  wechat-emulator -open                                   and show the users' phones in the browser
  wechat-emulator -config demo >wechat.json               write the demo accounts to a file, to change them
  wechat-emulator -config wechat.json -state state.json   run with it, and go on where the last run ended

Flags:
`

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	var hosts string
	fs := flag.NewFlagSet("wechat-emulator", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&o.addr, "addr", "127.0.0.1:8630", "`address` to listen on")
	fs.StringVar(&o.config, "config", "", "configuration `file`; \"demo\" prints the one of the demo accounts")
	fs.StringVar(&o.state, "state", "", "`file` to load the state from, and to save it to at the end")
	fs.StringVar(&o.har, "har", "", "`file` to write the calls to at the end, as an HTTP archive")
	fs.StringVar(&hosts, "host", "", "more host `names` under which the console may be reached, separated by commas")
	fs.Uint64Var(&o.seed, "seed", 0, "seed of what is made up")
	fs.IntVar(&o.record, "record", -1, "how many calls and pushes to keep; below 0 as the configuration says")
	fs.BoolVar(&o.lenient, "lenient", false, "do not check how requests are written")
	fs.BoolVar(&o.open, "open", false, "open the page in the browser")
	fs.BoolVar(&o.health, "health", false, "ask the emulator at -addr whether it answers, in place of running one")
	fs.Usage = func() {
		fmt.Fprint(stderr, help)
		fs.PrintDefaults()
	}
	if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
		return options{}, err
	} else if err != nil {
		return options{}, fmt.Errorf("%w; %w", err, errUsage)
	}
	if fs.NArg() > 0 {
		return options{}, fmt.Errorf("unexpected argument %q; %w", fs.Arg(0), errUsage)
	}
	if hosts != "" {
		o.hosts = strings.Split(hosts, ",")
	}
	return o, nil
}

// configuration reads the file, or takes the demo accounts.
func (o *options) configuration() (*console.Config, error) {
	text, name := demo, "demo.json"
	if o.config != "" {
		data, err := os.ReadFile(o.config) //nolint:gosec // the user names the file
		if err != nil {
			return nil, err
		}
		text, name = data, o.config
	}
	cfg, err := console.ReadConfig(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return cfg, nil
}

// settings are the options of an emulator that gets its accounts from a saved state.
func (o *options) settings() ([]emulator.Option, error) {
	cfg, err := o.configuration()
	if err != nil {
		return nil, err
	}
	return append(cfg.Options(), o.overrides()...), nil
}

// overrides are the settings that a flag sets.
func (o *options) overrides() []emulator.Option {
	var opts []emulator.Option
	if o.seed != 0 {
		opts = append(opts, emulator.WithSeed(o.seed))
	}
	if o.record >= 0 {
		opts = append(opts, emulator.WithCallLimit(o.record))
	}
	if o.lenient {
		opts = append(opts, emulator.WithLenient())
	}
	return opts
}
