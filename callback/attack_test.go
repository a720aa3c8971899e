package callback_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/callback/callbacktest"
	"github.com/wechatkit/wechat/callback/internal/seal"
)

// forge returns a request with this body and the given parameters beside a fresh timestamp and nonce.
func forge(body string, params ...string) *http.Request {
	q := url.Values{"timestamp": {"1763600000"}, "nonce": {"1320562132"}}
	for i := 0; i < len(params); i += 2 {
		q.Set(params[i], params[i+1])
	}
	return httptest.NewRequest(http.MethodPost, "/?"+q.Encode(), strings.NewReader(body))
}

// plainSignature is what anybody has who saw one request.
var plainSignature = seal.Signature(token, "1763600000", "1320562132")

// signed returns a request whose ciphertext is correctly signed, whatever is in it.
func signed(encrypted string) *http.Request {
	return forge("<xml><Encrypt><![CDATA["+encrypted+"]]></Encrypt></xml>",
		"msg_signature", seal.Signature(token, "1763600000", "1320562132", encrypted))
}

// sealed encrypts a message with the right key for the right app.
func sealed(t testing.TB, message string) string {
	t.Helper()
	k, err := seal.NewKey(key)
	require.NoError(t, err)
	return k.Seal([]byte(message), appID)
}

// rawSealed encrypts a layout of choice: length field, message, app id, and a padding of n bytes of value pad.
func rawSealed(t testing.TB, length uint32, message, id string, n int, pad byte) string {
	t.Helper()
	raw, err := base64.RawStdEncoding.DecodeString(key)
	require.NoError(t, err)
	block, err := aes.NewCipher(raw)
	require.NoError(t, err)
	data := append([]byte("aaaabbbbccccdddd"), binary.BigEndian.AppendUint32(nil, length)...)
	data = append(append(data, message...), id...)
	data = append(data, bytes.Repeat([]byte{pad}, n)...)
	require.Zero(t, len(data)%aes.BlockSize)
	cipher.NewCBCEncrypter(block, raw[:16]).CryptBlocks(data, data)
	return base64.StdEncoding.EncodeToString(data)
}

// edit changes the query of a request.
func edit(r *http.Request, change func(string) string) *http.Request {
	r.URL.RawQuery = change(r.URL.RawQuery)
	return r
}

