package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestExported(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Order update": "OrderUpdate", "order-update!": "OrderUpdate", "thing1": "Thing1",
		"character_string12": "CharacterString12", "合同到期提醒": "T合同到期提醒", "合同 due": "T合同Due",
		"3 days left": "T3DaysLeft", "": "T", "!?": "T", "ÄRGER": "ÄRGER", "type": "Type",
	} {
		require.Equal(t, want, exported(text, "T"), text)
	}
}

func TestShortID(t *testing.T) {
	t.Parallel()
	require.Equal(t, "OrderA77", shortID("-_Order_A77"))
	require.Equal(t, "abcdefgh", shortID("abc-def_ghijk"))
	require.Equal(t, "x", shortID("x"))
}

// Whatever WeChat lists, the code is Go, and the order of the list does not matter.
func TestGenerateCopesWithEveryText(t *testing.T) {
	t.Parallel()
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"Order update", "order update", "a\n// b", "*/", "`", "\u2028package x", "合同"}))
	key := rapid.SampledFrom([]string{"thing1", "thing2", "Data", "data", "Message", "first", "_1", "1x", "enum_string2", "Thing1"})
	rapid.Check(t, func(t *rapid.T) {
		list := make([]source, rapid.IntRange(0, 4).Draw(t, "templates"))
		for i := range list {
			list[i] = source{ID: fmt.Sprint(text.Draw(t, "id"), i), Title: text.Draw(t, "title"), Note: "one-time"}
			for _, k := range rapid.SliceOfDistinct(key, rapid.ID[string]).Draw(t, "keys") {
				list[i].Keywords = append(list[i].Keywords, sourceKeyword{
					Key: k, Name: text.Draw(t, "name"), Rule: "rule", Example: text.Draw(t, "example"),
					Values: rapid.SliceOfDistinct(text, rapid.ID[string]).Draw(t, "values"),
				})
			}
		}
		k := kinds[rapid.SampledFrom([]string{"subscribe", "notify", "template"}).Draw(t, "kind")]
		code, err := generate("messages", k, list)
		require.NoError(t, err)
		require.NoError(t, compile(string(code)), "%s", code)

		rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		again, err := generate("messages", k, list)
		require.NoError(t, err)
		require.Equal(t, string(code), string(again))
	})
}

func TestAWrongKeywordDoesNotCompile(t *testing.T) {
	t.Parallel()
	code, err := generate("messages", kinds["subscribe"], []source{{ID: "T1", Title: "Heater fault", Keywords: []sourceKeyword{
		{Key: "thing1"}, {Key: "enum2", Values: []string{"Kitchen"}},
	}}})
	require.NoError(t, err)
	for use, want := range map[string]string{
		`HeaterFault{Thing1: "x", Enum2: HeaterFaultEnum2Kitchen}`: "",
		`HeaterFault{Thing2: "x"}`:                                 "unknown field Thing2",
		`HeaterFault{Thing1: 7}`:                                   "cannot use 7",
		`HeaterFault{Enum2: HeaterFaultEnum2Study}`:                "undefined: HeaterFaultEnum2Study",
	} {
		err := compile(string(code), "package messages\nvar _ = "+use)
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, want)
	}
}

// compile type-checks a package. It knows as much of the SDK as the generated code needs.
func compile(files ...string) error {
	fset := token.NewFileSet()
	var parsed []*ast.File
	for i, code := range files {
		f, err := parser.ParseFile(fset, fmt.Sprint("file", i, ".go"), code, parser.ParseComments)
		if err != nil {
			return err
		}
		parsed = append(parsed, f)
	}
	config := types.Config{Importer: sdk{fset}}
	_, err := config.Check("messages", fset, parsed, nil)
	return err
}

type sdk struct{ fset *token.FileSet }

func (s sdk) Import(path string) (*types.Package, error) {
	const code = `package sdk
type Data map[string]string
type Message struct { ToUser, TemplateID string; Data Data }
type Notification Message`
	f, err := parser.ParseFile(s.fset, "sdk.go", code, 0)
	if err != nil {
		return nil, err
	}
	f.Name.Name = path[len("github.com/wechatkit/wechat/"):]
	return (&types.Config{}).Check(path, s.fset, []*ast.File{f}, nil)
}
