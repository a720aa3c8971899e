package notify

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWanting(t *testing.T) {
	t.Parallel()
	all := &Content{
		Template: &TemplateContent{}, Subscribe: &SubscribeContent{}, Card: &CardContent{}, Reply: "x",
		Other: map[string]string{"sms": "x", "a|b": "x", "mail": "x"},
	}
	nothing := func(string) bool { return false }
	for name, tc := range map[string]struct {
		content *Content
		looked  doorSet
		tried   func(string) bool
		want    []string
	}{
		"Nothing":     {&Content{}, "", nothing, nil},
		"AllThere":    {&Content{Reply: "x"}, newDoorSet(DoorReply), nothing, nil},
		"NoneThere":   {all, "", nothing, []string{DoorTemplate, DoorSubscribe, DoorCard, DoorReply, "a|b", "mail", "sms"}},
		"SomeThere":   {all, newDoorSet("a", "b", "sms", DoorReply, DoorCard, DoorTemplate), nothing, []string{DoorSubscribe, "a|b", "mail"}},
		"TriedByThem": {all, newDoorSet("a|b", "mail", DoorReply, DoorCard, DoorTemplate, DoorSubscribe), func(d string) bool { return d == "sms" }, nil},
	} {
		require.ElementsMatch(t, tc.want, wanting(tc.content, tc.looked, tc.tried), name)
	}
}

func TestServedBy(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"card", "chat", "order", "reply", "template"}, servedBy([]Door{
		Named("chat", Named("other chat", &replyDoor{})), &templateDoor{}, Named("order", &cardDoor{}),
	}))
}

func TestLeftUntil(t *testing.T) {
	t.Parallel()
	due := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		fireAt, now time.Duration // before and after due
		want        bool
	}{
		"LongBefore":   {-7 * 24 * time.Hour, -time.Hour, true},
		"WhenDue":      {-7 * 24 * time.Hour, 0, false},
		"ShortBefore":  {-time.Hour, 0, true},
		"ADayLater":    {-time.Hour, 23 * time.Hour, false},
		"SentWhenDue":  {0, 23 * time.Hour, true},
		"ADayAfterDue": {0, 24 * time.Hour, false},
	} {
		f := firing{due: unix(due), fireAt: unix(due.Add(tc.fireAt))}
		require.Equal(t, tc.want, f.left(due.Add(tc.now)), name)
	}
}
