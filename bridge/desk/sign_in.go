package desk

import (
	"context"
	"math"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// SignedIn tells both rooms where the other one is. The second of them is made
// for it, if need be: it is where the operators' answer is read.
func (d *Desk) SignedIn(ctx context.Context, site *config.Site, before, after store.Visitor) error {
	for _, n := range []struct {
		in, other store.Visitor
		key       key
	}{{before, after, goesOn}, {after, before, cameFrom}} {
		text := d.say(site, n.key, d.about(site, n.other))
		if err := d.dialog.Notice(ctx, n.in.ID, "signed-in:"+string(n.other.ID), chat.Content{Text: text.Plain, HTML: text.HTML}); err != nil {
			return err
		}
	}
	return nil
}

// linked are all visitors whom somebody was before signing in, and is since.
func (d *Desk) linked(ctx context.Context, v chat.VisitorID) (before, after []store.Visitor, err error) {
	if before, err = d.store.Before(ctx, v, math.MaxInt32); err != nil {
		return nil, nil, err
	}
	after, err = d.store.After(ctx, v, math.MaxInt32)
	return before, after, err
}

// others are the lines of a card that name the visitors whom somebody was before
// signing in, or is since.
func (d *Desk) others(site *config.Site, k key, visitors []store.Visitor) []markup.Text {
	lines := make([]markup.Text, len(visitors))
	for i, v := range visitors {
		lines[i] = d.say(site, k, d.about(site, v))
	}
	return lines
}
