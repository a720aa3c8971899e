package customerservice

import (
	"fmt"
	"strconv"

	"github.com/wechatkit/wechat/internal/rest"
)

// Content is what a message says. The types of this package are all there are: [Text], [Image], [Link],
// [MiniProgramPage], [Voice], [Video], [Music], [News], [MPNews], [MPNewsArticle], [MsgMenu], [WXCard].
// Mini Programs have the first four.
type Content interface {
	msgType() string
	check() error
	append(o *rest.Object) // the fields of the object that is named after the type
}

// TextLimit is how long the local check lets a text be, in bytes of UTF-8. WeChat documents no figure; this
// one is what its passive replies take, give or take one.
const TextLimit = 2048

// Text is a text (文本), for both kinds of accounts. It may hold links, see [PageLink], and emoji. A longer one
// is cut by [SplitText].
type Text struct {
	Content string
	// MaxBytes replaces [TextLimit] in the local check; negative means no limit. WeChat's own answer to a
	// text that is too long is [errcode.TextTooLong].
	MaxBytes int
}

// Image is a picture (图片), for both kinds of accounts. Where a MediaID is asked for, official accounts can
// give that of permanent material too.
type Image struct{ MediaID string }

// Voice is a voice message (语音), for official accounts.
type Voice struct{ MediaID string }

// Video is a video (视频), for official accounts.
type Video struct {
	MediaID      string
	ThumbMediaID string // of the cover; most of WeChat's pages want it
	Title        string // optional
	Description  string // optional
}

// Music is a piece of music (音乐), for official accounts.
type Music struct {
	URL          string
	HQURL        string // better quality, for Wi-Fi; optional
	ThumbMediaID string // of the cover
	Title        string // needed according to the newest page
	Description  string // needed according to the newest page
}

// News is a card that opens a web page (图文消息（点击跳转到外链）), for official accounts. A message has one.
type News struct {
	Title       string
	Description string
	URL         string
	PicURL      string // of the picture
}

// MPNews is an article of the account (图文消息), for official accounts without the draft box (草稿箱). Others
// use [MPNewsArticle].
type MPNews struct{ MediaID string }

// MPNewsArticle is a published article of the account (图文消息（点击跳转到图文消息页面）), for official accounts.
type MPNewsArticle struct {
	ArticleID string // given by the publishing API (发布接口)
}

// Link is a card that opens a web page (图文链接), for Mini Programs. Official accounts use [News].
type Link struct {
	Title       string
	Description string
	URL         string
	ThumbURL    string // of a JPEG or PNG
}

// MiniProgramPage is a card that opens a Mini Program (小程序卡片), for both kinds of accounts.
type MiniProgramPage struct {
	Title string
	// AppID of a Mini Program that is linked to the official account, which needs it. For a Mini Program's own
	// card it may be left out.
	AppID        string
	Page         string // with a query if wanted: "pages/order?id=7"
	ThumbMediaID string // of a picture uploaded as an image, not as a thumb; 520 x 416 pixels look best
}

// MsgMenu is a question with answers to tap (菜单消息), for official accounts. The answer comes as a text
// message whose bizmsgmenuid is the item's ID. A tap counts as one on a menu button: three messages in a
// minute.
type MsgMenu struct {
	Head  string // before the items; optional
	Items []MenuItem
	Tail  string // after the items; optional
}

// MenuItem is one answer of a [MsgMenu].
type MenuItem struct{ ID, Text string }

// WXCard is a coupon (卡券), for official accounts.
type WXCard struct{ CardID string }

func (Text) msgType() string            { return "text" }
func (Image) msgType() string           { return "image" }
func (Voice) msgType() string           { return "voice" }
func (Video) msgType() string           { return "video" }
func (Music) msgType() string           { return "music" }
func (News) msgType() string            { return "news" }
func (MPNews) msgType() string          { return "mpnews" }
func (MPNewsArticle) msgType() string   { return "mpnewsarticle" }
func (Link) msgType() string            { return "link" }
func (MiniProgramPage) msgType() string { return "miniprogrampage" }
func (MsgMenu) msgType() string         { return "msgmenu" }
func (WXCard) msgType() string          { return "wxcard" }

