package tree_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback/internal/tree"
)

// dump writes a tree as name(children) and name=text, which reads well in a failure.
func dump(n tree.Node) string {
	var b strings.Builder
	for c := n.First(); c.Exists(); c = c.Next() {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(c.Name())
		if c.First().Exists() {
			b.WriteString("(" + dump(c) + ")")
		} else {
			b.WriteString("=" + c.Text())
		}
	}
	return b.String()
}

func parse(t testing.TB, s string) *tree.Doc {
	t.Helper()
	doc, err := tree.Parse(s)
	require.NoError(t, err, "%q", s)
	return doc
}

func TestBothFormatsGiveTheSameTree(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ xml, json, want string }{
		"flat":           {`<xml><A><![CDATA[x]]></A><B>7</B></xml>`, `{"A":"x","B":7}`, "A=x B=7"},
		"empty":          {`<xml></xml>`, `{}`, ""},
		"empty element":  {`<xml><A></A><B/><C /></xml>`, `{"A":"","B":null,"C":""}`, "A= B= C="},
		"list":           {`<xml><L><I>1</I></L><L><I>2</I></L></xml>`, `{"L":[{"I":1},{"I":2}]}`, "L(I=1) L(I=2)"},
		"list of one":    {`<xml><L><I>1</I></L></xml>`, `{"L":{"I":1}}`, "L(I=1)"},
		"list then more": {`<xml><L>1</L><L>2</L><A>3</A></xml>`, `{"L":[1,2],"A":3}`, "L=1 L=2 A=3"},
		"empty list":     {`<xml><A>3</A></xml>`, `{"L":[],"A":3}`, "A=3"},
		"nested":         {`<xml><A><B><C>1</C></B></A></xml>`, `{"A":{"B":{"C":"1"}}}`, "A(B(C=1))"},
		"indented":       {"<xml>\n <A>\n  <B> <![CDATA[ x ]]>\n </B>\n </A>\n</xml>\n", "{\n \"A\": {\n \"B\" : \" x \" }\n}\n", "A(B= x )"},
		"bom":            {"\xef\xbb\xbf<xml><A>1</A></xml>", "\xef\xbb\xbf{\"A\":1}", "A=1"},
		"space, bom":     {" \r\n\xef\xbb\xbf <xml><A>1</A></xml>", " \n\xef\xbb\xbf {\"A\":1}", "A=1"},
		"controls":       {"<xml><A><![CDATA[a\x00\x01\x1fb\tc]]></A></xml>", "{\"A\":\"a\x00\x01\\u001fb\\tc\"}", "A=ab\tc"},
		"invalid UTF-8":  {"<xml><A><![CDATA[a\xff\xc3b]]></A></xml>", "{\"A\":\"a\xff\xc3b\"}", "A=a\ufffdb"},
		"non-characters": {"<xml><A>a\uffff\ufffeb</A></xml>", `{"A":"a\uffff\ufffeb"}`, "A=ab"},
		"escapes":        {`<xml><A>&lt;&gt;&amp;&quot;&apos;&#65;&#x1F600;</A></xml>`, `{"A":"<>&\"'\u0041\ud83d\ude00"}`, `A=<>&"'A😀`},
		"markup as text": {`<xml><A><![CDATA[<B>&amp;</B>]]></A></xml>`, `{"A":"<B>&amp;</B>"}`, "A=<B>&amp;</B>"},
		"split CDATA":    {`<xml><A><![CDATA[a]]]]><![CDATA[>b]]></A></xml>`, `{"A":"a]]>b"}`, "A=a]]>b"},
		"big number":     {`<xml><A>9223372036854775807</A></xml>`, `{"A":9223372036854775807}`, "A=9223372036854775807"},
		"bool":           {`<xml><A>true</A></xml>`, `{"A":true}`, "A=true"},
		"line breaks":    {"<xml><A><![CDATA[a\r\nb]]></A></xml>", `{"A":"a\r\nb"}`, "A=a\r\nb"},
		"trailing NULs":  {"<xml><A>1</A></xml>\x00\x00", "{\"A\":1}\x00", "A=1"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fromXML, fromJSON := parse(t, c.xml), parse(t, c.json)
			require.Equal(t, c.want, dump(fromXML.Root()), "XML")
			require.Equal(t, c.want, dump(fromJSON.Root()), "JSON")
			require.Equal(t, "XML", fromXML.Format.String())
			require.Equal(t, "JSON", fromJSON.Format.String())
		})
	}
}

