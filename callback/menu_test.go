package callback_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wechatkit/wechat/callback"
	"github.com/wechatkit/wechat/emulator"
)

// TestTapsOfAMenuAreTyped taps each kind of button that WeChat tells of, with the emulator's own idea of the pushes.
func TestTapsOfAMenuAreTyped(t *testing.T) {
	t.Parallel()
	wx := emulator.New(t)
	oa := wx.ServiceAccount()
	alice := wx.User("alice")
	alice.Follow(oa)
	button := func(kind string) emulator.MenuButton {
		return emulator.MenuButton{
			Name: kind, Type: kind, Key: "KEY", URL: "https://example.com/?a=1&b=2", AppID: wx.MiniProgram().AppID, Page: "pages/a?b=1",
		}
	}
	oa.SetMenu(
		emulator.MenuButton{Name: "Ask", Buttons: []emulator.MenuButton{
			button("click"), button("scancode_push"), button("scancode_waitmsg"), button("location_select"),
		}},
		emulator.MenuButton{Name: "Send", Buttons: []emulator.MenuButton{
			button("pic_sysphoto"), button("pic_photo_or_album"), button("pic_weixin"),
		}},
		emulator.MenuButton{Name: "Go", Buttons: []emulator.MenuButton{button("view"), button("miniprogram")}},
	)
	sums := []string{"f97c5d29941bfb1b2fdab0874906ab82", "b8a9f715dbb64fd5c56e7783c6820a61"}
	in := emulator.MenuInput{
		Scan: "ticket 7", Pictures: [][]byte{[]byte("one"), []byte("two")},
		Place: &emulator.MenuPlace{Latitude: 23.1, Longitude: 113.25, Scale: 15, Label: "Main Street 1", Name: "Office"},
	}
	scan := &callback.MenuScan{EventKey: "KEY", ScanType: "qrcode", ScanResult: "ticket 7"}
	pictures := &callback.MenuPictures{EventKey: "KEY", Count: 2, MD5Sums: sums}
	place := &callback.MenuLocation{EventKey: "KEY", PlaceName: "Office"}
	place.Latitude, place.Longitude, place.Scale, place.Label = 23.1, 113.25, 15, "Main Street 1"
	for _, c := range []struct {
		event string
		path  [2]string
		want  callback.Push
	}{
		{"CLICK", [2]string{"Ask", "click"}, &callback.MenuClick{EventKey: "KEY"}},
		{"scancode_push", [2]string{"Ask", "scancode_push"}, scan},
		{"scancode_waitmsg", [2]string{"Ask", "scancode_waitmsg"}, scan},
		{"location_select", [2]string{"Ask", "location_select"}, place},
		{"pic_sysphoto", [2]string{"Send", "pic_sysphoto"}, pictures},
		{"pic_photo_or_album", [2]string{"Send", "pic_photo_or_album"}, pictures},
		{"pic_weixin", [2]string{"Send", "pic_weixin"}, pictures},
		{"VIEW", [2]string{"Go", "view"}, &callback.MenuView{URL: "https://example.com/?a=1&b=2", MenuID: "400000000"}},
		{"view_miniprogram", [2]string{"Go", "miniprogram"}, &callback.MenuMiniProgram{Page: "pages/a?b=1", MenuID: "400000000"}},
	} {
		var got []callback.Push
		set := oa.SetCallback(emulator.Callback{URL: "https://program.example/wechat", Handler: http.NotFoundHandler()})
		h, err := callback.New(callback.Config{Now: wx.Now, Apps: []callback.App{{
			AppID: oa.AppID, Kind: callback.OfficialAccount, Token: callback.Secret(set.Token), EncodingAESKey: callback.Secret(set.EncodingAESKey),
		}}})
		require.NoError(t, err)
		h.Fallback(func(_ context.Context, p callback.Push) (callback.Reply, error) {
			got = append(got, p)
			return nil, nil
		})
		set.Handler = h
		oa.SetCallback(set)
		alice.TapButtonWith(oa, in, c.path[:]...)
		require.NoError(t, h.Shutdown(t.Context()))
		require.NotEmpty(t, got, c.event)
		require.Equal(t, c.event, got[0].Head().Event)
		forget(got[0])
		require.Equal(t, c.want, got[0], c.event)
	}
}

// forget leaves the fields of the event itself.
func forget(p callback.Push) { *p.Head() = callback.Header{} }
