package benchmarks

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// floor sends a subscription message with nothing but the standard library.
type floor struct {
	client *http.Client
	base   string
	token  string
}

func newFloor(rt http.RoundTripper, base string) *floor {
	return &floor{client: &http.Client{Transport: rt, Timeout: 10 * time.Second}, base: base, token: accessToken}
}

type floorValue struct {
	Value string `json:"value"`
}

type floorMessage struct {
	ToUser     string                `json:"touser"`
	TemplateID string                `json:"template_id"`
	Page       string                `json:"page,omitempty"`
	Data       map[string]floorValue `json:"data"`
}

type floorAnswer struct {
	ErrCode int64  `json:"errcode"`
	ErrMsg  string `json:"errmsg"`
	MsgID   int64  `json:"msgid"`
}

func (f *floor) Send(ctx context.Context, m *floorMessage) (int64, error) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(m); err != nil {
		return 0, err
	}
	address := f.base + "/cgi-bin/message/subscribe/send?access_token=" + url.QueryEscape(f.token)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body.Bytes()))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", "floor")
	resp, err := f.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return 0, err
	}
	var a floorAnswer
	if err := json.Unmarshal(data, &a); err != nil {
		return 0, err
	}
	if a.ErrCode != 0 {
		return 0, fmt.Errorf("errcode %d: %s", a.ErrCode, a.ErrMsg)
	}
	return a.MsgID, nil
}

func newFloorMessage() *floorMessage {
	m := &floorMessage{ToUser: openID, TemplateID: templateID, Page: page, Data: map[string]floorValue{}}
	for k, v := range values {
		m.Data[k] = floorValue{v}
	}
	return m
}
