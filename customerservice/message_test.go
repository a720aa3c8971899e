package customerservice_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/customerservice"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/golden"
	"github.com/wechatkit/wechat/token"
)

func TestSendChecks(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		content customerservice.Content
		want    string
	}{
		"None":            {nil, "customerservice: Content: nil"},
		"NilPointer":      {(*customerservice.Text)(nil), "customerservice: Content: nil"},
		"Text":            {customerservice.Text{}, "customerservice: Text.Content: empty"},
		"TextTooLong":     {customerservice.Text{Content: strings.Repeat("字", 683)}, "customerservice: Text.Content: 2049 bytes, limit 2048"},
		"TextOwnLimit":    {customerservice.Text{Content: "abc", MaxBytes: 2}, "customerservice: Text.Content: 3 bytes, limit 2"},
		"Image":           {customerservice.Image{}, "customerservice: Image.MediaID: empty"},
		"Voice":           {customerservice.Voice{}, "customerservice: Voice.MediaID: empty"},
		"Video":           {customerservice.Video{ThumbMediaID: "T"}, "customerservice: Video.MediaID: empty"},
		"Music":           {customerservice.Music{ThumbMediaID: "T"}, "customerservice: Music.URL: empty"},
		"MusicCover":      {customerservice.Music{URL: "u"}, "customerservice: Music.ThumbMediaID: empty"},
		"News":            {customerservice.News{}, "customerservice: News: empty"},
		"MPNews":          {customerservice.MPNews{}, "customerservice: MPNews.MediaID: empty"},
		"MPNewsArticle":   {customerservice.MPNewsArticle{}, "customerservice: MPNewsArticle.ArticleID: empty"},
		"Link":            {customerservice.Link{URL: "u"}, "customerservice: Link.Title: empty"},
		"LinkURL":         {&customerservice.Link{Title: "t"}, "customerservice: Link.URL: empty"},
		"Page":            {customerservice.MiniProgramPage{}, "customerservice: MiniProgramPage.Title: empty"},
		"PageEmpty":       {customerservice.MiniProgramPage{Title: "t"}, "customerservice: MiniProgramPage.Page: empty"},
		"PageThumb":       {customerservice.MiniProgramPage{Title: "t", Page: "p"}, "customerservice: MiniProgramPage.ThumbMediaID: empty"},
		"Menu":            {customerservice.MsgMenu{Head: "h"}, "customerservice: MsgMenu.Items: empty"},
		"MenuItem":        {customerservice.MsgMenu{Items: []customerservice.MenuItem{{ID: "1", Text: "a"}, {ID: "2"}}}, "customerservice: MsgMenu.Items[1].Text: empty"},
		"MenuItemWithout": {customerservice.MsgMenu{Items: []customerservice.MenuItem{{Text: "a"}}}, "customerservice: MsgMenu.Items[0].ID: empty"},
		"Card":            {customerservice.WXCard{}, "customerservice: WXCard.CardID: empty"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cs, fake := client(t, []string{ok})
			err := cs.Send(t.Context(), &customerservice.Message{ToUser: fan, Content: c.content})
			require.EqualError(t, err, c.want)
			require.ErrorIs(t, err, errcode.InvalidArgument)
			paths, _ := fake.requests()
			require.Empty(t, paths)
		})
	}
}

func TestSendChecksTheMessage(t *testing.T) {
	t.Parallel()
	cs, _ := client(t, []string{ok})
	require.EqualError(t, cs.Send(t.Context(), nil), "customerservice: Message: nil")
	require.EqualError(t, cs.Send(t.Context(), &customerservice.Message{Content: customerservice.Text{Content: "hi"}}),
		"customerservice: ToUser: empty")
}

