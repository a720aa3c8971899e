package errcode

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// namedCode is a constant of type Code as the source declares it.
type namedCode struct {
	name string
	code Code
	doc  string
}

// namedCodes reads the constants from the source, so that no new one escapes the tests.
func namedCodes(t *testing.T) []namedCode {
	t.Helper()
	files, err := fs.Glob(os.DirFS("."), "codes*.go")
	require.NoError(t, err)

	var named []namedCode
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == "Code" {
				named = append(named, namedCode{spec.Names[0].Name, literal(t, spec.Values[0]), spec.Doc.Text()})
			}
			return false
		})
	}
	return named
}

func literal(t *testing.T, x ast.Expr) Code {
	t.Helper()
	sign := int64(1)
	if u, ok := x.(*ast.UnaryExpr); ok {
		require.Equal(t, token.SUB, u.Op)
		sign, x = -1, u.X
	}
	lit, ok := x.(*ast.BasicLit)
	require.True(t, ok, "constants are plain numbers")
	n, err := strconv.ParseInt(lit.Value, 10, 64)
	require.NoError(t, err)
	return Code(sign * n)
}

func TestNames(t *testing.T) {
	t.Parallel()

	byCode := map[Code]string{}
	for _, n := range namedCodes(t) {
		require.True(t, n.code.Known(), "%s (%d) is not in the table", n.name, n.code)
		require.NotContains(t, byCode, n.code, "%s and %s are the same code", n.name, byCode[n.code])
		byCode[n.code] = n.name

		require.True(t, ast.IsExported(n.name), n.name)
		require.False(t, strings.HasPrefix(n.name, "Err"), "%s: the package name says so already", n.name)
		require.True(t, strings.HasPrefix(n.doc, n.name+": "), "%s: its comment begins with its name", n.name)
	}
	require.Greater(t, len(byCode), 200)
	require.Equal(t, "UserRefused", byCode[43101])
	require.Equal(t, "APIDiscontinued", byCode[45109], "no report names the uniform message only")
}

// TestNames_Endpoints: whatever the page of an endpoint lists as its errors has a name.
func TestNames_Endpoints(t *testing.T) {
	t.Parallel()

	named := map[Code]bool{}
	for _, n := range namedCodes(t) {
		named[n.code] = true
	}
	pages := map[string][]Code{
		"token":           {-1, 40001, 40002, 40013, 40125, 40164, 40243, 41002, 41004, 43002, 45009, 45011, 50002, 50004, 50007, 89501, 89503, 89506, 89507},
		"quota":           {40013, 41001, 42001, 44002, 48006, 50002, 76001, 76002, 76003, 76004, 76021, 76022},
		"subscribe send":  {-1, 40001, 40014, 42001, 40003, 40037, 41030, 43101, 43107, 43108, 45009, 45011, 45168, 47003, 47001, 48001, 48004, 40164, 61007},
		"template send":   {40003, 40008, 40013, 40036, 40037, 40039, 40165, 40241, 40249, 40252, 43004, 43116, 43117, 47001, 47003, 43100, 40246, 40247},
		"newtmpl":         {404, 20001, 20002, 40400, 200001, 200002, 200011, 200012, 200013, 200014, 200016, 200017, 200018, 200019, 200020, 200021, 200022, 200100},
		"one-time":        {40003, 40013, 40037, 40062},
		"custom send":     {40003, 40007, 40008, 40033, 40101, 40200, 43004, 43019, 44002, 44004, 45001, 45002, 45003, 45004, 45005, 45006, 45007, 45008, 45015, 45047, 45162, 48001, 48002, 48004, 48008, 70000, 87014},
		"typing":          {40200, 45072, 45080, 45081},
		"agents":          {65400, 65401, 65402, 65403, 65404, 65405, 65406, 65407, 65408, 65409, 65410, 65411, 65412, 65413, 65414, 65415, 65416, 65417},
		"media":           {40004, 40005, 40006, 40007, 40009, 40113, 40118, 40121, 41005, 41006, 45001, 46001},
		"login":           {1, 40029, 40030, 40163, 40226, 41008, 42002, 42003, 45011, 87007, 87008, 87009, 89002, 89300},
		"users":           {40003, 40032, 40092, 49003, 63178, 63179},
		"tags":            {45056, 45057, 45058, 45059, 45157, 45158, 45159, 40032, 49003},
		"links":           {40002, 40013, 40066, 40097, 40165, 40212, 40225, 43104, 44990, 44993, 85079, 85088, 85400, 85401, 85402, 85403, 85405, 85406, 85407, 85408},
		"NFC":             {9800003, 9800007, 9800008, 9800009, 9800010},
		"associations":    {89010, 89015, 89016, 89017, 89245, 89407},
		"risk rank":       {40129, 43104, 61010, 61080, 61081, 9410009},
		"sub-merchants":   {40004, 40007, 45070, 45071, 45077, 45078, 45079, 45091},
		"employees":       {40256, 40257, 50001},
		"content checks":  {43104, 44991, 61010, 87014, 87020},
		"service cards":   {85431, 85433, 85434, 85435, 85436, 85437, 85438, 85439, 85440, 85441, 85442, 85448, 85449, 85461, 85462},
		"QR and MP codes": {40052, 40053, 40129, 40159, 40169, 40189, 41030, 45029, 45063, 85096},
		"short keys":      {9410010, 9410011, 9410012, 47003},
		"component":       {61003, 61004, 61005, 61006, 61007, 61009, 61010, 61011, 61014, 61015, 61023, 61024, 42006},
		"signing":         {40230, 40231, 40232, 40233, 40234, 40235, 40236, 40237, 40238, 40239, 40240},
		"cloud hosting":   {85105, 85107, 85112, 85113},
	}
	for page, codes := range pages {
		for _, c := range codes {
			require.True(t, named[c], "%s: %d has no name", page, c)
		}
	}
}
