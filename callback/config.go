package callback

import (
	"context"
	"fmt"
	"time"

	"github.com/wechatkit/wechat/callback/internal/seal"
	"github.com/wechatkit/wechat/internal/secret"
)

// Secret is a text that no log line, error or JSON shows. A plain string constant converts to it.
type Secret = secret.String

// Kind is the kind of account that pushes.
type Kind uint8

// The kinds of account. They differ in what may be replied.
const (
	OfficialAccount    Kind = iota + 1 // official account or service account (公众号, 服务号): every reply
	MiniProgram                        // mini program (小程序): TransferReply only
	ThirdPartyPlatform                 // third-party platform (第三方平台): every reply, none to its own pushes
)

// Mode is the encryption that is set in WeChat's console. It is never taken from a request.
type Mode uint8

// The modes of the console.
const (
	// ModeSecure (安全模式): pushes are encrypted, and so are replies.
	ModeSecure Mode = iota
	// ModeCompatible (兼容模式): pushes hold the same message twice, plain and encrypted. Only the encrypted one
	// is read, so this is exactly as safe as ModeSecure, and treated alike in all else.
	ModeCompatible
	// ModePlain (明文模式): nothing is encrypted and the signature does not cover the body. Whoever sees one
	// request can send another body with its signature until the time window ends, unless the original got
	// here first. For development, and for test accounts (测试号), which have no other mode.
	ModePlain
)

// App is one account that pushes here, as set in WeChat's console under message push (消息推送).
type App struct {
	// AppID is the account's app id; for a third-party platform the component's.
	AppID string
	// Kind is the kind of the account. Required.
	Kind Kind
	// OriginalID is the account's original id (原始ID, "gh_…"). If set, a push with another ToUserName is refused.
	// Worth setting in ModePlain, where nothing else names the receiver.
	OriginalID string
	// Mode is the encryption mode. Defaults to ModeSecure.
	Mode Mode
	// Token signs the pushes. Required.
	Token Secret
	// PreviousToken is accepted too, while a new Token spreads. Empty when nothing is changing.
	PreviousToken Secret
	// EncodingAESKey has 43 characters. Required, but in ModePlain.
	EncodingAESKey Secret
	// PreviousEncodingAESKey is tried after EncodingAESKey: after a change pushes with the old key come for
	// some time. A reply is encrypted with the key of its push.
	PreviousEncodingAESKey Secret
}

// Config is the setting of a [Handler]. Only Apps is required.
type Config struct {
	// Apps are the accounts that push to this URL; nearly always one. With several, the token and the encrypted
	// app id tell which one a push is for.
	Apps []App
	// Window is how far the signed timestamp may be from now, both ways. Defaults to 5 minutes.
	Window time.Duration
	// MaxBody bounds the body of a request in bytes. Defaults to 256 KiB; WeChat's pushes have a few. Senders who have
	// proved nothing yet may have 32 times as much in memory, all together.
	MaxBody int64
	// AnswerWithin is the time until "success" is answered for a handler that is still running. Counted from
	// the arrival of the request; a Store that hangs adds up to 400 milliseconds. Defaults to 4.5 seconds and
	// cannot exceed WeChat's 5.
	AnswerWithin time.Duration
	// MaxRunning bounds the handlers that run at one time, those that go on after the answer included. Pushes
	// above it are answered 503. Defaults to 1024.
	MaxRunning int
	// Store remembers across machines which pushes have run. Defaults to the memory of this process, which
	// is right for one process.
	Store Store
	// Late takes the reply of a handler that returned after its push was answered, for instance to send it as
	// a customer service message (客服消息). It runs on the handler's goroutine with the handler's context.
	Late func(ctx context.Context, p Push, reply Reply)
	// Values takes out of a request's context what ctx.Value of a handler finds, also after the answer; only the
	// values of what it returns are used. It runs before the handler, and what it returns must stay as it is after
	// the answer: copy what the server, a router or a pool will use again.
	//
	// Defaults to the context of the request itself, which finds nothing any more once the request is answered. Under
	// net/http, without a router that uses contexts again, it is safe to return ctx itself and keep them all.
	Values func(ctx context.Context) context.Context
	// Observer is told about every refusal and failure. It must be safe for concurrent use and fast. Defaults
	// to log/slog's default logger: failures of handlers as errors, the rest as warnings, duplicates and
	// requests without WeChat's parameters at debug level, see [LogReport].
	Observer func(ctx context.Context, r Report)
	// Now is the clock that timestamps are compared with. Defaults to time.Now.
	Now func() time.Time
}

