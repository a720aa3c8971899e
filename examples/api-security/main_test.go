package main

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/emmansun/gmsm/sm2"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
)

func Example() {
	if err := run(context.Background(), os.Stdout, func(string) string { return "" }); err != nil {
		fmt.Println(err)
	}
	// Output:
	// on the phone: It is renewed.
	// customer-service messages today: 1 of 500000
}

// world is a Mini Program whose calls must be sealed.
type world struct {
	*console

	t   *testing.T
	wx  *emulator.Server
	app *emulator.App
}

func setup(t *testing.T) *world {
	t.Helper()
	c, err := newConsole()
	require.NoError(t, err)
	wx := emulator.New(t)
	w := &world{c, t, wx, wx.MiniProgram()}
	w.app.SecureAPI(c.security())
	return w
}

// ask makes a call with the keys of the console, after spoil.
func (w *world) ask(spoil func(*wechat.APISecurity)) error {
	w.t.Helper()
	settings, err := w.settings()
	require.NoError(w.t, err)
	settings.Now = w.wx.Now
	spoil(&settings)
	client, err := wechat.New(wechat.Config{AppID: w.app.AppID, AppSecret: wechat.Secret(w.app.AppSecret)},
		wechat.WithHTTPClient(w.wx.HTTPClient()), wechat.WithAPISecurity(settings))
	require.NoError(w.t, err)
	return ask(w.t.Context(), io.Discard, client)
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(text)
	require.NoError(t, err)
	return raw
}

// The example of RFC 8998, section A.1.
func TestSM4GCM(t *testing.T) {
	t.Parallel()
	k := keys{symmetric: "ASNFZ4mrze/+3LqYdlQyEA=="} // 0123456789abcdeffedcba9876543210
	aead, err := k.cipher()
	require.NoError(t, err)
	nonce, additional := unhex(t, "00001234567800000000abcd"), unhex(t, "feedfacedeadbeeffeedfacedeadbeefabaddad2")
	plain := unhex(t, "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccddddddddddddddddeeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa")
	sealed := aead.Seal(nil, nonce, plain, additional)
	require.Equal(t, "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735d82710ca5c22f0ccfa7cbf93d496ac15"+
		"a56834cbcf98c397b4024a2691233b8d83de3541e4c2b58177e065a9bf7b62ec", hex.EncodeToString(sealed))
	_, err = aead.Open(nil, nonce, sealed, additional[1:])
	require.Error(t, err)
}

// The example of GB/T 32918.5, signed with the standard's own id.
func TestSM2withSM3(t *testing.T) {
	t.Parallel()
	public, err := sm2.NewPublicKey(unhex(t, "04"+
		"09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"))
	require.NoError(t, err)
	signature, err := asn1.Marshal(struct{ R, S *big.Int }{
		new(big.Int).SetBytes(unhex(t, "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3")),
		new(big.Int).SetBytes(unhex(t, "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa")),
	})
	require.NoError(t, err)
	verify := (&keys{certificateNumber: "certificate", privateNumber: "key"}).verify(public)
	require.True(t, verify([]byte("message digest"), signature))
	require.False(t, verify([]byte("message digest."), signature))
}

// A key, a certificate and a signature that OpenSSL 3.0.19 made, so that not all of this is gmsm against itself:
//
//	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:SM2
//	openssl req -new -x509 -sm3 -sigopt distid:1234567812345678 -key private.pem …
//	openssl pkeyutl -sign -rawin -digest sm3 -pkeyopt distid:certificate-1 -inkey private.pem -in message.txt | base64
func TestKeysOfOpenSSL(t *testing.T) {
	t.Parallel()
	read := func(name string) string {
		data, err := os.ReadFile("testdata/openssl/" + name)
		require.NoError(t, err)
		return string(data)
	}
	k := keys{
		symmetric: "ASNFZ4mrze/+3LqYdlQyEA==", private: read("private.pem"),
		certificate: read("certificate.pem"), certificateNumber: "certificate-1",
	}
	settings, err := k.settings()
	require.NoError(t, err)
	public, err := k.platform()
	require.NoError(t, err)
	require.True(t, public.Equal(settings.Signer.Public()))
	signature, err := base64.StdEncoding.DecodeString(read("signature.txt"))
	require.NoError(t, err)
	require.True(t, settings.Verify([]byte(read("message.txt")), signature))
	require.False(t, (&keys{certificateNumber: "certificate-2"}).verify(public)([]byte(read("message.txt")), signature))
}

