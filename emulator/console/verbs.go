package console

import (
	"cmp"
	"net/http"

	"github.com/wechatkit/wechat/emulator"
)

// The bodies of what users do.
type (
	templatesBody struct {
		TemplateIDs []string `json:"templateIds"`
	}
	choiceBody struct {
		TemplateIDs []string `json:"templateIds"`
		Always      bool     `json:"always"`
	}
	acceptBody struct {
		choiceBody

		As emulator.Acceptance `json:"as"`
	}
	switchBody struct {
		appBody

		On bool `json:"on"`
	}
	blockBody struct {
		appBody

		Blocked bool `json:"blocked"`
	}
	writeBody struct {
		appBody

		Text string `json:"text"`
	}
	imageBody struct {
		appBody

		Name string `json:"name"`
		Data []byte `json:"data"`
	}
	cardBody struct {
		appBody

		Title string `json:"title"`
		Page  string `json:"page"`
	}
	enterBody struct {
		appBody

		SessionFrom string `json:"sessionFrom"`
	}
	menuBody struct {
		appBody

		Key string `json:"key"`
	}
	chooseBody struct {
		appBody

		ItemID string `json:"itemId"`
	}
	scanBody struct {
		Code    string `json:"code"`
		Picture []byte `json:"picture"`
	}
	linkBody struct {
		Link string `json:"link"`
	}
	visitBody struct {
		URL     string `json:"url"`
		Decline bool   `json:"decline"`
	}
)

func acceptTemplates(u *emulator.User, in *acceptBody) {
	if in.Always {
		u.AcceptAlwaysAs(in.As, in.TemplateIDs...)
	} else {
		u.AcceptAs(in.As, in.TemplateIDs...)
	}
}

func rejectTemplates(u *emulator.User, in *choiceBody) {
	if in.Always {
		u.RejectAlways(in.TemplateIDs...)
	} else {
		u.Reject(in.TemplateIDs...)
	}
}

func sendImage(u *emulator.User, a *emulator.App, in *imageBody) {
	u.SendImage(a, in.fileName(), in.Data)
}

func (b *imageBody) fileName() string { return cmp.Or(b.Name, "picture.jpg") }

// opens is where a code or a link leads.
type opens struct {
	Opens *emulator.MiniProgramLink `json:"opens"`
}

func scan(r *request) (any, error) {
	u, in, err := userAnd[scanBody](r)
	if err != nil {
		return nil, err
	}
	if len(in.Picture) > 0 {
		return opens{u.ScanPicture(in.Picture)}, nil
	}
	return opens{u.Scan(in.Code)}, nil
}

func openLink(r *request) (any, error) {
	u, in, err := userAnd[linkBody](r)
	if err != nil {
		return nil, err
	}
	return opens{u.OpenLink(in.Link)}, nil
}

func visit(r *request) (any, error) {
	u, in, err := userAnd[visitBody](r)
	if err != nil {
		return nil, err
	}
	open := u.Visit
	if in.Decline {
		open = u.Decline
	}
	redirect, err := open(in.URL)
	if err != nil {
		return nil, &apiError{http.StatusConflict, err.Error()}
	}
	return map[string]string{"redirect": redirect}, nil
}

func userAnd[T any](r *request) (*emulator.User, *T, error) {
	u, err := r.user(r.PathValue("name"))
	if err != nil {
		return nil, nil, err
	}
	in, err := body[T](r)
	return u, in, err
}