func TestAttacksOnEncryptedModes(t *testing.T) {
	t.Parallel()
	good := func() *http.Request { return callbacktest.Sender{App: secureApp(), Time: now}.Push(textPush) }
	const bomb = `<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY c "&b;&b;">]>`
	cases := map[string]struct {
		request func(t *testing.T) *http.Request
		want    error
	}{
		"plain body": {func(*testing.T) *http.Request { return forge(textPush, "signature", plainSignature) }, callback.ErrMode},
		"plain body, encrypt_type=aes": {func(*testing.T) *http.Request {
			return forge(textPush, "signature", plainSignature, "encrypt_type", "aes", "msg_signature", plainSignature)
		}, callback.ErrMode},
		"plain body, encrypt_type=raw": {func(*testing.T) *http.Request {
			return forge(textPush, "signature", plainSignature, "encrypt_type", "raw")
		}, callback.ErrMode},
		"plain JSON": {func(*testing.T) *http.Request { return forge(jsonPush, "signature", plainSignature) }, callback.ErrMode},
		"empty Encrypt": {func(*testing.T) *http.Request {
			return forge("<xml><Encrypt></Encrypt></xml>", "msg_signature", plainSignature)
		}, callback.ErrMode},
		"Encrypt of a nested element": {func(t *testing.T) *http.Request {
			return forge("<xml><A><Encrypt>"+sealed(t, textPush)+"</Encrypt></A></xml>", "msg_signature", plainSignature)
		}, callback.ErrMode},
		"no msg_signature": {func(t *testing.T) *http.Request {
			return forge("<xml><Encrypt>"+sealed(t, textPush)+"</Encrypt></xml>", "signature", plainSignature)
		}, callback.ErrSignature},
		"signature in place of msg_signature": {func(t *testing.T) *http.Request {
			return forge("<xml><Encrypt>"+sealed(t, textPush)+"</Encrypt></xml>", "msg_signature", plainSignature)
		}, callback.ErrSignature},
		"signature of another body": {func(t *testing.T) *http.Request {
			r := good()
			r.Body = io.NopCloser(strings.NewReader("<xml><Encrypt>" + sealed(t, textPush) + "</Encrypt></xml>"))
			return r
		}, callback.ErrSignature},
		"other token": {func(*testing.T) *http.Request {
			app := secureApp()
			app.Token = "guess"
			return callbacktest.Sender{App: app, Time: now}.Push(textPush)
		}, callback.ErrSignature},
		"upper-case signature": {func(*testing.T) *http.Request {
			return edit(good(), func(q string) string {
				values, _ := url.ParseQuery(q)
				values.Set("msg_signature", strings.ToUpper(values.Get("msg_signature")))
				return values.Encode()
			})
		}, callback.ErrSignature},
		"ciphertext moved into the nonce": {func(t *testing.T) *http.Request {
			encrypted := sealed(t, textPush)
			// The signature of 9… (nonce), 1… (timestamp) and the text does not change when the border moves.
			return forge("<xml><Encrypt>"+encrypted[64:]+"</Encrypt></xml>", "nonce", "9"+encrypted[:64],
				"msg_signature", seal.Signature(token, "1763600000", "9"+encrypted[:64], encrypted[64:]))
		}, callback.ErrQuery},
		"other key": {func(*testing.T) *http.Request {
			app := secureApp()
			app.EncodingAESKey = oldKey
			return callbacktest.Sender{App: app, Time: now}.Push(textPush)
		}, callback.ErrDecrypt},
		"other app id": {func(*testing.T) *http.Request {
			app := secureApp()
			app.AppID = "wx0000000000000009"
			return callbacktest.Sender{App: app, Time: now}.Push(textPush)
		}, callback.ErrAppID},
		"longer app id": {func(*testing.T) *http.Request {
			app := secureApp()
			app.AppID += "x"
			return callbacktest.Sender{App: app, Time: now}.Push(textPush)
		}, callback.ErrAppID},
		"no app id": {func(t *testing.T) *http.Request {
			return signed(rawSealed(t, uint32(len(textPush)), textPush, "", 48-(20+len(textPush))%16, byte(48-(20+len(textPush))%16)))
		}, callback.ErrDecrypt},
		"not base64":     {func(*testing.T) *http.Request { return signed("%%%%") }, callback.ErrDecrypt},
		"half a block":   {func(*testing.T) *http.Request { return signed(base64.StdEncoding.EncodeToString(make([]byte, 24))) }, callback.ErrDecrypt},
		"one zero block": {func(*testing.T) *http.Request { return signed(base64.StdEncoding.EncodeToString(make([]byte, 16))) }, callback.ErrDecrypt},

		"length too short": {func(t *testing.T) *http.Request { return signed(rawSealed(t, 3, "<xml/>", appID, 4, 4)) }, callback.ErrAppID},
		"length too long":  {func(t *testing.T) *http.Request { return signed(rawSealed(t, 9, "<xml/>", appID, 4, 4)) }, callback.ErrAppID},
		"length oversize":  {func(t *testing.T) *http.Request { return signed(rawSealed(t, 1<<32-1, "<xml/>", appID, 4, 4)) }, callback.ErrDecrypt},
		"length negative":  {func(t *testing.T) *http.Request { return signed(rawSealed(t, 1<<31, "<xml/>", appID, 4, 4)) }, callback.ErrDecrypt},
		"length zero":      {func(t *testing.T) *http.Request { return signed(rawSealed(t, 0, "", appID, 10, 10)) }, callback.ErrParse},

		"empty message":        {func(t *testing.T) *http.Request { return signed(sealed(t, "")) }, callback.ErrParse},
		"neither XML nor JSON": {func(t *testing.T) *http.Request { return signed(sealed(t, "hello")) }, callback.ErrParse},
		"entity bomb":          {func(t *testing.T) *http.Request { return signed(sealed(t, bomb+"<xml>&c;</xml>")) }, callback.ErrParse},
		"external entity": {func(t *testing.T) *http.Request {
			return signed(sealed(t, `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><Content>&a;</Content></xml>`))
		}, callback.ErrParse},
		"trailing garbage":          {func(t *testing.T) *http.Request { return signed(sealed(t, textPush+"x")) }, callback.ErrParse},
		"trailing JSON":             {func(t *testing.T) *http.Request { return signed(sealed(t, jsonPush+jsonPush)) }, callback.ErrParse},
		"cut message":               {func(t *testing.T) *http.Request { return signed(sealed(t, textPush[:200])) }, callback.ErrParse},
		"deep message":              {func(t *testing.T) *http.Request { return signed(sealed(t, strings.Repeat("<a>", 10000))) }, callback.ErrParse},
		"entity bomb as envelope":   {func(*testing.T) *http.Request { return forge(bomb + "<xml><Encrypt>&c;</Encrypt></xml>") }, callback.ErrParse},
		"garbage after envelope":    {func(*testing.T) *http.Request { return forge("<xml><Encrypt>x</Encrypt></xml>garbage") }, callback.ErrParse},
		"envelope not UTF-8":        {func(*testing.T) *http.Request { return forge("\xff\xfe<\x00x\x00m\x00l\x00>\x00") }, callback.ErrParse},
		"empty body":                {func(*testing.T) *http.Request { return forge("") }, callback.ErrParse},
		"form body":                 {func(*testing.T) *http.Request { return forge("echostr=1") }, callback.ErrParse},
		"billion elements envelope": {func(*testing.T) *http.Request { return forge("<xml>" + strings.Repeat("<a/>", 30000) + "</xml>") }, callback.ErrParse},
	}
	for name, c := range cases {
		for _, mode := range []callback.Mode{callback.ModeSecure, callback.ModeCompatible} {
			t.Run(fmt.Sprintf("%s/%d", name, mode), func(t *testing.T) {
				t.Parallel()
				setup(t, appIn(mode)).requireRefused(t, c.request(t), c.want)
			})
		}
	}
}

