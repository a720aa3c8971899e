package emulator

import (
	"encoding/json"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wechatkit/wechat/errcode"
)

const (
	textCheckPath  = "/wxa/msg_sec_check"
	mediaCheckPath = "/wxa/media_check_async"

	longestChecked = 2500 // characters of a text
	// visitCounts is for how long after a visit the platform judges what the user submits.
	visitCounts = 2 * time.Hour
)

// Content checks (内容安全) of a Mini Program.
var contentRoutes = []route{
	{method: http.MethodPost, path: textCheckPath, token: appToken, kinds: mpOnly, handle: jsonBody(checkContentText)},
	{method: http.MethodPost, path: mediaCheckPath, token: appToken, kinds: mpOnly, handle: jsonBody(checkContentMedia)},
}

// ContentRule is what the platform finds in the content of a Mini Program's users.
type ContentRule struct {
	// Contains is what a text, title, nickname or signature, or the address of a file, has in it. "" is in all of them.
	Contains string `json:"contains"`
	Suggest  string `json:"suggest"` // "pass", "review" or "risky"
	Label    int    `json:"label"`   // such as 20002
	// EventCode is the errcode of the event in place of a verdict: -1008 if a file cannot be downloaded, 43104 if the
	// account has no permission after all. Texts do not look at it.
	EventCode int `json:"eventCode"`
}

// AddContentRule makes content checks of the Mini Program find something. The newest rule that fits counts; what none
// fits passes, with the label 100.
func (a *App) AddContentRule(r ContentRule) {
	a.s.mustBe("AddContentRule", a, MiniProgram)
	if !slices.Contains([]string{"pass", "review", "risky"}, r.Suggest) && r.EventCode == 0 {
		a.s.misuse("AddContentRule: Suggest %q, want pass, review or risky", r.Suggest)
	}
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	a.people.ContentRules = append(a.people.ContentRules, r)
}

// judge finds the rule for any of the texts.
func (a *App) judge(texts ...string) ContentRule {
	for _, r := range slices.Backward(a.people.ContentRules) {
		if slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(s, r.Contains) }) {
			return r
		}
	}
	return ContentRule{Suggest: "pass", Label: 100}
}

// author finds the user whose content is checked.
func (c *call) author(openID string) errcode.Code {
	m := c.w.members[openID]
	switch {
	case m == nil:
		return errcode.InvalidOpenID
	case m.app != c.app:
		return errcode.AccountNotPermitted
	case m.Visited.IsZero() || !c.now.Before(m.Visited.Add(visitCounts)):
		return errcode.AuthorizationCodeExpired // what WeChat calls a user who was not in the Mini Program lately
	}
	return 0
}

// isVersion2 tells the newer calls from those without a version, or with one that is not the number 2.
func isVersion2(version json.RawMessage) bool { return string(version) == "2" }

type checkedText struct {
	Version   json.RawMessage `json:"version"`
	Scene     int             `json:"scene"`
	OpenID    string          `json:"openid"`
	Content   string          `json:"content"`
	Title     string          `json:"title"`
	Nickname  string          `json:"nickname"`
	Signature string          `json:"signature"`
}

type contentResult struct {
	Suggest string `json:"suggest"`
	Label   int    `json:"label"`
}

type contentDetail struct {
	Strategy string `json:"strategy"`
	Code     int    `json:"errcode"`
	contentResult
	Prob int `json:"prob"`
}

func checkContentText(c *call, in *checkedText) reply {
	if in.Content == "" {
		return c.fail(errcode.EmptyBody)
	}
	texts := []string{in.Content, in.Title, in.Nickname}
	if in.Scene == 1 {
		texts = append(texts, in.Signature)
	}
	found := c.app.judge(texts...)
	if !isVersion2(in.Version) {
		if found.Suggest == "risky" {
			return c.fail(errcode.RiskyContent)
		}
		return c.ok()
	}
	switch code := c.author(in.OpenID); {
	case in.Scene < 1 || in.Scene > 4:
		return c.fail(errcode.InvalidScene)
	case code != 0:
		return c.failContent(code)
	case utf8.RuneCountInString(in.Content) > longestChecked:
		return c.fail(errcode.TextTooLong)
	}
	result := contentResult{found.Suggest, found.Label}
	return c.data(struct {
		envelope

		Detail  []contentDetail `json:"detail"`
		TraceID string          `json:"trace_id"`
		Result  contentResult   `json:"result"`
	}{success, []contentDetail{{"content_model", 0, result, 90}}, c.w.ids.rid(c.now.Unix()), result})
}

