package queue

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

const (
	queueName = "notify_rounds"
	// oldQueueName is where earlier builds had a job for each lead. Processes of such a build may run beside this one, so
	// their jobs stay apart: neither can do the other's.
	oldQueueName = "notify"
	// keepCompleted is short: what happened is told by the caller's own tables.
	keepCompleted = 10 * time.Minute
	keepDiscarded = 24 * time.Hour
	// maxAttempts leaves all repetitions to the caller, who knows whether there is still something to do.
	maxAttempts = 1
	// fetchCooldown is how soon after a look at the queue there may be another: somebody waits for it.
	fetchCooldown = 5 * time.Millisecond
	// pollWithoutNotice is how often the queue is looked at where nobody tells that it has got something.
	pollWithoutNotice = 200 * time.Millisecond
)

type roundArgs struct{}

func (roundArgs) Kind() string { return "notify_round" }

// fireArgs are those of earlier builds.
type fireArgs struct {
	Key string `json:"key"`
}

func (fireArgs) Kind() string { return "notify_fire" }

// New makes a Queue on db.
func New(db *sqldb.DB, cfg Config) (Queue, error) {
	if db.Postgres != nil {
		return newRiver(riverpgxv5.New(db.Postgres), db, cfg)
	}
	return newRiver(riversqlite.New(db.SQLite), db, cfg)
}

// riverQueue is River on one of the two databases, which have transactions of different types.
type riverQueue[TTx any] struct {
	db      *sqldb.DB
	client  *river.Client[TTx]
	release func() error
}

func newRiver[TTx any](driver riverdriver.Driver[TTx], db *sqldb.DB, cfg Config) (Queue, error) {
	workers := river.NewWorkers()
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, _ *river.Job[roundArgs]) error {
		return cfg.Work(ctx)
	}))
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, job *river.Job[fireArgs]) error {
		return cfg.Inherit(ctx, job.Args.Key)
	}))
	settings := &river.Config{
		Schema:                      db.Engine,
		Queues:                      map[string]river.QueueConfig{queueName: {MaxWorkers: 1}, oldQueueName: {MaxWorkers: 4}},
		Workers:                     workers,
		Logger:                      slog.New(warnings{cfg.Logger.Handler()}),
		JobTimeout:                  cfg.Timeout,
		RescueStuckJobsAfter:        cfg.Timeout + time.Minute,
		FetchCooldown:               fetchCooldown,
		CompletedJobRetentionPeriod: keepCompleted,
		DiscardedJobRetentionPeriod: keepDiscarded,
		MaxAttempts:                 maxAttempts,
	}
	if db.PollOnly {
		settings.PollOnly, settings.FetchPollInterval = true, pollWithoutNotice
	}
	client, err := river.NewClient(driver, settings)
	if err != nil {
		return nil, err
	}
	return &riverQueue[TTx]{db: db, client: client}, nil
}

// warnings passes on what an operator should see: not River's news of every few seconds.
type warnings struct{ slog.Handler }

func (w warnings) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && w.Handler.Enabled(ctx, l)
}

func (w warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{w.Handler.WithAttrs(attrs)}
}
func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }

func (q *riverQueue[TTx]) Add(ctx context.Context) error {
	_, err := q.client.Insert(ctx, roundArgs{}, &river.InsertOpts{Queue: queueName})
	return err
}

func (q *riverQueue[TTx]) Start(ctx context.Context) (err error) {
	if q.release, err = q.db.Work(ctx); err != nil {
		return err
	}
	if err := q.client.Start(context.WithoutCancel(ctx)); err != nil {
		return errors.Join(sqldb.Explain(err), q.release())
	}
	return nil
}

func (q *riverQueue[TTx]) Stop(ctx context.Context) error {
	err := q.client.Stop(ctx)
	if err != nil && errors.Is(err, cmp.Or(ctx.Err(), err)) {
		err = errors.Join(err, q.client.StopAndCancel(context.WithoutCancel(ctx)))
	}
	return errors.Join(err, q.release())
}
