package emulator_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

func hmacHex(key string) string {
	mac := hmac.New(sha256.New, []byte(key))
	return hex.EncodeToString(mac.Sum(nil))
}

func TestSessionKeyCalls(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	signed := func(path, key, method string) answer {
		return b.get(as(b.mp, path+"?openid="+u.OpenID(b.mp)+"&signature="+hmacHex(key)+"&sig_method="+method))
	}
	const check, reset, keys = "/wxa/checksession", "/wxa/resetusersessionkey", "/wxa/business/getuserencryptkey"
	require.Equal(t, 87009, signed(check, "", "hmac_sha256").code(), "never logged in")
	require.Equal(t, 87007, signed(reset, "", "hmac_sha256").code())

	key := b.get(session(b.mp, u.LoginCode(b.mp))).text("session_key")
	require.Zero(t, signed(check, key, "hmac_sha256").code())
	require.Equal(t, 87008, signed(check, key, "md5").code())
	raw, err := base64.StdEncoding.DecodeString(key)
	require.NoError(t, err)
	require.Equal(t, 87009, signed(check, string(raw), "hmac_sha256").code(), "the key is the text, not the bytes")
	require.Equal(t, 40003, b.get(as(b.mp, check+"?openid=x")).code())

	list := signed(keys, key, "hmac_sha256")["key_info_list"].([]any)
	require.Len(t, list, 1)
	require.Equal(t, num("3600"), list[0].(map[string]any)["expire_in"])
	for range 4 {
		b.wx.Advance(time.Hour)
		list = signed(keys, key, "hmac_sha256")["key_info_list"].([]any)
	}
	require.Len(t, list, 3)
	require.Equal(t, num("5"), list[0].(map[string]any)["version"])
	require.Equal(t, num("0"), list[1].(map[string]any)["expire_in"])
	require.Equal(t, 87009, signed(keys, "x", "hmac_sha256").code())

	fresh := signed(reset, key, "hmac_sha256")
	require.Equal(t, u.OpenID(b.mp), fresh.text("openid"))
	require.Equal(t, 87009, signed(check, key, "hmac_sha256").code())
	require.Zero(t, signed(check, fresh.text("session_key"), "hmac_sha256").code())
	b.wx.Advance(72 * time.Hour)
	require.Equal(t, 87009, signed(check, fresh.text("session_key"), "hmac_sha256").code())
}

func TestPhoneNumber(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other := b.wx.AddMiniProgram(emulator.AppConfig{})
	u := b.wx.AddUser(emulator.UserConfig{Name: "u", Phone: "13800000000"})
	call := func(app *emulator.App, code, openID string) answer {
		return b.post(as(app, "/wxa/business/getuserphonenumber"), `{"code":"`+code+`","openid":"`+openID+`"}`)
	}
	code := u.PhoneCode(b.mp)
	require.Equal(t, 40013, call(other, code, "").code())
	got := call(b.mp, code, u.OpenID(b.mp))
	require.Equal(t, map[string]any{
		"phoneNumber": "+8613800000000", "purePhoneNumber": "13800000000", "countryCode": "86",
		"watermark": map[string]any{"timestamp": num("1795147200"), "appid": b.mp.AppID},
	}, got["phone_info"])
	require.Equal(t, 40029, call(b.mp, code, "").code(), "used")
	require.Equal(t, 40029, call(b.mp, u.LoginCode(b.mp), "").code(), "another kind of code")
	require.Equal(t, 40003, call(b.mp, u.PhoneCode(b.mp), "x").code())
	require.Regexp(t, `^138\d{8}$`, call(b.mp, b.wx.User("v").PhoneCode(b.mp), "")["phone_info"].(map[string]any)["purePhoneNumber"])
}

func TestOpenDataCanBeVerifiedAndDecrypted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	key := b.get(session(b.mp, u.LoginCode(b.mp))).text("session_key")
	data := u.OpenData(b.mp, map[string]any{"openGId": "G1"})
	sum := sha1.Sum([]byte(data.RawData + key))
	require.Equal(t, hex.EncodeToString(sum[:]), data.Signature)

	phone := u.EncryptedPhone(b.mp)
	plain := decryptCBC(t, key, phone)
	var info struct {
		Watermark struct{ AppID string }
	}
	require.NoError(t, json.Unmarshal(plain, &info))
	require.Equal(t, b.mp.AppID, info.Watermark.AppID)

	hash := sha256.Sum256([]byte(phone.EncryptedData))
	check := func(app *emulator.App, hash string) answer {
		return b.post(as(app, "/wxa/business/checkencryptedmsg"), `{"encrypted_msg_hash":"`+hash+`"}`)
	}
	got := check(b.mp, hex.EncodeToString(hash[:]))
	require.Equal(t, true, got["vaild"])
	require.Equal(t, start.Unix(), got.number("create_time"))
	require.Equal(t, 1, check(b.mp, "00").code())
	require.Equal(t, 40097, check(b.mp, "").code())
	b.wx.Advance(73 * time.Hour)
	require.Equal(t, 1, check(b.mp, hex.EncodeToString(hash[:])).code())
}

