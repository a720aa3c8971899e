package oauth_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/internal/golden"
	"github.com/wechatkit/wechat/oauth"
)

// The demo of WeChat's documentation.
const (
	demoAppID = "wx4f4bc4dec97d474b"
	demoKey   = wechat.Secret("tiihtNczf5v6AKRyjwEUhQ==")
	demoIV    = "r7BXXKkLb8qrSNn05n0qiA=="
	demoData  = "CiyLU1Aw2KjvrjMdj8YKliAjtP4gsMZMQmRzooG2xrDcvSnxIMXFufNstNGTyaGS9uT5geRa0W4oTOb1WT7fJlAC+oNPdbB+" +
		"3hVbJSRgv+4lGOETKUQz6OYStslQ142dNCuabNPGBzlooOmB231qMM85d2/fV6ChevvXvQP8Hkue1poOFtnEtpyxVLW1zAo6" +
		"/1Xx1COxFvrc2d7UL/lmHInNlxuacJXwu0fjpXfz/YqYzBIBzD6WUfTIF9GRHpOn/Hz7saL8xz+W//FRAUid1OksQaQx4CMs" +
		"8LOddcQhULW4ucetDf96JcR3g0gfRK4PC7E/r7Z6xNrXd2UIeorGj5Ef7b1pJAYB6Y5anaHqZ9J6nKEBvB4DnNLIVWSgARns" +
		"/8wR2SiRS7MNACwTyrGvt9ts8p12PKFdlqYTopNHR1Vf7XjfhQlVsAJdNiKdYmYVoKlaRv85IfVunYzO0IKXsyl7JCUjCpoG" +
		"20f0a04COwfneQAGGwd5oa+T8yO5hzuyDb/XcxxmK01EpqOyuxINew=="
)

// demoUser is what the demo's data holds.
type demoUser struct {
	OpenID   string `json:"openId"`
	UnionID  string `json:"unionId"`
	NickName string `json:"nickName"`
}

func clientOf(t *testing.T, appID string) *oauth.Client {
	t.Helper()
	core, err := wechat.New(wechat.Config{AppID: appID, AppSecret: golden.AppSecret})
	require.NoError(t, err)
	return oauth.New(core)
}

func TestDecryptOpensTheDocumentedDemo(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]oauth.EncryptedData{
		"AsItIs":       {Data: demoData, IV: demoIV},
		"PlusAsSpace":  {Data: strings.ReplaceAll(demoData, "+", " "), IV: strings.ReplaceAll(demoIV, "+", " ")},
		"BrokenInRows": {Data: demoData[:76] + "\r\n" + demoData[76:], IV: demoIV},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var user demoUser
			mark, err := clientOf(t, demoAppID).Decrypt(demoKey, &d, &user)
			require.NoError(t, err)
			require.Equal(t, demoUser{"oGZUI0egBJY1zhBYw2KhdUfwVJJE", "ocMvos6NjeKLIBqg5Mr9QjxrP1FA", "Band"}, user)
			require.Equal(t, oauth.Watermark{AppID: demoAppID, Time: time.Unix(1477314187, 0)}, mark)
		})
	}
}

