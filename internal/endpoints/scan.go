package endpoints

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Scan reads the module whose go.mod is in root: the source, the folders in testdata, and of the tests which of
// these folders they run. Modules nested below it are not part of it.
func Scan(root string) (*Module, error) {
	s := scanner{root: root, files: token.NewFileSet(), module: &Module{run: map[string]bool{}}}
	if err := s.readModulePath(); err != nil {
		return nil, err
	}
	if err := filepath.WalkDir(root, s.visit); err != nil {
		return nil, err
	}
	s.readMentions()
	s.module.arrange()
	return s.module, nil
}

type scanner struct {
	root    string
	path    string // of the module
	files   *token.FileSet
	sources []source
	module  *Module
}

var moduleLine = regexp.MustCompile(`(?m)^module\s+(\S+)`)

func (s *scanner) readModulePath() error {
	data, err := os.ReadFile(filepath.Join(s.root, "go.mod"))
	if err != nil {
		return err
	}
	if match := moduleLine.FindSubmatch(data); match != nil {
		s.path = string(match[1])
	}
	return nil
}

func (s *scanner) visit(file string, entry fs.DirEntry, err error) error {
	if err != nil {
		return err
	}
	name := entry.Name()
	if !entry.IsDir() {
		switch {
		case strings.HasSuffix(name, "_test.go"):
			return s.readTest(file)
		case strings.HasSuffix(name, ".go"):
			return s.readSource(file)
		}
		return nil
	}
	if file == s.root {
		return nil
	}
	if name == "testdata" {
		if err := s.readSamples(file); err != nil {
			return err
		}
		return fs.SkipDir
	}
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || isModule(file) {
		return fs.SkipDir
	}
	return nil
}

func isModule(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

// below returns file relative to the root, with slashes.
func (s *scanner) below(file string) (string, error) {
	rel, err := filepath.Rel(s.root, file)
	return filepath.ToSlash(rel), err
}

// source is one file.
type source struct {
	*scanner
	*ast.File
	place Place
}

func (s *scanner) readSource(file string) error {
	tree, err := parser.ParseFile(s.files, file, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	name, err := s.below(file)
	if err != nil {
		return err
	}
	src := source{s, tree, Place{Dir: path.Dir(name), Package: tree.Name.Name, File: name}}
	src.readDirectives()
	s.sources = append(s.sources, src)
	return nil
}

// readMentions reads the strings of the packages on the client side, where a path is there to be called.
func (s *scanner) readMentions() {
	client := map[string]bool{}
	for _, src := range s.sources {
		if src.callsWeChat() {
			client[src.place.Dir] = true
		}
	}
	for _, src := range s.sources {
		if client[src.place.Dir] {
			ast.Inspect(src.File, src.readMention)
		}
	}
}

// at returns the place of a node in the file.
func (s *source) at(pos token.Pos) Place {
	p := s.place
	p.Line = s.files.Position(pos).Line
	return p
}

// callsWeChat reports whether the file has what it takes to make calls. Commands and examples may call what
// they like.
func (s *source) callsWeChat() bool {
	if s.place.Package == "main" {
		return false
	}
	if s.place.Dir == "." {
		return true
	}
	return slices.ContainsFunc(s.Imports, func(spec *ast.ImportSpec) bool {
		imported, err := strconv.Unquote(spec.Path.Value)
		return err == nil && (imported == s.path || imported == s.path+"/internal/rest")
	})
}

var pathText = regexp.MustCompile(`^(/[A-Za-z0-9_.-]+){2,}$`)

// readMention notes strings that look like a path of the API, and the names of calls beside them: in
// Call{Op: "package.Method", Path: …} and in the arguments of helper(ctx, "package.Method", "/path").
func (s *source) readMention(node ast.Node) bool {
	switch node := node.(type) {
	case *ast.BasicLit:
		if path := text(node); pathText.MatchString(path) {
			s.module.Paths = append(s.module.Paths, Mention{s.at(node.Pos()), path})
		}
	case *ast.CompositeLit:
		if fields := fieldsOf(node); fields["Path"] != nil {
			s.readName(fields["Op"])
		}
	case *ast.CallExpr:
		if slices.ContainsFunc(node.Args, func(arg ast.Expr) bool { return pathText.MatchString(text(arg)) }) {
			for _, arg := range node.Args {
				s.readName(arg)
			}
		}
	}
	return true
}

// readName notes the name of a call, if that is what expr is.
func (s *source) readName(expr ast.Expr) {
	name := text(expr)
	if method, ok := strings.CutPrefix(name, s.place.Package+"."); ok && token.IsExported(method) {
		s.module.Calls = append(s.module.Calls, Mention{s.at(expr.Pos()), name})
	}
}

// fieldsOf returns the values of a struct literal by field.
func fieldsOf(literal *ast.CompositeLit) map[string]ast.Expr {
	fields := map[string]ast.Expr{}
	for _, element := range literal.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			if key, ok := pair.Key.(*ast.Ident); ok {
				fields[key.Name] = pair.Value
			}
		}
	}
	return fields
}

// text returns the string that expr spells out, "" if it is something else.
func text(expr ast.Expr) string {
	literal, ok := expr.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return ""
	}
	value, err := strconv.Unquote(literal.Value)
	if err != nil {
		return ""
	}
	return value
}
