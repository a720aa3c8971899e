package console

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/wechatkit/wechat/emulator"
)

var firstRoutes = map[string]handler{
	"GET /first-message": func(r *request) (any, error) {
		return map[string]string{"shell": firstMessage(r.wx, cmp.Or(r.wx.BaseURL(), "http://"+r.Host))}, nil
	},
}

// FirstMessage returns commands for a POSIX shell with curl and sed, to be pasted as they are: a user accepts a message of a
// Mini Program, and it is sent; or a follower of a service account is sent a template message. They work as often as they are
// pasted. Where the accounts have no template for it, or nobody to send it to, only an access token is fetched; without an
// account of these kinds it is "".
//
// The commands hold the AppSecret. They use the address that the emulator was told, see [emulator.Server.SetBaseURL].
func (c *Console) FirstMessage() string {
	wx := c.Server()
	return firstMessage(wx, wx.BaseURL())
}

func firstMessage(wx *emulator.Server, base string) string {
	users, apps := wx.Users(), messagingApps(wx)
	for _, a := range apps {
		if shell := subscription(a, users, base); a.Kind == emulator.MiniProgram && shell != "" {
			return shell
		}
	}
	for _, a := range apps {
		if shell := toFollower(a, users, base); shell != "" {
			return shell
		}
	}
	if len(apps) == 0 {
		return ""
	}
	return askForToken(apps[0], base)
}

func messagingApps(wx *emulator.Server) []*emulator.App {
	return slices.DeleteFunc(slices.Clone(wx.Apps()), func(a *emulator.App) bool {
		return a.Kind != emulator.MiniProgram && a.Kind != emulator.ServiceAccount
	})
}

// subscription is about the first template that a user can accept.
func subscription(a *emulator.App, users []*emulator.User, base string) string {
	templates := a.State().Templates
	i := slices.IndexFunc(templates, func(t emulator.TemplateState) bool {
		return t.Type != emulator.Followers.String() && t.Card == 0 && !t.Device && !t.Banned
	})
	if i < 0 || len(users) == 0 {
		return ""
	}
	accept := map[string][]string{"templateIds": {templates[i].ID}}
	return postJSON(accept, quoted(base+apiPrefix+"/users/"+url.PathEscape(users[0].Name)+"/accept")) + " >/dev/null &&\n" +
		sendWith(a, base, "/cgi-bin/message/subscribe/send", users[0], &templates[i])
}

func toFollower(a *emulator.App, users []*emulator.User, base string) string {
	templates := a.State().Templates
	t := slices.IndexFunc(templates, func(t emulator.TemplateState) bool { return t.Type == emulator.Followers.String() && !t.Banned })
	u := slices.IndexFunc(users, func(u *emulator.User) bool { return u.Follows(a) })
	if t < 0 || u < 0 {
		return ""
	}
	return sendWith(a, base, "/cgi-bin/message/template/send", users[u], &templates[t])
}

// sendWith gets a token, and sends with it.
func sendWith(a *emulator.App, base, path string, to *emulator.User, t *emulator.TemplateState) string {
	message := struct {
		ToUser     string                       `json:"touser"`
		TemplateID string                       `json:"template_id"`
		Data       map[string]map[string]string `json:"data"`
	}{to.OpenID(a), t.ID, map[string]map[string]string{}}
	for _, k := range t.Keywords {
		message.Data[k.Key] = map[string]string{"value": sampleOf(k)}
	}
	return "TOKEN=$(" + askForToken(a, base) + ` | sed 's/.*"access_token":"\([^"]*\)".*/\1/') &&` + "\n" +
		postJSON(message, quoted(base+path)+`"?access_token=$TOKEN"`)
}

// askForToken asks for the stable token, which leaves the tokens of a program that runs as they are.
func askForToken(a *emulator.App, base string) string {
	in := struct {
		GrantType string `json:"grant_type"`
		AppID     string `json:"appid"`
		Secret    string `json:"secret"`
	}{"client_credential", a.AppID, a.Secret()}
	return postJSON(in, quoted(base+"/cgi-bin/stable_token"))
}

func postJSON(body any, address string) string {
	return fmt.Sprintf("curl -s -H 'Content-Type: application/json' -d %s \\\n  %s", quoted(string(encode(body))), address)
}

// quoted is text as one word of a POSIX shell.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// samples are values that the rules of keywords allow, see [emulator.KeywordState].
var samples = map[string]string{
	"number": "1", "letter": "A", "symbol": "!", "character_string": "A-1", "time": "2026-12-01 12:00", "date": "2026-12-01",
	"amount": "19.90", "phone_number": "13800138000", "car_number": "粤A12345", "name": "张三", "phrase": "已到期",
}

func sampleOf(k emulator.KeywordState) string {
	if len(k.Enum) > 0 {
		return k.Enum[0]
	}
	return cmp.Or(k.Example, samples[k.Rule], "Hello")
}
