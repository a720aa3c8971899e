package emulator

import (
	"encoding/json"
	"net/http"
	"regexp"
	"time"

	"github.com/wechatkit/wechat/errcode"
)

const (
	customSendPath   = "/cgi-bin/message/custom/send"
	customTypingPath = "/cgi-bin/message/custom/typing"

	longestText  = 2048 // bytes
	longestMenu  = 50
	longestTitle = 64 * 4 // bytes
)

var customerRoutes = []route{
	{method: http.MethodPost, path: customSendPath, token: appToken, handle: ofBusiness(jsonBody(sendCustom))},
	{method: http.MethodPost, path: customTypingPath, token: appToken, handle: ofBusiness(jsonBody(sendTyping))},
}

// customMessage is the body of a customer-service message (客服消息): one object per msgtype.
type customMessage struct {
	ToUser  string `json:"touser"`
	MsgType string `json:"msgtype"`

	Text *struct {
		Content string `json:"content"`
	} `json:"text"`
	Image *mediaRef `json:"image"`
	Voice *mediaRef `json:"voice"`
	Video *struct {
		mediaRef
		titled
		ThumbMediaID string `json:"thumb_media_id"`
	} `json:"video"`
	Music *struct {
		titled
		MusicURL     string `json:"musicurl"`
		HQMusicURL   string `json:"hqmusicurl"`
		ThumbMediaID string `json:"thumb_media_id"`
	} `json:"music"`
	News *struct {
		Articles json.RawMessage `json:"articles"`
	} `json:"news"`
	MPNews        *mediaRef `json:"mpnews"`
	MPNewsArticle *struct {
		ArticleID string `json:"article_id"`
	} `json:"mpnewsarticle"`
	Link *struct {
		titled
		URL      string `json:"url"`
		ThumbURL string `json:"thumb_url"`
	} `json:"link"`
	MiniProgramPage *struct {
		Title        string `json:"title"`
		AppID        string `json:"appid"`
		PagePath     string `json:"pagepath"`
		ThumbMediaID string `json:"thumb_media_id"`
	} `json:"miniprogrampage"`
	MsgMenu *struct {
		Head string     `json:"head_content"`
		List []menuItem `json:"list"`
		Tail string     `json:"tail_content"`
	} `json:"msgmenu"`
	WXCard *struct {
		CardID string `json:"card_id"`
	} `json:"wxcard"`

	CustomService *struct {
		KfAccount string `json:"kf_account"`
	} `json:"customservice"`
	AIContext *struct {
		IsAI int `json:"is_ai_msg"`
	} `json:"aimsgcontext"`
}

type mediaRef struct {
	MediaID string `json:"media_id"`
}

type titled struct {
	Title       string `json:"title"`
	Description string `json:"description"`
}

type article struct {
	titled

	URL    string `json:"url"`
	PicURL string `json:"picurl"`
}

type menuItem struct {
	ID      string `json:"id"`
	Content string `json:"content"`
}

// sendCustom delivers a customer-service message.
func sendCustom(c *call, in *customMessage) reply {
	m := c.recipient(in.ToUser)
	if m == nil {
		return c.fail(errcode.InvalidOpenID)
	}
	build := customTypes[in.MsgType]
	if build == nil || !build.kinds.has(c.app.Kind) {
		return c.fail(errcode.InvalidMessageObject)
	}
	shown := Message{Type: in.MsgType}
	if code := build.check(c, in, &shown); code != 0 {
		return c.fail(code)
	}
	switch {
	case m.Blocked:
		return c.fail(errcode.UserBlocksMessages)
	case m.Blacklisted:
		return c.fail(errcode.Blacklisted)
	}
	if code := m.spendWindow(c.now); code != 0 {
		return c.fail(code)
	}
	if in.CustomService != nil {
		shown.Agent = in.CustomService.KfAccount
	}
	shown.AI = in.AIContext != nil && in.AIContext.IsAI == 1
	shown.Time, shown.Place, shown.AppID, shown.From = c.now, Chat, c.app.AppID, c.app.Name
	m.Exchanged, m.typing = c.now, time.Time{}
	m.user.receive(shown)
	return c.ok()
}

