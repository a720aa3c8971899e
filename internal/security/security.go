// Package security seals and opens what goes between a Mini Program and WeChat in API security mode (API安全): keys, envelope and
// signatures. Which calls go that way, and what an answer in the clear means, package wechat decides.
package security

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/wechatkit/wechat/internal/route"
	"github.com/wechatkit/wechat/internal/secret"
)

// Config has the fields of wechat.APISecurity, which documents them. Paths has no default here.
type Config struct {
	EncryptionKey       secret.String
	EncryptionKeyNumber string
	PrivateKey          secret.String
	Certificate         string
	CertificateNumber   string

	Cipher     cipher.AEAD
	Signer     crypto.Signer
	SignerOpts crypto.SignerOpts
	Verify     func(message, signature []byte) bool

	AppID string
	Host  string
	Paths []string
	Now   func() time.Time
}

// Security is a checked Config.
type Security struct {
	appID      string
	host       string
	keyNumber  string
	certNumber string
	paths      []string
	now        func() time.Time
	aead       cipher.AEAD
	ownCipher  bool // aead is the program's
	private    *rsa.PrivateKey
	signer     func(message []byte) ([]byte, error) // in place of private
	platform   *rsa.PublicKey
	verifier   func(message, signature []byte) bool // in place of platform
	warned     atomic.Bool                          // that the certificate is being replaced
}

// New reads the keys. Its errors name the setting and hold nothing of it.
func New(cfg Config) (*Security, error) {
	s := &cfg
	sec := &Security{
		appID: s.AppID, host: s.Host, keyNumber: s.EncryptionKeyNumber, certNumber: s.CertificateNumber,
		paths: s.Paths, now: s.Now,
	}
	if sec.now == nil {
		sec.now = time.Now
	}
	for _, path := range sec.paths {
		if !strings.HasPrefix(path, "/") {
			return nil, fmt.Errorf("Paths: %q does not begin with /", path)
		}
	}
	switch {
	case s.EncryptionKeyNumber == "":
		return nil, errors.New("EncryptionKeyNumber is empty")
	case s.CertificateNumber == "":
		return nil, errors.New("CertificateNumber is empty")
	}
	return sec, sec.readKeys(s)
}

func (sec *Security) readKeys(s *Config) error {
	switch {
	case secret.IsMask(s.EncryptionKey):
		return errors.New("EncryptionKey: " + secret.Masked)
	case secret.IsMask(s.PrivateKey):
		return errors.New("PrivateKey: " + secret.Masked)
	}
	for _, read := range []func(*Config) error{sec.readCipher, sec.readSigner, sec.readVerifier} {
		if err := read(s); err != nil {
			return err
		}
	}
	return nil
}

func (sec *Security) readCipher(s *Config) (err error) {
	if s.Cipher != nil {
		return sec.useCipher(s)
	}
	if sec.aead, err = parseEncryptionKey(s.EncryptionKey.Reveal()); err != nil {
		return fmt.Errorf("EncryptionKey: %w", err)
	}
	return nil
}

func (sec *Security) readSigner(s *Config) (err error) {
	switch {
	case s.Signer != nil:
		return sec.useSigner(s)
	case s.SignerOpts != nil:
		return errors.New("SignerOpts is set without Signer")
	}
	if sec.private, err = parsePrivateKey(s.PrivateKey.Reveal()); err != nil {
		return fmt.Errorf("PrivateKey: %w", err)
	}
	return nil
}

func (sec *Security) readVerifier(s *Config) (err error) {
	if sec.verifier = s.Verify; sec.verifier != nil {
		if s.Certificate != "" {
			return errors.New("Certificate and Verify are both set")
		}
		return nil
	}
	if sec.platform, err = parseCertificate(s.Certificate); err != nil {
		return fmt.Errorf("Certificate: %w", err)
	}
	return nil
}

func parseEncryptionKey(text string) (cipher.AEAD, error) {
	const size, sizeSM4 = 32, 16
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil {
		return nil, errors.New("not base64")
	}
	switch len(key) {
	case size:
	case sizeSM4:
		return nil, fmt.Errorf("%d bytes, want %d; SM4_GCM goes into Cipher", len(key), size)
	default:
		return nil, fmt.Errorf("%d bytes, want %d", len(key), size)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, errors.New("not an AES key")
	}
	return cipher.NewGCM(block)
}

func parsePrivateKey(text string) (*rsa.PrivateKey, error) {
	der, err := parseDER(text)
	if err != nil {
		return nil, err
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key, nil
	}
	any8, err := x509.ParsePKCS8PrivateKey(der)
	switch {
	case err != nil && isSM2(der):
		return nil, errors.New("a key of SM2, which goes into Signer")
	case err != nil:
		return nil, errors.New("neither PKCS #1 nor PKCS #8")
	}
	key, ok := any8.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("not an RSA key")
	}
	return key, nil
}

func parseCertificate(text string) (*rsa.PublicKey, error) {
	der, err := parseDER(text)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	switch {
	case err != nil && isSM2(der):
		return nil, errors.New("its key is one of SM2, which goes into Verify")
	case err != nil:
		return nil, errors.New("not an X.509 certificate")
	}
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, errors.New("its key is not RSA")
	}
	return key, nil
}

// parseDER takes PEM, also with the line ends that environment variables make of it, or bare base64.
func parseDER(text string) ([]byte, error) {
	text = strings.ReplaceAll(text, `\n`, "\n")
	if strings.TrimSpace(text) == "" {
		return nil, errors.New("empty")
	}
	if block, _ := pem.Decode([]byte(text)); block != nil {
		return block.Bytes, nil
	}
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return nil, errors.New("neither PEM nor base64")
	}
	return der, nil
}

// For gives the AppID of the account that has them to keys that name none; nil stays nil.
func (sec *Security) For(appID string) *Security {
	if sec != nil && sec.appID == "" {
		sec.appID = appID
	}
	return sec
}

// Covers reports whether calls to path are encrypted and signed.
func (sec *Security) Covers(path string) bool { return slices.Contains(sec.paths, path) }

// CertificateNumber returns the number of WeChat's certificate at hand.
func (sec *Security) CertificateNumber() string { return sec.certNumber }

// URL returns what both sides sign in place of the URL: no query, and not the way past a proxy.
func (sec *Security) URL(base *url.URL, path string) string {
	host := sec.host
	switch {
	case host != "":
	case route.IsWeChat(base):
		host = base.Hostname()
	default:
		host = "api.weixin.qq.com"
	}
	return "https://" + host + path
}
