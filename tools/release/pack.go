package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

// pack writes all modules into dir as GOPROXY=file://dir reads them.
func (r *repo) pack(version, dir string, now time.Time) error {
	for _, m := range r.modules {
		escaped, err := module.EscapePath(m.path)
		if err != nil {
			return err
		}
		place := filepath.Join(dir, filepath.FromSlash(escaped), "@v")
		if err := os.MkdirAll(place, 0o755); err != nil {
			return err
		}
		if err := r.packModule(m, version, place, now); err != nil {
			return err
		}
	}
	return nil
}

func (r *repo) packModule(m *goModule, version, place string, now time.Time) error {
	mod, err := os.ReadFile(r.file(path.Join(m.dir, "go.mod")))
	if err != nil {
		return err
	}
	info, err := json.Marshal(struct {
		Version string
		Time    time.Time
	}{version, now.UTC().Truncate(time.Second)})
	if err != nil {
		return err
	}
	for name, text := range map[string][]byte{"list": []byte(version + "\n"), version + ".info": info, version + ".mod": mod} {
		if err := os.WriteFile(filepath.Join(place, name), text, 0o644); err != nil {
			return err
		}
	}
	packed, err := os.Create(filepath.Join(place, version+".zip"))
	if err != nil {
		return err
	}
	return errors.Join(r.zip(packed, m, version), packed.Close())
}

// zip writes what the go command makes of the module at its tag.
func (r *repo) zip(w io.Writer, m *goModule, version string) error {
	var files []zip.File
	for _, name := range r.files {
		if r.in(m, name) {
			files = append(files, zipped{strings.TrimPrefix(strings.TrimPrefix(name, m.dir), "/"), r.file(name)})
		}
	}
	return zip.Create(w, module.Version{Path: m.path, Version: version}, files)
}

type zipped struct{ name, file string }

func (f zipped) Path() string                 { return f.name }
func (f zipped) Lstat() (os.FileInfo, error)  { return os.Lstat(f.file) }
func (f zipped) Open() (io.ReadCloser, error) { return os.Open(f.file) }
