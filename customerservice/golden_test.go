package customerservice_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/customerservice"
	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/internal/golden"
)

const (
	fan  = "oFan-1"
	anna = "anna@demo_shop"
)

// sending makes a case of one message.
func sending(name string, code errcode.Code, msg customerservice.Message) golden.Case {
	msg.ToUser = fan
	return calling(name, code, func(ctx context.Context, cs *customerservice.Client) error { return cs.Send(ctx, &msg) })
}

// calling makes a case of a call without a result.
func calling(
	name string, code errcode.Code, call func(context.Context, *customerservice.Client) error,
) golden.Case {
	return golden.Case{Name: name, Code: code, Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return nil, call(ctx, customerservice.New(c))
	}}
}

// asking makes a case of a call with a result.
func asking[T any](
	name string, code errcode.Code, want T, call func(context.Context, *customerservice.Client) (T, error),
) golden.Case {
	return golden.Case{Name: name, Code: code, Want: want, Call: func(ctx context.Context, c *wechat.Client) (any, error) {
		return call(ctx, customerservice.New(c))
	}}
}

func TestGoldenSend(t *testing.T) {
	t.Parallel()
	link := customerservice.PageLink{
		Label: "open", URL: "https://shop.example.com", AppID: "wx0000000000000001", Page: "pages/home?x=1&y=2",
	}
	golden.Run(t, []golden.Case{
		sending("Send", errcode.ReplyWindowClosed, customerservice.Message{
			Content: customerservice.Text{Content: "Hi 😀 " + link.String()}, AI: true,
		}),
		sending("Send-image", errcode.InvalidMediaID, customerservice.Message{
			Content: customerservice.Image{MediaID: "MEDIA_demo"}, Agent: anna,
		}),
		sending("Send-voice", errcode.ReplyCountUsedUp, customerservice.Message{
			Content: customerservice.Voice{MediaID: "MEDIA_demo"},
		}),
		sending("Send-video", errcode.InvalidMediaID, customerservice.Message{
			Content: customerservice.Video{
				MediaID: "MEDIA_demo", ThumbMediaID: "THUMB_demo", Title: "How to brew", Description: "In two minutes",
			},
		}),
		sending("Send-music", errcode.ReplyCountUsedUp, customerservice.Message{
			Content: customerservice.Music{
				URL: "https://music.example.com/a.mp3?q=1&n=2", HQURL: "https://music.example.com/a.flac",
				ThumbMediaID: "THUMB_demo", Title: "Kettle song", Description: "By the mugs",
			},
		}),
		sending("Send-news", errcode.TooManyArticles, customerservice.Message{
			Content: customerservice.News{
				Title: "Blue mug", Description: "Back in <stock>", URL: "https://shop.example.com/m?a=1&b=2",
				PicURL: "https://shop.example.com/m.png",
			},
		}),
		sending("Send-mpnews", errcode.TooManyArticles, customerservice.Message{
			Content: customerservice.MPNews{MediaID: "MATERIAL_demo"},
		}),
		sending("Send-mpnewsarticle", errcode.InvalidMessageObject, customerservice.Message{
			Content: customerservice.MPNewsArticle{ArticleID: "ARTICLE_demo"},
		}),
		sending("Send-link", errcode.InvalidMessageObject, customerservice.Message{
			Content: customerservice.Link{
				Title: "Blue mug", Description: "Back in stock", URL: "https://shop.example.com/m",
				ThumbURL: "https://shop.example.com/m.png",
			},
		}),
		sending("Send-miniprogrampage", errcode.InvalidAppID, customerservice.Message{
			Content: customerservice.MiniProgramPage{
				Title: "Order 77", AppID: "wx0000000000000001", Page: "pages/order?id=77&from=kf", ThumbMediaID: "MEDIA_demo",
			},
		}),
		sending("Send-msgmenu", errcode.AccountKindNotAllowed, customerservice.Message{
			Content: customerservice.MsgMenu{
				Head: "Happy with us?", Tail: "Thank you",
				Items: []customerservice.MenuItem{{ID: "101", Text: "Yes"}, {ID: "102", Text: "No"}},
			},
			Agent: anna,
		}),
		sending("Send-wxcard", errcode.MessageTypeNotPermitted, customerservice.Message{
			Content: customerservice.WXCard{CardID: "CARD_demo"},
		}),
		calling("Send-business", errcode.ReplyCountUsedUp, func(ctx context.Context, cs *customerservice.Client) error {
			return cs.ForBusiness("B1").Send(ctx, &customerservice.Message{
				ToUser: "oUser-1",
				Content: customerservice.MiniProgramPage{
					Title: "Order 77", Page: "pages/order?id=77", ThumbMediaID: "MEDIA_demo",
				},
			})
		}),
		calling("Typing", errcode.NoRecentExchange, func(ctx context.Context, cs *customerservice.Client) error {
			return cs.Typing(ctx, fan)
		}),
		calling("Typing-business", errcode.MissingParameter, func(ctx context.Context, cs *customerservice.Client) error {
			return cs.ForBusiness("B1").Typing(ctx, "oUser-1")
		}),
		calling("CancelTyping-business", errcode.BusinessNotFound, func(ctx context.Context, cs *customerservice.Client) error {
			return cs.ForBusiness("B1").CancelTyping(ctx, "oUser-1")
		}),
		calling("CancelTyping", errcode.NoRecentExchange, func(ctx context.Context, cs *customerservice.Client) error {
			return cs.CancelTyping(ctx, fan)
		}),
	})
}

