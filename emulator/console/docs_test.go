package console

import (
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"net/http/httptest"

	"github.com/stretchr/testify/require"
)

// documents are the page in both languages, with the heading of its section about the configuration.
var documents = map[string]string{"../../docs/emulator.md": "Configuration", "../../docs/zh/emulator.md": "配置文件"}

// inBothLanguages runs a test for each document.
func inBothLanguages(t *testing.T, test func(t *testing.T, file, docs string)) {
	t.Helper()
	for file := range documents {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			test(t, file, string(text))
		})
	}
}

// block is the first code block behind a marker.
func block(t *testing.T, docs, marker string) string {
	t.Helper()
	_, rest, ok := strings.Cut(docs, "<!-- "+marker+" -->\n```")
	require.True(t, ok, marker)
	_, rest, _ = strings.Cut(rest, "\n")
	text, _, ok := strings.Cut(rest, "```\n")
	require.True(t, ok, marker)
	return text
}

// TestDocsHaveTheDifferences keeps the table the package comment's own. WECHAT_UPDATE_GOLDEN=1 copies it.
func TestDocsHaveTheDifferences(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../doc.go")
	require.NoError(t, err)
	_, table, ok := strings.Cut(string(source), "// # Differences\n")
	require.True(t, ok)
	table, _, _ = strings.Cut(table, "\npackage ")
	var want strings.Builder
	for line := range strings.SplitSeq(table, "\n") {
		if row, ok := strings.CutPrefix(line, "//\t"); ok {
			want.WriteString(row + "\n")
		}
	}
	require.Greater(t, strings.Count(want.String(), "\n"), 20)
	inBothLanguages(t, func(t *testing.T, file, docs string) {
		got := block(t, docs, "differences")
		if os.Getenv("WECHAT_UPDATE_GOLDEN") != "" {
			docs = strings.Replace(docs, "<!-- differences -->\n```text\n"+got, "<!-- differences -->\n```text\n"+want.String(), 1)
			require.NoError(t, os.WriteFile(file, []byte(docs), 0o600))
			return
		}
		require.Equal(t, want.String(), got, "run with WECHAT_UPDATE_GOLDEN=1")
	})
}

var (
	documented  = regexp.MustCompile("`(GET|POST|PUT|DELETE) (?:/_emulator/api)?(/[^`? ]*)")
	placeholder = regexp.MustCompile(`\{[a-zA-Z]+\}`)
)

// TestDocsHaveEveryRoute compares the routes with the documentation, both ways.
func TestDocsHaveEveryRoute(t *testing.T) {
	t.Parallel()
	routes := []string{"GET /events", "GET /"} // the latter is the redirect
	for _, table := range tables {
		for pattern := range table {
			routes = append(routes, placeholder.ReplaceAllString(pattern, "{}"))
		}
	}
	slices.Sort(routes)
	inBothLanguages(t, func(t *testing.T, _, docs string) {
		var found []string
		for _, m := range documented.FindAllStringSubmatch(docs, -1) {
			found = append(found, placeholder.ReplaceAllString(m[1]+" "+m[2], "{}"))
		}
		slices.Sort(found)
		require.Equal(t, routes, slices.Compact(found))
	})
}

// TestDocsHaveEverySetting finds each field of a configuration in the documentation, and in its example.
func TestDocsHaveEverySetting(t *testing.T) {
	t.Parallel()
	inBothLanguages(t, checkSettings)
}

func checkSettings(t *testing.T, file, docs string) {
	example := block(t, docs, "configuration")
	_, section, _ := strings.Cut(docs, "\n## "+documents[file]+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for _, kind := range []reflect.Type{
		reflect.TypeFor[Config](), reflect.TypeFor[AppConfig](), reflect.TypeFor[TemplateConfig](), reflect.TypeFor[CallbackConfig](),
		reflect.TypeFor[AgentConfig](), reflect.TypeFor[LimitConfig](), reflect.TypeFor[UserConfig](), reflect.TypeFor[ConsentConfig](),
	} {
		for name := range fieldsOf(kind) {
			require.Contains(t, section, "`"+name+"`", kind)
			require.Contains(t, example, `"`+name+`":`, kind)
		}
	}
	cfg, err := ReadConfig(strings.NewReader(example))
	require.NoError(t, err)
	wx, err := cfg.Start()
	require.NoError(t, err)
	require.Equal(t, 2, wx.User("alice").Grants("contract-due"))
	require.NoError(t, wx.Close())
}

// TestDocsScript runs the script with curl. Where there is none, CI=true makes that an error.
func TestDocsScript(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil && os.Getenv("CI") == "" {
		t.Log("curl is not installed; with CI=true this is an error")
		return
	}
	inBothLanguages(t, runScript)
}

func runScript(t *testing.T, _, docs string) {
	script := block(t, docs, "script")
	_, output, _ := strings.Cut(docs, script+"```\n\n```text\n")
	output, _, _ = strings.Cut(output, "```")
	demo, err := os.ReadFile("../../cmd/wechat-emulator/demo.json")
	require.NoError(t, err)
	cfg, err := ReadConfig(strings.NewReader(string(demo)))
	require.NoError(t, err)
	wx, err := cfg.Start()
	require.NoError(t, err)
	con := New(wx)
	srv := httptest.NewServer(con)
	t.Cleanup(func() {
		srv.Close()
		require.NoError(t, con.Close())
		require.NoError(t, wx.Close())
	})
	cmd := exec.CommandContext(t.Context(), "sh", "-c", script)
	cmd.Env = append(os.Environ(), "BASE="+srv.URL)
	got, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", got)
	require.Equal(t, output, string(got))
}
