package emulator

import "fmt"

const longestReply = 2047 // bytes of a text

// show puts a passive reply on the phone.
func (m *member) show(r *passiveReply) (fault string) {
	a, now := m.app, m.app.s.world.clock.now()
	switch {
	case r.ToUserName != m.OpenID || r.FromUserName != a.OriginalID:
		return "ToUserName and FromUserName are not those of the push, exchanged"
	case r.MsgType == "transfer_customer_service":
		m.handOver(r.Agent, now)
		return ""
	case a.Kind == MiniProgram:
		return "a Mini Program replies with transfer_customer_service only"
	}
	shown := Message{Time: now, Place: Chat, AppID: a.AppID, From: a.Name, Type: r.MsgType}
	if fault := a.fillReply(r, &shown); fault != "" {
		return fault
	}
	m.Exchanged = now
	m.user.receive(shown)
	return ""
}

func (a *App) fillReply(r *passiveReply, m *Message) (fault string) {
	switch r.MsgType {
	case "text":
		if r.Content == "" {
			return "a text without Content"
		}
		if len(r.Content) > longestReply {
			return fmt.Sprintf("Content is longer than %d bytes", longestReply)
		}
		m.Text = r.Content
	case "image":
		return a.replyMedia(r.Image, m)
	case "voice":
		return a.replyMedia(r.Voice, m)
	case "video":
		m.Title, m.Text = r.Video.Title, r.Video.Description
		return a.replyMedia(r.Video, m)
	case "music":
		m.Title, m.Text, m.URL = r.Music.Title, r.Music.Description, r.Music.MusicURL
		r.Music.MediaID = r.Music.ThumbMediaID
		return a.replyMedia(r.Music, m)
	case "news":
		if len(r.Articles) == 0 {
			return "news without Articles"
		}
		first := r.Articles[0]
		m.Title, m.Text, m.URL = first.Title, first.Description, first.URL
	default:
		return "MsgType is none of the passive replies"
	}
	return ""
}

func (a *App) replyMedia(ref replyMedia, m *Message) (fault string) {
	found := a.s.world.media.get(ref.MediaID)
	if found == nil || !found.isOf(a) || !found.live(m.Time) {
		return "MediaId is not a file of the account"
	}
	m.MediaID = ref.MediaID
	return ""
}

// outOfOrder shows the line that users see when an account does not answer.
func (m *member) outOfOrder() {
	who := "该公众号"
	if m.app.Kind == MiniProgram {
		who = "该小程序"
	}
	m.user.receive(Message{
		Time: m.app.s.world.clock.now(), Place: Chat, AppID: m.app.AppID, From: m.app.Name, Type: "system",
		Text: who + "提供的服务出现故障，请稍后再试",
	})
}
