package emulator

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const testKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"

// Texts of all lengths around the block come back as they were.
func TestSealedTextsOpen(t *testing.T) {
	t.Parallel()
	for n := range 70 {
		text := strings.Repeat("字", n) + strings.Repeat("x", n%3)
		sealed := seal(testKey, "0123456789abcdef", "wx1", []byte(text))
		raw, err := base64.StdEncoding.DecodeString(sealed)
		require.NoError(t, err)
		require.Zero(t, len(raw)%padTo, "padded to 32 bytes")
		plain, err := unseal(testKey, "wx1", sealed)
		require.NoError(t, err)
		require.Equal(t, text, string(plain))
	}
}

func TestWhatDoesNotOpen(t *testing.T) {
	t.Parallel()
	sealed := seal(testKey, "0123456789abcdef", "wx1", []byte("Hello"))
	flip := func(i int) string {
		raw, err := base64.StdEncoding.DecodeString(sealed)
		require.NoError(t, err)
		raw[i] ^= 1
		return base64.StdEncoding.EncodeToString(raw)
	}
	for name, c := range map[string]struct{ key, appID, sealed string }{
		"another account": {testKey, "wx2", sealed},
		"another key":     {strings.ToUpper(testKey[:26]) + testKey[26:], "wx1", sealed},
		"no base64":       {testKey, "wx1", "%" + sealed},
		"nothing":         {testKey, "wx1", ""},
		"cut":             {testKey, "wx1", sealed[:8]},
		"half a block":    {testKey, "wx1", base64.StdEncoding.EncodeToString([]byte("0123456789"))},
		"changed end":     {testKey, "wx1", flip(31)},
		"changed length":  {testKey, "wx1", flip(16)},
	} {
		_, err := unseal(c.key, c.appID, c.sealed)
		require.ErrorIs(t, err, errUnsealed, name)
	}
}

// The order of the parts makes no difference to a signature, their content does.
func TestSignature(t *testing.T) {
	t.Parallel()
	require.Equal(t, "a9993e364706816aba3e25717850c26c9cd0d89d", sign("abc"), "the SHA-1 of abc")
	require.Equal(t, sign("token", "1", "nonce"), sign("nonce", "token", "1"))
	require.NotEqual(t, sign("token", "1", "nonce"), sign("token", "2", "nonce"))
}

// A section of CDATA cannot hold its own end, and JSON no raw quotes.
func TestEscapesOfPushes(t *testing.T) {
	t.Parallel()
	f := fields{
		{"Text", `a]]>b"c`}, {"Number", int64(7)}, {"Digits", digits("8")},
		{"Inner", fields{{"A", "x"}}}, {"List", list{{{"B", "1"}}, {{"B", "2"}}}}, {"None", list{}},
	}
	require.Equal(t, `<xml><Text><![CDATA[a]]]]><![CDATA[>b"c]]></Text><Number>7</Number><Digits>8</Digits>`+
		`<Inner><A><![CDATA[x]]></A></Inner><List><B><![CDATA[1]]></B></List><List><B><![CDATA[2]]></B></List></xml>`, string(f.encode(XML)))
	require.Equal(t, `{"Text":"a]]>b\"c","Number":7,"Digits":"8","Inner":{"A":"x"},"List":[{"B":"1"},{"B":"2"}],"None":[]}`, string(f.encode(JSON)))
}

// The encrypted copy of compatible mode goes into the plain body, if that is what it looks like.
func TestCopyInThePlainBody(t *testing.T) {
	t.Parallel()
	for plain, c := range map[string]struct {
		format Format
		want   string
		ok     bool
	}{
		"<xml><A>1</A></xml>":     {XML, "<xml><A>1</A><Encrypt><![CDATA[s]]></Encrypt></xml>", true},
		"\n<xml><A>1</A></xml>\n": {XML, "<xml><A>1</A><Encrypt><![CDATA[s]]></Encrypt></xml>", true},
		`{"A":1}`:                 {JSON, `{"A":1,"Encrypt":"s"}`, true},
		`{"A":2}`:                 {XML, "", false},
		"text":                    {JSON, "", false},
	} {
		got, ok := withEncrypt(c.format, []byte(plain), "s")
		require.Equal(t, c.ok, ok, plain)
		if ok {
			require.Equal(t, c.want, string(got))
		}
	}
}
