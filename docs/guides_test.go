// Package docs tests the guides: what they show in Go is compiled, their tests are run, and both languages have the same.
package docs

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/wechatkit/wechat"

// imports are the packages that code without an import clause may use, by their names.
var imports = map[string]string{
	"context": "context", "errors": "errors", "fmt": "fmt", "http": "net/http", "io": "io", "json": "encoding/json",
	"log": "log", "os": "os", "slog": "log/slog", "strings": "strings", "testing": "testing", "time": "time",
	"bytes": "bytes", "filepath": "path/filepath", "httptest": "net/http/httptest",
	"wechat": module, "callback": module + "/callback", "customerservice": module + "/customerservice",
	"emulator": module + "/emulator", "errcode": module + "/errcode", "links": module + "/links", "media": module + "/media",
	"notify": module + "/notify", "oauth": module + "/oauth", "redisstore": module + "/token/redisstore",
	"subscribe": module + "/subscribe", "template": module + "/template", "token": module + "/token",
	"callbacktest": module + "/callback/callbacktest",
	"httpmock":     "github.com/jarcoal/httpmock", "redis": "github.com/redis/go-redis/v9",
	"require": "github.com/stretchr/testify/require",
}

// given are the variables that code may use without having made them, with their types.
var given = map[string]string{
	"ctx": "context.Context", "t": "*testing.T", "wx": "*emulator.Server", "logger": "*slog.Logger", "err": "error",
	"client": "*wechat.Client", "mini": "*wechat.Client", "service": "*wechat.Client", "manager": "*token.Manager",
	"appID": "string", "secret": "wechat.Secret", "openID": "string", "templateID": "string", "store": "token.Store",
	"h": "*callback.Handler", "r": "*http.Request", "body": "[]byte", "n": "*notify.Notifier", "messages": "*subscribe.Client", "app": "callback.App",
	"rdb": "redis.UniversalClient", "msg": "*subscribe.Message", "user": "string", "due": "time.Time",
}

// elsewhere are modules beside the root, and what must have been downloaded for them.
var elsewhere = map[string]string{"notify": "modernc.org/sqlite", "token/redisstore": "github.com/redis/go-redis/v9"}

// What the guides show is compiled, and the tests in it are run, all in one program.
func TestCodeOfTheGuides(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	if _, err := os.Stat(filepath.Join(root, "notify", "go.mod")); err != nil {
		t.Skip("the other modules of the repository are not here")
	}
	w := &workspace{dir: t.TempDir(), root: root, missing: map[string]bool{}}
	for dir, dependency := range elsewhere {
		if !downloaded(t, filepath.Join(root, dir), dependency) {
			require.Empty(t, os.Getenv("CI"), "%s is not downloaded", dependency)
			w.missing[module+"/"+dir] = true
		}
	}
	for _, pair := range pairs(t) {
		for _, d := range pair {
			w.add(t, d)
		}
	}
	w.write(t)
	out, err := w.goCommand("test", "-count=1", "-vet=off", ".")
	require.NoError(t, err, "%s", out)
}

// downloaded tells whether a dependency of the module in dir is on this machine. Where it is not, this test does not fetch it.
func downloaded(t *testing.T, dir, dependency string) bool {
	cmd := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", dependency)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOPROXY=off", "GOFLAGS=")
	out, err := cmd.Output()
	return err == nil && len(strings.TrimSpace(string(out))) > 0
}

// workspace is a temporary module with a package for each document, beside the modules of the repository.
type workspace struct {
	dir, root string
	missing   map[string]bool // modules that cannot be compiled on this machine
	packages  []string
	tests     []string // calls of the documents' tests
}

