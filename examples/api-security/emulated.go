package main

import (
	"context"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm4"
	"github.com/emmansun/gmsm/smx509"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/customerservice"
	"github.com/wechatkit/wechat/emulator"
)

// playOnEmulator answers a user who wrote, and asks for the quota. The emulator refuses both calls where they are not sealed.
func playOnEmulator(ctx context.Context, out io.Writer) error {
	noon := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC) // so that no day ends between the two
	wx, err := emulator.Start(emulator.WithClockAt(noon))
	if err != nil {
		return err
	}
	defer wx.Close()
	app, ann := wx.MiniProgram(), wx.User("Ann")
	console, err := newConsole()
	if err != nil {
		return err
	}
	app.SecureAPI(console.security())
	settings, err := console.settings()
	if err != nil {
		return err
	}
	settings.Now = wx.Now
	client, err := wechat.New(wechat.Config{AppID: app.AppID, AppSecret: wechat.Secret(app.AppSecret)},
		wechat.WithHTTPClient(wx.HTTPClient()), wechat.WithAPISecurity(settings))
	if err != nil {
		return err
	}
	defer client.Close()
	ann.Write(app, "Is my contract renewed?")
	if err := customerservice.New(client).Send(ctx, &customerservice.Message{
		ToUser: ann.OpenID(app), Content: customerservice.Text{Content: "It is renewed."},
	}); err != nil {
		return err
	}
	inbox := ann.Inbox()
	fmt.Fprintf(out, "on the phone: %s\n", inbox[len(inbox)-1].Text)
	return ask(ctx, out, client)
}

// console is what an administrator sets up for a Mini Program, with WeChat's half of it.
type console struct {
	keys

	aead      cipher.AEAD
	developer *ecdsa.PublicKey
	platform  *sm2.PrivateKey
}

func newConsole() (*console, error) {
	symmetric := make([]byte, sm4.BlockSize)
	_, _ = rand.Read(symmetric) // never fails
	aead, err := newGCM(symmetric)
	if err != nil {
		return nil, err
	}
	developer, err := sm2.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	private, err := smx509.MarshalPKCS8PrivateKey(developer)
	if err != nil {
		return nil, err
	}
	platform, certificate, err := newPlatform()
	if err != nil {
		return nil, err
	}
	return &console{keys{
		symmetric: base64.StdEncoding.EncodeToString(symmetric), symmetricNumber: "sm4-1",
		private: string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})), privateNumber: "sm2-1",
		certificate: string(certificate), certificateNumber: "certificate-1",
	}, aead, &developer.PublicKey, platform}, nil
}

// security is the emulator's part.
func (c *console) security() emulator.Security {
	return emulator.Security{
		AEAD: c.aead, SymmetricSN: c.symmetricNumber,
		Verify: func(message, signature []byte) bool {
			return sm2.VerifyASN1WithSM2(c.developer, []byte(c.privateNumber), message, signature)
		},
		PublicSN: c.privateNumber,
		Sign: func(message []byte) ([]byte, error) {
			return c.platform.Sign(rand.Reader, message, sm2.NewSM2SignerOption(true, []byte(c.certificateNumber)))
		},
		Certificate: []byte(c.certificate), CertificateSN: c.certificateNumber,
	}
}

// newPlatform makes WeChat's key and its certificate.
func newPlatform() (*sm2.PrivateKey, []byte, error) {
	key, err := sm2.GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "WeChat (emulator)"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<32, 0),
	}
	der, err := smx509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, nil, err
	}
	return key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), nil
}

func newGCM(key []byte) (cipher.AEAD, error) {
	block, err := sm4.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
