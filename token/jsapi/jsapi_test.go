package jsapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/token"
	"github.com/wechatkit/wechat/token/jsapi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The samples of WeChat's own page.
func TestSignature(t *testing.T) {
	t.Parallel()
	const ticket = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg"
	cases := map[string]string{
		"http://mp.weixin.qq.com":                    "f4d90daf4b3bca3078ab155816175ba34c443a7b",
		"http://mp.weixin.qq.com?params=value":       "0f9de62fce790f9a083d5c99e95740ceb90c27ed",
		"http://mp.weixin.qq.com?params=value#top#x": "0f9de62fce790f9a083d5c99e95740ceb90c27ed",
	}
	for page, want := range cases {
		require.Equal(t, want, jsapi.SignAt(ticket, "Wm3WZYTPz0wzccnW", 1414587457, page), page)
	}
}

// The sample of WeChat's page about cards.
func TestCardSignature(t *testing.T) {
	t.Parallel()
	values := []string{"pjZ8Yt1XGILfi-FUsewpnnolGgZk", "1434008071"}
	got := jsapi.SignCardAt("ojZ8YtyVyr30HheH3CM73y7h4jJE", "123", 1404896688, values)
	require.Equal(t, "f137ab68b7f8112d20ee528ab6074564e2796250", got)

	tickets, sent := mocked(t, jsapi.Config{Kind: jsapi.Card}, []byte(`{"ticket":"T","expires_in":7200}`))
	card, err := tickets.SignCard(t.Context(), values...)
	require.NoError(t, err)
	require.Equal(t, jsapi.SignCardAt("T", card.Nonce, card.Timestamp, []string{values[1], values[0], ""}), card.Signature)
	require.WithinDuration(t, time.Now(), time.Unix(card.Timestamp, 0), 5*time.Second)
	require.Contains(t, sent.String(), "type=wx_card")
}

// A signature made with the other kind of ticket looks right and is not.
func TestKindsAreNotMixedUp(t *testing.T) {
	t.Parallel()
	pages, sent := mocked(t, jsapi.Config{}, nil)
	_, err := pages.SignCard(t.Context(), "card")
	require.EqualError(t, err, "jsapi.SignCard: Config.Kind: must be wx_card")
	require.Empty(t, sent.String())
	cards, sent := mocked(t, jsapi.Config{Kind: jsapi.Card}, nil)
	_, err = cards.Sign(t.Context(), "https://a.example")
	require.EqualError(t, err, "jsapi.Sign: Config.Kind: must be jsapi")
	require.Empty(t, sent.String())
}

func mocked(t *testing.T, cfg jsapi.Config, answer []byte) (*jsapi.Tickets, *bytes.Buffer) {
	t.Helper()
	return mockedWith(t, token.Static("ACCESS_TOKEN"), cfg, answer)
}

func mockedWith(t *testing.T, source token.Source, cfg jsapi.Config, answer []byte) (*jsapi.Tickets, *bytes.Buffer) {
	t.Helper()
	var sent bytes.Buffer
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		sent.WriteString(r.Method + " " + r.URL.String() + "\n")
		return httpmock.NewBytesResponse(http.StatusOK, answer), nil
	})
	client, err := wechat.New(wechat.Config{AppID: "wx1"},
		wechat.WithTokenSource(source), wechat.WithHTTPClient(&http.Client{Transport: mock}))
	require.NoError(t, err)
	tickets, err := jsapi.New(client, cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, tickets.Close()) })
	return tickets, &sent
}

// leaky is a source as a program may write it: what it says of a rejected token shows it.
type leaky struct{}

var errNoMore = errors.New("no more tokens today")

func (leaky) Token(context.Context) (token.Token, error) {
	return token.Token{Value: "PLANTED_TOKEN"}, nil
}

func (leaky) Renew(_ context.Context, rejected token.Secret) (token.Token, error) {
	return token.Token{}, fmt.Errorf("in place of %s: %w", rejected.Reveal(), errNoMore)
}

func TestErrorsOfASourceAreClean(t *testing.T) {
	t.Parallel()
	tickets, _ := mockedWith(t, leaky{}, jsapi.Config{}, []byte(`{"errcode":40001,"errmsg":"invalid credential"}`))
	_, err := tickets.Ticket(t.Context())
	require.ErrorContains(t, err, "in place of [redacted]: no more tokens today")
	require.NotContains(t, fmt.Sprintf("%+v %#v", err, err), "PLANTED_TOKEN")
	require.ErrorIs(t, err, errNoMore)
	require.ErrorIs(t, err, errcode.InvalidToken)
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]jsapi.Kind{"Fetch-jsapi": "", "Fetch-card": jsapi.Card} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			read := func(file string) []byte {
				data, err := os.ReadFile(filepath.Join("testdata", name, file))
				require.NoError(t, err)
				return data
			}
			tickets, sent := mocked(t, jsapi.Config{Kind: kind}, read("response.json"))
			got, err := tickets.Ticket(t.Context())
			require.NoError(t, err)
			require.Equal(t, "bxLdikRXVbTPdHSM05e5u5sUoXNKd8-41ZO3MhKoyN5OfkWITDGgnr2fwJ0m9E8NYzWKVZvdVtaUgWvsdshFKA", got.Value.Reveal())
			require.WithinDuration(t, time.Now().Add(2*time.Hour), got.Expiry, 5*time.Second)
			if os.Getenv("WECHAT_UPDATE_GOLDEN") != "" {
				require.NoError(t, os.WriteFile(filepath.Join("testdata", name, "request.http"), sent.Bytes(), 0o644))
			}
			require.Equal(t, string(read("request.http")), sent.String())

			tickets, _ = mocked(t, jsapi.Config{Kind: kind}, read("error.json"))
			_, err = tickets.Ticket(t.Context())
			require.ErrorIs(t, err, errcode.QuotaExhausted)
			require.NotContains(t, err.Error(), "ACCESS_TOKEN")
		})
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		`{"errcode":0}`:                           "ticket is missing",
		`<html>ACCESS_TOKEN`:                      "[redacted]",
		`{"errcode":40001,"errmsg":"not latest"}`: "40001",
	} {
		tickets, _ := mocked(t, jsapi.Config{}, []byte(answer))
		_, err := tickets.Sign(t.Context(), "https://a.example")
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "ACCESS_TOKEN")
	}
	tickets, _ := mocked(t, jsapi.Config{}, []byte(`{"ticket":"planted"}`))
	got, err := tickets.Ticket(t.Context())
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(time.Minute), got.Expiry, 5*time.Second, "no expires_in")
}

