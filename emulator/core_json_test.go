package emulator_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

// A program that writes the names of fields in another case must not pass here and fail with WeChat.
func TestNamesAreCaseSensitive(t *testing.T) {
	t.Parallel()
	good := sub("oU", "T1", "say it")
	library := `{"tid":"512","kidList":[1,2],"sceneDesc":"order"}`
	cases := map[string]struct {
		path, body, from, to string
		code                 int
	}{
		"Upper":   {subscribeSend, good, "touser", "ToUser", 40003},
		"Partly":  {subscribeSend, good, "template_id", "template_ID", 40037},
		"Nested":  {subscribeSend, good, `"value"`, `"Value"`, 47003},
		"Lower":   {"/wxaapi/newtmpl/addtemplate", library, "kidList", "kidlist", 200020},
		"InAText": {subscribeSend, good, "say it", `a \"ToUser\": b`, 0},
		"Right":   {"/wxaapi/newtmpl/addtemplate", library, "512", "512", 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.mp.AddTemplate(emulator.Template{ID: "T1", Keywords: []string{"thing1"}})
			b.wx.AddUser(emulator.UserConfig{Name: "u", OpenIDs: map[string]string{b.mp.AppID: "oU"}}).Accept("T1")
			require.Contains(t, c.body, c.from)
			body := strings.Replace(c.body, c.from, c.to, 1)
			require.Equal(t, c.code, b.post(as(b.mp, c.path), body).code())
			require.Equal(t, body, b.wx.Calls()[0].Request, "the record shows what was sent")
		})
	}
}
