package content_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/content"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/token"
)

// answering returns a client to which WeChat answers with body.
func answering(t *testing.T, body string, opts ...wechat.Option) (*content.Client, *httpmock.MockTransport) {
	t.Helper()
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(httpmock.NewStringResponder(http.StatusOK, body))
	core, err := wechat.New(wechat.Config{AppID: "wx1", AppSecret: "secret"}, append([]wechat.Option{
		wechat.WithTokenSource(token.Static("T")), wechat.WithHTTPClient(&http.Client{Transport: mock}),
		wechat.WithRetry(wechat.RetryPolicy{Attempts: 1}),
	}, opts...)...)
	require.NoError(t, err)
	return content.New(core), mock
}

func TestTextRules(t *testing.T) {
	t.Parallel()
	client, mock := answering(t, `{"errcode":0,"result":{"suggest":"pass","label":100}}`)
	for want, in := range map[string]*content.Text{
		"content: Text: nil":                                     nil,
		"content: OpenID: empty":                                 {Scene: content.Comment, Content: "a"},
		"content: Scene: 0, must be 1 to 4":                      {OpenID: "o1", Content: "a"},
		"content: Scene: 5, must be 1 to 4":                      {OpenID: "o1", Content: "a", Scene: 5},
		"content: Content: empty":                                {OpenID: "o1", Scene: content.Comment},
		"content: Content: 2501 characters, limit 2500":          {OpenID: "o1", Scene: content.Comment, Content: strings.Repeat("好", 2501)},
		"content: Signature: WeChat looks at it in scene 1 only": {OpenID: "o1", Scene: content.Forum, Content: "a", Signature: "b"},
	} {
		_, err := client.CheckText(t.Context(), in)
		require.EqualError(t, err, want)
		require.ErrorIs(t, err, errcode.InvalidArgument)
	}
	require.Zero(t, mock.GetTotalCallCount())
	for _, in := range []content.Text{
		{OpenID: "o1", Scene: content.SocialLog, Content: strings.Repeat("好", 2500)},
		{OpenID: "o1", Scene: content.Profile, Content: " ", Title: "t", Nickname: "n", Signature: "s"},
	} {
		verdict, err := client.CheckText(t.Context(), &in)
		require.NoError(t, err)
		require.True(t, verdict.Advice.Passed())
	}

	unchecked, mock := answering(t, `{"errcode":40129,"errmsg":"invalid scene"}`, wechat.WithoutChecks())
	_, err := unchecked.CheckText(t.Context(), &content.Text{Scene: 9})
	require.ErrorIs(t, err, errcode.InvalidScene)
	require.Equal(t, 1, mock.GetTotalCallCount())
}

func TestMediaRules(t *testing.T) {
	t.Parallel()
	client, mock := answering(t, `{"errcode":0,"trace_id":"t1"}`)
	at := func(address string) *content.Media {
		return &content.Media{OpenID: "o1", Scene: content.Comment, Type: content.Image, URL: address}
	}
	const noAddress = "content: URL: not an address of http or https"
	for _, c := range []struct {
		want string
		in   *content.Media
	}{
		{"content: Media: nil", nil},
		{"content: OpenID: empty", &content.Media{Scene: content.Comment}},
		{"content: Scene: -1, must be 1 to 4", &content.Media{OpenID: "o1", Scene: -1}},
		{"content: Type: 0, must be 1 (audio) or 2 (image)", &content.Media{OpenID: "o1", Scene: content.Comment}},
		{"content: URL: empty", at("")},
		{noAddress, at("cdn.example.com/a.jpg")},
		{noAddress, at("//cdn.example.com/a.jpg")},
		{noAddress, at("wxfile://tmp_1234.jpg")},
		{noAddress, at("https:///a.jpg")},
		{noAddress, at("https://cdn.example.com/%zz")},
		{"content: URL: a path on the user's phone", at("http://tmp/1234.jpg")},
	} {
		_, err := client.CheckMedia(t.Context(), c.in)
		require.EqualError(t, err, c.want)
		require.ErrorIs(t, err, errcode.InvalidArgument)
	}
	require.Zero(t, mock.GetTotalCallCount())
	for _, good := range []string{"http://cdn.example.com/a", "https://[2001:db8::1]/a.jpg?sig=a%2Bb", "HTTPS://cdn.example.com"} {
		trace, err := client.CheckMedia(t.Context(), at(good))
		require.NoError(t, err, good)
		require.Equal(t, "t1", trace)
	}
}

// TestUserAway: WeChat's words for a user who was not there lately are "code is expired".
func TestUserAway(t *testing.T) {
	t.Parallel()
	client, _ := answering(t, `{"errcode":61010,"errmsg":"code is expired rid: 1-2-3"}`)
	_, textErr := client.CheckText(t.Context(), &content.Text{OpenID: "oSecretUser", Scene: content.Comment, Content: "private words"})
	_, mediaErr := client.CheckMedia(t.Context(), &content.Media{
		OpenID: "oSecretUser", Scene: content.Comment, Type: content.Image, URL: "https://cdn.example.com/private.jpg",
	})
	for _, err := range []error{textErr, mediaErr} {
		require.ErrorIs(t, err, content.ErrUserAway)
		require.ErrorIs(t, err, errcode.AuthorizationCodeExpired)
		require.ErrorIs(t, err, errcode.UserUnreachable)
		require.NotErrorIs(t, err, errcode.ComponentAuth)
		var refused *errcode.Error
		require.ErrorAs(t, err, &refused)
		require.Equal(t, errcode.RetryUser, refused.Retry())
		require.ErrorContains(t, err, "within the last two hours")
		require.NotContains(t, err.Error(), "oSecretUser")
		require.NotContains(t, err.Error(), "private")
	}
	other, _ := answering(t, `{"errcode":40003,"errmsg":"invalid openid"}`)
	_, err := other.CheckText(t.Context(), &content.Text{OpenID: "o1", Scene: content.Comment, Content: "a"})
	require.NotErrorIs(t, err, content.ErrUserAway)
}

// TestNoVerdictIsNoCheck: an answer without a verdict must not look like a text that passed.
func TestNoVerdictIsNoCheck(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"errcode":0,"errmsg":"ok"}`, // as of version 1
		`{"errcode":0,"result":{}}`, `{"errcode":0,"result":null}`, `{"errcode":0,"result":{"label":100}}`,
		`{"errcode":0,"detail":[{"suggest":"pass","label":100}]}`,
	} {
		client, _ := answering(t, body)
		verdict, err := client.CheckText(t.Context(), &content.Text{OpenID: "o1", Scene: content.Comment, Content: "a"})
		require.Error(t, err, body)
		require.Nil(t, verdict)
	}
	client, _ := answering(t, `{"errcode":0,"result":{"suggest":"blocked","label":"30000"}}`)
	verdict, err := client.CheckText(t.Context(), &content.Text{OpenID: "o1", Scene: content.Comment, Content: "a"})
	require.NoError(t, err)
	require.Equal(t, &content.Verdict{Advice: "blocked", Label: 30000}, verdict)
	require.False(t, verdict.Advice.Passed())

	files, _ := answering(t, `{"errcode":0,"errmsg":"ok"}`)
	_, err = files.CheckMedia(t.Context(), &content.Media{
		OpenID: "o1", Scene: content.Comment, Type: content.Image, URL: "https://cdn.example.com/a.jpg",
	})
	require.Error(t, err)
}