func TestTicketIsKeptAndSurvivesARevokedToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wx := emulator.New(t)
		app := wx.ServiceAccount()
		tokens, err := token.NewManager(token.Config{
			AppID: app.AppID, AppSecret: token.Secret(app.AppSecret), HTTPClient: wx.HTTPClient(),
		})
		require.NoError(t, err)
		defer tokens.Close()
		store := &token.MemoryStore{}
		process := func() *jsapi.Tickets {
			client, err := wechat.New(wechat.Config{AppID: app.AppID},
				wechat.WithTokenSource(tokens), wechat.WithHTTPClient(wx.HTTPClient()))
			require.NoError(t, err)
			tickets, err := jsapi.New(client, jsapi.Config{Store: store})
			require.NoError(t, err)
			return tickets
		}
		first, second := process(), process()
		defer first.Close()
		defer second.Close()
		const path = "/cgi-bin/ticket/getticket"
		for range 100 {
			for _, tickets := range []*jsapi.Tickets{first, second} {
				got, err := tickets.Sign(t.Context(), "https://www.example.com/a?b=c#d")
				require.NoError(t, err)
				ticket, err := tickets.Ticket(t.Context())
				require.NoError(t, err)
				require.Equal(t, jsapi.SignAt(ticket.Value, got.Nonce, got.Timestamp, "https://www.example.com/a?b=c"), got.Signature)
			}
		}
		require.Equal(t, 1, wx.Count(path))

		time.Sleep(2 * time.Hour)
		_, err = tokens.Token(t.Context())
		require.NoError(t, err)
		wx.Revoke(app)
		_, err = first.Ticket(t.Context())
		require.NoError(t, err)
		require.Equal(t, 3, wx.Count(path), "one was refused for its token")
	})
}

func TestRenew(t *testing.T) {
	t.Parallel()
	tickets, sent := mocked(t, jsapi.Config{}, []byte(`{"ticket":"same","expires_in":7200}`))
	got, err := tickets.Ticket(t.Context())
	require.NoError(t, err)
	got, err = tickets.Renew(t.Context(), got.Value)
	require.NoError(t, err)
	require.Equal(t, token.Secret("same"), got.Value, "WeChat stands by it")
	require.Equal(t, 2, strings.Count(sent.String(), "GET"))
}

func TestSignChecks(t *testing.T) {
	t.Parallel()
	tickets, sent := mocked(t, jsapi.Config{}, nil)
	_, err := tickets.Sign(t.Context(), "www.example.com")
	require.ErrorIs(t, err, errcode.InvalidArgument)
	require.Empty(t, sent.String())
	require.Equal(t, "jsapi.Tickets(wx1)", fmt.Sprintf("%+v", tickets))
}

func TestSignatureForThePage(t *testing.T) {
	t.Parallel()
	out, err := json.Marshal(jsapi.Signature{AppID: "wx1", Timestamp: 1, Nonce: "n", Signature: "s"})
	require.NoError(t, err)
	require.JSONEq(t, `{"appId":"wx1","timestamp":1,"nonceStr":"n","signature":"s"}`, string(out))
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	client, err := wechat.New(wechat.Config{AppID: "wx1"}, wechat.WithTokenSource(token.None()))
	require.NoError(t, err)
	_, err = jsapi.New(nil, jsapi.Config{})
	require.EqualError(t, err, "jsapi: client: nil")
	_, err = jsapi.New(client, jsapi.Config{Kind: "x"})
	require.EqualError(t, err, `jsapi: Config.Kind: "x" is neither JSAPI nor Card`)
}

// A ticket that cannot be had is asked for after the pauses of a Manager and not by the client's repetitions. Nothing is in
// doubt for whoever wanted to sign a page.
func TestTicketIsAskedForOnce(t *testing.T) {
	t.Parallel()
	tickets, sent := mocked(t, jsapi.Config{}, []byte("<html>bad gateway"))
	_, err := tickets.Sign(t.Context(), "https://a.example")
	require.ErrorContains(t, err, "body is not JSON")
	require.NotErrorIs(t, err, wechat.ErrOutcomeUnknown)
	require.Equal(t, 1, strings.Count(sent.String(), "GET"))
}
