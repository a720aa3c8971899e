package media_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/media"
)

// page is a list of the files numbered from first, of three in the account.
func page(first, n int) answer {
	items := ""
	for i := range n {
		if i > 0 {
			items += ","
		}
		items += fmt.Sprintf(`{"media_id":"M%d"}`, first+i)
	}
	return answer{body: fmt.Sprintf(`{"total_count":"3","item_count":%d,"item":[%s]}`, n, items)}
}

func TestMaterialsWalksThePages(t *testing.T) {
	t.Parallel()
	m, fake := client(t, []answer{page(0, 2), page(2, 1)})
	query := &media.MaterialQuery{Type: media.Image, PageSize: 2}
	all := m.Materials(t.Context(), query)
	query.Type = media.Video // the iterator has its own copy
	var ids []string
	for item, err := range all {
		require.NoError(t, err)
		ids = append(ids, item.MediaID)
	}
	require.Equal(t, []string{"M0", "M1", "M2"}, ids)
	require.Equal(t, []string{
		`{"type":"image","offset":0,"count":2}`, `{"type":"image","offset":2,"count":2}`,
	}, fake.requests())
}

func TestMaterialsEnds(t *testing.T) {
	t.Parallel()
	t.Run("OnAnEmptyPage", func(t *testing.T) {
		t.Parallel()
		m, fake := client(t, []answer{page(0, 2), page(2, 0)})
		n := 0
		for _, err := range m.Materials(t.Context(), &media.MaterialQuery{Type: media.Image}) {
			require.NoError(t, err)
			n++
		}
		require.Equal(t, 2, n)
		require.Len(t, fake.requests(), 2)
	})
	t.Run("OnAnEmptyPageWhereNoTotalIsGiven", func(t *testing.T) {
		t.Parallel()
		m, fake := client(t, []answer{{body: `{"item":[{"media_id":"M0"}]}`}, {body: `{"item":{"media_id":"M1"}}`}, {body: `{"item":null}`}})
		var ids []string
		for item, err := range m.Materials(t.Context(), &media.MaterialQuery{Type: media.Image}) {
			require.NoError(t, err)
			ids = append(ids, item.MediaID)
		}
		require.Equal(t, []string{"M0", "M1"}, ids)
		require.Len(t, fake.requests(), 3)
	})
	t.Run("WhenThePageDoesNotMove", func(t *testing.T) {
		t.Parallel()
		m, fake := client(t, []answer{page(0, 1)})
		var last error
		for _, err := range m.Materials(t.Context(), &media.MaterialQuery{Type: media.Image}) {
			last = err
		}
		require.EqualError(t, last, "media.Materials: WeChat gave the same page again")
		require.Len(t, fake.requests(), 2)
	})
	t.Run("AfterAnError", func(t *testing.T) {
		t.Parallel()
		m, _ := client(t, []answer{page(0, 2), {body: `{"errcode":48001}`}})
		var errs []error
		for item, err := range m.Materials(t.Context(), &media.MaterialQuery{Type: media.Image}) {
			if err != nil {
				require.Nil(t, item)
				errs = append(errs, err)
			}
		}
		require.Len(t, errs, 1)
		require.ErrorIs(t, errs[0], errcode.APIUnauthorized)
	})
	t.Run("WhenTheCallerBreaks", func(t *testing.T) {
		t.Parallel()
		m, fake := client(t, []answer{page(0, 2)})
		for range m.Materials(t.Context(), &media.MaterialQuery{Type: media.Image}) {
			break
		}
		require.Len(t, fake.requests(), 1)
	})
}

func TestMaterialQueryChecks(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		query *media.MaterialQuery
		want  string
	}{
		"Nil":      {nil, "media: MaterialQuery: nil"},
		"NoType":   {&media.MaterialQuery{}, "media: Type: empty"},
		"Negative": {&media.MaterialQuery{Type: media.Image, Offset: -1}, "media: Offset: -1 is negative"},
		"TooMany":  {&media.MaterialQuery{Type: media.Image, PageSize: 21}, "media: PageSize: 21, allowed are 1 to 20"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, fake := client(t, []answer{page(0, 1)})
			_, err := m.MaterialsPage(t.Context(), c.query)
			require.EqualError(t, err, c.want)
			require.Empty(t, fake.requests())
		})
	}
}
