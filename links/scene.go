package links

import (
	"crypto/rand"
	"strings"
)

// scenePrefix stands before the scene in the event of somebody who follows, and only there.
const scenePrefix = "qrscene_"

// SceneOf returns the scene of the QR code behind an event that a service account was pushed: event is its
// Event, eventKey its EventKey. ok is false for other events, and for those who follow without such a code,
// from whom EventKey is empty or something else.
//
// Who follows by the scan gives "subscribe", who follows already "SCAN": handle both. A number scene comes as
// decimal text. 4294967295 means that the code was made with a number out of range.
//
// WeChat docs: https://developers.weixin.qq.com/doc/service/guide/product/message/Receiving_event_pushes.html
func SceneOf(event, eventKey string) (scene string, ok bool) {
	switch {
	case strings.EqualFold(event, "subscribe"):
		scene, ok = strings.CutPrefix(eventKey, scenePrefix)
	case strings.EqualFold(event, "SCAN"):
		scene, ok = eventKey, true
	}
	if !ok || scene == "" {
		return "", false
	}
	return scene, true
}

// OneTimeScene returns prefix and 26 random letters and digits that nobody can guess (128 bits), for a scene
// that stands for one user. The prefix tells uses apart, such as "bind-". With up to 38 characters of it the
// scene fits [QRCode], with up to 6 [UnlimitedCode]. Store the scene with the user, and let it be used once.
func OneTimeScene(prefix string) string { return prefix + rand.Text() }
