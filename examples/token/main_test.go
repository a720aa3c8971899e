package main

import (
	"context"
	"fmt"
	"os"
)

func Example() {
	if err := run(context.Background(), os.Stdout, ""); err != nil {
		fmt.Println(err)
	}
	// Output:
	// three processes started: 1 request for a token
	// WeChat rejected it:      2 requests, and no call failed
}
