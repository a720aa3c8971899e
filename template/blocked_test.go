package template_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/template"
)

func TestBlockedPageReadsWhatWeChatReallySends(t *testing.T) {
	t.Parallel()
	record := &template.Blocked{ID: "7", MsgID: "M1", Title: "Mug", Text: "Item:Mug", SentAt: time.Unix(1763600000, 0), OpenID: "oFan-1"}
	const fields = `"title":"Mug","content":"Item:Mug","openid":"oFan-1"`
	for name, body := range map[string]string{
		"numbers, one object": `{"errcode":0,"msginfo":{"id":7,"tmpl_msg_id":"M1","send_timestamp":1763600000,` + fields + `}}`,
		"strings, a list":     `{"msginfo":[{"id":"7","tmpl_msg_id":"M1","send_timestamp":"1763600000",` + fields + `},null]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, _ := answers(body)
			got, err := setup(t, answer).BlockedPage(t.Context(), &template.BlockedQuery{MsgID: "M1"})
			require.NoError(t, err)
			require.Equal(t, &template.BlockedPage{Blocked: []*template.Blocked{record}, Next: 7}, got)
		})
	}
	for _, body := range []string{`{"errcode":0,"msginfo":{}}`, `{"errcode":0}`, `{"msginfo":null}`} {
		answer, _ := answers(body)
		got, err := setup(t, answer).BlockedPage(t.Context(), &template.BlockedQuery{MsgID: "M1"})
		require.NoError(t, err)
		require.Equal(t, &template.BlockedPage{}, got, body)
	}
}

func records(ids ...any) string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = fmt.Sprintf(`{"id":%v,"tmpl_msg_id":"M1"}`, id)
	}
	return `{"errcode":0,"msginfo":[` + strings.Join(list, ",") + `]}`
}

func TestBlockedWalksAllPages(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		pages []string
		ids   []string
		asked int
	}{
		"until an empty page":          {[]string{records(1, `"3"`), records(5), records()}, []string{"1", "3", "5"}, 3},
		"until the page does not move": {[]string{records(1, 3), records(3)}, []string{"1", "3"}, 2},
		"out of order":                 {[]string{records(3, 1), records(5, 4), records()}, []string{"3", "1", "5", "4"}, 3},
		"ids that are no numbers":      {[]string{records(`"a"`, `"b"`)}, []string{"a", "b"}, 1},
		"none":                         {[]string{records()}, nil, 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, asked := answers(c.pages...)
			var ids []string
			for b, err := range setup(t, answer).Blocked(t.Context(), &template.BlockedQuery{MsgID: "M1"}) {
				require.NoError(t, err)
				ids = append(ids, b.ID)
			}
			require.Equal(t, c.ids, ids)
			require.Equal(t, c.asked, asked())
		})
	}
}

func TestBlockedSendsTheHighestID(t *testing.T) {
	t.Parallel()
	var cursors []string
	client := setup(t, func(r *http.Request) (*http.Response, error) {
		var body map[string]json.RawMessage
		require.NoError(t, json.NewDecoder(r.Body).Decode(&body))
		cursors = append(cursors, string(body["largest_id"])+" "+string(body["limit"]))
		if len(cursors)%2 == 1 {
			return httpmock.NewStringResponse(http.StatusOK, records(9, 8)), nil
		}
		return httpmock.NewStringResponse(http.StatusOK, records()), nil
	})
	q := &template.BlockedQuery{MsgID: "M1", After: 7, PageSize: 2}
	walk := client.Blocked(t.Context(), q)
	q.After = 99 // the walk has its own copy
	for range 2 {
		for _, err := range walk {
			require.NoError(t, err)
		}
	}
	require.Equal(t, []string{"7 2", "9 2", "7 2", "9 2"}, cursors)
}

func TestBlockedEnds(t *testing.T) {
	t.Parallel()
	answer, asked := answers(records(1), `{"errcode":40097,"errmsg":"invalid args"}`)
	var ids []string
	var last error
	for b, err := range setup(t, answer).Blocked(t.Context(), &template.BlockedQuery{MsgID: "M1", PageSize: 1}) {
		if last = err; err == nil {
			ids = append(ids, b.ID)
		}
	}
	require.ErrorIs(t, last, errcode.InvalidParameters)
	require.Equal(t, []string{"1"}, ids)
	require.Equal(t, 2, asked())

	answer, asked = answers(records(1, 2))
	for range setup(t, answer).Blocked(t.Context(), &template.BlockedQuery{MsgID: "M1"}) {
		break
	}
	require.Equal(t, 1, asked())
}

func TestBlockedPageChecksFirst(t *testing.T) {
	t.Parallel()
	for want, q := range map[string]*template.BlockedQuery{
		"template: BlockedQuery: nil":                   nil,
		"template: MsgID: empty":                        {},
		"template: After: -1 is negative":               {MsgID: "M1", After: -1},
		"template: PageSize: 101, allowed are 1 to 100": {MsgID: "M1", PageSize: 101},
	} {
		_, err := setup(t, nil).BlockedPage(t.Context(), q)
		requireFieldError(t, want, err)
	}
	for _, err := range setup(t, nil).Blocked(t.Context(), nil) {
		requireFieldError(t, "template: MsgID: empty", err)
	}
}

func TestBlockedAgainstTheEmulator(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	oa, ann := wx.ServiceAccount(), wx.User("Ann")
	ann.Follow(oa)
	id := oa.AddTemplate(emulator.Template{Title: "Sale", Keywords: []string{"thing1"}})
	oa.InterceptTemplate(id)
	client := onEmulator(t, wx)
	for range 3 {
		_, err := client.Send(t.Context(), &template.Message{ToUser: ann.OpenID(oa), TemplateID: id, Data: template.Data{"thing1": "Buy!"}})
		require.NoError(t, err)
	}
	require.Empty(t, ann.Inbox())
	n := 0
	for b, err := range client.Blocked(t.Context(), &template.BlockedQuery{MsgID: id, PageSize: 2}) {
		require.NoError(t, err)
		require.Equal(t, ann.OpenID(oa), b.OpenID)
		n++
	}
	require.Equal(t, 3, n)
}
