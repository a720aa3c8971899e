package lenient_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/internal/lenient"
)

type mismatchItem struct {
	N      int            `json:"n"`
	Counts map[string]int `json:"counts"`
}

type mismatchTarget struct {
	Users map[string]mismatchItem `json:"users"`
	List  []*mismatchItem         `json:"list"`
	Rows  [][]mismatchItem        `json:"rows"`
	Loose lenient.List[mismatchItem]
	Item  struct{ Deep mismatchItem }
}

// The same text on every Go release, and nothing of the data in it: the key of a map may be an OpenID.
func TestMismatchNamesDeclaredFieldsOnly(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ data, want string }{
		"Top":             {`{"list":7}`, "field list is of another type"},
		"InAList":         {`{"list":[{"n":1},{"n":"x"}]}`, "field list.n is of another type"},
		"InAListOfLists":  {`{"rows":[[],[{"n":"x"}]]}`, "field rows.n is of another type"},
		"InAStruct":       {`{"Item":{"Deep":{"n":"x"}}}`, "field Item.Deep.n is of another type"},
		"OtherCase":       {`{"ITEM":{"deep":{"N":"x"}}}`, "field Item.Deep.n is of another type"},
		"UnderAMap":       {`{"users":{"oABC":{"n":"x"}}}`, "field users is of another type"},
		"ValueOfAMap":     {`{"list":[{"counts":{"oABC":"x"}}]}`, "field list.counts is of another type"},
		"KeyLikeAField":   {`{"users":{"n":{"n":"x"}}}`, "field users is of another type"},
		"KeyLikeAPath":    {`{"users":{"list.n":{"n":"x"}}}`, "field users is of another type"},
		"TheValueItself":  {`[1]`, "a field is of another type"},
		"InALenientList":  {`{"Loose":[{"n":"x"}]}`, "field n is of another type"},
		"InALenientValue": {`{"Loose":{"n":"x"}}`, "field n is of another type"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out mismatchTarget
			err := lenient.Unmarshal([]byte(c.data), &out)
			var mismatch *lenient.Mismatch
			require.ErrorAs(t, err, &mismatch)
			require.EqualError(t, err, c.want)
		})
	}
	var bare map[string]mismatchItem
	require.EqualError(t, lenient.Unmarshal([]byte(`{"oABC":{"n":"x"}}`), &bare), "a field is of another type")
}
