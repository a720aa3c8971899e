package main

import (
	"sync"
	"time"

	"github.com/wechatkit/wechat/links"
)

// binding remembers for whom a scene was made and who came by it. A real service keeps this in its database,
// with the scene as the key and the same three questions in one transaction.
type binding struct {
	mu    sync.Mutex
	users map[string]*expected // by scene
	done  chan struct{}        // holds one value once somebody was bound
}

type expected struct {
	user   string
	until  time.Time
	openID string // who used the scene; "" while it is unused
}

// outcome is what came of a scan.
type outcome string

const (
	bound   outcome = "bound to the user"
	already outcome = "the same person again, nothing to do"
	refused outcome = "not a scene of ours, too late, or used by somebody else"
)

func newBinding() *binding {
	return &binding{users: map[string]*expected{}, done: make(chan struct{}, 1)}
}

// expect returns a scene that stands for user once, until its time is over.
func (b *binding) expect(user string, lifetime time.Duration) (scene string) {
	scene = links.OneTimeScene("bind-")
	b.mu.Lock()
	defer b.mu.Unlock()
	b.users[scene] = &expected{user: user, until: time.Now().Add(lifetime)}
	return scene
}

// use binds a follower to the user that the scene stands for. A push that WeChat repeats, or a user who scans
// twice, must do no harm; a picture that was forwarded must not bind a second person.
func (b *binding) use(scene, openID string) (user string, o outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.users[scene]
	switch {
	case e == nil, e.openID == "" && time.Now().After(e.until), e.openID != "" && e.openID != openID:
		return "", refused
	case e.openID == openID:
		return e.user, already
	}
	e.openID = openID
	select {
	case b.done <- struct{}{}:
	default:
	}
	return e.user, bound
}
