package emulator

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What is made up looks like WeChat's and comes again from the same seed in the same order.
func TestMadeUpValues(t *testing.T) {
	t.Parallel()
	one, same, other := newIDSource(1), newIDSource(1), newIDSource(2)
	make1 := func(s *idSource) []string {
		return []string{s.hex(16), s.token(), s.rid(1_795_000_000), s.text(43, base64url)}
	}
	first := make1(&one)
	require.Regexp(t, `^[0-9a-f]{16}$`, first[0])
	require.Regexp(t, `^\d{2}_[\w-]{133}$`, first[1])
	require.Regexp(t, `^6afd86c0-[0-9a-f]{8}-[0-9a-f]{8}$`, first[2], "begins with the time")
	require.Regexp(t, `^[\w-]{43}$`, first[3])
	require.Equal(t, first, make1(&same))
	require.NotEqual(t, first, make1(&other))
	require.NotEqual(t, first, make1(&one))
	require.Equal(t, one.messageID(), func() int64 { make1(&same); return same.messageID() }())
}

// Names give ids whatever came before, and no two lists of names give the same.
func TestNamedIDs(t *testing.T) {
	t.Parallel()
	s := newIDSource(1)
	id := s.named("openid", "wx1", "ann")
	s.hex(100)
	require.Equal(t, id, s.named("openid", "wx1", "ann"))
	require.NotEqual(t, id, s.named("openid", "wx1a", "nn"), "where one name ends counts")
	require.NotEqual(t, id, s.named("unionid", "wx1", "ann"))
	require.Regexp(t, `^o[\w-]{27}$`, id)
}

// What a try of a push needs takes nothing from the sequence, for pushes go out while calls come in.
func TestTriesTakeNothing(t *testing.T) {
	t.Parallel()
	one, same := newIDSource(1), newIDSource(1)
	first := one.forTry(3, 1).text(10, base62)
	require.Equal(t, first, same.forTry(3, 1).text(10, base62))
	require.NotEqual(t, first, one.forTry(3, 2).text(10, base62))
	require.NotEqual(t, first, one.forTry(4, 1).text(10, base62))
	require.Equal(t, one.hex(8), same.hex(8))
}
