package menu

import "encoding/json"

// Button is one button of a menu. The types of this package are all there are:
//
//   - [Submenu] holds other buttons.
//   - [Click], [View], [MiniProgram], [ScanPush], [ScanWait], [Camera], [CameraOrAlbum], [Album], [Location],
//     [Material], [MaterialPage], [Article] and [ArticlePage] do something.
//   - [Text], [Image], [Voice], [Video] and [News] are made in the console only, and read by [Client.Current].
//   - [Raw] is a button of a kind that this package does not know.
//
// The event that a tap causes is given by its name in quotes.
type Button interface {
	describe() description
}

// Submenu is a button of the first level that opens one to five others (二级菜单). WeChat does not tell of its tap.
type Submenu struct {
	Name    string // up to 16 bytes, which are five Chinese characters; a phone shows about four
	Buttons Menu
}

// Click pushes its key to the callback (点击推事件, "CLICK"), which may answer at once, and opens the customer-service
// window.
type Click struct {
	Name string // up to 16 bytes, 60 in a sub-menu, where a phone shows about seven Chinese characters
	Key  string // up to 128 bytes
}

// View opens a web page (跳转URL, "VIEW"), which may be one of web OAuth.
type View struct {
	Name string // as that of a [Click]
	URL  string // up to 1024 bytes
}

// MiniProgram opens a page of a Mini Program that is linked to the account (小程序, "view_miniprogram").
type MiniProgram struct {
	Name  string // as that of a [Click]
	AppID string // not the original ID, "gh_…"
	Page  string // with a query if wanted: "pages/order?id=7"
	URL   string // what clients open that are too old for it; up to 1024 bytes
}

// ScanPush opens the scanner and shows what was scanned, or opens it if it is a URL (扫码推事件, "scancode_push"). It opens
// the customer-service window.
type ScanPush struct {
	Name string // as that of a [Click]
	Key  string // up to 128 bytes
}

// ScanWait opens the scanner, and then shows that a message is awaited (扫码推事件且弹出“消息接收中”提示框,
// "scancode_waitmsg"). It opens the customer-service window.
type ScanWait struct {
	Name string // as that of a [Click]
	Key  string // up to 128 bytes
}

// Camera takes photos and sends them (弹出系统拍照发图, "pic_sysphoto"). They come as messages after the event.
type Camera struct {
	Name string // as that of a [Click]
	Key  string // up to 128 bytes
}

// CameraOrAlbum takes photos or picks them, and sends them (弹出拍照或者相册发图, "pic_photo_or_album"). They come as
// messages after the event.
type CameraOrAlbum struct {
	Name string // as that of a [Click]
	Key  string // up to 128 bytes
}

// Album picks photos and sends them (弹出微信相册发图器, "pic_weixin"). They come as messages after the event.
type Album struct {
	Name string // as that of a [Click]
	Key  string // up to 128 bytes
}

// Location picks a place on a map and sends it (弹出地理位置选择器, "location_select"). It comes as a message after the event.
type Location struct {
	Name string // as that of a [Click]
	Key  string // up to 128 bytes
}

// Material sends permanent material, which is a picture, voice or video (下发消息, media_id). It causes no event.
type Material struct {
	Name    string // as that of a [Click]
	MediaID string
}

// MaterialPage opens an article of the permanent material (跳转图文消息URL, view_limited), for accounts without the draft
// box (草稿箱); others use [ArticlePage]. It causes no event.
type MaterialPage struct {
	Name    string // as that of a [Click]
	MediaID string
}

// Article sends a published article as a card (发布后的图文消息, article_id). It causes no event.
type Article struct {
	Name      string // as that of a [Click]
	ArticleID string // given by the publishing API (发布接口)
}

// ArticlePage opens the page of a published article (发布后的图文消息, article_view_limited). It causes no event.
type ArticlePage struct {
	Name      string // as that of a [Click]
	ArticleID string // given by the publishing API (发布接口)
}

// Text sends a text. It is made in the console only.
type Text struct{ Name, Content string }

