package dialog

import (
	"context"
	"fmt"
	"time"

	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// reserve looks whether the assistant may be used once more today, and counts the
// answer among those that are being written. How many tokens it takes is known when it
// is there: the limit of those may be passed by what is under way.
func (w *writing) reserve(ctx context.Context) error {
	address, err := w.store.AddressOf(ctx, w.Visitor)
	if err != nil {
		return err
	}
	w.of = store.UsageOf{
		Site: w.site.ID, Assistant: w.Assistant, Day: now().In(w.site.Location()).Format(time.DateOnly), Visitor: w.Visitor, Address: address,
	}
	under := &w.bot.answering
	under.mu.Lock()
	defer under.mu.Unlock()
	// What ends is counted as used before it is under way no more: read while that waits.
	used, err := w.store.Used(ctx, w.of)
	if err != nil {
		return err
	}
	limits := w.config.Limits
	var keys []string
	for _, l := range []struct {
		scope   LimitScope
		subject string
		used    store.Usage
		most    config.AssistantLimit
	}{
		{LimitVisitor, string(w.Visitor), used.Visitor, limits.Visitor},
		{LimitAddress, address, used.Address, limits.Address},
		{LimitSite, "", used.Site, limits.Site},
	} {
		if l.scope == LimitAddress && address == "" {
			continue // addresses are not stored
		}
		key := fmt.Sprintf("%s %s %s %s", w.site.ID, w.Assistant, l.scope, l.subject)
		if l.most.Requests > 0 && l.used.Requests+int64(under.busy[key]) >= int64(l.most.Requests) ||
			l.most.Tokens > 0 && l.used.Tokens() >= int64(l.most.Tokens) {
			w.over, w.got.Failed = l.scope, talk.FailedLimit
			return nil
		}
		keys = append(keys, key)
	}
	for _, key := range keys {
		under.busy[key]++
	}
	w.busy = keys
	return nil
}

// release ends what reserve began.
func (w *writing) release() {
	w.hold.drop()
	under := &w.bot.answering
	under.mu.Lock()
	defer under.mu.Unlock()
	for _, key := range w.busy {
		if under.busy[key]--; under.busy[key] == 0 {
			delete(under.busy, key)
		}
	}
	w.busy = nil
}
