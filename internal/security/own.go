package security

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
)

// What a program brings itself to API security, Cipher, Signer and Verify, is asked through guarded, so that a panic in it ends
// no process that sends for others too.

// Sizes in WeChat's envelope, in bytes.
const (
	nonceSize = 12 // iv
	tagSize   = 16 // authtag
)

// pss is how RSAwithSHA256 signs.
var pss = &rsa.PSSOptions{SaltLength: sha256.Size, Hash: crypto.SHA256}

// useCipher takes s.Cipher in place of AES256_GCM.
func (sec *Security) useCipher(s *Config) error {
	if s.EncryptionKey != "" {
		return errors.New("EncryptionKey and Cipher are both set")
	}
	sec.aead, sec.ownCipher = s.Cipher, true
	return guarded("Cipher", func() error {
		if n := s.Cipher.NonceSize(); n != nonceSize {
			return fmt.Errorf("a nonce of %d bytes, want %d", n, nonceSize)
		}
		if n := s.Cipher.Overhead(); n != tagSize {
			return fmt.Errorf("an overhead of %d bytes, want %d", n, tagSize)
		}
		return nil
	})
}

// useSigner takes s.Signer in place of s.PrivateKey.
func (sec *Security) useSigner(s *Config) error {
	if s.PrivateKey != "" {
		return errors.New("PrivateKey and Signer are both set")
	}
	opts := s.SignerOpts
	if opts == nil {
		err := guarded("Signer", func() error {
			if _, ok := s.Signer.Public().(*rsa.PublicKey); !ok {
				return errors.New("its key is not RSA, so SignerOpts must say how it signs")
			}
			return nil
		})
		if err != nil {
			return err
		}
		opts = &rsa.PSSOptions{SaltLength: pss.SaltLength, Hash: pss.Hash} // Signer may write into its own
	}
	sec.signer = func(message []byte) ([]byte, error) { return crypto.SignMessage(s.Signer, rand.Reader, message, opts) }
	return guarded("SignerOpts", func() error {
		_, whole := s.Signer.(crypto.MessageSigner)
		if hash := opts.HashFunc(); !whole && hash != 0 && !hash.Available() {
			return fmt.Errorf("the program does not link the hash function %v", hash)
		}
		return nil
	})
}

// encryptOwn is encrypt with a cipher of the program.
func (sec *Security) encryptOwn(iv, plain, additional []byte) (sealed []byte, err error) {
	err = guarded("WithAPISecurity: Cipher", func() error {
		sealed = sec.aead.Seal(nil, iv, plain, additional)
		if want := len(plain) + tagSize; len(sealed) != want {
			return fmt.Errorf("made %d bytes of %d, want %d", len(sealed), len(plain), want)
		}
		return nil
	})
	return sealed, err
}

// decryptOwn is decrypt with a cipher of the program.
func (sec *Security) decryptOwn(iv, sealed, additional []byte) (plain []byte, err error) {
	var closed error
	err = guarded("WithAPISecurity: Cipher", func() error {
		plain, closed = sec.aead.Open(nil, iv, sealed, additional)
		return nil
	})
	if closed != nil {
		return nil, errClosed
	}
	return plain, err
}

// signOwn is sign with a key of the program.
func (sec *Security) signOwn(message []byte) (signature []byte, err error) {
	err = guarded("WithAPISecurity: Signer", func() (failed error) {
		signature, failed = sec.signer(message)
		if failed == nil && len(signature) == 0 {
			return errors.New("no signature returned")
		}
		return failed
	})
	return signature, err
}

// verifyOwn is verify by the program.
func (sec *Security) verifyOwn(message, signature []byte) (fits bool, err error) {
	err = guarded("WithAPISecurity: Verify", func() error {
		fits = sec.verifier(message, signature)
		return nil
	})
	return fits, err
}

// guarded runs code of the program.
func guarded(setting string, do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			cause, _ := p.(error)
			err = &panicError{setting, fmt.Sprintf("%T", p), cause}
		}
	}()
	if err := do(); err != nil {
		return fmt.Errorf("%s: %w", setting, err)
	}
	return nil
}

// panicError is a panic of the program's code. It does not show the value, since that may hold a key.
type panicError struct {
	setting, kind string
	cause         error // the value, if it is an error
}

func (e *panicError) Error() string { return e.setting + " panicked with a value of type " + e.kind }
func (e *panicError) Unwrap() error { return e.cause }

// oidSM2 is how the curve of SM2 is named in a key, 1.2.156.10197.1.301 in DER.
var oidSM2 = []byte{0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d}

func isSM2(der []byte) bool { return bytes.Contains(der, oidSM2) }
