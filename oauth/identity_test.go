package oauth_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/oauth"
)

func TestPhoneNumberReadsWhatWeChatSends(t *testing.T) {
	t.Parallel()
	want := &oauth.Phone{Number: "+12025550123", PureNumber: "2025550123", CountryCode: "1"}
	for name, answer := range map[string]string{
		"Text":   `{"phone_info":{"phoneNumber":"+12025550123","purePhoneNumber":"2025550123","countryCode":"1"}}`,
		"Number": `{"phone_info":{"phoneNumber":"+12025550123","purePhoneNumber":2025550123,"countryCode":1}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			core, f := answering(t, always(answer))
			got, err := oauth.New(core).PhoneNumber(t.Context(), "phone-code-1", "")
			require.NoError(t, err)
			require.Equal(t, want, got)
			require.JSONEq(t, `{"code":"phone-code-1"}`, f.requests()[0].Body, "no empty openid")
		})
	}
}

func TestCheckEncryptedDataReadsBothSpellings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer string
		valid  bool
	}{
		"Misspelt": {`{"errcode":0,"vaild":true}`, true}, "Spelt": {`{"errcode":0,"valid":true}`, true},
		"Number": {`{"errcode":0,"vaild":1}`, true}, "Invalid": {`{"errcode":0,"vaild":false}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			core, _ := answering(t, always(c.answer))
			got, err := oauth.New(core).CheckEncryptedData(t.Context(), demoData)
			require.NoError(t, err)
			require.Equal(t, &oauth.EncryptedDataCheck{Valid: c.valid}, got)
		})
	}
}

func TestCheckEncryptedDataHashesWhatWeChatMade(t *testing.T) {
	t.Parallel()
	core, f := answering(t, always(`{"errcode":0,"vaild":true}`))
	client := oauth.New(core)
	_, err := client.CheckEncryptedData(t.Context(), "a+b+")
	require.NoError(t, err)
	_, err = client.CheckEncryptedData(t.Context(), "a b ")
	require.NoError(t, err)
	require.Equal(t, f.requests()[0].Body, f.requests()[1].Body)
}

func TestErrorsOfIdentityCalls(t *testing.T) {
	t.Parallel()
	core, _ := answering(t, always(`{"errcode":40013,"errmsg":"invalid appid"}`))
	_, err := oauth.New(core).PhoneNumber(t.Context(), "phone-code-1", "")
	require.ErrorIs(t, err, errcode.InvalidArgument, "the code is another app's; the account itself is fine")

	core, _ = answering(t, always(`{"errcode":1,"errmsg":"not found"}`))
	_, err = oauth.New(core).CheckEncryptedData(t.Context(), demoData)
	require.ErrorIs(t, err, errcode.EncryptedDataNotFound)

	core, _ = answering(t, always(`{"errcode":0,"errmsg":"ok"}`))
	_, err = oauth.New(core).PaidUnionID(t.Context(), &oauth.Payment{OpenID: "o1", TransactionID: "4200"})
	require.ErrorContains(t, err, "unionid is missing")
}

