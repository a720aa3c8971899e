package console

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/wechatkit/wechat/emulator"
)

// Config is a configuration file. docs/emulator.md describes every field; ReadConfig refuses others.
type Config struct {
	// Seed makes up what is left out, see [emulator.WithSeed].
	Seed uint64 `json:"seed"`
	// Lenient switches off the checks of how a request is written, see [emulator.WithLenient].
	Lenient bool `json:"lenient"`
	// Clock is where a clock starts that stands still, see [emulator.WithClockAt]. Without it the clock
	// shows the real time.
	Clock *time.Time `json:"clock"`
	// Record is how many calls and pushes are kept, Inbox how many messages of each user (0: all).
	Record *int `json:"record"`
	Inbox  int  `json:"inbox"`
	// PushTimeout is how long a callback may take, see [emulator.WithPushTimeout].
	PushTimeout duration     `json:"pushTimeout"`
	Apps        []AppConfig  `json:"apps"`
	Users       []UserConfig `json:"users"`
}

// ReadConfig reads a configuration. Its errors name the field that is wrong, such as
// "line 7: apps[0].templates[1].titel: unknown field".
func ReadConfig(r io.Reader) (*Config, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	cfg := new(Config)
	if err := decodeStrict(data, cfg); err != nil {
		return nil, err
	}
	return cfg, nil
}

// Start starts an emulator with what the configuration says. Options override it. Pushes do not hold up
// the verbs, see [emulator.WithAsyncPushes].
func (c *Config) Start(opts ...emulator.Option) (*emulator.Server, error) {
	wx, err := emulator.Start(append(c.Options(), opts...)...)
	if err != nil {
		return nil, err
	}
	if err := c.seed(wx); err != nil {
		return nil, errors.Join(err, wx.Close())
	}
	return wx, nil
}

// Options are the configuration's settings other than accounts and users, for [emulator.Load].
func (c *Config) Options() []emulator.Option {
	opts := []emulator.Option{emulator.WithoutDemo(), emulator.WithAsyncPushes(), emulator.WithInboxLimit(c.Inbox)}
	if c.Seed != 0 {
		opts = append(opts, emulator.WithSeed(c.Seed))
	}
	if c.Lenient {
		opts = append(opts, emulator.WithLenient())
	}
	if c.Clock != nil {
		opts = append(opts, emulator.WithClockAt(*c.Clock))
	}
	if c.Record != nil {
		opts = append(opts, emulator.WithCallLimit(*c.Record))
	}
	if c.PushTimeout != 0 {
		opts = append(opts, emulator.WithPushTimeout(time.Duration(c.PushTimeout)))
	}
	return opts
}

// seed adds accounts and users. Callbacks come last, so that nothing of it is pushed.
func (c *Config) seed(wx *emulator.Server) error {
	apps := make([]*emulator.App, len(c.Apps))
	for i := range c.Apps {
		a, err := c.Apps[i].add(wx)
		if err != nil {
			return under(fmt.Sprintf("apps[%d]", i), err)
		}
		apps[i] = a
	}
	for i := range c.Users {
		if err := c.Users[i].add(wx); err != nil {
			return under(fmt.Sprintf("users[%d]", i), err)
		}
	}
	for i, a := range apps {
		if err := c.Apps[i].connect(wx, a); err != nil {
			return under(fmt.Sprintf("apps[%d]", i), err)
		}
	}
	return nil
}

// under puts the path of a field before an error.
func under(path string, err error) error { return fmt.Errorf("%s.%w", path, err) }

// try does something with the emulator for a field; a verb that makes no sense there is an error.
func try(field string, do func()) (err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case *emulator.MisuseError:
			err = fmt.Errorf("%s: %s", field, p.Reason)
		default:
			panic(p)
		}
	}()
	do()
	return nil
}
