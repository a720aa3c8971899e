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
	// sent 5 of 6: the user has to write again first
	// Ann: What is in my contract?… (23 bytes)
	// account: Here it is. <a href="htt… (1970 bytes)
	// account: Fire, water and theft ar… (1821 bytes)
	// account: Fire, water and theft ar… (1821 bytes)
	// account: Fire, water and theft ar… (1821 bytes)
	// account: Fire, water and theft ar… (1821 bytes)
}
