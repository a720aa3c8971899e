package customerservice_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/customerservice"
	"github.com/wechatkit/wechat/emulator"
	"github.com/wechatkit/wechat/errcode"
)

// emulated returns a client of an account of the emulator.
func emulated(t *testing.T, wx *emulator.Server, app *emulator.App) *customerservice.Client {
	t.Helper()
	core, err := wechat.New(wechat.Config{AppID: app.AppID, AppSecret: wechat.Secret(app.AppSecret)},
		wechat.WithHTTPClient(wx.HTTPClient()))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, core.Close()) })
	return customerservice.New(core)
}

func TestEmulatorTakesEveryMessage(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	mini, oa, user := wx.MiniProgram(), wx.ServiceAccount(), wx.User("Ann")
	user.Follow(oa)
	image := oa.AddMedia("image", "mug.png", []byte("png"))
	miniImage := mini.AddMedia("image", "mug.png", []byte("png"))
	page := customerservice.MiniProgramPage{Title: "Order 77", AppID: mini.AppID, Page: "pages/order?id=77", ThumbMediaID: image}
	cases := []struct {
		app     *emulator.App
		kind    string
		content customerservice.Content
	}{
		{oa, "text", customerservice.Text{Content: "hi " + customerservice.PageLink{Label: "open", AppID: mini.AppID, Page: "p"}.String()}},
		{oa, "image", customerservice.Image{MediaID: image}},
		{oa, "voice", customerservice.Voice{MediaID: oa.AddMedia("voice", "a.amr", []byte("amr"))}},
		{oa, "video", customerservice.Video{MediaID: oa.AddMedia("video", "a.mp4", []byte("mp4")), ThumbMediaID: image}},
		{oa, "music", customerservice.Music{URL: "https://music.example.com", ThumbMediaID: image}},
		{oa, "news", customerservice.News{Title: "Blue mug", URL: "https://shop.example.com"}},
		{oa, "mpnews", customerservice.MPNews{MediaID: oa.AddPermanentMedia("news", "a", []byte("a"))}},
		{oa, "mpnewsarticle", customerservice.MPNewsArticle{ArticleID: "A1"}},
		{oa, "msgmenu", customerservice.MsgMenu{Head: "Happy?", Items: []customerservice.MenuItem{{ID: "1", Text: "Yes"}}}},
		{oa, "wxcard", customerservice.WXCard{CardID: "C1"}},
		{oa, "miniprogrampage", page},
		{mini, "text", &customerservice.Text{Content: "hi"}},
		{mini, "image", customerservice.Image{MediaID: miniImage}},
		{mini, "link", customerservice.Link{Title: "Blue mug", URL: "https://shop.example.com"}},
		{mini, "miniprogrampage", customerservice.MiniProgramPage{Title: "Order 77", Page: "pages/order", ThumbMediaID: miniImage}},
	}
	for _, c := range cases {
		user.Write(c.app, "hello")
		err := emulated(t, wx, c.app).Send(t.Context(), &customerservice.Message{ToUser: user.OpenID(c.app), Content: c.content, AI: true})
		require.NoError(t, err, c.kind)
		inbox := user.Inbox()
		shown := inbox[len(inbox)-1]
		require.Equal(t, c.kind, shown.Type)
		require.True(t, shown.AI)
	}
}

func TestEmulatorWindowAndTyping(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	oa, user := wx.ServiceAccount(), wx.User("Ann")
	cs := emulated(t, wx, oa)
	hello := &customerservice.Message{ToUser: user.OpenID(oa), Content: customerservice.Text{Content: "hi"}}
	user.Follow(oa)
	user.Write(oa, "hello")
	require.NoError(t, cs.Typing(t.Context(), hello.ToUser))
	require.True(t, user.Typing(oa))
	require.ErrorIs(t, cs.Typing(t.Context(), hello.ToUser), errcode.AlreadyTyping)
	require.NoError(t, cs.CancelTyping(t.Context(), hello.ToUser))
	require.False(t, user.Typing(oa))
	for range 5 {
		require.NoError(t, cs.Send(t.Context(), hello))
	}
	require.ErrorIs(t, cs.Send(t.Context(), hello), errcode.ReplyCountUsedUp)

	wx.Advance(49 * time.Hour)
	require.ErrorIs(t, cs.Send(t.Context(), hello), errcode.ReplyWindowClosed)
	require.ErrorIs(t, cs.Typing(t.Context(), hello.ToUser), errcode.UserUnreachable)
}

