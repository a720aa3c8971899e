package golden

import (
	"context"
	"net/http"
	"reflect"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/token"
)

// RunZero calls every method of what client returns with nothing but zero values, with local checks and without
// them. None may panic, whatever it makes of them.
func RunZero(t *testing.T, client func(c *wechat.Client) any) {
	t.Helper()
	for name, opts := range map[string][]wechat.Option{"Checked": nil, "Unchecked": {wechat.WithoutChecks()}} {
		mock := httpmock.NewMockTransport()
		mock.RegisterNoResponder(httpmock.NewStringResponder(http.StatusOK, `{"errcode":0}`))
		core, err := wechat.New(wechat.Config{AppID: AppID, AppSecret: AppSecret}, append(opts,
			wechat.WithTokenSource(token.Static(AccessToken)), wechat.WithHTTPClient(&http.Client{Transport: mock}),
			wechat.WithRetry(wechat.RetryPolicy{Attempts: 1}))...)
		require.NoError(t, err)
		v := reflect.ValueOf(client(core))
		for i := range v.NumMethod() {
			if v.Type().Method(i).Name == "Format" {
				continue // fmt calls it, never with nil
			}
			t.Run(name+"/"+v.Type().Method(i).Name, func(t *testing.T) {
				t.Parallel()
				require.NotPanics(t, func() { callWithZeros(t, v.Method(i)) })
			})
		}
	}
}

// callWithZeros calls a method, and walks through its result if that is an iterator.
func callWithZeros(t *testing.T, method reflect.Value) {
	t.Helper()
	var args []reflect.Value
	for i := range method.Type().NumIn() {
		if in := method.Type().In(i); in == reflect.TypeFor[context.Context]() {
			args = append(args, reflect.ValueOf(t.Context()))
		} else {
			args = append(args, reflect.Zero(in))
		}
	}
	for _, result := range method.Call(args) {
		if result.Type().CanSeq2() && result.Kind() == reflect.Func {
			for range result.Seq2() {
				break
			}
		}
	}
}
