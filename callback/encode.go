package callback

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wechatkit/wechat/callback/internal/seal"
	"github.com/wechatkit/wechat/callback/internal/tree"
)

// encode writes a reply in clear, in the format of its push, or nil for none. The user who sent becomes the one who
// receives.
func (in *opened) encode(reply Reply, now time.Time) ([]byte, error) {
	if reply == nil {
		return nil, nil
	}
	msgType, body, err := reply.wire()
	if err != nil {
		return nil, err
	}
	if err := in.allowed(msgType, body); err != nil {
		return nil, err
	}
	if field := wrongText(body, ""); field != "" {
		return nil, fieldError("Reply", field, "not UTF-8")
	}
	head := in.push.Head()
	all := append(make([]element, 0, 8),
		element{name: "ToUserName", text: head.FromUserName},
		element{name: "FromUserName", text: head.ToUserName},
		element{name: "CreateTime", text: unixText(now), number: true},
		element{name: "MsgType", text: msgType},
	)
	return in.marshal(append(all, body...)), nil
}

// wrongText returns the first field whose text is not UTF-8, "" for none. The user would get "�" in its place. outer is
// what stands before its name.
func wrongText(body []element, outer string) string {
	for _, e := range body {
		if !utf8.ValidString(e.text) {
			return outer + cmp.Or(replyFields[e.name], e.name)
		}
		if field := wrongText(e.children, outer); field != "" {
			return field
		}
		for i, item := range e.items {
			if field := wrongText(item, outer+e.name+"["+strconv.Itoa(i)+"]."); field != "" {
				return field
			}
		}
	}
	return ""
}

// replyFields are the elements that the reply types call otherwise.
var replyFields = map[string]string{
	"MediaId": "MediaID", "ThumbMediaId": "ThumbMediaID", "MusicUrl": "MusicURL", "HQMusicUrl": "HQMusicURL",
	"PicUrl": "PictureURL", "Url": "URL", "KfAccount": "Account",
}

// wrap encrypts a reply that is in clear, if its push was.
func (in *opened) wrap(reply []byte, now time.Time) (body []byte, contentType string) {
	contentType = contentXML
	if in.format == tree.JSON {
		contentType = contentJSON
	}
	if in.key == nil {
		return reply, contentType
	}
	encrypted := in.key.Seal(reply, in.app.id)
	timestamp := unixText(now)
	return in.marshal([]element{
		{name: "Encrypt", text: encrypted},
		{name: "MsgSignature", text: seal.Signature(in.token, timestamp, in.nonce, encrypted)},
		{name: "TimeStamp", text: timestamp, number: true},
		{name: "Nonce", text: in.nonce},
	}), contentType
}

func unixText(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

func (in *opened) marshal(all []element) []byte {
	size := 64
	for _, e := range all {
		size += len(e.name)*2 + len(e.text) + 24
	}
	out := make([]byte, 0, size)
	if in.format == tree.JSON {
		return appendJSONObject(out, all)
	}
	out = append(out, "<xml>"...)
	out = appendXML(out, all)
	return append(out, "</xml>"...)
}

func appendXML(out []byte, all []element) []byte {
	for _, e := range all {
		out = append(append(append(out, '<'), e.name...), '>')
		switch {
		case e.number:
			out = append(out, e.text...)
		case e.children != nil:
			out = appendXML(out, e.children)
		case e.items != nil:
			for _, item := range e.items {
				out = append(out, "<item>"...)
				out = appendXML(out, item)
				out = append(out, "</item>"...)
			}
		default:
			out = appendCDATA(out, e.text)
		}
		out = append(append(append(out, "</"...), e.name...), '>')
	}
	return out
}

// appendCDATA splits an end mark inside of the text over two sections.
func appendCDATA(out []byte, s string) []byte {
	const start, end = "<![CDATA[", "]]>"
	out = append(out, start...)
	s = tree.Clean(s)
	for {
		i := strings.Index(s, end)
		if i < 0 {
			break
		}
		out = append(out, s[:i+2]...)
		out = append(append(out, end...), start...)
		s = s[i+2:]
	}
	return append(append(out, s...), end...)
}

func appendJSONObject(out []byte, all []element) []byte {
	out = append(out, '{')
	for i, e := range all {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(appendJSONString(out, e.name), ':')
		switch {
		case e.number:
			out = append(out, e.text...)
		case e.children != nil:
			out = appendJSONObject(out, e.children)
		case e.items != nil:
			out = appendJSONArray(out, e.items)
		default:
			out = appendJSONString(out, e.text)
		}
	}
	return append(out, '}')
}

func appendJSONArray(out []byte, items [][]element) []byte {
	out = append(out, '[')
	for i, item := range items {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendJSONObject(out, item)
	}
	return append(out, ']')
}

// appendJSONString does not escape HTML: links in a text must reach the user as they are.
func appendJSONString(out []byte, s string) []byte {
	buf := bytes.NewBuffer(out)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(tree.Clean(s)) // a string cannot fail
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}
