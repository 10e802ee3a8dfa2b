package desk

import (
	"context"
	"strings"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
)

// contactFields are a contact's, in the order in which they are shown.
func contactFields() []struct {
	field dialog.ContactField
	name  key
} {
	return []struct {
		field dialog.ContactField
		name  key
	}{
		{dialog.ContactEmail, fieldEmail},
		{dialog.ContactPhone, fieldPhone},
		{dialog.ContactCompany, fieldCompany},
		{dialog.ContactNote, fieldNote},
	}
}

// none in the place of a value takes it away.
const none = "-"

// contact shows or changes how a visitor is reached.
func (d *Desk) contact(ctx context.Context, c call) (markup.Text, error) {
	if c.argument == "" {
		return d.contactCard(ctx, c)
	}
	word, value, _ := strings.Cut(c.argument, " ")
	for _, f := range contactFields() {
		if string(f.field) != strings.ToLower(word) {
			continue
		}
		if value = strings.TrimSpace(value); value == "" {
			return markup.Text{}, wrong(missing, nil)
		}
		if value == none {
			value = ""
		}
		return d.setContact(ctx, c, f.field, f.name, value)
	}
	return markup.Text{}, wrong(contactNoField, markup.Values{"word": excerpt(word, maxWord)})
}

func (d *Desk) setContact(ctx context.Context, c call, field dialog.ContactField, name key, value string) (markup.Text, error) {
	kept, err := d.dialog.SetContact(ctx, c.Site, c.Visitor, field, value)
	if public, ok := err.(*chat.Error); ok && public.Code == chat.CodeBadContact { //nolint:errorlint // the core's own word
		k := contactBadMail
		if field == dialog.ContactPhone {
			k = contactBadPhone
		}
		return markup.Text{}, wrong(k, markup.Values{"value": excerpt(value, maxWord)})
	}
	if err != nil {
		return markup.Text{}, err
	}
	k := contactSet
	if kept == "" {
		k = contactGone
	}
	return d.say(c.Site, k, markup.Values{"field": d.word(c.Site, name), "value": excerpt(kept, maxQuote)}), nil
}

func (d *Desk) contactCard(ctx context.Context, c call) (markup.Text, error) {
	p, err := d.dialog.Profile(ctx, c.Visitor.ID)
	if err != nil {
		return markup.Text{}, err
	}
	lines := []markup.Text{d.say(c.Site, contactHead, nil)}
	for _, f := range contactFields() {
		if value := p.Contact(f.field); value != "" {
			lines = append(lines, d.say(c.Site, contactLine, markup.Values{"field": d.word(c.Site, f.name), "value": excerpt(value, dialog.MaxNote)}))
		}
	}
	if len(lines) == 1 {
		return d.say(c.Site, contactNone, nil), nil
	}
	return markup.Lines(lines...), nil
}
