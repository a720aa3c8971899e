package emulator

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/wechatkit/wechat/errcode"
)

// Feedback of users to a Mini Program (用户反馈).
var feedbackRoutes = []route{
	{method: http.MethodGet, path: "/wxaapi/feedback/list", token: appToken, kinds: mpOnly, handle: listFeedback},
	{method: http.MethodGet, path: "/cgi-bin/media/getfeedbackmedia", token: appToken, kinds: mpOnly, handle: getFeedbackMedia},
}

// The types of feedback: 1 cannot be opened, 2 crashes, 3 is slow to react, 4 shows a black or white screen, 5 hangs, 6 is
// out of place, 7 is slow to load, 8 other.
const (
	firstFeedbackType = 1
	lastFeedbackType  = 8
)

// Feedback is what a user writes in the form "feedback and complaints" of a Mini Program.
type Feedback struct {
	Type     int    `json:"type"` // 1 to 8; 0 means 8, other trouble
	Text     string `json:"text"`
	Contact  string `json:"contact"` // a phone number or e-mail address
	Pictures []Picture
}

// Picture is a file with a picture.
type Picture struct {
	Name string
	Data []byte
}

// feedback is what a Mini Program gets of it.
type feedback struct {
	from   *member
	order  int
	at     time.Time
	kind   int
	text   string
	phone  string
	images []*media
}

// Complain sends a picture with a feedback to a Mini Program (用户反馈) and returns the ids by which the
// Mini Program fetches it.
func (u *User) Complain(mini *App, name string, picture []byte) (recordID, mediaID string) {
	recordID, mediaIDs := u.GiveFeedback(mini, Feedback{Pictures: []Picture{{name, picture}}})
	return recordID, mediaIDs[0]
}

// GiveFeedback sends a feedback to a Mini Program (用户反馈) and returns its id and those of its pictures.
func (u *User) GiveFeedback(mini *App, f Feedback) (recordID string, mediaIDs []string) {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	u.s.mustBe("GiveFeedback", mini, MiniProgram)
	kind := cmp.Or(f.Type, lastFeedbackType)
	if kind < firstFeedbackType || kind > lastFeedbackType {
		u.s.misuse("GiveFeedback: Type %d, want 1 to 8", f.Type)
	}
	w := &u.s.world
	m := u.member(mini)
	m.visit()
	w.complaints++
	got := &feedback{from: m, order: w.complaints, at: w.clock.now(), kind: kind, text: f.Text, phone: f.Contact}
	for _, p := range f.Pictures {
		image := w.addMedia(mini, "image", p.Name, p.Data)
		got.images = append(got.images, image)
		mediaIDs = append(mediaIDs, image.ID)
	}
	recordID = w.ids.text(8, "123456789")
	w.feedback.put(recordID, got, got.at)
	return recordID, mediaIDs
}

// stale waits for the end of its pictures.
func (f *feedback) stale(now time.Time) bool { return lapsed(f.at.Add(mediaLife), now) }

type feedbackItem struct {
	RecordID   json.Number `json:"record_id"`
	CreateTime int64       `json:"create_time"`
	Content    string      `json:"content"`
	Phone      string      `json:"phone"`
	OpenID     string      `json:"openid"`
	Nickname   string      `json:"nickname"`
	HeadURL    string      `json:"head_url"`
	Type       int         `json:"type"`
	MediaIDs   []string    `json:"mediaIds"`
	SystemInfo string      `json:"systemInfo"`
}

func listFeedback(c *call) reply {
	page, pageErr := strconv.Atoi(c.query.Get("page"))
	num, numErr := strconv.Atoi(c.query.Get("num"))
	kind, kindErr := strconv.Atoi(cmp.Or(c.query.Get("type"), "0"))
	if pageErr != nil || numErr != nil || kindErr != nil || page < 1 || num < 1 {
		return c.fail(errcode.InvalidParameters)
	}
	all := c.feedbackOf(kind)
	list := []feedbackItem{}
	for _, id := range part(all, (min(page, 1<<20)-1)*min(num, 1<<20), num) {
		list = append(list, c.w.feedback.get(id).item(id))
	}
	return c.data(struct {
		List  []feedbackItem `json:"list"`
		Total int            `json:"total_num"`
		envelope
	}{list, len(all), success})
}

// feedbackOf lists the ids of the calling account's feedback of a type, 0 for all, the newest first.
func (c *call) feedbackOf(kind int) []string {
	var ids []string
	for id, f := range c.w.feedback.items {
		if f.from.app == c.app && (kind == 0 || f.kind == kind) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int {
		return cmp.Compare(c.w.feedback.get(b).order, c.w.feedback.get(a).order)
	})
	return ids
}

func (f *feedback) item(id string) feedbackItem {
	out := feedbackItem{
		RecordID: json.Number(id), CreateTime: f.at.Unix(), Content: f.text, Phone: f.phone, OpenID: f.from.OpenID,
		Nickname: f.from.user.nickname(), Type: f.kind, MediaIDs: []string{}, SystemInfo: "{}",
	}
	for _, m := range f.images {
		out.MediaIDs = append(out.MediaIDs, m.ID)
	}
	return out
}

func getFeedbackMedia(c *call) reply {
	f := c.w.feedback.get(c.query.Get("record_id"))
	if f == nil || f.from.app != c.app {
		return c.fail(errcode.MediaNotFound)
	}
	i := slices.IndexFunc(f.images, func(m *media) bool { return m.ID == c.query.Get("media_id") })
	if i < 0 {
		return c.fail(errcode.MediaNotFound)
	}
	return f.images[i].file()
}