func (w *workspace) add(t *testing.T, d *document) {
	name := strings.NewReplacer("/", "_", "-", "_", ".md", "").Replace(d.path)
	var units []*unit
	for _, b := range d.blocks {
		if b.lang != "go" || strings.HasPrefix(b.mark, "github.com/") { // code of another library
			continue
		}
		u, err := newUnit(b.code)
		require.NoError(t, err, "%s:%d", d.path, b.line)
		u.line = fmt.Sprintf("//line %s:%d", filepath.Join(w.root, "docs", d.path), b.line)
		if slices.ContainsFunc(u.uses, func(path string) bool { return w.missing[path] }) {
			continue
		}
		units = append(units, u)
	}
	if u := codes(d); u != nil {
		units = append(units, u)
	}
	if len(units) == 0 {
		return
	}
	dir := filepath.Join(w.dir, name)
	require.NoError(t, os.Mkdir(dir, 0o750))
	for i, u := range units {
		require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("block%d.go", i)), []byte(u.source(name)), 0o600))
		for _, test := range u.tests {
			w.tests = append(w.tests, fmt.Sprintf("t.Run(%q, %s.%s)", d.path+"/"+test, name, test))
		}
	}
	w.packages = append(w.packages, name)
}

var coded = regexp.MustCompile("(?m)^\\| (-?\\d+) \\| `(\\w+)` \\| `(\\w+)` \\|")

// codes checks the numbers, names and classes of the errcodes in a document's tables.
func codes(d *document) *unit {
	rows := coded.FindAllStringSubmatch(d.text, -1)
	if len(rows) == 0 {
		return nil
	}
	var b strings.Builder
	b.WriteString("func TestCodes(t *testing.T) {\n")
	for _, row := range rows {
		fmt.Fprintf(&b, "require.EqualValues(t, %s, errcode.%s)\n", row[1], row[2])
		fmt.Fprintf(&b, "require.Equal(t, errcode.%s, errcode.%s.Class(), %q)\n", row[3], row[2], row[1])
	}
	b.WriteString("}\n")
	return &unit{body: b.String(), uses: []string{"testing", imports["errcode"], imports["require"]}, tests: []string{"TestCodes"}}
}

// write writes what is common to all documents: the workspace, and a test that runs theirs.
func (w *workspace) write(t *testing.T) {
	write := func(name, content string) {
		require.NoError(t, os.WriteFile(filepath.Join(w.dir, name), []byte(content), 0o600))
	}
	cmd := exec.CommandContext(t.Context(), "go", "work", "edit", "-json")
	cmd.Dir = w.root
	out, err := cmd.Output()
	require.NoError(t, err)
	var work struct {
		Go      string
		Replace []struct {
			Old struct{ Path, Version string }
		}
	}
	require.NoError(t, json.Unmarshal(out, &work))
	write("go.mod", "module guides.test\n\ngo "+work.Go+"\n")
	var file, sums strings.Builder
	fmt.Fprintf(&file, "go %s\n\nuse .\nuse %q\n", work.Go, w.root)
	for _, dir := range slices.Sorted(maps.Keys(elsewhere)) {
		if w.missing[module+"/"+dir] {
			continue
		}
		fmt.Fprintf(&file, "use %q\n", filepath.Join(w.root, dir))
	}
	for _, r := range work.Replace { // the version that the modules require may be the one of the next release
		if r.Old.Path == module {
			fmt.Fprintf(&file, "replace %s %s => %q\n", module, r.Old.Version, w.root)
		}
	}
	for _, dir := range []string{".", "token/redisstore"} {
		sum, err := os.ReadFile(filepath.Join(w.root, dir, "go.work.sum"))
		require.NoError(t, err)
		sums.Write(sum)
	}
	write("go.work", file.String())
	write("go.work.sum", sums.String())
	var test strings.Builder
	test.WriteString("package guides\n\nimport (\n\t\"testing\"\n")
	for _, name := range w.packages {
		used := slices.ContainsFunc(w.tests, func(call string) bool { return strings.Contains(call, " "+name+".") })
		if used {
			fmt.Fprintf(&test, "\t\"guides.test/%s\"\n", name)
		} else {
			fmt.Fprintf(&test, "\t_ \"guides.test/%s\"\n", name)
		}
	}
	test.WriteString(")\n\nfunc TestAll(t *testing.T) {\n\t" + strings.Join(w.tests, "\n\t") + "\n}\n")
	write("all_test.go", test.String())
}

