package seal_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback/internal/seal"
)

// The values of WeChat's own sample programs.
const (
	sampleKey    = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	sampleAppID  = "wxb11529c136998cb6"
	sampleText   = "我是中文abcd123"
	sampleCipher = "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg=="
)

var sampleRandom = [16]byte([]byte("aaaabbbbccccdddd"))

func newKey(t testing.TB, s string) *seal.Key {
	t.Helper()
	k, err := seal.NewKey(s)
	require.NoError(t, err)
	return k
}

func TestPublishedVector(t *testing.T) {
	t.Parallel()
	key := newKey(t, sampleKey)
	require.Equal(t, sampleCipher, key.SealWith(sampleRandom, []byte(sampleText), sampleAppID))

	message, appID, ok := key.Open(sampleCipher)
	require.True(t, ok)
	require.Equal(t, sampleText, string(message))
	require.Equal(t, sampleAppID, string(appID))
}

func TestPublishedSignature(t *testing.T) {
	t.Parallel()
	const encrypted = "hyzAe4OzmOMbd6TvGdIOO6uBmdJoD0Fk53REIHvxYtJlE2B655HuD0m8KUePWB3+LrPXo87wzQ1QLvbeUgmBM4x6F8PGHQHFVAFmOD2LdJF9FrXpbUAh0B5GIItb52sn896wVsMSHGuPE328HnRGBcrS7C41IzDWyWNlZkyyXwon8T332jisa+h6tEDYsVticbSnyU8dKOIbgU6ux5VTjg3yt+WGzjlpKn6NPhRjpA912xMezR4kw6KWwMrCVKSVCZciVGCgavjIQ6X8tCOp3yZbGpy0VxpAe+77TszTfRd5RJSVO/HTnifJpXgCSUdUue1v6h0EIBYYI1BD1DlD+C0CR8e6OewpusjZ4uBl9FyJvnhvQl+q5rv1ixrcpCumEPo5MJSgM9ehVsNPfUM669WuMyVWQLCzpu9GhglF2PE="
	const signature = "5d197aaffba7e9b25a30732f161a50dee96bd5fa"
	require.Equal(t, signature, seal.Signature("spamtest", "1409735669", "1320562132", encrypted))
	require.True(t, seal.Verify(signature, "spamtest", "1409735669", "1320562132", encrypted))
	require.False(t, seal.Verify(strings.ToUpper(signature), "spamtest", "1409735669", "1320562132", encrypted))
	require.False(t, seal.Verify("", "spamtest", "1409735669", "1320562132", encrypted))

	message, appID, ok := newKey(t, sampleKey).Open(encrypted)
	require.True(t, ok)
	require.Equal(t, "wx2c2769f8efd9abc2", string(appID))
	require.Contains(t, string(message), "<Content><![CDATA[abcdteT]]></Content>")
}

func TestRoundTripOfEveryPadding(t *testing.T) {
	t.Parallel()
	key := newKey(t, sampleKey)
	for size := range 70 {
		want := bytes.Repeat([]byte("m"), size)
		message, appID, ok := key.Open(key.Seal(want, "wx1"))
		require.True(t, ok, "%d bytes", size)
		require.Equal(t, want, append([]byte{}, message...), "%d bytes", size)
		require.Equal(t, "wx1", string(appID), "%d bytes", size)
	}
}

func TestSealDiffersEachTime(t *testing.T) {
	t.Parallel()
	key := newKey(t, sampleKey)
	first, second := key.Seal([]byte("x"), "wx1"), key.Seal([]byte("x"), "wx1")
	require.NotEqual(t, first, second)
}

func TestNewKey(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]string{
		"empty": "", "short": sampleKey[1:], "long": sampleKey + "A", "padded": sampleKey[:42] + "=",
		"newline": sampleKey[:42] + "\n", "umlaut": sampleKey[:41] + "ä",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := seal.NewKey(s)
			require.Error(t, err)
			if s != "" {
				require.NotContains(t, err.Error(), s)
			}
		})
	}
	t.Run("trailing bits", func(t *testing.T) {
		t.Parallel()
		plain, odd := newKey(t, sampleKey[:42]+"E"), newKey(t, sampleKey[:42]+"F")
		_, _, ok := odd.Open(plain.Seal([]byte("x"), "wx1"))
		require.True(t, ok, "the bits beyond 32 bytes do not count")
	})
}

