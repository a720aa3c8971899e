package endpoints_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/internal/endpoints"
)

func TestMarkdown(t *testing.T) {
	t.Parallel()
	text := string(scan(t, tree()).Markdown())
	require.Contains(t, text, "calls: 3 endpoints.")
	_, table, found := strings.Cut(text, "\n## ")
	require.True(t, found)
	const link = "[`letters.Client.ListPage`](../letters/letters.go)"
	const pages = "[api_list](https://developers.weixin.qq.com/doc/api_list), [guide](https://developers.weixin.qq.com/doc/guide.html)"
	require.Equal(t, `letters

| Endpoint | Method | Account | Samples | Official page |
| --- | --- | --- | --- | --- |
| `+"`GET /cgi-bin/component/letter/list` | "+link+" | third-party platform | [List-component](../letters/testdata/List-component) | "+pages+` |
| `+"`GET /cgi-bin/letter/list` | "+link+" | service account, website | [ListPage](../letters/testdata/ListPage) | "+pages+` |
| `+"`POST /cgi-bin/letter/send` | [`letters.Client.Send`](../letters/letters.go)"+
		` | Mini Program | [Send](../letters/testdata/Send) | [api_send](https://developers.weixin.qq.com/doc/api_send.html) |
`, table)
}

// TestDocumentOutOfDate writes the document, then changes the source below it.
func TestDocumentOutOfDate(t *testing.T) {
	t.Parallel()
	dir := write(t, tree())
	module, err := endpoints.Scan(dir)
	require.NoError(t, err)
	require.ErrorIs(t, module.CheckDocument(dir), os.ErrNotExist)

	require.NoError(t, module.WriteDocument(dir))
	require.NoError(t, module.CheckDocument(dir))

	source := strings.Replace(letters, "account mini-program", "account official-account", 1)
	require.NoError(t, os.WriteFile(dir+"/letters/letters.go", []byte(source), 0o644))
	module, err = endpoints.Scan(dir)
	require.NoError(t, err)
	require.EqualError(t, module.CheckDocument(dir), "docs/endpoints.md is out of date: go generate ./internal/endpoints")
}
