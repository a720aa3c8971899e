package notify

import "github.com/wechatkit/wechat/errcode"

// Answers to a send that are no plain refusals, by their numbers. None of them is in WeChat's documentation.
const (
	codeDuplicate     errcode.Code = 40241 // the same message went to the user within the last 60 seconds
	codeHeld          errcode.Code = 40252 // the platform reviews the message, then delivers or drops it
	codeTooManyToUser errcode.Code = 43117 // too many messages to this user
)
