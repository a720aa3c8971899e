package notify_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/notify"
)

func TestPlannedTooLate(t *testing.T) {
	t.Parallel()
	all := []notify.Lead{notify.Days(7), notify.Days(3), notify.Days(1), notify.Days(0)}
	for name, tc := range map[string]struct {
		late   notify.Late
		at     time.Time // when it is planned, for the end of January
		change func(*notify.Reminder)
		sent   []string
		states map[notify.State]int
	}{
		"Missed": {notify.LateMissed, january(29, 12), nil, nil, map[notify.State]int{notify.Missed: 2, notify.Planned: 2}},
		"AtOnce": {notify.LateAtOnce, january(29, 12), nil, []string{"29.12 c 01-31 3d", "29.12 c 01-31 7d"},
			map[notify.State]int{notify.Accepted: 2, notify.Planned: 2}},
		"Latest": {notify.LateLatest, january(29, 12), nil, []string{"29.12 c 01-31 3d"},
			map[notify.State]int{notify.Missed: 1, notify.Accepted: 1, notify.Planned: 2}},
		"LatestIsAboutToBeSent": {notify.LateLatest, january(30, 9), nil, []string{"30.09 c 01-31 1d"},
			map[notify.State]int{notify.Missed: 2, notify.Accepted: 1, notify.Planned: 1}},
		"DueHasPassed": {notify.LateAtOnce, january(31, 12), nil, nil, map[notify.State]int{notify.Missed: 4}},
		"QuietHours": {notify.LateLatest, january(29, 6), func(r *notify.Reminder) { r.Quiet = notify.QuietHours{From: "22:00", To: "08:00"} },
			[]string{"29.08 c 01-31 3d"}, map[notify.State]int{notify.Missed: 1, notify.Accepted: 1, notify.Planned: 2}},
		"Repetitions": {notify.LateLatest, january(29, 12), func(r *notify.Reminder) { r.Repeat = &notify.Repeat{Every: 20 * time.Hour, Times: 1} },
			[]string{"29.12 c 01-31 3d+1"}, map[notify.State]int{notify.Missed: 3, notify.Accepted: 1, notify.Planned: 4}},
		"LeadThatNeverFits": {notify.LateLatest, january(29, 12), func(r *notify.Reminder) { r.Leads = []notify.Lead{notify.Days(40)} },
			[]string{"29.12 c 01-31 40d"}, map[notify.State]int{notify.Accepted: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachDatabase(t, func(t *testing.T, db *notify.Database) {
				for _, catchUp := range []notify.CatchUp{notify.CatchUpLatest, notify.CatchUpAll, notify.CatchUpNone} {
					n, clock, door := renewing(t, db, func(cfg *notify.Config) { cfg.CatchUp = catchUp })
					r := contract("c")
					r.Leads, r.Late = all, tc.late
					if tc.change != nil {
						tc.change(r)
					}
					clock.turn(tc.at)
					sent := play(t, n, clock, door, r, tc.at.Add(2*time.Hour))
					require.ElementsMatch(t, tc.sent, sent)
					counts, err := n.Counts(t.Context(), notify.Query{To: january(40, 0)})
					require.NoError(t, err)
					require.Equal(t, tc.states, counts)
					require.NoError(t, n.Ledger().Forget(t.Context(), "c"))
				}
			})
		})
	}
}

// TestPlannedLateAndNothingRan leaves what was planned late to the policy of what went by.
func TestPlannedLateAndNothingRan(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, db *notify.Database) {
		n, clock, door := renewing(t, db)
		r := contract("c")
		r.Leads, r.Late = []notify.Lead{notify.Days(7), notify.Days(3), notify.Days(1)}, notify.LateAtOnce
		clock.turn(january(29, 12))
		require.NoError(t, n.Plan(t.Context(), r))
		clock.turn(january(30, 12))
		_, err := n.FireDue(t.Context())
		require.NoError(t, err)
		require.Equal(t, []string{"c 01-31 1d"}, door.take())
	})
}

func TestPlanChecksLate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := b.reminder("contract-1")
	r.Late = "sometimes"
	var wrong *errcode.FieldError
	require.ErrorAs(t, b.n.Plan(t.Context(), r), &wrong)
	require.Equal(t, "Late", wrong.Field)
}
