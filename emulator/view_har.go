package emulator

import (
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The parts of an HTTP archive (HAR 1.2) that the record can fill.
type (
	har struct {
		Log harLog `json:"log"`
	}
	harLog struct {
		Version string     `json:"version"`
		Creator harCreator `json:"creator"`
		Entries []harEntry `json:"entries"`
	}
	harCreator struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	harEntry struct {
		Started  time.Time   `json:"startedDateTime"`
		Millis   float64     `json:"time"`
		Request  harRequest  `json:"request"`
		Response harResponse `json:"response"`
		Cache    struct{}    `json:"cache"`
		Timings  harTimings  `json:"timings"`
		Comment  string      `json:"comment,omitempty"`
	}
	harRequest struct {
		Method      string    `json:"method"`
		URL         string    `json:"url"`
		HTTPVersion string    `json:"httpVersion"`
		Cookies     []harPair `json:"cookies"`
		Headers     []harPair `json:"headers"`
		Query       []harPair `json:"queryString"`
		Body        *harBody  `json:"postData,omitempty"`
		HeadersSize int       `json:"headersSize"`
		BodySize    int       `json:"bodySize"`
	}
	harResponse struct {
		Status      int        `json:"status"`
		StatusText  string     `json:"statusText"`
		HTTPVersion string     `json:"httpVersion"`
		Cookies     []harPair  `json:"cookies"`
		Headers     []harPair  `json:"headers"`
		Content     harContent `json:"content"`
		RedirectURL string     `json:"redirectURL"`
		HeadersSize int        `json:"headersSize"`
		BodySize    int        `json:"bodySize"`
	}
	harContent struct {
		Size int `json:"size"`
		harBody
	}
	harBody struct {
		MimeType string `json:"mimeType"`
		Text     string `json:"text"`
	}
	harPair struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	harTimings struct {
		Send    float64 `json:"send"`
		Wait    float64 `json:"wait"`
		Receive float64 `json:"receive"`
	}
)

// WriteHAR writes the recorded calls and pushes as an HTTP archive, which browsers and HTTP tools open.
// Secrets in it read "***", in bodies of any form and in the callbacks' addresses, and long bodies end after 16 KiB.
func (s *Server) WriteHAR(w io.Writer) error {
	base := cmp.Or(s.BaseURL(), "https://api.weixin.qq.com")
	entries := []harEntry{}
	for _, c := range s.Calls() {
		entries = append(entries, c.entry(base))
	}
	callbacks := s.callbackURLs()
	for _, t := range s.TriesAfter(0, s.cfg.callLimit) {
		entries = append(entries, t.entry(callbacks[t.AppID]))
	}
	slices.SortStableFunc(entries, func(a, b harEntry) int { return a.Started.Compare(b.Started) })
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(har{harLog{"1.2", harCreator{"wechat-emulator", "1"}, entries}})
}

func (s *Server) callbackURLs() map[string]string {
	urls := map[string]string{}
	for _, a := range s.Apps() {
		if cb, ok := a.Callback(); ok {
			urls[a.AppID] = hide(cb.URL)
		}
	}
	return urls
}

func (c *Call) entry(base string) harEntry {
	return newEntry(c.Time, c.Took, c.Method, base+c.Path, c.Query, c.Request, c.Status, c.Response)
}

func (t *Try) entry(callback string) harEntry {
	e := newEntry(t.Time, t.Took, http.MethodPost, cmp.Or(callback, "https://developer.example.com/"), t.Query, t.Body, t.Status, t.Reply)
	e.Comment = strings.Join(nonEmpty("push "+t.Type, t.Error, t.Fault), ": ")
	return e
}

func newEntry(at time.Time, took time.Duration, method, address, query, body string, status int, answer string) harEntry {
	millis := float64(took) / float64(time.Millisecond)
	e := harEntry{Started: at, Millis: millis, Timings: harTimings{Wait: millis}}
	e.Request = harRequest{
		Method: method, URL: address, HTTPVersion: "HTTP/1.1", Cookies: []harPair{}, Headers: []harPair{},
		Query: pairs(query), HeadersSize: -1, BodySize: len(body),
	}
	if query != "" {
		sep := "?"
		if strings.Contains(address, "?") {
			sep = "&"
		}
		e.Request.URL += sep + query
	}
	if body != "" {
		e.Request.Body = &harBody{kindOf(body), body}
	}
	e.Response = harResponse{
		Status: status, StatusText: http.StatusText(status), HTTPVersion: "HTTP/1.1", Cookies: []harPair{},
		Headers: []harPair{}, Content: harContent{len(answer), harBody{kindOf(answer), answer}}, HeadersSize: -1, BodySize: len(answer),
	}
	return e
}

func pairs(query string) []harPair {
	list := []harPair{}
	for part := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		if name != "" {
			list = append(list, harPair{unescaped(name), unescaped(value)})
		}
	}
	return list
}

// unescaped leaves as it is what cannot be unescaped.
func unescaped(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}
