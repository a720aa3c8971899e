package emulator

import (
	"encoding/json"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wechatkit/wechat/errcode"
)

const (
	longestQRLife   = 30 * 24 * time.Hour
	defaultQRLife   = 30 * time.Second
	maxLimitedScene = 100_000
	maxPermanentQR  = 100_000
	longestScene    = 64
)

var qrCodeRoutes = []route{
	{method: http.MethodPost, path: "/cgi-bin/qrcode/create", token: appToken, kinds: oaOnly, handle: createQRCode},
	{method: http.MethodGet, path: "/cgi-bin/showqrcode", handle: showQRCode},
}

// qrCode is a service account's code with a scene (带参数二维码).
type qrCode struct {
	ofApp
	Ticket string    `json:"ticket"`
	URL    string    `json:"url"` // what the picture says
	Scene  string    `json:"scene"`
	Number int64     `json:"number,omitempty"` // the scene if it is a number
	Ends   time.Time `json:"ends,omitzero"`
}

// appLinks counts what an account has made.
type appLinks struct {
	PermanentQR    int             `json:"permanentQr,omitempty"`
	PermanentLinks int             `json:"permanentLinks,omitempty"`
	CodePaths      map[string]bool `json:"codePaths,omitempty"` // of Mini Program codes made so far

	nfc      map[string]string // schemes by device
	second   int64             // in which inSecond counts
	inSecond int
}

// worldLinks are the codes and links of all accounts.
type worldLinks struct {
	qrCodes   shelf[*qrCode] // by ticket and by content
	links     shelf[*miniLink]
	shortKeys shelf[*shortKey]
	miniCodes map[string]MiniProgramLink // by content
}

func (q *qrCode) stale(now time.Time) bool { return lapsed(q.Ends, now) }

func (q *qrCode) live(now time.Time) bool { return q.Ends.IsZero() || now.Before(q.Ends) }

type qrCodeBody struct {
	Expire int64  `json:"expire_seconds"`
	Action string `json:"action_name"`
	Info   struct {
		Scene struct {
			ID  json.Number `json:"scene_id"`
			Str string      `json:"scene_str"`
		} `json:"scene"`
	} `json:"action_info"`
}

// createQRCode answers 40052 also to what is no JSON.
func createQRCode(c *call) reply {
	var in qrCodeBody
	if bad, ok := c.decode(&in); !ok {
		if bad.code == errcode.MalformedBody {
			return c.fail(errcode.InvalidActionName)
		}
		return bad
	}
	q := &qrCode{ofApp: ofApp{c.app.AppID}}
	if code := q.setScene(&in); code != 0 {
		return c.fail(code)
	}
	answer := struct {
		Ticket string `json:"ticket"`
		Expire int64  `json:"expire_seconds,omitempty"`
		URL    string `json:"url"`
	}{}
	if strings.Contains(in.Action, "LIMIT") {
		if c.app.links.PermanentQR >= maxPermanentQR {
			return c.fail(errcode.CodesUsedUp)
		}
		c.app.links.PermanentQR++
	} else {
		life := time.Duration(in.Expire) * time.Second
		if life <= 0 {
			life = defaultQRLife
		}
		life = min(life, longestQRLife)
		answer.Expire = int64(life / time.Second)
		q.Ends = c.now.Add(life)
	}
	c.w.addQRCode(q)
	answer.Ticket, answer.URL = q.Ticket, q.URL
	return c.data(answer)
}

func (q *qrCode) setScene(in *qrCodeBody) errcode.Code {
	scene := in.Info.Scene
	switch in.Action {
	case "QR_SCENE", "QR_LIMIT_SCENE":
		n, err := scene.ID.Int64()
		if err != nil {
			return errcode.InvalidActionInfo
		}
		if in.Action == "QR_LIMIT_SCENE" && (n < 1 || n > maxLimitedScene) {
			return errcode.InvalidActionInfo
		}
		if n < 1 || n > math.MaxUint32 {
			n = math.MaxUint32 // the real service takes it, and the event carries this
		}
		q.Number, q.Scene = n, strconv.FormatInt(n, 10)
	case "QR_STR_SCENE", "QR_LIMIT_STR_SCENE":
		if n := utf8.RuneCountInString(scene.Str); n < 1 || n > longestScene {
			return errcode.InvalidActionInfo
		}
		q.Scene = scene.Str
	default:
		return errcode.InvalidActionName
	}
	return 0
}

