package customerservice_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat"
	"github.com/wechatkit/wechat/customerservice"
	"github.com/wechatkit/wechat/errcode"
)

func TestChecksOfOtherCalls(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		call func(context.Context, *customerservice.Client) error
		want string
	}{
		"AddAgent":     {func(ctx context.Context, cs *customerservice.Client) error { return cs.AddAgent(ctx, "", "Anna") }, "account: empty"},
		"AddAgentName": {func(ctx context.Context, cs *customerservice.Client) error { return cs.AddAgent(ctx, anna, "") }, "nickname: empty"},
		"AddAgentLong": {func(ctx context.Context, cs *customerservice.Client) error {
			return cs.AddAgent(ctx, anna, strings.Repeat("安", 17))
		}, "nickname: 17 characters, limit 16"},
		"UpdateAgent":   {func(ctx context.Context, cs *customerservice.Client) error { return cs.UpdateAgent(ctx, "", "Anna") }, "account: empty"},
		"InviteAgent":   {func(ctx context.Context, cs *customerservice.Client) error { return cs.InviteAgent(ctx, anna, "") }, "weChatID: empty"},
		"DeleteAgent":   {func(ctx context.Context, cs *customerservice.Client) error { return cs.DeleteAgent(ctx, "") }, "account: empty"},
		"SetAdmin":      {func(ctx context.Context, cs *customerservice.Client) error { return cs.SetAdmin(ctx, "") }, "agentOpenID: empty"},
		"CreateSession": {func(ctx context.Context, cs *customerservice.Client) error { return cs.CreateSession(ctx, anna, "") }, "openID: empty"},
		"CloseSession":  {func(ctx context.Context, cs *customerservice.Client) error { return cs.CloseSession(ctx, "", fan) }, "agent: empty"},
		"Session":       {func(ctx context.Context, cs *customerservice.Client) error { _, err := cs.Session(ctx, ""); return err }, "openID: empty"},
		"Sessions": {func(ctx context.Context, cs *customerservice.Client) error {
			_, err := cs.Sessions(ctx, "")
			return err
		}, "agent: empty"},
		"ResetQuota": {func(ctx context.Context, cs *customerservice.Client) error { return cs.ResetQuota(ctx, "") }, "commentID: empty"},
		"BindWeCom":  {func(ctx context.Context, cs *customerservice.Client) error { return cs.BindWeCom(ctx, "") }, "corpID: empty"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cs, fake := client(t, []string{ok})
			err := c.call(t.Context(), cs)
			require.EqualError(t, err, "customerservice: "+c.want)
			require.ErrorIs(t, err, errcode.InvalidArgument)
			paths, _ := fake.requests()
			require.Empty(t, paths)

			cs, fake = client(t, []string{`{"errcode":65400}`}, wechat.WithoutChecks())
			require.ErrorIs(t, c.call(t.Context(), cs), errcode.AgentsNotEnabled)
			paths, _ = fake.requests()
			require.Len(t, paths, 1)
		})
	}
}

func TestSetAvatarChecks(t *testing.T) {
	t.Parallel()
	gone := errors.New("disk gone")
	cases := map[string]struct {
		avatar *customerservice.Avatar
		want   string
	}{
		"Nil":      {nil, "customerservice: Avatar: nil"},
		"NoFile":   {&customerservice.Avatar{}, "customerservice: Content: nil"},
		"TooLarge": {&customerservice.Avatar{Content: strings.NewReader(strings.Repeat("x", 5<<20+1))}, "customerservice: Content: 5242881 bytes, limit 5242880"},
		"Broken":   {&customerservice.Avatar{Content: iotest.ErrReader(gone)}, "customerservice: reading Content: disk gone"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cs, _ := client(t, []string{ok})
			require.EqualError(t, cs.SetAvatar(t.Context(), anna, c.avatar), c.want)
		})
	}
	cs, _ := client(t, []string{ok})
	require.EqualError(t, cs.SetAvatar(t.Context(), "", &customerservice.Avatar{}), "customerservice: account: empty")
}