func TestLenientXML(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`<?xml version="1.0" encoding="GBK"?><!-- c --><xml><A>1</A></xml><!-- d -->`: "A=1",
		`<xml a="1" b='>'><A c="/">1</A></xml>`:                                       "A=1",
		`<xml><A>1<!-- c -->2<?pi?></A></xml>`:                                        "A=12",
		`<xml><A>a<![CDATA[b]]>c<![CDATA[d]]></A></xml>`:                              "A=abcd",
		`<xml><A>&unknown; &#0;&#xD800;&#x110000; & &;</A></xml>`:                     "A=&unknown; \ufffd\ufffd & &;",
		`<xml><A>1</A ></xml  >`:                                                      "A=1",
		`<xml><A>text<B>1</B></A></xml>`:                                              "A(B=1)",
	} {
		require.Equal(t, want, dump(parse(t, in).Root()), in)
	}
}

func TestLenientJSON(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"A":[[1,2],[3]]}`:                 "A=1 A=2 A=3",
		`{"A":"\ud800x","B":"\udc00"}`:      "A=\ufffdx B=\ufffd",
		`{"A":"\ud800\u0041"}`:              "A=\ufffdA",
		`{"A":-1.5e+3,"B":1e999,"C":-0}`:    "A=-1.5e+3 B=1e999 C=-0",
		"{\"A\":\"two\nlines\",\"A\":\"\"}": "A=two\nlines A=",
	} {
		require.Equal(t, want, dump(parse(t, in).Root()), in)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	deepXML := strings.Repeat("<a>", tree.MaxDepth+1) + strings.Repeat("</a>", tree.MaxDepth+1)
	cases := map[string]struct {
		in   string
		want error
	}{
		"nothing":            {"", tree.ErrSyntax},
		"blank":              {" \n\xef\xbb\xbf ", tree.ErrSyntax},
		"text":               {"success", tree.ErrSyntax},
		"JSON array":         {`[1]`, tree.ErrSyntax},
		"doctype":            {`<!DOCTYPE xml><xml/>`, tree.ErrDTD},
		"entity bomb":        {`<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><xml>&b;</xml>`, tree.ErrDTD},
		"external entity":    {`<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml>&a;</xml>`, tree.ErrDTD},
		"inner declaration":  {`<xml><!ENTITY a "b"></xml>`, tree.ErrDTD},
		"late doctype":       {`<xml/><!DOCTYPE x>`, tree.ErrDTD},
		"not closed":         {`<xml><A>1</A>`, tree.ErrSyntax},
		"wrong end":          {`<xml><A>1</B></xml>`, tree.ErrSyntax},
		"longer end":         {`<xml><A>1</AB></xml>`, tree.ErrSyntax},
		"open tag":           {`<xml><A`, tree.ErrSyntax},
		"open attribute":     {`<xml a="></xml>`, tree.ErrSyntax},
		"tag in tag":         {`<xml <A></A></xml>`, tree.ErrSyntax},
		"no name":            {`<></>`, tree.ErrSyntax},
		"open CDATA":         {`<xml><![CDATA[x</xml>`, tree.ErrSyntax},
		"open comment":       {`<xml><!-- </xml>`, tree.ErrSyntax},
		"open instruction":   {`<?xml `, tree.ErrSyntax},
		"two roots":          {`<xml></xml><xml></xml>`, tree.ErrSyntax},
		"garbage behind XML": {`<xml></xml>x`, tree.ErrSyntax},
		"deep XML":           {deepXML, tree.ErrTooDeep},
		"many elements":      {"<xml>" + strings.Repeat("<a/>", tree.MaxNodes) + "</xml>", tree.ErrTooMany},
		"garbage after JSON": {`{}x`, tree.ErrSyntax},
		"two objects":        {`{}{}`, tree.ErrSyntax},
		"open object":        {`{"a":1`, tree.ErrSyntax},
		"open array":         {`{"a":[1`, tree.ErrSyntax},
		"open string":        {`{"a":"b`, tree.ErrSyntax},
		"open escape":        {`{"a":"b\`, tree.ErrSyntax},
		"bad escape":         {`{"a":"\x"}`, tree.ErrSyntax},
		"bad hex":            {`{"a":"\u00g0"}`, tree.ErrSyntax},
		"short hex":          {`{"a":"\u00"}`, tree.ErrSyntax},
		"trailing comma":     {`{"a":1,}`, tree.ErrSyntax},
		"array comma":        {`{"a":[1,]}`, tree.ErrSyntax},
		"no colon":           {`{"a" 1}`, tree.ErrSyntax},
		"no value":           {`{"a":}`, tree.ErrSyntax},
		"no key":             {`{a:1}`, tree.ErrSyntax},
		"wrong separator":    {`{"a":1;"b":2}`, tree.ErrSyntax},
		"array separator":    {`{"a":[1;2]}`, tree.ErrSyntax},
		"word":               {`{"a":nothing}`, tree.ErrSyntax},
		"infinity":           {`{"a":inf}`, tree.ErrSyntax},
		"hexadecimal":        {`{"a":0x10p1}`, tree.ErrSyntax},
		"bare fraction":      {`{"a":.5}`, tree.ErrSyntax},
		"deep objects":       {strings.Repeat(`{"a":`, tree.MaxDepth+1) + "1" + strings.Repeat("}", tree.MaxDepth+1), tree.ErrTooDeep},
		"deep arrays":        {`{"a":` + strings.Repeat("[", tree.MaxDepth+1) + strings.Repeat("]", tree.MaxDepth+1) + "}", tree.ErrTooDeep},
		"many members":       {`{"a":[` + strings.Repeat("1,", tree.MaxNodes) + "1]}", tree.ErrTooMany},
		"open array value":   {`{"a":[`, tree.ErrSyntax},
		"open value":         {`{"a":`, tree.ErrSyntax},
		"many objects":       {`{"a":[` + strings.Repeat("{},", tree.MaxNodes) + "{}]}", tree.ErrTooMany},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc, err := tree.Parse(c.in)
			require.ErrorIs(t, err, c.want)
			require.Nil(t, doc)
		})
	}
}

// TestManyPiecesStayLinear guards against text that is put together piece by piece in quadratic time, which copies it
// over and over.
//
//nolint:paralleltest // it measures what the process allocates
func TestManyPiecesStayLinear(t *testing.T) {
	const pieces = 1 << 15
	text := "<xml><A>" + strings.Repeat("<![CDATA[x]]>&amp;<!---->", pieces) + "</A></xml>"
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	doc := parse(t, text)
	runtime.ReadMemStats(&after)
	require.Len(t, doc.Root().Child("A").Text(), 2*pieces)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(10*len(text)))
}

func TestLookup(t *testing.T) {
	t.Parallel()
	root := parse(t, `{"msgid":1,"MsgId":2,"L":{"X":"a"},"l":{"X":"b"},"M":"n"}`).Root()
	require.Equal(t, "2", root.Child("MsgId").Text(), "the exact name first")
	require.Equal(t, "1", root.Child("MSGID").Text(), "then the first that differs in case")
	require.Equal(t, "a", root.Path("L", "X").Text())
	require.Equal(t, "b", root.Child("L").NextSame().Child("X").Text())
	require.False(t, root.Child("M").NextSame().Exists())

	missing := root.Path("none", "X")
	require.False(t, missing.Exists())
	require.Empty(t, missing.Text()+missing.Name())
	require.False(t, missing.First().Exists() || missing.Next().Exists() || missing.NextSame().Exists())
	require.Equal(t, "unknown", tree.Format(0).String())
}
