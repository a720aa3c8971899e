package emulator_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

// signer is the developer's side of signed calls, written from the facts.
type signer struct {
	*bundle

	sign   func(message []byte) ([]byte, error)
	verify func(message, signature []byte) bool // answers
	cfg    emulator.Security
	stamp  string
	tamper func(h http.Header, body []byte) []byte
}

const apiHost = "https://api.weixin.qq.com"

func (s *signer) gcm() cipher.AEAD {
	s.t.Helper()
	if s.cfg.AEAD != nil {
		return s.cfg.AEAD
	}
	key, err := base64.StdEncoding.DecodeString(s.cfg.SymmetricKey)
	require.NoError(s.t, err)
	block, err := aes.NewCipher(key)
	require.NoError(s.t, err)
	aead, err := cipher.NewGCM(block)
	require.NoError(s.t, err)
	return aead
}

type sealedBody struct {
	IV   string `json:"iv"`
	Data string `json:"data"`
	Tag  string `json:"authtag"`
}

// call sends a JSON object and returns the decrypted answer, and whether it was encrypted.
func (s *signer) call(path, body string) (answer, bool) {
	s.t.Helper()
	resp, raw := s.send(path, body)
	if resp.Header.Get("Wechatmp-Signature") == "" {
		return s.decode(raw), false
	}
	return s.openAnswer(apiHost+path, resp.Header, raw), true
}

func (s *signer) send(path, body string) (*http.Response, []byte) {
	s.t.Helper()
	url := apiHost + path
	plain := strings.TrimSuffix(body, "}") + `,"_n":"bm9uY2Vub25jZW5vbmNl","_appid":"` + s.mp.AppID + `","_timestamp":` + s.stamp + `}`
	iv := []byte("123456789012")
	aad := []byte(url + "|" + s.mp.AppID + "|" + s.stamp + "|" + s.cfg.SymmetricSN)
	sealed := s.gcm().Seal(nil, iv, []byte(plain), aad)
	b64 := base64.StdEncoding.EncodeToString
	out, err := json.Marshal(sealedBody{b64(iv), b64(sealed[:len(sealed)-16]), b64(sealed[len(sealed)-16:])})
	require.NoError(s.t, err)
	signature, err := s.sign([]byte(url + "\n" + s.mp.AppID + "\n" + s.stamp + "\n" + string(out)))
	require.NoError(s.t, err)
	h := http.Header{}
	h.Set("Wechatmp-Appid", s.mp.AppID)
	h.Set("Wechatmp-TimeStamp", s.stamp)
	h.Set("Wechatmp-Signature", b64(signature))
	if s.tamper != nil {
		out = s.tamper(h, out)
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, base+as(s.mp, path), bytes.NewReader(out))
	require.NoError(s.t, err)
	req.Header = h
	resp, err := s.cli.Do(req)
	require.NoError(s.t, err)
	raw, err := io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	require.NoError(s.t, resp.Body.Close())
	return resp, raw
}

func (s *signer) openAnswer(url string, h http.Header, raw []byte) answer {
	s.t.Helper()
	require.Equal(s.t, s.cfg.CertificateSN, h.Get("Wechatmp-Serial"))
	stamp := h.Get("Wechatmp-TimeStamp")
	signature, err := base64.StdEncoding.DecodeString(h.Get("Wechatmp-Signature"))
	require.NoError(s.t, err)
	require.True(s.t, s.verify([]byte(url+"\n"+h.Get("Wechatmp-Appid")+"\n"+stamp+"\n"+string(raw)), signature))
	var e sealedBody
	require.NoError(s.t, json.Unmarshal(raw, &e))
	parts := make([][]byte, 3)
	for i, text := range []string{e.IV, e.Data, e.Tag} {
		parts[i], err = base64.StdEncoding.DecodeString(text)
		require.NoError(s.t, err)
	}
	aad := []byte(url + "|" + s.mp.AppID + "|" + stamp + "|" + s.cfg.SymmetricSN)
	plain, err := s.gcm().Open(nil, parts[0], append(parts[1], parts[2]...), aad)
	require.NoError(s.t, err)
	return s.decode(plain)
}

