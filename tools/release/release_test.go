package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var day = time.Date(2026, time.December, 24, 23, 30, 0, 0, time.FixedZone("UTC-5", -5*3600))

const licence = "Copy me.\n"

// newRepo makes a repository of three modules: the root, kit below it, and an application that requires both.
func newRepo(t *testing.T) *repo {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module github.com/example/house\n\ngo 1.26.0\n", "house.go": "package house\n", "LICENSE": licence,
		"CHANGELOG.md":       "# Changelog\n\n## Unreleased\n\n### Added\n\n- All.\n",
		"go.work":            "go 1.26.0\n\nuse (\n\t.\n\t./app\n\t./deep/kit\n)\n\nreplace (\n\tgithub.com/example/house v0.0.9 => .\n\tgithub.com/example/house/deep/kit v0.0.9 => ./deep/kit\n)\n",
		"tools/go.mod":       "module github.com/example/house/tools\n\ngo 1.26.0\n",
		"deep/kit/go.mod":    "module github.com/example/house/deep/kit\n\ngo 1.26.0\n\nrequire github.com/example/house v0.0.9\n",
		"deep/kit/go.sum":    "",
		"deep/kit/kit.go":    "package kit\n\nimport _ \"github.com/example/house\"\n",
		"deep/kit/LICENSE":   licence,
		"app/go.mod":         "module github.com/example/house/app\n\ngo 1.26.0\n\nrequire (\n\tgithub.com/example/house v0.0.9 // indirect\n\tgithub.com/example/house/deep/kit v0.0.9\n)\n",
		"app/go.sum":         "github.com/example/house v0.0.9 h1:old\nexample.com/other v1.0.0 h1:stays\n",
		"app/main.go":        "package main\n\nimport _ \"github.com/example/house/deep/kit\"\n\nfunc main() {}\n",
		"app/LICENSE":        licence,
		"app/testdata/x.txt": "x",
	} {
		file := filepath.Join(root, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	for _, args := range [][]string{
		{"init", "-q", "-b", "main"}, {"config", "user.name", "nobody"}, {"config", "user.email", "nobody@example.com"},
	} {
		_, err := git(root, args...)
		require.NoError(t, err)
	}
	commit(t, root)
	return reopen(t, root)
}

func reopen(t *testing.T, root string) *repo {
	t.Helper()
	r, err := openRepo(root)
	require.NoError(t, err)
	return r
}

// commit commits all there is, as if it had been checked.
func commit(t *testing.T, root string) {
	t.Helper()
	_, err := git(root, "add", "-A")
	require.NoError(t, err)
	_, err = git(root, "commit", "-q", "--allow-empty", "-m", "x")
	require.NoError(t, err)
	head, err := git(root, "rev-parse", "HEAD")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(root, ".git", "ci-passed"), []byte(head), 0o644))
}

// prepared is a repository ready to be tagged as v0.1.0.
func prepared(t *testing.T) *repo {
	t.Helper()
	r := newRepo(t)
	require.NoError(t, r.prepare("v0.1.0", day))
	commit(t, r.root)
	return reopen(t, r.root)
}

func (r *repo) read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(r.file(name))
	require.NoError(t, err)
	return string(text)
}

func TestRequire(t *testing.T) {
	t.Parallel()
	r := prepared(t)
	require.Equal(t, "module github.com/example/house/app\n\ngo 1.26.0\n\nrequire (\n\tgithub.com/example/house v0.1.0 // indirect\n\tgithub.com/example/house/deep/kit v0.1.0\n)\n", r.read(t, "app/go.mod"))
	require.Equal(t, "go 1.26.0\n\nuse (\n\t.\n\t./app\n\t./deep/kit\n)\n\nreplace (\n\tgithub.com/example/house v0.1.0 => .\n\tgithub.com/example/house/deep/kit v0.1.0 => ./deep/kit\n)\n", r.read(t, "go.work"))
	sum := strings.Split(strings.TrimSpace(r.read(t, "app/go.sum")), "\n")
	require.Len(t, sum, 5)
	require.Equal(t, "example.com/other v1.0.0 h1:stays", sum[0])
	require.Contains(t, sum[1], "github.com/example/house v0.1.0 h1:")
	require.Contains(t, sum[2], "github.com/example/house v0.1.0/go.mod h1:")
	require.Contains(t, sum[3], "github.com/example/house/deep/kit v0.1.0 h1:")
}

// TestTheGoCommandMakesTheSameHashes lets the go command fetch the tagged modules, once from the repository as it would
// from its host and once from what pack writes, with go.sum of the application in force.
func TestTheGoCommandMakesTheSameHashes(t *testing.T) {
	t.Parallel()
	r := prepared(t)
	var out bytes.Buffer
	require.NoError(t, r.tag("v0.1.0", &out))
	require.Contains(t, out.String(), "git push --atomic origin HEAD v0.1.0 deep/kit/v0.1.0 app/v0.1.0\n")
	proxy := t.TempDir()
	require.NoError(t, r.pack("v0.1.0", proxy, day))

	fromHost := filepath.Join(t.TempDir(), "gitconfig")
	require.NoError(t, os.WriteFile(fromHost, fmt.Appendf(nil, "[url %q]\n\tinsteadOf = https://github.com/example/house\n", "file://"+r.root), 0o644))
	for name, env := range map[string][]string{
		"Host":  {"GOPROXY=direct", "GIT_CONFIG_GLOBAL=" + fromHost},
		"Proxy": {"GOPROXY=file://" + proxy},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command("go", "build", "-modcacherw", "-o", os.DevNull, ".")
			cmd.Dir = r.file("app")
			cmd.Env = append(os.Environ(), append(env, "GOWORK=off", "GOFLAGS=", "GONOSUMDB=*", "GOTOOLCHAIN=local", "GOMODCACHE="+t.TempDir())...)
			text, err := cmd.CombinedOutput()
			require.NoError(t, err, string(text))
		})
	}
}

