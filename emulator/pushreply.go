package emulator

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strings"
	"time"
)

const longestReply = 2047 // bytes of a text

// passiveReply is a message in the answer to a push (被动回复), or the envelope of an encrypted one.
type passiveReply struct {
	XMLName xml.Name `xml:"xml" json:"-"`

	ToUserName   string `xml:"ToUserName" json:"ToUserName"`
	FromUserName string `xml:"FromUserName" json:"FromUserName"`
	CreateTime   int64  `xml:"CreateTime" json:"CreateTime"`
	MsgType      string `xml:"MsgType" json:"MsgType"`

	Content  string       `xml:"Content" json:"-"`
	Image    replyMedia   `xml:"Image" json:"-"`
	Voice    replyMedia   `xml:"Voice" json:"-"`
	Video    replyMedia   `xml:"Video" json:"-"`
	Music    replyMedia   `xml:"Music" json:"-"`
	Articles []replyMedia `xml:"Articles>item" json:"-"`
	Agent    string       `xml:"TransInfo>KfAccount" json:"-"`

	Encrypt      string      `xml:"Encrypt" json:"Encrypt"`
	MsgSignature string      `xml:"MsgSignature" json:"MsgSignature"`
	TimeStamp    json.Number `xml:"TimeStamp" json:"TimeStamp"`
	Nonce        string      `xml:"Nonce" json:"Nonce"`
}

type replyMedia struct {
	MediaID      string `xml:"MediaId"`
	ThumbMediaID string `xml:"ThumbMediaId"`
	Title        string `xml:"Title"`
	Description  string `xml:"Description"`
	MusicURL     string `xml:"MusicUrl"`
	URL          string `xml:"Url"`
}

// answered acts on the answer to a push and returns what is wrong with it.
func (s *Server) answered(d *delivery, cb *Callback, body []byte) (fault string) {
	if text := strings.TrimSpace(string(body)); text == "" || text == "success" {
		return ""
	}
	reply, fault := openReply(cb, d.app, body)
	if fault == "" && d.answers {
		fault = s.showReply(d, reply)
	}
	if fault != "" && d.answers {
		d.member.outOfOrder(s.world.clock.now())
	}
	return fault
}

// openReply parses a reply and decrypts it if it must be.
func openReply(cb *Callback, a *App, body []byte) (*passiveReply, string) {
	outer, fault := parseReply(cb.Format, body)
	if fault != "" || outer.Encrypt == "" {
		if fault == "" && cb.Mode == Secure {
			fault = "not encrypted"
		}
		return outer, fault
	}
	if cb.Mode == Plaintext {
		return nil, "encrypted, in plaintext mode"
	}
	if outer.MsgSignature != sign(cb.Token, outer.TimeStamp.String(), outer.Nonce, outer.Encrypt) {
		return nil, "MsgSignature does not match"
	}
	if len(outer.TimeStamp) > 10 {
		return nil, "TimeStamp is not in seconds"
	}
	plain, err := unseal(cb.EncodingAESKey, a.AppID, outer.Encrypt)
	if err != nil {
		return nil, err.Error()
	}
	return parseReply(cb.Format, plain)
}

func parseReply(f Format, body []byte) (*passiveReply, string) {
	out := &passiveReply{}
	if f == JSON {
		if err := unmarshalExact(body, out); err != nil {
			return nil, "neither success nor JSON"
		}
		return out, ""
	}
	if err := xml.NewDecoder(bytes.NewReader(body)).Decode(out); err != nil {
		return nil, "neither success nor XML"
	}
	return out, ""
}

// showReply puts a passive reply on the phone.
func (s *Server) showReply(d *delivery, r *passiveReply) (fault string) {
	switch {
	case r.ToUserName != d.openID || r.FromUserName != d.app.OriginalID:
		return "ToUserName and FromUserName are not those of the push, exchanged"
	case r.MsgType == "transfer_customer_service":
		d.member.handOver(r.Agent, s.world.clock.now())
		return ""
	case d.app.Kind == MiniProgram:
		return "a Mini Program replies with transfer_customer_service only"
	}
	m := Message{
		Time: s.world.clock.now(), Place: Chat, AppID: d.app.AppID, From: d.app.Name, Type: r.MsgType,
	}
	if fault := s.fillReply(d.app, r, &m); fault != "" {
		return fault
	}
	d.member.Exchanged = m.Time
	d.member.user.receive(m)
	return ""
}

func (s *Server) fillReply(a *App, r *passiveReply, m *Message) (fault string) {
	switch r.MsgType {
	case "text":
		if r.Content == "" {
			return "a text without Content"
		}
		if len(r.Content) > longestReply {
			return fmt.Sprintf("Content is longer than %d bytes", longestReply)
		}
		m.Text = r.Content
	case "image":
		return s.replyMedia(a, r.Image, m)
	case "voice":
		return s.replyMedia(a, r.Voice, m)
	case "video":
		m.Title, m.Text = r.Video.Title, r.Video.Description
		return s.replyMedia(a, r.Video, m)
	case "music":
		m.Title, m.Text, m.URL = r.Music.Title, r.Music.Description, r.Music.MusicURL
		r.Music.MediaID = r.Music.ThumbMediaID
		return s.replyMedia(a, r.Music, m)
	case "news":
		if len(r.Articles) == 0 {
			return "news without Articles"
		}
		first := r.Articles[0]
		m.Title, m.Text, m.URL = first.Title, first.Description, first.URL
	default:
		return "MsgType is none of the passive replies"
	}
	return ""
}

func (s *Server) replyMedia(a *App, ref replyMedia, m *Message) (fault string) {
	found := s.world.media.get(ref.MediaID)
	if found == nil || !found.isOf(a) || !found.live(m.Time) {
		return "MediaId is not a file of the account"
	}
	m.MediaID = ref.MediaID
	return ""
}

// outOfOrder shows the line that users see when an account does not answer.
func (m *member) outOfOrder(now time.Time) {
	who := "该公众号"
	if m.app.Kind == MiniProgram {
		who = "该小程序"
	}
	m.user.receive(Message{
		Time: now, Place: Chat, AppID: m.app.AppID, From: m.app.Name, Type: "system",
		Text: who + "提供的服务出现故障，请稍后再试",
	})
}
