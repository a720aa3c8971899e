package emulator_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

// world is an emulator that may be saved and loaded between two deeds, and what was found out by them.
type world struct {
	*bundle
	found []string
}

func (w *world) note(format string, args ...any) {
	w.found = append(w.found, fmt.Sprintf(format, args...))
}

// saveAndLoad goes on in another emulator with the state of this one.
func (w *world) saveAndLoad() {
	wx := load(w.t, save(w.t, w.wx))
	w.bundle = &bundle{t: w.t, wx: wx, mp: wx.MiniProgram(), oa: wx.ServiceAccount(), cli: wx.HTTPClient()}
}

// deeds are what people and programs do, with what can be seen of it.
var deeds = []func(w *world, u *emulator.User, n int){
	func(w *world, u *emulator.User, _ int) { u.Accept("T-once") },
	func(w *world, u *emulator.User, _ int) { u.Accept("T-long") },
	func(w *world, u *emulator.User, n int) {
		if n%10 == 0 {
			u.Ban("T-once")
		}
	},
	func(w *world, u *emulator.User, n int) {
		w.note("subscribe %d", w.post(as(w.mp, subscribeSend), sub(u.OpenID(w.mp), []string{"T-once", "T-long"}[n%2], fmt.Sprint(n))).code())
	},
	func(w *world, u *emulator.User, _ int) { u.Follow(w.oa) },
	func(w *world, u *emulator.User, n int) {
		if n%5 == 0 {
			u.Unfollow(w.oa)
		}
	},
	func(w *world, u *emulator.User, n int) {
		if u.Follows(w.oa) {
			u.Write(w.oa, fmt.Sprint(n))
		}
	},
	func(w *world, u *emulator.User, n int) {
		w.note("custom %d", w.post(as(w.oa, customSend), text(u.OpenID(w.oa), fmt.Sprint(n))).code())
	},
	func(w *world, u *emulator.User, n int) {
		w.note("template %d", w.post(as(w.oa, templateSend), tmpl(u.OpenID(w.oa), "F", "", fmt.Sprintf(`{"thing1":{"value":"%d"}}`, n))).code())
	},
	func(w *world, u *emulator.User, n int) {
		made := w.post(as(w.oa, "/cgi-bin/tags/create"), fmt.Sprintf(`{"tag":{"name":"t%d"}}`, n))
		w.note("tag %v", made["tag"])
	},
	func(w *world, u *emulator.User, n int) {
		w.note("tagged %d", w.post(as(w.oa, "/cgi-bin/tags/members/batchtagging"), fmt.Sprintf(
			`{"tagid":%d,"openid_list":[%q]}`, 100+n%3, u.OpenID(w.oa))).code())
	},
	func(w *world, u *emulator.User, _ int) {
		w.note("info %v", w.get(as(w.oa, "/cgi-bin/user/info?openid="+u.OpenID(w.oa))))
	},
	func(w *world, u *emulator.User, _ int) {
		w.note("login %v", w.get(session(w.mp, u.LoginCode(w.mp))))
	},
	func(w *world, u *emulator.User, _ int) {
		w.note("classic %v", w.get(classic(w.oa)))
	},
	func(w *world, u *emulator.User, n int) {
		w.note("stable %v", w.post("/cgi-bin/stable_token", stable(w.mp, n%7 == 0)))
	},
	func(w *world, u *emulator.User, n int) {
		link := w.post(as(w.mp, "/wxa/generatescheme"), fmt.Sprintf(
			`{"jump_wxa":{"path":"pages/a","query":"n=%d"},"expire_type":1,"expire_interval":1}`, n)).text("openlink")
		w.note("link %v %v", link, u.OpenLink(link))
	},
	func(w *world, u *emulator.User, n int) {
		id := w.oa.AddMedia("image", "a.jpg", fmt.Append(nil, n))
		w.note("media %d", w.post(as(w.oa, customSend), fmt.Sprintf(
			`{"touser":%q,"msgtype":"image","image":{"media_id":%q}}`, u.OpenID(w.oa), id)).code())
	},
	func(w *world, _ *emulator.User, n int) { w.wx.Advance(time.Duration(n%3000) * time.Second) },
}

