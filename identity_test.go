package wechat_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/token"
	"github.com/wechatkit/wechat/token/component"
)

// situation is a call with a message of one text that fails, and what its error must be whatever the text says.
type situation struct {
	source token.Source // nil is the client's own
	steps  func(text string) []step
	do     func(ctx context.Context, c *wechat.Client, text string) error // nil sends the message
	opts   []wechat.Option
	upload bool // of a video with the text as its title
	ended  bool // the context, before the call
	is     []error
	as     []func(error) string // what is wrong, "" for nothing
}

var errVault = errors.New("vault is sealed: no token source for this stable string")

// quoting is an error of a program's own transport that keeps what it quotes to itself.
type quoting struct{ said string }

func (quoting) Error() string { return "lost on the way" }

// rejected is one that shows it.
type rejectedBody struct {
	Body string
	Err  error
}

func (e *rejectedBody) Error() string { return "rejected body " + e.Body + ": " + e.Err.Error() }
func (e *rejectedBody) Unwrap() error { return e.Err }

type failingSource struct{ err error }

func (s failingSource) Token(context.Context) (token.Token, error) { return token.Token{}, s.err }

// found is a check of errors.As.
func found[T any](right func(T) bool) func(error) string {
	return func(err error) string {
		var e T
		if !errors.As(err, &e) {
			return "no " + reflect.TypeFor[T]().String()
		}
		if !right(e) {
			return fmt.Sprintf("another %T", e)
		}
		return ""
	}
}

func anyOf[T any](T) bool { return true }

func sent(want bool) func(*wechat.TransportError) bool {
	return func(e *wechat.TransportError) bool {
		return e.Sent == want && e.Path != "" && e.Method == http.MethodPost
	}
}

func refusal(code errcode.Code, field string) func(error) string {
	return found(func(e *errcode.Error) bool {
		return e.Code == code && e.Field == field && e.RID == identityRID && e.Path != "" && e.Op != ""
	})
}

const identityRID = "658cff8e-7783352d-44cb33e5"

func fails(err error) step { return func(*http.Request) (*http.Response, error) { return nil, err } }

// says is an answer whose errmsg quotes the text in the middle of WeChat's own words.
func says(code errcode.Code, before, after string) func(string) []step {
	return func(text string) []step {
		body, err := json.Marshal(map[string]any{"errcode": code, "errmsg": before + text + after + " rid: " + identityRID})
		if err != nil {
			panic(err)
		}
		return []step{answer(string(body))}
	}
}

func plays(steps ...step) func(string) []step { return func(string) []step { return steps } }

// errnos is the chain of a dial that was refused.
func dialRefused() error {
	return &net.OpError{
		Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9},
		Err: os.NewSyscallError("connect", syscall.ECONNREFUSED),
	}
}

