package errcode_test

import (
	"errors"
	"fmt"

	"github.com/wechatkit/wechat/errcode"
)

// send stands for a call of this module that WeChat answers with a code.
func send(code errcode.Code, errmsg string) error {
	err := errcode.New("subscribe.Send", "/cgi-bin/message/subscribe/send", 200, code, errmsg)
	return fmt.Errorf("contract 7: %w", err)
}

func Example() {
	for _, err := range []error{
		send(43101, "user refuse to accept the msg rid: 61725984-6126f6f9-040f19c4"),
		send(45011, "api minute-quota reach limit, must slower, retry next minute"),
		send(47003, "argument invalid! data.thing1.value is empty rid: 61725984-6126f6f9-040f19c5"),
	} {
		var answer *errcode.Error
		switch {
		case errors.Is(err, errcode.UserRefused): // one code
			fmt.Println("ask the user again at the next visit")
		case errors.Is(err, errcode.RateLimited): // a class
			fmt.Println("slow down")
		case errors.Is(err, errcode.InvalidArgument) && errors.As(err, &answer):
			fmt.Printf("mend %q and quote rid %s\n", answer.Field, answer.RID)
		}
	}
	// Output:
	// ask the user again at the next visit
	// slow down
	// mend "thing1" and quote rid 61725984-6126f6f9-040f19c5
}

func ExampleClass() {
	err := send(45015, "response out of time limit or subscription is canceled")

	var class errcode.Class
	if errors.As(err, &class) {
		fmt.Println(class.String()) // a label for a metric, or something to switch on
	}
	// Output: user unreachable
}

func ExampleError_Retry() {
	for _, code := range []errcode.Code{errcode.SystemBusy, errcode.DayQuotaReached, errcode.InvalidPage} {
		var answer *errcode.Error
		if errors.As(send(code, ""), &answer) {
			fmt.Printf("%d: %s\n", answer.Code, answer.Retry())
		}
	}
	// Output:
	// -1: after some seconds
	// 45009: next day
	// 41030: never
}

func ExampleError_IP() {
	err := errcode.New("token", "/cgi-bin/stable_token", 200, 40164,
		"invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: 61725984-6126f6f9-040f19c4")
	if errors.Is(err, errcode.IPNotAllowed) {
		fmt.Println("enter in the console:", err.IP())
	}
	// Output: enter in the console: 203.0.113.7
}

func ExampleAll() {
	var unreachable int
	for code := range errcode.All() {
		if code.Class() == errcode.UserUnreachable && code.Retry() == errcode.RetryUser {
			unreachable++
		}
	}
	fmt.Println(unreachable > 10, errcode.NotFollowing)
	// Output: true errcode 43004: user does not follow the account (需要接收者关注)
}