func TestAgentsAreDecodedLeniently(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		answer string
		want   []*customerservice.Agent
	}{
		"OtherKey":  {`{"kf_online_list":[{"kf_openid":"oKf-1"}]}`, []*customerservice.Agent{{OpenID: "oKf-1"}}},
		"OneObject": {`{"kf_list":{"kf_account":"a@b","kf_id":7}}`, []*customerservice.Agent{{Account: "a@b", ID: "7"}}},
		"Times": {`{"kf_list":[{"invite_expire_time":"1700000000","invite_status":"new"}]}`, []*customerservice.Agent{
			{InviteStatus: "new", InviteExpires: time.Unix(1700000000, 0)},
		}},
		"Nobody":     {`{"kf_list":[]}`, []*customerservice.Agent{}},
		"NobodyNull": {"\xef\xbb\xbf" + `{"kf_list":null,"errcode":"0"}`, []*customerservice.Agent{}},
		"Controls":   {"{\"kf_list\":[{\"kf_nick\":\"A\x01nna\"}]}", []*customerservice.Agent{{Nickname: "A nna"}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cs, _ := client(t, []string{c.answer})
			got, err := cs.Agents(t.Context())
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestAnAnswerWithoutItsFieldsIsNone(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(context.Context, *customerservice.Client) error{
		"kf_list": func(ctx context.Context, cs *customerservice.Client) error { _, err := cs.Agents(ctx); return err },
		"kf_online_list": func(ctx context.Context, cs *customerservice.Client) error {
			_, err := cs.OnlineAgents(ctx)
			return err
		},
		"kf_account": func(ctx context.Context, cs *customerservice.Client) error {
			_, err := cs.Session(ctx, fan)
			return err
		},
		"sessionlist": func(ctx context.Context, cs *customerservice.Client) error {
			_, err := cs.Sessions(ctx, anna)
			return err
		},
		"waitcaselist": func(ctx context.Context, cs *customerservice.Client) error { _, err := cs.Waiting(ctx); return err },
		"list": func(ctx context.Context, cs *customerservice.Client) error {
			_, err := cs.BusinessesPage(ctx, &customerservice.BusinessQuery{})
			return err
		},
		"business_info": func(ctx context.Context, cs *customerservice.Client) error {
			_, err := cs.Business(ctx, "1")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cs, _ := client(t, []string{`{}`})
			err := call(t.Context(), cs)
			var answer *wechat.ResponseError
			require.ErrorAs(t, err, &answer)
			require.ErrorContains(t, err, name+" is missing")
			require.NotContains(t, err.Error(), fan)
		})
	}
}

func TestSessionsAreDecodedLeniently(t *testing.T) {
	t.Parallel()
	t.Run("Nobody", func(t *testing.T) {
		t.Parallel()
		cs, _ := client(t, []string{`{"kf_account":"","createtime":0}`})
		got, err := cs.Session(t.Context(), fan)
		require.NoError(t, err)
		require.Equal(t, &customerservice.Session{OpenID: fan}, got)
	})
	t.Run("OldQueue", func(t *testing.T) {
		t.Parallel()
		cs, _ := client(t, []string{`{"count":"1","waitcaselist":[{"openid":"oFan-1","kf_account":"anna@demo_shop","createtime":"1700000000"}]}`})
		got, err := cs.Waiting(t.Context())
		require.NoError(t, err)
		require.Equal(t, &customerservice.Queue{
			Total: 1, Users: []*customerservice.WaitingUser{{OpenID: fan, Agent: anna, Since: time.Unix(1700000000, 0)}},
		}, got)
	})
}

func TestResetQuotaThatIsNotGranted(t *testing.T) {
	t.Parallel()
	cs, _ := client(t, []string{`{"errcode":0,"success":false}`})
	require.ErrorIs(t, cs.ResetQuota(t.Context(), "C1"), customerservice.ErrNotReset)
	cs, _ = client(t, []string{`{"errcode":0}`})
	require.NoError(t, cs.ResetQuota(t.Context(), "C1"))
	cs, _ = client(t, []string{`{"errcode":-10403,"success":false}`})
	require.ErrorIs(t, cs.ResetQuota(t.Context(), "C1"), errcode.NoPermission)
}

func TestWeComBindingOfAnUnboundMiniProgram(t *testing.T) {
	t.Parallel()
	cs, _ := client(t, []string{`{"errcode":0}`})
	got, err := cs.WeComBinding(t.Context())
	require.NoError(t, err)
	require.Equal(t, &customerservice.WeComBinding{}, got)
}
