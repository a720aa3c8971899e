package queue

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

const (
	queueName = "notify"
	// keepCompleted is short: what happened is told by the caller's own tables.
	keepCompleted = 10 * time.Minute
	keepDiscarded = 24 * time.Hour
	// maxAttempts leaves all repetitions to the caller, who knows when a key is to be tried again.
	maxAttempts = 1
	// pollWithoutNotice is how often the queue is looked at where nobody tells that it has got something.
	pollWithoutNotice = 200 * time.Millisecond
)

type fireArgs struct {
	Key string `json:"key"`
}

func (fireArgs) Kind() string { return "notify_fire" }

// New makes a Queue on db.
func New(db *sqldb.DB, cfg Config) (Queue, error) {
	if db.Postgres != nil {
		return newRiver[*riverpgxv5.Driver, pgx.Tx](riverpgxv5.New(db.Postgres), sqldb.PgxTx, db, cfg)
	}
	return newRiver[*riversqlite.Driver, *sql.Tx](riversqlite.New(db.SQLite), sqldb.SQLTx, db, cfg)
}

// riverQueue is River on one of the two databases, which have transactions of different types.
type riverQueue[TTx any] struct {
	db      *sqldb.DB
	client  *river.Client[TTx]
	unwrap  func(sqldb.Tx) TTx
	release func() error
}

func newRiver[TDriver riverdriver.Driver[TTx], TTx any](
	driver TDriver, unwrap func(sqldb.Tx) TTx, db *sqldb.DB, cfg Config,
) (Queue, error) {
	workers := river.NewWorkers()
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, job *river.Job[fireArgs]) error {
		return cfg.Work(ctx, job.Args.Key, func(ctx context.Context, tx sqldb.Tx) error {
			_, err := river.JobCompleteTx[TDriver](ctx, unwrap(tx), job)
			if errors.Is(err, river.ErrNotFound) {
				return nil // it was given up and removed: the caller's result stands all the same
			}
			return err
		})
	}))
	settings := &river.Config{
		Schema:                      db.Engine,
		Queues:                      map[string]river.QueueConfig{queueName: {MaxWorkers: cfg.Workers}},
		Workers:                     workers,
		Logger:                      slog.New(warnings{cfg.Logger.Handler()}),
		JobTimeout:                  cfg.Timeout,
		RescueStuckJobsAfter:        cfg.Timeout + time.Minute,
		FetchCooldown:               50 * time.Millisecond,
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
	return &riverQueue[TTx]{db: db, client: client, unwrap: unwrap}, nil
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

func (q *riverQueue[TTx]) Add(ctx context.Context, tx sqldb.Tx, keys []string) error {
	params := make([]river.InsertManyParams, len(keys))
	for i, key := range keys {
		params[i] = river.InsertManyParams{Args: fireArgs{Key: key}, InsertOpts: &river.InsertOpts{Queue: queueName}}
	}
	_, err := q.client.InsertManyFastTx(ctx, q.unwrap(tx), params)
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
