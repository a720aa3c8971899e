#!/usr/bin/env bash
# encoding/json of Go 1.26.8 and 1.27.4: what UnmarshalTypeError.Field names.
#
# Expected: a path of struct fields, as its documentation calls it ("the full path from the root struct to the field"), the
# same on both.
# Seen: Go 1.27 adds the index in each list and, of maps, the key. A key is data: a program that prints the field, or the
# error, prints it. Where an UnmarshalJSON method returns the error, Go 1.27 also leaves out the path outside of it.
set -euo pipefail
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"
cat >main.go <<'END'
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
)

type item struct{ N int }

// own reads itself.
type own struct{ list []item }

func (o *own) UnmarshalJSON(data []byte) error { return json.Unmarshal(data, &o.list) }

func main() {
	var target struct {
		Users map[string]item
		List  []item
		Own   own
	}
	for _, text := range []string{`{"Users":{"somebody":{"N":"x"}}}`, `{"List":[{"N":1},{"N":"x"}]}`, `{"Own":[{"N":"x"}]}`} {
		var mismatch *json.UnmarshalTypeError
		errors.As(json.Unmarshal([]byte(text), &target), &mismatch)
		fmt.Println(runtime.Version(), mismatch.Field)
	}
}
END
for release in go1.26.8 go1.27.4; do
	GOTOOLCHAIN=$release GOFLAGS= GOWORK=off go run main.go
done | tee seen
diff - seen <<'END'
go1.26.8 Users.N
go1.26.8 List.N
go1.26.8 Own.N
go1.27.4 Users.somebody.N
go1.27.4 List.1.N
go1.27.4 0.N
END
