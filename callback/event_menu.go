package callback

import "github.com/wechatkit/wechat/callback/internal/tree"

// The events of the menu of an official account. Opening a sub-menu gives none.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/guide/product/menu/Custom_Menu_Push_Events.html

// MenuClick is a tap on a menu item of type click (点击菜单拉取消息, "CLICK").
type MenuClick struct {
	Header
	EventKey string // the key of the item
}

func (e *MenuClick) decode(n tree.Node) { e.EventKey = text(n, "EventKey") }

// MenuView is a tap on a menu item that opens a page (点击菜单跳转链接, "VIEW").
type MenuView struct {
	Header
	URL    string
	MenuID string
}

func (e *MenuView) decode(n tree.Node) {
	e.URL = text(n, "EventKey")
	e.MenuID = text(n, "MenuId")
}

// MenuMiniProgram is a tap on a menu item that opens a mini program ("view_miniprogram").
type MenuMiniProgram struct {
	Header
	Page   string
	MenuID string
}

func (e *MenuMiniProgram) decode(n tree.Node) {
	e.Page = text(n, "EventKey")
	e.MenuID = text(n, "MenuId")
}

// MenuScan is a code scanned through the menu (扫码推事件): Event is "scancode_push", or "scancode_waitmsg" if the user
// is shown to be waiting for a message.
type MenuScan struct {
	Header
	EventKey   string
	ScanType   string // such as "qrcode"
	ScanResult string // what the code holds
}

func (e *MenuScan) decode(n tree.Node) {
	e.EventKey = text(n, "EventKey")
	info := n.Child("ScanCodeInfo")
	e.ScanType = text(info, "ScanType")
	e.ScanResult = text(info, "ScanResult")
}

// MenuPictures are pictures sent through the menu: Event is "pic_sysphoto", "pic_photo_or_album" or "pic_weixin". The
// pictures themselves come as messages.
type MenuPictures struct {
	Header
	EventKey string
	Count    int
	MD5Sums  []string // of the pictures, in hexadecimal
}

func (e *MenuPictures) decode(n tree.Node) {
	e.EventKey = text(n, "EventKey")
	info := n.Child("SendPicsInfo")
	e.Count = integer(info, "Count")
	for _, item := range list(info, "PicList") {
		e.MD5Sums = append(e.MD5Sums, text(item, "PicMd5Sum"))
	}
}

func (e *MenuPictures) hollow() bool { return e.Count > 0 && len(e.MD5Sums) == 0 }

// MenuLocation is a place chosen through the menu ("location_select").
type MenuLocation struct {
	Header
	EventKey string
	Place
	PlaceName string // the name of the point of interest
}

func (e *MenuLocation) decode(n tree.Node) {
	e.EventKey = text(n, "EventKey")
	info := n.Child("SendLocationInfo")
	e.Place.decode(info)
	e.PlaceName = text(info, "Poiname")
}
