package console_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/emulator/console"
)

// BenchmarkLook is one look for changes, which a page that is open causes up to forty times a second.
func BenchmarkLook(b *testing.B) {
	for _, users := range []int{2, 10_000} {
		b.Run(fmt.Sprintf("%d-users", users), func(b *testing.B) {
			wx, err := emulator.Start()
			require.NoError(b, err)
			tpl := wx.MiniProgram().AddTemplate(emulator.Template{Keywords: []string{"thing1"}})
			for i := range users {
				wx.User(fmt.Sprintf("user%d", i)).Accept(tpl)
			}
			con := console.New(wx)
			req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "http://localhost/_emulator/api/state?users=0", nil)
			require.NoError(b, err)
			for b.Loop() {
				con.ServeHTTP(nowhere{}, req)
			}
			require.NoError(b, con.Close())
			require.NoError(b, wx.Close())
		})
	}
}

// nowhere drops the answer.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (nowhere) WriteHeader(int)             {}
