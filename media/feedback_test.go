package media_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/golden"
	"github.com/wechatkit/wechat/media"
)

func TestGoldenFeedbacks(t *testing.T) {
	t.Parallel()
	golden.Run(t, []golden.Case{{
		Name: "FeedbacksPage",
		Call: func(ctx context.Context, c *wechat.Client) (any, error) {
			return media.New(c).FeedbacksPage(ctx, &media.FeedbackQuery{Type: media.BlankScreen, Page: 2, PageSize: 10})
		},
		Want: &media.FeedbackPage{Total: 100, Items: []*media.Feedback{
			{
				RecordID: "77", Type: media.BlankScreen, Content: "white screen <b>", Contact: "18800000000", OpenID: "oUser-1",
				Nickname: "Ann", HeadURL: "https://wx.qlogo.cn/demo/0", CreatedAt: time.Unix(1587571200, 0),
				MediaIDs: []string{"MEDIA_demo_4"}, SystemInfo: "{}",
			},
			{
				RecordID: "76", Type: 9, Content: "slow", Contact: "a@example.com", OpenID: "oUser-2",
				CreatedAt: time.Unix(1587571100, 0), SystemInfo: "{}",
			},
		}},
		Code: errcode.SystemBusy,
	}})
}

// feedbacks is a page of the records from first down, of total.
func feedbacks(first, n, total int) answer {
	items := make([]string, n)
	for i := range n {
		items[i] = fmt.Sprintf(`{"record_id":%d}`, first-i)
	}
	return answer{body: fmt.Sprintf(`{"list":[%s],"total_num":%d,"errcode":0}`, strings.Join(items, ","), total)}
}

func records(t *testing.T, m *media.Client, q *media.FeedbackQuery) (ids []string, err error) {
	t.Helper()
	for item, err := range m.Feedbacks(t.Context(), q) {
		if err != nil {
			return ids, err
		}
		ids = append(ids, item.RecordID)
	}
	return ids, nil
}

func TestFeedbacksWalksThePages(t *testing.T) {
	t.Parallel()
	m, fake := client(t, []answer{feedbacks(5, 2, 5), feedbacks(3, 2, 5), feedbacks(1, 1, 5)})
	ids, err := records(t, m, &media.FeedbackQuery{PageSize: 2})
	require.NoError(t, err)
	require.Equal(t, []string{"5", "4", "3", "2", "1"}, ids)
	require.Len(t, fake.requests(), 3, "no request behind the last page")

	m, fake = client(t, []answer{feedbacks(5, 2, 0), feedbacks(3, 1, 0), feedbacks(0, 0, 0)})
	ids, err = records(t, m, &media.FeedbackQuery{PageSize: 2})
	require.NoError(t, err)
	require.Equal(t, []string{"5", "4", "3"}, ids, "without a total until a page is empty")
	require.Len(t, fake.requests(), 3)

	m, _ = client(t, []answer{feedbacks(5, 2, 5), feedbacks(3, 2, 5), feedbacks(1, 1, 5)})
	ids, err = records(t, m, &media.FeedbackQuery{PageSize: 100})
	require.NoError(t, err)
	require.Len(t, ids, 5, "pages smaller than asked for")

	m, fake = client(t, []answer{feedbacks(3, 2, 5), feedbacks(1, 1, 5), feedbacks(0, 0, 5)})
	ids, err = records(t, m, &media.FeedbackQuery{Page: 2, PageSize: 2})
	require.NoError(t, err)
	require.Len(t, ids, 3)
	require.Len(t, fake.requests(), 3)

	m, fake = client(t, []answer{feedbacks(40, 20, 40), feedbacks(20, 20, 40)})
	ids, err = records(t, m, nil)
	require.NoError(t, err)
	require.Len(t, ids, 40)
	require.Len(t, fake.requests(), 2)
}

func TestFeedbacksEnds(t *testing.T) {
	t.Parallel()
	m, _ := client(t, []answer{feedbacks(5, 2, 9)})
	ids, err := records(t, m, &media.FeedbackQuery{PageSize: 2})
	require.EqualError(t, err, "media.Feedbacks: WeChat gave the same page again")
	require.Equal(t, []string{"5", "4"}, ids)

	m, _ = client(t, []answer{feedbacks(5, 2, 9), {body: `{"errcode":48001,"errmsg":"api unauthorized"}`}})
	ids, err = records(t, m, &media.FeedbackQuery{PageSize: 2})
	require.ErrorIs(t, err, errcode.APIUnauthorized)
	require.Len(t, ids, 2)

	for range m.Feedbacks(t.Context(), nil) {
		break
	}
	for want, q := range map[string]*media.FeedbackQuery{
		"media: FeedbackQuery: nil":       nil,
		"media: Type: -1 is negative":     {Type: -1},
		"media: Page: -1 is negative":     {Page: -1},
		"media: PageSize: -1 is negative": {PageSize: -1},
	} {
		_, err := m.FeedbacksPage(t.Context(), q)
		require.EqualError(t, err, want)
		require.ErrorIs(t, err, errcode.InvalidArgument)
	}
}

func TestEmulatorFeedbackList(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	mini, ann := wx.MiniProgram(), wx.User("Ann")
	for i := range 25 {
		ann.GiveFeedback(mini, emulator.Feedback{Type: 1 + i%2, Text: fmt.Sprint("fault ", i)})
	}
	ann.GiveFeedback(mini, emulator.Feedback{Type: 4, Contact: "18800000000", Pictures: []emulator.Picture{{Name: "a.png", Data: []byte(png)}}})
	m := emulated(t, wx, mini)
	var all []*media.Feedback
	for item, err := range m.Feedbacks(t.Context(), &media.FeedbackQuery{PageSize: 10}) {
		require.NoError(t, err)
		all = append(all, item)
	}
	require.Len(t, all, 26)
	require.Equal(t, "fault 0", all[25].Content)
	newest := all[0]
	require.Equal(t, media.BlankScreen, newest.Type)
	require.Equal(t, "18800000000", newest.Contact)
	require.Equal(t, ann.OpenID(mini), newest.OpenID)
	var file bytes.Buffer
	_, err := m.DownloadFeedback(t.Context(), newest.RecordID, newest.MediaIDs[0], &file)
	require.NoError(t, err)
	require.Equal(t, png, file.String())
	crashes, err := records(t, m, &media.FeedbackQuery{Type: media.Crashes})
	require.NoError(t, err)
	require.Len(t, crashes, 12)
}
