package endpoints

import (
	"bytes"
	"go/ast"
	"go/parser"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Sample is a folder of testdata with a request and what WeChat answers to it.
type Sample struct {
	Route         // from request.http; zero if there is none, or if it cannot be read
	Folder string // below the root of the module, with slashes
	Files  []string
	dir    string // of the package
	name   string // of the folder
	owned  bool   // some endpoint has it
	run    bool   // some test names it
}

// The files of a sample.
const (
	requestFile = "request.http"
	answerFile  = "response.json"
	binaryFile  = "response.bin"
	errorFile   = "error.json"
)

// lacks returns the names of the files that the sample ought to have.
func (s *Sample) lacks() []string {
	var list []string
	if s.Route == (Route{}) {
		list = append(list, requestFile)
	}
	if !slices.Contains(s.Files, answerFile) && !slices.Contains(s.Files, binaryFile) {
		list = append(list, answerFile+" or "+binaryFile)
	}
	if !slices.Contains(s.Files, errorFile) {
		list = append(list, errorFile)
	}
	return list
}

// readSamples reads the folders of one testdata. A folder that has none of a sample's files is something
// else.
func (s *scanner) readSamples(testdata string) error {
	folders, err := os.ReadDir(testdata)
	if err != nil {
		return err
	}
	for _, folder := range folders {
		if !folder.IsDir() {
			continue
		}
		if err := s.readSample(filepath.Join(testdata, folder.Name())); err != nil {
			return err
		}
	}
	return nil
}

func (s *scanner) readSample(folder string) error {
	name, err := s.below(folder)
	if err != nil {
		return err
	}
	sample := &Sample{Folder: name, dir: path.Dir(path.Dir(name)), name: path.Base(name)}
	for _, file := range []string{requestFile, answerFile, binaryFile, errorFile} {
		data, err := os.ReadFile(filepath.Join(folder, file))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return err
		}
		sample.Files = append(sample.Files, file)
		if file == requestFile {
			sample.Route = requestLine(data)
		}
	}
	if sample.Files != nil {
		s.module.Samples = append(s.module.Samples, sample)
	}
	return nil
}

// readTest notes the folders that a test file runs: it hands them to golden.Run or reads testdata itself. Which of
// its strings are names of folders is not looked at, since they stand in structs, maps and arguments alike.
func (s *scanner) readTest(file string) error {
	tree, err := parser.ParseFile(s.files, file, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	name, err := s.below(file)
	if err != nil {
		return err
	}
	runs, names := false, []string(nil)
	ast.Inspect(tree, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.SelectorExpr:
			of, ok := node.X.(*ast.Ident)
			runs = runs || ok && of.Name == "golden" && node.Sel.Name == "Run"
		case *ast.BasicLit:
			names = append(names, text(node))
		}
		return true
	})
	if runs || slices.Contains(names, "testdata") {
		for _, folder := range names {
			s.module.run[path.Join(path.Dir(name), "testdata", folder)] = true
		}
	}
	return nil
}

// requestLine reads "POST https://api.weixin.qq.com/cgi-bin/clear_quota?access_token=…".
func requestLine(request []byte) Route {
	line, _, _ := bytes.Cut(request, []byte("\n"))
	method, address, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return Route{}
	}
	return Route{method, u.Path}
}
