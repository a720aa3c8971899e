package queue

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
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
)

type fireArgs struct {
	Key string `json:"key"`
}

func (fireArgs) Kind() string { return "notify_fire" }

// New makes a Queue on db.
func New(db *sqldb.DB, cfg Config) (Queue, error) {
	if db.Postgres != nil {
		return newRiver[*riverpgxv5.Driver, pgx.Tx](riverpgxv5.New(db.Postgres), sqldb.PgxTx, cfg)
	}
	return newRiver[*riversqlite.Driver, *sql.Tx](riversqlite.New(db.SQLite), sqldb.SQLTx, cfg)
}

// riverQueue is River on one of the two databases, which have transactions of different types.
type riverQueue[TTx any] struct {
	client *river.Client[TTx]
	unwrap func(sqldb.Tx) TTx
}

func newRiver[TDriver riverdriver.Driver[TTx], TTx any](
	driver TDriver, unwrap func(sqldb.Tx) TTx, cfg Config,
) (Queue, error) {
	workers := river.NewWorkers()
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, job *river.Job[fireArgs]) error {
		return cfg.Work(ctx, job.Args.Key, func(ctx context.Context, tx sqldb.Tx) error {
			_, err := river.JobCompleteTx[TDriver](ctx, unwrap(tx), job)
			return err
		})
	}))
	client, err := river.NewClient(driver, &river.Config{
		Queues:                      map[string]river.QueueConfig{queueName: {MaxWorkers: cfg.Workers}},
		Workers:                     workers,
		Logger:                      cfg.Logger,
		JobTimeout:                  cfg.Timeout,
		RescueStuckJobsAfter:        cfg.Timeout + time.Minute,
		FetchCooldown:               50 * time.Millisecond,
		CompletedJobRetentionPeriod: keepCompleted,
		DiscardedJobRetentionPeriod: keepDiscarded,
		MaxAttempts:                 maxAttempts,
	})
	if err != nil {
		return nil, err
	}
	return &riverQueue[TTx]{client: client, unwrap: unwrap}, nil
}

func (q *riverQueue[TTx]) Add(ctx context.Context, tx sqldb.Tx, keys []string) error {
	params := make([]river.InsertManyParams, len(keys))
	for i, key := range keys {
		params[i] = river.InsertManyParams{Args: fireArgs{Key: key}, InsertOpts: &river.InsertOpts{Queue: queueName}}
	}
	_, err := q.client.InsertManyFastTx(ctx, q.unwrap(tx), params)
	return err
}

func (q *riverQueue[TTx]) Start(ctx context.Context) error {
	return q.client.Start(context.WithoutCancel(ctx))
}

func (q *riverQueue[TTx]) Stop(ctx context.Context) error {
	err := q.client.Stop(ctx)
	if err == nil || !errors.Is(err, cmp.Or(ctx.Err(), err)) {
		return err
	}
	return errors.Join(err, q.client.StopAndCancel(context.WithoutCancel(ctx)))
}