func (w *workspace) goCommand(args ...string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = w.dir
	cmd.Env = append(os.Environ(), "GOWORK="+filepath.Join(w.dir, "go.work"), "GOPROXY=off", "GOFLAGS=", "PWD="+w.dir)
	return cmd.CombinedOutput()
}

// unit is a piece of code as a file of its own.
type unit struct {
	body  string
	line  string   // where it is from, for the compiler's errors
	uses  []string // the packages to import
	tests []string
}

var (
	clause   = regexp.MustCompile(`(?m)^package \w+\n`)
	imported = regexp.MustCompile(`(?ms)^import \(\n(.*?)^\)\n`)
	testFunc = regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`)
)

// newUnit makes a file of a whole file, of declarations, or of statements. What these have not made they are given.
func newUnit(code string) (*unit, error) {
	u := &unit{}
	for _, found := range testFunc.FindAllStringSubmatch(code, -1) {
		u.tests = append(u.tests, found[1])
	}
	if clause.MatchString(code) { // a whole file
		file, err := parser.ParseFile(token.NewFileSet(), "", code, parser.ImportsOnly)
		if err != nil {
			return nil, err
		}
		for _, i := range file.Imports {
			u.uses = append(u.uses, strings.Trim(i.Path.Value, `"`))
		}
		u.body = blank(blank(code, clause), imported)
		return u, nil
	}
	file, err := parser.ParseFile(token.NewFileSet(), "", "package p;"+code, 0)
	if err == nil {
		u.body = code
		u.importWhat(file)
		return u, nil
	}
	statements := "package p; func _() error {" + code + "\nreturn nil }"
	if file, err = parser.ParseFile(token.NewFileSet(), "", statements, 0); err != nil {
		return nil, err
	}
	var params, unused []string
	for _, name := range unresolved(file) {
		if kind := given[name]; kind != "" {
			params = append(params, name+" "+kind)
			u.use(kind)
		}
	}
	for _, s := range file.Decls[0].(*ast.FuncDecl).Body.List {
		unused = append(unused, defined(s)...)
	}
	u.importWhat(file)
	u.body = "func _(" + strings.Join(params, ", ") + ") error {" + code
	for _, name := range unused {
		u.body += "_ = " + name + "\n"
	}
	u.body += "return nil }\n"
	return u, nil
}

// blank takes out what matches, and keeps the lines.
func blank(code string, what *regexp.Regexp) string {
	return what.ReplaceAllStringFunc(code, func(found string) string { return strings.Repeat("\n", strings.Count(found, "\n")) })
}

// unresolved are the names that a file uses and does not declare.
func unresolved(file *ast.File) (names []string) {
	for _, ident := range file.Unresolved {
		if !slices.Contains(names, ident.Name) {
			names = append(names, ident.Name)
		}
	}
	return names
}

func (u *unit) importWhat(file *ast.File) {
	for _, name := range unresolved(file) {
		u.use(name + ".")
	}
}

// use imports the package of a qualified name.
func (u *unit) use(qualified string) {
	name, _, ok := strings.Cut(strings.TrimLeft(qualified, "*"), ".")
	if path := imports[name]; ok && path != "" && !slices.Contains(u.uses, path) {
		u.uses = append(u.uses, path)
	}
}

// defined are the variables that a statement makes, which the compiler wants to be used.
func defined(s ast.Stmt) (names []string) {
	if assign, ok := s.(*ast.AssignStmt); ok && assign.Tok == token.DEFINE {
		for _, left := range assign.Lhs {
			if name := left.(*ast.Ident).Name; name != "_" {
				names = append(names, name)
			}
		}
	}
	return names
}

func (u *unit) source(name string) string {
	var b strings.Builder
	b.WriteString("package " + name + "\n\nimport (\n")
	for _, path := range u.uses {
		fmt.Fprintf(&b, "\t%q\n", path)
	}
	return b.String() + ")\n\n" + u.line + "\n" + u.body
}
