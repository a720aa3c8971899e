package main

import (
	"context"
	"fmt"
	"os"
)

func Example() {
	if err := run(context.Background(), os.Stdout, func(string) string { return "" }); err != nil {
		fmt.Println(err)
	}
	// Output:
	// menu: set
	// menu: as it is
	// Alice taps "My contracts" in the service account's menu.
	// callback: CONTRACTS was tapped
	// Alice writes in the Mini Program's chat, twice.
	// callback: a text passed
	// callback: a text is kept back: risky, advertising
	//
	// Alice's phone shows:
	//   [chat] Demo Service Account: You have one: fire insurance, until 1 December.
	//   [chat] to Demo Mini Program: Can I renew it?
	//   [chat] Demo Mini Program: Yes, with one tap in the Mini Program.
	//   [chat] to Demo Mini Program: Win a lot in my casino!
}