// failContent has the words that these calls use for codes of others.
func (c *call) failContent(code errcode.Code) reply {
	if code == errcode.AuthorizationCodeExpired {
		return c.failf(code, "code is expired")
	}
	return c.fail(code)
}

// The endings of files that tell what is in them.
var (
	pictureEndings = []string{".jpg", ".jpeg", ".png", ".bmp", ".gif"}
	soundEndings   = []string{".mp3", ".aac", ".ac3", ".wma", ".flac", ".vorbis", ".opus", ".wav"}
)

type checkedMedia struct {
	Version json.RawMessage `json:"version"`
	Scene   int             `json:"scene"`
	OpenID  string          `json:"openid"`
	Type    int             `json:"media_type"`
	URL     string          `json:"media_url"`
}

// typeFits judges by the ending of the address, where it has one of a file that can be checked.
func (in *checkedMedia) typeFits() bool {
	if in.Type != 1 && in.Type != 2 {
		return false
	}
	file := in.URL
	if u, err := url.Parse(in.URL); err == nil {
		file = u.Path
	}
	ending := strings.ToLower(path.Ext(file))
	if in.Type == 1 {
		return !slices.Contains(pictureEndings, ending)
	}
	return !slices.Contains(soundEndings, ending)
}

// reachable reports whether WeChat could fetch from the address, by its form.
func (in *checkedMedia) reachable() bool {
	u, err := url.Parse(in.URL)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.Hostname() != "tmp"
}

func checkContentMedia(c *call, in *checkedMedia) reply {
	version2 := isVersion2(in.Version)
	code := errcode.Code(0)
	if version2 {
		code = c.author(in.OpenID)
	}
	switch {
	case in.URL == "":
		return c.fail(errcode.EmptyBody)
	case !in.typeFits():
		return c.fail(errcode.InvalidMediaType)
	case version2 && (in.Scene < 1 || in.Scene > 4):
		return c.fail(errcode.InvalidScene)
	case code != 0:
		return c.failContent(code)
	}
	found := c.app.judge(in.URL)
	if !in.reachable() {
		found.EventCode = -1008
	}
	trace := c.w.ids.rid(c.now.Unix())
	event := found.event(c.app, trace)
	if !version2 {
		event = found.olderEvent(c.app, trace)
	}
	c.app.pushFromPlatform("wxa_media_check", event...)
	return c.data(struct {
		envelope

		TraceID string `json:"trace_id"`
	}{success, trace})
}

// event is the outcome of a check: with a verdict, or with the reason why there is none.
func (r ContentRule) event(a *App, trace string) fields {
	out := fields{{"appid", a.AppID}, {"trace_id", trace}, {"version", int64(2)}}
	if r.EventCode != 0 {
		message := "this appid does not have permission"
		if r.EventCode == -1008 {
			message = "download failed"
		}
		return append(out, field{"detail", list{}}, field{"errcode", int64(r.EventCode)}, field{"errmsg", message})
	}
	verdict := fields{{"suggest", r.Suggest}, {"label", int64(r.Label)}}
	detail := append(append(fields{{"strategy", "content_model"}, {"errcode", int64(0)}}, verdict...), field{"prob", int64(90)})
	return append(out, field{"detail", list{detail}}, field{"errcode", int64(0)}, field{"errmsg", "ok"}, field{"result", verdict})
}

// olderEvent is the outcome of a call without a version.
func (r ContentRule) olderEvent(a *App, trace string) fields {
	risky := int64(0)
	if r.Suggest == "risky" {
		risky = 1
	}
	return fields{
		{"isrisky", risky}, {"extra_info_json", ""}, {"appid", a.AppID}, {"trace_id", trace},
		{"status_code", int64(uint32(int32(r.EventCode)))},
	}
}

// OpenApp opens a Mini Program on the user's phone. Within two hours the Mini Program may have checked what the user
// submits. Logging in, answering a pop-up, opening a link or code of the Mini Program and the like count as well; a
// message in the customer-service chat does not.
func (u *User) OpenApp(mini *App) {
	u.s.mustBe("OpenApp", mini, MiniProgram)
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	u.member(mini).visit()
}

// visit notes that the user has the Mini Program open.
func (m *member) visit() { m.Visited = m.app.s.world.clock.now() }
