package callback

import (
	"strconv"
	"strings"

	"github.com/wechatkit/wechat/callback/internal/tree"
)

// MessageHeader is what all messages of users have in common.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/guide/product/message/Receiving_standard_messages.html
// (official account), https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/customer-message/receive.html
// (mini program: text, image and card only).
type MessageHeader struct {
	Header
	// MsgID is WeChat's number of the message, 0 for none. Two users' messages may have the same.
	MsgID int64
	// MsgDataID and Index name the article and its place, if the message was written below one. Official
	// accounts only.
	MsgDataID string
	Index     int
	// BusinessID is the number of a sub-merchant, if the mini program has them.
	BusinessID int64
}

// Message returns m. Only messages of users have this method.
func (m *MessageHeader) Message() *MessageHeader { return m }

func (m *MessageHeader) decode(n tree.Node) {
	m.MsgID = parseNumber(messageID(n))
	m.MsgDataID = text(n, "MsgDataId")
	m.Index = integer(n, "Idx")
	m.BusinessID = number(n, "BusinessId")
}

// messageID returns the MsgId of a message, "" for none, which 0 stands for too. WeChat writes it behind the text, and
// does not escape that: of two ids the user may have written one, so neither counts.
func messageID(root tree.Node) string {
	var id string
	found := false
	for c := root.First(); c.Exists(); c = c.Next() {
		if !strings.EqualFold(c.Name(), "MsgId") {
			continue
		}
		if found {
			return ""
		}
		id, found = strings.TrimSpace(c.Text()), true
	}
	if v, err := strconv.ParseFloat(id, 64); err == nil && v == 0 {
		return ""
	}
	return id
}

// TextMessage is a text (文本消息).
type TextMessage struct {
	MessageHeader
	Content string
	// MenuItemID is the id of the item the user tapped in a menu message (msgmenu), whose text is then the
	// Content. Official accounts only.
	MenuItemID string
}

func (m *TextMessage) decode(n tree.Node) {
	m.MessageHeader.decode(n)
	m.Content = text(n, "Content")
	m.MenuItemID = text(n, "bizmsgmenuid")
}

// ImageMessage is a picture (图片消息).
type ImageMessage struct {
	MessageHeader
	PictureURL string
	MediaID    string
}

func (m *ImageMessage) decode(n tree.Node) {
	m.MessageHeader.decode(n)
	m.PictureURL = text(n, "PicUrl")
	m.MediaID = text(n, "MediaId")
}

// VoiceMessage is a voice message (语音消息). Official accounts only.
type VoiceMessage struct {
	MessageHeader
	MediaID string
	Format  string // such as "amr" or "speex"
	// MediaID16K is the same voice at 16 kHz, if there is one.
	MediaID16K string
	// Recognition is the text of the voice, from the speech recognition that WeChat has retired.
	Recognition string
}

func (m *VoiceMessage) decode(n tree.Node) {
	m.MessageHeader.decode(n)
	m.MediaID = text(n, "MediaId")
	m.Format = text(n, "Format")
	m.MediaID16K = text(n, "MediaId16K")
	m.Recognition = text(n, "Recognition")
}

// VideoMessage is a video (视频消息), or a short one (小视频消息, MsgType "shortvideo"). Official accounts only.
type VideoMessage struct {
	MessageHeader
	MediaID      string
	ThumbMediaID string
}

func (m *VideoMessage) decode(n tree.Node) {
	m.MessageHeader.decode(n)
	m.MediaID = text(n, "MediaId")
	m.ThumbMediaID = text(n, "ThumbMediaId")
}

// LocationMessage is a place that the user sent (地理位置消息). Official accounts only. See [LocationReport] for what the
// phone reports by itself.
type LocationMessage struct {
	MessageHeader
	Place
}

func (m *LocationMessage) decode(n tree.Node) {
	m.MessageHeader.decode(n)
	m.Place.decode(n)
}

// Place is a point on WeChat's map.
type Place struct {
	Latitude, Longitude float64 // degrees
	Scale               int     // of the map
	Label               string  // the address
}

func (p *Place) decode(n tree.Node) {
	p.Latitude = decimal(n, "Location_X")
	p.Longitude = decimal(n, "Location_Y")
	p.Scale = integer(n, "Scale")
	p.Label = text(n, "Label")
}

// LinkMessage is a link (链接消息). Official accounts only.
type LinkMessage struct {
	MessageHeader
	Title       string
	Description string
	URL         string
}

func (m *LinkMessage) decode(n tree.Node) {
	m.MessageHeader.decode(n)
	m.Title = text(n, "Title")
	m.Description = text(n, "Description")
	m.URL = text(n, "Url")
}

// MiniProgramPageMessage is a card of a mini program page (小程序卡片消息). Mini programs only.
type MiniProgramPageMessage struct {
	MessageHeader
	Title        string
	PageAppID    string // the mini program of the page
	Page         string
	ThumbURL     string
	ThumbMediaID string
}

func (m *MiniProgramPageMessage) decode(n tree.Node) {
	m.MessageHeader.decode(n)
	m.Title = text(n, "Title")
	m.PageAppID = text(n, "AppId")
	m.Page = text(n, "PagePath")
	m.ThumbURL = text(n, "ThumbUrl")
	m.ThumbMediaID = text(n, "ThumbMediaId")
}

// messageTypes maps MsgType to types.
var messageTypes = map[string]func() Push{
	"text":            fresh[TextMessage](),
	"image":           fresh[ImageMessage](),
	"voice":           fresh[VoiceMessage](),
	"video":           fresh[VideoMessage](),
	"shortvideo":      fresh[VideoMessage](),
	"location":        fresh[LocationMessage](),
	"link":            fresh[LinkMessage](),
	"miniprogrampage": fresh[MiniProgramPageMessage](),
}
