package emulator_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

// FuzzCall makes any call with any query and body, as an account that may make it. Whatever it holds, there
// is an answer, and JSON is valid.
func FuzzCall(f *testing.F) {
	const most = "9223372036854775807"
	routes := emulator.Routes()
	for i := range routes {
		f.Add(i, "start="+most+"&limit=30&ids=307&tid=512&openid=oU&type=image", `{"offset":`+most+`,"count":`+most+`,"type":"image","touser":"oU"}`)
		f.Add(i, "type=news", `{"offset":1,"count":`+most+`,"starttime":1,"endtime":2,"msgid":`+most+`,"number":1,"expire_seconds":`+most+`}`)
		f.Add(i, "", `{"tag":{"id":-1},"tagid":-1,"jump_wxa":null,"expire_type":1,"expire_interval":30,"scene":"a","width":300}`)
	}
	f.Fuzz(func(t *testing.T, i int, query, body string) {
		b := setup(t)
		u := b.wx.AddUser(emulator.UserConfig{Name: "u", OpenIDs: map[string]string{b.mp.AppID: "oU", b.oa.AppID: "oF"}})
		u.Follow(b.oa)
		u.Write(b.mp, "Hi")
		b.mp.AddPermanentMedia("image", "a.png", nil)
		r := routes[int(uint(i)%uint(len(routes)))]
		for _, a := range []*emulator.App{b.mp, b.oa} {
			_, header, out := b.do(r.Method, as(a, r.Path)+"&"+escaped(query), "application/json", body)
			if strings.HasPrefix(header.Get("Content-Type"), "application/json") {
				require.True(t, json.Valid(out), "%s", out)
			}
		}
	})
}

// escaped lets any text be a query.
func escaped(query string) string {
	values, _ := url.ParseQuery(query)
	return values.Encode()
}
