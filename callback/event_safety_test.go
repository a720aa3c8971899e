package callback_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
)

// TestOnlyAVerdictCounts: whatever comes in place of a verdict must not be taken for one that passed.
func TestOnlyAVerdictCounts(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]struct {
		checked bool
		advice  callback.Advice
		code    int
	}{
		`"errcode":0,"result":{"suggest":"pass","label":100}`:      {true, callback.AdvicePass, 0},
		`"errcode":"0","result":{"suggest":"risky","label":20002}`: {true, callback.AdviceRisky, 0},
		`"result":{"suggest":"blocked","label":30000}`:             {true, "blocked", 0},
		`"errcode":-1008,"errmsg":"x"`:                             {false, "", -1008},
		`"errcode":-1008,"result":{"suggest":"pass","label":100}`:  {false, callback.AdvicePass, -1008},
		`"errcode":43104,"detail":[]`:                              {false, "", 43104},
		`"errcode":0,"detail":[{"suggest":"pass","label":100}]`:    {false, "", 0},
		`"errcode":0,"result":{}`:                                  {false, "", 0},
		`"errcode":0,"result":"pass"`:                              {false, "", 0},
		`"isrisky":0,"status_code":0`:                              {false, "", 0},
		`"isrisky":"1","status_code":"4294966288"`:                 {false, "", -1008},
		`"isrisky":0,"errcode":43104,"status_code":4294966288`:     {false, "", 43104},
	} {
		e := receive[*callback.MediaChecked](t, `{"MsgType":"event","Event":"wxa_media_check",`+body+`}`)
		require.Equal(t, want.checked, e.Checked(), body)
		require.Equal(t, want.advice, e.Result.Suggest, body)
		require.Equal(t, want.code, e.ErrorCode, body)
		require.Equal(t, want.checked && want.advice == "pass", e.Checked() && e.Result.Suggest.Passed(), body)
	}
}

func TestOlderMediaCheck(t *testing.T) {
	t.Parallel()
	e := receive[*callback.MediaChecked](t, `{"Event":"wxa_media_check","isrisky":1,"extra_info_json":"{\"a\":1}","status_code":0}`)
	require.Equal(t, &callback.OlderMediaCheck{IsRisky: true, Extra: `{"a":1}`}, e.Older)
	both := receive[*callback.MediaChecked](t, `{"Event":"wxa_media_check","isrisky":1,"result":{"suggest":"pass"}}`)
	require.Nil(t, both.Older)
}
