package wechat

import (
	"context"
	"iter"
	"sync"
	"time"
)

// Bulk sends a stream of messages, of any length, with a bounded number at a time and constant memory. It works
// with every call that sends something:
//
//	done, err := wechat.Bulk[*subscribe.Message]{
//		Send:    func(ctx context.Context, m *subscribe.Message) error { _, err := messages.Send(ctx, m); return err },
//		Outcome: func(i int64, m *subscribe.Message, err error) { … },
//	}.Run(ctx, due)
//
// How many a second is the client's matter, see [WithRateLimit].
type Bulk[M any] struct {
	// Send sends one message. It is called from several goroutines at once. Needed.
	Send func(ctx context.Context, msg M) error
	// Outcome is called once for each message that Send was called with, from one goroutine at a time, in the
	// order in which the sends end. index counts the messages of the sequence from 0.
	Outcome func(index int64, msg M, err error)
	// Concurrency is how many sends are under way at once. Defaults to 16.
	Concurrency int
	// Skip passes over that many messages of the sequence: the Next of the Progress where an earlier run of
	// the same sequence stopped.
	Skip int64
	// Report is called with the state of things about once in Every, and at the end. Every defaults to a
	// second.
	Report func(Progress)
	Every  time.Duration
}

// Progress is how far a [Bulk] has come.
type Progress struct {
	Next   int64 // index to resume at: every message before it was skipped or has its outcome
	Sent   int64 // outcomes without an error
	Failed int64 // outcomes with one
}

const defaultConcurrency = 16

// Run sends the messages until the sequence or ctx ends, waits for the sends under way, and returns how far it
// came. The error is ctx's, or names the setting that is wrong; what happened to each message is for Outcome.
//
// When ctx ends, the sends under way are cut off, and the outcome of some may be [ErrOutcomeUnknown]. To stop
// without that, end the sequence.
func (b Bulk[M]) Run(ctx context.Context, messages iter.Seq[M]) (Progress, error) {
	if err := b.check(); err != nil {
		return Progress{}, err
	}
	r := &bulkRun[M]{Bulk: b, progress: Progress{Next: b.Skip}, reported: time.Now()}
	if r.Concurrency == 0 {
		r.Concurrency = defaultConcurrency
	}
	if r.Every == 0 {
		r.Every = time.Second
	}
	r.run(ctx, messages)
	if r.Report != nil {
		r.Report(r.progress)
	}
	return r.progress, ctx.Err()
}

func (b *Bulk[M]) check() error {
	switch {
	case b.Send == nil:
		return fieldErrorf("Bulk.Send", "nil")
	case b.Concurrency < 0:
		return fieldErrorf("Bulk.Concurrency", "%d is negative", b.Concurrency)
	case b.Skip < 0:
		return fieldErrorf("Bulk.Skip", "%d is negative", b.Skip)
	case b.Every < 0:
		return fieldErrorf("Bulk.Every", "%v is negative", b.Every)
	}
	return nil
}

// bulkRun is a Bulk at work.
type bulkRun[M any] struct {
	Bulk[M]
	mu       sync.Mutex // guards what follows, and the calls of Outcome and Report
	progress Progress
	pending  map[int64]bool // ended, but not all before them are
	reported time.Time
}

func (r *bulkRun[M]) run(ctx context.Context, messages iter.Seq[M]) {
	r.pending = make(map[int64]bool, r.Concurrency)
	places := make(chan struct{}, r.Concurrency)
	var wg sync.WaitGroup
	defer wg.Wait()
	index := int64(-1)
	for msg := range messages {
		index++
		if index < r.Skip {
			continue
		}
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			return
		}
		if ctx.Err() != nil {
			return
		}
		at := index
		wg.Go(func() {
			defer func() { <-places }()
			r.note(at, msg, r.Send(ctx, msg))
		})
	}
}

// note takes down one outcome.
func (r *bulkRun[M]) note(index int64, msg M, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.progress.Sent++
	} else {
		r.progress.Failed++
	}
	for r.pending[index] = true; r.pending[r.progress.Next]; r.progress.Next++ {
		delete(r.pending, r.progress.Next)
	}
	if r.Outcome != nil {
		r.Outcome(index, msg, err)
	}
	if r.Report != nil && time.Since(r.reported) >= r.Every {
		r.reported = time.Now()
		r.Report(r.progress)
	}
}
