package callback_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/callback/callbacktest"
)

// TestQueriesOfStrangers holds for all modes, and for the check of the URL.
func TestQueriesOfStrangers(t *testing.T) {
	t.Parallel()
	replace := func(old, with string) func(string) string {
		return func(q string) string { return strings.Replace(q, old, with, 1) }
	}
	cases := map[string]struct {
		change func(string) string
		want   error
	}{
		"no query":           {func(string) string { return "" }, callback.ErrQuery},
		"nonce as list":      {replace("nonce=", "nonce[]="), callback.ErrQuery},
		"nonce as map":       {replace("nonce=", "nonce%5Ba%5D="), callback.ErrQuery},
		"nonce twice":        {func(q string) string { return q + "&nonce=1320562132" }, callback.ErrQuery},
		"timestamp twice":    {func(q string) string { return q + "&timestamp=1763600000" }, callback.ErrQuery},
		"signature twice":    {func(q string) string { return q + "&signature=x&signature=y" }, callback.ErrQuery},
		"nonce encoded":      {func(q string) string { return q + "&%6eonce=1320562132" }, callback.ErrQuery},
		"nonce all encoded":  {func(q string) string { return q + "&%6E%6F%6E%63%65=1" }, callback.ErrQuery},
		"timestamp encoded":  {func(q string) string { return "t%69mestamp=1763600001&" + q }, callback.ErrQuery},
		"signature encoded":  {func(q string) string { return q + "&signatur%65=x" }, callback.ErrQuery},
		"behind a semicolon": {func(q string) string { return q + "&a=1;nonce=2" }, callback.ErrQuery},
		"value, semicolon":   {replace("nonce=1320562132", "nonce=1320562132;a=1"), callback.ErrQuery},
		"encoded, semicolon": {func(q string) string { return q + "&a;%6eonce=2" }, callback.ErrQuery},
		"nonce missing":      {replace("nonce=", "n="), callback.ErrQuery},
		"nonce empty":        {replace("nonce=1320562132", "nonce="), callback.ErrQuery},
		"nonce empty, again": {replace("nonce=", "nonce=&nonce="), callback.ErrQuery},
		"nonce too long":     {replace("nonce=1320562132", "nonce="+strings.Repeat("1", 33)), callback.ErrQuery},
		"nonce with space":   {replace("nonce=1320562132", "nonce=1+2"), callback.ErrQuery},
		"nonce not ASCII":    {replace("nonce=1320562132", "nonce=%C3%A4"), callback.ErrQuery},
		"broken escape":      {replace("nonce=1320562132", "nonce=%zz"), callback.ErrQuery},
		"other nonce":        {replace("nonce=1320562132", "nonce=1320562133"), callback.ErrSignature},
		"timestamp missing":  {replace("timestamp=", "t="), callback.ErrQuery},
		"timestamp negative": {replace("timestamp=1763600000", "timestamp=-176360000"), callback.ErrQuery},
		"timestamp in ms":    {replace("timestamp=1763600000", "timestamp=1763600000000"), callback.ErrQuery},
		"timestamp as text":  {replace("timestamp=1763600000", "timestamp=1763600OOO"), callback.ErrQuery},
		"timestamp overflow": {replace("timestamp=1763600000", "timestamp=99999999999999999999"), callback.ErrQuery},
		"other timestamp":    {replace("timestamp=1763600000", "timestamp=1763600001"), callback.ErrSignature},
		"semicolons":         {func(q string) string { return strings.ReplaceAll(q, "&", ";") }, callback.ErrQuery},
	}
	for name, c := range cases {
		for modeName, mode := range map[string]callback.Mode{"secure": callback.ModeSecure, "plain": callback.ModePlain} {
			t.Run(name+"/"+modeName, func(t *testing.T) {
				t.Parallel()
				b := setup(t, appIn(mode))
				sender := callbacktest.Sender{App: b.app, Time: now, Nonce: "1320562132"}
				b.requireRefused(t, edit(sender.Push(textPush), c.change), c.want)
				b.requireRefused(t, edit(sender.Check("echo"), c.change), c.want)
			})
		}
	}
}

// TestEncodedNames: a name is the same however it is written, so one that a gateway encoded is read.
func TestEncodedNames(t *testing.T) {
	t.Parallel()
	for _, mode := range []callback.Mode{callback.ModeSecure, callback.ModePlain} {
		b := setup(t, appIn(mode))
		change := func(q string) string {
			q = "100%=x&%zz=1&a;b=1&" + strings.Repeat("%41", 1000) + "=1&" + q // what does not concern us may be anything
			return strings.NewReplacer("msg_signature", "msg%5Fsignature", "nonce", "%6E%6F%6E%63%65").Replace(q)
		}
		require.Equal(t, http.StatusOK, b.do(edit(b.sender().Push(textPush), change)).Code)
		require.Len(t, b.handled(), 1)
		require.Equal(t, "echo", b.do(edit(b.sender().Check("echo"), change)).Body.String())
	}
}

