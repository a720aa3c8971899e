package emulator

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"strings"
)

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
func (d *delivery) answered(cb *Callback, body []byte) (fault string) {
	if text := strings.TrimSpace(string(body)); text == "" || text == "success" {
		return ""
	}
	reply, fault := openReply(cb, d.app, body)
	if d.chat == nil {
		return fault
	}
	if fault == "" {
		fault = d.chat.show(reply)
	}
	if fault != "" {
		d.chat.outOfOrder()
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