func (t Text) append(o *rest.Object)          { o.String("content", t.Content) }
func (i Image) append(o *rest.Object)         { o.String("media_id", i.MediaID) }
func (v Voice) append(o *rest.Object)         { o.String("media_id", v.MediaID) }
func (n MPNews) append(o *rest.Object)        { o.String("media_id", n.MediaID) }
func (a MPNewsArticle) append(o *rest.Object) { o.String("article_id", a.ArticleID) }
func (c WXCard) append(o *rest.Object)        { o.String("card_id", c.CardID) }

func (v Video) append(o *rest.Object) {
	o.String("media_id", v.MediaID)
	o.Optional("thumb_media_id", v.ThumbMediaID)
	o.Optional("title", v.Title)
	o.Optional("description", v.Description)
}

func (m Music) append(o *rest.Object) {
	o.Optional("title", m.Title)
	o.Optional("description", m.Description)
	o.String("musicurl", m.URL)
	o.Optional("hqmusicurl", m.HQURL)
	o.String("thumb_media_id", m.ThumbMediaID)
}

func (n News) append(o *rest.Object) {
	o.Key("articles").Value(func(dst []byte) []byte {
		article := rest.NewObject(append(dst, '['))
		article.Optional("title", n.Title)
		article.Optional("description", n.Description)
		article.Optional("url", n.URL)
		article.Optional("picurl", n.PicURL)
		return append(article.Close(), ']')
	})
}

func (l Link) append(o *rest.Object) {
	o.String("title", l.Title)
	o.String("description", l.Description)
	o.String("url", l.URL)
	o.String("thumb_url", l.ThumbURL)
}

func (p MiniProgramPage) append(o *rest.Object) {
	o.String("title", p.Title)
	o.Optional("appid", p.AppID)
	o.String("pagepath", p.Page)
	o.String("thumb_media_id", p.ThumbMediaID)
}

func (m MsgMenu) append(o *rest.Object) {
	o.Optional("head_content", m.Head)
	o.Key("list").Value(func(dst []byte) []byte {
		dst = append(dst, '[')
		for i, item := range m.Items {
			if i > 0 {
				dst = append(dst, ',')
			}
			entry := rest.NewObject(dst)
			entry.String("id", item.ID)
			entry.String("content", item.Text)
			dst = entry.Close()
		}
		return append(dst, ']')
	})
	o.Optional("tail_content", m.Tail)
}

func (t Text) check() error {
	limit := t.MaxBytes
	if limit == 0 {
		limit = TextLimit
	}
	switch n := len(t.Content); {
	case n == 0:
		return fieldError("Text.Content", "empty")
	case limit > 0 && n > limit:
		return fieldError("Text.Content", fmt.Sprintf("%d bytes, limit %d", n, limit))
	}
	return nil
}

func (i Image) check() error         { return firstEmpty("Image.MediaID", i.MediaID) }
func (v Voice) check() error         { return firstEmpty("Voice.MediaID", v.MediaID) }
func (v Video) check() error         { return firstEmpty("Video.MediaID", v.MediaID) }
func (n MPNews) check() error        { return firstEmpty("MPNews.MediaID", n.MediaID) }
func (a MPNewsArticle) check() error { return firstEmpty("MPNewsArticle.ArticleID", a.ArticleID) }
func (c WXCard) check() error        { return firstEmpty("WXCard.CardID", c.CardID) }

func (m Music) check() error {
	return firstEmpty("Music.URL", m.URL, "Music.ThumbMediaID", m.ThumbMediaID)
}

func (n News) check() error {
	if n == (News{}) {
		return fieldError("News", "empty")
	}
	return nil
}

func (l Link) check() error { return firstEmpty("Link.Title", l.Title, "Link.URL", l.URL) }

func (p MiniProgramPage) check() error {
	return firstEmpty("MiniProgramPage.Title", p.Title, "MiniProgramPage.Page", p.Page,
		"MiniProgramPage.ThumbMediaID", p.ThumbMediaID)
}

func (m MsgMenu) check() error {
	if len(m.Items) == 0 {
		return fieldError("MsgMenu.Items", "empty")
	}
	for i, item := range m.Items {
		field := "MsgMenu.Items[" + strconv.Itoa(i) + "]"
		if err := firstEmpty(field+".ID", item.ID, field+".Text", item.Text); err != nil {
			return err
		}
	}
	return nil
}

// firstEmpty finds the first empty value. It takes pairs of field and value.
func firstEmpty(pairs ...string) error {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			return fieldError(pairs[i], "empty")
		}
	}
	return nil
}
