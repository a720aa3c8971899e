package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/semver"
)

// tag tags every module at HEAD and says what to push.
func (r *repo) tag(version string, out io.Writer) error {
	if err := r.ready(version); err != nil {
		return err
	}
	tags := make([]string, len(r.modules))
	for i, m := range r.modules {
		tags[i] = m.tagName(version)
		if _, err := git(r.root, "tag", "-a", "-m", "Release "+tags[i], tags[i]); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "Tagged. What is left:\n\n\tgit push --atomic origin HEAD %s\n", strings.Join(tags, " "))
	return nil
}

// ready says why HEAD is not to be tagged.
func (r *repo) ready(version string) error {
	return errors.Join(r.isClean(), r.isChecked(), r.isNewest(version), r.isPrepared(version), r.isLicensed())
}

func (r *repo) isClean() error {
	status, err := git(r.root, "status", "--porcelain")
	if err == nil && status != "" {
		err = fmt.Errorf("the tree is not clean:\n%s", status)
	}
	return err
}

// isChecked asks for the hash that .ci/run leaves after it has passed.
func (r *repo) isChecked() error {
	head, err := git(r.root, "rev-parse", "HEAD")
	if err != nil {
		return err
	}
	place, err := git(r.root, "rev-parse", "--git-path", "ci-passed")
	if err != nil {
		return err
	}
	name := strings.TrimSpace(place)
	if !path.IsAbs(name) {
		name = r.file(name)
	}
	passed, _ := os.ReadFile(name)
	if !bytes.Equal(bytes.TrimSpace(passed), []byte(strings.TrimSpace(head))) {
		return errors.New("make check has not passed on this commit")
	}
	return nil
}

func (r *repo) isNewest(version string) error {
	tags, err := git(r.root, "tag", "--list", "v*")
	if err != nil {
		return err
	}
	for tag := range strings.FieldsSeq(tags) {
		if semver.Compare(tag, version) >= 0 {
			return fmt.Errorf("%s is tagged already", tag)
		}
	}
	return nil
}

// isPrepared finds what require and changelog would change.
func (r *repo) isPrepared(version string) error {
	required, err := r.required()
	if err == nil && required != version {
		err = fmt.Errorf("the modules require %s of each other", required)
	}
	if err != nil {
		return err
	}
	text, err := os.ReadFile(r.file("CHANGELOG.md"))
	if err != nil {
		return err
	}
	if !strings.Contains(string(text), "\n"+heading(version)) {
		return fmt.Errorf("CHANGELOG.md has no section %s", version)
	}
	return r.sumsAreRight(version)
}

func (r *repo) sumsAreRight(version string) error {
	for _, m := range r.modules {
		for _, other := range m.requires(r.modules) {
			want, err := r.sumLines(other, version)
			if err != nil {
				return err
			}
			sum, err := os.ReadFile(r.file(path.Join(m.dir, "go.sum")))
			if err != nil {
				return err
			}
			have := strings.Split(string(sum), "\n")
			if !slices.Contains(have, want[0]) || !slices.Contains(have, want[1]) {
				return fmt.Errorf("%s: %s has changed since: prepare the release again", path.Join(m.dir, "go.sum"), other.path)
			}
		}
	}
	return nil
}

// isLicensed wants the licence in each module, since the go command would put the root's into a module without one,
// and the hashes would differ.
func (r *repo) isLicensed() error {
	root, err := os.ReadFile(r.file("LICENSE"))
	if err != nil {
		return err
	}
	for _, m := range r.modules {
		own, err := os.ReadFile(r.file(path.Join(m.dir, "LICENSE")))
		if err != nil {
			return err
		}
		if !bytes.Equal(own, root) {
			return fmt.Errorf("%s differs from LICENSE", path.Join(m.dir, "LICENSE"))
		}
	}
	return nil
}
