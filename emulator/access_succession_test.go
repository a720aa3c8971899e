package emulator_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Whatever programs do with the classic and the stable line of an account: the newest token of each works until its end or a
// revocation, the one before it five minutes more, and nothing older than that.
func TestSuccessionsUnderAnyOrder(t *testing.T) {
	t.Parallel()
	type made struct {
		value string
		at    time.Time
	}
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 7))
		b := setup(t)
		lines := [2][]made{}
		note := func(line int, value string) {
			if known := lines[line]; len(known) == 0 || known[len(known)-1].value != value {
				lines[line] = append(lines[line], made{value, b.wx.Now()})
			}
		}
		for range 60 {
			switch rng.IntN(7) {
			case 0, 1:
				note(0, b.get(classic(b.oa)).text("access_token"))
			case 2, 3:
				note(1, b.post("/cgi-bin/stable_token", stable(b.oa, false)).text("access_token"))
			case 4:
				note(1, b.post("/cgi-bin/stable_token", stable(b.oa, true)).text("access_token"))
			case 5:
				b.wx.Advance(time.Duration(rng.IntN(4000)) * time.Second)
			case 6:
				if rng.IntN(4) == 0 {
					b.wx.Revoke(b.oa)
					lines = [2][]made{}
				}
			}
			for _, line := range lines {
				for i, m := range slices.Backward(line) {
					old := b.wx.Now().Sub(m.at)
					replacedFor := time.Duration(0)
					if i+1 < len(line) {
						replacedFor = b.wx.Now().Sub(line[i+1].at)
					}
					code := b.probe(m.value)
					switch {
					case old >= 2*time.Hour:
						require.Contains(t, []int{40001, 42001}, code)
					case i == len(line)-1, i == len(line)-2 && replacedFor < 5*time.Minute:
						require.Zero(t, code, "seed %d", seed)
					default:
						require.Equal(t, 40001, code, "seed %d", seed)
					}
				}
			}
		}
	}
}

// The numbers that a token request answers count down to the same end.
func TestStableTokenCountsDown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first := b.post("/cgi-bin/stable_token", stable(b.mp, false))
	require.Equal(t, int64(7200), first.number("expires_in"))
	b.wx.Advance(100 * time.Second)
	again := b.post("/cgi-bin/stable_token", stable(b.mp, false))
	require.Equal(t, first.text("access_token"), again.text("access_token"))
	require.Equal(t, int64(7100), again.number("expires_in"))
	b.wx.Advance(6799 * time.Second)
	require.Equal(t, int64(301), b.post("/cgi-bin/stable_token", stable(b.mp, false)).number("expires_in"))
	b.wx.Advance(time.Second)
	renewed := b.post("/cgi-bin/stable_token", stable(b.mp, false))
	require.NotEqual(t, first.text("access_token"), renewed.text("access_token"))
	require.Equal(t, int64(7200), renewed.number("expires_in"))
}

// A test that asks for a token itself gets the one that programs share.
func TestTokenOfATestIsTheStableOne(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mine := b.oa.Token()
	require.Equal(t, mine, b.post("/cgi-bin/stable_token", stable(b.oa, false)).text("access_token"))
	b.get(classic(b.oa))
	require.Equal(t, mine, b.oa.Token(), "the classic line is another")
	b.wx.Advance(2 * time.Hour)
	require.NotEqual(t, mine, b.oa.Token())
	require.Equal(t, 42001, b.probe(mine))
	require.Zero(t, b.probe(b.oa.Token()))
}

// Accounts do not know each other's tokens, ids or files.
func TestTokensAreOfOneAccount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	u.Follow(b.oa)
	require.Zero(t, b.get("/cgi-bin/user/info?access_token="+b.oa.Token()+"&openid="+u.OpenID(b.oa)).code())
	require.Equal(t, 48001, b.get("/cgi-bin/user/info?access_token="+b.mp.Token()+"&openid="+u.OpenID(b.oa)).code())
	media := b.oa.AddMedia("image", "a.jpg", []byte("x"))
	require.Equal(t, 40007, b.get(as(b.mp, "/cgi-bin/media/get?media_id="+media)).code())
}
