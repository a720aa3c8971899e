package wechat_test

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/customerservice"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/token"
)

// aes128 stands for SM4: a key of 16 bytes.
func aes128(key string) cipher.AEAD {
	block, err := aes.NewCipher([]byte(key))
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return aead
}

func ed(t *testing.T) (ed25519.PrivateKey, func(message, signature []byte) bool) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	return private, func(message, signature []byte) bool { return ed25519.Verify(public, message, signature) }
}

// ownApp is a Mini Program of the emulator with algorithms of the test's, and the settings that go with it.
func ownApp(t *testing.T) (*emulator.Server, *emulator.App, wechat.APISecurity) {
	t.Helper()
	wx := emulator.New(t)
	app := wx.MiniProgram()
	developer, verify := ed(t)
	platform, verifyAnswer := ed(t)
	console := app.SecureAPI(emulator.Security{
		AEAD: aes128("sixteen byte key"), Verify: verify,
		Sign: func(message []byte) ([]byte, error) { return ed25519.Sign(platform, message), nil },
	})
	return wx, app, wechat.APISecurity{
		Cipher: aes128("sixteen byte key"), EncryptionKeyNumber: console.SymmetricSN,
		Signer: developer, SignerOpts: crypto.Hash(0),
		Verify: verifyAnswer, CertificateNumber: console.CertificateSN, Now: wx.Now,
	}
}

func TestOwnAlgorithms(t *testing.T) {
	t.Parallel()
	wx, app, settings := ownApp(t)
	client, ann := sealing(t, wx, app, wechat.WithAPISecurity(settings)), wx.User("Ann")
	ann.Write(app, "hello")
	err := customerservice.New(client).Send(t.Context(), &customerservice.Message{
		ToUser: ann.OpenID(app), Content: customerservice.Text{Content: "您好 <a&b>"},
	})
	require.NoError(t, err)
	require.Equal(t, "您好 <a&b>", ann.Inbox()[1].Text)
	_, err = client.Account().LookupRID(t.Context(), "6a1f0c2e-1d7b3c4a-20e9b5d1")
	require.ErrorIs(t, err, errcode.RIDNotFound, "an error comes sealed too")
}

func TestOwnAlgorithmsThatDoNotFit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*wechat.APISecurity)
		want  error
	}{
		"AnotherKey":    {func(s *wechat.APISecurity) { s.Cipher = aes128("another 16 bytes") }, errcode.InvalidEncryption},
		"AnotherSigner": {func(s *wechat.APISecurity) { s.Signer, _ = ed(t) }, errcode.InvalidSignature},
		"AnotherForm":   {func(s *wechat.APISecurity) { s.Signer = reversed{s.Signer} }, errcode.InvalidSignature},
		"AnotherVerify": {func(s *wechat.APISecurity) { _, s.Verify = ed(t) }, wechat.ErrUnverified},
		"VerifyPanics":  {func(s *wechat.APISecurity) { s.Verify = func(_, _ []byte) bool { panic("planted") } }, wechat.ErrUnverified},
		"CipherPanics":  {func(s *wechat.APISecurity) { s.Cipher = &fault{AEAD: s.Cipher, open: func() { panic("planted") }} }, wechat.ErrUnverified},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wx, app, settings := ownApp(t)
			c.spoil(&settings)
			_, err := sealing(t, wx, app, wechat.WithAPISecurity(settings)).Account().Quota(t.Context(), "/cgi-bin/x")
			require.ErrorIs(t, err, c.want)
			require.NotContains(t, err.Error(), "planted")
		})
	}
}

// reversed makes signatures in another form.
type reversed struct{ crypto.Signer }

func (r reversed) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	signature, err := r.Signer.Sign(random, digest, opts)
	for i := range len(signature) / 2 {
		j := len(signature) - 1 - i
		signature[i], signature[j] = signature[j], signature[i]
	}
	return signature, err
}

// fault is a cipher with a fault of its own.
type fault struct {
	cipher.AEAD
	nonce, overhead int
	seal            func(sealed []byte) []byte
	open            func()
}

func (f *fault) NonceSize() int {
	if f.nonce != 0 {
		return f.nonce
	}
	return f.AEAD.NonceSize()
}

func (f *fault) Overhead() int {
	if f.overhead != 0 {
		return f.overhead
	}
	return f.AEAD.Overhead()
}

func (f *fault) Seal(dst, nonce, plaintext, additional []byte) []byte {
	sealed := f.AEAD.Seal(dst, nonce, plaintext, additional)
	if f.seal != nil {
		return f.seal(sealed)
	}
	return sealed
}

func (f *fault) Open(dst, nonce, ciphertext, additional []byte) ([]byte, error) {
	if f.open != nil {
		f.open()
	}
	return f.AEAD.Open(dst, nonce, ciphertext, additional)
}

