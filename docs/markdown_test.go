package docs

import (
	"go/scanner"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// document is one of the guides, in the parts that the tests look at.
type document struct {
	path     string
	text     string // without the code
	headings []string
	blocks   []block
}

// block is a piece of code in a document.
type block struct {
	line int
	lang string
	code string
	mark string // the comment above it, "" if there is none
}

var mark = regexp.MustCompile(`^<!-- (.*) -->$`)

func read(t *testing.T, path string) *document {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	d := &document{path: path}
	var text, code strings.Builder
	var above string
	var open *block
	for i, line := range strings.Split(string(content), "\n") {
		switch {
		case open != nil && line == "```":
			open.code = code.String()
			d.blocks = append(d.blocks, *open)
			open = nil
		case open != nil:
			code.WriteString(line + "\n")
		case strings.HasPrefix(line, "```"):
			open = &block{line: i + 2, lang: line[3:]}
			if found := mark.FindStringSubmatch(above); found != nil {
				open.mark = found[1]
			}
			code.Reset()
		default:
			if strings.HasPrefix(line, "#") {
				d.headings = append(d.headings, line)
			}
			text.WriteString(line + "\n")
		}
		above = line
	}
	require.Nil(t, open, path)
	d.text = text.String()
	return d
}

// shell is all that a document tells to type.
func (d *document) shell() string {
	var b strings.Builder
	for _, block := range d.blocks {
		if block.lang == "sh" {
			b.WriteString("\n" + block.code)
		}
	}
	return b.String()
}

// pairs are the documents that there are in both languages, the English one first.
func pairs(t *testing.T) [][2]*document {
	t.Helper()
	chinese, err := filepath.Glob("zh/*.md")
	require.NoError(t, err)
	require.NotEmpty(t, chinese)
	var all [][2]*document
	for _, zh := range chinese {
		all = append(all, [2]*document{read(t, filepath.Base(zh)), read(t, zh)})
	}
	return all
}

// The English and the Chinese document have the same sections, tables and code.
func TestBothLanguagesHaveTheSame(t *testing.T) {
	t.Parallel()
	for _, pair := range pairs(t) {
		en, zh := pair[0], pair[1]
		require.Equal(t, levels(en), levels(zh), en.path)
		require.Equal(t, strings.Count(en.text, "\n|"), strings.Count(zh.text, "\n|"), "%s: rows of tables", en.path)
		require.Len(t, zh.blocks, len(en.blocks), en.path)
		for i, b := range en.blocks {
			other := zh.blocks[i]
			require.Equal(t, b.lang, other.lang, "%s:%d", zh.path, other.line)
			require.Equal(t, skeleton(b), skeleton(other), "%s:%d and %s:%d", en.path, b.line, zh.path, other.line)
		}
	}
}

func levels(d *document) (levels []int) {
	for _, h := range d.headings {
		levels = append(levels, len(h)-len(strings.TrimLeft(h, "#")))
	}
	return levels
}

var (
	comment = regexp.MustCompile(`(?m)(^|\s)(#|//).*$|<!--.*?-->`)
	quoted  = regexp.MustCompile(`"[^"\n]*"|'[^'\n]*'`)
	spoken  = regexp.MustCompile(`>[^<>{}]*</`)
)

// skeleton is code without what is said to people: comments and strings.
func skeleton(b block) string {
	switch b.lang {
	case "go":
		return goSkeleton(b.code)
	case "sh", "js", "json", "html":
		code := comment.ReplaceAllString(b.code, "")
		return strings.Join(strings.Fields(spoken.ReplaceAllString(quoted.ReplaceAllString(code, `""`), "></")), " ")
	}
	return "" // output and diagrams
}

func goSkeleton(code string) string {
	var s scanner.Scanner
	var b strings.Builder
	files := token.NewFileSet()
	s.Init(files.AddFile("", files.Base(), len(code)), []byte(code), nil, 0)
	for {
		_, tok, literal := s.Scan()
		switch {
		case tok == token.EOF:
			return b.String()
		case tok == token.STRING:
			b.WriteString(`"" `)
		case tok.IsLiteral(): // a name or a number
			b.WriteString(literal + " ")
		default:
			b.WriteString(tok.String() + " ")
		}
	}
}

var link = regexp.MustCompile(`\]\(([^()]+)\)`)

// What a document links to is there, the section too.
func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	documents := map[string]*document{}
	for _, pattern := range []string{"*.md", "zh/*.md"} {
		paths, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, path := range paths {
			documents[path] = read(t, path)
		}
	}
	for path, d := range documents {
		for _, found := range link.FindAllStringSubmatch(d.text, -1) {
			target, section, _ := strings.Cut(found[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			file := path
			if target != "" {
				file = filepath.Join(filepath.Dir(path), target)
			}
			_, err := os.Stat(file)
			require.NoError(t, err, path)
			if other := documents[file]; other != nil && section != "" {
				require.Contains(t, anchors(other), section, path)
			}
		}
	}
}

var punctuation = regexp.MustCompile(`[^\p{L}\p{N}\s_-]`)

// anchors are the names under which GitHub finds the headings.
func anchors(d *document) (names []string) {
	for _, h := range d.headings {
		name := punctuation.ReplaceAllString(strings.ToLower(strings.TrimSpace(strings.TrimLeft(h, "#"))), "")
		names = append(names, strings.ReplaceAll(name, " ", "-"))
	}
	return names
}

var (
	runs     = regexp.MustCompile(`\bgo run (\./\S+)`)
	installs = regexp.MustCompile(`\bgo (?:install|get) github\.com/wechatkit/wechat(\S*)`)
	command  = regexp.MustCompile("(?m)(?:^|`)wechat ([a-z]+)")
)

// What a document tells to type is there.
func TestCommandsExist(t *testing.T) {
	t.Parallel()
	var program strings.Builder
	sources, err := filepath.Glob("../cmd/wechat/*.go")
	require.NoError(t, err)
	for _, source := range sources {
		text, err := os.ReadFile(source)
		require.NoError(t, err)
		program.Write(text)
	}
	exists := func(b block, path, dir string) {
		_, err := os.Stat(filepath.Join("..", dir))
		require.NoError(t, err, "%s:%d", path, b.line)
	}
	for _, pair := range pairs(t) {
		for _, d := range pair {
			for _, b := range d.blocks {
				for _, found := range runs.FindAllStringSubmatch(b.code, -1) {
					exists(b, d.path, found[1])
				}
				for _, found := range installs.FindAllStringSubmatch(b.code, -1) {
					dir, _, _ := strings.Cut(found[1], "@")
					exists(b, d.path, "./"+dir)
				}
			}
			for _, found := range command.FindAllStringSubmatch(d.text+d.shell(), -1) {
				there := regexp.MustCompile(`name: +"` + found[1] + `\b`).MatchString(program.String())
				require.True(t, there, "%s: wechat %s", d.path, found[1])
			}
		}
	}
}

// What the client is to run is JavaScript. Where there is no node, CI=true makes that an error.
func TestScriptsParse(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		require.Empty(t, os.Getenv("CI"), "node is not installed")
		t.Skip("node is not installed")
	}
	for _, pair := range pairs(t) {
		for _, d := range pair {
			for _, b := range d.blocks {
				if b.lang != "js" {
					continue
				}
				file := filepath.Join(t.TempDir(), "page.js")
				require.NoError(t, os.WriteFile(file, []byte(b.code), 0o600))
				out, err := exec.CommandContext(t.Context(), node, "--check", file).CombinedOutput()
				require.NoError(t, err, "%s:%d: %s", d.path, b.line, out)
			}
		}
	}
}
