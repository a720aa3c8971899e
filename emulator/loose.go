package emulator

import (
	"encoding/json"
	"strconv"
)

// loose is a text that some callers send as a number.
type loose string

// UnmarshalJSON accepts a string or a number.
func (l *loose) UnmarshalJSON(b []byte) error {
	var s string
	if len(b) > 0 && b[0] == '"' {
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*l = loose(s)
		return nil
	}
	var n json.Number
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	*l = loose(n)
	return nil
}

// number is 0 for what is no number.
func (l loose) number() int {
	n, err := strconv.Atoi(string(l))
	if err != nil {
		return 0
	}
	return n
}