func decryptCBC(t *testing.T, key string, data emulator.OpenData) []byte {
	t.Helper()
	k, err := base64.StdEncoding.DecodeString(key)
	require.NoError(t, err)
	iv, err := base64.StdEncoding.DecodeString(data.IV)
	require.NoError(t, err)
	text, err := base64.StdEncoding.DecodeString(data.EncryptedData)
	require.NoError(t, err)
	block, err := aes.NewCipher(k)
	require.NoError(t, err)
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(text, text)
	return text[:len(text)-int(text[len(text)-1])]
}

func TestPaidUnionID(t *testing.T) {
	t.Parallel()
	b := setup(t)
	unbound := b.wx.AddMiniProgram(emulator.AppConfig{Platform: emulator.Unbound})
	u := b.wx.User("u")
	call := func(a *emulator.App, query string) answer {
		return b.get(as(a, "/wxa/getpaidunionid?openid="+u.OpenID(a)+query))
	}
	require.Equal(t, 89300, call(b.mp, "").code())
	u.Pay(b.mp, emulator.Payment{TransactionID: "T", MchID: "M", OutTradeNo: "O"})
	require.Equal(t, u.UnionID(b.mp), call(b.mp, "&transaction_id=T").text("unionid"))
	require.Equal(t, u.UnionID(b.mp), call(b.mp, "&mch_id=M&out_trade_no=O").text("unionid"))
	require.Equal(t, u.UnionID(b.mp), call(b.mp, "").text("unionid"))
	require.Equal(t, 89300, call(b.mp, "&transaction_id=X").code())
	require.Equal(t, 89300, call(b.mp, "&mch_id=M").code())
	require.Equal(t, 89002, call(unbound, "").code())
	require.Equal(t, 40003, b.get(as(b.mp, "/wxa/getpaidunionid?openid=x")).code())
	b.wx.Advance(5 * time.Minute)
	require.Equal(t, 89300, call(b.mp, "&transaction_id=T").code())
}

func TestPluginAndRisk(t *testing.T) {
	t.Parallel()
	b := setup(t)
	u := b.wx.User("u")
	code := u.PluginCode(b.mp)
	require.NotEmpty(t, b.post(as(b.mp, "/wxa/getpluginopenpid"), `{"code":"`+code+`"}`).text("openpid"))
	require.Equal(t, 40163, b.post(as(b.mp, "/wxa/getpluginopenpid"), `{"code":"`+code+`"}`).code())
	risk := func(appID, openID, ip string) answer {
		return b.post(as(b.mp, "/wxa/getuserriskrank"), `{"appid":"`+appID+`","openid":"`+openID+`","scene":0,"client_ip":"`+ip+`"}`)
	}
	got := risk(b.mp.AppID, u.OpenID(b.mp), "203.0.113.1")
	require.Equal(t, "getuserriskrank succ", got.text("errmsg"))
	require.Contains(t, got, "unoin_id")
	require.Equal(t, 40013, risk("x", u.OpenID(b.mp), "203.0.113.1").code())
	require.Equal(t, 40003, risk(b.mp.AppID, "x", "203.0.113.1").code())
	require.Equal(t, 40097, risk(b.mp.AppID, u.OpenID(b.mp), "").code())
}

func TestIdentityMisuse(t *testing.T) {
	t.Parallel()
	wx, err := emulator.Start()
	require.NoError(t, err)
	u := wx.User("u")
	for name, f := range map[string]func(){
		"NotLoggedIn": func() { u.EncryptedPhone(wx.MiniProgram()) },
		"PhoneOfOA":   func() { u.PhoneCode(wx.ServiceAccount()) },
		"Unencodable": func() {
			u.LoginCode(wx.MiniProgram())
			u.OpenData(wx.MiniProgram(), map[string]any{"x": make(chan int)})
		},
		"PluginOfOA":     func() { u.PluginCode(wx.ServiceAccount()) },
		"PaymentsOfSite": func() { u.Pay(wx.AddWebsite(emulator.AppConfig{}), emulator.Payment{}) },
		"WindowOfMini":   func() { u.Pay(wx.MiniProgram(), emulator.Payment{Window: 5}) },
		"NegativeWindow": func() { u.Pay(wx.ServiceAccount(), emulator.Payment{Window: -1}) },
	} {
		require.Panics(t, f, name)
	}
}