func TestSendLeavesToWeChatWhatItMayTake(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", customerservice.TextLimit+1)
	cases := map[string]struct {
		content customerservice.Content
		opts    []wechat.Option
		body    string
	}{
		"LongestText":       {content: customerservice.Text{Content: long[1:]}, body: `{"content":"` + long[1:] + `"}`},
		"RaisedLimit":       {content: customerservice.Text{Content: long, MaxBytes: 3000}, body: `{"content":"` + long + `"}`},
		"NoLimit":           {content: customerservice.Text{Content: long, MaxBytes: -1}, body: `{"content":"` + long + `"}`},
		"Pointer":           {content: &customerservice.Text{Content: "hi"}, body: `{"content":"hi"}`},
		"PageWithoutAppID":  {content: customerservice.MiniProgramPage{Title: "t", Page: "p", ThumbMediaID: "M"}, body: `{"title":"t","pagepath":"p","thumb_media_id":"M"}`},
		"VideoWithoutCover": {content: customerservice.Video{MediaID: "M"}, body: `{"media_id":"M"}`},
		"WithoutChecks":     {customerservice.Text{}, []wechat.Option{wechat.WithoutChecks()}, `{"content":""}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cs, fake := client(t, []string{ok}, c.opts...)
			require.NoError(t, cs.Send(t.Context(), &customerservice.Message{ToUser: fan, Content: c.content}))
			_, bodies := fake.requests()
			require.Contains(t, bodies[0], c.body)
		})
	}
}

func TestSendNeverEscapes(t *testing.T) {
	t.Parallel()
	cs, fake := client(t, []string{ok})
	const text = "<a href=\"https://e.example/?a=1&b=2\">字 😀</a> \u2028 'quoted' \\ tab\t"
	require.NoError(t, cs.Send(t.Context(), &customerservice.Message{ToUser: fan, Content: customerservice.Text{Content: text}}))
	_, bodies := fake.requests()
	require.NotContains(t, bodies[0], `\u`)
	require.Contains(t, bodies[0], `<a href=\"https://e.example/?a=1&b=2\">字 😀</a>`)
}

func TestSendRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer string
		class  errcode.Class
	}{
		"WindowClosed": {`{"errcode":45015,"errmsg":"response out of time limit"}`, errcode.UserUnreachable},
		"CountUsedUp":  {`{"errcode":45047,"errmsg":"out of response count limit"}`, errcode.UserUnreachable},
		"Refused":      {`{"errcode":48002,"errmsg":"user refuses"}`, errcode.UserUnreachable},
		"BadMedia":     {`{"errcode":40007,"errmsg":"invalid media_id"}`, errcode.InvalidArgument},
		"Unverified":   {`{"errcode":48001,"errmsg":"api unauthorized"}`, errcode.NoPermission},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cs, fake := client(t, []string{c.answer})
			err := cs.Send(t.Context(), &customerservice.Message{ToUser: fan, Content: customerservice.Text{Content: "secret words"}})
			require.ErrorIs(t, err, c.class)
			require.NotErrorIs(t, err, wechat.ErrOutcomeUnknown)
			require.NotContains(t, err.Error(), fan)
			require.NotContains(t, err.Error(), "secret words")
			paths, _ := fake.requests()
			require.Len(t, paths, 1)
		})
	}
}

func TestSendOfUnknownOutcomeIsNotRepeated(t *testing.T) {
	t.Parallel()
	sent := 0
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		_, _ = io.Copy(io.Discard, r.Body)
		sent++
		return nil, context.DeadlineExceeded
	})
	core, err := wechat.New(wechat.Config{AppID: golden.AppID},
		wechat.WithTokenSource(token.Static(golden.AccessToken)), wechat.WithHTTPClient(&http.Client{Transport: mock}))
	require.NoError(t, err)
	err = customerservice.New(core).Send(t.Context(), &customerservice.Message{ToUser: fan, Content: customerservice.Text{Content: "hi"}})
	require.ErrorIs(t, err, wechat.ErrOutcomeUnknown)
	require.Equal(t, 1, sent)
}

// TestSendPath: a message of a sub-merchant has a path of its own, as typing has. Without a sub-merchant that path would
// be refused (40101).
func TestSendPath(t *testing.T) {
	t.Parallel()
	cs, fake := client(t, []string{ok})
	for _, c := range []*customerservice.Client{
		cs, cs.ForBusiness("B1"), cs.ForBusiness("B1").ForBusiness(""), cs.WithSendPath("/own"), cs.WithSendPath("/own").ForBusiness("B1"),
		cs.ForBusiness("B1").WithSendPath("/own").WithSendPath(""), cs.ForBusiness("B1").WithTypingPath("/own"),
	} {
		require.NoError(t, c.Send(t.Context(), &customerservice.Message{ToUser: fan, Content: customerservice.Text{Content: "Hi"}}))
	}
	paths, bodies := fake.requests()
	const plain, business = "/cgi-bin/message/custom/send", "/cgi-bin/message/custom/business/send"
	require.Equal(t, []string{plain, business, plain, "/own", "/own", business, business}, paths)
	for i, body := range bodies {
		require.Equal(t, i == 1 || i > 3, strings.Contains(body, `"businessid":"B1"`), "%d: %s", i, body)
	}
}

func TestTypingPath(t *testing.T) {
	t.Parallel()
	cs, fake := client(t, []string{ok})
	for _, c := range []*customerservice.Client{
		cs, cs.ForBusiness("B1"), cs.ForBusiness("B1").ForBusiness(""), cs.WithTypingPath("/own"), cs.WithTypingPath("/own").ForBusiness("B1"),
	} {
		require.NoError(t, c.Typing(t.Context(), fan))
		require.NoError(t, c.CancelTyping(t.Context(), fan))
	}
	paths, bodies := fake.requests()
	const plain, business = "/cgi-bin/message/custom/typing", "/cgi-bin/message/custom/business/typing"
	require.Equal(t, []string{plain, plain, business, business, plain, plain, "/own", "/own", "/own", "/own"}, paths)
	require.JSONEq(t, `{"touser":"oFan-1","command":"CancelTyping","businessid":"B1"}`, bodies[9])
	require.EqualError(t, cs.Typing(t.Context(), ""), "customerservice: toUser: empty")
}
