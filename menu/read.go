package menu

import (
	"cmp"
	"encoding/json"

	"github.com/wechatkit/wechat/internal/lenient"
)

// buttons reads a menu from any of WeChat's answers: menu/get and trymatch have a list below sub_button, the current menu
// an object with a list, and either has types that the other lacks.
type buttons Menu

// UnmarshalJSON implements json.Unmarshaler.
func (b *buttons) UnmarshalJSON(data []byte) error {
	m, err := readMenu(data, firstLevel)
	*b = buttons(m)
	return err
}

// The levels of a menu.
const (
	firstLevel = iota + 1
	lastLevel
)

func readMenu(data json.RawMessage, level int) (Menu, error) {
	var list lenient.List[json.RawMessage]
	if err := lenient.Unmarshal(listOf(data), &list); err != nil {
		return nil, err
	}
	var m Menu
	for _, text := range list {
		if string(text) == "null" {
			continue
		}
		b, err := readButton(text, level)
		if err != nil {
			return nil, err
		}
		m = append(m, b)
	}
	return m, nil
}

// listOf takes {"list": …} for what is in it.
func listOf(data json.RawMessage) json.RawMessage {
	var object map[string]json.RawMessage
	if json.Unmarshal(data, &object) != nil {
		return data
	}
	if list, ok := object["list"]; ok {
		return list
	}
	return data
}

// wireButton has the fields of all types of buttons.
type wireButton struct {
	Type      lenient.String  `json:"type"`
	Name      lenient.String  `json:"name"`
	Key       lenient.String  `json:"key"`
	URL       lenient.String  `json:"url"`
	AppID     lenient.String  `json:"appid"`
	PagePath  lenient.String  `json:"pagepath"`
	MediaID   lenient.String  `json:"media_id"`
	ArticleID lenient.String  `json:"article_id"`
	Value     lenient.String  `json:"value"` // what the current menu has in place of the fields above
	SubButton json.RawMessage `json:"sub_button"`
	NewsInfo  struct {
		List lenient.List[*wireArticle] `json:"list"`
	} `json:"news_info"`
}

type wireArticle struct {
	Title     lenient.String `json:"title"`
	Author    lenient.String `json:"author"`
	Digest    lenient.String `json:"digest"`
	ShowCover lenient.Bool   `json:"show_cover"`
	CoverURL  lenient.String `json:"cover_url"`
	URL       lenient.String `json:"content_url"`
	SourceURL lenient.String `json:"source_url"`
}

func readButton(text json.RawMessage, level int) (Button, error) {
	var w wireButton
	if err := lenient.Unmarshal(text, &w); err != nil {
		return nil, err
	}
	var sub Menu
	if level < lastLevel && w.SubButton != nil {
		var err error
		if sub, err = readMenu(w.SubButton, level+1); err != nil {
			return nil, err
		}
	}
	read := readers[string(w.Type)]
	switch {
	case len(sub) > 0 || level < lastLevel && w.Type == "" && w.action() == "":
		return Submenu{string(w.Name), sub}, nil
	case read == nil:
		return Raw(text), nil
	}
	return read(&w), nil
}

// action is whatever the button acts on.
func (w *wireButton) action() string {
	return string(cmp.Or(w.Key, w.URL, w.AppID, w.MediaID, w.ArticleID, w.Value))
}

func (w *wireButton) key() string { return string(cmp.Or(w.Key, w.Value)) }

// readers make a button of each type.
var readers = map[string]func(w *wireButton) Button{
	"click":              func(w *wireButton) Button { return Click{string(w.Name), w.key()} },
	"view":               func(w *wireButton) Button { return View{string(w.Name), string(cmp.Or(w.URL, w.Value))} },
	"miniprogram":        readMiniProgram,
	"scancode_push":      func(w *wireButton) Button { return ScanPush{string(w.Name), w.key()} },
	"scancode_waitmsg":   func(w *wireButton) Button { return ScanWait{string(w.Name), w.key()} },
	"pic_sysphoto":       func(w *wireButton) Button { return Camera{string(w.Name), w.key()} },
	"pic_photo_or_album": func(w *wireButton) Button { return CameraOrAlbum{string(w.Name), w.key()} },
	"pic_weixin":         func(w *wireButton) Button { return Album{string(w.Name), w.key()} },
	"location_select":    func(w *wireButton) Button { return Location{string(w.Name), w.key()} },

	"media_id":             func(w *wireButton) Button { return Material{string(w.Name), string(cmp.Or(w.MediaID, w.Value))} },
	"view_limited":         func(w *wireButton) Button { return MaterialPage{string(w.Name), string(cmp.Or(w.MediaID, w.Value))} },
	"article_id":           func(w *wireButton) Button { return Article{string(w.Name), string(cmp.Or(w.ArticleID, w.Value))} },
	"article_view_limited": func(w *wireButton) Button { return ArticlePage{string(w.Name), string(cmp.Or(w.ArticleID, w.Value))} },

	"text":  func(w *wireButton) Button { return Text{string(w.Name), string(w.Value)} },
	"img":   func(w *wireButton) Button { return Image{string(w.Name), string(w.Value)} },
	"voice": func(w *wireButton) Button { return Voice{string(w.Name), string(w.Value)} },
	"video": func(w *wireButton) Button { return Video{string(w.Name), string(w.Value)} },
	"news":  readNews,
}

func readMiniProgram(w *wireButton) Button {
	return MiniProgram{Name: string(w.Name), AppID: string(w.AppID), Page: string(w.PagePath), URL: string(w.URL)}
}

func readNews(w *wireButton) Button {
	b := News{Name: string(w.Name), MediaID: string(w.Value)}
	for _, a := range w.NewsInfo.List {
		if a != nil {
			b.Articles = append(b.Articles, NewsArticle{
				Title: string(a.Title), Author: string(a.Author), Digest: string(a.Digest), ShowCover: bool(a.ShowCover),
				CoverURL: string(a.CoverURL), URL: string(a.URL), SourceURL: string(a.SourceURL),
			})
		}
	}
	return b
}