// signer is a key somewhere else: all that is known of it is what it implements.
type signer struct {
	public crypto.PublicKey
	sign   func(digest []byte, opts crypto.SignerOpts) ([]byte, error)
}

func (s signer) Public() crypto.PublicKey { return s.public }

func (s signer) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return s.sign(digest, opts)
}

// An RSA key in an HSM needs no options.
func TestKeyInAnHSM(t *testing.T) {
	t.Parallel()
	p, asked := newPeer(), 0
	settings := p.settings(noon)
	settings.PrivateKey = ""
	settings.Signer = signer{&account().PublicKey, func(digest []byte, opts crypto.SignerOpts) ([]byte, error) {
		asked++
		return account().Sign(rand.Reader, digest, opts)
	}}
	w := &watched{answers: []step{
		p.reply(noon, `{"errcode":-1,"errmsg":"system error"}`).step, p.reply(noon, `{"errcode":0,"risk_rank":1}`).step,
	}}
	rank, err := askRisk(t.Context(), w.client(t, settings))
	require.NoError(t, err)
	require.Equal(t, 1, rank.RiskRank)
	require.Equal(t, 2, asked, "once for each attempt")
	for i, r := range w.requests {
		_, err := p.openRequest(strconv.FormatInt(noon.Unix(), 10), r.Header.Get("Wechatmp-Signature"), w.bodies[i])
		require.NoError(t, err)
	}
}

// wholeSigner is a crypto.MessageSigner, as the keys of SM2 are.
type wholeSigner struct {
	signer
	got func(message []byte, opts crypto.SignerOpts)
}

func (s wholeSigner) SignMessage(_ io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	s.got(message, opts)
	return []byte("a signature"), nil
}

func TestMessageSignerSeesTheMessage(t *testing.T) {
	t.Parallel()
	p := newPeer()
	settings := p.settings(noon)
	settings.PrivateKey, settings.SignerOpts = "", crypto.SHA512
	var message string
	settings.Signer = wholeSigner{got: func(m []byte, opts crypto.SignerOpts) {
		require.Equal(t, crypto.SHA512, opts)
		message = string(m)
	}}
	w := &watched{answers: []step{p.reply(noon, `{"errcode":0}`).step}}
	_, err := askRisk(t.Context(), w.client(t, settings))
	require.NoError(t, err)
	require.Equal(t, fmt.Sprintf("%s\n%s\n%d\n%s", p.url, p.appID, noon.Unix(), w.bodies[0]), message)
	require.Equal(t, base64.StdEncoding.EncodeToString([]byte("a signature")), w.requests[0].Header.Get("Wechatmp-Signature"))
}

var errLocked = errors.New("the key is locked")

func TestOwnAlgorithmsThatFail(t *testing.T) {
	t.Parallel()
	signing := func(sign func([]byte, crypto.SignerOpts) ([]byte, error)) func(*wechat.APISecurity) {
		return func(s *wechat.APISecurity) { s.PrivateKey, s.Signer = "", signer{&account().PublicKey, sign} }
	}
	sealed := func(seal func([]byte) []byte) func(*wechat.APISecurity) {
		return func(s *wechat.APISecurity) {
			s.EncryptionKey, s.Cipher = "", &fault{AEAD: aes128("sixteen byte key"), seal: seal}
		}
	}
	for name, c := range map[string]struct {
		spoil func(*wechat.APISecurity)
		want  string
	}{
		"signer fails": {
			signing(func([]byte, crypto.SignerOpts) ([]byte, error) { return nil, errLocked }),
			"Signer: the key is locked",
		},
		"signer panics": {
			signing(func([]byte, crypto.SignerOpts) ([]byte, error) { panic("planted") }),
			"Signer panicked with a value of type string",
		},
		"signer has a bug": {
			signing(func(digest []byte, _ crypto.SignerOpts) ([]byte, error) { return digest[:cap(digest)+1], nil }),
			"Signer panicked with a value of type runtime.",
		},
		"no signature":     {signing(func([]byte, crypto.SignerOpts) ([]byte, error) { return nil, nil }), "Signer: no signature returned"},
		"cipher panics":    {sealed(func([]byte) []byte { panic(errLocked) }), "Cipher panicked with a value of type *errors.errorString"},
		"cipher cuts":      {sealed(func(s []byte) []byte { return s[:5] }), "Cipher: made 5 bytes of 135, want 151"},
		"cipher adds more": {sealed(func(s []byte) []byte { return append(s, 0) }), "Cipher: made 152 bytes of 135, want 151"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := newPeer().settings(noon)
			c.spoil(&settings)
			w := &watched{answers: []step{answer(`{"errcode":0}`)}}
			_, err := askRisk(t.Context(), w.client(t, settings))
			require.ErrorContains(t, err, "WithAPISecurity: "+c.want)
			require.Equal(t, name == "signer fails" || name == "cipher panics", errors.Is(err, errLocked), "it is known, and not shown")
			require.NotErrorIs(t, err, wechat.ErrOutcomeUnknown)
			require.Empty(t, w.requests, "nothing left, and nobody asks again")
		})
	}
}