func TestRequestsThatTheEmulatorRefuses(t *testing.T) {
	t.Parallel()
	stranger, err := newConsole()
	require.NoError(t, err)
	other, err := stranger.settings()
	require.NoError(t, err)
	for name, c := range map[string]struct {
		spoil func(*wechat.APISecurity)
		want  error
	}{
		"another SM4 key":        {func(s *wechat.APISecurity) { s.Cipher = other.Cipher }, errcode.InvalidEncryption},
		"another SM2 key":        {func(s *wechat.APISecurity) { s.Signer = other.Signer }, errcode.InvalidSignature},
		"the id of the standard": {func(s *wechat.APISecurity) { s.SignerOpts = sm2.DefaultSM2SignerOpts }, errcode.InvalidSignature},
		"no id":                  {func(s *wechat.APISecurity) { s.SignerOpts = crypto.Hash(0) }, errcode.InvalidSignature},
		"bare signatures":        {func(s *wechat.APISecurity) { s.Signer = bareSigner{s.Signer.(*sm2.PrivateKey)} }, errcode.InvalidSignature},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ErrorIs(t, setup(t).ask(c.spoil), c.want)
		})
	}
}

// Whatever WeChat means by the id, and in no other form.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		id   string
		form func([]byte) []byte
		want error
	}{
		"number of the certificate": {id: "certificate-1"},
		"number of the key":         {id: "sm2-1"},
		"id of the standard":        {id: "1234567812345678"},
		"another id":                {id: "sm4-1", want: wechat.ErrUnverified},
		"bare":                      {id: "certificate-1", form: bare, want: wechat.ErrUnverified},
		"cut":                       {id: "certificate-1", form: func(s []byte) []byte { return s[:20] }, want: wechat.ErrUnverified},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			console := w.security()
			console.Sign = func(message []byte) ([]byte, error) {
				signature, err := w.platform.Sign(rand.Reader, message, sm2.NewSM2SignerOption(true, []byte(c.id)))
				if c.form != nil {
					signature = c.form(signature)
				}
				return signature, err
			}
			w.app.SecureAPI(console)
			err := w.ask(func(*wechat.APISecurity) {})
			if c.want == nil {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, c.want)
			}
		})
	}
}

// bare is the other form of a signature, 64 bytes, or nil of what is none.
func bare(signature []byte) []byte {
	var parts struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(signature, &parts); err != nil {
		return nil
	}
	raw := make([]byte, 64)
	parts.R.FillBytes(raw[:32])
	parts.S.FillBytes(raw[32:])
	return raw
}

type bareSigner struct{ *sm2.PrivateKey }

func (s bareSigner) SignMessage(random io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	signature, err := s.PrivateKey.SignMessage(random, message, opts)
	return bare(signature), err
}

// Each of the three by itself, beside what the client has built in.
func TestOneOfThem(t *testing.T) {
	t.Parallel()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	pkcs1 := x509.MarshalPKCS1PrivateKey(rsaKey)
	w := setup(t)
	half := w.security()
	half.Verify, half.PublicKey = nil, &rsaKey.PublicKey
	half.Sign, half.Certificate = nil, nil
	shown := w.app.SecureAPI(half)
	require.NoError(t, w.ask(func(s *wechat.APISecurity) {
		s.Signer, s.SignerOpts, s.PrivateKey = nil, nil, wechat.Secret(base64.StdEncoding.EncodeToString(pkcs1))
		s.Verify, s.Certificate = nil, string(shown.Certificate)
	}), "SM4_GCM with RSAwithSHA256")

	half = w.security()
	half.AEAD, half.SymmetricKey = nil, base64.StdEncoding.EncodeToString(make([]byte, 32))
	w.app.SecureAPI(half)
	require.NoError(t, w.ask(func(s *wechat.APISecurity) {
		s.Cipher, s.EncryptionKey = nil, wechat.Secret(half.SymmetricKey)
	}), "AES256_GCM with SM2withSM3")
}