func TestGoldenAgents(t *testing.T) {
	t.Parallel()
	golden.Run(t, []golden.Case{
		calling("AddAgent", errcode.AgentExists, func(ctx context.Context, cs *customerservice.Client) error {
			return cs.ForBusiness("B1").AddAgent(ctx, anna, "Anna & 安娜")
		}),
		calling("UpdateAgent", errcode.InvalidAgent, func(ctx context.Context, cs *customerservice.Client) error {
			return cs.UpdateAgent(ctx, anna, "Anna")
		}),
		calling("InviteAgent", errcode.AlreadyAgent, func(ctx context.Context, cs *customerservice.Client) error {
			return cs.InviteAgent(ctx, anna, "anna_wx")
		}),
		calling("DeleteAgent", errcode.InvalidAgent, func(ctx context.Context, cs *customerservice.Client) error {
			return cs.DeleteAgent(ctx, anna)
		}),
		calling("SetAvatar", errcode.InvalidImageSize, func(ctx context.Context, cs *customerservice.Client) error {
			return cs.SetAvatar(ctx, anna, &customerservice.Avatar{Content: strings.NewReader("GIF89a demo")})
		}),
		asking("Agents", errcode.AgentsNotEnabled, []*customerservice.Agent{{
			Account: anna, Nickname: "Anna", ID: "1001", AvatarURL: "http://img.example.com/a/0", WeChatID: "anna_wx", OpenID: "oKf-1",
		}, {
			Account: "bo@demo_shop", Nickname: "Bo", ID: "1002", AvatarURL: "http://img.example.com/b/0",
			InvitedWeChatID: "bo_wx", InviteStatus: customerservice.InviteWaiting, InviteExpires: time.Unix(1700000000, 0),
		}}, func(ctx context.Context, cs *customerservice.Client) ([]*customerservice.Agent, error) {
			return cs.ForBusiness("B1").Agents(ctx)
		}),
		asking("OnlineAgents", errcode.AgentsNotEnabled, []*customerservice.OnlineAgent{{
			Account: anna, ID: "1001", OpenID: "oKf-1", Status: customerservice.AgentOnWeb, Sessions: 2,
		}}, func(ctx context.Context, cs *customerservice.Client) ([]*customerservice.OnlineAgent, error) {
			return cs.OnlineAgents(ctx)
		}),
		calling("SetAdmin", errcode.InvalidAgent, func(ctx context.Context, cs *customerservice.Client) error {
			return cs.ForBusiness("B1").SetAdmin(ctx, "oKf-1")
		}),
		calling("CancelAdmin", errcode.InvalidAgent, func(ctx context.Context, cs *customerservice.Client) error {
			return cs.CancelAdmin(ctx, "oKf-1")
		}),
	})
}

