package errcode

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// retries are the pieces of advice that make sense for a class. The client refreshes a token by the class
// InvalidToken, so that pair belongs together and has no exception.
var retries = map[Class][]Retry{
	InvalidToken:     {RetryRefreshed},
	BadCredentials:   {RetryOperator},
	IPNotAllowed:     {RetryOperator},
	UserAuthRequired: {RetryUser},
	ComponentAuth:    {RetryNever, RetryMinute, RetryOperator},
	RateLimited:      {RetryBackoff, RetryMinute},
	QuotaExhausted:   {RetryNever, RetryDay, RetryMonth, RetryOperator},
	InvalidArgument:  {RetryNever, RetryMinute}, // a minute: the order number of a service card is not known at once
	ContentRejected:  {RetryNever, RetryOperator},
	UserUnreachable:  {RetryNever, RetryUser, RetryOperator},
	NoPermission:     {RetryNever, RetryOperator},
	ServerBusy:       {RetryBackoff, RetryMinute},
	AlreadyDone:      {RetryNever},
	OutcomeOpen:      {RetryNever},
}

func TestTable_Rows(t *testing.T) {
	t.Parallel()

	seen := map[Code]bool{}
	for i, rows := range areas {
		require.True(t, slices.IsSortedFunc(rows, func(a, b row) int { return int(a.code - b.code) }), "area %d is not in order", i)
		for _, r := range rows {
			require.False(t, seen[r.code], "%d is listed twice", r.code)
			seen[r.code] = true
			require.NotZero(t, r.code, "0 is success")
			requireSound(t, r)
		}
	}
	require.Len(t, table(), len(seen))
	require.Greater(t, len(seen), 450)
}

func TestExceptions_Rows(t *testing.T) {
	t.Parallel()

	for _, x := range exceptions {
		for _, c := range x.codes {
			requireSound(t, row{c, x.class, x.retry, x.meaning})
			require.True(t, c.Known(), "%d", c)
			require.NotEqual(t, c.Class(), x.class, "%d is no exception in %v", c, x.paths)
		}
		for _, p := range x.paths {
			require.True(t, strings.HasPrefix(p, "/"), p)
			require.NotContains(t, p, "?")
		}
	}
}

// requireSound checks what holds for every row: a class, advice that fits it, and a meaning that reads well
// behind "errcode 43101: ".
func requireSound(t *testing.T, r row) {
	t.Helper()
	require.Contains(t, retries, r.class, "%d: no class", r.code)
	require.Contains(t, retries[r.class], r.retry, "%d: %q does not fit %q", r.code, r.retry, r.class)
	require.NotEmpty(t, r.meaning, "%d", r.code)
	require.Equal(t, strings.TrimSpace(r.meaning), r.meaning, "%d", r.code)
	require.LessOrEqual(t, len([]rune(r.meaning)), 90, "%d: a short meaning", r.code)
	require.NotContains(t, ".,;:", r.meaning[len(r.meaning)-1:], "%d: no full stop", r.code)
	require.NotContains(t, r.meaning, "\n", "%d", r.code)
}

func TestTable_OnlyThreeCodesRefreshTheToken(t *testing.T) {
	t.Parallel()

	var refresh []Code
	for c := range All() {
		if c.Class() == InvalidToken || c.Retry() == RetryRefreshed {
			refresh = append(refresh, c)
		}
	}
	require.Equal(t, []Code{40001, 40014, 42001}, refresh)
}

