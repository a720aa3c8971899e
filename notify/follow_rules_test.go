package notify

import (
	"testing"

	"github.com/stretchr/testify/require"
)

type word struct {
	follow follow
	at     int64
}

// TestFollowingIsHeardInAnyOrder tells all that can be told of one to three times, in every order: the result depends
// on what was told, and is what the last time says, with the friendlier word where two are of one time.
func TestFollowingIsHeardInAnyOrder(t *testing.T) {
	t.Parallel()
	var words []word
	for at := int64(1); at <= 3; at++ {
		for f := followUnknown; f <= followChat; f++ {
			words = append(words, word{f, at})
		}
	}
	for _, a := range words {
		for _, b := range words {
			for _, c := range words {
				want := heard(a, b, c)
				for _, order := range [][3]word{{a, b, c}, {a, c, b}, {b, a, c}, {b, c, a}, {c, a, b}, {c, b, a}} {
					require.Equal(t, want, heard(order[0], order[1], order[2]), order)
				}
			}
		}
	}
	chat, no, yes := word{followChat, 2}, word{followNo, 1}, word{followYes, 1}
	require.Equal(t, following{followUnknown, 2}, heard(chat))
	require.Equal(t, following{followYes, 2}, heard(no, chat))
	require.Equal(t, following{followYes, 2}, heard(yes, chat))
	require.Equal(t, following{followNo, 3}, heard(chat, word{followNo, 3}))
	require.Equal(t, following{followYes, 2}, heard(chat, word{followNo, 2}))
	require.Zero(t, heard(chat).seen(), "of a Mini Program there is nothing to see")
}

func heard(words ...word) (k following) {
	for _, w := range words {
		k = k.hear(w.follow, w.at)
	}
	return k
}