func TestGoldenSessions(t *testing.T) {
	t.Parallel()
	first, second := time.Unix(1700000000, 0), time.Unix(1700000050, 0)
	golden.Run(t, []golden.Case{
		calling("CreateSession", errcode.AgentOffline, func(ctx context.Context, cs *customerservice.Client) error {
			return cs.CreateSession(ctx, anna, fan)
		}),
		calling("CloseSession", errcode.NoSession, func(ctx context.Context, cs *customerservice.Client) error {
			return cs.CloseSession(ctx, anna, fan)
		}),
		asking("Session", errcode.InvalidOpenID, &customerservice.Session{Agent: anna, OpenID: fan, Since: first},
			func(ctx context.Context, cs *customerservice.Client) (*customerservice.Session, error) {
				return cs.Session(ctx, fan)
			}),
		asking("Sessions", errcode.InvalidAgent, []*customerservice.Session{
			{Agent: anna, OpenID: fan, Since: first}, {Agent: anna, OpenID: "oFan-2", Since: second},
		}, func(ctx context.Context, cs *customerservice.Client) ([]*customerservice.Session, error) {
			return cs.Sessions(ctx, anna)
		}),
		asking("Waiting", errcode.APIUnauthorized, &customerservice.Queue{
			Total: 150, Users: []*customerservice.WaitingUser{{OpenID: fan, Since: first}, {OpenID: "oFan-2", Since: second}},
		}, func(ctx context.Context, cs *customerservice.Client) (*customerservice.Queue, error) {
			return cs.Waiting(ctx)
		}),
		asking("RecordsPage", errcode.RecordSpanTooLong, &customerservice.RecordPage{
			Records: []*customerservice.Record{
				{OpenID: fan, Agent: anna, Kind: customerservice.AgentReceived, Text: "Is the blue mug back?", Time: first},
				{OpenID: fan, Agent: anna, Kind: customerservice.AgentSent, Text: "[image]", Time: second},
			},
			Next: 20165267,
		}, func(ctx context.Context, cs *customerservice.Client) (*customerservice.RecordPage, error) {
			return cs.RecordsPage(ctx, &customerservice.RecordQuery{Start: first, End: first.Add(24 * time.Hour)})
		}),
		calling("ResetQuota", errcode.Code(10000), func(ctx context.Context, cs *customerservice.Client) error {
			return cs.ResetQuota(ctx, "COMMENT_demo")
		}),
	})
}

func TestGoldenBusinesses(t *testing.T) {
	t.Parallel()
	unknown := errcode.BusinessNotFound
	golden.Run(t, []golden.Case{
		asking("RegisterBusiness", errcode.BusinessExists, "1",
			func(ctx context.Context, cs *customerservice.Client) (string, error) {
				return cs.RegisterBusiness(ctx, &customerservice.NewBusiness{
					Account: "blue_mugs", Nickname: "蓝色Mugs", IconMediaID: "MEDIA_demo", ToCommon: true,
				})
			}),
		calling("UpdateBusiness", unknown, func(ctx context.Context, cs *customerservice.Client) error {
			return cs.UpdateBusiness(ctx, &customerservice.BusinessUpdate{ID: "1", Nickname: "Blue Mugs"})
		}),
		asking("Business", unknown, &customerservice.Business{
			ID: "1", Account: "blue_mugs", Nickname: "Blue Mugs", IconURL: "http://img.example.com/m/0",
		}, func(ctx context.Context, cs *customerservice.Client) (*customerservice.Business, error) {
			return cs.Business(ctx, "1")
		}),
		asking("BusinessByAccount", unknown, &customerservice.Business{
			ID: "1", Account: "blue_mugs", Nickname: "Blue Mugs", IconMediaID: "MEDIA_demo",
		}, func(ctx context.Context, cs *customerservice.Client) (*customerservice.Business, error) {
			return cs.BusinessByAccount(ctx, "blue_mugs")
		}),
		asking("BusinessesPage", errcode.APIUnauthorized, &customerservice.BusinessPage{Businesses: []*customerservice.Business{
			{ID: "1", Account: "blue_mugs", Nickname: "Blue Mugs", IconURL: "http://img.example.com/m/0"},
			{ID: "2", Account: "red_mugs", Nickname: "Red Mugs", IconURL: "http://img.example.com/m/1"},
		}}, func(ctx context.Context, cs *customerservice.Client) (*customerservice.BusinessPage, error) {
			return cs.BusinessesPage(ctx, &customerservice.BusinessQuery{Offset: 4})
		}),
		asking("WeComBinding", errcode.Code(10130030), &customerservice.WeComBinding{
			CorpID: "ww0123456789abcdef", Entity: "Blue Mugs Ltd", Since: time.Unix(1694611289, 0),
		}, func(ctx context.Context, cs *customerservice.Client) (*customerservice.WeComBinding, error) {
			return cs.WeComBinding(ctx)
		}),
		calling("BindWeCom", errcode.Code(10130603), func(ctx context.Context, cs *customerservice.Client) error {
			return cs.BindWeCom(ctx, "ww0123456789abcdef")
		}),
		calling("UnbindWeCom", errcode.Code(10130604), func(ctx context.Context, cs *customerservice.Client) error {
			return cs.UnbindWeCom(ctx, "ww0123456789abcdef")
		}),
	})
}

func TestZeroValuesDoNotPanic(t *testing.T) {
	t.Parallel()
	golden.RunZero(t, func(c *wechat.Client) any { return customerservice.New(c) })
}
