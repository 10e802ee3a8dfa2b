package desk

import (
	"context"
	"fmt"
	"math"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// SignedIn tells both rooms where the other one is. An opened dialog is announced
// in the desk's room too, and rings nobody: who is needed was rung before.
func (d *Desk) SignedIn(ctx context.Context, site *config.Site, before, after store.Visitor, opened bool) error {
	for _, n := range []struct {
		in, other store.Visitor
		key       key
	}{{before, after, goesOn}, {after, before, cameFrom}} {
		text := d.say(site, n.key, d.about(site, n.other))
		if err := d.dialog.Notice(ctx, n.in.ID, "signed-in:"+string(n.other.ID), chat.Content{Text: text.Plain, HTML: text.HTML}); err != nil {
			return err
		}
	}
	if !opened {
		return nil
	}
	values := d.about(site, after)
	values["former"], values["formernumber"], values["formerroom"] = plain.Line(before.Name, dialog.MaxName), fmt.Sprint(before.Number), d.roomLink(before.ID)
	text := d.say(site, signedIn, values)
	origin := "signed-in:" + string(before.ID) + ":" + string(after.ID)
	return d.tell(ctx, site, origin, text)
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
	var lines []markup.Text
	for _, v := range visitors {
		if v.Number > 0 { // else it has no room yet
			lines = append(lines, d.say(site, k, d.about(site, v)))
		}
	}
	return lines
}
