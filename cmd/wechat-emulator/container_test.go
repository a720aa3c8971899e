package main

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	root       = "../.."
	module     = "github.com/wechatkit/wechat/"
	entrypoint = "/wechat-emulator"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(text)
}

// found is what stands in the brackets of a pattern.
func found(t *testing.T, text, pattern string) string {
	t.Helper()
	m := regexp.MustCompile(`(?m)` + pattern).FindStringSubmatch(text)
	require.Len(t, m, 2, pattern)
	return m[1]
}

// arguments reads a command line in the JSON form, which needs no shell.
func arguments(t *testing.T, text, pattern string) []string {
	t.Helper()
	var args []string
	require.NoError(t, json.Unmarshal([]byte(found(t, text, pattern)), &args))
	return args
}

// TestImageIsComplete compares what the Dockerfile copies with what the command is built of.
func TestImageIsComplete(t *testing.T) {
	t.Parallel()
	dockerfile := read(t, "Dockerfile")
	var copied []string
	for _, m := range regexp.MustCompile(`(?m)^COPY (\w\S*) \./(\S+)$`).FindAllStringSubmatch(dockerfile, -1) {
		require.Equal(t, m[1], m[2])
		copied = append(copied, m[1])
	}
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	require.NoError(t, err)
	for name := range strings.FieldsSeq(string(out)) {
		dir, ours := strings.CutPrefix(name, module)
		require.True(t, ours, "the build is to need no module of others: %s", name)
		require.True(t, slices.ContainsFunc(copied, func(c string) bool { return dir == c || strings.HasPrefix(dir, c+"/") }), name)
	}
	ignored := strings.Fields(read(t, "Dockerfile.dockerignore"))
	require.Equal(t, "*", ignored[0])
	for _, name := range append(copied, "go.mod", "go.sum") {
		require.Contains(t, ignored, "!"+name)
	}
	require.Contains(t, read(t, filepath.Join(root, "go.mod")), "\ngo "+found(t, dockerfile, `^FROM golang:(\S+) AS build$`)+".")
}

// TestContainerCommands reads the command lines of the image and of the services as the command does.
func TestContainerCommands(t *testing.T) {
	t.Parallel()
	dockerfile, compose := read(t, "Dockerfile"), read(t, "compose.yaml")
	entry := arguments(t, dockerfile, `^ENTRYPOINT (\[.*\])$`)
	require.Equal(t, entrypoint, entry[0])
	o, err := parse(append(entry[1:], arguments(t, compose, `^    command: (\["-.*\])`)...), io.Discard)
	require.NoError(t, err)
	require.False(t, o.health)
	require.Equal(t, []string{found(t, compose, `WECHAT_BASE_URL: http://(\w+):8630$`)}, o.hosts)

	health := arguments(t, dockerfile, `^HEALTHCHECK .* CMD (\[.*\])$`)
	require.Equal(t, entrypoint, health[0])
	h, err := parse(health[1:], io.Discard)
	require.NoError(t, err)
	require.True(t, h.health)
	require.Equal(t, o.addr, h.addr)
	require.Regexp(t, `(?m)^USER [1-9]\d*:[1-9]\d*$`, dockerfile, "not root")

	// What the services are made of is there.
	require.FileExists(t, filepath.Join(found(t, compose, `context: (\S+)$`), found(t, compose, `dockerfile: (\S+)$`)))
	mounts := regexp.MustCompile(`volumes: \["(\S+):/app:ro"\]\n    command: \[.*"/app/(\S+)"\]`).FindAllStringSubmatch(compose, -1)
	require.Len(t, mounts, 2)
	for _, m := range mounts {
		require.FileExists(t, filepath.Join(m[1], m[2]))
	}
}
