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
	// uploaded, for 72h0m0s
	// sent
	// downloaded image/png
	// on the phone: image
}
