package oauth_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/oauth"
)

// coreOf returns a client that calls the emulator for one of its accounts.
func coreOf(t *testing.T, wx *emulator.Server, a *emulator.App, opts ...wechat.Option) *wechat.Client {
	t.Helper()
	core, err := wechat.New(wechat.Config{AppID: a.AppID, AppSecret: wechat.Secret(a.AppSecret)},
		append(opts, wechat.WithHTTPClient(wx.HTTPClient()))...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, core.Close()) })
	return core
}

func TestEmulatedLogin(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	mini, ann, bob := wx.MiniProgram(), wx.User("Ann"), wx.User("Bob")
	client := oauth.New(coreOf(t, wx, mini))
	code := ann.LoginCode(mini)

	session, err := client.Login(t.Context(), code)
	require.NoError(t, err)
	require.Equal(t, ann.OpenID(mini), session.OpenID)
	require.Equal(t, ann.UnionID(mini), session.UnionID)
	_, err = client.Login(t.Context(), code)
	require.ErrorIs(t, err, errcode.CodeUsed)
	require.ErrorIs(t, err, errcode.UserAuthRequired)
	require.Zero(t, wx.Count("/cgi-bin/stable_token"), "a login needs no access token")

	late := bob.LoginCode(mini)
	wx.Advance(5*time.Minute + time.Second)
	_, err = client.Login(t.Context(), late)
	require.ErrorIs(t, err, errcode.InvalidCode)
}

func TestEmulatedSessionKeys(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	mini, ann := wx.MiniProgram(), wx.User("Ann")
	client := oauth.New(coreOf(t, wx, mini))
	old, err := client.Login(t.Context(), ann.LoginCode(mini))
	require.NoError(t, err)
	check := func(key wechat.Secret) bool {
		valid, err := client.CheckSessionKey(t.Context(), old.OpenID, key)
		require.NoError(t, err)
		return valid
	}
	require.True(t, check(old.SessionKey))

	keys, err := client.EncryptKeys(t.Context(), old.OpenID, old.SessionKey)
	require.NoError(t, err)
	require.NotEmpty(t, keys)
	require.NotEmpty(t, keys[0].Key)

	renewed, err := client.ResetSessionKey(t.Context(), old.OpenID, old.SessionKey)
	require.NoError(t, err)
	require.Equal(t, old.OpenID, renewed.OpenID)
	require.False(t, check(old.SessionKey), "the old key is void at once")
	require.True(t, check(renewed.SessionKey))
	_, err = client.ResetSessionKey(t.Context(), old.OpenID, old.SessionKey)
	require.ErrorIs(t, err, errcode.SessionKeyInvalid)
	_, err = client.EncryptKeys(t.Context(), old.OpenID, old.SessionKey)
	require.ErrorIs(t, err, errcode.SessionKeyInvalid)
}

func TestEmulatedOpenData(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	mini, ann := wx.MiniProgram(), wx.User("Ann")
	client := oauth.New(coreOf(t, wx, mini))
	session, err := client.Login(t.Context(), ann.LoginCode(mini))
	require.NoError(t, err)

	sealed := ann.OpenData(mini, map[string]any{"openGId": "tGroup-1"})
	require.True(t, oauth.VerifyUserData(session.SessionKey, sealed.RawData, sealed.Signature))
	var group struct {
		ID string `json:"openGId"`
	}
	mark, err := client.Decrypt(session.SessionKey, &oauth.EncryptedData{
		Data: sealed.EncryptedData, IV: sealed.IV, MaxAge: time.Minute,
	}, &group)
	require.NoError(t, err)
	require.Equal(t, "tGroup-1", group.ID)
	require.Equal(t, mini.AppID, mark.AppID)

	phone := ann.EncryptedPhone(mini)
	seen, err := client.CheckEncryptedData(t.Context(), phone.EncryptedData)
	require.NoError(t, err)
	require.True(t, seen.Valid)
	_, err = client.CheckEncryptedData(t.Context(), sealed.EncryptedData)
	require.ErrorIs(t, err, errcode.EncryptedDataNotFound, "WeChat remembers phone numbers only")

	_, err = client.ResetSessionKey(t.Context(), session.OpenID, session.SessionKey)
	require.NoError(t, err)
	late := ann.EncryptedPhone(mini)
	_, err = client.Decrypt(session.SessionKey, &oauth.EncryptedData{Data: late.EncryptedData, IV: late.IV}, &group)
	require.ErrorIs(t, err, oauth.ErrEncryptedData, "the key is not the newest")
}