func TestTimeWindow(t *testing.T) {
	t.Parallel()
	for _, mode := range []callback.Mode{callback.ModeSecure, callback.ModePlain} {
		b := setup(t, appIn(mode))
		for _, off := range []time.Duration{-5*time.Minute - time.Second, 5*time.Minute + time.Second, -24 * time.Hour, 1000 * time.Hour} {
			sender := callbacktest.Sender{App: b.app, Time: now.Add(off)}
			b.requireRefused(t, sender.Push(textPush), callback.ErrStale)
			b.requireRefused(t, sender.Check("echo"), callback.ErrStale)
		}
		for i, off := range []time.Duration{-5 * time.Minute, 5 * time.Minute} {
			body := strings.Replace(textPush, "0001<", fmt.Sprintf("%04d<", i), 1)
			w := b.do(callbacktest.Sender{App: b.app, Time: now.Add(off)}.Push(body))
			require.Equal(t, http.StatusOK, w.Code)
			require.Len(t, b.handled(), 1)
		}
	}
}

func TestPlainModeAttacks(t *testing.T) {
	t.Parallel()
	t.Run("another body under a seen URL", func(t *testing.T) {
		t.Parallel()
		b := setup(t, appIn(callback.ModePlain))
		b.do(forge(textPush, "signature", plainSignature))
		require.Len(t, b.handled(), 1)
		b.requireRefused(t, forge(strings.Replace(textPush, "hello", "transfer all", 1), "signature", plainSignature), callback.ErrReplay)
	})
	t.Run("a push under the URL of the check", func(t *testing.T) {
		t.Parallel()
		b := setup(t, appIn(callback.ModePlain))
		check := callbacktest.Sender{App: b.app, Time: now, Nonce: "1320562132"}.Check("echo")
		require.Equal(t, "echo", b.do(check).Body.String())
		b.requireRefused(t, forge(textPush, "signature", plainSignature), callback.ErrReplay)
	})
	t.Run("encrypted push", func(t *testing.T) {
		t.Parallel()
		b := setup(t, appIn(callback.ModePlain))
		r := signed(sealed(t, textPush))
		b.requireRefused(t, edit(r, func(q string) string { return q + "&signature=" + plainSignature }), callback.ErrMode)
	})
	t.Run("push for another account", func(t *testing.T) {
		t.Parallel()
		app := appIn(callback.ModePlain)
		app.OriginalID = originalID
		b := setup(t, app)
		b.requireRefused(t, forge(strings.Replace(textPush, originalID, "gh_other", 1), "signature", plainSignature), callback.ErrAppID)
	})
	t.Run("msg_signature instead of signature", func(t *testing.T) {
		t.Parallel()
		b := setup(t, appIn(callback.ModePlain))
		b.requireRefused(t, forge(textPush, "msg_signature", plainSignature), callback.ErrSignature)
	})
}

// TestCompatibleModeReadsTheEncryptedCopy swaps the plain half of the body, which nothing protects.
func TestCompatibleModeReadsTheEncryptedCopy(t *testing.T) {
	t.Parallel()
	for _, body := range []string{textPush, jsonPush} {
		b := setup(t, appIn(callback.ModeCompatible))
		r := b.sender().Push(body)
		r.Body = io.NopCloser(strings.NewReader(strings.Replace(mustRead(t, r), "hello", "forged", 1)))
		require.Equal(t, http.StatusOK, b.do(r).Code)
		pushes := b.handled()
		require.Len(t, pushes, 1)
		require.Equal(t, "hello", pushes[0].(*callback.TextMessage).Content)
	}
}

