package emulator_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	gotypes "go/types"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// floors are the beginnings of file names, see doc.go. Code uses functions and methods of its own floor and of those below.
var floors = map[string]int{
	"core":   0,
	"push":   1,
	"access": 2, "desk": 2, "link": 2, "media": 2, "message": 2, "people": 2,
	"api": 3, "state": 3, "view": 3,
}

// nothing stands for the packages that are imported: to tell whose functions of this package are used, those of others
// need not be known.
type nothing struct{}

func (nothing) Import(path string) (*gotypes.Package, error) {
	p := gotypes.NewPackage(path, filepath.Base(path))
	p.MarkComplete()
	return p, nil
}

// Types hold the floors together, for an App is made of what each area keeps of it; calls go down only.
func TestCallsGoDown(t *testing.T) {
	t.Parallel()
	fset := token.NewFileSet()
	names, err := filepath.Glob("*.go")
	require.NoError(t, err)
	var files []*ast.File
	for _, name := range names {
		if !strings.HasSuffix(name, "_test.go") && name != "doc.go" {
			require.Contains(t, floors, floorOf(name), "%s: the name begins with no floor", name)
			file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
			require.NoError(t, err)
			files = append(files, file)
		}
	}
	info := &gotypes.Info{Uses: map[*ast.Ident]gotypes.Object{}}
	config := gotypes.Config{Importer: nothing{}, Error: func(error) {}} // all that is of other packages
	here, _ := config.Check("emulator", fset, files, info)
	checked := 0
	for name, used := range info.Uses {
		f, ok := used.(*gotypes.Func)
		if !ok || f.Pkg() != here {
			continue
		}
		checked++
		from, to := fset.Position(name.Pos()), fset.Position(f.Origin().Pos())
		if floors[floorOf(from.Filename)] < floors[floorOf(to.Filename)] {
			t.Errorf("%v: uses %s of %s", from, name.Name, to.Filename)
		}
	}
	require.Greater(t, checked, 1000, "the package was not understood")
}

func floorOf(file string) string {
	floor, _, _ := strings.Cut(file, "_")
	return floor
}
