package verdict_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/internal/verdict"
)

func TestOnlyPassPasses(t *testing.T) {
	t.Parallel()
	require.True(t, verdict.Pass.Passed())
	for _, other := range []verdict.Advice{verdict.Review, verdict.Risky, "", "Pass", "blocked"} {
		require.False(t, other.Passed(), other)
	}
}

func TestLabelInWords(t *testing.T) {
	t.Parallel()
	for label, want := range map[verdict.Label]string{
		verdict.Normal: "normal", verdict.Advertising: "advertising", verdict.Other: "other", 0: "label 0", 29999: "label 29999",
	} {
		require.Equal(t, want, label.String())
	}
}
