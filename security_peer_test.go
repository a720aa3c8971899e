package wechat_test

import (
	"context"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/token"
)

// sample is what WeChat's page on API security prints, its keys included. They protect nothing.
type sample struct {
	AppID             string
	Key               string
	KeyNumber         string `json:"key_number"`
	CertificateNumber string `json:"certificate_number"`
	URL               string
	Request, Response struct {
		Time                   int64
		Plain, Body, Signature string
	}
}

var published = sync.OnceValue(func() (s sample) {
	if err := json.Unmarshal(file("sample.json"), &s); err != nil {
		panic(err)
	}
	return s
})

func file(name string) []byte {
	data, err := os.ReadFile("testdata/security/" + name)
	if err != nil {
		panic(err)
	}
	return data
}

// peer plays WeChat: it opens requests and seals answers, written from WeChat's page alone.
type peer struct {
	appID, keyNumber, certNumber, url string
	key                               []byte
	public                            *rsa.PublicKey  // of the account
	private                           *rsa.PrivateKey // of the platform
}

// account is the key pair of the account, platform that of WeChat with its certificate.
var (
	account = sync.OnceValue(func() *rsa.PrivateKey {
		block, _ := pem.Decode(file("private.pem"))
		key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
		if err != nil {
			panic(err)
		}
		return key
	})
	platform = sync.OnceValues(func() (*rsa.PrivateKey, string) {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		template := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "platform"}}
		der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
		if err != nil {
			panic(err)
		}
		return key, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	})
)

func newPeer() *peer {
	s := published()
	key, err := base64.StdEncoding.DecodeString(s.Key)
	if err != nil {
		panic(err)
	}
	private, _ := platform()
	return &peer{
		appID: s.AppID, keyNumber: s.KeyNumber, certNumber: s.CertificateNumber, url: s.URL, key: key,
		public: &account().PublicKey, private: private,
	}
}

func (p *peer) gcm() cipher.AEAD {
	block, err := aes.NewCipher(p.key)
	if err != nil {
		panic(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return gcm
}

func (p *peer) sum(stamp string, body []byte) []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s\n%s", p.url, p.appID, stamp, body))
	return sum[:]
}

// openRequest verifies and decrypts what the account sent.
func (p *peer) openRequest(stamp, signature string, body []byte) (string, error) {
	raw, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		return "", err
	}
	err = rsa.VerifyPSS(p.public, crypto.SHA256, p.sum(stamp, body), raw, &rsa.PSSOptions{SaltLength: 32})
	if err != nil {
		return "", err
	}
	var parts map[string]string
	if err := json.Unmarshal(body, &parts); err != nil {
		return "", err
	}
	decoded := map[string][]byte{}
	for key, text := range parts {
		if decoded[key], err = base64.StdEncoding.DecodeString(text); err != nil {
			return "", err
		}
	}
	extra := fmt.Sprintf("%s|%s|%s|%s", p.url, p.appID, stamp, p.keyNumber)
	plain, err := p.gcm().Open(nil, decoded["iv"], append(decoded["data"], decoded["authtag"]...), []byte(extra))
	return string(plain), err
}

// reply is a sealed answer before it goes out; tests bend it.
type reply struct {
	header http.Header
	body   string
}

func (p *peer) reply(at time.Time, plain string) *reply {
	stamp := strconv.FormatInt(at.Unix(), 10)
	iv := make([]byte, 12)
	_, _ = rand.Read(iv)
	extra := fmt.Sprintf("%s|%s|%s|%s", p.url, p.appID, stamp, p.keyNumber)
	sealed := p.gcm().Seal(nil, iv, []byte(plain), []byte(extra))
	code := base64.StdEncoding.EncodeToString
	body := fmt.Sprintf(`{"iv":%q,"data":%q,"authtag":%q}`, code(iv), code(sealed[:len(plain)]), code(sealed[len(plain):]))
	return p.sign(stamp, body)
}

func (p *peer) sign(stamp, body string) *reply {
	signature, err := rsa.SignPSS(rand.Reader, p.private, crypto.SHA256, p.sum(stamp, []byte(body)), nil)
	if err != nil {
		panic(err)
	}
	h := http.Header{}
	h.Set("Wechatmp-Appid", p.appID)
	h.Set("Wechatmp-TimeStamp", stamp)
	h.Set("Wechatmp-Serial", p.certNumber)
	h.Set("Wechatmp-Signature", base64.StdEncoding.EncodeToString(signature))
	return &reply{header: h, body: body}
}

func (r *reply) step(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: r.header, Body: io.NopCloser(strings.NewReader(r.body))}, nil
}

func (p *peer) settings(at time.Time) wechat.APISecurity {
	_, certificate := platform()
	return wechat.APISecurity{
		EncryptionKey: wechat.Secret(published().Key), EncryptionKeyNumber: p.keyNumber,
		PrivateKey: wechat.Secret(file("private.pem")), Certificate: certificate, CertificateNumber: p.certNumber,
		Now: func() time.Time { return at },
	}
}

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// watched notes each request whole.
type watched struct {
	mu       sync.Mutex
	answers  []step
	requests []*http.Request
	bodies   [][]byte
}

func (w *watched) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	w.requests, w.bodies = append(w.requests, r), append(w.bodies, body)
	return w.answers[min(len(w.requests), len(w.answers))-1](r)
}

func (w *watched) client(t *testing.T, s wechat.APISecurity, opts ...wechat.Option) *wechat.Client {
	t.Helper()
	client, err := wechat.New(wechat.Config{AppID: published().AppID}, append([]wechat.Option{
		wechat.WithTokenSource(token.Static("ACCESS_TOKEN")), wechat.WithHTTPClient(&http.Client{Transport: w}),
		wechat.WithRetry(wechat.RetryPolicy{MinWait: time.Nanosecond}), wechat.WithAPISecurity(s),
	}, opts...)...)
	require.NoError(t, err)
	return client
}

type riskRank struct {
	RiskRank int   `json:"risk_rank"`
	UnoinID  int64 `json:"unoin_id"`
}

func askRisk(ctx context.Context, c *wechat.Client) (rank riskRank, err error) {
	in := map[string]any{"openid": "oEWzBfmdLqhFS2mTXCo2E4Y9gJAM", "scene": 0}
	err = c.Do(ctx, http.MethodPost, "/wxa/getuserriskrank", nil, in, &rank)
	return rank, err
}