// Image sends a picture. It is made in the console only. The MediaID is temporary, and another one each time.
type Image struct{ Name, MediaID string }

// Voice sends a voice message. It is made in the console only. The MediaID is temporary, and another one each time.
type Voice struct{ Name, MediaID string }

// Video sends a video. It is made in the console only.
type Video struct{ Name, URL string }

// News sends articles (图文). It is made in the console only.
type News struct {
	Name     string
	MediaID  string // of permanent material
	Articles []NewsArticle
}

// NewsArticle is an article of a [News].
type NewsArticle struct {
	Title     string
	Author    string
	Digest    string
	ShowCover bool
	CoverURL  string
	URL       string // of the article
	SourceURL string // of the original (阅读原文), perhaps empty
}

// Raw is the JSON object of a button, in WeChat's own words, of a kind that this package does not know. It must be valid
// JSON; nothing else of it is checked.
type Raw json.RawMessage

// description is what this package knows about a button.
type description struct {
	kind    string // the type in WeChat's words; "" if it is a sub-menu or raw
	name    string
	parts   []part
	submenu Menu
	raw     Raw

	console  bool // made there only
	articles []NewsArticle
}

// part is one of the fields that a type of button has besides its name.
type part struct {
	field string // in Go
	key   string // in JSON
	value string
	limit int // bytes; 0 is none
}

const (
	longestKey = 128  // bytes
	longestURL = 1024 // bytes
)

func withKey(kind, name, key string) description {
	return description{kind: kind, name: name, parts: []part{{"Key", "key", key, longestKey}}}
}

func withID(kind, name, field, key, id string) description {
	return description{kind: kind, name: name, parts: []part{{field, key, id, 0}}}
}

func (b Submenu) describe() description { return description{name: b.Name, submenu: b.Buttons} }

func (b Click) describe() description { return withKey("click", b.Name, b.Key) }

func (b View) describe() description {
	return description{kind: "view", name: b.Name, parts: []part{{"URL", "url", b.URL, longestURL}}}
}

func (b MiniProgram) describe() description {
	return description{kind: "miniprogram", name: b.Name, parts: []part{
		{"URL", "url", b.URL, longestURL}, {"AppID", "appid", b.AppID, 0}, {"Page", "pagepath", b.Page, 0},
	}}
}

func (b ScanPush) describe() description      { return withKey("scancode_push", b.Name, b.Key) }
func (b ScanWait) describe() description      { return withKey("scancode_waitmsg", b.Name, b.Key) }
func (b Camera) describe() description        { return withKey("pic_sysphoto", b.Name, b.Key) }
func (b CameraOrAlbum) describe() description { return withKey("pic_photo_or_album", b.Name, b.Key) }
func (b Album) describe() description         { return withKey("pic_weixin", b.Name, b.Key) }
func (b Location) describe() description      { return withKey("location_select", b.Name, b.Key) }

func (b Material) describe() description {
	return withID("media_id", b.Name, "MediaID", "media_id", b.MediaID)
}

func (b MaterialPage) describe() description {
	return withID("view_limited", b.Name, "MediaID", "media_id", b.MediaID)
}

func (b Article) describe() description {
	return withID("article_id", b.Name, "ArticleID", "article_id", b.ArticleID)
}

func (b ArticlePage) describe() description {
	return withID("article_view_limited", b.Name, "ArticleID", "article_id", b.ArticleID)
}

func (b Text) describe() description  { return inConsole("text", b.Name, b.Content) }
func (b Image) describe() description { return inConsole("img", b.Name, b.MediaID) }
func (b Voice) describe() description { return inConsole("voice", b.Name, b.MediaID) }
func (b Video) describe() description { return inConsole("video", b.Name, b.URL) }

func (b News) describe() description {
	d := inConsole("news", b.Name, b.MediaID)
	d.articles = b.Articles
	return d
}

func (r Raw) describe() description { return description{raw: r} }

func inConsole(kind, name, value string) description {
	return description{kind: kind, name: name, parts: []part{{"Value", "value", value, 0}}, console: true}
}
