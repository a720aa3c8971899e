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
	"strconv"
	"strings"
)

// Scan reads the module whose go.mod is in root: the source without its tests, and the folders in testdata.
// Modules nested below it are not part of it.
func Scan(root string) (*Module, error) {
	s := scanner{root: root, files: token.NewFileSet(), module: &Module{}}
	if err := s.readModulePath(); err != nil {
		return nil, err
	}
	if err := filepath.WalkDir(root, s.visit); err != nil {
		return nil, err
	}
	s.module.arrange()
	return s.module, nil
}

type scanner struct {
	root   string
	path   string // of the module
	files  *token.FileSet
	module *Module
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
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
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
	if src.callsWeChat() {
		ast.Inspect(tree, src.readMention)
	}
	return nil
}

// at returns the place of a node in the file.
func (s *source) at(pos token.Pos) Place {
	p := s.place
	p.Line = s.files.Position(pos).Line
	return p
}

// callsWeChat reports whether the file belongs to the client side, where a path is there to be called.
// Commands and examples may call what they like.
func (s *source) callsWeChat() bool {
	if s.place.Package == "main" {
		return false
	}
	if s.place.Dir == "." {
		return true
	}
	for _, spec := range s.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil && (p == s.path || p == s.path+"/internal/rest") {
			return true
		}
	}
	return false
}

var pathText = regexp.MustCompile(`^(/[A-Za-z0-9_.-]+){2,}$`)

// readMention notes the strings that look like a path of the API or like the name of a call.
func (s *source) readMention(node ast.Node) bool {
	literal, ok := node.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return true
	}
	text, err := strconv.Unquote(literal.Value)
	if err != nil {
		return true
	}
	mention := Mention{s.at(literal.Pos()), text}
	if pathText.MatchString(text) {
		s.module.Paths = append(s.module.Paths, mention)
	}
	if call, ok := strings.CutPrefix(text, s.place.Package+"."); ok && token.IsExported(call) && token.IsIdentifier(call) {
		s.module.Calls = append(s.module.Calls, mention)
	}
	return true
}