func TestWrongPaddingBytes(t *testing.T) {
	t.Parallel()
	b := setup(t, secureApp())
	const right = 64 - 20 - len("<xml/>") - len(appID)
	require.Equal(t, 20, right)
	for pad := range 256 {
		if pad == right {
			continue
		}
		r := signed(rawSealed(t, 6, "<xml/>", appID, right, byte(pad)))
		nonce := fmt.Sprint(1000000000 + pad)
		encrypted, _, _ := strings.Cut(strings.SplitN(mustRead(t, r), "CDATA[", 2)[1], "]]")
		r = forge("<xml><Encrypt>"+encrypted+"</Encrypt></xml>", "nonce", nonce,
			"msg_signature", seal.Signature(token, "1763600000", nonce, encrypted))
		w := b.do(r)
		require.Equal(t, http.StatusForbidden, w.Code, "padding byte %d", pad)
		require.Empty(t, b.handled())
		err := b.reported()[0].Err
		if 1 <= pad && pad < right { // a shorter padding, whose rest stands behind the app id
			require.ErrorIs(t, err, callback.ErrAppID, "padding byte %d", pad)
		} else {
			require.ErrorIs(t, err, callback.ErrDecrypt, "padding byte %d", pad)
		}
	}
}

func mustRead(t testing.TB, r *http.Request) string {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return string(body)
}

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
		"nonce missing":      {replace("nonce=", "n="), callback.ErrQuery},
		"nonce empty":        {replace("nonce=1320562132", "nonce="), callback.ErrQuery},
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

// zeros is an endless body that counts what was read of it.
type zeros struct{ read int }

func (z *zeros) Read(p []byte) (int, error) {
	clear(p)
	z.read += len(p)
	return len(p), nil
}

func TestHugeBody(t *testing.T) {
	t.Parallel()
	const size = 10 << 20
	for name, length := range map[string]int64{"declared": size, "chunked": -1, "declared too small": 100} {
		b := setup(t, secureApp())
		body := &zeros{}
		r := forge("")
		r.Body, r.ContentLength = io.NopCloser(body), length
		b.requireRefused(t, r, callback.ErrTooLarge)
		require.LessOrEqual(t, body.read, 600<<10, name)
	}
}

func TestHugeBodiesLeaveMemoryBounded(t *testing.T) {
	b := setup(t, secureApp(), func(c *callback.Config) { c.Report = func(context.Context, callback.Report) {} })
	run := func(n int) {
		for range n {
			r := forge("")
			r.Body, r.ContentLength = io.NopCloser(&zeros{}), -1
			b.do(r)
			b.do(forge("<xml>" + strings.Repeat("<a>", 20000)))
			b.do(forge("<xml>" + strings.Repeat("<![CDATA[x]]>", 15000)))
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
	none := forge("")
	none.Body = nil
	b.requireRefused(t, none, callback.ErrParse)
	r := forge("")
	r.Body, r.ContentLength = brokenBody{}, 100
	b.requireRefused(t, r, callback.ErrBody)
}

// TestSlowBody dribbles a request into a real server, which must not wait for it longer than the answer may take.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	b := setup(t, secureApp(), func(c *callback.Config) { c.AnswerWithin = 100 * time.Millisecond })
	server := httptest.NewServer(b)
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String()) //nolint:noctx // closed below
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	_, err = fmt.Fprintf(conn, "POST /?timestamp=1763600000&nonce=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n<xml>")
	require.NoError(t, err)
	answer, err := io.ReadAll(conn)
	require.NoError(t, err)
	require.Contains(t, string(answer), "400 Bad Request")
	b.requireReport(t, callback.ErrBody)
	require.Empty(t, b.handled())
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
