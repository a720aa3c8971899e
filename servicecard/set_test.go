package servicecard_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/servicecard"
	"github.com/wechatkit/wechat/token"
)

const notFound = `{"errcode":85437,"errmsg":"notify_code not exist"}`

// The number of a payment just made becomes known after a while; that of an old one does not, nor does a button's code.
func TestFreshOrderIsWaitedFor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		age      time.Duration
		kind     servicecard.Kind
		requests int
	}{
		"just paid":    {time.Second, servicecard.Shopping, 2},
		"clock behind": {-time.Hour, servicecard.Shopping, 2},
		"long ago":     {11 * time.Minute, servicecard.Shopping, 1},
		"button":       {time.Second, servicecard.Queue, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				core, sent := coreOn(t, nil, notFound, ok)
				ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
				defer cancel()
				u := activation()
				u.Kind, u.Content, u.Fields = c.kind, nil, map[string]any{"product_count": 1, "product_list": 1}
				u.Payment = &servicecard.Payment{AmountFen: 1990, PaidAt: time.Now().Add(-c.age)}
				start := time.Now()
				err := servicecard.New(core).Set(ctx, &u)
				require.Len(t, *sent, c.requests)
				if c.requests == 1 {
					require.ErrorIs(t, err, errcode.NotifyCodeNotFound)
					return
				}
				require.NoError(t, err)
				require.GreaterOrEqual(t, time.Since(start), time.Minute)
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		core, sent := coreOn(t, nil, notFound, ok)
		u := activation()
		u.Payment = &servicecard.Payment{PaidAt: time.Now()}
		require.ErrorIs(t, servicecard.New(core).Set(t.Context(), &u), errcode.NotifyCodeNotFound, "ten seconds are no minute")
		require.Len(t, *sent, 1)
	})
}

// A change without an answer may have been carried out: it is not repeated, and a read tells.
func TestNothingIsSetTwice(t *testing.T) {
	t.Parallel()
	sets := 0
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		_, _ = io.Copy(io.Discard, r.Body)
		if strings.HasSuffix(r.URL.Path, "/get_user_notify") {
			return httpmock.NewStringResponse(http.StatusOK, `{"errcode":0,"notify_info":{"notify_type":2001,"content_json":{"cur_status":"1"}}}`), nil
		}
		sets++
		return nil, io.ErrUnexpectedEOF
	})
	core, err := wechat.New(wechat.Config{AppID: "wx1"}, wechat.WithTokenSource(token.Static("T")),
		wechat.WithHTTPClient(&http.Client{Transport: mock}))
	require.NoError(t, err)
	c, u := servicecard.New(core), activation()
	require.ErrorIs(t, c.Set(t.Context(), &u), wechat.ErrOutcomeUnknown)
	require.Equal(t, 1, sets)
	require.ErrorIs(t, c.Extend(t.Context(), &servicecard.Extension{Card: order, Shipping: 1}), wechat.ErrOutcomeUnknown)
	require.Equal(t, 2, sets)
	info, err := c.Get(t.Context(), &order)
	require.NoError(t, err)
	require.Equal(t, servicecard.GoodsPaid, info.State, "an object for the string that was announced")
	require.Zero(t, info.Expires)
}

func TestAnswersOfGet(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]servicecard.State{
		`""`: servicecard.None, `null`: servicecard.None, `"{"`: servicecard.None, `"[]"`: servicecard.None,
		`"{\"cur_status\":\"7\"}"`: 7, `{"cur_status":7}`: 7, `"{\"cur_status\":{}}"`: servicecard.None,
	} {
		core, _ := coreOn(t, nil, `{"errcode":0,"notify_info":{"content_json":`+content+`,"code_state":"77"}}`)
		info, err := servicecard.New(core).Get(t.Context(), &order)
		require.NoError(t, err, content)
		require.Equal(t, want, info.State, content)
		require.Equal(t, servicecard.CodeState(77), info.Code)
	}
	core, _ := coreOn(t, nil, ok)
	_, err := servicecard.New(core).Get(t.Context(), &order)
	var answer *wechat.ResponseError
	require.ErrorAs(t, err, &answer)
}

// Texts that are not UTF-8 are refused by name, whatever the checks, and nothing of the content stands in an error.
func TestTextThatIsNoUTF8IsRefused(t *testing.T) {
	t.Parallel()
	const gbk = "\xd7\xaa\xbb\xbb" // 转换
	bad := mug
	bad.Name = gbk
	for want, change := range map[string]func(u *servicecard.Update){
		"OpenID":                          func(u *servicecard.Update) { u.OpenID = gbk },
		"Code":                            func(u *servicecard.Update) { u.Code = gbk },
		`Content["wxa_path_query"]`:       func(u *servicecard.Update) { u.Page = gbk },
		`Content["product_list"][0].Name`: func(u *servicecard.Update) { u.Content = servicecard.Goods{Products: []servicecard.Product{bad}} },
		`Content["new"]["a"]`:             func(u *servicecard.Update) { u.Fields = map[string]any{"new": map[string]any{"a": gbk}} },
	} {
		for _, opts := range [][]wechat.Option{nil, {wechat.WithoutChecks()}} {
			core, sent := coreOn(t, opts)
			u := activation()
			change(&u)
			require.Equal(t, want+": not UTF-8", refusal(t, servicecard.New(core).Set(t.Context(), &u)), want)
			require.Empty(t, *sent)
		}
	}
	core, _ := coreOn(t, nil)
	for want, e := range map[string]servicecard.Extension{
		"Extension[store_info].Name":  {Card: order, Store: &servicecard.Store{Name: gbk}},
		`Extension["rating"]`:         {Card: order, Fields: map[string]any{"rating": gbk}},
		`Extension[shipping_list][0]`: {Card: order, Shipping: []string{gbk}},
	} {
		require.Equal(t, want+": not UTF-8", refusal(t, servicecard.New(core).Extend(t.Context(), &e)))
	}
}

// WeChat's errmsg may quote a part of what was sent in a string within a string.
func TestErrorsDoNotQuoteTheContent(t *testing.T) {
	t.Parallel()
	u := activation()
	u.Fields = map[string]any{"more": map[string]any{"a": []any{"private-1", map[string]any{"b": "private-2"}}}}
	quoted := []string{mug.Name, mug.Image, mug.Page, u.Page, u.Code, u.OpenID, "private-1", "private-2"}
	core, _ := coreOn(t, nil, `{"errcode":85441,"errmsg":"bad: `+strings.Join(quoted, " | ")+`"}`)
	err := servicecard.New(core).Set(t.Context(), &u)
	require.ErrorIs(t, err, errcode.InvalidCardField)
	for _, text := range quoted {
		require.NotContains(t, err.Error(), text)
	}
	store := &servicecard.Store{Name: "Mugs of Hangzhou", Address: "88 West Lake Road"}
	core, _ = coreOn(t, nil, `{"errcode":85445,"errmsg":"bad: Mugs of Hangzhou, 88 West Lake Road"}`)
	err = servicecard.New(core).Extend(t.Context(), &servicecard.Extension{Card: order, Store: store})
	var refused *errcode.Error
	require.ErrorAs(t, err, &refused)
	require.NotContains(t, err.Error(), "Mugs")
	require.NotContains(t, err.Error(), "Lake")
}