// windowOpen says why a message may not be sent now.
func (m *member) windowOpen(now time.Time) errcode.Code {
	switch {
	case !now.Before(m.window.Ends):
		return errcode.ReplyWindowClosed
	case m.window.Left == 0:
		return errcode.ReplyCountUsedUp
	}
	return 0
}

func (m *member) spendWindow(now time.Time) errcode.Code {
	if code := m.windowOpen(now); code != 0 {
		return code
	}
	m.window.Left--
	return 0
}

// customType is one msgtype: who may send it, and what it must hold.
type customType struct {
	kinds kinds
	check func(*call, *customMessage, *Message) errcode.Code
}

// customTypes says which account kind may send what.
var customTypes = map[string]*customType{
	"text":            {anyKind, checkText},
	"image":           {anyKind, checkImage},
	"voice":           {oaOnly, checkVoice},
	"video":           {oaOnly, checkVideo},
	"music":           {oaOnly, checkMusic},
	"news":            {oaOnly, checkNews},
	"mpnews":          {oaOnly, checkMPNews},
	"mpnewsarticle":   {oaOnly, checkMPNewsArticle},
	"link":            {mpOnly, checkLink},
	"miniprogrampage": {anyKind, checkMiniProgramPage},
	"msgmenu":         {oaOnly, checkMsgMenu},
	"wxcard":          {oaOnly, checkWXCard},
}

func checkText(c *call, in *customMessage, out *Message) errcode.Code {
	switch {
	case in.Text == nil || in.Text.Content == "":
		return errcode.EmptyText
	case len(in.Text.Content) > longestText:
		return errcode.TextTooLong
	case c.foreignLink(in.Text.Content):
		return errcode.InvalidMiniProgramLink
	}
	out.Text = in.Text.Content
	return 0
}

var linkAppID = regexp.MustCompile(`data-miniprogram-appid="([^"]*)"`)

// foreignLink finds a link in a text to a Mini Program that the account may not lead to.
func (c *call) foreignLink(text string) bool {
	for _, m := range linkAppID.FindAllStringSubmatch(text, -1) {
		if m[1] != c.app.AppID && !c.app.identity.Linked[m[1]] {
			return true
		}
	}
	return false
}

func checkImage(c *call, in *customMessage, out *Message) errcode.Code {
	return c.useMedia(in.Image, "image", out)
}

func checkVoice(c *call, in *customMessage, out *Message) errcode.Code {
	return c.useMedia(in.Voice, "voice", out)
}

func checkVideo(c *call, in *customMessage, out *Message) errcode.Code {
	if in.Video == nil {
		return errcode.InvalidMessageObject
	}
	out.Title, out.Text = in.Video.Title, in.Video.Description
	if code := c.findMedia(in.Video.ThumbMediaID, ""); code != 0 {
		return code
	}
	return c.useMedia(&in.Video.mediaRef, "video", out)
}

func checkMusic(c *call, in *customMessage, out *Message) errcode.Code {
	if in.Music == nil || in.Music.MusicURL == "" {
		return errcode.InvalidMessageObject
	}
	out.Title, out.Text, out.URL = in.Music.Title, in.Music.Description, in.Music.MusicURL
	return c.findMedia(in.Music.ThumbMediaID, "")
}

func checkNews(_ *call, in *customMessage, out *Message) errcode.Code {
	if in.News == nil {
		return codeNewsMissing
	}
	var list []article
	if json.Unmarshal(in.News.Articles, &list) != nil {
		return errcode.InvalidMessageObject // also a single article that is not in an array
	}
	if len(list) == 0 {
		return codeNewsMissing
	}
	if len(list) > 1 {
		return errcode.TooManyArticles
	}
	a := list[0]
	out.Title, out.Text, out.URL = a.Title, a.Description, a.URL
	return titleLength(a.Title)
}

