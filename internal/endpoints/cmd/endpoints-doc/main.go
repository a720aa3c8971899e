// Command endpoints-doc writes docs/endpoints.md: every endpoint of WeChat's API that this module calls.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/wechatkit/wechat/internal/endpoints"
)

func main() {
	root := flag.String("root", ".", "directory of the module's go.mod")
	flag.Parse()
	if err := write(*root); err != nil {
		fmt.Fprintln(os.Stderr, "endpoints-doc:", err)
		os.Exit(1)
	}
}

func write(root string) error {
	module, err := endpoints.Scan(root)
	if err != nil {
		return err
	}
	return module.WriteDocument(root)
}