func TestDecryptRefuses(t *testing.T) {
	t.Parallel()
	type input struct {
		appID string
		key   wechat.Secret
		data  oauth.EncryptedData
	}
	good := input{demoAppID, demoKey, oauth.EncryptedData{Data: demoData, IV: demoIV}}
	for name, c := range map[string]struct {
		change func(*input)
		want   error
	}{
		"ForeignApp":     {func(i *input) { i.appID = golden.AppID }, oauth.ErrForeignData},
		"OldData":        {func(i *input) { i.data.MaxAge = time.Hour }, oauth.ErrOldData},
		"WrongKey":       {func(i *input) { i.key = "AAAAAAAAAAAAAAAAAAAAAA==" }, oauth.ErrEncryptedData},
		"EmptyKey":       {func(i *input) { i.key = "" }, oauth.ErrEncryptedData},
		"KeyNotBase64":   {func(i *input) { i.key = "*" }, oauth.ErrEncryptedData},
		"KeyTooLong":     {func(i *input) { i.key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }, oauth.ErrEncryptedData},
		"IVNotBase64":    {func(i *input) { i.data.IV = "*" }, oauth.ErrEncryptedData},
		"IVTooShort":     {func(i *input) { i.data.IV = "AAAA" }, oauth.ErrEncryptedData},
		"DataNotBase64":  {func(i *input) { i.data.Data = "*" }, oauth.ErrEncryptedData},
		"DataEmpty":      {func(i *input) { i.data.Data = "" }, oauth.ErrEncryptedData},
		"DataNotInBlock": {func(i *input) { i.data.Data = "AAAA" }, oauth.ErrEncryptedData},
		"DataCutOff":     {func(i *input) { i.data.Data = demoData[:128] }, oauth.ErrEncryptedData},
		"WrongIV":        {func(i *input) { i.data.IV = "AAAAAAAAAAAAAAAAAAAAAA==" }, oauth.ErrEncryptedData},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := good
			c.change(&in)
			var user demoUser
			_, err := clientOf(t, in.appID).Decrypt(in.key, &in.data, &user)
			require.ErrorIs(t, err, c.want)
			require.Equal(t, demoUser{}, user)
			require.NotContains(t, err.Error(), demoKey.Reveal())
		})
	}
}

// seal encrypts as WeChat does; padding is written as given.
func seal(t require.TestingT, key wechat.Secret, plain, padding string) string {
	raw, err := base64.StdEncoding.DecodeString(key.Reveal())
	require.NoError(t, err)
	block, err := aes.NewCipher(raw)
	require.NoError(t, err)
	data := []byte(plain + padding)
	cipher.NewCBCEncrypter(block, make([]byte, aes.BlockSize)).CryptBlocks(data, data)
	return base64.StdEncoding.EncodeToString(data)
}

const zeroIV = "AAAAAAAAAAAAAAAAAAAAAA=="

func TestDecryptChecksEveryByteOfThePadding(t *testing.T) {
	t.Parallel()
	plain := `{"watermark":{"appid":"` + golden.AppID + `","timestamp":"1764000000"}}`
	for len(plain)%aes.BlockSize != aes.BlockSize-3 {
		plain += " "
	}
	for name, c := range map[string]struct {
		padding string
		good    bool
	}{
		"Right":        {"\x03\x03\x03", true},
		"OneByteOff":   {"\x03\x02\x03", false},
		"Zero":         {"  \x00", false},
		"LongerBlock":  {"  \x11", false},
		"NoneAtAll":    {"   ", false},
		"WholeBlock":   {"   " + strings.Repeat("\x10", aes.BlockSize), true},
		"AlmostBlock":  {"   \x01" + strings.Repeat("\x10", aes.BlockSize-1), false},
		"OnlyLastByte": {"  \x01", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out struct{}
			d := oauth.EncryptedData{Data: seal(t, demoKey, plain, c.padding), IV: zeroIV}
			_, err := clientOf(t, golden.AppID).Decrypt(demoKey, &d, &out)
			if c.good {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, oauth.ErrEncryptedData)
		})
	}
}

func TestDecryptMeasuresAgeBothWays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		age  time.Duration
		good bool
	}{
		"Fresh": {4 * time.Minute, true}, "Old": {6 * time.Minute, false},
		"ClockBehind": {-4 * time.Minute, true}, "Future": {-6 * time.Minute, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				plain := fmt.Sprintf(`{"watermark":{"appid":%q,"timestamp":%d}}`, golden.AppID, time.Now().Add(-c.age).Unix())
				n := aes.BlockSize - len(plain)%aes.BlockSize
				d := oauth.EncryptedData{
					Data: seal(t, demoKey, plain, strings.Repeat(string(rune(n)), n)), IV: zeroIV, MaxAge: 5 * time.Minute,
				}
				var out struct{}
				_, err := clientOf(t, golden.AppID).Decrypt(demoKey, &d, &out)
				require.Equal(t, c.good, err == nil)
				if !c.good {
					require.ErrorIs(t, err, oauth.ErrOldData)
				}
			})
		})
	}
}

