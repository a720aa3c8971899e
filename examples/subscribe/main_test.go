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
	// template: Contract due
	//   thing1 (Contract), up to 20 characters
	//   date2 (Ends), date with a 24-hour time if wanted, or two joined by "~"
	// sent
	// not sent: no acceptance of the user is left
}
