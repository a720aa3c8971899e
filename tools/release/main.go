// Command release prepares a release of all modules of this repository. Makefile's target release runs it; docs/releasing.md
// tells the whole way.
//
//	release next              print the version that comes next
//	release required          print the version that the modules require of each other
//	release prepare VERSION   turn the unreleased changes of CHANGELOG.md into the section of the version, and require it
//	release require VERSION   let the modules require that version of each other
//	release adopt TREE        take go.mod and go.sum of all modules from a copy of the repository in which they were tidied
//	release tag VERSION       tag every module at HEAD, if it is prepared and checked
//	release pack VERSION DIR  write all modules into DIR as a module proxy in the file system
//
// It works on the files that git tracks in the repository around the current directory.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/mod/semver"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, time.Now()); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer, now time.Time) error {
	if len(args) == 0 {
		return errors.New("want next, required, prepare, require, adopt, tag or pack")
	}
	r, err := openRepo(".")
	if err != nil {
		return err
	}
	verb, args := args[0], args[1:]
	if verb == "adopt" && len(args) == 1 {
		return r.adopt(args[0])
	}
	if ask := map[string]func() (string, error){"next": r.next, "required": r.required}[verb]; ask != nil {
		version, err := ask()
		if err != nil {
			return err
		}
		fmt.Fprintln(out, version)
		return nil
	}
	if len(args) == 0 {
		return fmt.Errorf("%s: VERSION is missing", verb)
	}
	version := args[0]
	if semver.Canonical(version) != version || semver.Build(version) != "" {
		return fmt.Errorf("%q is not a version such as v0.1.0", version)
	}
	switch {
	case verb == "prepare":
		return r.prepare(version, now)
	case verb == "require":
		return r.require(version)
	case verb == "tag":
		return r.tag(version, out)
	case verb == "pack" && len(args) == 2:
		return r.pack(version, args[1], now)
	}
	return fmt.Errorf("%s %v: want next, required, prepare, require, adopt, tag or pack, with VERSION, and DIR for pack", verb, args)
}