func checkMPNews(c *call, in *customMessage, out *Message) errcode.Code {
	return c.useMedia(in.MPNews, "", out)
}

func checkMPNewsArticle(_ *call, in *customMessage, out *Message) errcode.Code {
	if in.MPNewsArticle == nil || in.MPNewsArticle.ArticleID == "" {
		return errcode.InvalidMessageObject
	}
	out.MediaID = in.MPNewsArticle.ArticleID
	return 0
}

func checkLink(_ *call, in *customMessage, out *Message) errcode.Code {
	if in.Link == nil || in.Link.Title == "" || in.Link.URL == "" {
		return errcode.InvalidMessageObject
	}
	out.Title, out.Text, out.URL = in.Link.Title, in.Link.Description, in.Link.URL
	return titleLength(in.Link.Title)
}

func checkMiniProgramPage(c *call, in *customMessage, out *Message) errcode.Code {
	page := in.MiniProgramPage
	if page == nil {
		return errcode.InvalidMessageObject
	}
	appID := page.AppID
	if c.app.Kind == MiniProgram && appID == "" {
		appID = c.app.AppID
	}
	if appID != c.app.AppID && !c.app.identity.Linked[appID] {
		return errcode.InvalidAppID
	}
	if mini := c.w.apps[appID]; page.PagePath == "" || !mini.hasPage(page.PagePath) {
		return errcode.InvalidPagePath
	}
	out.Title, out.MiniProgram = page.Title, &MiniProgramLink{AppID: appID, Page: page.PagePath}
	return c.findMedia(page.ThumbMediaID, "image")
}

func checkMsgMenu(_ *call, in *customMessage, out *Message) errcode.Code {
	if in.MsgMenu == nil || len(in.MsgMenu.List) == 0 {
		return errcode.InvalidMessageObject
	}
	if len(in.MsgMenu.List) > longestMenu {
		return errcode.TooManyMenuItems
	}
	out.Title, out.Text = in.MsgMenu.Head, in.MsgMenu.Tail
	for _, item := range in.MsgMenu.List {
		out.Menu = append(out.Menu, MenuItem{ID: item.ID, Text: item.Content})
	}
	return 0
}

func checkWXCard(_ *call, in *customMessage, out *Message) errcode.Code {
	if in.WXCard == nil || in.WXCard.CardID == "" {
		return errcode.InvalidMessageObject
	}
	out.MediaID = in.WXCard.CardID
	return 0
}

func titleLength(title string) errcode.Code {
	if len(title) > longestTitle {
		return errcode.TitleTooLong
	}
	return 0
}

const (
	typingAfter = 30 * time.Second // of the last message in either direction
	typingShown = 15 * time.Second
)

// sendTyping shows that somebody is typing (正在输入).
func sendTyping(c *call, in *struct {
	ToUser  string `json:"touser"`
	Command string `json:"command"`
},
) reply {
	m := c.recipient(in.ToUser)
	if m == nil {
		return c.fail(errcode.InvalidOpenID)
	}
	if in.Command != "Typing" && in.Command != "CancelTyping" {
		return c.fail(errcode.InvalidTypingCommand)
	}
	if code := m.windowOpen(c.now); code != 0 {
		return c.fail(code)
	}
	if m.Exchanged.IsZero() || c.now.Sub(m.Exchanged) > typingAfter {
		return c.fail(errcode.NoRecentExchange)
	}
	if in.Command == "CancelTyping" {
		m.typing = time.Time{}
		return c.ok()
	}
	if c.now.Before(m.typing) {
		return c.fail(errcode.AlreadyTyping)
	}
	m.typing = c.now.Add(typingShown)
	return c.ok()
}

// Typing reports whether the account's chat shows that somebody is typing (正在输入).
func (u *User) Typing(a *App) bool {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	return u.s.world.clock.now().Before(u.member(a).typing)
}
