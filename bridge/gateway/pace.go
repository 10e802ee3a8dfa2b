package gateway

import (
	"context"
	"sync"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// pace is the most often that typing and page views are passed on.
const pace = time.Second

// visitorTyping thins out what a widget repeats.
type visitorTyping struct {
	on bool
	// When the last "on" was passed, and the one before it.
	at, before time.Time
}

// pass reports whether to pass the frame on: "on" once a second, and once more
// after an "off", because who has sent a message often begins the next one at
// once; "off" once after each.
func (t *visitorTyping) pass(on bool, now time.Time) bool {
	if !on {
		passes := t.on
		t.on = false
		return passes
	}
	if t.on && now.Sub(t.at) < pace || now.Sub(t.before) < pace {
		return false
	}
	t.on, t.before, t.at = true, t.at, now
	return true
}

// pageTurner records where a visitor is, at most once a second, the latest page last.
type pageTurner struct {
	// of is whose pages they are; set before the first show.
	of *conversation

	mu     sync.Mutex
	at     time.Time
	next   *wire.Page
	timer  *time.Timer
	closed bool
}

// show records the page now, or when a second has passed since the last.
func (p *pageTurner) show(ctx context.Context, page wire.Page, now time.Time) error {
	p.mu.Lock()
	wait := pace - now.Sub(p.at)
	if wait > 0 {
		p.next = &page
		if p.timer == nil {
			p.timer = time.AfterFunc(wait, p.late)
		}
		p.mu.Unlock()
		return nil
	}
	p.next, p.at = nil, now // one that failed is of the past now
	p.mu.Unlock()
	return p.of.turn(context.WithoutCancel(ctx), page, false)
}

// late records the page that waited. Its error is told by the next page or at
// the end, if there is one: the page is then still the next.
func (p *pageTurner) late() {
	p.mu.Lock()
	page, at := p.next, time.Now()
	p.next, p.timer, p.at = nil, nil, at
	closed := p.closed
	p.mu.Unlock()
	if page == nil || closed {
		return
	}
	if err := p.of.turn(p.of.g.ctx, *page, false); err != nil {
		p.mu.Lock()
		if p.next == nil && p.at.Equal(at) { // else a newer one came meanwhile
			p.next = page
		}
		p.mu.Unlock()
	}
}

// close records what waited.
func (p *pageTurner) close() error {
	p.mu.Lock()
	page := p.next
	p.next, p.closed = nil, true
	if p.timer != nil {
		p.timer.Stop()
	}
	p.mu.Unlock()
	if page == nil {
		return nil
	}
	return p.of.turn(p.of.g.ctx, *page, false)
}