func TestOwnAlgorithmsAsSettings(t *testing.T) {
	t.Parallel()
	key, verify := ed(t)
	sm2 := []byte{0x30, 0x13, 0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d}
	opaque := func(public func() crypto.PublicKey) crypto.Signer { return lazy{public} }
	cases := map[string]struct {
		spoil func(*wechat.APISecurity)
		want  string
	}{
		"two ciphers":   {func(s *wechat.APISecurity) { s.EncryptionKey = "x" }, "EncryptionKey and Cipher are both set"},
		"two signers":   {func(s *wechat.APISecurity) { s.PrivateKey = "x" }, "PrivateKey and Signer are both set"},
		"two verifiers": {func(s *wechat.APISecurity) { s.Certificate = "x" }, "Certificate and Verify are both set"},
		"long nonce": {
			func(s *wechat.APISecurity) { s.Cipher = &fault{AEAD: s.Cipher, nonce: 24} }, "Cipher: a nonce of 24 bytes, want 12",
		},
		"short tag": {
			func(s *wechat.APISecurity) { s.Cipher = &fault{AEAD: s.Cipher, overhead: 12} }, "Cipher: an overhead of 12 bytes, want 16",
		},
		"nil cipher": {
			func(s *wechat.APISecurity) { s.Cipher = (*fault)(nil) },
			"Cipher panicked with a value of type runtime.",
		},
		"no algorithm": {
			func(s *wechat.APISecurity) { s.SignerOpts = nil }, "Signer: its key is not RSA, so SignerOpts must say how it signs",
		},
		"no signer": {func(s *wechat.APISecurity) { s.Signer = nil }, "SignerOpts is set without Signer"},
		"signer without a key": {
			func(s *wechat.APISecurity) {
				s.SignerOpts, s.Signer = nil, opaque(func() crypto.PublicKey { panic("planted") })
			}, "Signer panicked with a value of type string",
		},
		"nil options": {
			func(s *wechat.APISecurity) { s.SignerOpts = (*rsa.PSSOptions)(nil) },
			"SignerOpts panicked with a value of type runtime.",
		},
		"hash that is not there": {
			func(s *wechat.APISecurity) { s.SignerOpts = crypto.MD4 }, "SignerOpts: the program does not link the hash function MD4",
		},
		"SM4 as AES": {
			func(s *wechat.APISecurity) {
				s.Cipher, s.EncryptionKey = nil, wechat.Secret(base64.StdEncoding.EncodeToString(make([]byte, 16)))
			}, "EncryptionKey: 16 bytes, want 32; SM4_GCM goes into Cipher",
		},
		"SM2 as RSA": {
			func(s *wechat.APISecurity) {
				s.Signer, s.SignerOpts, s.PrivateKey = nil, nil, wechat.Secret(base64.StdEncoding.EncodeToString(sm2))
			}, "PrivateKey: a key of SM2, which goes into Signer",
		},
		"certificate of SM2": {
			func(s *wechat.APISecurity) { s.Verify, s.Certificate = nil, base64.StdEncoding.EncodeToString(sm2) },
			"Certificate: its key is one of SM2, which goes into Verify",
		},
		"no number of the certificate": {
			func(s *wechat.APISecurity) { s.CertificateNumber = "" }, "CertificateNumber is empty",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := wechat.APISecurity{
				Cipher: aes128("sixteen byte key"), EncryptionKeyNumber: "1",
				Signer: key, SignerOpts: crypto.Hash(0), Verify: verify, CertificateNumber: "2",
			}
			c.spoil(&settings)
			_, err := wechat.New(wechat.Config{AppID: "wx1"}, wechat.WithTokenSource(token.None()), wechat.WithAPISecurity(settings))
			require.ErrorContains(t, err, "wechat: WithAPISecurity: "+c.want)
		})
	}
}

// lazy has a key only when it is asked.
type lazy struct{ public func() crypto.PublicKey }

func (l lazy) Public() crypto.PublicKey { return l.public() }

func (lazy) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return nil, errLocked }

func TestOwnKeysDoNotPrint(t *testing.T) {
	t.Parallel()
	key, verify := ed(t)
	settings := wechat.APISecurity{AppID: "wx1", Signer: key, SignerOpts: crypto.Hash(0), Verify: verify}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		require.Equal(t, "wechat.APISecurity(wx1)", fmt.Sprintf(verb, settings))
		require.Equal(t, "wechat.APISecurity(wx1)", fmt.Sprintf(verb, &settings))
	}
}
