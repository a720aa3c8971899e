package notify

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	const path = "/cgi-bin/message/subscribe/send"
	code := func(c errcode.Code) error { return notSent(errcode.New("subscribe.Send", path, 200, c, "")) }
	lost := func(last error) error {
		return fmt.Errorf("%w; of an earlier attempt: %w", last, wechat.ErrOutcomeUnknown)
	}
	for _, tc := range []struct {
		name     string
		err      error
		state    State
		wait     time.Duration // after the third try, before chance takes its part
		pause    bool
		repeated State // where the message may have gone out before
	}{
		{"Taken", nil, Accepted, 0, false, Accepted},
		{"SentBefore", code(45065), Accepted, 0, false, Accepted},
		{"NoAnswer", fmt.Errorf("x: %w", wechat.ErrOutcomeUnknown), Unknown, 12 * time.Second, false, Unknown},
		{"NoAnswerBeforeARefusal", lost(code(errcode.UserRefused)), Unknown, 12 * time.Second, false, Unknown},
		{"Busy", code(errcode.SystemBusy), retried, 20 * time.Second, false, Unknown},
		{"NoConnection", notSent(&wechat.TransportError{}), retried, 20 * time.Second, false, Unknown},
		{"NoToken", notSent(context.DeadlineExceeded), retried, 20 * time.Second, false, Unknown},
		{"WrongSecret", code(errcode.InvalidAppSecret), retried, 20 * time.Second, false, Unknown},
		{"AtTheSameTime", code(errcode.ConcurrentSends), retried, crowded, false, Unknown},
		{"MinuteQuota", code(errcode.MinuteQuotaReached), retried, time.Minute, true, Unknown},
		{"DayQuota", code(errcode.DayQuotaReached), deferred, quotaAgain, false, Unknown},
		{"Refused", code(errcode.UserRefused), Refused, 0, false, Refused},
		{"OwnDoorRefuses", fmt.Errorf("sms: %w", ErrUnreachable), Refused, 0, false, Refused},
		{"BadValue", code(47003), Failed, 0, false, Failed},
		{"Rejected", code(45168), Failed, 0, false, Failed},
		{"Banned", code(43107), Failed, 0, false, Failed},
		{"BadField", fieldError("Data", "empty"), Failed, 0, false, Unknown},
		{"UnknownCode", code(999999), Unknown, 0, false, Unknown},
		{"HeldForReview", code(40252), Accepted, 0, false, Accepted},
		{"HeldAfterALostAnswer", lost(code(40252)), Accepted, 0, false, Accepted},
		{"Duplicate", code(40241), Unknown, 0, false, Accepted},
		{"DuplicateAfterALostAnswer", lost(code(40241)), Accepted, 0, false, Accepted},
		{"TooManyToOneUser", code(43117), retried, 20 * time.Minute, false, Unknown},
		{"Foreign", errors.New("gateway: 500"), Unknown, 12 * time.Second, false, Unknown},
		{"ForeignTimeout", context.DeadlineExceeded, Unknown, 12 * time.Second, false, Unknown},
	} {
		v := judge(tc.err, 3, mayArrive)
		require.Equal(t, tc.state, v.state, tc.name)
		require.LessOrEqual(t, v.wait, tc.wait, tc.name)
		require.GreaterOrEqual(t, v.wait, tc.wait*3/4, tc.name)
		require.Equal(t, tc.pause, v.pause, tc.name)
		require.Equal(t, tc.state == Accepted && !errors.Is(tc.err, errcode.OutcomeOpen), v.reason == "", tc.name)
		require.Equal(t, tc.repeated, v.repeated(tc.err).state, tc.name)
	}
	require.LessOrEqual(t, judge(code(errcode.SystemBusy), 1000, mayArrive).wait, longestRetry)
}

func mayArrive(*errcode.Error) CodeMeaning { return MayArrive }

func TestJudgeOfUnknownCodes(t *testing.T) {
	t.Parallel()
	err := notSent(errcode.New("template.Send", "/cgi-bin/message/template/send", 200, 999999, ""))
	for m, want := range map[CodeMeaning]struct{ first, repeated State }{
		MayArrive:    {Unknown, Unknown},
		NotDelivered: {Failed, Unknown}, // the first one may have arrived: no other door
		TryLater:     {retried, Unknown},
		99:           {Unknown, Unknown},
	} {
		v := judge(err, 1, func(*errcode.Error) CodeMeaning { return m })
		require.Equal(t, want.first, v.state, m)
		require.Equal(t, m == TryLater, v.wait > 0, m)
		require.Equal(t, want.repeated, v.repeated(err).state, m)
	}
}
