package endpoints_test

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/internal/endpoints"
)

// letters is the source of a package in which everything is right.
const letters = `package letters

import (
	"context"

	"example.org/post"
)

type Client struct{}

// Send sends a letter (发信). It costs a stamp.
//
// WeChat docs: https://developers.weixin.qq.com/doc/api_send.html
//
//wechat:endpoint POST /cgi-bin/letter/send
//wechat:account mini-program
func (c *Client) Send(ctx context.Context) error {
	return post.Call{Op: "letters.Send", Path: "/cgi-bin/letter/send"}.Do(ctx)
}

// ListPage lists a page of letters.
//
// WeChat docs: https://developers.weixin.qq.com/doc/api_list and
// https://developers.weixin.qq.com/doc/guide.html, for both kinds.
//
//wechat:endpoint GET /cgi-bin/letter/list
//wechat:account service-account website
//wechat:endpoint GET /cgi-bin/component/letter/list
//wechat:account component
func (c *Client) ListPage(ctx context.Context) error {
	return post.Call{Op: "letters.List", Path: "/cgi-bin/letter/list"}.Or("/cgi-bin/component/letter/list").Do(ctx)
}
`

// runs is a test that runs every sample of the tests here.
const runs = `package letters

var _ = golden.Run(nil, []golden.Case{
	{Name: "Send"}, {Name: "ListPage"}, {Name: "List-component"}, {Name: "Burn"}, {Name: "Resend-twice"},
})
`

// tree is a module in which everything is right.
func tree() map[string]string {
	files := map[string]string{
		"go.mod":                   "module example.org/post\n",
		"letters/letters.go":       letters,
		"letters/letters_test.go":  "package letters\n\nvar path = \"/cgi-bin/only/tests\"\n",
		"letters/golden_test.go":   runs,
		"letters/testdata/x/y.pem": "something else",
		"nested/go.mod":            "module example.org/post/nested\n",
		"nested/nested.go":         "package nested\n\nimport _ \"example.org/post\"\n\nvar path = \"/cgi-bin/other/module\"\n",
		"cmd/post/main.go":         "package main\n\nimport _ \"example.org/post\"\n\nvar path = \"/cgi-bin/any/path\"\n",
		"stamps/stamps.go":         "package stamps\n\nvar path = \"/not/of/wechat\"\n",
	}
	maps.Copy(files, sample("letters/testdata/Send", "POST https://api.weixin.qq.com/cgi-bin/letter/send?access_token=T\n\n{}"))
	maps.Copy(files, sample("letters/testdata/ListPage", "GET https://api.weixin.qq.com/cgi-bin/letter/list?access_token=T"))
	maps.Copy(files, sample("letters/testdata/List-component",
		"GET https://api.weixin.qq.com/cgi-bin/component/letter/list?access_token=T"))
	return files
}

func sample(folder, request string) map[string]string {
	return map[string]string{
		folder + "/request.http":  request + "\n",
		folder + "/response.json": "{}",
		folder + "/error.json":    `{"errcode":-1}`,
	}
}

func routes() []endpoints.Route {
	return []endpoints.Route{
		{Method: "POST", Path: "/cgi-bin/letter/send"},
		{Method: "GET", Path: "/cgi-bin/letter/list"},
		{Method: "GET", Path: "/cgi-bin/component/letter/list"},
	}
}

func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(content), 0o644))
	}
	return dir
}

func scan(t *testing.T, files map[string]string) *endpoints.Module {
	t.Helper()
	module, err := endpoints.Scan(write(t, files))
	require.NoError(t, err)
	return module
}

