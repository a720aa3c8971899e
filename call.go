package wechat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/exchange"
	"github.com/wechatkit/wechat/internal/rest"
	"github.com/wechatkit/wechat/internal/secret"
	"github.com/wechatkit/wechat/token"
)

// Call describes one request. The packages of this module make their calls with it; [Client.Do] is
// simpler for an endpoint that none of them covers.
type Call struct {
	Op     string     // name in errors, logs and observer events, such as "subscribe.Send"
	Method string     // http.MethodGet or http.MethodPost
	Path   string     // such as "/cgi-bin/message/subscribe/send"
	Host   string     // host of WeChat's that is not the API's, such as "mp.weixin.qq.com"; "" is the API's
	Query  url.Values // without the access token
	In     any        // JSON body; nil sends none
	Upload *Upload    // file body, in place of In
	Out    any        // pointer that takes the answer; nil if only errcode matters, which then must be there
	Binary Receiver   // takes an answer that is a file; see [Receiver]
	Auth   Auth
	Effect Effect
	// Private are those values of Query and In that open something, as a login code or a key does, besides AppSecret and
	// access token. Texts and OpenIDs need no mention: errors do not show them either. A middleware does not see the bodies
	// of a call that has any, see [WithTransportMiddleware].
	Private []string
	// Unready is the errcode by which WeChat says that it does not know yet what the call names, such as 85437 for the
	// number of a payment just made. It is waited for like 45011. 0 for none.
	Unready errcode.Code
}

// String returns "subscribe.Send POST /cgi-bin/message/subscribe/send".
func (c Call) String() string { return c.Op + " " + c.Method + " " + c.Path }

// Format keeps every verb of fmt from printing codes, OpenIDs and texts.
func (c Call) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// check finds mistakes that would show only after the request had its effect, or not at all.
func (c *Call) check() error {
	hasBody := c.In != nil || c.Upload != nil
	switch {
	case c.Method != http.MethodGet && c.Method != http.MethodPost:
		return fmt.Errorf("method %q is neither GET nor POST", c.Method)
	case c.Method == http.MethodGet && hasBody:
		return errors.New("a GET has no body")
	case !strings.HasPrefix(c.Path, "/") || strings.ContainsAny(c.Path, "?#"):
		return errors.New("path must begin with / and carry no query")
	}
	if _, ok := c.Out.(rest.Decoder); ok || c.Out == nil {
		return nil
	}
	if out := reflect.ValueOf(c.Out); out.Kind() != reflect.Pointer || out.IsNil() {
		return fmt.Errorf("out is a %T and not a pointer to something", c.Out)
	}
	return nil
}

// Auth says how a call identifies the account.
type Auth int

// The ways.
const (
	AuthToken  Auth = iota // access token in the query; rejected tokens are replaced
	AuthSecret             // appid and secret in the query, as login wants it
	AuthNone               // nothing is added
)

// Effect says what a second request does, and so what may be repeated.
type Effect int

// The effects.
const (
	// NonIdempotent: every request that arrives has its effect, like a message. It is repeated only when it
	// never left or when WeChat answered that it was not carried out.
	NonIdempotent Effect = iota
	// Idempotent: a second request changes nothing. It is repeated after broken connections too.
	Idempotent
	// ReadOnly: the call only reads. It is repeated like Idempotent, and its outcome is never in doubt.
	ReadOnly
	// SingleUse: the call uses up a one-time code, perhaps even when it fails. It is repeated only
	// when it never left.
	SingleUse
)

// Do calls an endpoint that no package of this module covers, with the client's token, repetitions,
// redaction and errors. method is GET or POST. in is sent as JSON, a json.RawMessage as it is; nil sends nothing. out is
// a pointer that takes the JSON answer, a *json.RawMessage the whole of it, or nil. A text that is not UTF-8, also in a
// json.RawMessage, is an [errcode.FieldError] before anything is sent.
//
// A GET counts as a read; anything else is repeated only where WeChat certainly did not carry it out, and without
// an out its answer must have an errcode. [Client.Call] has the settings for all else.
func (c *Client) Do(ctx context.Context, method, path string, query url.Values, in, out any) error {
	effect := NonIdempotent
	if method == http.MethodGet {
		effect = ReadOnly
		if out == nil {
			out = ignored{}
		}
	}
	return c.Call(ctx, Call{
		Op: "wechat.Do", Method: method, Path: path, Query: query, In: in, Out: out, Effect: effect,
	})
}

// ignored takes any answer.
type ignored struct{}

// DecodeAnswer implements rest.Decoder.
func (ignored) DecodeAnswer([]byte) error { return nil }

// Call sends one request and reads its answer, see [Call].
func (c *Client) Call(ctx context.Context, call Call) error {
	r := &run{client: c, call: call}
	if err := r.prepare(); err != nil {
		return call.notMade(err)
	}
	if err := r.turn(ctx); err != nil {
		return r.final(err)
	}
	ctx, cancel := r.bound(ctx)
	defer cancel()
	for {
		r.attempt++
		err := r.once(ctx)
		if err == nil {
			return nil
		}
		r.doubt = r.doubt || mayHaveArrived(err)
		if !r.again(ctx, err) {
			return r.final(err)
		}
	}
}