func secure(t *testing.T) *signer {
	t.Helper()
	b := setup(t)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	cfg := b.mp.SecureAPI(emulator.Security{PublicKey: &key.PublicKey})
	block, _ := pem.Decode(cfg.Certificate)
	cert, err := x509.ParseCertificate(block.Bytes)
	require.NoError(t, err)
	pss := &rsa.PSSOptions{SaltLength: 32}
	return &signer{
		bundle: b, stamp: fmt.Sprint(start.Unix()), cfg: cfg,
		sign: func(message []byte) ([]byte, error) {
			sum := sha256.Sum256(message)
			return rsa.SignPSS(rand.Reader, key, crypto.SHA256, sum[:], pss)
		},
		verify: func(message, signature []byte) bool {
			sum := sha256.Sum256(message)
			return rsa.VerifyPSS(cert.PublicKey.(*rsa.PublicKey), crypto.SHA256, sum[:], signature, pss) == nil
		},
	}
}

// sealer plays an algorithm that the emulator does not know: what its key makes of a message.
type sealer string

func (s sealer) sign(message []byte) ([]byte, error) {
	sum := sha256.Sum256(append([]byte(s), message...))
	return sum[:], nil
}

func (s sealer) verify(message, signature []byte) bool {
	own, _ := s.sign(message)
	return bytes.Equal(own, signature)
}

// otherwise has an encryption and signatures of its own, its key of the size that SM4 has.
func otherwise(t *testing.T, sign func([]byte) ([]byte, error)) *signer {
	t.Helper()
	b := setup(t)
	block, err := aes.NewCipher([]byte("sixteen byte key"))
	require.NoError(t, err)
	aead, err := cipher.NewGCM(block)
	require.NoError(t, err)
	return &signer{
		bundle: b, stamp: fmt.Sprint(start.Unix()), sign: sealer("developer").sign, verify: sealer("WeChat").verify,
		cfg: b.mp.SecureAPI(emulator.Security{
			AEAD: aead, Verify: sealer("developer").verify, Sign: sign, Certificate: []byte("of WeChat"),
		}),
	}
}

func TestSignedAndEncryptedCalls(t *testing.T) {
	t.Parallel()
	s := secure(t)
	u := s.wx.User("u")
	u.Write(s.mp, "Hi")
	got, sealed := s.call(customSend, text(u.OpenID(s.mp), "Hello"))
	require.True(t, sealed)
	require.Zero(t, got.code())
	require.Equal(t, "Hello", u.Inbox()[1].Text)
	got, sealed = s.call(customSend, text("x", "Hello"))
	require.True(t, sealed, "errors after the decryption are encrypted too")
	require.Equal(t, 40003, got.code())
	require.Contains(t, s.wx.Calls(customSend)[1].Response, "40003")
	require.Equal(t, 43101, s.post(as(s.mp, subscribeSend), sub(u.OpenID(s.mp), s.mp.AddTemplate(emulator.Template{}), "x")).code(),
		"a call outside the scope stays plain")
}

