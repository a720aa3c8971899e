package main

import (
	"crypto/cipher"
	"crypto/ecdsa"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm4"
	"github.com/emmansun/gmsm/smx509"

	"github.com/wechatkit/wechat"
)

// keys is what the console of the Mini Program shows (API安全) with SM4_GCM and SM2withSM3, as it shows it.
type keys struct {
	symmetric, symmetricNumber     string // 16 bytes in base64
	private, privateNumber         string // PEM of PKCS #8
	certificate, certificateNumber string // PEM
}

// settings hands the keys to the client.
func (k *keys) settings() (wechat.APISecurity, error) {
	aead, err := k.cipher()
	if err != nil {
		return wechat.APISecurity{}, err
	}
	private, err := k.signer()
	if err != nil {
		return wechat.APISecurity{}, err
	}
	public, err := k.platform()
	if err != nil {
		return wechat.APISecurity{}, err
	}
	return wechat.APISecurity{
		Cipher: aead, EncryptionKeyNumber: k.symmetricNumber,
		// The id must come along: without options gmsm takes one that WeChat does not, and by Sign what is to be signed for a hash.
		Signer: private, SignerOpts: sm2.NewSM2SignerOption(true, []byte(k.privateNumber)),
		Verify: k.verify(public), CertificateNumber: k.certificateNumber,
	}, nil
}

func (k *keys) cipher() (cipher.AEAD, error) {
	key, err := base64.StdEncoding.DecodeString(k.symmetric)
	if err != nil {
		return nil, errors.New("SM4 key: not base64")
	}
	block, err := sm4.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("SM4 key: %d bytes, want %d", len(key), sm4.BlockSize)
	}
	return cipher.NewGCM(block)
}

func (k *keys) signer() (*sm2.PrivateKey, error) {
	block, _ := pem.Decode([]byte(k.private))
	if block == nil {
		return nil, errors.New("SM2 key: not PEM")
	}
	key, err := smx509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("SM2 key: not PKCS #8")
	}
	private, ok := key.(*sm2.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("SM2 key: it is a %T", key)
	}
	return private, nil
}

func (k *keys) platform() (*ecdsa.PublicKey, error) {
	certificate, err := smx509.ParseCertificatePEM([]byte(k.certificate))
	if err != nil {
		return nil, errors.New("certificate: not one of X.509 in PEM")
	}
	public, ok := certificate.PublicKey.(*ecdsa.PublicKey)
	if !ok || !sm2.IsSM2PublicKey(public) {
		return nil, fmt.Errorf("certificate: its key is a %T, not of SM2", certificate.PublicKey)
	}
	return public, nil
}

// verify takes every id that WeChat may mean, since its documentation does not say which one: they are no secret, and the key is
// WeChat's in any case. Keep the one that your answers have.
func (k *keys) verify(public *ecdsa.PublicKey) func(message, signature []byte) bool {
	ids := [][]byte{[]byte(k.certificateNumber), []byte(k.privateNumber), nil} // nil is the id of the standard, 1234567812345678
	return func(message, signature []byte) bool {
		for _, id := range ids {
			if sm2.VerifyASN1WithSM2(public, id, message, signature) {
				return true
			}
		}
		return false
	}
}
