package subscribe_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/subscribe"
)

func TestKeywordType(t *testing.T) {
	t.Parallel()
	require.Equal(t, subscribe.TypeThing, subscribe.TypeOf("thing1"))
	require.Equal(t, subscribe.TypeCharacterString, subscribe.TypeOf("character_string12"))
	require.Equal(t, 20, subscribe.TypeThing.Limit())
	require.Equal(t, "up to 20 characters", subscribe.TypeThing.Rule())
	require.NoError(t, subscribe.TypeAmount.Check("¥19.90"))
	require.NoError(t, subscribe.KeywordType("gadget").Check(""))
	requireFieldError(t, "subscribe: thing: 23 characters, limit 20", subscribe.TypeThing.Check(strings.Repeat("火", 23)))
	require.Equal(t, "09:00~10:00", subscribe.TypeTime.Fit("09:00～10:00"))
}

// Every constant of this package has a rule, so none is misspelt.
func TestEveryKeywordTypeHasARule(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "keyword.go", nil, 0)
	require.NoError(t, err)
	types := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Type") {
			return true
		}
		types++
		value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		require.NoError(t, err)
		require.NotEmpty(t, subscribe.KeywordType(value).Rule(), spec.Names[0].Name)
		return true
	})
	require.Equal(t, 16, types)
}

func TestFit(t *testing.T) {
	t.Parallel()
	in := subscribe.Data{"thing1": "The blue mug with the long name", "amount2": "12345678901", "thing3": "fine"}
	out := subscribe.Fit(in)
	require.Equal(t, subscribe.Data{"thing1": "The blue mug with...", "amount2": "12345678901", "thing3": "fine"}, out)
	require.Equal(t, "The blue mug with the long name", in["thing1"], "the argument stays")
}

func TestParseTemplate(t *testing.T) {
	t.Parallel()
	require.Equal(t, []subscribe.Keyword{
		{Key: "thing1", Name: "保险名称", Type: subscribe.TypeThing},
		{Key: "enum_string2", Name: "Room", Type: subscribe.TypeEnumString},
		{Key: "gadget3", Type: "gadget"},
	}, subscribe.ParseTemplate("保险名称：{{thing1.DATA}}\nRoom:{{enum_string2.DATA}}\n{{gadget3.DATA}}"))
	require.Empty(t, subscribe.ParseTemplate("no keywords"))
}