func TestSignedCallErrors(t *testing.T) {
	t.Parallel()
	drop := func(name string) func(http.Header, []byte) []byte {
		return func(h http.Header, b []byte) []byte { h.Del(name); return b }
	}
	set := func(name, value string) func(http.Header, []byte) []byte {
		return func(h http.Header, b []byte) []byte { h.Set(name, value); return b }
	}
	s := secure(t)
	for name, tc := range map[string]struct {
		tamper func(http.Header, []byte) []byte
		code   int
	}{
		"NoAppID":       {drop("Wechatmp-Appid"), 40233},
		"NoTimestamp":   {drop("Wechatmp-TimeStamp"), 40231},
		"NoSignature":   {drop("Wechatmp-Signature"), 40232},
		"UnknownAppID":  {set("Wechatmp-Appid", "wx00"), 40236},
		"OtherAppID":    {set("Wechatmp-Appid", s.oa.AppID), 40237},
		"OldTimestamp":  {set("Wechatmp-TimeStamp", fmt.Sprint(start.Unix()-301)), 40240},
		"NoBase64":      {set("Wechatmp-Signature", "!"), 40234},
		"OtherBody":     {func(_ http.Header, b []byte) []byte { return append(b, ' ') }, 40234},
		"OtherTime":     {set("Wechatmp-TimeStamp", fmt.Sprint(start.Unix()-1)), 40234},
		"PlainUnsigned": {func(h http.Header, _ []byte) []byte { clear(h); return []byte(text("x", "y")) }, 40233},
	} {
		s.tamper = tc.tamper
		got, sealed := s.call(customSend, text("x", "Hello"))
		require.False(t, sealed, name)
		require.Equal(t, tc.code, got.code(), name)
	}
	s.tamper = nil
	for name, change := range map[string]func(){
		"OtherSN":  func() { s.cfg.SymmetricSN = "x" },
		"OtherKey": func() { s.cfg.SymmetricKey = base64.StdEncoding.EncodeToString(make([]byte, 32)) },
	} {
		good := s.cfg
		change()
		got, _ := s.call(customSend, text("x", "Hello"))
		require.Equal(t, 40235, got.code(), name)
		s.cfg = good
	}
}

func TestOtherAlgorithms(t *testing.T) {
	t.Parallel()
	s := otherwise(t, sealer("WeChat").sign)
	require.Empty(t, s.cfg.SymmetricKey, "it is in AEAD")
	require.Equal(t, "of WeChat", string(s.cfg.Certificate))
	require.NotEmpty(t, s.cfg.SymmetricSN)
	got, sealed := s.call(customSend, text("x", "Hello"))
	require.True(t, sealed)
	require.Equal(t, 40003, got.code())
	s.sign = sealer("somebody").sign
	got, sealed = s.call(customSend, text("x", "Hello"))
	require.False(t, sealed)
	require.Equal(t, 40234, got.code())
}

func TestSignThatFails(t *testing.T) {
	t.Parallel()
	s := otherwise(t, func([]byte) ([]byte, error) { return nil, errors.New("no key today") })
	resp, raw := s.send(customSend, text("x", "Hello"))
	require.Equal(t, http.StatusInternalServerError, resp.StatusCode)
	require.Equal(t, "emulator: Security.Sign: no key today", string(raw))
}

func TestSecurityMisuse(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	block, err := aes.NewCipher(make([]byte, 16))
	require.NoError(t, err)
	longNonce, err := cipher.NewGCMWithNonceSize(block, 16)
	require.NoError(t, err)
	shortTag, err := cipher.NewGCMWithTagSize(block, 12)
	require.NoError(t, err)
	for name, cfg := range map[string]emulator.Security{
		"want a PublicKey, or Verify":              {},
		"SymmetricKey: want 32 bytes in base64":    {PublicKey: &key.PublicKey, SymmetricKey: "AAAA"},
		"want a nonce of 12 bytes and":             {PublicKey: &key.PublicKey, AEAD: longNonce},
		"want a nonce of 12 bytes and an overhead": {PublicKey: &key.PublicKey, AEAD: shortTag},
	} {
		wx, err := emulator.Start()
		require.NoError(t, err)
		require.Contains(t, misused(t, func() { wx.MiniProgram().SecureAPI(cfg) }), name)
	}
	wx, err := emulator.Start()
	require.NoError(t, err)
	require.Panics(t, func() { wx.ServiceAccount().SecureAPI(emulator.Security{}) })
}

func misused(t *testing.T, do func()) (reason string) {
	t.Helper()
	defer func() {
		misuse, ok := recover().(*emulator.MisuseError)
		require.True(t, ok)
		reason = misuse.Reason
	}()
	do()
	return ""
}
