package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/emulator"
)

// mistakes are what can be wrong. What doctor says to each is in testdata/doctor.
var mistakes = map[string]func(w *world) (args []string){
	"secret-wrong": func(w *world) []string {
		w.env["WECHAT_APPSECRET"] = "00000000000000000000000000000000"
		return nil
	},
	"secret-cut-off": func(w *world) []string { w.env["WECHAT_APPSECRET"] = "0123456789abcdef"; return nil },
	"secret-missing": func(w *world) []string { delete(w.env, "WECHAT_APPSECRET"); return nil },
	"secret-frozen":  func(w *world) []string { w.mini.FreezeSecret(true); return nil },
	"appid-unknown":  func(w *world) []string { w.env["WECHAT_APPID"] = "wx0123456789abcdef"; return nil },
	"ip-not-allowed": func(w *world) []string { w.mini.AllowIPs("198.51.100.9"); return nil },
	"quota-used-up": func(w *world) []string {
		w.mini.SetQuota(subscribePath, 1)
		_, _, status := w.run("send", "subscribe", "-yes", "-template", "TPL-CONTRACT", "thing1=Fire", "date2=2026-12-01")
		require.Equal(w.t, exitOK, status)
		return nil
	},
	"quota-of-tokens-used-up": func(w *world) []string {
		w.mini.SetQuota("/cgi-bin/stable_token", 0)
		return nil
	},
	"clock-behind": func(w *world) []string { w.now = noon.Add(-7 * time.Minute); return nil },
	"clock-ahead":  func(w *world) []string { w.now = noon.Add(45 * time.Second); return nil },
	"network-cut":  func(w *world) []string { w.cut = true; return nil },
	"not-wechat": func(w *world) []string {
		w.env["WECHAT_BASE_URL"] = "https://app.example.com"
		w.hosts["app.example.com"] = http.NotFoundHandler()
		return nil
	},
	"callback-not-set": func(w *world) []string {
		w.mini.RemoveCallback()
		delete(w.env, "WECHAT_CALLBACK_URL")
		return nil
	},
	"callback-unreachable": func(w *world) []string { w.hosts["app.example.com"] = nil; return nil },
	"callback-black-hole": func(w *world) []string {
		w.hosts["app.example.com"], w.slow = nil, true
		return nil
	},
	"callback-slow": func(w *world) []string { w.slow = true; return nil },
	"wechat-busy": func(w *world) []string {
		w.wx.Fail(emulator.Fault{Path: "/cgi-bin/stable_token", Code: -1})
		return nil
	},
	"callback-not-pinged": func(w *world) []string {
		w.wx.Fail(emulator.Fault{Path: "/cgi-bin/callback/check", Body: `{"dns":[{"ip":"192.0.2.1","real_operator":"CAP"}],` +
			`"ping":[{"ip":"192.0.2.1","from_operator":"CAP","package_loss":"100%"}]}`})
		return nil
	},
	"callback-without-address": func(w *world) []string {
		w.wx.Fail(emulator.Fault{Path: "/cgi-bin/callback/check", Body: `{"dns":[],"ping":[]}`})
		return nil
	},
	"callback-token-wrong": func(w *world) []string { w.env["WECHAT_TOKEN"] = "another-token"; return nil },
	"callback-key-wrong":   func(w *world) []string { w.env["WECHAT_AES_KEY"] = "too-short-a-key"; return nil },
	"callback-in-json": func(w *world) []string {
		w.hosts["app.example.com"] = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			_ = json.NewEncoder(rw).Encode(r.URL.Query().Get("echostr"))
		})
		return nil
	},
	"callback-unverified": func(w *world) []string {
		w.hosts["app.example.com"] = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			_, _ = rw.Write([]byte(r.URL.Query().Get("echostr")))
		})
		return nil
	},
	"callback-port": func(w *world) []string {
		w.hosts["app.example.com:8443"] = w.hosts["app.example.com"]
		return []string{"-callback", "https://app.example.com:8443/wechat"}
	},
	"template-missing": func(*world) []string { return []string{"-template", "TPL-OTHER"} },
	"keyword-wrong": func(*world) []string {
		return []string{"-template", "TPL-CONTRACT", "thing1=Fire insurance", "date3=2026-12-01"}
	},
	"value-too-long": func(*world) []string {
		return []string{"-template", "TPL-CONTRACT", "thing1=Fire insurance of the house at 7 Mill Lane", "date2=2026-12-01"}
	},
	"nothing": func(*world) []string { return nil },
}

// harmless are those after which doctor ends with success.
var harmless = map[string]bool{
	"nothing": true, "clock-ahead": true, "callback-not-set": true, "callback-not-pinged": true, "callback-unverified": true,
	"callback-port": true,
}

// TestDoctor plants each mistake. WECHAT_UPDATE_GOLDEN=1 rewrites what is said to it.
func TestDoctor(t *testing.T) {
	t.Parallel()
	for name, plant := range mistakes {
		for _, lang := range []string{"en", "zh"} {
			t.Run(name+"/"+lang, func(t *testing.T) {
				t.Parallel()
				w := setup(t)
				w.env["LANG"] = map[string]string{"en": "C.UTF-8", "zh": "zh_CN.UTF-8"}[lang]
				said, complaints, status := w.run(append([]string{"doctor"}, plant(w)...)...)
				require.Empty(t, complaints)
				require.Equal(t, harmless[name], status == exitOK, "status %d", status)
				golden(t, name+"."+lang+".txt", said)
			})
		}
	}
}

