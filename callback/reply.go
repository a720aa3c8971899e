package callback

import (
	"strconv"

	"github.com/wechatkit/wechat/callback/internal/tree"
	"github.com/wechatkit/wechat/errcode"
)

// Reply is the answer to a push (被动回复): one of the reply types of this package, or nil for none. The user sees it in
// the chat.
//
// Official accounts may use all of them. Mini programs may only hand over to an agent with [TransferReply]; a text for
// their users is a customer service message. WeChat takes JSON replies to JSON pushes, XML to XML; which one,
// the names in it and the encryption are taken care of here.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/guide/product/message/Passive_user_reply_message.html
type Reply interface {
	// wire returns MsgType and the elements that belong to it, or what is wrong.
	wire() (msgType string, body []element, err error)
}

// element is one element of a reply. It has a text, or children, or items that are a list.
type element struct {
	name     string
	text     string
	number   bool // text is a number
	children []element
	items    [][]element // each is an "item" in XML, an object of the array in JSON
}

// optional drops the elements without text.
func optional(all ...element) []element {
	out := all[:0]
	for _, e := range all {
		if e.text != "" {
			out = append(out, e)
		}
	}
	return out
}

// fieldError returns the finding of a check of New or of a reply.
func fieldError(op, field, reason string) error {
	return &errcode.FieldError{Op: "callback." + op, Field: field, Reason: reason}
}

// TextReply is a text (回复文本消息). Line breaks and <a href> links are shown as such. WeChat cuts or refuses what is longer
// than about 2,047 bytes; an empty text is refused here, for the user would see a fault.
type TextReply struct {
	Content string
}

func (r TextReply) wire() (string, []element, error) {
	if tree.Clean(r.Content) == "" {
		return "", nil, fieldError("TextReply", "Content", "empty")
	}
	return "text", []element{{name: "Content", text: r.Content}}, nil
}

// ImageReply is a picture (回复图片消息), no GIF.
type ImageReply struct {
	MediaID string // temporary or permanent
}

func (r ImageReply) wire() (string, []element, error) {
	if r.MediaID == "" {
		return "", nil, fieldError("ImageReply", "MediaID", "empty")
	}
	return "image", []element{{name: "Image", children: []element{{name: "MediaId", text: r.MediaID}}}}, nil
}

// VoiceReply is a voice message (回复语音消息).
type VoiceReply struct {
	MediaID string // temporary or permanent
}

func (r VoiceReply) wire() (string, []element, error) {
	if r.MediaID == "" {
		return "", nil, fieldError("VoiceReply", "MediaID", "empty")
	}
	return "voice", []element{{name: "Voice", children: []element{{name: "MediaId", text: r.MediaID}}}}, nil
}

// VideoReply is a video (回复视频消息). Title and Description are optional.
type VideoReply struct {
	MediaID     string // temporary or permanent
	Title       string
	Description string
}

func (r VideoReply) wire() (string, []element, error) {
	if r.MediaID == "" {
		return "", nil, fieldError("VideoReply", "MediaID", "empty")
	}
	return "video", []element{{name: "Video", children: optional(
		element{name: "MediaId", text: r.MediaID},
		element{name: "Title", text: r.Title},
		element{name: "Description", text: r.Description},
	)}}, nil
}

// MusicReply is a piece of music (回复音乐消息). Only ThumbMediaID is required.
type MusicReply struct {
	Title        string
	Description  string
	MusicURL     string
	HQMusicURL   string // of higher quality, used on Wi-Fi
	ThumbMediaID string
}

func (r MusicReply) wire() (string, []element, error) {
	if r.ThumbMediaID == "" {
		return "", nil, fieldError("MusicReply", "ThumbMediaID", "empty")
	}
	return "music", []element{{name: "Music", children: optional(
		element{name: "Title", text: r.Title},
		element{name: "Description", text: r.Description},
		element{name: "MusicUrl", text: r.MusicURL},
		element{name: "HQMusicUrl", text: r.HQMusicURL},
		element{name: "ThumbMediaId", text: r.ThumbMediaID},
	)}}, nil
}

// NewsReply is a list of links with pictures (回复图文消息). WeChat shows one article when it answers a message, up to eight
// when it answers an event, and newer clients perhaps always one.
type NewsReply struct {
	Articles []Article
}

// Article is one link of a [NewsReply]. The picture is 360×200 or 200×200 pixels.
type Article struct {
	Title       string
	Description string
	PictureURL  string
	URL         string
}

const maxArticles = 8

func (r NewsReply) wire() (string, []element, error) {
	switch n := len(r.Articles); {
	case n == 0:
		return "", nil, fieldError("NewsReply", "Articles", "empty")
	case n > maxArticles:
		return "", nil, fieldError("NewsReply", "Articles", strconv.Itoa(n)+", limit 8")
	}
	items := make([][]element, len(r.Articles))
	for i, a := range r.Articles {
		items[i] = []element{
			{name: "Title", text: a.Title}, {name: "Description", text: a.Description},
			{name: "PicUrl", text: a.PictureURL}, {name: "Url", text: a.URL},
		}
	}
	return "news", []element{
		{name: "ArticleCount", text: strconv.Itoa(len(items)), number: true},
		{name: "Articles", items: items},
	}, nil
}

// TransferReply hands the user over to an agent of the customer service (转发客服消息). It answers messages only, not events.
// It is the one reply that mini programs have.
//
// WeChat docs: https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/customer-message/trans.html
type TransferReply struct {
	// Account names an agent, such as "anna@demo_shop". Official accounts only; empty for any agent.
	Account string
}

func (r TransferReply) wire() (string, []element, error) { //nolint:unparam // the method of an interface
	var body []element
	if r.Account != "" {
		body = []element{{name: "TransInfo", children: []element{{name: "KfAccount", text: r.Account}}}}
	}
	return msgTypeTransfer, body, nil
}

const msgTypeTransfer = "transfer_customer_service"

// allowed checks what the kind of account and of push allow.
func (in *opened) allowed(msgType string, body []element) error {
	transfer := msgType == msgTypeTransfer
	switch {
	case in.push.Head().InfoType != "":
		return fieldError("Reply", msgType, "a push to the platform itself takes no reply")
	case transfer && !isMessage(in.push):
		return fieldError("TransferReply", msgType, "an event takes no transfer, only a message does")
	case in.app.kind != MiniProgram:
		return nil
	case !transfer:
		return fieldError("Reply", msgType, "a mini program may only reply with TransferReply")
	case len(body) > 0:
		return fieldError("TransferReply", "Account", "a mini program cannot choose the agent")
	}
	return nil
}
