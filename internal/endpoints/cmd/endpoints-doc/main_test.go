package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWrite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.ErrorIs(t, write(dir), os.ErrNotExist, "no go.mod")

	require.NoError(t, os.WriteFile(dir+"/go.mod", []byte("module example.org/post\n"), 0o644))
	require.NoError(t, write(dir))
	written, err := os.ReadFile(dir + "/docs/endpoints.md")
	require.NoError(t, err)
	require.Contains(t, string(written), "# Endpoints")
}