// Who puts a key of SM2 where one of RSA belongs is told where it goes.
func TestKeysInTheWrongPlace(t *testing.T) {
	t.Parallel()
	w := setup(t)
	settings, err := w.settings()
	require.NoError(t, err)
	for want, spoil := range map[string]func(*wechat.APISecurity){
		"EncryptionKey: 16 bytes, want 32; SM4_GCM goes into Cipher": func(s *wechat.APISecurity) {
			s.Cipher, s.EncryptionKey = nil, wechat.Secret(w.symmetric)
		},
		"PrivateKey: a key of SM2, which goes into Signer": func(s *wechat.APISecurity) {
			s.Signer, s.SignerOpts, s.PrivateKey = nil, nil, wechat.Secret(w.private)
		},
		"Certificate: its key is one of SM2, which goes into Verify": func(s *wechat.APISecurity) {
			s.Verify, s.Certificate = nil, w.certificate
		},
		"Signer: its key is not RSA, so SignerOpts must say how it signs": func(s *wechat.APISecurity) { s.SignerOpts = nil },
		"Signer panicked with a value of type runtime.": func(s *wechat.APISecurity) {
			s.Signer, s.SignerOpts = (*sm2.PrivateKey)(nil), nil
		},
	} {
		spoilt := settings
		spoil(&spoilt)
		_, err := wechat.New(wechat.Config{AppID: w.app.AppID, AppSecret: "s"}, wechat.WithAPISecurity(spoilt))
		require.ErrorContains(t, err, want)
	}
}

func TestKeysThatCannotBeRead(t *testing.T) {
	t.Parallel()
	good, err := newConsole()
	require.NoError(t, err)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(rsaKey)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &rsaKey.PublicKey, rsaKey)
	require.NoError(t, err)
	inPEM := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	for want, spoil := range map[string]func(*keys){
		"SM4 key: not base64":                                  func(k *keys) { k.symmetric = "0123456789abcdef!" },
		"SM4 key: 32 bytes, want 16":                           func(k *keys) { k.symmetric = base64.StdEncoding.EncodeToString(make([]byte, 32)) },
		"SM2 key: not PEM":                                     func(k *keys) { k.private = "MIGHAgEAMBMG" },
		"SM2 key: not PKCS #8":                                 func(k *keys) { k.private = inPEM("PRIVATE KEY", []byte("key")) },
		"SM2 key: it is a *rsa.PrivateKey":                     func(k *keys) { k.private = inPEM("PRIVATE KEY", pkcs8) },
		"certificate: not one of X.509 in PEM":                 func(k *keys) { k.certificate = "" },
		"certificate: its key is a *rsa.PublicKey, not of SM2": func(k *keys) { k.certificate = inPEM("CERTIFICATE", der) },
	} {
		k := good.keys
		spoil(&k)
		_, err := k.settings()
		require.EqualError(t, err, want)
	}
}

func TestVariables(t *testing.T) {
	t.Parallel()
	variables := []string{
		"WECHAT_APPID", "WECHAT_APPSECRET", "WECHAT_SM4_KEY", "WECHAT_SM4_NUMBER", "WECHAT_SM2_KEY", "WECHAT_SM2_NUMBER",
		"WECHAT_CERTIFICATE", "WECHAT_CERTIFICATE_NUMBER",
	}
	all := map[string]string{"WECHAT_BASE_URL": "http://127.0.0.1:1"}
	for _, name := range variables {
		all[name] = "x"
	}
	for _, missing := range variables {
		err := run(t.Context(), io.Discard, func(name string) string {
			if name == missing {
				return ""
			}
			return all[name]
		})
		require.ErrorContains(t, err, missing+": not set")
	}
	require.EqualError(t, run(t.Context(), io.Discard, func(name string) string { return all[name] }), "SM4 key: not base64")

	// An emulator somewhere else plays WeChat.
	w := setup(t)
	for name, value := range map[string]string{
		"WECHAT_APPID": w.app.AppID, "WECHAT_APPSECRET": w.app.AppSecret, "WECHAT_BASE_URL": w.wx.URL(),
		"WECHAT_SM4_KEY": w.symmetric, "WECHAT_SM4_NUMBER": w.symmetricNumber, "WECHAT_SM2_KEY": w.private, "WECHAT_SM2_NUMBER": w.privateNumber,
		"WECHAT_CERTIFICATE": w.certificate, "WECHAT_CERTIFICATE_NUMBER": w.certificateNumber,
	} {
		all[name] = value
	}
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out, func(name string) string { return all[name] }))
	require.Equal(t, "customer-service messages today: 0 of 500000\n", out.String())
}