func situations() map[string]*situation {
	static := token.Static("PLANTED-token-0123456789")
	badIP := `{"errcode":40164,"errmsg":"invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: ` + identityRID + `"}`
	const page = "<html><head><title>502 Bad Gateway</title></head>the gateway cannot pass on "
	all := map[string]*situation{
		"TokenRefused": {
			steps: plays(answer(badIP)), is: []error{errcode.IPNotAllowed, errcode.Code(40164)},
			as: []func(error) string{
				refusal(40164, ""), found(func(e *errcode.Error) bool { return e.IP() == "203.0.113.7" && e.Op == "token.Fetch" }),
				found(func(c errcode.Class) bool { return c == errcode.IPNotAllowed }),
			},
		},
		"TokenNoConnection": {
			steps: plays(fails(dialRefused())), is: []error{syscall.ECONNREFUSED},
			as: []func(error) string{found(sent(false)), found(anyOf[*net.OpError]), found(anyOf[syscall.Errno])},
		},
		"TokenPage": {
			steps: plays(status(http.StatusBadGateway, page)),
			as:    []func(error) string{found(func(e *wechat.ResponseError) bool { return e.Status == 502 })},
		},
		"TokenSourceOwn":     {source: failingSource{fmt.Errorf("source: %w", errVault)}, is: []error{errVault}},
		"TokenNoTicket":      {source: failingSource{component.ErrNoTicket}, is: []error{component.ErrNoTicket}},
		"TokenNotAuthorized": {source: failingSource{component.ErrNotAuthorized}, is: []error{component.ErrNotAuthorized}},
		"TokenMasked":        {source: token.Static("[redacted]"), is: []error{token.ErrMasked}},
		"TokenNotRenewed": {
			source: &tokens{err: errVault}, steps: says(40001, "invalid credential, ", ""),
			is: []error{errVault, errcode.InvalidToken, errcode.InvalidCredential}, as: []func(error) string{refusal(40001, "")},
		},
		"SendNoConnection": {
			source: static, steps: plays(fails(dialRefused())), is: []error{syscall.ECONNREFUSED},
			as: []func(error) string{found(sent(false)), found(anyOf[*net.OpError]), found(anyOf[net.Error])},
		},
		"SendReset": {
			source: static, steps: plays(connectionReset), is: []error{syscall.ECONNRESET, wechat.ErrOutcomeUnknown},
			as: []func(error) string{found(sent(true)), found(anyOf[*net.OpError])},
		},
		"SendEOF": {
			source: static, steps: plays(fails(io.ErrUnexpectedEOF)),
			is: []error{io.ErrUnexpectedEOF, wechat.ErrOutcomeUnknown}, as: []func(error) string{found(sent(true))},
		},
		"SendStreamRefused": {
			source: static, steps: plays(fails(fmt.Errorf("stream error: stream ID 1; REFUSED_STREAM; %w", io.EOF))),
			is: []error{io.EOF}, as: []func(error) string{found(anyOf[*wechat.TransportError])},
		},
		"SendBadAnswer": {
			source: static, is: []error{wechat.ErrOutcomeUnknown}, as: []func(error) string{
				found(sent(true)), found(anyOf[textproto.ProtocolError]),
			},
			steps: func(text string) []step {
				return []step{fails(fmt.Errorf("malformed HTTP response: %w", textproto.ProtocolError("malformed MIME header line: "+text)))}
			},
		},
		"SendTimeout": {
			source: static, steps: plays(fails(&net.OpError{Op: "read", Net: "tcp", Err: os.ErrDeadlineExceeded})),
			is: []error{os.ErrDeadlineExceeded, wechat.ErrOutcomeUnknown},
			as: []func(error) string{found(net.Error.Timeout), found((*net.OpError).Timeout)},
		},
		"SendOwnTransport": {
			source: static, is: []error{errVault, wechat.ErrOutcomeUnknown}, as: []func(error) string{found(sent(true))},
			steps: func(text string) []step { return []step{fails(fmt.Errorf("vault of %q: %w", text, errVault))} },
		},
		"SendOwnType": {
			source: static, is: []error{errVault}, as: []func(error) string{
				found(func(e *rejectedBody) bool { return errors.Is(e, errVault) && e.Body != "" }),
			},
			steps: func(text string) []step { return []step{fails(&rejectedBody{"the body " + text, errVault})} },
		},
		"SendOwnHidden": {
			source: static, as: []func(error) string{found(anyOf[quoting])},
			steps: func(text string) []step { return []step{fails(quoting{text})} },
		},
		"SendPage": {
			source: static, is: []error{wechat.ErrOutcomeUnknown},
			steps: func(text string) []step { return []step{status(http.StatusBadGateway, page+text)} },
			as:    []func(error) string{found(func(e *wechat.ResponseError) bool { return e.Status == 502 && e.Reason != "" })},
		},
		"SendCanceled": {source: static, ended: true, steps: plays(hang), is: []error{context.Canceled}},
		"SendRefused": {
			source: static, steps: says(43101, "user refuse to accept the msg ", ""),
			is: []error{errcode.UserRefused, errcode.UserUnreachable}, as: []func(error) string{refusal(43101, "")},
		},
		"SendTemplateData": {
			source: static, steps: says(47003, "argument invalid! ", " data.amount2.value invalid"),
			is: []error{errcode.InvalidTemplateData, errcode.InvalidArgument}, as: []func(error) string{refusal(47003, "amount2")},
		},
		"SendTemplateDataMissing": {
			source: static, steps: plays(says(47003, "argument invalid! data.character_string17.value is emtpy", "")("")...),
			is: []error{errcode.InvalidTemplateData}, as: []func(error) string{refusal(47003, "character_string17")},
		},
		"SendBadIP": {
			source: static, steps: plays(answer(badIP)), is: []error{errcode.IPNotAllowed}, as: []func(error) string{
				refusal(40164, ""), found(func(e *errcode.Error) bool { return e.IP() == "203.0.113.7" }),
			},
		},
		"UploadRefused": {
			source: static, upload: true, steps: says(40007, "invalid media_id: ", ""), is: []error{errcode.InvalidMediaID},
			as: []func(error) string{refusal(40007, "")},
		},
		"UploadPage": {
			source: static, upload: true, as: []func(error) string{found(anyOf[*wechat.ResponseError])},
			steps: func(text string) []step { return []step{status(http.StatusBadGateway, page+text)} },
		},
	}
	sealed := *all["SendTemplateData"]
	sealed.opts = []wechat.Option{wechat.WithAPISecurity(newPeer().settings(noon))}
	all["SealedTemplateData"] = &sealed
	maps.Copy(all, packageSituations())
	return all
}