// TestNothingInClearIsBelieved changes what no signature covers around a genuine ciphertext. The push that arrives is the
// encrypted one.
func TestNothingInClearIsBelieved(t *testing.T) {
	t.Parallel()
	body := func(old, with string) func(*testing.T, *http.Request) {
		return func(t *testing.T, r *http.Request) {
			before := mustRead(t, r)
			after := strings.Replace(before, old, with, 1)
			require.NotEqual(t, before, after)
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(after)), int64(len(after))
		}
	}
	query := func(old, with string) func(*testing.T, *http.Request) {
		return func(t *testing.T, r *http.Request) {
			require.Contains(t, r.URL.RawQuery, old)
			edit(r, func(q string) string { return strings.Replace(q, old, with, 1) })
		}
	}
	cases := map[string]func(*testing.T, *http.Request){
		"receiver":                 body(originalID, "gh_other"),
		"plain fields":             body("<Encrypt>", "<FromUserName>oVictim</FromUserName><Content>forged</Content><Encrypt>"),
		"a second Encrypt":         body("</Encrypt>", "</Encrypt><Encrypt>"+sealed(t, strings.Replace(textPush, "hello", "forged", 1))+"</Encrypt>"),
		"encrypt_type":             query("encrypt_type=aes", "encrypt_type=raw"),
		"encrypt_type left out":    query("encrypt_type=aes&", ""),
		"openid":                   query("nonce=", "openid=oVictim&nonce="),
		"signature of the query":   query("&signature=", "&signature=0"),
		"Content-Type":             func(_ *testing.T, r *http.Request) { r.Header.Set("Content-Type", "application/json") },
		"Content-Type and charset": func(_ *testing.T, r *http.Request) { r.Header.Set("Content-Type", "text/xml; charset=utf-16") },
		"no Content-Type":          func(_ *testing.T, r *http.Request) { r.Header.Del("Content-Type") },
		"method override":          func(_ *testing.T, r *http.Request) { r.Header.Set("X-Http-Method-Override", http.MethodGet) },
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := secureApp()
			app.OriginalID = originalID
			b := setup(t, app)
			r := b.sender().Push(textPush)
			change(t, r)
			require.Equal(t, http.StatusOK, b.do(r).Code)
			pushes := b.handled()
			require.Len(t, pushes, 1)
			require.Equal(t, "oFan-1", pushes[0].Head().FromUserName)
			require.Equal(t, "hello", pushes[0].(*callback.TextMessage).Content)
		})
	}
}

// TestNonceByChance: two pushes of one second may draw the same nonce. Where the signature covers the content, both
// are genuine.
func TestNonceByChance(t *testing.T) {
	t.Parallel()
	b := setup(t, secureApp())
	sender := callbacktest.Sender{App: b.app, Time: now, Nonce: "1320562132"}
	require.Equal(t, http.StatusOK, b.do(sender.Push(textPush)).Code)
	require.Equal(t, http.StatusOK, b.do(sender.Push(strings.Replace(textPush, "0001<", "0002<", 1))).Code)
	require.Len(t, b.handled(), 2)
}

func TestReplayRunsNothing(t *testing.T) {
	t.Parallel()
	for _, mode := range []callback.Mode{callback.ModeSecure, callback.ModeCompatible, callback.ModePlain} {
		b := setup(t, appIn(mode))
		r := goldenRequest(b.app, textPush)
		recorded := mustRead(t, r)
		for i := range 5 {
			r.Body = io.NopCloser(strings.NewReader(recorded))
			require.Equal(t, http.StatusOK, b.do(r).Code)
			require.Len(t, b.handled(), map[bool]int{true: 1}[i == 0])
		}
		for _, report := range b.reported() {
			require.ErrorIs(t, report.Err, callback.ErrDuplicate)
		}
	}
}

// TestLateReplay sends a recorded request again after WeChat's retries are over, and once more when it is stale.
func TestLateReplay(t *testing.T) {
	t.Parallel()
	for _, mode := range []callback.Mode{callback.ModeSecure, callback.ModeCompatible, callback.ModePlain} {
		at := now
		b := setup(t, appIn(mode), func(c *callback.Config) { c.Now = func() time.Time { return at } })
		require.Equal(t, http.StatusOK, b.do(goldenRequest(b.app, textPush)).Code)
		require.Len(t, b.handled(), 1)
		at = now.Add(61 * time.Second)
		b.requireRefused(t, goldenRequest(b.app, textPush), callback.ErrReplay)
		at = now.Add(6 * time.Minute)
		b.requireRefused(t, goldenRequest(b.app, textPush), callback.ErrStale)
	}
}

// TestReplayAsLongAsTheSignatureLives: a timestamp from the edge of the future is worth something for twice the window, and
// so long the push is remembered.
func TestReplayAsLongAsTheSignatureLives(t *testing.T) {
	t.Parallel()
	for _, mode := range []callback.Mode{callback.ModeSecure, callback.ModePlain} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now() // of the bubble
			b := setup(t, appIn(mode), func(c *callback.Config) {
				c.Now = func() time.Time { return now.Add(time.Since(start)) }
			})
			sender := callbacktest.Sender{
				App: b.app, Time: now.Add(5 * time.Minute), Nonce: "1320562132", Random: [16]byte([]byte("aaaabbbbccccdddd")),
			}
			require.Equal(t, http.StatusOK, b.do(sender.Push(textPush)).Code)
			require.Len(t, b.handled(), 1)
			time.Sleep(10*time.Minute - time.Second)
			b.requireRefused(t, sender.Push(textPush), callback.ErrReplay)
			time.Sleep(2 * time.Second)
			b.requireRefused(t, sender.Push(textPush), callback.ErrStale)
		})
	}
}

