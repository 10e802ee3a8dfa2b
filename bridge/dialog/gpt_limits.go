package dialog

import (
	"context"
	"fmt"
	"time"

	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// reserve looks whether the assistant may be used once more today, and counts the
// answer among those that are being written. How many tokens it takes is known when it
// is there: the limit of those may be passed by what is under way.
func (w *writing) reserve(ctx context.Context) (err error) {
	if w.of, err = w.usageOf(ctx, w.site, w.Assistant, w.Visitor, now()); err != nil {
		return err
	}
	keys := map[LimitScope]string{}
	for scope, subject := range map[LimitScope]string{LimitVisitor: string(w.Visitor), LimitAddress: w.of.Address, LimitSite: ""} {
		keys[scope] = fmt.Sprintf("%s %s %s %s", w.site.ID, w.Assistant, scope, subject)
	}
	under := &w.bot.answering
	before := under.join(w, keys)
	for {
		ended := under.howManyEnded()
		busy := under.ahead(keys, before)
		used, err := w.store.Used(ctx, w.of)
		if err != nil {
			w.leaveLimits()
			return err
		}
		w.over = reached(w.config.Limits, w.of, used, func(scope LimitScope) int { return busy[scope] })
		// What ends is counted as used before it is under way no more. What ended in
		// between may have been counted twice.
		if w.over == "" || under.howManyEnded() == ended {
			break
		}
	}
	if w.over != "" {
		w.leaveLimits()
		w.got.Failed = talk.FailedLimit
	}
	return nil
}

// join counts an answer among those under way, and returns how many there were before it.
func (w *answering) join(one *writing, keys map[LimitScope]string) (before map[LimitScope]int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before = map[LimitScope]int{}
	for scope, key := range keys {
		before[scope] = w.busy[key]
		w.busy[key]++
		one.busy = append(one.busy, key)
	}
	return before
}

// ahead is how many answers under way count before one that joined them: others that
// are, but no more than there were then, or two could keep each other out.
func (w *answering) ahead(keys map[LimitScope]string, before map[LimitScope]int) map[LimitScope]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	ahead := map[LimitScope]int{}
	for scope, key := range keys {
		ahead[scope] = min(before[scope], w.busy[key]-1)
	}
	return ahead
}

func (w *answering) howManyEnded() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ended
}

// reached is the first limit that leaves room for no more; empty for none. busy counts
// answers under way.
func reached(limits config.AssistantLimits, of store.UsageOf, used store.Used, busy func(LimitScope) int) LimitScope {
	for _, l := range []struct {
		scope LimitScope
		used  store.Usage
		most  config.AssistantLimit
	}{{LimitVisitor, used.Visitor, limits.Visitor}, {LimitAddress, used.Address, limits.Address}, {LimitSite, used.Site, limits.Site}} {
		if l.scope == LimitAddress && of.Address == "" {
			continue // addresses are not stored
		}
		if l.most.Requests > 0 && l.used.Requests+int64(busy(l.scope)) >= int64(l.most.Requests) || l.most.Tokens > 0 && l.used.Tokens() >= int64(l.most.Tokens) {
			return l.scope
		}
	}
	return ""
}

// usageOf says who uses an assistant now.
func (s *Service) usageOf(ctx context.Context, site *config.Site, assistant string, v chat.VisitorID, at time.Time) (store.UsageOf, error) {
	address, err := s.store.AddressOf(ctx, v)
	return store.UsageOf{Site: site.ID, Assistant: assistant, Day: at.In(site.Location()).Format(time.DateOnly), Visitor: v, Address: address}, err
}

// canAssist reports whether some assistant of the site can answer a visitor now,
// within its limits.
func (s *Service) canAssist(ctx context.Context, site *config.Site, v chat.VisitorID, at time.Time) (bool, error) {
	for _, name := range site.AssistantNames() {
		if s.bot.assistants.of(assistantID{site.ID, name}) == nil {
			continue
		}
		of, err := s.usageOf(ctx, site, name, v, at)
		if err != nil {
			return false, err
		}
		used, err := s.store.Used(ctx, of)
		if err != nil {
			return false, err
		}
		if reached(site.Assistants[name].Limits, of, used, func(LimitScope) int { return 0 }) == "" {
			return true, nil
		}
	}
	return false, nil
}

// release ends what reserve began.
func (w *writing) release() {
	w.hold.drop()
	w.leaveLimits()
}

func (w *writing) leaveLimits() {
	under := &w.bot.answering
	under.mu.Lock()
	defer under.mu.Unlock()
	for _, key := range w.busy {
		if under.busy[key]--; under.busy[key] == 0 {
			delete(under.busy, key)
		}
	}
	w.busy = nil
	under.ended++
}
