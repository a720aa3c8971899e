package subscribe_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/subscribe"
)

func page(total int, ids ...int) string {
	data := ""
	for i, id := range ids {
		if i > 0 {
			data += ","
		}
		data += fmt.Sprintf(`{"tid":%d,"title":"t","type":2,"categoryId":307}`, id)
	}
	return fmt.Sprintf(`{"errcode":0,"count":%d,"data":[%s]}`, total, data)
}

func collect(t *testing.T, c *subscribe.Client, q *subscribe.TitleQuery) (ids []string, err error) {
	t.Helper()
	for title, err := range c.Titles(t.Context(), q) {
		if err != nil {
			return ids, err
		}
		ids = append(ids, title.ID)
	}
	return ids, nil
}

func TestTitlesWalksAllPages(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		pages []string
		ids   []string
		asked int
	}{
		"until the total":     {[]string{page(3, 1, 2), page(3, 3)}, []string{"1", "2", "3"}, 2},
		"without a total":     {[]string{page(0, 1, 2), page(0, 3), page(0)}, []string{"1", "2", "3"}, 3},
		"a total that is off": {[]string{page(9, 1, 2), page(9)}, []string{"1", "2"}, 2},
		"none":                {[]string{page(0)}, nil, 1},
		"ids as strings":      {[]string{`{"count":"1","data":{"tid":"AT1","type":"2"}}`}, []string{"AT1"}, 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, asked := answers(c.pages...)
			ids, err := collect(t, setup(t, answer), &subscribe.TitleQuery{CategoryIDs: []string{"307"}})
			require.NoError(t, err)
			require.Equal(t, c.ids, ids)
			require.Equal(t, c.asked, asked())
		})
	}
}

func TestTitlesEnds(t *testing.T) {
	t.Parallel()
	t.Run("AfterAnError", func(t *testing.T) {
		t.Parallel()
		answer, asked := answers(page(9, 1), `{"errcode":200016,"errmsg":"start"}`)
		ids, err := collect(t, setup(t, answer), &subscribe.TitleQuery{CategoryIDs: []string{"307"}})
		require.ErrorIs(t, err, errcode.InvalidStart)
		require.Equal(t, []string{"1"}, ids)
		require.Equal(t, 2, asked())
	})
	t.Run("WhenThePageDoesNotMove", func(t *testing.T) {
		t.Parallel()
		answer, asked := answers(page(0, 1, 2))
		ids, err := collect(t, setup(t, answer), &subscribe.TitleQuery{CategoryIDs: []string{"307"}})
		require.EqualError(t, err, "subscribe.Titles: WeChat gave the same page again")
		require.Equal(t, []string{"1", "2"}, ids)
		require.Equal(t, 2, asked())
	})
	t.Run("WhenTheLoopIsLeft", func(t *testing.T) {
		t.Parallel()
		answer, asked := answers(page(9, 1, 2))
		for range setup(t, answer).Titles(t.Context(), &subscribe.TitleQuery{CategoryIDs: []string{"307"}}) {
			break
		}
		require.Equal(t, 1, asked())
	})
	t.Run("AtAWrongQuery", func(t *testing.T) {
		t.Parallel()
		_, err := collect(t, setup(t, nil), nil)
		requireFieldError(t, "subscribe: CategoryIDs: empty", err)
	})
}

func TestTitlesCopiesItsQuery(t *testing.T) {
	t.Parallel()
	var starts []string
	n := 0
	c := setup(t, func(r *http.Request) (*http.Response, error) {
		starts = append(starts, r.URL.Query().Get("ids")+" "+r.URL.Query().Get("start")+" "+r.URL.Query().Get("limit"))
		n++
		return httpmock.NewStringResponse(http.StatusOK, page(4, n)), nil
	})
	q := &subscribe.TitleQuery{CategoryIDs: []string{"307", "616"}, Offset: 2}
	walk := c.Titles(t.Context(), q)
	q.CategoryIDs[0], q.Offset = "1", 99
	for range 2 { // a walk can be repeated
		for _, err := range walk {
			require.NoError(t, err)
		}
	}
	require.Equal(t, []string{"307,616 2 30", "307,616 3 30", "307,616 2 30", "307,616 3 30"}, starts)
}

func TestTitlesPageChecksFirst(t *testing.T) {
	t.Parallel()
	ids := []string{"307"}
	for want, q := range map[string]*subscribe.TitleQuery{
		"subscribe: TitleQuery: nil":                   nil,
		"subscribe: CategoryIDs: empty":                {},
		"subscribe: CategoryIDs: one is empty":         {CategoryIDs: []string{""}},
		"subscribe: Offset: -1 is negative":            {CategoryIDs: ids, Offset: -1},
		"subscribe: PageSize: 31, allowed are 1 to 30": {CategoryIDs: ids, PageSize: 31},
		"subscribe: PageSize: -1, allowed are 1 to 30": {CategoryIDs: ids, PageSize: -1},
	} {
		_, err := setup(t, nil).TitlesPage(t.Context(), q)
		requireFieldError(t, want, err)
	}
}

func TestLibraryReadsWhatWeChatReallySends(t *testing.T) {
	t.Parallel()
	answer, _ := answers(`{"data":{"id":"307","name":"Retail"}}`)
	categories, err := setup(t, answer).Categories(t.Context())
	require.NoError(t, err)
	require.Equal(t, []*subscribe.Category{{ID: "307", Name: "Retail"}}, categories)

	answer, _ = answers(`{"data":[{"kid":"7","name":"Item","example":5,"rule":"gadget"}]}`)
	keywords, err := setup(t, answer).TitleKeywords(t.Context(), "512")
	require.NoError(t, err)
	require.Equal(t, []*subscribe.TitleKeyword{{ID: 7, Name: "Item", Example: "5", Type: "gadget"}}, keywords)

	answer, _ = answers(`{"errcode":404,"errmsg":"404 not found"}`)
	_, err = setup(t, answer).Categories(t.Context())
	require.ErrorIs(t, err, errcode.WrongHTTPMethod)
}