func TestChecks(t *testing.T) {
	t.Parallel()
	long := "一二三四五六七八九十!"
	for name, c := range map[string]struct {
		call func(*oauth.Client) error
		want string
	}{
		"Login":              {func(c *oauth.Client) error { _, err := c.Login(t.Context(), ""); return err }, `oauth: code: empty`},
		"CheckSessionKey":    {func(c *oauth.Client) error { _, err := c.CheckSessionKey(t.Context(), "o1", ""); return err }, `oauth: key: empty`},
		"ResetSessionKey":    {func(c *oauth.Client) error { _, err := c.ResetSessionKey(t.Context(), "", "k"); return err }, `oauth: openID: empty`},
		"EncryptKeys":        {func(c *oauth.Client) error { _, err := c.EncryptKeys(t.Context(), "", "k"); return err }, `oauth: openID: empty`},
		"PhoneNumber":        {func(c *oauth.Client) error { _, err := c.PhoneNumber(t.Context(), "", "o1"); return err }, `oauth: code: empty`},
		"CheckEncryptedData": {func(c *oauth.Client) error { _, err := c.CheckEncryptedData(t.Context(), ""); return err }, `oauth: encryptedData: empty`},
		"PluginOpenPID":      {func(c *oauth.Client) error { _, err := c.PluginOpenPID(t.Context(), ""); return err }, `oauth: code: empty`},
		"RiskRank": {func(c *oauth.Client) error {
			_, err := c.RiskRank(t.Context(), &oauth.RiskQuery{OpenID: "o1"})
			return err
		}, `oauth: ClientIP: empty`},
		"RiskRankNil":     {func(c *oauth.Client) error { _, err := c.RiskRank(t.Context(), nil); return err }, `oauth: RiskQuery: nil`},
		"User":            {func(c *oauth.Client) error { _, err := c.User(t.Context(), ""); return err }, `oauth: openID: empty`},
		"Users":           {func(c *oauth.Client) error { _, err := c.Users(t.Context(), []string{"o1", ""}); return err }, `oauth: openIDs[1]: empty`},
		"SetRemarkOpenID": {func(c *oauth.Client) error { return c.SetRemark(t.Context(), "", "x") }, `oauth: openID: empty`},
		"SetRemarkLong":   {func(c *oauth.Client) error { return c.SetRemark(t.Context(), "o1", long) }, `oauth: remark: 31 bytes, limit 30`},
		"CreateTag":       {func(c *oauth.Client) error { _, err := c.CreateTag(t.Context(), ""); return err }, `oauth: name: empty`},
		"CreateTagLong":   {func(c *oauth.Client) error { _, err := c.CreateTag(t.Context(), long); return err }, `oauth: name: 31 bytes, limit 30`},
		"RenameTag":       {func(c *oauth.Client) error { return c.RenameTag(t.Context(), 134, long) }, `oauth: name: 31 bytes, limit 30`},
		"TagUsers":        {func(c *oauth.Client) error { return c.TagUsers(t.Context(), 134, []string{""}) }, `oauth: openIDs[0]: empty`},
		"UserTags":        {func(c *oauth.Client) error { _, err := c.UserTags(t.Context(), ""); return err }, `oauth: openID: empty`},
		"Block":           {func(c *oauth.Client) error { return c.Block(t.Context(), []string{"o1", "o2", ""}) }, `oauth: openIDs[2]: empty`},
		"ConvertFrom":     {func(c *oauth.Client) error { _, err := c.ConvertOpenIDs(t.Context(), "", []string{"o1"}); return err }, `oauth: from: empty`},
		"ConvertList":     {func(c *oauth.Client) error { _, err := c.ConvertOpenIDs(t.Context(), "gh_1", []string{""}); return err }, `oauth: openIDs[0]: empty`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			core, f := answering(t, always(`{}`))
			err := c.call(oauth.New(core))
			require.EqualError(t, err, c.want)
			require.ErrorIs(t, err, errcode.InvalidArgument)
			require.Empty(t, f.requests(), "nothing is sent")
		})
	}
}

func TestPaymentChecks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		payment *oauth.Payment
		want    string
	}{
		"Nil":          {nil, `oauth: Payment: nil`},
		"NoOpenID":     {&oauth.Payment{TransactionID: "1"}, `oauth: OpenID: empty`},
		"NoOrder":      {&oauth.Payment{OpenID: "o1"}, `oauth: MchID: empty, and so is TransactionID`},
		"NoOutTradeNo": {&oauth.Payment{OpenID: "o1", MchID: "1"}, `oauth: OutTradeNo: empty, and so is TransactionID`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			core, f := answering(t, always(`{}`))
			_, err := oauth.New(core).PaidUnionID(t.Context(), c.payment)
			require.EqualError(t, err, c.want)
			require.Empty(t, f.requests())
		})
	}
}

func TestChecksCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	core, f := answering(t, always(`{"errcode":40092,"errmsg":"invalid remark"}`), wechat.WithoutChecks())
	client := oauth.New(core)
	require.ErrorIs(t, client.SetRemark(t.Context(), "", "a remark that is longer than WeChat takes"), errcode.InvalidRemark)
	require.ErrorIs(t, client.TagUsers(t.Context(), 134, []string{""}), errcode.InvalidRemark)
	_, err := client.PaidUnionID(t.Context(), &oauth.Payment{})
	require.ErrorIs(t, err, errcode.InvalidRemark)
	require.Len(t, f.requests(), 3)
}