func TestDecryptSaysWhenTheDataDoesNotFit(t *testing.T) {
	t.Parallel()
	var out struct {
		OpenID int `json:"openId"`
	}
	_, err := clientOf(t, demoAppID).Decrypt(demoKey, &oauth.EncryptedData{Data: demoData, IV: demoIV}, &out)
	require.ErrorContains(t, err, "does not fit")
	require.NotContains(t, err.Error(), "oGZUI0egBJY1zhBYw2KhdUfwVJJE")
	_, err = clientOf(t, demoAppID).Decrypt(demoKey, nil, &out)
	require.EqualError(t, err, "oauth: EncryptedData: nil")
}

func TestDecryptOpensWhatWasSealed(t *testing.T) {
	t.Parallel()
	client := clientOf(t, golden.AppID)
	rapid.Check(t, func(r *rapid.T) {
		key := wechat.Secret(base64.StdEncoding.EncodeToString(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(r, "key")))
		name := rapid.StringMatching(`[ -!#-\[\]-~]{0,40}`).Draw(r, "name")
		plain := fmt.Sprintf(`{"nickName":"%s","watermark":{"appid":%q,"timestamp":1}}`, name, golden.AppID)
		n := aes.BlockSize - len(plain)%aes.BlockSize
		var user demoUser
		_, err := client.Decrypt(key, &oauth.EncryptedData{
			Data: seal(r, key, plain, string(bytes.Repeat([]byte{byte(n)}, n))), IV: zeroIV,
		}, &user)
		require.NoError(r, err)
		require.Equal(r, name, user.NickName)
	})
}

func FuzzDecrypt(f *testing.F) {
	f.Add(demoKey.Reveal(), demoData, demoIV)
	f.Add("", "", "")
	f.Add("AAAAAAAAAAAAAAAAAAAAAA==", "AAAA", " ")
	core, err := wechat.New(wechat.Config{AppID: demoAppID, AppSecret: golden.AppSecret})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, key, data, iv string) {
		var user demoUser
		_, err := oauth.New(core).Decrypt(wechat.Secret(key), &oauth.EncryptedData{Data: data, IV: iv}, &user)
		if err == nil && data == demoData && iv == demoIV { // another IV changes the first block, as CBC has it
			require.Equal(t, "oGZUI0egBJY1zhBYw2KhdUfwVJJE", user.OpenID)
		}
	})
}

func TestVerifyUserData(t *testing.T) {
	t.Parallel()
	const (
		key       = wechat.Secret("HyVFkGl5F5OQWJZZaNzBBg==")
		signature = "75e81ceda165f4ffa64f4068af58c64b8f54b88c"
		raw       = `{"nickName":"Band","gender":1,"language":"zh_CN","city":"Guangzhou","province":"Guangdong",` +
			`"country":"CN","avatarUrl":"http://wx.qlogo.cn/mmopen/vi_32/1vZvI39NWFQ9XM4LtQpFrQJ1xlgZxx3w7bQxKARol6503Iuswjjn` +
			`6nIGBiaycAjAtpujxyzYsrztuuICqIM5ibXQ/0"}`
	)
	require.True(t, oauth.VerifyUserData(key, raw, signature))
	require.True(t, oauth.VerifyUserData(key, raw, strings.ToUpper(signature)))
	require.False(t, oauth.VerifyUserData(key, raw+" ", signature))
	require.False(t, oauth.VerifyUserData(demoKey, raw, signature))
	require.False(t, oauth.VerifyUserData(key, raw, ""))
	require.False(t, oauth.VerifyUserData(key, raw, signature[:39]))
	require.False(t, oauth.VerifyUserData("", "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"), "anybody can sign with no key")
}