func TestEmulatedIdentityCalls(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	mini, ann, bob := wx.MiniProgram(), wx.User("Ann"), wx.User("Bob")
	client := oauth.New(coreOf(t, wx, mini))

	phone, err := client.PhoneNumber(t.Context(), ann.PhoneCode(mini), ann.OpenID(mini))
	require.NoError(t, err)
	require.Equal(t, "+"+phone.CountryCode+phone.PureNumber, phone.Number)
	require.Equal(t, mini.AppID, phone.Watermark.AppID)
	_, err = client.PhoneNumber(t.Context(), ann.PhoneCode(mini), bob.OpenID(mini))
	require.ErrorIs(t, err, errcode.InvalidOpenID)
	_, err = client.PhoneNumber(t.Context(), ann.LoginCode(mini), "")
	require.ErrorIs(t, err, errcode.InvalidCode, "it is not a code of wx.login")

	payment := &oauth.Payment{OpenID: ann.OpenID(mini), MchID: "1900000109", OutTradeNo: "order-77"}
	_, err = client.PaidUnionID(t.Context(), payment)
	require.ErrorIs(t, err, errcode.InvalidOrder)
	ann.Pay(mini, emulator.Payment{TransactionID: "4200000001", MchID: "1900000109", OutTradeNo: "order-77"})
	for _, p := range []*oauth.Payment{payment, {OpenID: ann.OpenID(mini), TransactionID: "4200000001"}} {
		unionID, err := client.PaidUnionID(t.Context(), p)
		require.NoError(t, err)
		require.Equal(t, ann.UnionID(mini), unionID)
	}

	openPID, err := client.PluginOpenPID(t.Context(), ann.PluginCode(mini))
	require.NoError(t, err)
	require.NotEmpty(t, openPID)
	risk, err := client.RiskRank(t.Context(), &oauth.RiskQuery{OpenID: ann.OpenID(mini), ClientIP: "203.0.113.7"})
	require.NoError(t, err)
	require.Zero(t, risk.Rank)
	require.NotZero(t, risk.RequestID)
}

func TestEmulatedUsers(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	oa, ann, bob := wx.ServiceAccount(), wx.User("Ann"), wx.User("Bob")
	client := oauth.New(coreOf(t, wx, oa))
	ann.Follow(oa)
	require.NoError(t, client.SetRemark(t.Context(), ann.OpenID(oa), "met at the fair"))
	tag, err := client.CreateTag(t.Context(), "VIP")
	require.NoError(t, err)
	require.NoError(t, client.TagUsers(t.Context(), tag.ID, []string{ann.OpenID(oa)}))

	user, err := client.User(t.Context(), ann.OpenID(oa))
	require.NoError(t, err)
	require.Equal(t, ann.UnionID(oa), user.UnionID)
	require.True(t, user.Follows)
	require.WithinDuration(t, wx.Now(), user.FollowedAt, time.Minute)
	require.Equal(t, "met at the fair", user.Remark)
	require.Equal(t, []int{tag.ID}, user.TagIDs)

	users, err := client.Users(t.Context(), []string{bob.OpenID(oa), ann.OpenID(oa)})
	require.NoError(t, err)
	require.Equal(t, &oauth.User{OpenID: bob.OpenID(oa), UnionID: bob.UnionID(oa)}, users[0])
	require.Equal(t, user, users[1])
	_, err = client.User(t.Context(), ann.OpenID(wx.MiniProgram()))
	require.ErrorIs(t, err, errcode.InvalidOpenID, "the OpenID is the Mini Program's")
}

func TestEmulatedTags(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	oa := wx.ServiceAccount()
	client := oauth.New(coreOf(t, wx, oa))
	fans := follow(wx, oa, 60)
	tag, err := client.CreateTag(t.Context(), "VIP")
	require.NoError(t, err)
	_, err = client.CreateTag(t.Context(), "VIP")
	require.ErrorIs(t, err, errcode.InvalidTagName)
	require.NoError(t, client.RenameTag(t.Context(), tag.ID, "贵宾"))
	require.NoError(t, client.TagUsers(t.Context(), tag.ID, fans))

	tags, err := client.Tags(t.Context())
	require.NoError(t, err)
	require.Contains(t, tags, &oauth.Tag{ID: tag.ID, Name: "贵宾", Count: 60})
	members, err := collect(client.TagMembers(t.Context(), tag.ID, ""))
	require.NoError(t, err)
	require.ElementsMatch(t, fans, members)
	require.NoError(t, client.UntagUsers(t.Context(), tag.ID, fans[1:]))
	members, err = collect(client.TagMembers(t.Context(), tag.ID, ""))
	require.NoError(t, err)
	require.Equal(t, fans[:1], members)
	ids, err := client.UserTags(t.Context(), fans[0])
	require.NoError(t, err)
	require.Equal(t, []int{tag.ID}, ids)

	require.NoError(t, client.DeleteTag(t.Context(), tag.ID))
	require.ErrorIs(t, client.TagUsers(t.Context(), tag.ID, fans), errcode.InvalidTagID)
	require.ErrorIs(t, client.DeleteTag(t.Context(), 2), errcode.ReservedTag)
}

