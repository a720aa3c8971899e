package endpoints_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/internal/endpoints"
)

// TestProblems takes one thing at a time from a module in which everything is right, and adds one thing too
// many: each must be found, and nothing else.
func TestProblems(t *testing.T) {
	t.Parallel()
	const source = "letters/letters.go"
	replace := func(oldnew ...string) func(map[string]string) {
		return func(files map[string]string) { files[source] = strings.NewReplacer(oldnew...).Replace(files[source]) }
	}
	drop := func(names ...string) func(map[string]string) {
		return func(files map[string]string) {
			for _, name := range names {
				delete(files, name)
			}
		}
	}
	add := func(name, content string) func(map[string]string) {
		return func(files map[string]string) { files[name] = content }
	}
	const noSample = "letters/letters.go:15: Client.Send: POST /cgi-bin/letter/send: no sample: " +
		"a folder in testdata with this request, named Send or Send-…"

	for _, test := range []struct {
		name   string
		change func(files map[string]string)
		want   []string
	}{
		{"NoSample", drop("letters/testdata/Send/request.http", "letters/testdata/Send/response.json",
			"letters/testdata/Send/error.json"), []string{noSample}},
		{"NoRequest", drop("letters/testdata/Send/request.http"), []string{
			noSample, "letters/testdata/Send: no request.http",
		}},
		{"NoResponse", drop("letters/testdata/Send/response.json"), []string{
			"letters/testdata/Send: no response.json or response.bin",
		}},
		{"BinaryResponse", func(files map[string]string) {
			drop("letters/testdata/Send/response.json")(files)
			add("letters/testdata/Send/response.bin", "\xff\xd8")(files)
		}, nil},
		{"NoError", drop("letters/testdata/Send/error.json"), []string{"letters/testdata/Send: no error.json"}},
		{"OtherMethod", add("letters/testdata/Send/request.http", "GET https://api.weixin.qq.com/cgi-bin/letter/send"), []string{
			noSample, "letters/testdata/Send: nothing in the package has a directive GET /cgi-bin/letter/send",
		}},
		{"UnreadableRequest", add("letters/testdata/Send/request.http", "{}"), []string{
			noSample, "letters/testdata/Send: no request.http",
		}},
		{"SampleOfNothing", func(files map[string]string) {
			for name, content := range sample("letters/testdata/Burn", "POST https://api.weixin.qq.com/cgi-bin/letter/burn") {
				files[name] = content
			}
		}, []string{"letters/testdata/Burn: nothing in the package has a directive POST /cgi-bin/letter/burn"}},
		{"NoTest", add("letters/golden_test.go", strings.Replace(runs, `{Name: "Send"}, `, "", 1)), []string{
			"letters/testdata/Send: no test runs it",
		}},
		{"TestOfItsOwn", func(files map[string]string) {
			add("letters/golden_test.go", strings.Replace(runs, `{Name: "Send"}, `, "", 1))(files)
			add("letters/send_test.go", "package letters\n\nvar _ = read(\"testdata\", \"Send\")\n")(files)
		}, nil},
		{"NameElsewhere", func(files map[string]string) {
			add("letters/golden_test.go", strings.Replace(runs, `{Name: "Send"}, `, "", 1))(files)
			add("letters/send_test.go", "package letters\n\nvar _ = \"Send\"\n")(files)
		}, []string{"letters/testdata/Send: no test runs it"}},
		{"NoComment", replace("// Send sends a letter (发信). It costs a stamp.\n//\n", ""), []string{
			"letters/letters.go:13: Client.Send: no doc comment that begins with the name",
		}},
		{"UnexportedMethod", replace("// Send sends", "// send sends", "Client) Send(", "Client) send(", "letters.Send", "letters.List"), []string{
			"letters/letters.go:15: Client.send: POST /cgi-bin/letter/send: the directive belongs where users see it",
		}},
		{"UnexportedType", replace("func (c *Client) Send(", "func (c client) Send("), []string{
			"letters/letters.go:15: client.Send: POST /cgi-bin/letter/send: the directive belongs where users see it",
		}},
		{"NoPage", replace("// WeChat docs: https://developers.weixin.qq.com/doc/api_send.html\n//\n", ""), []string{
			"letters/letters.go:13: Client.Send: no address after \"WeChat docs:\"",
		}},
		{"PageElsewhere", replace("https://developers.weixin.qq.com/doc/api_send.html", "https://example.org/send"), []string{
			"letters/letters.go:15: Client.Send: https://example.org/send is not a page of https://developers.weixin.qq.com/",
		}},
		{"NoAccount", replace("//wechat:account mini-program\n", ""), []string{
			"letters/letters.go:15: Client.Send: POST /cgi-bin/letter/send: no //wechat:account line below it",
		}},
		{"UnknownAccount", replace("//wechat:account mini-program", "//wechat:account mini-program miniprogram"), []string{
			"letters/letters.go:16: //wechat:account mini-program miniprogram: unknown kind \"miniprogram\"",
		}},
		{"AccountAlone", replace("//wechat:account component\n", "//wechat:account component\n//wechat:account website\n"), []string{
			"letters/letters.go:30: //wechat:account website: no endpoint line above it",
		}},
		{"NoRoute", replace("//wechat:account component\n", "//wechat:account component\n//wechat:endpoint letter/burn\n"), []string{
			"letters/letters.go:30: //wechat:endpoint letter/burn: want GET or POST and a path",
		}},
		{"UnknownDirective", replace("//wechat:account component\n", "//wechat:account component\n//wechat:kind x\n"), []string{
			"letters/letters.go:30: //wechat:kind x: unknown directive",
		}},
		{"EmptyDirective", replace("//wechat:account component\n", "//wechat:account component\n//wechat:\n"), []string{
			"letters/letters.go:30: //wechat:: says nothing",
		}},
		{"DirectiveElsewhere", replace("type Client struct{}", "//wechat:endpoint GET /cgi-bin/lost\ntype Client struct{}"), []string{
			"letters/letters.go:9: //wechat:endpoint GET /cgi-bin/lost: not in the doc comment of a function, method or constant",
		}},
		{"NoDirective", add("letters/burn.go", "package letters\n\nimport \"example.org/post\"\n\n"+
			"var _ = post.Call{Op: \"letters.Burn\", Path: \"/cgi-bin/letter/burn\"}\n"), []string{
			"letters/burn.go:5: \"/cgi-bin/letter/burn\": no directive names this path",
			"letters/burn.go:5: \"letters.Burn\": nothing with a directive has this name",
		}},
		{"NoDirectiveOfHelper", add("letters/burn.go", "package letters\n\nimport \"example.org/post\"\n\n"+
			"var _ = post.Helper(\"letters.Burn\", \"/cgi-bin/letter/send\", \"ashes\")\n"), []string{
			"letters/burn.go:5: \"letters.Burn\": nothing with a directive has this name",
		}},
		{"NameOfError", add("letters/burn.go", "package letters\n\nimport \"example.org/post\"\n\n"+
			"var _ = post.Error{Op: \"letters.Burn\"}\n"), nil},
		{"NoDirectiveBesideCalls", add("letters/paths.go", "package letters\n\nconst burn = `/cgi-bin/letter/burn`\n"), []string{
			"letters/paths.go:3: \"/cgi-bin/letter/burn\": no directive names this path",
		}},
		{"NoDirectiveInRoot", add("post.go", "package post\n\nconst path = \"/cgi-bin/letter/burn\"\n"), []string{
			"post.go:3: \"/cgi-bin/letter/burn\": no directive names this path",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			files := tree()
			test.change(files)
			require.ElementsMatch(t, test.want, scan(t, files).Problems(routes(), endpoints.Allowed{}))
		})
	}
}

