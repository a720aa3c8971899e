package secret_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/internal/secret"
)

const planted = "s3cr3t-value"

func TestStringNeverPrints(t *testing.T) {
	t.Parallel()
	type config struct {
		ID  string
		Key secret.String
	}
	cfg := config{ID: "wx1", Key: planted}

	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10s"} {
		fmt.Fprintf(&out, verb+"\n", cfg.Key)
		fmt.Fprintf(&out, verb+"\n", cfg)
		fmt.Fprintf(&out, verb+"\n", &cfg)
		fmt.Fprintf(&out, verb+"\n", []secret.String{planted})
	}
	require.NoError(t, json.NewEncoder(&out).Encode(cfg))
	require.NoError(t, xml.NewEncoder(&out).Encode(cfg))
	slog.New(slog.NewTextHandler(&out, nil)).Info("m", "key", cfg.Key, "cfg", cfg)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "key", cfg.Key, "cfg", cfg)

	require.NotContains(t, out.String(), planted)
	require.NotContains(t, out.String(), fmt.Sprintf("%x", planted))
	require.Contains(t, out.String(), secret.Mask)
	require.Equal(t, planted, cfg.Key.Reveal())
}

func TestEmptyStaysVisibleAsEmpty(t *testing.T) {
	t.Parallel()
	require.Empty(t, secret.String("").String())
	require.Equal(t, `""`, fmt.Sprintf("%#v", secret.String("")))
}

func TestStringIsReadFromJSON(t *testing.T) {
	t.Parallel()
	var s secret.String
	require.NoError(t, json.Unmarshal([]byte(`"s3cr3t-value"`), &s))
	require.Equal(t, planted, s.Reveal())
}

func TestRedact(t *testing.T) {
	t.Parallel()
	require.Equal(t, "a [redacted] b [redacted]", secret.Redact("a token-1 b token-1", "token-1"))
	require.Equal(t, "about", secret.Redact("about", "", "ab"), "too short to be a secret")
}

// Nothing is left of values that overlap, and a value that is a part of the mask does not spoil it.
func TestRedactLeavesNoRest(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"for Ann of Ulm Minster":          "for [redacted]",
		"Ann of Ulm, Ann of":              "[redacted], [redacted]",
		"of Ulm Minster, [redacted]":      "[redacted], [redacted]",
		"redacted and edacted] [redacted": "[redacted] and edacted] [[redacted]",
	} {
		require.Equal(t, want, secret.Redact(text, "Ann of", "Ann of Ulm", "Ulm Minster", "of Ulm Minster", "redacted"), text)
	}
}