func TestEmulatedBlacklist(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	oa := wx.ServiceAccount()
	client := oauth.New(coreOf(t, wx, oa))
	fans := follow(wx, oa, 45)
	require.NoError(t, client.Block(t.Context(), fans))
	blocked, err := collect(client.Blacklist(t.Context(), ""))
	require.NoError(t, err)
	require.ElementsMatch(t, fans, blocked)
	require.NoError(t, client.Unblock(t.Context(), fans[:44]))
	blocked, err = collect(client.Blacklist(t.Context(), ""))
	require.NoError(t, err)
	require.Equal(t, fans[44:], blocked)
}

func TestEmulatedMigration(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	old, oa, ann := wx.AddServiceAccount(emulator.AppConfig{}), wx.ServiceAccount(), wx.User("Ann")
	client := oauth.New(coreOf(t, wx, oa))
	ids := []string{ann.OpenID(old), "oNobody"}
	_, err := client.ConvertOpenIDs(t.Context(), old.AppID, ids)
	require.ErrorIs(t, err, errcode.MigrationNotConfirmed)
	oa.MigrateFrom(old)
	for _, from := range []string{old.AppID, old.OriginalID} {
		got, err := client.ConvertOpenIDs(t.Context(), from, ids)
		require.NoError(t, err)
		require.Equal(t, []oauth.Converted{
			{OldOpenID: ann.OpenID(old), NewOpenID: ann.OpenID(oa)}, {OldOpenID: "oNobody", Problem: "ori_openid error"},
		}, got)
	}
}

// follow lets n new users follow and returns their OpenIDs.
func follow(wx *emulator.Server, oa *emulator.App, n int) []string {
	ids := make([]string, n)
	for i := range ids {
		u := wx.User(fmt.Sprintf("fan-%05d", i))
		u.Follow(oa)
		ids[i] = u.OpenID(oa)
	}
	return ids
}

// From a user of the Mini Program to the follower of the service account, over more than one page.
func TestEmulatedDirectory(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t, emulator.WithCallLimit(0))
	mini, oa := wx.MiniProgram(), wx.ServiceAccount()
	fans := follow(wx, oa, 10_020)
	fan, stranger := wx.User("fan-10010"), wx.User("Stranger")
	followers := oauth.New(coreOf(t, wx, oa))
	login := oauth.New(coreOf(t, wx, mini))

	store := &oauth.MemoryStore{}
	dir := oauth.NewDirectory(store)
	p, err := dir.Backfill(t.Context(), followers, oauth.Progress{}, nil)
	require.NoError(t, err)
	require.Equal(t, oauth.Progress{Done: len(fans), Total: len(fans), Complete: true}, p)

	for _, u := range []*emulator.User{fan, stranger} {
		session, err := login.Login(t.Context(), u.LoginCode(mini))
		require.NoError(t, err)
		require.NoError(t, dir.Add(t.Context(), oauth.Identity{AppID: mini.AppID, OpenID: session.OpenID, UnionID: session.UnionID}))
	}
	person, err := dir.Lookup(t.Context(), mini.AppID, fan.OpenID(mini))
	require.NoError(t, err)
	found, ok := person.In(oa.AppID)
	require.True(t, ok)
	require.Equal(t, fan.OpenID(oa), found.OpenID)
	require.Equal(t, oauth.FollowYes, found.Follow)
	person, err = dir.Lookup(t.Context(), mini.AppID, stranger.OpenID(mini))
	require.NoError(t, err)
	_, ok = person.In(oa.AppID)
	require.False(t, ok)

	stranger.Follow(oa)
	fan.Unfollow(oa)
	require.NoError(t, dir.Refresh(t.Context(), followers, stranger.OpenID(oa), fan.OpenID(oa)))
	for u, want := range map[*emulator.User]oauth.Follow{stranger: oauth.FollowYes, fan: oauth.FollowNo} {
		person, err = dir.Lookup(t.Context(), mini.AppID, u.OpenID(mini))
		require.NoError(t, err)
		found, ok = person.In(oa.AppID)
		require.True(t, ok)
		require.Equal(t, want, found.Follow)
	}
}

// Follow flags are compared with events, which carry the emulator's time.
func TestDirectoryGoesByTheGivenClock(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t, emulator.WithClockAt(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)))
	oa, ann := wx.ServiceAccount(), wx.User("Ann")
	ann.Follow(oa)
	dir := oauth.NewDirectory(&oauth.MemoryStore{})
	dir.Now = wx.Now
	require.NoError(t, dir.Refresh(t.Context(), oauth.New(coreOf(t, wx, oa)), ann.OpenID(oa)))
	wx.Advance(time.Hour)
	ann.Unfollow(oa)
	left := oauth.Identity{AppID: oa.AppID, OpenID: ann.OpenID(oa), Follow: oauth.FollowNo, FollowSeen: wx.Now()}
	require.NoError(t, dir.Add(t.Context(), left))
	person, err := dir.Lookup(t.Context(), oa.AppID, ann.OpenID(oa))
	require.NoError(t, err)
	found, ok := person.In(oa.AppID)
	require.True(t, ok)
	require.Equal(t, oauth.FollowNo, found.Follow)
}
