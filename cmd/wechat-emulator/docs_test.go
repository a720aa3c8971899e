package main

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator/console"
)

const docsFile = "../../docs/emulator.md"

// section is what stands between two marks of the documentation.
func section(t *testing.T, begin, end string) string {
	t.Helper()
	text, err := os.ReadFile(docsFile)
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(text), begin)
	require.True(t, ok, begin)
	found, _, ok := strings.Cut(rest, end)
	require.True(t, ok, end)
	return found
}

// TestDocsHaveTheDemoAccounts finds all that demo.json holds in the tables, and no other account or template.
func TestDocsHaveTheDemoAccounts(t *testing.T) {
	t.Parallel()
	tables := section(t, "<!-- demo -->", "<!-- end of demo -->")
	cfg, err := console.ReadConfig(bytes.NewReader(demo))
	require.NoError(t, err)
	var want []string
	for _, a := range cfg.Apps {
		want = append(want, a.AppID)
		require.Contains(t, tables, a.Name)
		require.Contains(t, tables, "`"+a.AppSecret+"`")
		for _, tpl := range a.Templates {
			want = append(want, tpl.ID)
			row := regexp.MustCompile("(?m)^\\| `" + tpl.ID + "` .*$").FindString(tables)
			require.Contains(t, row, `"`+tpl.Title+`"`)
			for _, line := range regexp.MustCompile(`(.+):\{\{(\w+)\.DATA`).FindAllStringSubmatch(tpl.Content, -1) {
				require.Contains(t, row, "`"+line[2]+"` "+line[1])
			}
		}
	}
	for _, u := range cfg.Users {
		require.Contains(t, tables, u.Name)
	}
	var got []string
	for _, row := range regexp.MustCompile("(?m)^\\| [^|]*?(?:\\| )?`((?:wx|demo-)[a-z0-9-]+)`").FindAllStringSubmatch(tables, -1) {
		got = append(got, row[1])
	}
	slices.Sort(want)
	slices.Sort(got)
	require.Equal(t, want, got)
}

// TestDocsHaveEveryFlag compares the flags with the table, and with the comment of the command.
func TestDocsHaveEveryFlag(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("main.go")
	require.NoError(t, err)
	var usage bytes.Buffer
	_, err = parse([]string{"-help"}, &usage)
	require.Error(t, err)
	flags := regexp.MustCompile(`(?m)^  (-\w+)`).FindAllStringSubmatch(usage.String(), -1)
	require.Greater(t, len(flags), 5)
	table := section(t, "\n## The command\n", "\n\nThe variables ")
	require.Equal(t, len(flags), strings.Count(table, "\n| `-"))
	for _, f := range flags {
		require.Contains(t, table, "\n| `"+f[1]+"` |")
		require.Contains(t, string(source), "//\t"+f[1]+" ")
	}
}
