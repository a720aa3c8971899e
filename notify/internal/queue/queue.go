// Package queue runs jobs: the narrow interface that the engine hides behind. A job says that there is something to do
// and nothing else; what that is stands in the caller's own tables.
package queue

import (
	"context"
	"log/slog"
	"time"
)

// Config is the setting of a Queue. All fields are needed.
type Config struct {
	Timeout time.Duration // the longest that a job may take
	Logger  *slog.Logger
	// Work does a job, one at a time in each process. It returns early when ctx ends: nothing is lost, for another job
	// goes on with what is left.
	Work func(ctx context.Context) error
	// Inherit takes over a job of an earlier build, which was about one key.
	Inherit func(ctx context.Context, key string) error
}

// Queue hands jobs to this and to other processes on the same database.
type Queue interface {
	// Add has a process do a job that is free.
	Add(ctx context.Context) error
	// Start begins to work.
	Start(ctx context.Context) error
	// Stop takes no more jobs and waits for the running one; when ctx ends it cancels it.
	Stop(ctx context.Context) error
}