func TestAdopt(t *testing.T) {
	t.Parallel()
	r := prepared(t)
	own := r.read(t, "app/go.sum")
	tidied := prepared(t)
	write(t, tidied, "go.sum", "")
	write(t, r, "go.sum", "")
	write(t, tidied, "app/go.sum", "example.com/other v1.10.0 h1:new\nexample.com/other v1.9.0 h1:new\ngithub.com/example/house v0.1.0 h1:another\n")
	write(t, tidied, "app/go.mod", "module github.com/example/house/app // tidied\n")
	require.NoError(t, r.adopt(tidied.root))
	require.Equal(t, "module github.com/example/house/app // tidied\n", r.read(t, "app/go.mod"))
	_, own, _ = strings.Cut(own, "\n") // all but the line of the other module
	require.Equal(t, "example.com/other v1.9.0 h1:new\nexample.com/other v1.10.0 h1:new\n"+own, r.read(t, "app/go.sum"))
}

func TestNext(t *testing.T) {
	t.Parallel()
	r := prepared(t)
	var out bytes.Buffer
	next, err := r.next()
	require.NoError(t, err)
	require.Equal(t, "v0.1.0", next)
	require.NoError(t, r.tag("v0.1.0", &out))
	next, err = r.next()
	require.NoError(t, err)
	require.Equal(t, "v0.1.1", next)
}

func TestChangelog(t *testing.T) {
	t.Parallel()
	text, err := released("# Changelog\n\n## Unreleased\n\n- All.\n\n## 0.1.0 - 2026-01-01\n\n- Old.\n", "v0.2.0", day)
	require.NoError(t, err)
	require.Equal(t, "# Changelog\n\n## Unreleased\n\n## 0.2.0 - 2026-12-25\n\n- All.\n\n## 0.1.0 - 2026-01-01\n\n- Old.\n", text)
	_, err = released("# Changelog\n", "v0.2.0", day)
	require.ErrorContains(t, err, `no heading "## Unreleased"`)
	_, err = released(text, "v0.3.0", day)
	require.ErrorContains(t, err, "nothing is unreleased")
	_, err = released(text, "v0.1.0", day)
	require.ErrorContains(t, err, "there is a section v0.1.0 already")
}

func TestTagRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		version string
		spoil   func(t *testing.T, r *repo)
		want    string
	}{
		"Dirty":       {"v0.1.0", func(t *testing.T, r *repo) { write(t, r, "new.go", "package house\n") }, "the tree is not clean:\n?? new.go"},
		"Unchecked":   {"v0.1.0", func(t *testing.T, r *repo) { write(t, r, ".git/ci-passed", "0\n") }, "make check has not passed on this commit"},
		"Unprepared":  {"v0.2.0", func(*testing.T, *repo) {}, "the modules require v0.1.0 of each other"},
		"NoSection":   {"v0.1.0", func(t *testing.T, r *repo) { write(t, r, "CHANGELOG.md", "# Changelog\n"); commit(t, r.root) }, "CHANGELOG.md has no section"},
		"Changed":     {"v0.1.0", func(t *testing.T, r *repo) { write(t, r, "house.go", "package house // x\n"); commit(t, r.root) }, "go.sum: github.com/example/house has changed since"},
		"Licence":     {"v0.1.0", func(t *testing.T, r *repo) { write(t, r, "app/LICENSE", "Keep me.\n"); commit(t, r.root) }, "app/LICENSE differs from LICENSE"},
		"Tagged":      {"v0.1.0", func(t *testing.T, r *repo) { require.NoError(t, r.tag("v0.1.0", new(bytes.Buffer))) }, "v0.1.0 is tagged already"},
		"TaggedNewer": {"v0.1.0", func(t *testing.T, r *repo) { _, err := git(r.root, "tag", "v0.10.0"); require.NoError(t, err) }, "v0.10.0 is tagged already"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := prepared(t)
			c.spoil(t, r)
			require.ErrorContains(t, reopen(t, r.root).tag(c.version, new(bytes.Buffer)), c.want)
		})
	}
}

func write(t *testing.T, r *repo, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(r.file(name), []byte(text), 0o644))
}

func TestRepoRefuses(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	write(t, r, "app/go.mod", "module github.com/example/house/app\n\ngo 1.26.0\n\nreplace github.com/example/house => ..\n")
	_, err := openRepo(r.root)
	require.ErrorContains(t, err, "app/go.mod: a replace or exclude")
	write(t, r, "app/go.mod", "module github.com/example/house/app\n\ngo 1.26.0\n\nrequire github.com/example/house/deep/kit v0.2.0\n")
	r = reopen(t, r.root)
	_, err = r.next()
	require.ErrorContains(t, err, "several versions of each other")
	write(t, r, "go.mod", "module github.com/example/house\n\ngo 1.26.0\n\nrequire github.com/example/house/app v0.2.0\n")
	_, err = openRepo(r.root)
	require.ErrorContains(t, err, "require each other in a circle")

	for want, args := range map[string][]string{
		"want next": nil, "tag: VERSION is missing": {"tag"}, `"1.0" is not a version`: {"require", "1.0"},
		"want next, required, prepare": {"pack", "v1.0.0"}, `"v1.0.0+meta" is not`: {"require", "v1.0.0+meta"},
	} {
		require.ErrorContains(t, run(args, new(bytes.Buffer), day), want)
	}
}
