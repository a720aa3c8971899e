// Package route compares the way of a client's requests to WeChat with that of its token source's. The two are set
// apart from each other, and where a test points only the client at an emulator, the source would send the real
// AppSecret to the real WeChat.
package route

import (
	"net/http"
	"net/url"
	"strings"
)

// Route is the way as it was configured.
type Route struct {
	BaseURL    string       // "" is WeChat's own
	HTTPClient *http.Client // nil is this module's own transport
}

// Source is a token source, or what one fetches with, that sends a secret to WeChat. ok is false where it does not.
type Source interface{ Route() (r Route, ok bool) }

// Refuse returns the reason why src must not serve who calls WeChat by r, or "". What src was told counts as meant,
// defaults included.
func (r Route) Refuse(src any) string {
	s, ok := src.(Source)
	if !ok {
		return ""
	}
	own, ok := s.Route()
	switch {
	case !ok:
		return ""
	case own.BaseURL == "" && !toWeChat(r.BaseURL):
		return refusal("BaseURL", `"https://api.weixin.qq.com"`)
	case own.HTTPClient == nil && r.HTTPClient != nil && toWeChat(own.BaseURL):
		return refusal("HTTPClient", "&http.Client{}")
	}
	return ""
}

func refusal(setting, standard string) string {
	return "the source has no " + setting + " and would send its secret to the real WeChat, past the " + setting +
		" that is set here; give the source the same one (or " + standard + " if that is meant)"
}

func toWeChat(baseURL string) bool {
	u, err := url.Parse(baseURL)
	return baseURL == "" || err == nil && IsWeChat(u)
}

// IsWeChat reports whether an address is WeChat's own, not that of a proxy or of an emulator.
func IsWeChat(base *url.URL) bool {
	return strings.HasSuffix(strings.ToLower(base.Hostname()), ".weixin.qq.com")
}