const (
	defaultWindow       = 5 * time.Minute
	defaultMaxBody      = 256 << 10
	defaultAnswerWithin = 4500 * time.Millisecond
	defaultMaxRunning   = 1024

	maxAnswerWithin = 5 * time.Second
	maxWindow       = 24 * time.Hour
)

func (c Config) withDefaults() Config {
	if c.Window == 0 {
		c.Window = defaultWindow
	}
	if c.MaxBody == 0 {
		c.MaxBody = defaultMaxBody
	}
	if c.AnswerWithin == 0 {
		c.AnswerWithin = defaultAnswerWithin
	}
	if c.MaxRunning == 0 {
		c.MaxRunning = defaultMaxRunning
	}
	if c.Observer == nil {
		c.Observer = LogReport
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// check looks at all but the apps.
func (c Config) check() error {
	switch {
	case len(c.Apps) == 0:
		return fieldError("New", "Apps", "empty")
	case c.Window < 0 || c.Window > maxWindow:
		return fieldError("New", "Window", fmt.Sprintf("%v, allowed 0 to %v", c.Window, maxWindow))
	case c.MaxBody < 0:
		return fieldError("New", "MaxBody", "negative")
	case c.AnswerWithin < 0 || c.AnswerWithin > maxAnswerWithin:
		return fieldError("New", "AnswerWithin", fmt.Sprintf("%v, allowed 0 to %v", c.AnswerWithin, maxAnswerWithin))
	case c.MaxRunning < 0:
		return fieldError("New", "MaxRunning", "negative")
	}
	return nil
}

// account is an App made ready.
type account struct {
	id, originalID string
	kind           Kind
	mode           Mode
	tokens         []string
	keys           []*seal.Key
}

func newAccounts(apps []App) ([]*account, error) {
	out := make([]*account, 0, len(apps))
	for i, app := range apps {
		field := func(name string) string { return fmt.Sprintf("Apps[%d].%s", i, name) }
		a, err := newAccount(app, field)
		if err != nil {
			return nil, err
		}
		for _, other := range out {
			if other.id == a.id {
				return nil, fieldError("New", field("AppID"), "there twice")
			}
			// Without an encrypted app id the token is all that tells two apps apart.
			if (other.mode == ModePlain || a.mode == ModePlain) && sharesToken(a, other) {
				return nil, fieldError("New", field("Token"), "shared with another app, one of them in ModePlain")
			}
		}
		out = append(out, a)
	}
	return out, nil
}

func sharesToken(a, b *account) bool {
	for _, x := range a.tokens {
		for _, y := range b.tokens {
			if x == y {
				return true
			}
		}
	}
	return false
}

// masked names a setting that is no secret any more.
func (a *App) masked() string {
	switch {
	case secret.IsMask(a.Token):
		return "Token"
	case secret.IsMask(a.PreviousToken):
		return "PreviousToken"
	case secret.IsMask(a.EncodingAESKey):
		return "EncodingAESKey"
	case secret.IsMask(a.PreviousEncodingAESKey):
		return "PreviousEncodingAESKey"
	}
	return ""
}

func newAccount(app App, field func(string) string) (*account, error) {
	switch {
	case app.AppID == "":
		return nil, fieldError("New", field("AppID"), "empty")
	case app.Kind < OfficialAccount || app.Kind > ThirdPartyPlatform:
		return nil, fieldError("New", field("Kind"), "not set")
	case app.Mode > ModePlain:
		return nil, fieldError("New", field("Mode"), "unknown")
	case app.Token == "":
		return nil, fieldError("New", field("Token"), "empty")
	case app.EncodingAESKey == "" && app.Mode != ModePlain:
		return nil, fieldError("New", field("EncodingAESKey"), "empty")
	case app.OriginalID != "" && app.Kind == ThirdPartyPlatform:
		return nil, fieldError("New", field("OriginalID"), "a third-party platform receives for many accounts")
	}
	if name := app.masked(); name != "" {
		return nil, fieldError("New", field(name), secret.Masked)
	}
	a := &account{id: app.AppID, originalID: app.OriginalID, kind: app.Kind, mode: app.Mode}
	a.tokens = append(a.tokens, app.Token.Reveal())
	if app.PreviousToken != "" {
		a.tokens = append(a.tokens, app.PreviousToken.Reveal())
	}
	for _, k := range []struct {
		name string
		text Secret
	}{
		{"EncodingAESKey", app.EncodingAESKey},
		{"PreviousEncodingAESKey", app.PreviousEncodingAESKey},
	} {
		if k.text == "" {
			continue
		}
		key, err := seal.NewKey(k.text.Reveal())
		if err != nil {
			return nil, fieldError("New", field(k.name), err.Error())
		}
		a.keys = append(a.keys, key)
	}
	return a, nil
}