// Whoever saves and loads in the middle of a life sees what others see who do not: the same answers, the same ids, the
// same phones. Nothing that lasts longer than a moment is in the middle of it, such as a session with an agent.
func TestLifeGoesOnAfterALoad(t *testing.T) {
	t.Parallel()
	live := func(seed uint64, saves bool) (*world, []byte) {
		rng := rand.New(rand.NewPCG(seed, 3))
		w := &world{bundle: setup(t, emulator.WithSeed(seed))}
		w.mp.AddTemplate(emulator.Template{ID: "T-once", Title: "Once", Keywords: []string{"thing1"}})
		w.mp.AddTemplate(emulator.Template{
			ID: "T-long", Title: "Long", Keywords: []string{"thing1"}, Type: emulator.LongTerm,
			Limit: &emulator.RateLimit{Key: "thing1", Every: time.Hour},
		})
		w.oa.AddTemplate(emulator.Template{ID: "F", Title: "Followers", Keywords: []string{"thing1"}})
		for range 150 {
			u := w.wx.User([]string{"ann", "bob", "cat"}[rng.IntN(3)])
			deed, n := deeds[rng.IntN(len(deeds))], rng.IntN(1000)
			if saves && rng.IntN(10) == 0 {
				w.saveAndLoad()
				u = w.wx.User(u.Name)
			} else if !saves {
				rng.IntN(10)
			}
			deed(w, u, n)
		}
		return w, save(t, w.wx)
	}
	for seed := range uint64(10) {
		straight, one := live(seed, false)
		resumed, other := live(seed, true)
		require.Equal(t, straight.found, resumed.found, "seed %d", seed)
		require.JSONEq(t, string(one), string(other), "seed %d", seed)
		for _, name := range []string{"ann", "bob", "cat"} {
			require.Equal(t, straight.wx.User(name).Inbox(), resumed.wx.User(name).Inbox())
			require.Equal(t, straight.wx.User(name).State(), resumed.wx.User(name).State())
		}
	}
}

// What an area saves works in the emulator that loads it, not only looks the same.
func TestAreasWorkAfterALoad(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before func(w *world) string
		after  func(w *world, kept string)
	}{
		"ServiceCard": {
			func(w *world) string {
				w.mp.AddTemplate(emulator.Template{ID: "C", Card: 1001})
				return w.wx.AddUser(emulator.UserConfig{Name: "u", OpenIDs: map[string]string{w.mp.AppID: "oA"}}).StartService(w.mp, 1001)
			},
			func(w *world, code string) {
				require.Zero(w.t, w.setCard(card(1001, code), `{"cur_status":1,`+page+`}`, ""))
			},
		},
		"QRCode": {
			func(w *world) string { return w.oa.QRCode("door") },
			func(w *world, ticket string) {
				w.wx.User("u").Scan(ticket)
				require.True(w.t, w.wx.User("u").Follows(w.oa))
			},
		},
		"ShortKey": {
			func(w *world) string {
				return w.succeeds(as(w.oa, "/cgi-bin/shorten/gen"), `{"long_data":"x"}`).text("short_key")
			},
			func(w *world, key string) {
				require.Equal(w.t, "x", w.succeeds(as(w.oa, "/cgi-bin/shorten/fetch"), `{"short_key":"`+key+`"}`).text("long_data"))
			},
		},
		"Menu": {
			func(w *world) string {
				w.oa.SetMenu(emulator.MenuButton{Name: "Site", Type: "view", URL: "https://example.com/"})
				return ""
			},
			func(w *world, _ string) {
				u := w.wx.User("u")
				u.Follow(w.oa)
				require.Equal(w.t, "https://example.com/", u.TapButton(w.oa, "Site").URL)
			},
		},
		"Agent": {
			func(w *world) string { w.oa.AddAgent("anna@demo", "Anna"); return "" },
			func(w *world, _ string) {
				u := w.wx.User("u")
				u.Follow(w.oa)
				w.succeeds(as(w.oa, "/customservice/kfsession/create"), fmt.Sprintf(`{"kf_account":"anna@demo","openid":%q}`, u.OpenID(w.oa)))
				w.oa.AgentSays("anna@demo", u, "Hello")
			},
		},
		"ContentRule": {
			func(w *world) string {
				w.mp.AddContentRule(emulator.ContentRule{Contains: "casino", Suggest: "risky", Label: 20002})
				return ""
			},
			func(w *world, _ string) {
				require.Equal(w.t, 87014, w.post(as(w.mp, "/wxa/msg_sec_check"), `{"content":"a casino"}`).code())
			},
		},
		"Quota": {
			func(w *world) string {
				w.oa.SetQuota("/cgi-bin/user/get", 1)
				w.get(as(w.oa, "/cgi-bin/user/get"))
				return ""
			},
			func(w *world, _ string) {
				require.Equal(w.t, 45009, w.get(as(w.oa, "/cgi-bin/user/get")).code())
			},
		},
		"Verification": {
			func(w *world) string { w.oa.Verify(emulator.VerificationExpired, ""); return "" },
			func(w *world, _ string) {
				require.Equal(w.t, 48001, w.post(as(w.oa, "/cgi-bin/tags/create"), `{}`).code())
			},
		},
		"OneTimeTemplate": {
			func(w *world) string { return w.oa.OneTimeTemplate() },
			func(w *world, id string) { require.Equal(w.t, id, w.oa.OneTimeTemplate()) },
		},
		"ArticleImage": {
			func(w *world) string {
				return w.upload(as(w.oa, "/cgi-bin/media/uploadimg"), "media", "a.jpg", "JPEG").text("url")
			},
			func(w *world, url string) {
				resp, err := w.cli.Get(url)
				require.NoError(w.t, err)
				require.NoError(w.t, resp.Body.Close())
				require.Equal(w.t, 200, resp.StatusCode)
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{bundle: setup(t)}
			kept := c.before(w)
			w.saveAndLoad()
			c.after(w, kept)
		})
	}
}
