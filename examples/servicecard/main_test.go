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
	// state 1 is set
	// state 4 is set
	// state 8 is set
	// the card has state 8 and takes more changes: false
}
