package browsertest

import (
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

// facts are the values that an unfolded account shows in code.
const facts = `[...document.querySelectorAll(".account[open] .account-body code")].map((node) => node.textContent)`

// TestFirstMinute shows what a program needs and a first message, which works when it is pasted.
func TestFirstMinute(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.alice.Follow(w.service)
	p := w.open(look{width: 1280, height: 900, language: "en-US"})
	p.see("h3", "OpenIDs of the users")
	require.Equal(t, []string{w.mini.AppID, w.mini.AppSecret, w.due, w.alice.OpenID(w.mini), w.wx.User("bob").OpenID(w.mini)}, read[[]string](p, facts))
	require.Equal(t, int64(1280), read[int64](p, "document.documentElement.scrollWidth"))
	p.see("pre", "A first message, to paste into a shell")
	out, err := exec.CommandContext(t.Context(), "sh", "-c", p.text(".first-message pre")).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), `"errcode":0`)
	p.see(".row", "Contract Box: Contract due")
	p.until(`!document.querySelector(".first-message").checkVisibility()`)

	p.click(".account summary", "Contract Box") // folds it up again
	p.gone(".account[open]")
	p.click(".account summary", "Contract Care")
	p.see("li", "alice "+w.alice.OpenID(w.service)+" Following Copy")
	require.Contains(t, read[[]string](p, facts), w.renewed)
	p.quiet()
}

// TestSetCallback sets the callback on the page: token and key appear, it is checked, and it gets what a user writes.
func TestSetCallback(t *testing.T) {
	t.Parallel()
	for name, l := range map[string]look{"Wide": {width: 1280, height: 900, language: "en-US"}, "Narrow": {width: 390, height: 844, language: "en-US"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			p := w.open(l)
			p.see("h3", "Callback")
			p.click("button", "Set") // an empty address: token and key
			p.see("dt", "EncodingAESKey")
			keys, ok := w.mini.Callback()
			require.True(t, ok)
			require.Empty(t, keys.URL)
			require.Subset(t, read[[]string](p, facts), []string{keys.Token, keys.EncodingAESKey})
			require.Equal(t, l.width, read[int64](p, "document.documentElement.scrollWidth"))

			p.write("Callback URL; empty only makes up token and key", "nowhere")
			p.click("button", "Set")
			p.told("the URL is not an address of http or https")
			p.gone(".toast")
			p.write("Callback URL; empty only makes up token and key", "x")
			read[bool](p, `(document.querySelector(".callback-url").value = "http://127.0.0.1:1/wechat",
				document.querySelector(".callback-url").id = "before",
				document.querySelector("[aria-label='Format of pushes']").value = "json", true)`)
			p.click("button", "Set")
			p.told("The callback is set")
			p.gone("#before") // the account is drawn anew, and with it the button that is clicked next
			p.click("button", "Check")
			p.told("VerifyCallback")
			set, ok := w.mini.Callback()
			require.True(t, ok)
			require.Equal(t, emulator.Callback{
				URL: "http://127.0.0.1:1/wechat", Token: keys.Token, EncodingAESKey: keys.EncodingAESKey, Mode: emulator.Secure, Format: emulator.JSON,
				Shape: emulator.ShapeReal,
			}, set)

			set.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				_, _ = rw.Write([]byte(r.URL.Query().Get("echostr")))
			})
			w.mini.SetCallback(set)
			p.gone(".toast")
			p.click("button", "Check")
			p.told("The callback answers as it should")
			p.click("button", "Remove")
			p.until(`![...document.querySelectorAll("dt")].some((node) => node.innerText === "Token")`)
			_, ok = w.mini.Callback()
			require.False(t, ok)
			p.quietBut("409 (Conflict)")
		})
	}
}

// TestSessionFrom enters the chat by a button that says where the user comes from.
func TestSessionFrom(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mini.SetCallback(emulator.Callback{Handler: http.NotFoundHandler()})
	p := w.open(narrow)
	p.click("button", "通讯录")
	p.click(".row", w.in.mini)
	p.write("会话来源 session-from", "contract=7")
	p.click(".weui-cell", "联系客服")
	p.see(".entry summary", "user_enter_tempsession")
	require.Contains(t, w.wx.Pushes("user_enter_tempsession")[0].Plain, "contract=7")
	require.Equal(t, narrow.width, read[int64](p, "document.documentElement.scrollWidth"))
	p.quiet()
}

// TestAccountsAreText puts markup into what an account shows.
func TestAccountsAreText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	markup := `<img src=x onerror=alert(1)>`
	w.wx.AddWebsite(emulator.AppConfig{Name: markup, AppSecret: markup})
	w.mini.AddTemplate(emulator.Template{Title: markup, Keywords: []string{"thing1"}})
	w.wx.User(markup)
	p := w.open(wide)
	p.click(".account summary", markup)
	p.until(`document.querySelectorAll(".account[open]").length === 2`)
	p.until(strings.ReplaceAll(`(`+facts+`).includes("MARKUP")`, "MARKUP", markup))
	require.Zero(t, read[int](p, `document.querySelectorAll("img").length`))
	p.quiet()
}
