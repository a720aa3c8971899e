package oauth_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/oauth"
)

func TestCheckSessionKeyTakesNoForAnAnswer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer string
		valid  bool
		want   error
	}{
		"Valid":         {`{"errcode":0,"errmsg":"ok"}`, true, nil},
		"Invalid":       {`{"errcode":87009,"errmsg":"invalid signature"}`, false, nil},
		"Expired":       {`{"errcode":87007,"errmsg":"session_key is not existed or expired"}`, false, nil},
		"WrongMethod":   {`{"errcode":87008,"errmsg":"invalid sig_method"}`, false, errcode.InvalidSigMethod},
		"ForeignOpenID": {`{"errcode":40003,"errmsg":"invalid openid"}`, false, errcode.InvalidOpenID},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			core, _ := answering(t, always(c.answer))
			valid, err := oauth.New(core).CheckSessionKey(t.Context(), "oAbc-user-1", sessionKey)
			require.ErrorIs(t, err, c.want)
			require.Equal(t, c.valid, valid)
		})
	}
}

func TestEncryptKeysReadsWhatWeChatSends(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer string
		want   []oauth.EncryptKey
	}{
		"Strings": {
			`{"errcode":"0","key_info_list":[{"encrypt_key":"k","iv":"i","version":"3","expire_in":"60","create_time":"1764000000"}]}`,
			[]oauth.EncryptKey{{Version: 3, Key: "k", IV: "i", ExpiresIn: time.Minute, Created: tested}},
		},
		"Object": {
			`{"key_info_list":{"encrypt_key":"k","iv":"i","version":3}}`,
			[]oauth.EncryptKey{{Version: 3, Key: "k", IV: "i"}},
		},
		"Null": {`{"errcode":0,"key_info_list":null}`, []oauth.EncryptKey{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			core, _ := answering(t, always(c.answer))
			got, err := oauth.New(core).EncryptKeys(t.Context(), "oAbc-user-1", sessionKey)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}
