package callback_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/callback/callbacktest"
)

// golden compares got with a file of testdata, or writes it if WECHAT_UPDATE_GOLDEN=1 is set.
func golden(t *testing.T, file, got string) {
	t.Helper()
	file = filepath.Join("testdata", file)
	if os.Getenv("WECHAT_UPDATE_GOLDEN") == "1" {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

func read(t testing.TB, file string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", file))
	require.NoError(t, err)
	return strings.TrimSuffix(string(data), "\n")
}

// pushNames returns the names of all push shapes in testdata.
func pushNames(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/pushes/*.xml")
	require.NoError(t, err)
	require.Greater(t, len(files), 50)
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = strings.TrimSuffix(filepath.Base(f), ".xml")
	}
	return names
}

// goldenApp is the receiver of a push shape.
func goldenApp(name string, mode callback.Mode) callback.App {
	app := appIn(mode)
	if strings.HasPrefix(name, "platform_") {
		app.AppID, app.Kind = "wxplatform000001", callback.ThirdPartyPlatform
	}
	return app
}

// goldenRequest makes the same request each time.
func goldenRequest(app callback.App, body string) *http.Request {
	return callbacktest.Sender{
		App: app, URL: "/wechat", Time: now, Nonce: "1320562132", Random: [16]byte([]byte("aaaabbbbccccdddd")),
	}.Push(body)
}

// comparable returns what must be the same in both encodings: all but the raw body of an unknown push.
func comparablePush(p callback.Push) any {
	if u, ok := p.(*callback.Unknown); ok {
		return u.Header
	}
	return p
}

// TestEveryPush sends each push shape in both encodings and all three modes. All six must give the same Go value, the
// one in the golden file; the requests are golden too.
func TestEveryPush(t *testing.T) {
	t.Parallel()
	modes := map[string]callback.Mode{
		"secure": callback.ModeSecure, "compatible": callback.ModeCompatible, "plain": callback.ModePlain,
	}
	for _, name := range pushNames(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var first callback.Push
			var requests bytes.Buffer
			for _, format := range []string{"xml", "json"} {
				for _, modeName := range []string{"secure", "compatible", "plain"} {
					app := goldenApp(name, modes[modeName])
					body := read(t, "pushes/"+name+"."+format)
					r := goldenRequest(app, body)
					fmt.Fprintf(&requests, "# %s %s\n%s", format, modeName, wire(t, r))

					b := setup(t, app)
					w := b.do(r)
					require.Equal(t, http.StatusOK, w.Code)
					require.Equal(t, "success", w.Body.String())
					require.Empty(t, b.reported())
					got := b.handled()
					require.Len(t, got, 1)
					if first == nil {
						first = got[0]
					}
					require.Equal(t, comparablePush(first), comparablePush(got[0]), "%s %s", format, modeName)
				}
			}
			golden(t, "pushes/"+name+".golden", dump(t, first)+requests.String())
		})
	}
}

// wire writes down a request and leaves it as it was.
func wire(t *testing.T, r *http.Request) string {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	r.Body = io.NopCloser(bytes.NewReader(body))
	return fmt.Sprintf("%s %s\n%s: %s\n\n%s\n\n", r.Method, r.URL, "Content-Type", r.Header.Get("Content-Type"), body)
}

// dump writes down a Go value.
func dump(t *testing.T, p callback.Push) string {
	t.Helper()
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	require.NoError(t, enc.Encode(comparablePush(p)))
	return fmt.Sprintf("# %T\n%s\n", p, out.String())
}

// TestPackageCommentNamesEveryPush keeps the overview complete.
func TestPackageCommentNamesEveryPush(t *testing.T) {
	t.Parallel()
	comment, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	for _, name := range pushNames(t) {
		typ, _, _ := strings.Cut(strings.TrimPrefix(read(t, "pushes/"+name+".golden"), "# *callback."), "\n")
		require.Contains(t, string(comment), "["+typ+"]")
	}
}

// TestGoldenRequestsAreRead feeds the recorded requests, byte by byte, to handlers that never met their maker.
func TestGoldenRequestsAreRead(t *testing.T) {
	t.Parallel()
	for _, name := range pushNames(t) {
		recorded := strings.Split(read(t, "pushes/"+name+".golden"), "\n# ")
		require.Len(t, recorded, 7)
		for _, text := range recorded[1:] {
			title, text, _ := strings.Cut(text, "\n")
			head, body, _ := strings.Cut(text, "\n\n")
			target := strings.TrimPrefix(strings.SplitN(head, "\n", 2)[0], "POST ")
			modes := map[string]callback.Mode{"secure": callback.ModeSecure, "compatible": callback.ModeCompatible, "plain": callback.ModePlain}
			b := setup(t, goldenApp(name, modes[strings.Fields(title)[1]]))
			r, err := http.NewRequest(http.MethodPost, target, strings.NewReader(strings.TrimSuffix(body, "\n\n")))
			require.NoError(t, err)
			require.Equal(t, http.StatusOK, b.do(r).Code, "%s %s", name, title)
			require.Len(t, b.handled(), 1)
		}
	}
}
