package customerservice_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/customerservice"
)

func TestBusinessChecks(t *testing.T) {
	t.Parallel()
	whole := customerservice.NewBusiness{Account: "blue_mugs", Nickname: "Mugs", IconMediaID: "M"}
	with := func(change func(*customerservice.NewBusiness)) *customerservice.NewBusiness {
		b := whole
		change(&b)
		return &b
	}
	cases := map[string]struct {
		business *customerservice.NewBusiness
		want     string
	}{
		"Nil":        {nil, "NewBusiness: nil"},
		"NoAccount":  {with(func(b *customerservice.NewBusiness) { b.Account = "" }), "Account: empty"},
		"NoIcon":     {with(func(b *customerservice.NewBusiness) { b.IconMediaID = "" }), "IconMediaID: empty"},
		"BadAccount": {with(func(b *customerservice.NewBusiness) { b.Account = "blue-mugs" }), "Account: not 6 to 30 letters, digits and underscores"},
		"ShortName":  {with(func(b *customerservice.NewBusiness) { b.Nickname = "杯" }), "Nickname: 2 characters wide, allowed are 4 to 30"},
		"LongName":   {with(func(b *customerservice.NewBusiness) { b.Nickname = strings.Repeat("杯", 16) }), "Nickname: 32 characters wide, allowed are 4 to 30"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cs, _ := client(t, []string{`{"business_id":1}`})
			_, err := cs.RegisterBusiness(t.Context(), c.business)
			require.EqualError(t, err, "customerservice: "+c.want)
		})
	}
}

func TestBusinessUpdateAndLookupChecks(t *testing.T) {
	t.Parallel()
	cs, fake := client(t, []string{ok})
	require.EqualError(t, cs.UpdateBusiness(t.Context(), nil), "customerservice: BusinessUpdate: nil")
	require.EqualError(t, cs.UpdateBusiness(t.Context(), &customerservice.BusinessUpdate{}), "customerservice: ID: empty")
	require.EqualError(t, cs.UpdateBusiness(t.Context(), &customerservice.BusinessUpdate{ID: "1", Nickname: "x"}),
		"customerservice: Nickname: 1 characters wide, allowed are 4 to 30")
	_, err := cs.Business(t.Context(), "")
	require.EqualError(t, err, "customerservice: id: empty")
	_, err = cs.BusinessByAccount(t.Context(), "")
	require.EqualError(t, err, "customerservice: account: empty")
	_, err = cs.BusinessesPage(t.Context(), &customerservice.BusinessQuery{Offset: -1})
	require.EqualError(t, err, "customerservice: Offset: -1 is negative")
	_, err = cs.BusinessesPage(t.Context(), &customerservice.BusinessQuery{PageSize: 201})
	require.EqualError(t, err, "customerservice: PageSize: 201, allowed are 1 to 200")
	paths, _ := fake.requests()
	require.Empty(t, paths)
}

func TestBusinesses(t *testing.T) {
	t.Parallel()
	t.Run("WalksThePages", func(t *testing.T) {
		t.Parallel()
		cs, fake := client(t, []string{`{"list":[{"business_id":1},{"business_id":2}]}`, `{"list":[{"business_id":3}]}`})
		var ids []string
		for b, err := range cs.Businesses(t.Context(), &customerservice.BusinessQuery{PageSize: 2}) {
			require.NoError(t, err)
			ids = append(ids, b.ID)
		}
		require.Equal(t, []string{"1", "2", "3"}, ids)
		_, bodies := fake.requests()
		require.Equal(t, []string{`{"offset":0,"count":2}`, `{"offset":2,"count":2}`}, bodies)
	})
	t.Run("EndsAfterAnError", func(t *testing.T) {
		t.Parallel()
		cs, _ := client(t, []string{`{"errcode":48001}`})
		n := 0
		for b, err := range cs.Businesses(t.Context(), &customerservice.BusinessQuery{}) {
			require.Error(t, err)
			require.Nil(t, b)
			n++
		}
		require.Equal(t, 1, n)
	})
	t.Run("EndsWhenThePageDoesNotMove", func(t *testing.T) {
		t.Parallel()
		cs, fake := client(t, []string{`{"list":[{"business_id":1},{"business_id":2}]}`})
		var last error
		for _, err := range cs.Businesses(t.Context(), &customerservice.BusinessQuery{PageSize: 2}) {
			last = err
		}
		require.EqualError(t, last, "customerservice.Businesses: WeChat gave the same page again")
		paths, _ := fake.requests()
		require.Len(t, paths, 2)
	})
	t.Run("TakesNoQueryForAll", func(t *testing.T) {
		t.Parallel()
		cs, fake := client(t, []string{`{"list":[{"business_id":1}]}`})
		query := (*customerservice.BusinessQuery)(nil)
		for b, err := range cs.Businesses(t.Context(), query) {
			require.NoError(t, err)
			require.Equal(t, "1", b.ID)
		}
		page, err := cs.BusinessesPage(t.Context(), query)
		require.NoError(t, err)
		require.Len(t, page.Businesses, 1)
		_, bodies := fake.requests()
		require.Equal(t, []string{`{"offset":0,"count":200}`, `{"offset":0,"count":200}`}, bodies)
	})
	t.Run("StopsWithItsCaller", func(t *testing.T) {
		t.Parallel()
		cs, fake := client(t, []string{`{"list":[{"business_id":1},{"business_id":2}]}`})
		for range cs.Businesses(t.Context(), &customerservice.BusinessQuery{PageSize: 2}) {
			break
		}
		paths, _ := fake.requests()
		require.Len(t, paths, 1)
	})
}