func TestProblemsOfTheEmulator(t *testing.T) {
	t.Parallel()
	module := scan(t, tree())
	require.Equal(t, []string{
		"letters/letters.go:15: Client.Send: POST /cgi-bin/letter/send: the emulator does not answer it",
	}, module.Problems(routes()[1:], endpoints.Allowed{}))

	burn := endpoints.Route{Method: "POST", Path: "/cgi-bin/letter/burn"}
	more := append(routes(), burn)
	require.Equal(t, []string{"emulator: POST /cgi-bin/letter/burn: nothing calls it"},
		module.Problems(more, endpoints.Allowed{}))
	require.Empty(t, module.Problems(more, endpoints.Allowed{Emulated: map[endpoints.Route]string{burn: "a reason"}}))
}

func TestAllowed(t *testing.T) {
	t.Parallel()
	files := tree()
	files["post.go"] = "package post\n\nvar _ = Call{Op: \"post.Do\", Path: \"/cgi-bin/letter/burn\"}\n"
	require.Empty(t, scan(t, files).Problems(routes(), endpoints.Allowed{
		Paths: map[string]string{"/cgi-bin/letter/burn": "a reason"},
		Calls: map[string]string{"post.Do": "a reason"},
	}))

	require.Equal(t, []string{
		"\"/cgi-bin/letter/send\" is allowed without need",
		"\"letters.Send\" is allowed without need",
		"POST /cgi-bin/letter/send is allowed without need",
	}, scan(t, tree()).Problems(routes(), endpoints.Allowed{
		Paths:    map[string]string{"/cgi-bin/letter/send": "a reason"},
		Calls:    map[string]string{"letters.Send": "a reason"},
		Emulated: map[endpoints.Route]string{routes()[0]: "a reason"},
	}))
}
