package errcode

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// answer is one line of testdata/pages.txt: codes that share source and class.
type answer struct {
	source string // "page", "list" or "report"
	class  Class
	codes  []Code
}

// call is what testdata/pages.txt says about the endpoint at path.
type call struct {
	path, page string
	answers    []answer
}

// readCalls reads testdata/pages.txt, whose head says how it is written.
func readCalls(t *testing.T) []call {
	t.Helper()
	text, err := os.ReadFile("testdata/pages.txt")
	require.NoError(t, err)

	groups := map[string]*call{}
	var calls []*call
	var open *call
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0, words[0] == "#":
		case words[0] == "group":
			open = &call{}
			groups[words[1]] = open
		case strings.HasPrefix(line, "/"):
			open = &call{path: words[0], page: words[len(words)-1]}
			for _, name := range words[1 : len(words)-1] {
				require.Contains(t, groups, name, line)
				open.answers = append(open.answers, groups[name].answers...)
			}
			calls = append(calls, open)
		default:
			open.answers = append(open.answers, readAnswer(t, line))
		}
	}
	list := make([]call, len(calls))
	for i, c := range calls {
		list[i] = *c
	}
	return list
}

func readAnswer(t *testing.T, line string) answer {
	t.Helper()
	head, numbers, found := strings.Cut(line, ":")
	require.True(t, found, line)
	source, class, _ := strings.Cut(strings.TrimSpace(head), " ")
	require.Contains(t, []string{"page", "list", "report"}, source, line)
	at := slices.Index(classNames[:], class)
	require.Positive(t, at, "no class %q: %s", class, line)

	a := answer{source: source, class: Class(at)}
	for _, number := range strings.Fields(numbers) {
		n, err := strconv.ParseInt(number, 10, 64)
		require.NoError(t, err, line)
		a.codes = append(a.codes, Code(n))
	}
	require.NotEmpty(t, a.codes, line)
	return a
}

// TestPages_Codes: whatever an endpoint of this module may be answered with has a class, the right one for that call.
func TestPages_Codes(t *testing.T) {
	t.Parallel()

	for _, c := range readCalls(t) {
		t.Run(strings.TrimPrefix(c.path, "/"), func(t *testing.T) {
			t.Parallel()
			class := map[Code]Class{}
			for _, a := range c.answers {
				for _, code := range a.codes {
					if listed, ok := class[code]; ok {
						require.Equal(t, listed, a.class, "%d is listed with two classes", code)
					}
					class[code] = a.class
				}
			}
			for code, want := range class {
				err := New("op", c.path, 200, code, "")
				if want != err.Class {
					t.Errorf("%d: %v, want %v", code, err.Class, want)
				}
				if err.Meaning() == "" {
					t.Errorf("%d has no meaning", code)
				}
			}
		})
	}
}

// documented finds path and pages in a row of docs/endpoints.md.
var (
	documentedPath = regexp.MustCompile("^\\| `(?:GET|POST) (\\S+)`")
	documentedPage = regexp.MustCompile(`\]\((https://[^)]+)\)`)
)

// TestPages_Endpoints: testdata/pages.txt has the endpoints and pages of docs/endpoints.md, so a new endpoint brings its
// codes.
func TestPages_Endpoints(t *testing.T) {
	t.Parallel()

	text, err := os.ReadFile("../docs/endpoints.md")
	require.NoError(t, err)
	pages := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		m := documentedPath.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		for _, page := range documentedPage.FindAllStringSubmatch(line, -1) {
			pages[m[1]] = append(pages[m[1]], page[1])
		}
	}
	require.Greater(t, len(pages), 100)

	seen := map[string]bool{}
	for _, c := range readCalls(t) {
		require.False(t, seen[c.path], "%s is listed twice", c.path)
		seen[c.path] = true
		require.Contains(t, pages[c.path], c.page, c.path)
	}
	for path := range pages {
		require.True(t, seen[path], "%s: testdata/pages.txt does not say what it is answered with", path)
	}
}
