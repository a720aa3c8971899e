package token_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/token"
)

// rejectFor rejects whatever token there is every ten seconds, and returns the texts of all errors.
func rejectFor(t *testing.T, m *token.Manager, d time.Duration) []string {
	t.Helper()
	var texts []string
	for start := time.Now(); time.Since(start) < d; time.Sleep(10 * time.Second) {
		current, err := m.Token(t.Context())
		require.NoError(t, err)
		if _, err := m.Renew(t.Context(), current.Value); err != nil {
			texts = append(texts, err.Error())
		}
	}
	return texts
}

// TestTokenThatIsGivenOutAgain: one token that is rejected time and again, and no forced request due, is not the work
// of another program.
func TestTokenThatIsGivenOutAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := &upstream{sticky: true}
		m := newManager(t, u)
		texts := rejectFor(t, m, time.Hour)
		require.NotEmpty(t, texts)
		for _, text := range texts {
			require.NotContains(t, text, "another program")
			require.Contains(t, text, "gives out the rejected token again")
			require.Contains(t, text, "90 minutes")
		}
		require.Equal(t, 1, u.forced)

		u.sticky = false // from now on somebody else replaces each token
		for _, text := range rejectFor(t, m, time.Hour)[30:] {
			require.Contains(t, text, "another program")
		}
	})
}

// TestForcedQuotaThatIsUsedUp: another program has made the twenty forced requests of the day. Fetching without force
// goes on as if nothing had been.
func TestForcedQuotaThatIsUsedUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wx := emulator.New(t)
		app := wx.MiniProgram()
		force := func() {
			body := `{"grant_type":"client_credential","appid":"` + app.AppID + `","secret":"` + app.AppSecret + `","force_refresh":true}`
			resp, err := wx.HTTPClient().Post("https://api.weixin.qq.com/cgi-bin/stable_token", "application/json", strings.NewReader(body))
			require.NoError(t, err)
			require.Equal(t, http.StatusOK, resp.StatusCode)
			require.NoError(t, resp.Body.Close())
			wx.Advance(time.Minute)
		}
		for range 20 {
			force()
		}
		var log bytes.Buffer
		var forced []error
		m, err := token.NewManager(token.Config{
			AppID: app.AppID, AppSecret: token.Secret(app.AppSecret), HTTPClient: wx.HTTPClient(),
			Logger: slog.New(slog.NewTextHandler(&log, nil)),
			Observer: func(_ context.Context, e token.FetchEvent) {
				if e.Forced {
					forced = append(forced, e.Err)
				}
			},
		})
		require.NoError(t, err)
		defer m.Close()
		texts := rejectFor(t, m, time.Hour)
		require.Len(t, forced, 1)
		require.ErrorIs(t, forced[0], errcode.QuotaExhausted)
		require.NotEmpty(t, texts)
		for _, text := range texts {
			require.NotContains(t, text, "another program")
			require.Contains(t, text, "gives out the rejected token again")
		}
		require.NotContains(t, log.String(), "fetching fails", "it does not: only the force is refused")
		require.Equal(t, 1, strings.Count(log.String(), "a forced request was refused"), log.String())
		require.Contains(t, log.String(), "45009")
	})
}
