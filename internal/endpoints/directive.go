package endpoints

import (
	"fmt"
	"go/ast"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

const prefix = "//wechat:"

// readDirectives notes the endpoints that the file's doc comments name.
func (s *source) readDirectives() {
	documented := map[*ast.CommentGroup]bool{}
	for _, sym := range symbols(s.File) {
		documented[sym.comment] = true
		s.readComment(sym)
	}
	for _, comment := range s.Comments {
		if documented[comment] {
			continue
		}
		for _, line := range comment.List {
			if strings.HasPrefix(line.Text, prefix) {
				s.fault(line, "not in the doc comment of a function, method or constant")
			}
		}
	}
}

func (s *source) fault(line *ast.Comment, reason string) {
	p := s.at(line.Pos())
	s.module.faults = append(s.module.faults, fmt.Sprintf("%s:%d: %s: %s", p.File, p.Line, line.Text, reason))
}

// symbol is a function, method or constant with a doc comment.
type symbol struct {
	name    string // such as "Client.Send"
	comment *ast.CommentGroup
}

func symbols(file *ast.File) []symbol {
	var list []symbol
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Doc != nil {
				list = append(list, symbol{funcName(decl), decl.Doc})
			}
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				if value, ok := spec.(*ast.ValueSpec); ok && value.Doc != nil {
					list = append(list, symbol{value.Names[0].Name, value.Doc})
				}
			}
		}
	}
	return list
}

func funcName(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return f.Name.Name
	}
	receiver := f.Recv.List[0].Type
	if star, ok := receiver.(*ast.StarExpr); ok {
		receiver = star.X
	}
	if generic, ok := receiver.(*ast.IndexExpr); ok {
		receiver = generic.X
	}
	if name, ok := receiver.(*ast.Ident); ok {
		return name.Name + "." + f.Name.Name
	}
	return f.Name.Name
}

// readComment reads the directives of one doc comment.
func (s *source) readComment(sym symbol) {
	var last *Endpoint
	for _, line := range sym.comment.List {
		text, ok := strings.CutPrefix(line.Text, prefix)
		if !ok {
			continue
		}
		words := strings.Fields(text)
		switch {
		case len(words) == 0:
			s.fault(line, "says nothing")
		case words[0] == "endpoint":
			last = s.endpoint(sym, line, words[1:])
		case words[0] != "account":
			s.fault(line, "unknown directive")
		case last == nil || last.Accounts != nil:
			s.fault(line, "no endpoint line above it")
		default:
			s.setAccounts(last, line, words[1:])
		}
	}
}

func (s *source) endpoint(sym symbol, line *ast.Comment, words []string) *Endpoint {
	if len(words) != 2 || !pathText.MatchString(words[1]) ||
		words[0] != http.MethodGet && words[0] != http.MethodPost {
		s.fault(line, "want GET or POST and a path")
		return nil
	}
	text := sym.comment.Text()
	e := &Endpoint{
		Route: Route{words[0], words[1]}, Place: s.at(line.Pos()), Symbol: sym.name,
		Synopsis: firstSentence(text), Pages: pages(text),
	}
	s.module.Endpoints = append(s.module.Endpoints, e)
	return e
}

func (s *source) setAccounts(e *Endpoint, line *ast.Comment, words []string) {
	for _, word := range words {
		kind := Account(word)
		if !slices.Contains(accounts, kind) {
			s.fault(line, fmt.Sprintf("unknown kind %q", word))
			continue
		}
		e.Accounts = append(e.Accounts, kind)
	}
}

// firstSentence does what go/doc does for packages, which leaves out everything that begins with "author" as
// "Authorizer" does.
func firstSentence(text string) string {
	paragraph, _, _ := strings.Cut(text, "\n\n")
	words := strings.Join(strings.Fields(paragraph), " ")
	if end := strings.Index(words, ". "); end >= 0 {
		return words[:end+1]
	}
	return words
}

var pageURL = regexp.MustCompile(`https://[^\s,;]+`)

// pages returns the addresses in the paragraphs of a doc comment that begin with "WeChat docs:".
func pages(text string) []string {
	var list []string
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		if strings.HasPrefix(paragraph, "WeChat docs:") {
			list = append(list, pageURL.FindAllString(paragraph, -1)...)
		}
	}
	return list
}
