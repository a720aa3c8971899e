package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
)

// prepare makes all changes of a release.
func (r *repo) prepare(version string, now time.Time) error {
	if err := r.changelog(version, now); err != nil {
		return err
	}
	return r.require(version)
}

// require lets each module require the version of the others, in go.mod, go.sum and go.work. The hashes in go.sum are
// those that the version will have: a module is hashed after what it requires, and no module holds the files of another.
// Nothing of the root may change afterwards.
func (r *repo) require(version string) error {
	if err := r.workspaces(version); err != nil {
		return err
	}
	sums := map[*goModule][]string{}
	for _, m := range r.modules {
		var own []string
		for _, other := range m.requires(r.modules) {
			own = append(own, sums[other]...)
			if err := m.mod.AddRequire(other.path, version); err != nil {
				return err
			}
		}
		if err := r.write(m, own); err != nil {
			return err
		}
		lines, err := r.sumLines(m, version)
		if err != nil {
			return err
		}
		sums[m] = lines
	}
	return nil
}

func (r *repo) write(m *goModule, own []string) error {
	m.mod.Cleanup()
	text, err := m.mod.Format()
	if err != nil {
		return err
	}
	if err := os.WriteFile(r.file(path.Join(m.dir, "go.mod")), text, 0o644); err != nil {
		return err
	}
	name := r.file(path.Join(m.dir, "go.sum"))
	sum, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) && len(own) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	return os.WriteFile(name, r.sumFile(sum, own), 0o644)
}

// sumFile is go.sum with other lines about the repository's own modules, in the order of the go command.
func (r *repo) sumFile(sum []byte, own []string) []byte {
	lines := map[module.Version]string{}
	add := func(line string) {
		if f := strings.Fields(line); len(f) == 3 {
			lines[module.Version{Path: f[0], Version: f[1]}] = line
		}
	}
	for line := range strings.Lines(string(sum)) {
		if name, _, _ := strings.Cut(line, " "); r.module(name) == nil {
			add(strings.TrimSpace(line))
		}
	}
	for _, line := range own {
		add(line)
	}
	order := slices.Collect(maps.Keys(lines))
	module.Sort(order)
	var b bytes.Buffer
	for _, v := range order {
		fmt.Fprintln(&b, lines[v])
	}
	return b.Bytes()
}

// adopt takes go.mod and go.sum from another tree, but the lines of go.sum about the repository's own modules from here.
func (r *repo) adopt(tree string) error {
	for _, m := range r.modules {
		mod, err := os.ReadFile(filepath.Join(tree, m.dir, "go.mod"))
		if err != nil {
			return err
		}
		sum, err := os.ReadFile(filepath.Join(tree, m.dir, "go.sum"))
		if err != nil {
			return err
		}
		name := r.file(path.Join(m.dir, "go.sum"))
		before, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		var own []string
		for line := range strings.Lines(string(before)) {
			if path, _, _ := strings.Cut(line, " "); r.module(path) != nil {
				own = append(own, strings.TrimSpace(line))
			}
		}
		if err := os.WriteFile(name, r.sumFile(sum, own), 0o644); err != nil {
			return err
		}
		if err := os.WriteFile(r.file(path.Join(m.dir, "go.mod")), mod, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// sumLines are the lines of go.sum for a module of this version.
func (r *repo) sumLines(m *goModule, version string) ([]string, error) {
	packed, err := os.CreateTemp("", "release-*.zip")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(packed.Name()) }()
	err = errors.Join(r.zip(packed, m, version), packed.Close())
	if err != nil {
		return nil, err
	}
	all, err := dirhash.HashZip(packed.Name(), dirhash.Hash1)
	if err != nil {
		return nil, err
	}
	mod, err := dirhash.Hash1([]string{"go.mod"}, func(string) (io.ReadCloser, error) {
		return os.Open(r.file(path.Join(m.dir, "go.mod")))
	})
	return []string{fmt.Sprintf("%s %s %s", m.path, version, all), fmt.Sprintf("%s %s/go.mod %s", m.path, version, mod)}, err
}

// workspaces lets every go.work replace the version by the directory: it cannot be had from anywhere yet.
func (r *repo) workspaces(version string) error {
	for _, name := range r.files {
		if path.Base(name) != "go.work" {
			continue
		}
		data, err := os.ReadFile(r.file(name))
		if err != nil {
			return err
		}
		work, err := modfile.ParseWork(name, data, nil)
		if err != nil {
			return err
		}
		setReplaces(work, version)
		if err := os.WriteFile(r.file(name), modfile.Format(work.Syntax), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func setReplaces(work *modfile.WorkFile, version string) {
	for _, old := range work.Replace {
		for i, word := range old.Syntax.Token { // path, version, arrow, directory
			if word == old.Old.Version {
				old.Syntax.Token[i] = version
			}
		}
	}
}
