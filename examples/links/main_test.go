package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

func Example() {
	if err := run(context.Background(), os.Stdout, func(string) string { return "" }); err != nil {
		fmt.Println(err)
	}
	// Output:
	// a QR code for user-77, good for 10m0s
	// scanned: bound to the user
	// scanned: the same person again, nothing to do
	// back to the Mini Program: pages/contract/index?user=user-77
}

func TestBinding(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBinding()
		scene, late := b.expect("user-77", time.Minute), b.expect("user-78", time.Minute)

		user, o := b.use(scene, "o-alice")
		require.Equal(t, bound, o)
		require.Equal(t, "user-77", user)
		_, o = b.use(scene, "o-bob")
		require.Equal(t, refused, o, "the picture was forwarded")
		_, o = b.use(b.expect("user-79", time.Minute), "o-bob")
		require.Equal(t, bound, o)
		_, o = b.use("chan-poster", "o-bob")
		require.Equal(t, refused, o)

		time.Sleep(2 * time.Minute)
		_, o = b.use(scene, "o-alice")
		require.Equal(t, already, o, "a push that comes late once more")
		_, o = b.use(late, "o-carol")
		require.Equal(t, refused, o)
	})
}

// With accounts in the environment somebody scans the picture that is printed.
func TestRealAccounts(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	service := wx.ServiceAccount()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	service.SetCallback(emulator.Callback{URL: "http://" + listener.Addr().String()})
	set, err := realSettings(wx.Getenv)
	require.NoError(t, err)
	r, w := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- playForReal(t.Context(), w, set, listener)
		_ = w.Close()
	}()
	var said []string
	scanned := make(chan struct{})
	for lines := bufio.NewScanner(r); lines.Scan(); {
		said = append(said, lines.Text())
		if picture, ok := strings.CutPrefix(lines.Text(), "scan it: "); ok {
			go func() { // the program, whose lines are read here, answers before it returns
				defer close(scanned)
				wx.User("alice").Scan(picture)
			}()
		}
	}
	require.NoError(t, <-ended)
	<-scanned
	require.Contains(t, said, "scanned: bound to the user")
	all := strings.Join(said, "\n") // the handler's line and the last one come from two goroutines
	require.Contains(t, all, "back to the Mini Program: http")
}

func TestMissingVariableIsNamed(t *testing.T) {
	t.Parallel()
	for _, missing := range []string{
		"WECHAT_APPID", "WECHAT_APPSECRET", "WECHAT_SERVICE_APPID", "WECHAT_SERVICE_APPSECRET",
		"WECHAT_SERVICE_TOKEN", "WECHAT_SERVICE_AES_KEY",
	} {
		env := func(name string) string {
			if name == missing {
				return ""
			}
			return "http://127.0.0.1:1"
		}
		require.ErrorContains(t, run(t.Context(), io.Discard, env), missing+": not set")
	}
	onlyAddress := func(name string) string { return map[string]string{"WECHAT_BASE_URL": "http://127.0.0.1:1"}[name] }
	require.ErrorContains(t, run(t.Context(), io.Discard, onlyAddress), "WECHAT_APPID: not set")
}
