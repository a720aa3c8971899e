package notify

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestChooseIdentity has users with several WeChat accounts. The OpenID of each identity tells the right one.
func TestChooseIdentity(t *testing.T) {
	t.Parallel()
	in := func(appID, openID, unionID string, linkedAt int64) identity {
		return identity{appID: appID, openID: openID, unionID: unionID, linkedAt: linkedAt}
	}
	guess := func(i identity) identity { i.byScene = true; return i }
	seen := func(i identity, f follow, at int64) identity { i.follow, i.seenAt = f, at; return i }
	for name, tc := range map[string]struct {
		own, joined []identity
		want        string // "" for none
	}{
		"None":            {nil, nil, ""},
		"OfAnotherApp":    {[]identity{in("mini", "m", "", 1)}, nil, ""},
		"LinkedLast":      {[]identity{seen(in("oa", "old", "", 1), followYes, 9), in("oa", "new", "", 2)}, nil, "new"},
		"ThoughItLeft":    {[]identity{seen(in("oa", "old", "", 1), followYes, 9), seen(in("oa", "new", "", 2), followNo, 3)}, nil, "new"},
		"NotAGuess":       {[]identity{in("oa", "linked", "", 1), guess(in("oa", "guess", "", 9))}, nil, "linked"},
		"ScannedLast":     {[]identity{guess(seen(in("oa", "first", "", 1), followYes, 9)), guess(in("oa", "last", "", 2))}, nil, "last"},
		"ByUnionID":       {[]identity{in("mini", "m", "U", 1)}, []identity{in("oa", "joined", "U", 0)}, "joined"},
		"UnionLinkedLast": {[]identity{in("mini", "m1", "U1", 1), in("mini", "m2", "U2", 2)}, []identity{seen(in("oa", "old", "U1", 0), followYes, 9), in("oa", "new", "U2", 0)}, "new"},
		"LoginElsewhere": { // the old one's Mini Program login is the last word about both of its OpenIDs
			[]identity{in("oa", "old", "U1", 1), in("oa", "new", "U2", 2), in("mini", "m1", "U1", 3)},
			[]identity{in("oa", "old", "U1", 1), in("oa", "new", "U2", 2)}, "old"},
		"AGuessOfAnotherUnion":  {[]identity{in("mini", "m", "U", 1), guess(in("oa", "stranger", "V", 9))}, nil, ""},
		"AGuessThatIsProven":    {[]identity{in("mini", "m", "U", 1), guess(in("oa", "proven", "U", 9))}, []identity{guess(in("oa", "proven", "U", 9))}, "proven"},
		"SeenLastIfLinkedNever": {[]identity{seen(in("oa", "a", "", 0), followYes, 1), seen(in("oa", "b", "", 0), followYes, 2)}, nil, "b"},
	} {
		got := ""
		if id := chooseIdentity(tc.own, tc.joined, "oa"); id != nil {
			got = id.openID
		}
		require.Equal(t, tc.want, got, name)
	}
}
