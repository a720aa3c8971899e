package main

import (
	"context"
	"fmt"
	"os"
)

func Example() {
	if err := run(context.Background(), os.Stdout, func(string) string { return "" }, nil); err != nil {
		fmt.Println(err)
	}
	// Output:
	// warning: thing1: emoji, WeChat drops them
	// sent
	// sent
	// messages on the phone: 1
}
