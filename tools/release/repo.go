package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// repo is a repository of modules that are released together.
type repo struct {
	root    string
	files   []string    // that git tracks, with slashes
	modules []*goModule // each after those that it requires
}

// goModule is one module of the repository.
type goModule struct {
	path string
	dir  string // within the repository, "" for the root
	mod  *modfile.File
}

// unreleased is where a module stands that nobody but this repository uses.
const unreleased = "tools"

func openRepo(dir string) (*repo, error) {
	root, err := git(dir, "rev-parse", "--show-toplevel")
	if err != nil {
		return nil, err
	}
	r := &repo{root: strings.TrimSpace(root)}
	list, err := git(r.root, "ls-files", "-z")
	if err != nil {
		return nil, err
	}
	r.files = strings.Split(strings.TrimRight(list, "\x00"), "\x00")
	var found []*goModule
	for _, f := range r.files {
		if path.Base(f) != "go.mod" || path.Dir(f) == unreleased {
			continue
		}
		m, err := r.readModule(f)
		if err != nil {
			return nil, err
		}
		found = append(found, m)
	}
	r.modules, err = inOrder(found)
	return r, err
}

func git(dir string, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, bytes.TrimSpace(stderr.Bytes()))
	}
	return string(out), nil
}

func (r *repo) file(name string) string { return filepath.Join(r.root, filepath.FromSlash(name)) }

func (r *repo) readModule(file string) (*goModule, error) {
	data, err := os.ReadFile(r.file(file))
	if err != nil {
		return nil, err
	}
	mod, err := modfile.Parse(file, data, nil)
	if err != nil {
		return nil, err
	}
	if len(mod.Replace) > 0 || len(mod.Exclude) > 0 {
		return nil, fmt.Errorf("%s: a replace or exclude, which nobody who requires the module sees: go.work is the place", file)
	}
	dir := path.Dir(file)
	if dir == "." {
		dir = ""
	}
	return &goModule{path: mod.Module.Mod.Path, dir: dir, mod: mod}, nil
}

// inOrder puts each module after those that it requires.
func inOrder(modules []*goModule) ([]*goModule, error) {
	var done []*goModule
	for len(modules) > 0 {
		ready := slices.IndexFunc(modules, func(m *goModule) bool { return len(m.requires(modules)) == 0 })
		if ready < 0 {
			return nil, fmt.Errorf("the modules %s and others require each other in a circle", modules[0].path)
		}
		done = append(done, modules[ready])
		modules = slices.Delete(slices.Clone(modules), ready, ready+1)
	}
	return done, nil
}

// requires are those of modules that m requires.
func (m *goModule) requires(modules []*goModule) (required []*goModule) {
	for _, other := range modules {
		if slices.ContainsFunc(m.mod.Require, func(q *modfile.Require) bool { return q.Mod.Path == other.path }) {
			required = append(required, other)
		}
	}
	return required
}

// tagName is what the module proxy looks for.
func (m *goModule) tagName(version string) string { return path.Join(m.dir, version) }

// in tells whether a file is of m: of the longest of the directories of modules that it is below.
func (r *repo) in(m *goModule, file string) bool {
	var owner *goModule
	for _, other := range r.modules {
		below := other.dir == "" || strings.HasPrefix(file, other.dir+"/")
		if below && (owner == nil || len(other.dir) > len(owner.dir)) {
			owner = other
		}
	}
	return owner == m && !strings.HasPrefix(file, unreleased+"/")
}

// next is the version that the modules require of each other, or, where that is tagged, the patch after it.
func (r *repo) next() (string, error) {
	version, err := r.required()
	if err != nil {
		return "", err
	}
	tags, err := git(r.root, "tag", "--list", version)
	if err != nil || strings.TrimSpace(tags) == "" {
		return version, err
	}
	var patch int
	prefix := semver.MajorMinor(version)
	if _, err := fmt.Sscanf(strings.TrimPrefix(version, prefix+"."), "%d", &patch); err != nil {
		return "", fmt.Errorf("%s: %w", version, err)
	}
	return fmt.Sprintf("%s.%d", prefix, patch+1), nil
}

// required is the one version that the modules require of each other.
func (r *repo) required() (string, error) {
	found := map[string]string{}
	for _, m := range r.modules {
		for _, q := range m.mod.Require {
			if r.module(q.Mod.Path) != nil {
				found[q.Mod.Version] = m.path
			}
		}
	}
	if len(found) != 1 {
		return "", fmt.Errorf("the modules require several versions of each other, or none: %v", found)
	}
	for version := range found {
		return version, nil
	}
	panic("unreachable")
}

func (r *repo) module(path string) *goModule {
	if i := slices.IndexFunc(r.modules, func(m *goModule) bool { return m.path == path }); i >= 0 {
		return r.modules[i]
	}
	return nil
}
