package tree_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback/internal/tree"
)

// walk calls visit for every node below n and checks what holds for all text.
func walk(t *testing.T, n tree.Node, visit func(tree.Node)) {
	for c := n.First(); c.Exists(); c = c.Next() {
		for _, s := range []string{c.Name(), c.Text()} {
			require.True(t, utf8.ValidString(s))
			require.NotContains(t, s, "\x00")
		}
		require.True(t, c.Text() == "" || !c.First().Exists(), "text beside children")
		visit(c)
		walk(t, c, visit)
	}
}

func isLimit(err error) bool {
	return errors.Is(err, tree.ErrTooDeep) || errors.Is(err, tree.ErrTooMany) || errors.Is(err, tree.ErrDTD)
}

// squeeze drops what the two XML readers treat differently on purpose: blanks, and characters that we strip.
func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0xFFFE || r == 0xFFFF || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
}

// readXML returns the names of the elements that encoding/xml finds in document order, and all text of the
// elements without children. ok is false if it takes no part in the comparison.
func readXML(data []byte) (names []string, text string, ok bool) {
	dec := xml.NewDecoder(bytes.NewReader(data))
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	type open struct {
		text   strings.Builder
		parent bool
	}
	var stack []*open
	var all strings.Builder
	roots := 0
	for {
		token, err := dec.RawToken()
		if errors.Is(err, io.EOF) {
			return names, all.String(), roots == 1 && len(stack) == 0
		}
		if err != nil {
			return nil, "", false
		}
		switch token := token.(type) {
		case xml.StartElement:
			name := token.Name.Local
			if token.Name.Space != "" {
				name = token.Name.Space + ":" + name
			}
			if len(stack) == 0 {
				roots++
			} else {
				stack[len(stack)-1].parent = true
				names = append(names, name)
			}
			stack = append(stack, &open{})
		case xml.EndElement:
			if len(stack) == 0 {
				return nil, "", false
			}
			if top := stack[len(stack)-1]; !top.parent && len(stack) > 1 {
				all.WriteString(top.text.String())
			}
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if len(stack) > 0 {
				stack[len(stack)-1].text.Write(token)
			} else if strings.Trim(string(token), " \t\r\n\ufeff") != "" {
				return nil, "", false
			}
		}
	}
}

func FuzzXML(f *testing.F) {
	f.Add([]byte(`<xml><ToUserName><![CDATA[gh_demo]]></ToUserName><CreateTime>1700000000</CreateTime><Content><![CDATA[a]]]]><![CDATA[>b]]></Content></xml>`))
	f.Add([]byte("\xef\xbb\xbf<?xml version=\"1.0\"?>\n<xml>\n <A>\n  <List a='1'> <![CDATA[x]]> </List><List/>\n </A>&#65;</xml><!-- c -->"))
	f.Add([]byte(`<!DOCTYPE x [<!ENTITY a "b">]><xml>&a;</xml>`))
	f.Add([]byte("<xml><A>\x01\xff&#x1F600;&quot;</A></xml>\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if trimmed := bytes.TrimLeft(data, " \t\r\n"); len(trimmed) > 0 && trimmed[0] != '<' {
			data = append([]byte("<xml><A>"), append(data, "</A></xml>"...)...)
		}
		doc, err := tree.Parse(string(data))
		var names []string
		var text strings.Builder
		if err == nil {
			walk(t, doc.Root(), func(n tree.Node) {
				names = append(names, n.Name())
				text.WriteString(n.Text())
			})
			require.LessOrEqual(t, len(names), tree.MaxNodes)
		}
		wantNames, wantText, ok := readXML(data)
		if !ok || isLimit(err) || closesWrongly(data) {
			return
		}
		require.NoError(t, err, "encoding/xml reads it")
		require.Equal(t, squeeze(strings.Join(wantNames, "|")), squeeze(strings.Join(names, "|")))
		require.Equal(t, squeeze(wantText), squeeze(text.String()))
	})
}

// closesWrongly tells whether the tags do not pair up, which RawToken does not look at.
func closesWrongly(data []byte) bool {
	dec := xml.NewDecoder(bytes.NewReader(data))
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	for {
		if _, err := dec.Token(); err != nil {
			return !errors.Is(err, io.EOF)
		}
	}
}

// readJSON returns all scalars of an object in document order.
func readJSON(data []byte) (scalars []string, ok bool) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	type level struct{ object, key bool }
	var stack []level
	for {
		token, err := dec.Token()
		if err != nil {
			return scalars, errors.Is(err, io.EOF) && len(stack) == 0
		}
		if delim, isDelim := token.(json.Delim); isDelim {
			if delim == '{' || delim == '[' {
				stack = append(stack, level{object: delim == '{', key: true})
				continue
			}
			stack = stack[:len(stack)-1]
		} else if top := &stack[len(stack)-1]; top.object && top.key {
			top.key = false
			continue
		} else {
			scalars = append(scalars, scalarText(token))
		}
		if len(stack) > 0 {
			stack[len(stack)-1].key = true
		}
	}
}

func scalarText(token json.Token) string {
	switch v := token.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		if v {
			return "true"
		}
		return "false"
	}
	return ""
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"ToUserName":"gh_demo","CreateTime":"1700000000","MsgId":24000000000000001,"List":[{"TemplateId":"T1"},{"TemplateId":"T2"}]}`))
	f.Add([]byte("\xef\xbb\xbf{\"a\":\"\x01\\u0000\\ud83d\\ude00\\ud800\",\"b\":[1,-2.5e3,true,null,[]],\"c\":{}}"))
	f.Add([]byte(`{"a":"\ud800\"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := tree.Parse(string(data))
		var leaves []string
		if err == nil {
			walk(t, doc.Root(), func(n tree.Node) {
				if !n.First().Exists() {
					leaves = append(leaves, n.Text())
				}
			})
		}
		data = bytes.TrimLeft(data, " \t\r\n")
		if !json.Valid(data) || data[0] != '{' || isLimit(err) {
			return
		}
		require.NoError(t, err, "encoding/json reads it")
		want, ok := readJSON(data)
		require.True(t, ok)
		// An empty object is a leaf of ours and no scalar of theirs.
		require.Equal(t, squeeze(strings.Join(want, "")), squeeze(strings.Join(leaves, "")))
	})
}
