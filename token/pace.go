package token

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/wechatkit/wechat/errcode"
)

const (
	firstBackoff = time.Second
	longestWait  = time.Minute

	// Neither the quota of a day nor an administrator's refusal ends soon. An operator may end them (by
	// clear_quota, or in the console), and then no restart should be needed.
	longWait = 10 * time.Minute

	// A token that is replaced by somebody else again and again (two programs that both fetch a classic
	// token) may cost five requests at once and one a minute on average: with the ordinary refreshes that
	// stays below the 2,000 a day of the classic endpoint.
	renewalBudget = 5
	renewalPeriod = 5 * time.Minute

	forceEvery = 90 * time.Minute // below WeChat's 20 a day
)

// pace says when a Manager may ask WeChat. It is safe for concurrent use.
type pace struct {
	mu       sync.Mutex // guards what follows
	failures int        // requests failed in a row
	retryAt  time.Time  // no request before
	lastErr  error
	renewals [renewalBudget]time.Time // the last tokens that were fetched in place of rejected ones, oldest first
	again    bool                     // the last of these was the rejected one again
	forcedAt time.Time                // last forced request
	suspect  Secret                   // token that was rejected, and which WeChat gave out again when asked
}

// wait returns how long no request may be made yet.
func (p *pace) wait() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Until(p.retryAt)
}

// waiting is the error of a call that comes before its time.
func (p *pace) waiting(wait time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return fmt.Errorf("no token: next attempt in %v: %w", wait.Round(time.Millisecond), p.lastErr)
}

// note keeps count of failures and logs changes from one state to the other.
func (p *pace) note(log *slog.Logger, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil {
		if p.failures > 0 {
			log.Info("token: fetching works again")
		}
		p.failures, p.retryAt, p.lastErr = 0, time.Time{}, nil
		return
	}
	if p.failures == 0 {
		log.Warn("token: fetching fails", "err", err)
	}
	p.retryAt, p.lastErr = time.Now().Add(backoff(err, p.failures)), err
	p.failures++
}

// backoff is the pause after an error that came after so many others.
func backoff(err error, failures int) time.Duration {
	wait := min(firstBackoff<<min(failures, 10), longestWait)
	wait = wait/2 + rand.N(wait/2)
	switch {
	case errors.Is(err, errcode.QuotaExhausted), errors.Is(err, errcode.AdminRefused), errors.Is(err, errcode.AdminRefusedTwice):
		return longWait + rand.N(longWait/4)
	case errors.Is(err, errcode.RateLimited):
		return longestWait + rand.N(longestWait/4)
	}
	return wait
}

// mayRenew reports whether the budget leaves a request for a rejected token.
func (p *pace) mayRenew() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Since(p.renewals[0]) >= renewalPeriod
}

// renewed counts a token that came in place of a rejected one, and tells whether it was the same again.
func (p *pace) renewed(again bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.again = again
	copy(p.renewals[:], p.renewals[1:])
	p.renewals[renewalBudget-1] = time.Now()
}

// exhausted is the error of a request beyond the budget.
func (p *pace) exhausted() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.again {
		return errSameAgain
	}
	return errTooManyRenewals
}

// mayForce reports whether a token that WeChat stands by was rejected before, too: a good token gets a
// single 40001 now and then. A forced request ends the token of every other process, and WeChat takes 20 a
// day.
func (p *pace) mayForce(rejected Secret) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := p.suspect == rejected
	p.suspect = rejected
	return known && time.Since(p.forcedAt) >= forceEvery
}

func (p *pace) forced() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forcedAt = time.Now()
}
