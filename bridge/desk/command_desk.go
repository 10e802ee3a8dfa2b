package desk

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/anteroom-chat/anteroom/bot/fold"
	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// maxListed is how many dialogs a list shows.
const maxListed = 20

func (d *Desk) chats(ctx context.Context, c call) (markup.Text, error) {
	q := store.ContactsQuery{Site: c.Site.ID, Order: store.ByWait, Status: store.StatusOpen, Limit: maxListed + 1}
	first, rest, _ := strings.Cut(c.argument, " ")
	switch strings.ToLower(first) {
	case "open":
		c.argument = rest
	case "closed":
		q.Status, c.argument = store.StatusClosed, rest
	}
	q.Words = dialog.SearchWords(c.argument)
	q.Nobody = len(q.Words) == 0 && strings.TrimSpace(c.argument) != "" // “?!” is no word, and yet asks for somebody
	return d.list(ctx, c, q, openHead, closedHead)
}

func (d *Desk) find(ctx context.Context, c call) (markup.Text, error) {
	words := dialog.SearchWords(c.argument)
	if len(words) == 0 {
		return markup.Text{}, wrong(missing, nil)
	}
	return d.list(ctx, c, store.ContactsQuery{Site: c.Site.ID, Order: store.ByWait, Words: words, Limit: maxListed + 1}, foundHead, foundHead)
}

func (d *Desk) list(ctx context.Context, c call, q store.ContactsQuery, head, closedHead key) (markup.Text, error) {
	found, err := d.store.Find(ctx, q)
	if err != nil {
		return markup.Text{}, err
	}
	if q.Status == store.StatusClosed {
		head = closedHead
	}
	values := markup.Values{"words": excerpt(c.argument, maxWord)}
	if len(found) == 0 {
		none := nothingFound
		switch {
		case values["words"] != "":
		case q.Status == store.StatusClosed:
			none = noneClosed
		default:
			none = noneOpen
		}
		return d.say(c.Site, none, values), nil
	}
	lines := []markup.Text{d.say(c.Site, head, values)}
	for i, f := range found {
		if i == maxListed {
			lines = append(lines, d.say(c.Site, andMore, nil))
			break
		}
		lines = append(lines, d.listLine(c.Site, f))
	}
	return markup.Lines(lines...), nil
}

// listLine is a dialog as lists show it.
func (d *Desk) listLine(site *config.Site, f store.Found) markup.Text {
	values := d.about(site, f.Visitor)
	values["status"] = d.word(site, statusKey(f.Dialog.Status))
	values["assignee"] = string(f.Dialog.Assignee)
	if since := f.Dialog.WaitingSince; !since.IsZero() {
		values["waiting"] = dialog.When(site, since)
	}
	return d.say(site, listLine, values)
}

func (d *Desk) visitorOf(ctx context.Context, c call) (markup.Text, error) {
	v, err := d.which(ctx, c)
	if err != nil {
		return markup.Text{}, err
	}
	p, err := d.dialog.Profile(ctx, v.ID)
	if err != nil {
		return markup.Text{}, err
	}
	return markup.Lines(d.card(c.Site, p), d.say(c.Site, roomLine, d.about(c.Site, v))), nil
}

// openOf opens a dialog again and asks who commands into its room.
func (d *Desk) openOf(ctx context.Context, c call) (markup.Text, error) {
	v, err := d.which(ctx, c)
	if err != nil {
		return markup.Text{}, err
	}
	k := openAlready
	if opened, err := d.dialog.Reopen(ctx, v.ID); err != nil {
		return markup.Text{}, err
	} else if opened {
		k = openNow
	}
	return markup.Lines(d.say(c.Site, k, nil), d.say(c.Site, roomLine, d.about(c.Site, v))), d.dialog.Invite(ctx, v.ID, c.Sender)
}

// read asks who commands into a dialog's room and leaves it as it is.
func (d *Desk) read(ctx context.Context, c call) (markup.Text, error) {
	v, err := d.which(ctx, c)
	if err != nil {
		return markup.Text{}, err
	}
	return d.say(c.Site, roomLine, d.about(c.Site, v)), d.dialog.Invite(ctx, v.ID, c.Sender)
}

// which is the visitor whom a command means: by its number, or by words that
// only one visitor has.
func (d *Desk) which(ctx context.Context, c call) (store.Visitor, error) {
	words := dialog.SearchWords(c.argument)
	if len(words) == 0 {
		return store.Visitor{}, wrong(missing, nil)
	}
	if number, err := strconv.ParseInt(strings.TrimPrefix(c.argument, "#"), 10, 64); err == nil {
		v, err := d.store.VisitorByNumber(ctx, c.Site.ID, number)
		if errors.Is(err, store.ErrNotFound) {
			return v, wrong(noVisitor, markup.Values{"number": strconv.FormatInt(number, 10)})
		}
		return v, err
	}
	found, err := d.store.Find(ctx, store.ContactsQuery{Site: c.Site.ID, Order: store.ByWait, Words: words, Limit: maxListed})
	if err != nil {
		return store.Visitor{}, err
	}
	named := slices.DeleteFunc(slices.Clone(found), func(f store.Found) bool { return fold.Fold(f.Visitor.Name) != fold.Fold(c.argument) })
	switch {
	case len(named) == 1:
		return named[0].Visitor, nil
	case len(found) == 1:
		return found[0].Visitor, nil
	case len(found) == 0:
		return store.Visitor{}, wrong(noSuchName, markup.Values{"word": excerpt(c.argument, maxWord)})
	default:
		lines := []markup.Text{d.say(c.Site, severalNamed, markup.Values{"word": excerpt(c.argument, maxWord)})}
		for _, f := range found {
			lines = append(lines, d.listLine(c.Site, f))
		}
		return store.Visitor{}, instead(markup.Lines(lines...))
	}
}

func (d *Desk) away(ctx context.Context, c call) (markup.Text, error) {
	return d.leave(ctx, c, true, awayNow)
}

// back also invites who left the site's spaces.
func (d *Desk) back(ctx context.Context, c call) (markup.Text, error) {
	if c.Site.IsOperator(c.Sender) {
		if err := d.dialog.Readmit(ctx, c.Site.ID, c.Sender); err != nil {
			return markup.Text{}, err
		}
	}
	return d.leave(ctx, c, false, backNow)
}

func (d *Desk) leave(ctx context.Context, c call, away bool, said key) (markup.Text, error) {
	if !c.Site.IsOperator(c.Sender) {
		return d.say(c.Site, notRung, nil), nil
	}
	if err := d.dialog.SetAway(ctx, c.Site, c.Sender, away); err != nil {
		return markup.Text{}, err
	}
	names, err := d.store.Away(ctx, c.Site.ID)
	return d.say(c.Site, said, markup.Values{"user": c.Name, "away": strings.Join(names, ", ")}), err
}
