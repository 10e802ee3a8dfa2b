package desk

import (
	"context"
	"slices"
	"strings"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

func (d *Desk) visitor(ctx context.Context, c call) (markup.Text, error) {
	p, err := d.dialog.Profile(ctx, c.Visitor.ID)
	if err != nil {
		return markup.Text{}, err
	}
	return d.card(c.Site, p), nil
}

func (d *Desk) rename(ctx context.Context, c call) (markup.Text, error) {
	name, err := d.dialog.Rename(ctx, c.Visitor.ID, c.argument, store.NamedByOperator)
	if err != nil {
		return markup.Text{}, err
	}
	return d.say(c.Site, renamed, markup.Values{"name": name}), nil
}

func (d *Desk) tag(ctx context.Context, c call) (markup.Text, error) {
	tag, fresh, err := d.dialog.Tag(ctx, c.Visitor.ID, c.argument)
	if err != nil {
		return markup.Text{}, err
	}
	k := tagged
	if !fresh {
		k = taggedAlready
	}
	return d.say(c.Site, k, markup.Values{"tag": tag}), nil
}

func (d *Desk) untag(ctx context.Context, c call) (markup.Text, error) {
	if plain.Blank(c.argument) {
		return markup.Text{}, wrong(missing, nil)
	}
	had, err := d.dialog.Untag(ctx, c.Visitor.ID, c.argument)
	if err != nil {
		return markup.Text{}, err
	}
	values := markup.Values{"tag": excerpt(c.argument, dialog.MaxTag)}
	if had {
		return d.say(c.Site, untagged, values), nil
	}
	tags, err := d.store.Tags(ctx, c.Visitor.ID)
	values["tags"] = strings.Join(tags, ", ")
	return d.say(c.Site, noSuchTag, values), err
}

func (d *Desk) set(ctx context.Context, c call) (markup.Text, error) {
	name, value, ok := strings.Cut(c.argument, "=")
	if !ok {
		return markup.Text{}, wrong(missing, nil)
	}
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	for _, f := range contactFields() {
		if string(f.field) == name && f.field != dialog.ContactNote { // a variable of that name is no note
			return d.setContact(ctx, c, f.field, f.name, value)
		}
	}
	if err := d.dialog.Set(ctx, c.Visitor.ID, name, value); err != nil {
		return markup.Text{}, err
	}
	return d.say(c.Site, setTo, markup.Values{"key": name, "value": excerpt(value, maxQuote)}), nil
}

func (d *Desk) unset(ctx context.Context, c call) (markup.Text, error) {
	if plain.Blank(c.argument) {
		return markup.Text{}, wrong(missing, nil)
	}
	had, err := d.dialog.Unset(ctx, c.Visitor.ID, c.argument)
	if err != nil {
		return markup.Text{}, err
	}
	values := markup.Values{"key": excerpt(c.argument, dialog.MaxVariable)}
	if had {
		return d.say(c.Site, unsetNow, values), nil
	}
	all, err := d.store.Variables(ctx, c.Visitor.ID)
	names := make([]string, len(all))
	for i, x := range all {
		names[i] = x.Name
	}
	values["keys"] = strings.Join(names, ", ")
	return d.say(c.Site, noSuchKey, values), err
}

// note says nothing: what follows the command is for operators' eyes already.
// Only an empty one is answered.
func (d *Desk) note(_ context.Context, c call) (markup.Text, error) {
	if plain.Blank(c.argument) {
		return markup.Text{}, wrong(missing, nil)
	}
	return markup.Text{}, nil
}

// take gives the dialog to who commands, unless somebody has it: of two who take
// it at once one wins, and both see who.
func (d *Desk) take(ctx context.Context, c call) (markup.Text, error) {
	now, err := d.store.Dialog(ctx, c.Visitor.ID)
	if err != nil {
		return markup.Text{}, err
	}
	if now.Assignee != "" && now.Assignee != c.Sender && c.Site.IsOperator(now.Assignee) {
		return d.say(c.Site, takenBy, markup.Values{"user": string(now.Assignee), "you": string(c.Sender)}), nil
	}
	return d.give(ctx, c, c.Sender)
}

func (d *Desk) assign(ctx context.Context, c call) (markup.Text, error) {
	if plain.Blank(c.argument) {
		return markup.Text{}, wrong(missing, nil)
	}
	user, ok := operatorOf(c)
	if !ok {
		names := make([]string, len(c.Site.Operators))
		for i, operator := range c.Site.Operators {
			names[i] = string(operator)
		}
		return markup.Text{}, wrong(noOperator, markup.Values{"user": excerpt(c.argument, maxWord), "operators": strings.Join(names, ", ")})
	}
	return d.give(ctx, c, user)
}

// operatorOf is the one operator whom a command names: by the whole id, by a
// mention (clients write a name in its place), or by the part before the colon.
func operatorOf(c call) (id.UserID, bool) {
	word := strings.TrimSpace(c.argument)
	var named []id.UserID
	for _, operator := range c.Site.Operators {
		if string(operator) == word {
			return operator, true
		}
		if slices.Contains(c.Mentions, operator) || strings.EqualFold(operator.Localpart(), strings.TrimPrefix(word, "@")) {
			named = append(named, operator)
		}
	}
	if len(named) != 1 {
		return "", false
	}
	return named[0], true
}

// give assigns the dialog, asks its new owner in, and tells who had it before.
func (d *Desk) give(ctx context.Context, c call, user id.UserID) (markup.Text, error) {
	now, err := d.store.Dialog(ctx, c.Visitor.ID)
	if err != nil {
		return markup.Text{}, err
	}
	if user != c.Sender { // who may have left the room
		if err := d.dialog.Invite(ctx, c.Visitor.ID, user); err != nil {
			return markup.Text{}, err
		}
	}
	if now.Assignee == user {
		return d.say(c.Site, assignedAlready, markup.Values{"user": string(user)}), nil
	}
	k := assigned
	if now.Assignee != "" {
		k = assignedAfter
	}
	if _, err := d.dialog.Assign(ctx, c.Visitor.ID, now.Assignee, user); err != nil {
		return markup.Text{}, err
	}
	if user != c.Sender && !c.Answered { // or it would ring once more
		if err := d.handOver(ctx, c.Site, c.Visitor, string(c.Event), user, c.Sender); err != nil {
			return markup.Text{}, err
		}
	}
	return d.say(c.Site, k, markup.Values{"user": string(user), "before": string(now.Assignee)}), nil
}

func (d *Desk) closeDialog(ctx context.Context, c call) (markup.Text, error) {
	closed, err := d.dialog.Close(ctx, c.Visitor.ID)
	if err != nil {
		return markup.Text{}, err
	}
	if !closed {
		return d.say(c.Site, closedAlready, nil), nil
	}
	return d.say(c.Site, closedNow, nil), nil
}

func (d *Desk) openDialog(ctx context.Context, c call) (markup.Text, error) {
	opened, err := d.dialog.Reopen(ctx, c.Visitor.ID)
	if err != nil {
		return markup.Text{}, err
	}
	said := openAlready
	if opened {
		said = openNow
	}
	after, err := d.store.After(ctx, c.Visitor.ID, 1)
	return markup.Lines(append([]markup.Text{d.say(c.Site, said, nil)}, d.others(c.Site, goesOn, after)...)...), err
}

// handOver tells the operator who was given a dialog by another one. origin names how.
func (d *Desk) handOver(ctx context.Context, site *config.Site, v store.Visitor, origin string, to, by id.UserID) error {
	return d.alert(ctx, site, alert{visitor: v, key: handedOver, origin: "handed over:" + origin, to: to, by: by})
}
