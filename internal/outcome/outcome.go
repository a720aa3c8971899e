// Package outcome holds the error that says that nobody knows whether a call was carried out. The root package exports
// it; errcode, which stands below, has answers of WeChat's that say the same.
package outcome

import "errors"

// ErrUnknown is wechat.ErrOutcomeUnknown.
var ErrUnknown = errors.New("outcome unknown")