func TestMethods(t *testing.T) {
	t.Parallel()
	b := setup(t, secureApp())
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodHead, http.MethodOptions, "TRACE", "get"} {
		r := b.sender().Push(textPush)
		r.Method = method
		b.requireRefused(t, r, callback.ErrMethod)
	}
	require.Equal(t, "GET, POST", b.do(httptest.NewRequest(http.MethodPut, "/", nil)).Header().Get("Allow"))
}

// hugeBody is the length of a zeros.
const hugeBody = 10 << 20

// zeros is a huge body that counts what was read of it.
type zeros struct{ read int }

func (z *zeros) Read(p []byte) (int, error) {
	if z.read >= hugeBody {
		return 0, io.EOF
	}
	clear(p)
	z.read += len(p)
	return len(p), nil
}

func TestHugeBody(t *testing.T) {
	t.Parallel()
	for name, length := range map[string]int64{"declared": hugeBody, "chunked": -1, "declared too small": 100} {
		b := setup(t, secureApp())
		body := &zeros{}
		r := guessed("")
		r.Body, r.ContentLength = io.NopCloser(body), length
		b.requireRefused(t, r, callback.ErrTooLarge)
		require.LessOrEqual(t, body.read, 600<<10, name)
		if length > 100 {
			require.Zero(t, body.read, "nothing is read of what says that it is too long")
		}
	}
}

// stalled is a body that promises much and never comes. It notes how much room it was offered.
type stalled struct{ room int }

func (s *stalled) Read(p []byte) (int, error) {
	s.room = max(s.room, len(p))
	return 0, io.ErrUnexpectedEOF
}

// TestPromisedBodyReservesLittle: a header is cheap to send, so what it promises must not cost memory before it comes.
func TestPromisedBodyReservesLittle(t *testing.T) {
	t.Parallel()
	for name, length := range map[string]int64{"declared": 256 << 10, "chunked": -1} {
		b := setup(t, secureApp())
		body := &stalled{}
		r := guessed("")
		r.Body, r.ContentLength = io.NopCloser(body), length
		b.requireRefused(t, r, callback.ErrBody)
		require.LessOrEqual(t, body.room, 16<<10, name)
	}
}

func TestLargePushIsRead(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long ", 30<<10)
	for _, chunked := range []bool{false, true} {
		b := setup(t, secureApp())
		r := b.sender().Push(strings.Replace(textPush, "hello", long, 1))
		if chunked {
			r.ContentLength = -1
		}
		require.Equal(t, http.StatusOK, b.do(r).Code)
		require.Equal(t, long, b.handled()[0].(*callback.TextMessage).Content)
	}
}

//nolint:paralleltest // it measures the memory of the process
func TestHugeBodiesLeaveMemoryBounded(t *testing.T) {
	b := setup(t, secureApp(), func(c *callback.Config) { c.Observer = func(context.Context, callback.Report) {} })
	run := func(n int) {
		for range n {
			r := guessed("")
			r.Body, r.ContentLength = io.NopCloser(&zeros{}), -1
			b.do(r)
			b.do(guessed("<xml>" + strings.Repeat("<a>", 20000)))
			b.do(guessed("<xml>" + strings.Repeat("<![CDATA[x]]>", 15000)))
		}
	}
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	run(3)
	before := heap()
	run(50)
	require.Less(t, heap(), before+4<<20)
}

func TestBrokenBody(t *testing.T) {
	t.Parallel()
	b := setup(t, secureApp())
	none := guessed("")
	none.Body = nil
	b.requireRefused(t, none, callback.ErrParse)
	r := guessed("")
	r.Body, r.ContentLength = brokenBody{}, 100
	b.requireRefused(t, r, callback.ErrBody)
}

// TestHostileTextIsDelivered: what is properly signed but ugly is no attack. Nicknames look like that.
func TestHostileTextIsDelivered(t *testing.T) {
	t.Parallel()
	b := setup(t, secureApp())
	b.push(t, strings.Replace(textPush, "hello", "h\x00e\x01l\xffl\x1fo ]]&gt; &amp;", 1))
	pushes := b.handled()
	require.Len(t, pushes, 1)
	require.Equal(t, "hel\ufffdlo ]]&gt; &amp;", pushes[0].(*callback.TextMessage).Content)
}
