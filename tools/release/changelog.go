package main

import (
	"fmt"
	"os"
	"strings"
	"time"
)

const unreleasedHeading = "## Unreleased\n"

// changelog turns the unreleased changes into the section of a version.
func (r *repo) changelog(version string, now time.Time) error {
	name := r.file("CHANGELOG.md")
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	text2, err := released(string(text), version, now)
	if err != nil {
		return fmt.Errorf("CHANGELOG.md: %w", err)
	}
	return os.WriteFile(name, []byte(text2), 0o644)
}

func released(text, version string, now time.Time) (string, error) {
	before, after, found := strings.Cut(text, unreleasedHeading)
	changes, _, _ := strings.Cut(after, "\n## ")
	switch {
	case !found:
		return "", fmt.Errorf("no heading %q", strings.TrimSpace(unreleasedHeading))
	case strings.Contains(text, "\n"+heading(version)):
		return "", fmt.Errorf("there is a section %s already", version)
	case strings.TrimSpace(changes) == "":
		return "", fmt.Errorf("nothing is unreleased")
	}
	return before + unreleasedHeading + "\n" + heading(version) + now.UTC().Format(time.DateOnly) + "\n" + after, nil
}

// heading begins the section of a version.
func heading(version string) string { return "## " + strings.TrimPrefix(version, "v") + " - " }
