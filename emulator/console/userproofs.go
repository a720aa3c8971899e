package console

import (
	"time"

	"github.com/wechatkit/wechat/emulator"
)

// What a user does that leaves the Mini Program with something to show to its server.
var proofRoutes = map[string]handler{
	"POST /users/{name}/login-code":      code((*emulator.User).LoginCode),
	"POST /users/{name}/phone-code":      code((*emulator.User).PhoneCode),
	"POST /users/{name}/plugin-code":     code((*emulator.User).PluginCode),
	"POST /users/{name}/open-data":       getOpenData,
	"POST /users/{name}/encrypted-phone": getEncryptedPhone,
	"POST /users/{name}/pay":             accountVerb(pay),
	"POST /users/{name}/review-badly":    reviewBadly,
	"POST /users/{name}/complain":        complain,
}

// code makes a handler of a verb that gives the Mini Program a code.
func code(take func(*emulator.User, *emulator.App) string) handler {
	return func(r *request) (any, error) {
		u, a, _, err := userAndApp[appBody](r)
		if err != nil {
			return nil, err
		}
		return map[string]string{"code": take(u, a)}, nil
	}
}

type openDataBody struct {
	appBody

	Data map[string]any `json:"data"`
}

func getOpenData(r *request) (any, error) {
	u, a, in, err := userAndApp[openDataBody](r)
	if err != nil {
		return nil, err
	}
	return openDataOf(u.OpenData(a, in.Data)), nil
}

func getEncryptedPhone(r *request) (any, error) {
	u, a, _, err := userAndApp[appBody](r)
	if err != nil {
		return nil, err
	}
	return openDataOf(u.EncryptedPhone(a)), nil
}

// openDataOf uses the names of wx.getUserInfo.
func openDataOf(d emulator.OpenData) map[string]string {
	return map[string]string{"rawData": d.RawData, "signature": d.Signature, "encryptedData": d.EncryptedData, "iv": d.IV}
}

type payBody struct {
	appBody

	TransactionID string   `json:"transactionId"`
	MchID         string   `json:"mchId"`
	OutTradeNo    string   `json:"outTradeNo"`
	Window        int      `json:"window"`
	AmountFen     int64    `json:"amountFen"`
	PayScore      bool     `json:"payScore"`
	KnownIn       duration `json:"knownIn"`
}

func pay(u *emulator.User, a *emulator.App, in *payBody) {
	u.Pay(a, emulator.Payment{
		TransactionID: in.TransactionID, MchID: in.MchID, OutTradeNo: in.OutTradeNo, Window: in.Window,
		AmountFen: in.AmountFen, PayScore: in.PayScore, KnownIn: time.Duration(in.KnownIn),
	})
}

func reviewBadly(r *request) (any, error) {
	u, a, _, err := userAndApp[appBody](r)
	if err != nil {
		return nil, err
	}
	return map[string]string{"commentId": u.ReviewBadly(a)}, nil
}

type complainBody struct {
	imageBody

	Type    int    `json:"type"`
	Text    string `json:"text"`
	Contact string `json:"contact"`
}

func complain(r *request) (any, error) {
	u, a, in, err := userAndApp[complainBody](r)
	if err != nil {
		return nil, err
	}
	feedback := emulator.Feedback{Type: in.Type, Text: in.Text, Contact: in.Contact}
	if in.Data == nil {
		recordID, _ := u.GiveFeedback(a, feedback)
		return map[string]string{"recordId": recordID}, nil
	}
	feedback.Pictures = []emulator.Picture{{Name: in.fileName(), Data: in.Data}}
	recordID, mediaIDs := u.GiveFeedback(a, feedback)
	return map[string]string{"recordId": recordID, "mediaId": mediaIDs[0]}, nil
}