func TestScan(t *testing.T) {
	t.Parallel()
	module := scan(t, tree())
	require.Empty(t, module.Problems(routes(), endpoints.Allowed{}))
	require.Len(t, module.Endpoints, 3)

	send := module.Endpoints[2]
	require.Equal(t, "POST /cgi-bin/letter/send", send.Route.String())
	require.Equal(t, endpoints.Place{Dir: "letters", Package: "letters", File: "letters/letters.go", Line: 15}, send.Place)
	require.Equal(t, "Client.Send", send.Symbol)
	require.Equal(t, "Send sends a letter (发信).", send.Synopsis)
	require.Equal(t, []string{"https://developers.weixin.qq.com/doc/api_send.html"}, send.Pages)
	require.Equal(t, []endpoints.Account{endpoints.MiniProgram}, send.Accounts)
	require.Len(t, send.Samples, 1)
	require.Equal(t, "letters/testdata/Send", send.Samples[0].Folder)

	component, list := module.Endpoints[0], module.Endpoints[1]
	require.Equal(t, []endpoints.Account{endpoints.Component}, component.Accounts)
	require.Equal(t, "letters/testdata/List-component", component.Samples[0].Folder)
	require.Equal(t, []endpoints.Account{endpoints.ServiceAccount, endpoints.Website}, list.Accounts)
	require.Equal(t, []string{
		"https://developers.weixin.qq.com/doc/api_list", "https://developers.weixin.qq.com/doc/guide.html",
	}, list.Pages)
}

func TestScanOfConstantsAndFunctions(t *testing.T) {
	t.Parallel()
	files := tree()
	files["letters/kind.go"] = `package letters

const (
	// Fast asks for a fast stamp.
	//
	// WeChat docs: https://developers.weixin.qq.com/doc/api_stamp
	//
	//wechat:endpoint GET /cgi-bin/stamp
	//wechat:account mini-program
	Fast = iota
)

type Box[T any] struct{}

// Open opens a box.
//
// WeChat docs: https://developers.weixin.qq.com/doc/api_box
//
//wechat:endpoint GET /cgi-bin/box
//wechat:account mini-program
func (b Box[T]) Open() {}

// Authorize authorizes somebody
// to do something
//
// WeChat docs: https://developers.weixin.qq.com/doc/api_shut
//
//wechat:endpoint POST /cgi-bin/box
//wechat:account mini-program
func Authorize() {}
`
	var symbols []string
	found := scan(t, files).Endpoints
	for _, e := range found {
		symbols = append(symbols, e.Symbol)
	}
	require.Equal(t, []string{"Box.Open", "Authorize", "Client.ListPage", "Client.ListPage", "Client.Send", "Fast"}, symbols)
	require.Equal(t, "Authorize authorizes somebody to do something", found[1].Synopsis)
}

// TestSharedEndpoint has two methods that call the same endpoint: the folder's name says whose sample it is.
func TestSharedEndpoint(t *testing.T) {
	t.Parallel()
	files := tree()
	files["letters/resend.go"] = `package letters

// Resend sends a letter again.
//
// WeChat docs: https://developers.weixin.qq.com/doc/api_send.html
//
//wechat:endpoint POST /cgi-bin/letter/send
//wechat:account mini-program
func (c *Client) Resend() {}
`
	require.Equal(t, []string{
		"letters/resend.go:7: Client.Resend: POST /cgi-bin/letter/send: no sample: " +
			"a folder in testdata with this request, named Resend or Resend-…",
	}, scan(t, files).Problems(routes(), endpoints.Allowed{}))

	maps.Copy(files, sample("letters/testdata/Resend-twice", "POST https://api.weixin.qq.com/cgi-bin/letter/send"))
	require.Empty(t, scan(t, files).Problems(routes(), endpoints.Allowed{}))
}

func TestScanErrors(t *testing.T) {
	t.Parallel()
	_, err := endpoints.Scan(t.TempDir())
	require.ErrorIs(t, err, os.ErrNotExist)

	files := tree()
	files["letters/broken.go"] = "package"
	_, err = endpoints.Scan(write(t, files))
	require.ErrorContains(t, err, "broken.go")

	files = tree()
	files["letters/broken_test.go"] = "package"
	_, err = endpoints.Scan(write(t, files))
	require.ErrorContains(t, err, "broken_test.go")
}