// outcome is the error of a call, and all that a program gets to see of it.
type outcome struct {
	err   error
	shown string
}

// run makes the call of the situation with the text in its message.
func (s *situation) run(t *testing.T, text string) outcome {
	t.Helper()
	var out record
	steps := []step{answer(ok)}
	if s.steps != nil {
		steps = s.steps(text)
	}
	opts := append([]wechat.Option{
		wechat.WithHTTPClient(&http.Client{Transport: &script{steps: steps}}), wechat.WithRetry(wechat.RetryPolicy{Attempts: 1}),
		wechat.WithLogger(slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{
			Level: slog.LevelDebug, ReplaceAttr: withoutTimes,
		}))),
		wechat.WithObserver(func(_ context.Context, e wechat.CallEvent) {
			e.Start, e.Duration = time.Time{}, 0
			fmt.Fprintf(&out, "%v|%+v|%#v\n", e, e, e)
			out.json(e)
			out.note(e.Err)
		}),
	}, s.opts...)
	if s.source != nil {
		opts = append(opts, wechat.WithTokenSource(s.source))
	}
	c, err := wechat.New(wechat.Config{AppID: "wx1", AppSecret: plantedSecret}, opts...)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if s.ended {
		cancel()
	}
	if s.do == nil {
		err = c.Call(ctx, s.call(text))
	} else {
		err = s.do(ctx, c, text)
	}
	require.Error(t, err)
	out.note(err)
	for _, e := range asked(err) {
		out.note(e)
		fmt.Fprintf(&out, "%+v|%#v\n", e, e)
	}
	return outcome{err, addresses.ReplaceAllString(out.String(), "0x0")}
}

var addresses = regexp.MustCompile(`0x[0-9a-f]+`)

func withoutTimes(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey || a.Value.Kind() == slog.KindDuration {
		return slog.Attr{}
	}
	return a
}

func (s *situation) call(text string) wechat.Call {
	if s.upload {
		title, err := json.Marshal(map[string]string{"title": text})
		if err != nil {
			panic(err)
		}
		return wechat.Call{
			Op: "test.Upload", Method: http.MethodPost, Path: "/cgi-bin/material/add_material", Upload: &wechat.Upload{
				Field: "media", Filename: "a.mp4", Size: 3, Form: []wechat.FormValue{{Name: "description", Value: string(title)}},
				Open: func() (io.Reader, error) { return strings.NewReader("mp4"), nil },
			},
		}
	}
	return wechat.Call{
		Op: "test.Send", Method: http.MethodPost, Path: "/cgi-bin/message/custom/send", In: map[string]any{
			"touser": "oUser", "data": map[string]any{"thing1": map[string]string{"value": text}, "amount2": map[string]string{"value": "12"}},
		},
	}
}

// asked returns what a program gets by errors.As of the types that this module and the standard library document.
func asked(err error) (list []error) {
	list = appendAs[*errcode.Error](list, err)
	list = appendAs[*wechat.TransportError](list, err)
	list = appendAs[*wechat.ResponseError](list, err)
	list = appendAs[*url.Error](list, err)
	list = appendAs[*net.OpError](list, err)
	list = appendAs[*os.SyscallError](list, err)
	list = appendAs[textproto.ProtocolError](list, err)
	list = appendAs[net.Error](list, err)
	list = appendAs[*fs.PathError](list, err)
	list = appendAs[*json.SyntaxError](list, err)
	list = appendAs[*rejectedData](list, err)
	list = appendAs[quoting](list, err)
	return appendAs[*rejectedBody](list, err)
}

