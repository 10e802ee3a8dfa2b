package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/desk/api"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// hookTarget names a webhook of a site in the queue: its address is the config's
// matter, and may hold a secret.
func hookTarget(name string) string { return hookMark + name }

const hookMark = "hook "

// HookEvent is what a webhook of a site is told; of the parts below the visitor it
// has those that the event is about.
type HookEvent struct {
	EventHead
	// Message, Contact and Deal are as the REST API has them.
	Message *HookMessage `json:"message,omitempty"`
	Contact *api.Contact `json:"contact,omitempty"`
	// Changed are the parts of the contact that are different now.
	Changed []string  `json:"changed,omitempty"`
	Deal    *api.Deal `json:"deal,omitempty"`
	Tag     string    `json:"tag,omitempty"`
	// Operator is who was given the dialog, absent for nobody.
	Operator id.UserID   `json:"operator,omitempty"`
	Rating   *api.Rating `json:"rating,omitempty"`
	Reason   string      `json:"reason,omitempty"`
	// Again is true for a dialog that was open before, and a rating in the place of another.
	Again bool `json:"again,omitempty"`
}

// HookMessage is what was said.
type HookMessage struct {
	api.Message
	// Removed is true if it was removed before this was told: it says nothing any more.
	Removed bool `json:"removed,omitempty"`
}

// bare is a message that was removed.
func (m HookMessage) bare() *HookMessage {
	m.Text, m.File, m.Removed = "", nil, true
	return &m
}

// Happened queues an event for each webhook of the site that is told of it.
func (d *Desk) Happened(ctx context.Context, site *config.Site, v store.Visitor, h dialog.Happening) error {
	data, err := d.hookEvent(ctx, site, v, h)
	if err != nil {
		return err
	}
	event, err := notify.NewEvent(string(h.Event), data)
	if err != nil {
		return fmt.Errorf("write an event: %w", err)
	}
	if data.Message != nil {
		quoted := data.Message.ID
		data.Message = data.Message.bare()
		bare, err := notify.NewEvent(string(h.Event), data)
		if err != nil {
			return fmt.Errorf("write an event: %w", err)
		}
		event.Quote = notify.NewQuote(quoted, bare.Payload())
	}
	for _, hook := range site.Webhooks {
		if !slices.Contains(hook.Events, h.Event) {
			continue
		}
		about := alert{visitor: v, origin: string(h.Event) + ":" + h.Origin}
		if err := d.queueDelivery(ctx, site, about, store.Webhook, hookTarget(hook.Name), event.Payload()); err != nil {
			return err
		}
	}
	return nil
}

func (d *Desk) hookEvent(ctx context.Context, site *config.Site, v store.Visitor, h dialog.Happening) (HookEvent, error) {
	e := HookEvent{EventHead: d.eventHead(site, v), Changed: h.Changed, Tag: h.Tag, Operator: h.Operator, Reason: h.Reason, Again: h.Again}
	if h.Entry != nil {
		e.Message = &HookMessage{Message: api.NewMessage(*h.Entry)}
	}
	if h.Deal != nil {
		deal := api.NewDeal(*h.Deal)
		e.Deal = &deal
	}
	if h.Rating.Of > 0 {
		e.Rating = &api.Rating{Score: h.Rating.Score, Of: h.Rating.Of, Word: h.Word}
	}
	if h.Event != config.ContactUpdated {
		return e, nil
	}
	p, err := d.dialog.Profile(ctx, v.ID)
	// What was said is for webhooks that are told of messages.
	contact := api.NewContact(d.cfg, p, d.dialog.Now()).WithoutMessage()
	e.Contact = &contact
	return e, err
}

// Removed takes the words of an entry out of all that has yet to leave the house.
func (d *Desk) Removed(ctx context.Context, v chat.VisitorID, entry chat.EntryID) error {
	return d.store.MendDeliveries(ctx, v, entry, func(payload string) (string, error) { return notify.Unquoted(payload, entry), nil })
}

// hookOf is the name of the webhook that a delivery was for; empty for alerts.
func hookOf(target string) string {
	name, _ := strings.CutPrefix(target, hookMark)
	if name == target {
		return ""
	}
	return name
}