func TestEmulatorAgents(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	oa, ctx := wx.ServiceAccount(), t.Context()
	cs := emulated(t, wx, oa)
	require.NoError(t, cs.AddAgent(ctx, anna, "Anna"))
	require.ErrorIs(t, cs.AddAgent(ctx, anna, "Anna"), errcode.AgentExists)
	require.ErrorIs(t, cs.AddAgent(ctx, "no sign", "Anna"), errcode.InvalidAgentAccount)
	require.NoError(t, cs.UpdateAgent(ctx, anna, "安娜"))
	require.NoError(t, cs.SetAvatar(ctx, anna, &customerservice.Avatar{Content: bytes.NewReader([]byte("\xff\xd8\xff\xe0 jpeg"))}))
	require.NoError(t, cs.InviteAgent(ctx, anna, "anna_wx"))

	agents, err := cs.Agents(ctx)
	require.NoError(t, err)
	require.Len(t, agents, 1)
	require.Equal(t, "安娜", agents[0].Nickname)
	require.Equal(t, customerservice.InviteWaiting, agents[0].InviteStatus)
	require.Equal(t, "anna_wx", agents[0].InvitedWeChatID)
	oa.ConfirmInvite(anna)
	oa.SetAgentOnline(anna, true)
	online, err := cs.OnlineAgents(ctx)
	require.NoError(t, err)
	require.Len(t, online, 1)
	require.Equal(t, customerservice.AgentOnWeb, online[0].Status)
	require.NoError(t, cs.SetAdmin(ctx, online[0].OpenID))
	require.NoError(t, cs.CancelAdmin(ctx, online[0].OpenID))
	require.NoError(t, cs.DeleteAgent(ctx, anna))
	require.ErrorIs(t, cs.DeleteAgent(ctx, anna), errcode.InvalidAgent)
}

func TestEmulatorSessions(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	wx := emulator.New(t, emulator.WithClockAt(start))
	oa, user, ctx := wx.ServiceAccount(), wx.User("Ann"), t.Context()
	cs, openID := emulated(t, wx, oa), user.OpenID(oa)
	user.Follow(oa)
	oa.AddAgent(anna, "Anna")
	nobody, err := cs.Session(ctx, openID)
	require.NoError(t, err)
	require.Empty(t, nobody.Agent)

	require.NoError(t, cs.CreateSession(ctx, anna, openID))
	require.NoError(t, cs.CreateSession(ctx, anna, openID), "a second time changes nothing")
	served, err := cs.Session(ctx, openID)
	require.NoError(t, err)
	require.Equal(t, anna, served.Agent)
	require.True(t, served.Since.Equal(start))
	sessions, err := cs.Sessions(ctx, anna)
	require.NoError(t, err)
	require.Len(t, sessions, 1)
	queue, err := cs.Waiting(ctx)
	require.NoError(t, err)
	require.Zero(t, queue.Total)

	user.Write(oa, "Is the blue mug back?")
	oa.AgentSays(anna, user, "Yes!")
	var texts []string
	for record, err := range cs.Records(ctx, &customerservice.RecordQuery{Start: start, End: start.Add(time.Hour), PageSize: 1}) {
		require.NoError(t, err)
		texts = append(texts, record.Text)
	}
	require.Equal(t, []string{"Is the blue mug back?", "Yes!"}, texts)
	require.NoError(t, cs.CloseSession(ctx, anna, openID))
	require.ErrorIs(t, cs.CloseSession(ctx, anna, openID), errcode.NoSession)

	_, err = emulated(t, wx, wx.MiniProgram()).Waiting(ctx)
	require.ErrorIs(t, err, errcode.APIUnauthorized)
}

