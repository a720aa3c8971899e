package wechat_test

import (
	"go/scanner"
	gotoken "go/token"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/subscribe"
)

var goBlock = regexp.MustCompile("(?s)```go\n(.*?)```")

// Every Go block of the READMEs stands in a file that is compiled: that of the Chinese one but for comments and strings.
func TestREADMEIsCompiled(t *testing.T) {
	t.Parallel()
	var compiled strings.Builder
	for _, file := range []string{"examples/send/main.go", "example_test.go", "bulk_test.go", "readme_test.go"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		compiled.WriteString(lines(string(text)))
	}
	for readme, form := range map[string]func(string) string{"README.md": lines, "README.zh-CN.md": skeleton} {
		text, err := os.ReadFile(readme)
		require.NoError(t, err)
		blocks := goBlock.FindAllStringSubmatch(string(text), -1)
		require.Len(t, blocks, 7, readme)
		all := form(compiled.String())
		for _, block := range blocks {
			if !strings.Contains(all, form(block[1])) {
				t.Errorf("%s: stands in no compiled file:\n%s", readme, block[1]) // and not all that is compiled
			}
		}
	}
}

// skeleton is code without what is said to people: comments and strings.
func skeleton(code string) string {
	var s scanner.Scanner
	var b strings.Builder
	files := gotoken.NewFileSet()
	s.Init(files.AddFile("", files.Base(), len(code)), []byte(code), nil, 0)
	for {
		_, tok, literal := s.Scan()
		switch tok {
		case gotoken.EOF:
			return strings.ReplaceAll(b.String(), "; ", "")
		case gotoken.STRING:
			b.WriteString("\"\" ")
		case gotoken.IDENT, gotoken.INT, gotoken.FLOAT:
			b.WriteString(literal + " ")
		default:
			b.WriteString(tok.String() + " ")
		}
	}
}

var link = regexp.MustCompile(`\]\(([^)#]+)\)`)

// Every file that the documents at the root link to is there.
func TestDocumentsLinkToFilesThatExist(t *testing.T) {
	t.Parallel()
	for _, document := range []string{"README.md", "README.zh-CN.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"} {
		text, err := os.ReadFile(document)
		require.NoError(t, err)
		for _, found := range link.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(found[1], "://") {
				continue
			}
			_, err := os.Stat(found[1])
			require.NoError(t, err, document)
		}
	}
}

// lines drops indentation and empty lines.
func lines(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

// The emulator block of the READMEs.
func TestREADMEsEmulator(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	app, alice := wx.MiniProgram(), wx.User("alice")
	tpl := app.AddTemplate(emulator.Template{Title: "Contract due", Keywords: []string{"thing1", "date2"}})
	alice.Accept(tpl)

	client, err := wechat.New(wechat.Config{AppID: app.AppID, AppSecret: wechat.Secret(app.AppSecret)},
		wechat.WithHTTPClient(wx.HTTPClient()))
	require.NoError(t, err)
	defer client.Close()
	_, err = subscribe.New(client).Send(t.Context(), &subscribe.Message{
		ToUser: alice.OpenID(app), TemplateID: tpl, Data: subscribe.Data{"thing1": "Insurance", "date2": "2026-12-01"},
	})
	require.NoError(t, err)
	require.Len(t, alice.Inbox(), 1)
}
