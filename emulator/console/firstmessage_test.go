package console_test

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFirstMessage pastes into a shell what is offered, twice: it goes on working.
func TestFirstMessage(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil && os.Getenv("CI") != "true" {
		t.Skipf("no curl: %v", err)
	}
	cases := map[string]struct{ configuration, want, title string }{
		"Subscription": {configuration, `{"errcode":0,"errmsg":"ok"`, "Contract due"},
		"EveryKeyword": {`{"apps": [{"kind": "mini program", "templates": [{"title": "It's all", "enums": {"enum10": ["Kitchen"]},
			"keywords": ["thing1", "number2", "letter3", "symbol4", "character_string5", "time6", "date7", "amount8", "phone_number9",
			"enum10", "car_number11", "name12", "phrase13", "short_thing14"]}]}],
			"users": [{"name": "it's \"me\""}]}`, `{"errcode":0`, "It's all"},
		"Follower": {`{"apps": [{"kind": "mini program"}, {"kind": "service account", "appId": "wxOA", "templates": [{"title": "Due",
			"keywords": ["thing1"]}]}], "users": [{"name": "ann"}, {"name": "ben", "follows": ["wxOA"]}]}`, `{"errcode":0`, "Due"},
		"OnlyAToken": {`{"apps": [{"kind": "website"}, {"kind": "mini program"}], "users": []}`, `{"access_token":"`, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := with(t, c.configuration)
			srv := httptest.NewServer(b.con)
			t.Cleanup(srv.Close)
			b.con.Server().SetBaseURL(srv.URL)
			shell := b.con.FirstMessage()
			require.Equal(t, shell, b.get("/first-message")["shell"])
			for range 2 {
				out, err := exec.CommandContext(t.Context(), "sh", "-c", shell).CombinedOutput()
				require.NoError(t, err, "%s\n%s", shell, out)
				require.Contains(t, string(out), c.want, shell)
			}
			var titles []string
			for _, u := range b.con.Server().Users() {
				for _, m := range u.Inbox() {
					titles = append(titles, m.Title)
				}
			}
			if c.title == "" {
				require.Empty(t, titles)
				return
			}
			require.Equal(t, []string{c.title, c.title}, titles)
		})
	}
	require.Empty(t, with(t, `{"apps": [{"kind": "website"}]}`).con.FirstMessage())
}

// TestFirstMessageWithoutAnAddress takes the one that the request came to.
func TestFirstMessageWithoutAnAddress(t *testing.T) {
	t.Parallel()
	require.Contains(t, setup(t).get("/first-message")["shell"], "'http://localhost:8630/cgi-bin/message/subscribe/send'")
}
