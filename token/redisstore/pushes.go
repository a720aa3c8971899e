package redisstore

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/wechatkit/wechat/callback"
)

// Pushes remembers in Redis which pushes have run, so that one that WeChat repeats to another machine does not
// run again. It implements [callback.Store] and is safe for concurrent use.
//
// Below the prefix, "wechat:push:p:" with the app id and a digest is one push: a random owner while it runs (six
// seconds with the settings that package callback defaults to), then its reply, if it had one (eleven minutes).
// "wechat:push:n:" binds a nonce to a digest of its body, in ModePlain only. The commands are EVAL, EVALSHA,
// GET, SET and DEL, and PTTL and PEXPIRE for claims that another program has left without an end. Redis may forget
// all of it: a push that WeChat repeats may then run again.
type Pushes struct{ settings }

var _ callback.Store = (*Pushes)(nil)

// NewPushes returns Pushes, or an error that names the option that is wrong. It sends nothing yet. Replies
// hold message text: see [WithEncryption].
func NewPushes(client redis.UniversalClient, opts ...Option) (*Pushes, error) {
	s, err := newSettings(client, opts)
	if err != nil {
		return nil, err
	}
	return &Pushes{s}, nil
}

// String returns "redisstore.Pushes".
func (p Pushes) String() string { return "redisstore.Pushes" }

// Format is for the verbs that do not ask String.
func (p Pushes) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, p.String()) }

// name of a push in Redis.
func (p *Pushes) name(key string) string { return p.prefix + "wechat:push:" + key }

// A value begins with r and names who runs the push, or with d and holds the answer.
const (
	running = "r"
	done    = "d"
)

// A claim that lost its end, as by a restored dump, gets one. Without the rights for that it stays.
var beginScript = redis.NewScript(`
local cur = redis.call('GET', KEYS[1])
if cur and cur ~= ARGV[1] then
	if string.sub(cur, 1, 1) == '` + running + `' and redis.pcall('PTTL', KEYS[1]) == -1 then
		redis.pcall('PEXPIRE', KEYS[1], ARGV[2])
	end
	return cur
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return ''
`)

// Begin implements [callback.Store].
func (p *Pushes) Begin(ctx context.Context, key, owner string, lease time.Duration) (callback.Claim, error) {
	name := p.name(key)
	reply, err := p.run(ctx, beginScript, name, running+owner, max(1, lease.Milliseconds()))
	if err != nil {
		return callback.Claim{}, failed("begin", err)
	}
	state, _ := reply.(string)
	switch {
	case state == "":
		return callback.Claim{State: callback.Claimed}, nil
	case state[:1] == running:
		return callback.Claim{State: callback.Running}, nil
	}
	answer, err := p.open(name, state[1:])
	if err != nil {
		return callback.Claim{}, failed("begin", err)
	}
	claim := callback.Claim{State: callback.Done}
	if answer != "" {
		claim.Answer = []byte(answer)
	}
	return claim, nil
}

// Finish implements [callback.Store].
func (p *Pushes) Finish(ctx context.Context, key string, answer []byte, ttl time.Duration) error {
	name := p.name(key)
	value := p.seal(name, string(answer))
	_, err := call(ctx, &p.settings, func() (string, error) {
		return p.secrets().client.Set(ctx, name, done+value, max(time.Millisecond, ttl)).Result()
	})
	return failed("finish", err)
}

var releaseScript = redis.NewScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`)

// Release implements [callback.Store].
func (p *Pushes) Release(ctx context.Context, key, owner string) error {
	_, err := p.run(ctx, releaseScript, p.name(key), running+owner)
	return failed("release", err)
}
