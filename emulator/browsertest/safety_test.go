package browsertest

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// attacks are texts that would run script on a page that took them for markup.
var attacks = []string{
	`<img src=x onerror="window.attacked = 1">`,
	`<script>window.attacked = 2</script>`,
	`<svg onload="window.attacked = 3">`,
	`<a href="javascript:window.attacked=4">click me</a>`,
	`<a href=" JaVaScRiPt:window.attacked=5 ">click me</a>`,
	`<a href="data:text/html,<script>window.attacked=6</script>">click me</a>`,
	`"><iframe srcdoc="<script>parent.attacked=7</script>">`,
}

// TestMessagesAreText sends markup in every place that a message has. It is read, and does not run.
func TestMessagesAreText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.open(wide)
	w.alice.Follow(w.service)
	w.alice.Write(w.service, attacks[0])
	for _, attack := range attacks[1:6] {
		w.say(w.service, attack)
	}
	w.alice.Write(w.service, attacks[6])
	p.click(".row", "Contract Care")
	p.until(`document.querySelectorAll(".bubble").length === 7`)

	shown := read[[]string](p, `[...document.querySelectorAll(".bubble")].map((node) => node.textContent)`)
	require.Equal(t, attacks, shown)
	require.Zero(t, read[int](p, `document.querySelectorAll(".bubble *").length`))
	require.Equal(t, "undefined", read[string](p, "typeof window.attacked"))
	p.quiet()
}

// TestCardsAreText puts markup into names, titles and values.
func TestCardsAreText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	markup := `<img src=x onerror=alert(1)>`
	w.post("/users", map[string]any{"name": "mallory", "nickname": markup})
	w.post("/apps/"+w.mini.AppID+"/templates", map[string]any{"id": "MARKUP", "title": markup, "content": markup + ":{{thing1.DATA}}\n"})
	w.post("/faults", map[string]any{"path": "/" + markup, "errcode": 40001})
	p := w.open(wide)
	p.click(".user-button", markup)
	w.ask("mallory", "MARKUP")
	p.see(".consent-name", markup)
	p.click("[role=dialog] button", "Allow")
	p.gone("[role=dialog]")
	p.see(".fault code", markup)
	require.Zero(t, read[int](p, `document.querySelectorAll("img").length`))
	p.quiet()
}

// TestRichMessagesAreText puts markup into all other texts of messages, and script where an address should be.
func TestRichMessagesAreText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const markup, script = `<img src=x onerror='window.attacked = 1'>`, `javascript:window.attacked=2`
	w.alice.Follow(w.service)
	w.alice.Write(w.service, "hello")
	thumb := w.service.AddMedia("image", "a.png", nil)
	w.service.Link(w.mini)
	w.send(`"news","news":{"articles":[{"title":"` + markup + `","description":"` + markup + `","url":"` + script + `"}]}`)
	w.send(`"msgmenu","msgmenu":{"head_content":"` + markup + `","list":[{"id":"1","content":"` + markup + `"}],"tail_content":"` + markup + `"}`)
	w.send(`"miniprogrampage","miniprogrampage":{"title":"` + markup + `","appid":"` + w.mini.AppID + `","pagepath":"` + script + `","thumb_media_id":"` + thumb + `"}`)
	w.send(`"text","text":{"content":"agent"},"customservice":{"kf_account":"` + markup + `"}`)
	w.deliver("/cgi-bin/message/template/send", `"template_id":"`+w.renewed+`","url":"`+script+`","data":{"thing1":{"value":"short"},"date2":{"value":"2027-12-01"}}`)
	p := w.open(wide)
	p.click(".row", "Contract Care")
	p.until(`document.querySelectorAll(".chat-item").length === 6`)
	require.Equal(t, 7, read[int](p, `document.querySelector(".chat-log").innerText.split("<img src=x").length - 1`))
	require.Zero(t, read[int](p, `document.querySelectorAll(".chat-log img, .chat-log a").length`))
	p.click(".bubble-mini", "")
	p.see("code", script)
	require.Equal(t, "undefined", read[string](p, "typeof window.attacked"))
	p.quiet()
}

// send sends alice a customer-service message of the service account, from its msgtype on.
func (w *world) send(message string) {
	w.t.Helper()
	w.deliver("/cgi-bin/message/custom/send", `"msgtype":`+message)
}

// deliver sends alice what the SDK would refuse to send.
func (w *world) deliver(path, fields string) {
	w.t.Helper()
	res, err := http.Post(w.server.URL+path+"?access_token="+w.service.Token(), "application/json",
		strings.NewReader(`{"touser":"`+w.alice.OpenID(w.service)+`",`+fields+`}`))
	require.NoError(w.t, err)
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	require.NoError(w.t, err)
	require.Contains(w.t, string(answer), `"errcode":0`)
}

// TestLinks shows links to the web, and only to the web, as links that do not hand over the page.
func TestLinks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.open(wide)
	w.alice.Follow(w.service)
	w.alice.Write(w.service, "hello")
	w.say(w.service, `See <a href="https://example.com/a?b=c&d=e">the terms</a>, https://example.com/plain。 And `+
		`<a href='http://example.com/single'>this</a>, <a href="ftp://example.com">not that</a>.`)
	p.see(".row", "not that") // all has arrived: a list that is drawn anew under the finger swallows the click
	p.click(".row", "Contract Care")
	p.see(".bubble a", "the terms")

	type anchor struct{ Href, Text, Rel, Target string }
	links := read[[]anchor](p, `[...document.querySelectorAll(".bubble a")].map((a) => ({ Href: a.href, Text: a.text, Rel: a.rel, Target: a.target }))`)
	const rel = "noopener noreferrer"
	require.Equal(t, []anchor{
		{"https://example.com/a?b=c&d=e", "the terms", rel, "_blank"},
		{"https://example.com/plain", "https://example.com/plain", rel, "_blank"},
		{"http://example.com/single", "this", rel, "_blank"},
	}, links)
	require.Contains(t, p.text(".theirs .bubble"), `<a href="ftp://example.com">not that</a>`)
	p.quiet()
}

// TestPolicy checks that script could not run even if markup got onto the page.
func TestPolicy(t *testing.T) {
	t.Parallel()
	p := newWorld(t).open(wide)
	read[bool](p, `(document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.attacked = 1'>"), true)`)
	p.until(`document.body.lastElementChild.complete`)
	require.Equal(t, "undefined", read[string](p, "typeof window.attacked"))
	require.Empty(t, read[[]string](p, `performance.getEntriesByType("resource").map((e) => e.name).filter((n) => !n.startsWith(location.origin))`),
		"the page must not need a network")
}
