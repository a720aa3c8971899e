package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var shown = regexp.MustCompile("(?s)<!-- doctor (\\S+) -->\n```text\n(.*?)```")

// What the documents show is what doctor says: the whole of it, or a part.
func TestDocsShowWhatDoctorSays(t *testing.T) {
	t.Parallel()
	for document, lang := range map[string]string{"command.md": ".en.txt", "zh/command.md": ".zh.txt"} {
		text, err := os.ReadFile(filepath.Join("../../docs", document))
		require.NoError(t, err)
		found := shown.FindAllStringSubmatch(string(text), -1)
		require.Len(t, found, 9, document)
		for _, block := range found {
			require.True(t, strings.HasSuffix(block[1], lang), "%s: %s", document, block[1])
			said, err := os.ReadFile(filepath.Join("testdata/doctor", block[1]))
			require.NoError(t, err)
			require.Contains(t, string(said), block[2], document)
		}
		for _, c := range commands {
			for word := range strings.FieldsSeq(c.name) {
				require.Contains(t, string(text), word, document)
			}
		}
	}
}
