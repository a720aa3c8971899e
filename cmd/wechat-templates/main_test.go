package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/emulator"
)

// Each golden file is a package of its own, so that the compiler checks it with the rest of the module.
const (
	miniGolden    = "internal/minidemo/messages.go"
	noticeGolden  = "internal/noticedemo/messages.go"
	serviceGolden = "internal/servicedemo/messages.go"
)

// env answers for the environment of a command that talks to the emulator as app.
func env(wx *emulator.Server, app *emulator.App) func(string) string {
	prefix := "WECHAT_"
	if app.Kind == emulator.ServiceAccount {
		prefix = "WECHAT_SERVICE_"
	}
	values := map[string]string{
		prefix + "APPID": app.AppID, prefix + "APPSECRET": app.AppSecret, "WECHAT_BASE_URL": wx.URL(),
	}
	return func(name string) string { return values[name] }
}

func stockMini(app *emulator.App) {
	app.AddTemplate(emulator.Template{
		ID: "TplId_heater_02", Title: "Heater fault", Type: emulator.LongTerm,
		Content: "Room:{{enum_string2.DATA}}\nAt:{{time1.DATA}}\n", Example: "Room:Kitchen\nAt:09:30\n",
		Enums: map[string][]string{"enum_string2": {"Kitchen", "Guest room", "厨房"}},
	})
	app.AddTemplate(emulator.Template{
		ID: "TplId_contract_01", Title: "Contract due",
		Content: "Contract:{{thing1.DATA}}\nEnds:{{date2.DATA}}\n", Example: "Contract:Fire insurance\nEnds:2026-12-01\n",
	})
	app.AddTemplate(emulator.Template{
		ID: "TplId_contract_03", Title: "合同到期提醒",
		Content: "合同名称：{{thing1.DATA}}\n到期时间：{{date2.DATA}}\n", Example: "合同名称：火险\n到期时间：2026年12月1日\n",
	})
	app.AddTemplate(emulator.Template{ID: "-_Order_A77", Title: "Order update", Keywords: []string{"thing1"}})
	app.AddTemplate(emulator.Template{ID: "Order_B88-x", Title: "order update!", Keywords: []string{"gadget1"}})
	app.AddTemplate(emulator.Template{ID: "TplId_card", Title: "Service card", Content: "nothing to fill in"})
}

func stockNotices(app *emulator.App) {
	app.AddTemplate(emulator.Template{
		ID: "TplNotice_01", Title: "Order shipped", Type: emulator.OneTime, Keywords: []string{"thing1", "time2"},
	})
}

func stockService(app *emulator.App) {
	app.AddTemplate(emulator.Template{
		ID: "TplSvc_01", Title: "Contract due", Content: "Contract:{{thing7.DATA}}\nEnds:{{time4.DATA}}\nState:{{const3.DATA}}",
		Example: "Contract:Fire insurance\nEnds:2026-12-01\nState:due",
	})
	app.AddTemplate(emulator.Template{
		ID: "TplSvc_02", Title: "Old order", Content: "{{first.DATA}}\nPrice:{{orderMoneySum.DATA}}\nItem:{{Data.DATA}}\n{{remark.DATA}}",
	})
	app.AddTemplate(emulator.Template{ID: "TplSvc_03", Title: "Only a head", Content: "{{first.DATA}}"})
}

func TestGolden(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	stockMini(wx.MiniProgram())
	stockNotices(wx.ServiceAccount())
	stockService(wx.ServiceAccount())
	for file, c := range map[string]struct {
		kind string
		app  *emulator.App
	}{
		miniGolden:    {"subscribe", wx.MiniProgram()},
		noticeGolden:  {"notify", wx.ServiceAccount()},
		serviceGolden: {"template", wx.ServiceAccount()},
	} {
		var stdout, stderr bytes.Buffer
		args := []string{"-kind", c.kind, "-package", filepath.Base(filepath.Dir(file))}
		require.NoError(t, run(t.Context(), args, env(wx, c.app), &stdout, &stderr))
		require.Empty(t, stderr.String())
		if os.Getenv("WECHAT_UPDATE_GOLDEN") != "" {
			require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
			require.NoError(t, os.WriteFile(file, stdout.Bytes(), 0o644))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, string(want), stdout.String())
	}
}

func TestRunWritesAFile(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	stockMini(wx.MiniProgram())
	out := filepath.Join(t.TempDir(), "wechat.go")
	var stdout, stderr bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-o", out}, env(wx, wx.MiniProgram()), &stdout, &stderr))
	require.Empty(t, stdout.String())
	source, err := os.ReadFile(out)
	require.NoError(t, err)
	require.Contains(t, string(source), "package messages\n")
}

func TestRunReportsMistakes(t *testing.T) {
	t.Parallel()
	none := func(string) string { return "" }
	for want, args := range map[string][]string{
		`-kind: unknown kind "sms"`:                           {"-kind", "sms"},
		`-package: "my-package" is not the name of a package`: {"-package", "my-package"},
		`-package: "func" is not the name of a package`:       {"-package", "func"},
		`unexpected argument "extra"`:                         {"extra"},
		"flag provided but not defined: -x":                   {"-x"},
	} {
		var stderr bytes.Buffer
		require.ErrorIs(t, run(t.Context(), args, none, nil, &stderr), errUsage)
		require.Contains(t, stderr.String(), want)
		require.Contains(t, stderr.String(), "-base-url address")
	}
	for kind, prefix := range map[string]string{"subscribe": "WECHAT_", "notify": "WECHAT_SERVICE_", "template": "WECHAT_SERVICE_"} {
		err := run(t.Context(), []string{"-kind", kind}, none, nil, nil)
		require.ErrorContains(t, err, prefix+"APPID: not set")
		onlyID := func(name string) string { return map[string]string{prefix + "APPID": "wx1"}[name] }
		err = run(t.Context(), []string{"-kind", kind}, onlyID, nil, nil)
		require.ErrorContains(t, err, prefix+"APPSECRET: not set")
	}
}

func TestRunFailsAsWeChatSays(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	mini := env(wx, wx.MiniProgram())
	asService := func(name string) string { return mini(strings.Replace(name, "SERVICE_", "", 1)) }
	err := run(context.Background(), []string{"-kind", "template"}, asService, nil, nil)
	require.ErrorContains(t, err, "template.Templates: errcode 48001")
	require.NotContains(t, err.Error(), wx.MiniProgram().AppSecret)
}
