// Package reminder is code of a program that sends with this module. Its unit test needs no WeChat: httpmock answers in its
// place, the token included. Where a test is about what WeChat remembers, acceptances, windows and quotas, the package emulator
// answers as WeChat does.
package reminder

import (
	"context"
	"errors"

	"github.com/wechatkit/wechat/errcode"
	"github.com/wechatkit/wechat/subscribe"
)

// Remind tells a user that a contract ends. told is false where the user has not accepted another message, which is no error.
func Remind(ctx context.Context, client *subscribe.Client, openID, contract, ends string) (told bool, err error) {
	_, err = client.Send(ctx, &subscribe.Message{
		ToUser: openID, TemplateID: "TEMPLATE_ID", Page: "pages/contract",
		Data: subscribe.Data{"thing1": contract, "date2": ends},
	})
	if errors.Is(err, errcode.UserRefused) {
		return false, nil
	}
	return err == nil, err
}