var anyRID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}`)

func golden(t *testing.T, name, got string) {
	t.Helper()
	got = anyRID.ReplaceAllString(got, "61725984-6126f6f9-040f19c4")
	path := filepath.Join("testdata", "doctor", name)
	if os.Getenv("WECHAT_UPDATE_GOLDEN") != "" {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "run with WECHAT_UPDATE_GOLDEN=1 after a change that was meant")
}

func TestDoctorInJSON(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.mini.AllowIPs("198.51.100.9")
	said, _, status := w.run("doctor", "-json", "-lang=zh")
	require.Equal(t, exitFailed, status)
	golden(t, "ip-not-allowed.zh.json", said)
	require.True(t, json.Valid([]byte(said)))
}

// Both accounts are looked at where both are set, and what is about one of them wants to know which.
func TestDoctorOfTwoAccounts(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.oa.AddTemplate(emulator.Template{ID: "TPL-CARD", Title: "Contract due", Content: "Contract:{{thing1.DATA}}\nEnds:{{time2.DATA}}\n"})
	w.use(w.oa, "WECHAT_SERVICE_", callback.OfficialAccount)
	w.env["WECHAT_CALLBACK_URL"] = ""
	said, complaints, status := w.run("doctor")
	require.Empty(t, complaints)
	require.Equal(t, exitOK, status, said)
	golden(t, "two-accounts.en.txt", said)

	_, complaints, status = w.run("doctor", "-template", "TPL-CARD")
	require.Equal(t, exitUsage, status)
	require.Contains(t, complaints, "-account")
	file := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(file, []byte(w.mini.AppSecret), 0o600))
	_, complaints, status = w.run("doctor", "-secret-file", file)
	require.Equal(t, exitUsage, status, "it is the AppSecret of one of them")
	require.Contains(t, complaints, "-account")
	said, _, status = w.run("doctor", "-account", "service", "-template", "TPL-CARD", "thing1=Fire", "time2=10:30", "thing3=x")
	require.Equal(t, exitFailed, status)
	require.Contains(t, said, `thing3: not a keyword of the template`)
	said, _, _ = w.run("doctor", "-account", "service", "-template", "TPL-CARD", "thing1=Fire", "time2=soon")
	require.Contains(t, said, "time2: ")
	said, _, status = w.run("doctor", "-account", "service", "-template", "TPL-CARD", "thing1=Fire", "time2=10:30")
	require.Equal(t, exitOK, status, said)
}

// A service account without subscription notices is told of its template messages, and one whose callback hangs of that.
func TestDoctorGoesOnAfterARefusal(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.use(w.oa, "WECHAT_SERVICE_", callback.OfficialAccount)
	w.oa.AddTemplate(emulator.Template{ID: "TPL-CARD", Title: "Contract due", Keywords: []string{"thing1"}})
	w.wx.Fail(emulator.Fault{Path: "/wxaapi/newtmpl/gettemplate", Code: 200100})
	w.wx.Fail(emulator.Fault{Path: "/cgi-bin/openapi/quota/get", Code: -1})
	said, _, status := w.run("doctor", "-account", "service")
	require.Equal(t, exitOK, status)
	require.Contains(t, said, "TPL-CARD")
	require.Contains(t, said, "WeChat is busy")
}

// A password in the address is not printed, nor one in the address of a callback.
func TestAddressIsShownWithoutPassword(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"https://user:planted@proxy.example.com/wechat?key=planted", "http://proxy.example.com/?key=planted", "::planted", "https://a b:planted@c",
	} {
		w := setup(t)
		w.env["WECHAT_BASE_URL"] = address
		w.env["WECHAT_CALLBACK_URL"] = address
		said, complaints, _ := w.run("doctor")
		require.NotContains(t, said+complaints, "planted", address)
		said, complaints, _ = w.run("doctor", "-json")
		require.NotContains(t, said+complaints, "planted", address)
	}
}

func TestSkew(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		sent, got, want time.Duration // from what the other side said
	}{
		{0, 0, 0},
		{900 * time.Millisecond, 950 * time.Millisecond, 0}, // what a Date leaves open
		{-2 * time.Second, 3 * time.Second, 0},              // what a slow answer leaves open
		{11 * time.Second, 12 * time.Second, 10 * time.Second},
		{-12 * time.Second, -10 * time.Second, -10 * time.Second},
	} {
		require.Equal(t, tt.want, skewOf(noon.Add(tt.sent), noon.Add(tt.got), noon))
	}
}

// Every name of a check and of a state is in both languages, and so is every word of advice.
func TestEveryTextIsInBothLanguages(t *testing.T) {
	t.Parallel()
	complete := func(list ...text) {
		for _, s := range list {
			require.NotEmpty(t, s.en)
			require.NotEqual(t, s.en, s.zh)
			require.True(t, strings.ContainsFunc(s.zh, func(r rune) bool { return r > 0x2e80 }), s.zh)
		}
	}
	for _, s := range stateNames {
		complete(s)
	}
	for _, s := range checkNames {
		complete(s)
	}
	for _, a := range refusals {
		complete(a.what, a.do)
	}
	for _, s := range classes {
		complete(s)
	}
	for _, c := range commands {
		complete(c.about)
	}
}