func appendAs[T error](list []error, err error) []error {
	if e, ok := errors.AsType[T](err); ok {
		return append(list, e)
	}
	return list
}

// What an error is does not depend on what the message says, and the text of the message does not come out: not in a form
// of the error, nor in what errors.As gives, the log or the observer. A text occurs where it stands more often than in the
// very same failure of a message that has nothing in common with our words or the system's: what stands in both is our own
// wording, which is not the message's even where it reads the same. Texts below six bytes are not looked for.
func TestIdentityWhateverTheMessageSays(t *testing.T) {
	t.Parallel()
	all := situations()
	controls := map[string]outcome{}
	for name, s := range all {
		controls[name] = s.run(t, "ωωωωωω-ψψψψψψ")
	}
	texts := identityTexts(controls, 10_000)
	for at, name := range slices.Sorted(maps.Keys(all)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i, text := range texts {
				if i < len(knownTexts) || i%len(all) == at { // all in all would take a minute
					all[name].require(t, text, controls[name])
				}
			}
		})
	}
}

// knownTexts have been mistaken for something else, or look as if they could be.
var knownTexts = []string{
	"Message", "stable", "invalid", "whitelist", "errcode", "Source", "syscall", "connect", "connection refused", "Bad Gateway",
	"gateway", "Status", "verify", "sealed", "string", "errors", "amount", "amount2", "data.amount2.value", "2.value", "rid: 658cff",
	identityRID, "658cff", "redacted", "redact", "see [redacted] there", "203.0.113.7", "3.0.113", "invalid ip 20", "net/http", "timeout awaiting", "REFUSED_STREAM", "outcome unknown",
	"data.character_string17.value",
}

func (s *situation) require(t *testing.T, text string, control outcome) {
	t.Helper()
	got := s.run(t, text)
	for _, target := range s.is {
		if !errors.Is(got.err, target) {
			t.Fatalf("text %q: errors.Is(err, %v) is false: %v", text, target, got.err)
		}
	}
	for _, wrong := range s.as {
		if w := wrong(got.err); w != "" {
			t.Fatalf("text %q: errors.As finds %s in: %#v %v", text, w, got.err, got.err)
		}
	}
	for _, e := range asked(got.err) {
		if !errors.Is(got.err, e) {
			t.Fatalf("text %q: errors.As finds what errors.Is does not: %#v", text, e)
		}
	}
	if len(text) >= 6 && strings.Count(got.shown, text) > strings.Count(control.shown, text) {
		t.Fatalf("text %q got out:\n%s\nand without it:\n%s", text, got.shown, control.shown)
	}
}

// identityTexts makes texts of the words that occur in errors, codes and types, of pieces of these, and of anything.
func identityTexts(controls map[string]outcome, n int) []string {
	var known strings.Builder
	for _, name := range slices.Sorted(maps.Keys(controls)) {
		known.WriteString(controls[name].shown)
	}
	for code := range errcode.Code(100_000) {
		if code.Known() {
			known.WriteString(" " + code.Error() + " " + code.Class().String())
		}
	}
	whole := strings.ReplaceAll(known.String(), "[redacted]", "redacted") // what is only the mask cannot be masked
	words := regexp.MustCompile(`[\pL\pN_.]+`).FindAllString(whole, -1)
	seed := rand.New(rand.NewPCG(1, 2))
	texts := slices.Clone(knownTexts)
	for len(texts) < n {
		word := words[seed.IntN(len(words))]
		switch seed.IntN(4) {
		case 0:
			texts = append(texts, word)
		case 1:
			texts = append(texts, word+" "+words[seed.IntN(len(words))])
		case 2:
			start := seed.IntN(len(whole) - 40)
			texts = append(texts, strings.ToValidUTF8(whole[start:start+6+seed.IntN(30)], ""))
		default:
			texts = append(texts, anything(seed))
		}
	}
	return texts
}

func anything(seed *rand.Rand) string {
	alphabet := []rune("ab cd-ef_09AB<>&\"\\\n\t/%+{}[]:,.é订阅消息😀")
	text := make([]rune, 1+seed.IntN(24))
	for i := range text {
		text[i] = alphabet[seed.IntN(len(alphabet))]
	}
	return string(text)
}