func (w *world) addQRCode(q *qrCode) {
	q.Ticket = "gQ" + w.ids.text(92, base62) + "=="
	q.URL = "http://weixin.qq.com/q/02" + w.ids.text(20, base62)
	w.putQRCode(q)
}

func (w *world) putQRCode(q *qrCode) {
	now := w.clock.now()
	w.qrCodes.put(q.Ticket, q, now)
	w.qrCodes.put(q.URL, q, now)
}

// savedQRCodes lists each code once.
func (w *world) savedQRCodes() []*qrCode {
	var list []*qrCode
	for _, name := range slices.Sorted(maps.Keys(w.qrCodes.items)) {
		if q := w.qrCodes.get(name); name == q.Ticket {
			list = append(list, q)
		}
	}
	return list
}

// QRCode makes a permanent code with a text scene without an API call and returns its ticket.
func (a *App) QRCode(scene string) string {
	a.s.mustBe("QRCode", a, ServiceAccount)
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	q := &qrCode{ofApp: ofApp{a.AppID}, Scene: scene}
	a.s.world.addQRCode(q)
	return q.Ticket
}

// showQRCode is a page of mp.weixin.qq.com and needs no token.
func showQRCode(c *call) reply {
	q := c.w.qrCodes.get(c.query.Get("ticket"))
	if q == nil || !q.live(c.now) {
		return reply{status: http.StatusNotFound, contentType: "text/html", body: []byte("404 Not Found")}
	}
	return reply{status: http.StatusOK, contentType: "image/jpg", body: picture(q.URL, 430, false)}
}

// Scan scans a code: the ticket of a service account's code with a scene, the address of its picture or
// what the picture says, or a code of a Mini Program. It returns the page that a Mini Program's code
// opens, nil for a service account's: that one the user follows, or opens if following already.
func (u *User) Scan(code string) *MiniProgramLink {
	var opened *MiniProgramLink
	u.s.act(func() {
		if link, ok := u.s.world.miniCodes[code]; ok {
			opened = &link
			u.member(u.s.world.apps[link.AppID]).visit()
			return
		}
		q := u.s.world.qrCodes.get(ticketOf(code))
		if q == nil || !q.live(u.s.world.clock.now()) {
			u.s.misuse("Scan: no such code, or it has expired")
		}
		u.member(u.s.world.apps[q.AppID]).scan(q)
	})
	return opened
}

// ScanPicture scans the picture of a code, as the API or its address answered it.
func (u *User) ScanPicture(image []byte) *MiniProgramLink {
	content, ok := contentOfPicture(image)
	if !ok {
		u.s.misuse("ScanPicture: no code of this emulator in the picture")
	}
	return u.Scan(content)
}

// ticketOf takes the ticket out of the address of a picture.
func ticketOf(code string) string {
	if u, err := url.Parse(code); err == nil && u.Path == "/cgi-bin/showqrcode" {
		return u.Query().Get("ticket")
	}
	return code
}

func (m *member) scan(q *qrCode) {
	now := m.app.s.world.clock.now()
	if m.follow("ADD_SCENE_QR_CODE") {
		m.open(scannedCode, now)
		m.QRScene, m.QRSceneStr = q.Number, q.Scene
		if q.Number != 0 {
			m.QRSceneStr = ""
		}
		m.pushEvent("subscribe", true, field{"EventKey", "qrscene_" + q.Scene}, field{"Ticket", q.Ticket})
		return
	}
	m.open(scannedCode, now)
	m.pushEvent("SCAN", true, field{"EventKey", q.Scene}, field{"Ticket", q.Ticket})
}
