package benchmarks

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/cache"
	"github.com/silenceper/wechat/v2/credential"
	"github.com/silenceper/wechat/v2/miniprogram"
	"github.com/silenceper/wechat/v2/miniprogram/config"
	peersubscribe "github.com/silenceper/wechat/v2/miniprogram/subscribe"
	"github.com/silenceper/wechat/v2/util"

	"github.com/wechatkit/wechat/token"
)

// newPeer is silenceper/wechat with its own cache and a token in it. Its HTTP client and its
// base URL are the whole program's, so benchmarks of it cannot run beside each other.
func newPeer(b *testing.B, rt http.RoundTripper, base string) *peersubscribe.Subscribe {
	b.Helper()
	client := util.DefaultHTTPClient
	util.DefaultHTTPClient = &http.Client{Transport: rt, Timeout: 10 * time.Second}
	util.SetURIModifier(func(uri string) string { return strings.Replace(uri, token.DefaultBaseURL, base, 1) })
	b.Cleanup(func() {
		util.DefaultHTTPClient = client
		util.SetURIModifier(nil)
	})
	memory := cache.NewMemory()
	must(b, memory.Set(credential.CacheKeyMiniProgramPrefix+"_access_token_"+appID, accessToken, time.Hour))
	return miniprogram.NewMiniProgram(&config.Config{AppID: appID, AppSecret: "0f0f", Cache: memory}).GetSubscribe()
}

func newPeerMessage() *peersubscribe.Message {
	m := &peersubscribe.Message{ToUser: openID, TemplateID: templateID, Page: page, Data: map[string]*peersubscribe.DataItem{}}
	for k, v := range values {
		m.Data[k] = &peersubscribe.DataItem{Value: v}
	}
	return m
}
