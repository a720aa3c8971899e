package callback

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/wechatkit/wechat/callback/internal/tree"
)

// Push is what WeChat sent: one of the message and event types of this package, always as a pointer, or *[Unknown].
type Push interface {
	// Head returns what all pushes have in common.
	Head() *Header

	decode(n tree.Node)
}

// A result is an event that is sent for the sake of what it holds.
type result interface {
	// hollow tells whether nothing of that was found.
	hollow() bool
}

// Header is what all pushes have in common. A field that a push does not have is zero.
type Header struct {
	// AppID is the account of [Config.Apps] that received the push.
	AppID string
	// ToUserName is the original id (原始ID, "gh_…") of the account. On a third-party platform it tells which of
	// the accounts it serves is meant.
	ToUserName string
	// FromUserName is the OpenID of the user, except for a few events that come from WeChat itself.
	FromUserName string
	// CreateTime has a resolution of one second. Pushes may come in another order.
	CreateTime time.Time
	// MsgType is "event", or the type of a message, such as "text".
	MsgType string
	// Event is the name of an event as WeChat writes it, such as "subscribe" or "CLICK". It is empty where MsgType says
	// that the push is a message, whatever else is in it.
	Event string
	// InfoType is the name of a push to a third-party platform itself, which has no MsgType. It is empty for other
	// accounts.
	InfoType string
}

// Head returns h.
func (h *Header) Head() *Header { return h }

// Unknown is a push of a type that this package does not know. WeChat has many more, for logistics, shops and cards.
type Unknown struct {
	Header
	// Raw is the decrypted body, XML or JSON. It must not be changed.
	Raw []byte

	root tree.Node
}

func (u *Unknown) decode(n tree.Node) { u.root = n }

// Value returns the text at a path of names, the same for XML and JSON, or "" if there is none. Upper and lower case
// are the same where no name fits exactly.
func (u *Unknown) Value(path ...string) string { return u.root.Path(path...).Text() }

// Values returns the texts of all elements at a path, for lists.
func (u *Unknown) Values(path ...string) []string {
	if len(path) == 0 {
		return nil
	}
	var out []string
	last := len(path) - 1
	for n := u.root.Path(path[:last]...).Child(path[last]); n.Exists(); n = n.NextSame() {
		out = append(out, n.Text())
	}
	return out
}

// isMessage tells whether a user wrote the push: it then has a MsgId, and may be handed to an agent.
func isMessage(p Push) bool {
	if _, ok := p.(interface{ Message() *MessageHeader }); ok {
		return true
	}
	msgType := p.Head().MsgType
	return msgType != "" && !isEvent(msgType)
}

func isEvent(msgType string) bool { return strings.EqualFold(msgType, "event") }

// newPush makes the typed value of a message.
func newPush(root tree.Node, in *opened) Push {
	head := Header{
		AppID:        in.app.id,
		ToUserName:   text(root, "ToUserName"),
		FromUserName: text(root, "FromUserName"),
		CreateTime:   seconds(root, "CreateTime"),
	}
	head.name(root, in.app.kind)
	p := typeOf(head)
	if p == nil {
		p = &Unknown{Raw: in.message}
	}
	*p.Head() = head
	p.decode(root)
	return p
}

// name fills in what the push is, and nothing that only looks like it. MsgType decides where there is one, and stands
// before all that a user writes: WeChat puts a text into its section as it is, so that one with the end mark of
// the section can bring elements of its own, such as an Event. Without a MsgType a push to a platform has an
// InfoType. An event may lack the MsgType.
func (h *Header) name(root tree.Node, kind Kind) {
	msgType := root.Child("MsgType")
	h.MsgType = strings.TrimSpace(msgType.Text())
	if msgType.Exists() {
		if isEvent(h.MsgType) {
			h.Event = strings.TrimSpace(text(root, "Event"))
		}
		return
	}
	if kind == ThirdPartyPlatform {
		h.InfoType = strings.TrimSpace(text(root, "InfoType"))
	}
	if h.InfoType == "" {
		h.Event = strings.TrimSpace(text(root, "Event"))
	}
}

// typeOf returns a new value of the type that fits, or nil.
func typeOf(head Header) Push {
	switch {
	case head.Event != "":
		return lookUp(eventTypes, head.Event)
	case head.InfoType != "":
		return lookUp(platformTypes, head.InfoType)
	}
	return lookUp(messageTypes, head.MsgType)
}

func lookUp(types map[string]func() Push, name string) Push {
	if make := types[name]; make != nil {
		return make()
	}
	// WeChat's documents and its pushes do not always agree on upper and lower case.
	if make := types[strings.ToLower(name)]; make != nil {
		return make()
	}
	return nil
}

// fresh returns the function that makes a new *T.
func fresh[T any, P interface {
	*T
	Push
}]() func() Push {
	return func() Push { return P(new(T)) }
}

// The readers below never fail: a number that cannot be read is 0. The raw form is there for who needs it.

func text(n tree.Node, name string) string { return n.Child(name).Text() }

func number(n tree.Node, name string) int64 { return parseNumber(text(n, name)) }

func parseNumber(s string) int64 {
	v, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil {
		return 0 // also where strconv would offer the nearest number: a wrong id is worse than none
	}
	return v
}

func integer(n tree.Node, name string) int { return int(number(n, name)) }

// boolean takes 1 and true.
func boolean(n tree.Node, name string) bool {
	v := strings.TrimSpace(text(n, name))
	return v == "1" || strings.EqualFold(v, "true")
}

func decimal(n tree.Node, name string) float64 {
	v, err := strconv.ParseFloat(strings.TrimSpace(text(n, name)), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) { // which JSON cannot hold, for one
		return 0
	}
	return v
}

// seconds reads Unix seconds. The zero time stands for none.
func seconds(n tree.Node, name string) time.Time {
	v := number(n, name)
	if v == 0 {
		return time.Time{}
	}
	return time.Unix(v, 0).UTC()
}

// list returns the nodes of a list: the elements called "item" below container, as XML has it, or the repeated
// container itself, as JSON has it.
func list(n tree.Node, container string) []tree.Node {
	first := n.Child(container)
	if inner := first.Child("item"); inner.Exists() {
		first = inner
	}
	return siblings(first)
}

// siblings returns n and all that have the same name. An empty element is an empty list.
func siblings(n tree.Node) []tree.Node {
	if !n.First().Exists() && !n.NextSame().Exists() {
		return nil
	}
	var out []tree.Node
	for ; n.Exists(); n = n.NextSame() {
		out = append(out, n)
	}
	return out
}
