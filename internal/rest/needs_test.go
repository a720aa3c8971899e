package rest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/internal/rest"
)

func TestNeeds(t *testing.T) {
	t.Parallel()
	var out struct{ Ticket, URL string }
	require.NoError(t, rest.Needs(&out, "ticket", "url").DecodeAnswer([]byte(`{"ticket":"gQ==","url":"u","more":1}`)))
	require.Equal(t, "gQ==", out.Ticket)

	for _, body := range []string{`{}`, `{"ticket":null}`, `{"ticket":""}`, `{"nested":{"ticket":"gQ=="}}`} {
		err := rest.Needs(&out, "ticket").DecodeAnswer([]byte(body))
		require.ErrorIs(t, err, rest.Missing("ticket"), body)
		require.Equal(t, "ticket is missing", rest.DecodeReason(err))
	}
	require.Equal(t, "field Ticket is of another type",
		rest.DecodeReason(rest.Needs(&out).DecodeAnswer([]byte(`{"Ticket":7}`))))
}

func TestNeedsAny(t *testing.T) {
	t.Parallel()
	var out struct{ N int }
	for _, body := range []string{`{"errcode":0}`, `{"n":1}`, `{"n":1,"list":null}`, `{"list":[]}`} {
		require.NoError(t, rest.NeedsAny(&out, "errcode", "n", "list").DecodeAnswer([]byte(body)), body)
	}
	require.Equal(t, 1, out.N)
	for _, body := range []string{`{}`, `{"message":"hello"}`, `{"nested":{"n":1}}`} {
		require.ErrorIs(t, rest.NeedsAny(&out, "errcode", "n").DecodeAnswer([]byte(body)), rest.Missing("errcode"), body)
	}
}
