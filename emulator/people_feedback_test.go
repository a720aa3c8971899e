package emulator_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

func TestFeedbackPictures(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other := b.wx.AddMiniProgram(emulator.AppConfig{})
	record, media := b.wx.User("u").Complain(b.mp, "a.png", []byte("pixels"))
	url := "/cgi-bin/media/getfeedbackmedia?record_id=" + record + "&media_id=" + media
	_, _, body := b.do(http.MethodGet, as(b.mp, url), "", "")
	require.Equal(t, "pixels", string(body))
	require.Equal(t, 46001, b.get(as(other, url)).code())
	require.Equal(t, 46001, b.get(as(b.mp, "/cgi-bin/media/getfeedbackmedia?record_id=1&media_id="+media)).code())
	require.Equal(t, 46001, b.get(as(b.mp, "/cgi-bin/media/getfeedbackmedia?media_id=x&record_id="+record)).code())
}

func TestFeedbackList(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other := b.wx.AddMiniProgram(emulator.AppConfig{})
	ann := b.wx.AddUser(emulator.UserConfig{Name: "ann", Nickname: "Ann"})
	first, _ := ann.GiveFeedback(b.mp, emulator.Feedback{Type: 4, Text: "all is white", Contact: "18800000000"})
	second, pictures := ann.GiveFeedback(b.mp, emulator.Feedback{Text: "odd", Pictures: []emulator.Picture{{"a.png", nil}, {"b.png", nil}}})
	ann.GiveFeedback(other, emulator.Feedback{Text: "elsewhere"})
	list := func(query string) (ids []string, total int64) {
		got := b.get(as(b.mp, "/wxaapi/feedback/list?"+query))
		require.Zero(t, got.code(), query)
		for _, item := range got["list"].([]any) {
			ids = append(ids, item.(map[string]any)["record_id"].(interface{ String() string }).String())
		}
		return ids, got.number("total_num")
	}
	ids, total := list("page=1&num=10")
	require.Equal(t, []string{second, first}, ids, "the newest first")
	require.EqualValues(t, 2, total)
	ids, total = list("page=2&num=1")
	require.Equal(t, []string{first}, ids)
	require.EqualValues(t, 2, total)
	ids, total = list("type=4&page=1&num=10")
	require.Equal(t, []string{first}, ids)
	require.EqualValues(t, 1, total)
	ids, _ = list("page=9223372036854775807&num=9223372036854775807")
	require.Empty(t, ids)

	items := b.get(as(b.mp, "/wxaapi/feedback/list?page=1&num=10"))["list"].([]any)
	require.Equal(t, map[string]any{
		"record_id": num(first), "create_time": num("1795147200"), "content": "all is white", "phone": "18800000000",
		"openid": ann.OpenID(b.mp), "nickname": "Ann", "head_url": "", "type": num("4"), "mediaIds": []any{}, "systemInfo": "{}",
	}, items[1])
	require.Equal(t, []any{pictures[0], pictures[1]}, items[0].(map[string]any)["mediaIds"])
	require.Equal(t, num("8"), items[0].(map[string]any)["type"])

	for _, bad := range []string{"", "page=1", "num=1", "page=0&num=1", "page=1&num=0", "page=a&num=1", "page=1&num=1&type=x"} {
		require.Equal(t, 40097, b.get(as(b.mp, "/wxaapi/feedback/list?"+bad)).code(), bad)
	}
	require.Equal(t, 48001, b.get(as(b.oa, "/wxaapi/feedback/list?page=1&num=1")).code())
}

func TestUnlinkAMiniProgram(t *testing.T) {
	t.Parallel()
	b := setup(t)
	unlink := func(id string) int {
		return b.post(as(b.oa, "/cgi-bin/wxopen/wxampunlink"), `{"appid":"`+id+`"}`).code()
	}
	require.Zero(t, unlink(b.mp.AppID))
	require.NotContains(t, b.oa.State().Linked, b.mp.AppID)
	require.Equal(t, 40013, unlink(b.mp.AppID), "no longer linked")
	require.Equal(t, 40013, unlink("wx-nobody"))
	b.oa.Link(b.mp)
	require.Zero(t, unlink(b.mp.AppID))
}