func TestEmulatorSubMerchants(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	mini, user, ctx := wx.MiniProgram(), wx.User("Ann"), t.Context()
	cs := emulated(t, wx, mini)
	icon := mini.AddMedia("image", "mug.png", []byte("png"))
	shop := &customerservice.NewBusiness{Account: "blue_mugs", Nickname: "蓝色Mugs", IconMediaID: icon}
	id, err := cs.RegisterBusiness(ctx, shop)
	require.NoError(t, err)
	_, err = cs.RegisterBusiness(ctx, shop)
	require.ErrorIs(t, err, errcode.BusinessExists)
	require.NoError(t, cs.UpdateBusiness(ctx, &customerservice.BusinessUpdate{ID: id, Nickname: "Blue Mugs"}))
	got, err := cs.Business(ctx, id)
	require.NoError(t, err)
	require.Equal(t, "Blue Mugs", got.Nickname)
	n := 0
	for b, err := range cs.Businesses(ctx, &customerservice.BusinessQuery{PageSize: 1}) {
		require.NoError(t, err)
		require.Equal(t, id, b.ID)
		n++
	}
	require.Equal(t, 1, n)

	user.Write(mini, "hello")
	hello := &customerservice.Message{ToUser: user.OpenID(mini), Content: customerservice.Text{Content: "hi"}}
	for _, c := range []*customerservice.Client{cs.ForBusiness(id), cs.ForBusiness(id).WithSendPath("/cgi-bin/message/custom/send")} {
		require.NoError(t, c.Typing(ctx, user.OpenID(mini)))
		require.NoError(t, c.CancelTyping(ctx, user.OpenID(mini)))
		require.NoError(t, c.Send(ctx, hello))
		require.ErrorIs(t, c.ForBusiness("77").Send(ctx, hello), errcode.BusinessNotFound)
		require.ErrorIs(t, c.ForBusiness("77").Typing(ctx, user.OpenID(mini)), errcode.BusinessNotFound)
	}
	require.Len(t, user.Inbox(), 3, "two besides the user's own")

	_, err = cs.ForBusiness(id).Agents(ctx)
	require.ErrorIs(t, err, errcode.InvalidParameters, "made without ToCommon")
	shop = &customerservice.NewBusiness{Account: "green_mugs", Nickname: "Mugs", IconMediaID: icon, ToCommon: true}
	id, err = cs.RegisterBusiness(ctx, shop)
	require.NoError(t, err)
	_, err = cs.ForBusiness(id).Agents(ctx)
	require.NoError(t, err)
	require.NoError(t, cs.ForBusiness(id).AddAgent(ctx, anna, "Anna"))
	require.ErrorIs(t, cs.ForBusiness("77").DeleteAgent(ctx, anna), errcode.BusinessNotFound)
}

func TestEmulatorWeComAndReviews(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	mini, user, ctx := wx.MiniProgram(), wx.User("Ann"), t.Context()
	cs := emulated(t, wx, mini)
	require.NoError(t, cs.BindWeCom(ctx, "ww1"))
	binding, err := cs.WeComBinding(ctx)
	require.NoError(t, err)
	require.Equal(t, "ww1", binding.CorpID)
	require.NoError(t, cs.UnbindWeCom(ctx, "ww1"))

	hello := &customerservice.Message{ToUser: user.OpenID(mini), Content: customerservice.Text{Content: "sorry"}}
	require.ErrorIs(t, cs.Send(ctx, hello), errcode.ReplyWindowClosed)
	review := user.ReviewBadly(mini)
	require.NoError(t, cs.ResetQuota(ctx, review))
	require.NoError(t, cs.Send(ctx, hello))
	require.ErrorIs(t, cs.ResetQuota(ctx, review), errcode.Code(10000))
}