// encryptRaw encrypts bytes of the attacker's choice, who for once knows the key.
func encryptRaw(t testing.TB, plain []byte) string {
	t.Helper()
	raw, err := base64.RawStdEncoding.DecodeString(sampleKey)
	require.NoError(t, err)
	block, err := aes.NewCipher(raw)
	require.NoError(t, err)
	out := make([]byte, len(plain))
	cipher.NewCBCEncrypter(block, raw[:16]).CryptBlocks(out, plain)
	return base64.StdEncoding.EncodeToString(out)
}

// layout builds the plain text with a length field and a padding of choice. Its size is 64 bytes.
func layout(length uint32, pad func(i int) byte) []byte {
	data := append([]byte("aaaabbbbccccdddd"), binary.BigEndian.AppendUint32(nil, length)...)
	data = append(data, "<xml></xml>wx1"...)
	for i := len(data); i < 64; i++ {
		data = append(data, pad(i))
	}
	return data
}

func TestOpenRefusesPadding(t *testing.T) {
	t.Parallel()
	key := newKey(t, sampleKey)
	const right = 64 - 34
	for b := range 256 {
		_, appID, ok := key.Open(encryptRaw(t, layout(11, func(int) byte { return byte(b) })))
		if b == right {
			require.True(t, ok)
			require.Equal(t, "wx1", string(appID))
			continue
		}
		if ok { // fewer bytes of the same value are a padding too, and the rest is then no app id
			require.Less(t, b, right)
			require.NotEqual(t, "wx1", string(appID))
		}
	}
	for spoiled := 34; spoiled < 63; spoiled++ {
		_, _, ok := key.Open(encryptRaw(t, layout(11, func(i int) byte {
			if i == spoiled {
				return right + 1
			}
			return right
		})))
		require.False(t, ok, "byte %d", spoiled)
	}
}

func TestOpenRefusesLengths(t *testing.T) {
	t.Parallel()
	key := newKey(t, sampleKey)
	const pad = 64 - 34
	for _, length := range []uint32{15, 16, 44, 1 << 16, 1 << 31, 1<<31 - 1, 1<<32 - 1, 1<<32 - 20} {
		t.Run(fmt.Sprint(length), func(t *testing.T) {
			t.Parallel()
			_, _, ok := key.Open(encryptRaw(t, layout(length, func(int) byte { return pad })))
			require.False(t, ok)
		})
	}
	message, appID, ok := key.Open(encryptRaw(t, layout(14, func(int) byte { return pad })))
	require.True(t, ok, "the message may reach to the very end")
	require.Equal(t, "<xml></xml>wx1", string(message))
	require.Empty(t, appID)
}

func TestOpenRefusesGarbage(t *testing.T) {
	t.Parallel()
	key := newKey(t, sampleKey)
	for name, s := range map[string]string{
		"empty": "", "not base64": "***", "not whole blocks": base64.StdEncoding.EncodeToString(make([]byte, 17)),
		"one block": encryptRaw(t, append([]byte("x"), bytes.Repeat([]byte{15}, 15)...)), "all padding": encryptRaw(t, bytes.Repeat([]byte{32}, 32)),
		"more padding than text": encryptRaw(t, bytes.Repeat([]byte{32}, 16)),
		"other key":              newKey(t, strings.Repeat("Z", 43)).Seal([]byte("<xml/>"), "wx1"), "cut": sampleCipher[:64],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, ok := key.Open(s)
			require.False(t, ok)
		})
	}
}

func FuzzOpen(f *testing.F) {
	key := newKey(f, sampleKey)
	f.Add(sampleCipher, true)
	f.Add("aaaabbbbccccdddd\x00\x00\x00\x02xywx1\x01", false)
	f.Add(string(layout(11, func(int) byte { return 30 })), false)
	f.Fuzz(func(t *testing.T, data string, raw bool) {
		if !raw { // most mutations of a ciphertext die in base64: encrypt the mutation to get deeper
			plain := []byte(data)
			data = encryptRaw(t, plain[:len(plain)/aes.BlockSize*aes.BlockSize])
		}
		message, appID, ok := key.Open(data)
		if !ok {
			require.Nil(t, message)
			require.Nil(t, appID)
			return
		}
		again, againID, ok := key.Open(key.Seal(message, string(appID)))
		require.True(t, ok)
		require.True(t, bytes.Equal(message, again))
		require.True(t, bytes.Equal(appID, againID))
	})
}
