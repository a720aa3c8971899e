// Package tree reads the XML and the JSON of WeChat's pushes into one small tree of names and texts, so that
// both encodings of a push give the same values.
//
// It is a parser for what strangers send: it takes no document type and expands no entity of its own, its depth
// and its number of nodes are bounded, and text comes out as valid UTF-8 without control characters. Where
// WeChat is known to be loose it is loose too: byte order marks, control characters inside of text, invalid
// UTF-8, attributes, spaces around CDATA.
package tree

import (
	"errors"
	"strings"
)

// Format is the encoding a document was read from.
type Format uint8

// The two encodings of a push.
const (
	XML Format = iota + 1
	JSON
)

// String returns "XML" or "JSON".
func (f Format) String() string {
	switch f {
	case XML:
		return "XML"
	case JSON:
		return "JSON"
	}
	return "unknown"
}

// Limits of one document. WeChat's own pushes stay far below.
const (
	MaxDepth = 32
	MaxNodes = 4096
)

// The reasons to refuse a document. None of them quotes it.
var (
	ErrSyntax  = errors.New("malformed document")
	ErrDTD     = errors.New("document type or entity declaration")
	ErrTooDeep = errors.New("nested too deeply")
	ErrTooMany = errors.New("too many elements")
)

// none marks a missing link. The root is never anybody's child, so its index is free for it.
const none = 0

type node struct {
	name, text  string
	child, next int32
}

// A Doc is one parsed document. It shares the memory of the text it was read from.
type Doc struct {
	Format Format
	nodes  []node
}

// Parse reads one document and refuses anything behind it. The first byte that is neither space nor byte order
// mark tells the format: pushes come with any Content-Type.
func Parse(s string) (*Doc, error) {
	s = trimStart(strings.TrimPrefix(trimStart(s), "\ufeff"))
	if s == "" {
		return nil, ErrSyntax
	}
	// An XML node has an end tag, or is a short one that is rare. One node for about 24 bytes is what JSON pushes have.
	size := len(s)/24 + 4
	if s[0] == '<' {
		size = strings.Count(s, "</") + 1
	}
	p := parser{s: s, doc: &Doc{nodes: make([]node, 0, min(size, 256))}}
	var err error
	switch s[0] {
	case '<':
		p.doc.Format = XML
		err = p.xmlDocument()
	case '{':
		p.doc.Format = JSON
		err = p.jsonDocument()
	default:
		err = ErrSyntax
	}
	if err != nil {
		return nil, err
	}
	return p.doc, nil
}

const (
	textStart = "<Content>" + cdataStart
	textTag   = "</Content>"
)

// ParsePush is [Parse] for a push, in which WeChat puts what a user wrote into the section of Content as it is. Where the
// text itself holds the end mark of a section, and what follows is no end of Content or the document is malformed, the
// section goes on to the last end mark before an end tag of Content: that one is WeChat's own.
func ParsePush(s string) (*Doc, error) {
	doc, err := Parse(s)
	head, rest, ok := strings.Cut(s, textStart)
	end := strings.LastIndex(rest, cdataEnd+textTag)
	if !ok || end < 0 || !strings.Contains(rest[:end], cdataEnd) || err == nil && !endsEarly(rest) {
		return doc, err
	}
	text := strings.ReplaceAll(rest[:end], cdataEnd, cdataEnd[:2]+cdataEnd+cdataStart+cdataEnd[2:])
	if whole, again := Parse(head + textStart + text + rest[end:]); again == nil {
		return whole, nil
	}
	return doc, err
}

// endsEarly tells whether other text follows the sections of an element.
func endsEarly(sections string) bool {
	for {
		_, after, _ := strings.Cut(sections, cdataEnd)
		after = trimStart(after)
		next, more := strings.CutPrefix(after, cdataStart)
		if !more {
			return !strings.HasPrefix(after, textTag)
		}
		sections = next
	}
}

// parser holds the position in one document.
type parser struct {
	s   string
	pos int
	doc *Doc
}

// add appends a node and links it behind prev, or as the first child of parent.
func (p *parser) add(parent, prev int32, name string) (int32, error) {
	if len(p.doc.nodes) >= MaxNodes {
		return none, ErrTooMany
	}
	i := int32(len(p.doc.nodes))
	p.doc.nodes = append(p.doc.nodes, node{name: name})
	switch {
	case prev != none:
		p.doc.nodes[prev].next = i
	case i != 0:
		p.doc.nodes[parent].child = i
	}
	return i, nil
}

// skipSpace passes over white space and stray control characters.
func (p *parser) skipSpace() {
	for p.pos < len(p.s) && isSpace(p.s[p.pos]) {
		p.pos++
	}
}

func isSpace(b byte) bool { return b <= ' ' }

func trimStart(s string) string {
	for s != "" && isSpace(s[0]) {
		s = s[1:]
	}
	return s
}

// Root returns the outermost element.
func (d *Doc) Root() Node { return Node{doc: d} }

// A Node is one element of XML or one member of a JSON object. The items of a JSON array are siblings of the same
// name, as repeated elements are. The zero Node stands for "not there": it has no text and no children.
type Node struct {
	doc   *Doc
	index int32
}

// Exists tells whether the node is there.
func (n Node) Exists() bool { return n.doc != nil }

// Name returns the name of the element or member. The root of JSON has none.
func (n Node) Name() string {
	if n.doc == nil {
		return ""
	}
	return n.doc.nodes[n.index].name
}

// Text returns the text of a node without children: the literal of a JSON number or bool, "" for null.
func (n Node) Text() string {
	if n.doc == nil {
		return ""
	}
	return n.doc.nodes[n.index].text
}

// First returns the first child.
func (n Node) First() Node {
	if n.doc == nil {
		return Node{}
	}
	return n.doc.at(n.doc.nodes[n.index].child)
}

// Next returns the next sibling.
func (n Node) Next() Node {
	if n.doc == nil {
		return Node{}
	}
	return n.doc.at(n.doc.nodes[n.index].next)
}

func (d *Doc) at(i int32) Node {
	if i == none {
		return Node{}
	}
	return Node{doc: d, index: i}
}

// Child returns the first child of that name. Where the exact name is missing, one that differs in case will do:
// WeChat writes MsgId and MsgID, OpenID and openid.
func (n Node) Child(name string) Node {
	var similar Node
	for c := n.First(); c.Exists(); c = c.Next() {
		have := c.Name()
		if have == name {
			return c
		}
		if !similar.Exists() && len(have) == len(name) && strings.EqualFold(have, name) {
			similar = c
		}
	}
	return similar
}

// NextSame returns the next sibling of the same name, upper and lower case being the same.
func (n Node) NextSame() Node {
	for c := n.Next(); c.Exists(); c = c.Next() {
		if strings.EqualFold(c.Name(), n.Name()) {
			return c
		}
	}
	return Node{}
}

// Path follows names downwards.
func (n Node) Path(names ...string) Node {
	for _, name := range names {
		n = n.Child(name)
	}
	return n
}
