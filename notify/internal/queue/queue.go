// Package queue runs jobs: the narrow interface that the engine hides behind. A job is a key and nothing
// else; what it means is in the caller's own tables.
package queue

import (
	"context"
	"log/slog"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

// Work does the job of one key. It calls done within the transaction that records its result, so that the
// job ends if and only if the result stands. A job that fails, or whose process dies, is not tried again: the
// caller, who knows that its key is not done, adds it anew. So Work may be called more than once for a key.
type Work func(ctx context.Context, key string, done func(context.Context, sqldb.Tx) error) error

// Config is the setting of a Queue. All fields are needed.
type Config struct {
	Workers int           // jobs at the same time
	Timeout time.Duration // the longest that a job may take
	Logger  *slog.Logger
	Work    Work
}

// Queue hands keys to workers, here and in other processes on the same database.
type Queue interface {
	// Add puts keys into the queue when tx commits.
	Add(ctx context.Context, tx sqldb.Tx, keys []string) error
	// Start begins to work.
	Start(ctx context.Context) error
	// Stop takes no more jobs and waits for the running ones; when ctx ends it cancels them.
	Stop(ctx context.Context) error
}
