package main

import (
	"context"
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
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