// run is a call on its way.
type run struct {
	client  *Client
	call    Call
	req     rest.Request
	host    int64     // index of the address in use
	attempt int       // number of the request
	repeats int       // of the policy's attempts used up
	doubt   bool      // an attempt failed, but may have been carried out
	started time.Time // of the attempt
	renewed bool      // the token was replaced
	earlier bool      // and what came in its place was older than the attempt that was rejected
	renewal error     // why it could not be
	signed  string    // the URL that was sealed; "" for a call in the clear
}

// prepare makes what stays the same from attempt to attempt.
func (r *run) prepare() error {
	c, call := r.client, &r.call
	if err := call.check(); err != nil {
		return err
	}
	if err := call.checkTexts(); err != nil {
		return err
	}
	r.req = rest.Request{
		Method: call.Method, Path: call.Path, Upload: call.Upload, Secrets: c.keys().redact,
		Query: r.query(), Confidential: call.confidential(),
	}
	if call.Private != nil {
		r.req.Secrets = append([]string{c.keys().appSecret.Reveal()}, call.Private...)
	}
	if call.Auth == AuthSecret && c.keys().appSecret == "" {
		return errors.New("Config.AppSecret is empty, and this call needs it")
	}
	return r.encode()
}

// encode makes the body.
func (r *run) encode() (err error) {
	if r.call.In != nil {
		r.req.Body, err = rest.Encode(r.call.In)
	}
	return err
}

func (r *run) query() string {
	if r.call.Auth != AuthSecret {
		return r.call.Query.Encode()
	}
	q := url.Values{"appid": {r.client.appID}, "secret": {r.client.keys().appSecret.Reveal()}}
	for key, values := range r.call.Query {
		q[key] = values
	}
	return q.Encode()
}

// bound sets the limits of [WithTimeout]. A file takes the time it takes.
func (r *run) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	timeout := r.client.timeout
	deadline, ok := ctx.Deadline()
	switch {
	case r.call.Upload != nil || r.call.Binary != nil:
	case !ok:
		return context.WithTimeoutCause(ctx, timeout, rest.Timeout(timeout))
	case time.Until(deadline) > timeout:
		r.req.Timeout = timeout
	}
	return ctx, func() {}
}

// once makes one attempt. Its error is not wrapped yet.
func (r *run) once(ctx context.Context) error {
	if r.attempt > 1 {
		if err := r.turn(ctx); err != nil {
			return err
		}
	}
	if err := r.authorise(ctx); err != nil {
		return err
	}
	r.pickHost()
	if err := r.seal(); err != nil {
		return err
	}
	r.started = time.Now()
	status, err := r.exchange(ctx)
	r.leaveHost(err)
	r.report(ctx, status, err)
	return err
}

// turn waits for the rate limit. The first request does so before the limit of [WithTimeout] begins: a call
// that waits for others is not one that WeChat leaves without an answer.
func (r *run) turn(ctx context.Context) error {
	l := r.client.limiter
	if l == nil {
		return nil
	}
	err := l.Wait(ctx)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return notSent(rest.Ended(ctx))
	}
	return notSent(fmt.Errorf("no turn at the rate limit: %w", context.DeadlineExceeded))
}

// authorise gets the token, unless the one at hand was just renewed.
func (r *run) authorise(ctx context.Context) error {
	if r.call.Auth != AuthToken || r.req.Token != "" {
		return nil
	}
	t, err := r.client.keys().tokens.Token(ctx)
	if err != nil {
		return notSent(rest.Hide(err, r.client.keys().redact)) // it knows nothing of the message
	}
	if secret.IsMask(t.Value) {
		return notSent(token.ErrMasked)
	}
	r.req.Token = t.Value.Reveal()
	return nil
}

// exchange sends the request and reads errcode and result.
func (r *run) exchange(ctx context.Context) (status int, err error) {
	if r.call.Binary != nil {
		return r.receive(ctx)
	}
	answer, err := r.client.http.Do(ctx, &r.req)
	if err != nil {
		return statusOf(err), err
	}
	defer answer.Release()
	return answer.Status, r.read(&answer)
}

// read reads an answer. In answer to a sealed request a success in the clear is none: whoever could forge it would only
// have to omit the encryption.
func (r *run) read(answer *rest.Answer) error {
	opened, err := r.open(answer)
	if err != nil {
		return err
	}
	if err := exchange.Refusal(r.call.Op, &r.req, answer); err != nil {
		return err
	}
	if r.signed != "" && !opened {
		return r.unverified(answer, "success reported in the clear")
	}
	return exchange.Decode(&r.req, answer, r.call.Out)
}

// final adds the name of the call, and whether it may have been carried out: by any of its attempts, not only
// the last.
func (r *run) final(err error) error {
	if r.renewal != nil {
		err = fmt.Errorf("%w; the token was not replaced: %w", err, r.renewal)
	}
	var refused *errcode.Error
	named := errors.As(err, &refused) && refused.Op == r.call.Op // it begins with the name of the call
	doubt := r.doubt && r.call.Effect != ReadOnly
	switch {
	case doubt && named:
		return fmt.Errorf("%w; of an earlier attempt: %w", err, ErrOutcomeUnknown)
	case doubt:
		return fmt.Errorf("%s: %w: %w", r.call.Op, ErrOutcomeUnknown, err)
	case named:
		return err
	}
	return fmt.Errorf("%s: %w", r.call.Op, err)
}

func codeOf(err error) errcode.Code {
	var code errcode.Code
	errors.As(err, &code)
	return code
}

func statusOf(err error) int {
	var answer *ResponseError
	if errors.As(err, &answer) {
		return answer.Status
	}
	return 0
}
