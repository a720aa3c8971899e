package emulator_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

// receiver is a developer's callback, written from the facts.
type receiver struct {
	t  *testing.T
	cb emulator.Callback

	mu     sync.Mutex
	query  []url.Values
	bodies []string
	reply  func(n int, body string) (status int, answer string)
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.Method == http.MethodGet {
		_, _ = io.WriteString(w, req.URL.Query().Get("echostr"))
		return
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	r.mu.Lock()
	r.query = append(r.query, req.URL.Query())
	r.bodies = append(r.bodies, string(body))
	n := len(r.bodies)
	r.mu.Unlock()
	if r.reply == nil {
		_, _ = io.WriteString(w, "success")
		return
	}
	status, answer := r.reply(n, string(body))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, answer)
}

func (r *receiver) last() string {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	require.NotEmpty(r.t, r.bodies)
	return r.bodies[len(r.bodies)-1]
}

func (r *receiver) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.bodies)
}

func listen(t *testing.T, a *emulator.App, cfg emulator.Callback) *receiver {
	t.Helper()
	r := &receiver{t: t}
	cfg.Handler = r
	r.cb = a.SetCallback(cfg)
	return r
}

func sha(parts ...string) string {
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}

// open decrypts as the official sample code does.
func open(t *testing.T, key, sealed, appID string) string {
	t.Helper()
	k, err := base64.StdEncoding.DecodeString(key + "=")
	require.NoError(t, err)
	data, err := base64.StdEncoding.DecodeString(sealed)
	require.NoError(t, err)
	block, err := aes.NewCipher(k)
	require.NoError(t, err)
	cipher.NewCBCDecrypter(block, k[:16]).CryptBlocks(data, data)
	data = data[:len(data)-int(data[len(data)-1])]
	n := int(data[16])<<24 | int(data[17])<<16 | int(data[18])<<8 | int(data[19])
	require.Equal(t, appID, string(data[20+n:]))
	return string(data[20 : 20+n])
}

// encrypt is the way back.
func encrypt(t *testing.T, cb emulator.Callback, appID, message string) string {
	t.Helper()
	k, err := base64.StdEncoding.DecodeString(cb.EncodingAESKey + "=")
	require.NoError(t, err)
	n := len(message)
	data := append([]byte("0123456789abcdef"), byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	data = append(append(data, message...), appID...)
	pad := 32 - len(data)%32
	for range pad {
		data = append(data, byte(pad))
	}
	block, err := aes.NewCipher(k)
	require.NoError(t, err)
	cipher.NewCBCEncrypter(block, k[:16]).CryptBlocks(data, data)
	return base64.StdEncoding.EncodeToString(data)
}

func sealedReply(t *testing.T, cb emulator.Callback, appID, message string) string {
	t.Helper()
	sealed := encrypt(t, cb, appID, message)
	return "<xml><Encrypt><![CDATA[" + sealed + "]]></Encrypt><MsgSignature><![CDATA[" + sha(cb.Token, "1700000000", "77", sealed) +
		"]]></MsgSignature><TimeStamp>1700000000</TimeStamp><Nonce><![CDATA[77]]></Nonce></xml>"
}

func TestPushOverTheNetwork(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := &receiver{t: t}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	srv := &http.Server{Handler: r, ReadHeaderTimeout: time.Second}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	r.cb = b.oa.SetCallback(emulator.Callback{URL: "http://" + l.Addr().String() + "/wechat?app=1"})
	require.NoError(t, b.oa.VerifyCallback(t.Context()))
	u := b.wx.User("u")
	u.Follow(b.oa)
	require.Equal(t, 1, r.count())
	require.Equal(t, "1", r.query[0].Get("app"))
	require.NoError(t, srv.Close())
	require.ErrorIs(t, <-served, http.ErrServerClosed)
	u.Unfollow(b.oa)
	require.NotEmpty(t, b.wx.Pushes("unsubscribe")[0].Error)
	require.Error(t, b.oa.VerifyCallback(t.Context()))
}

func TestVerifyCallback(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Error(t, b.mp.VerifyCallback(t.Context()))
	listen(t, b.mp, emulator.Callback{})
	require.NoError(t, b.mp.VerifyCallback(t.Context()))
	b.mp.SetCallback(emulator.Callback{Handler: http.NotFoundHandler()})
	require.ErrorContains(t, b.mp.VerifyCallback(t.Context()), "HTTP 404")
	b.mp.RemoveCallback()
	b.wx.User("u").Write(b.mp, "Hi")
	require.Empty(t, b.wx.Pushes())
}

// TestKeysBeforeTheHandler makes a handler with the token and the key that are made up first, and keeps both from then on.
func TestKeysBeforeTheHandler(t *testing.T) {
	t.Parallel()
	b := setup(t)
	keys := b.mp.SetCallback(emulator.Callback{})
	require.Empty(t, keys.URL)
	require.Equal(t, []string{keys.Token, keys.EncodingAESKey}, []string{b.wx.Getenv("WECHAT_TOKEN"), b.wx.Getenv("WECHAT_AES_KEY")})
	require.Len(t, keys.EncodingAESKey, 43)

	// Nothing is pushed so far.
	u := b.wx.User("u")
	u.Write(b.mp, "Hi")
	require.Empty(t, b.wx.Pushes())
	require.ErrorContains(t, b.mp.VerifyCallback(t.Context()), "has no callback")
	require.Empty(t, b.mp.State().Callback.URL)
	platform := b.wx.AddThirdParty(emulator.AppConfig{})
	platform.SetCallback(emulator.Callback{})
	require.Empty(t, b.wx.Pushes())

	r := listen(t, b.mp, emulator.Callback{})
	require.Equal(t, []string{keys.Token, keys.EncodingAESKey}, []string{r.cb.Token, r.cb.EncodingAESKey})
	u.Write(b.mp, "Hi again")
	require.Equal(t, 1, r.count())
	other := b.mp.SetCallback(emulator.Callback{Token: "another"})
	require.Equal(t, []string{"another", keys.EncodingAESKey}, []string{other.Token, other.EncodingAESKey})
	u.Write(b.mp, "Who hears me?")
	require.Equal(t, 1, r.count())

	tickets := listen(t, platform, emulator.Callback{})
	require.Equal(t, 1, tickets.count(), "the ticket that a platform gets at once")
	b.mp.RemoveCallback()
	require.NotEqual(t, keys.EncodingAESKey, b.mp.SetCallback(emulator.Callback{}).EncodingAESKey)
}

func TestCallbackMisuse(t *testing.T) {
	t.Parallel()
	wx, err := emulator.Start()
	require.NoError(t, err)
	oa := wx.ServiceAccount()
	h := http.NotFoundHandler()
	for name, f := range map[string]func(){
		"NoAddress": func() { oa.SetCallback(emulator.Callback{URL: "localhost"}) },
		"BadKey":    func() { oa.SetCallback(emulator.Callback{Handler: h, EncodingAESKey: "x"}) },
		"BadMode":   func() { oa.SetCallback(emulator.Callback{Handler: h, Mode: 9}) },
		"JSONForOA": func() { oa.SetCallback(emulator.Callback{Handler: h, Format: emulator.JSON}) },
		"Raw":       func() { oa.PushRaw("x", "x") },
		"RawToNone": func() { oa.SetCallback(emulator.Callback{}); oa.PushRaw("x", "x") },
		"Redeliver": func() { oa.Redeliver(emulator.Push{AppID: "x"}) },
		"NoMenu":    func() { u := wx.User("u"); u.Follow(oa); u.Choose(oa, "1") },
	} {
		require.Panics(t, f, name)
	}
}
