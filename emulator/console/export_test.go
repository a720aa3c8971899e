package console_test

import (
	"archive/zip"
	"bytes"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSavedState(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.post("/users/alice/accept", `{"templateIds":["T1"]}`)
	token := b.token(miniID, "mini-secret")
	rec := b.serve(b.request("GET", "/_emulator/api/saved-state", ""))
	require.Equal(t, http.StatusOK, rec.Code)
	require.Contains(t, rec.Header().Get("Content-Disposition"), "wechat-emulator-state.json")
	saved := rec.Body.String()

	require.Zero(t, b.send(token, "T1", "Fire insurance"))
	b.post("/asks", `{"user":"alice","templateIds":["T2"]}`)
	before := b.get("/state")["cursor"]
	b.do(http.StatusOK, "PUT", "/saved-state", saved)
	require.NotEqual(t, before, b.get("/state")["cursor"])
	require.Empty(t, b.get("/users/alice/messages")["messages"])
	require.Empty(t, b.get("/asks")["asks"])
	require.Zero(t, b.send(token, "T1", "Fire insurance"), "the token and the grant are as they were")

	b.do(http.StatusBadRequest, "PUT", "/saved-state", `{"version":9}`)
	b.do(http.StatusUnsupportedMediaType, "PUT", "/saved-state", "")
}

func TestReset(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.post("/users", `{"name":"carol"}`)
	b.post("/reset", "")
	b.do(http.StatusNotFound, "GET", "/users/carol", "")
	require.NotEmpty(t, b.token(miniID, "mini-secret"))
}

func TestRecords(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Equal(t, 43101, b.send(b.token(miniID, "mini-secret"), "T1", "x"))
	rec := b.serve(b.request("GET", "/_emulator/api/record.har", ""))
	require.Len(t, b.decode(rec.Body.Bytes())["log"].(object)["entries"], 2)
	rec = b.serve(b.request("GET", "/_emulator/api/golden.zip", ""))
	z, err := zip.NewReader(bytes.NewReader(rec.Body.Bytes()), int64(rec.Body.Len()))
	require.NoError(t, err)
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
	}
	require.Equal(t, []string{
		"cgi-bin.message.subscribe.send/error-43101.http", "cgi-bin.message.subscribe.send/error-43101.json",
		"cgi-bin.token/request.http", "cgi-bin.token/response.json",
	}, names)
}