func TestTable_Classes(t *testing.T) {
	t.Parallel()

	cases := map[Class][]Code{
		BadCredentials:   {40002, 40013, 40125, 40234, 40243, 41004, 49001},
		IPNotAllowed:     {40164, 61004, 89503, 89506, 89507},
		UserAuthRequired: {40029, 40030, 40163, 42002, 42003, 42007, 87007, 87009},
		ComponentAuth:    {40091, 42006, 61003, 61005, 61006, 61009, 61014, 61015, 61023, 86000},
		RateLimited:      {43108, 43117, 44990, 44991, 45011, 45066, 61081, 87020},
		QuotaExhausted:   {44993, 45009, 45029, 45040, 48006, 85406, 89007, 89009, 89016, 89017, 89407, 200012, 9410009},
		InvalidArgument: {
			404, 40003, 40007, 40037, 40165, 40257, 41001, 41030, 43002, 45002, 47001, 47003, 53600, 65320, 65417, 85005, 85096,
			85433, 85437, 85439, 89014, 200014, 9410012, 9800001, 9800002, 9800003, 9800008, 9800009,
		},
		ContentRejected: {40249, 45168, 70000, 85442, 87014},
		UserUnreachable: {40226, 40256, 43004, 43019, 43101, 45015, 45047, 48002, 50005, 65413, 85438},
		NoPermission: {
			40028, 43104, 43107, 43116, 45103, 45109, 48001, 48004, 50002, 61007, 65306, 65309, 85079, 85088, 85107, 85405, 85407,
			85408, 85436, 89005, 89006, 89008, 89011, 89012, 89013, 89245, 9800007,
		},
		ServerBusy:  {-1, 20001, 61080, 61450, 85113, 85431, 85449, 200001, 9001002},
		AlreadyDone: {40241, 45065, 45081, 85448, 89010, 89015, 89018, 89035, 9800010},
		OutcomeOpen: {40252},
	}
	for class, codes := range cases {
		t.Run(class.String(), func(t *testing.T) {
			t.Parallel()
			for _, c := range codes {
				require.Equal(t, class, c.Class(), "%d", c)
				require.ErrorIs(t, c, class)
			}
		})
	}
}

func TestTable_Retry(t *testing.T) {
	t.Parallel()

	for code, want := range map[Code]Retry{
		-1: RetryBackoff, 40001: RetryRefreshed, 40164: RetryOperator, 40241: RetryNever, 40252: RetryNever, 43117: RetryMinute, 43101: RetryUser, 44990: RetryBackoff,
		45009: RetryDay, 45011: RetryMinute, 45015: RetryUser, 45040: RetryMonth, 45065: RetryNever,
		47003: RetryNever, 48006: RetryMonth, 61005: RetryMinute, 200012: RetryOperator,
		40256: RetryUser, 40257: RetryNever, 61080: RetryBackoff, 61081: RetryBackoff, 85088: RetryOperator, 85405: RetryOperator,
		85407: RetryOperator, 85408: RetryOperator, 85436: RetryNever, 85437: RetryMinute, 85438: RetryUser, 85442: RetryNever,
		87020: RetryMinute, 89010: RetryNever, 89013: RetryNever, 89017: RetryOperator, 89407: RetryOperator,
		9410009: RetryOperator, 9800007: RetryOperator, 9800008: RetryNever,
	} {
		require.Equal(t, want, code.Retry(), "%d", code)
	}
}

func TestCode_UnknownPassesThrough(t *testing.T) {
	t.Parallel()

	// Numbers of this size occur in shipping and in cloud databases. 50009 is in no list of WeChat's.
	for _, c := range []Code{0, 50009, 99999, 270000000, -610000, 1<<62 + 1} {
		t.Run(fmt.Sprint(int64(c)), func(t *testing.T) {
			t.Parallel()
			require.False(t, c.Known())
			require.Equal(t, Unclassified, c.Class())
			require.Equal(t, RetryNever, c.Retry())
			require.Empty(t, c.Meaning())
			require.Equal(t, fmt.Sprintf("errcode %d", int64(c)), c.Error())
			require.NotErrorIs(t, c, Unclassified)

			err := New("client.Do", "/wxa/new", 200, c, "brand new rid: 1-2-3")
			require.Equal(t, c, err.Code)
			require.Equal(t, RetryNever, err.Retry())
			require.Empty(t, err.Meaning())
			require.NotErrorIs(t, err, Unclassified)
		})
	}
}

func TestAll(t *testing.T) {
	t.Parallel()

	all := slices.Collect(All())
	require.True(t, slices.IsSorted(all))
	require.Len(t, all, len(table()))
	require.Equal(t, Code(-10403), all[0])
	require.Equal(t, Code(10130604), all[len(all)-1])

	for range All() {
		break // leaving early is fine
	}
}
