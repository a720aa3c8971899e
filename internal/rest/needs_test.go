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
