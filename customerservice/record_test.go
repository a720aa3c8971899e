package customerservice_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/customerservice"
	"github.com/wechatkit/wechat/errcode"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// recordPage is a page of n records that names msgID as the last one.
func recordPage(msgID, n int) string {
	list := strings.TrimSuffix(strings.Repeat(fmt.Sprintf(`{"text":"%d","opercode":"2002"},`, msgID), n), ",")
	return fmt.Sprintf(`{"recordlist":[%s],"number":%d,"msgid":"%d"}`, list, n, msgID)
}

func TestRecordsWalksThePages(t *testing.T) {
	t.Parallel()
	cs, fake := client(t, []string{recordPage(20, 2), recordPage(40, 2), recordPage(60, 1)})
	query := &customerservice.RecordQuery{Start: noon, End: noon.Add(time.Hour), PageSize: 2}
	all := cs.Records(t.Context(), query)
	query.PageSize = 7 // the iterator has its own copy
	var texts []string
	for record, err := range all {
		require.NoError(t, err)
		require.Equal(t, customerservice.AgentSent, record.Kind)
		texts = append(texts, record.Text)
	}
	require.Equal(t, []string{"20", "20", "40", "40", "60"}, texts)
	_, bodies := fake.requests()
	require.Len(t, bodies, 3)
	for i, msgID := range []int{1, 20, 40} {
		require.JSONEq(t, fmt.Sprintf(`{"starttime":1795176000,"endtime":1795179600,"msgid":%d,"number":2}`, msgID), bodies[i])
	}
}

func TestRecordsEnds(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		answers  []string
		requests int
		err      error
	}{
		"OnAPageThatIsNotFull": {[]string{recordPage(20, 1)}, 1, nil},
		"OnAnEmptyPage":        {[]string{recordPage(20, 2), recordPage(20, 0)}, 2, nil},

		"WithoutACursor":          {[]string{recordPage(0, 2)}, 1, nil},
		"AfterAnError":            {[]string{recordPage(20, 2), `{"errcode":65416}`}, 2, errcode.InvalidRecordQuery},
		"WhenNumberAloneSaysFull": {[]string{`{"recordlist":[],"number":2,"msgid":50}`}, 1, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cs, fake := client(t, c.answers)
			var last error
			for _, err := range cs.Records(t.Context(), &customerservice.RecordQuery{Start: noon, End: noon, PageSize: 2}) {
				require.NoError(t, last, "nothing comes after an error")
				last = err
			}
			require.ErrorIs(t, last, c.err)
			paths, _ := fake.requests()
			require.Len(t, paths, c.requests)
		})
	}
}

// A full page whose cursor stands may have records behind it that cannot be reached.
func TestRecordsReportsACursorThatStands(t *testing.T) {
	t.Parallel()
	cs, fake := client(t, []string{recordPage(20, 2)})
	var last error
	for _, err := range cs.Records(t.Context(), &customerservice.RecordQuery{Start: noon, End: noon, PageSize: 2}) {
		last = err
	}
	require.EqualError(t, last, "customerservice.Records: WeChat gave the same page again")
	paths, _ := fake.requests()
	require.Len(t, paths, 2)
}

func TestRecordsStopsWithItsCaller(t *testing.T) {
	t.Parallel()
	cs, fake := client(t, []string{recordPage(20, 2)})
	for range cs.Records(t.Context(), &customerservice.RecordQuery{Start: noon, End: noon, PageSize: 2}) {
		break
	}
	paths, _ := fake.requests()
	require.Len(t, paths, 1)
}

func TestRecordQueryChecks(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		query *customerservice.RecordQuery
		want  string
	}{
		"Nil":      {nil, "customerservice: RecordQuery: nil"},
		"NoStart":  {&customerservice.RecordQuery{End: noon}, "customerservice: Start: zero"},
		"NoEnd":    {&customerservice.RecordQuery{Start: noon}, "customerservice: End: zero"},
		"Reversed": {&customerservice.RecordQuery{Start: noon, End: noon.Add(-time.Hour)}, "customerservice: End: before Start"},
		"TooLong":  {&customerservice.RecordQuery{Start: noon, End: noon.Add(24*time.Hour + time.Second)}, "customerservice: End: 24h0m1s after Start, limit 24h0m0s"},
		"After":    {&customerservice.RecordQuery{Start: noon, End: noon, After: -1}, "customerservice: After: -1 is negative"},
		"TooMany":  {&customerservice.RecordQuery{Start: noon, End: noon, PageSize: 10001}, "customerservice: PageSize: 10001, allowed are 1 to 10000"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cs, _ := client(t, []string{recordPage(0, 0)})
			_, err := cs.RecordsPage(t.Context(), c.query)
			require.EqualError(t, err, c.want)
		})
	}
	t.Run("WholeSecondsCount", func(t *testing.T) {
		t.Parallel()
		cs, _ := client(t, []string{recordPage(0, 0)})
		_, err := cs.RecordsPage(t.Context(), &customerservice.RecordQuery{Start: noon, End: noon.Add(24*time.Hour + time.Millisecond)})
		require.NoError(t, err)
	})
}
