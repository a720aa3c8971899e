package console_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func httptestServer(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

func TestGuard(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cases := map[string]struct {
		host   string
		header http.Header
		want   int
	}{
		"Localhost":         {"localhost:8630", nil, 200},
		"Loopback":          {"127.0.0.1:8630", nil, 200},
		"Loopback6":         {"[::1]:8630", nil, 200},
		"NamedLocalhost":    {"wechat.localhost", nil, 200},
		"AllowedName":       {"WeChat.test:8630", nil, 200},
		"OtherName":         {"attacker.example:8630", nil, 403},
		"LooksLikeAnIP":     {"127.0.0.1.attacker.example", nil, 403},
		"NoHost":            {"", nil, 403},
		"OwnPage":           {"localhost:8630", http.Header{"Origin": {"http://localhost:8630"}, "Sec-Fetch-Site": {"same-origin"}}, 200},
		"OtherSite":         {"localhost:8630", http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403},
		"OtherPort":         {"localhost:8630", http.Header{"Origin": {"http://localhost:3000"}, "Sec-Fetch-Site": {"same-site"}}, 403},
		"OtherOrigin":       {"localhost:8630", http.Header{"Origin": {"http://attacker.example"}}, 403},
		"OriginNull":        {"localhost:8630", http.Header{"Origin": {"null"}}, 403},
		"FormOfAnotherSite": {"localhost:8630", http.Header{"Content-Type": {"text/plain"}}, 415},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := b.request("POST", "/_emulator/api/users/alice/accept", `{"templateIds":["T1"]}`)
			r.Host = c.host
			for k, v := range c.header {
				r.Header[k] = v
			}
			require.Equal(t, c.want, b.serve(r).Code)
		})
	}
}

func TestGuardOfReads(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := b.request("GET", "/_emulator/api/apps/"+miniID+"/credentials", "")
	r.Header.Set("Origin", "https://attacker.example")
	require.Equal(t, http.StatusForbidden, b.serve(r).Code)
	for site, want := range map[string]int{"cross-site": 403, "same-site": 403, "same-origin": 200, "none": 200} {
		r := b.request("GET", "/_emulator/api/saved-state", "")
		r.Header.Set("Sec-Fetch-Site", site)
		require.Equal(t, want, b.serve(r).Code, site)
	}
	link := b.request("GET", "/_emulator/", "")
	link.Header.Set("Sec-Fetch-Site", "cross-site")
	require.Equal(t, http.StatusOK, b.serve(link).Code, "a link to the page may be anywhere")
	rec := b.serve(b.request("GET", "/_emulator/", ""))
	require.Equal(t, http.StatusOK, rec.Code)
	require.Contains(t, rec.Header().Get("Content-Security-Policy"), "default-src 'self'")
	require.Contains(t, rec.Header().Get("Content-Security-Policy"), "frame-ancestors 'none'")
	require.Equal(t, "nosniff", rec.Header().Get("X-Content-Type-Options"))
	require.Contains(t, rec.Header().Get("Content-Type"), "text/html")
}

func TestRoot(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := b.request("GET", "/", "")
	r.Header.Set("Accept", "text/html,*/*")
	rec := b.serve(r)
	require.Equal(t, http.StatusFound, rec.Code)
	require.Equal(t, "/_emulator/", rec.Header().Get("Location"))
	_, code := b.api("GET", "/", "")
	require.Equal(t, 40066, code, "a program gets WeChat's answer")
	_, code = b.api("POST", "/", "{}")
	require.Equal(t, 40066, code)
}

func TestErrors(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cases := map[string]struct {
		method, path, body string
		status             int
		want               string
	}{
		"NoSuchPath":     {"GET", "/nothing", "", 404, "no GET /_emulator/api/nothing in the control API"},
		"WrongMethod":    {"GET", "/users/alice/accept", "", 404, "no GET"},
		"NoUser":         {"POST", "/users/eve/accept", `{}`, 404, `no user "eve"`},
		"NoApp":          {"POST", "/users/alice/follow", `{"appId":"wx9"}`, 404, `no account "wx9"`},
		"UnknownField":   {"POST", "/users/alice/accept", `{"templateId":"T1"}`, 400, "templateId: unknown field, want one of always, as, templateIds"},
		"WrongType":      {"POST", "/users/alice/accept", `{"templateIds":"T1"}`, 400, "line 1: templateIds: a JSON string, want a list"},
		"NoJSON":         {"POST", "/users/alice/accept", `{`, 400, "line 1: unexpected end of JSON input"},
		"NoBody":         {"POST", "/users/alice/accept", "", 415, "want Content-Type: application/json"},
		"Misuse":         {"POST", "/users/alice/write", `{"appId":"` + oaID + `","text":"x"}`, 409, "Write: alice does not follow Account"},
		"NoTemplate":     {"POST", "/users/alice/accept", `{"templateIds":["T9"]}`, 409, `no template "T9"`},
		"NoAskTemplates": {"POST", "/asks", `{"user":"alice","templateIds":[]}`, 409, "errCode 10001"},
		"BadDuration":    {"POST", "/clock/advance", `{"by":"soon"}`, 400, `"soon" is no duration, such as 1h30m`},
		"NoDuration":     {"POST", "/clock/advance", `{}`, 400, "by: want a duration above 0"},
		"EmptyFault":     {"POST", "/faults", `{"path":"/x"}`, 409, "a fault without an effect"},
		"BadNumber":      {"GET", "/calls?after=x", "", 400, "after: want a number"},
		"UserTwice":      {"POST", "/users", `{"name":"bob"}`, 400, `name: there is a user "bob" already`},
		"NoVisitPage":    {"POST", "/users/alice/visit", `{"url":"https://example.com/"}`, 409, ""},
		"BadKind":        {"POST", "/apps", `{"kind":"toaster"}`, 400, `unknown kind "toaster", want mini program, service account`},
		"BadKey":         {"POST", "/apps/" + miniID + "/secure-api", `{"publicKey":"x"}`, 400, "publicKey: want PEM"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := b.do(c.status, c.method, c.path, c.body)
			require.Contains(t, got["error"], c.want)
		})
	}
}
