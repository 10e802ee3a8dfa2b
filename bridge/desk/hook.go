package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
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
	Message *HookMessage `json:"message,omitempty"`
	Contact *HookContact `json:"contact,omitempty"`
	// Changed are the parts of the contact that are different now.
	Changed []string  `json:"changed,omitempty"`
	Deal    *HookDeal `json:"deal,omitempty"`
	Tag     string    `json:"tag,omitempty"`
	// Operator is who was given the dialog, absent for nobody.
	Operator id.UserID   `json:"operator,omitempty"`
	Rating   *HookRating `json:"rating,omitempty"`
	Reason   string      `json:"reason,omitempty"`
	// Again is true for a dialog that was open before.
	Again bool `json:"again,omitempty"`
}

// HookMessage is what was said.
type HookMessage struct {
	Seq    int64        `json:"seq"`
	ID     chat.EntryID `json:"id"`
	At     time.Time    `json:"at"`
	Party  chat.Party   `json:"party"`
	Author string       `json:"author,omitempty"`
	Text   string       `json:"text"`
	// File is the name of the file that came with it.
	File string `json:"file,omitempty"`
}

// HookContact is how a visitor is called and reached.
type HookContact struct {
	Name      string            `json:"name"`
	Email     string            `json:"email"`
	Phone     string            `json:"phone"`
	Company   string            `json:"company"`
	Note      string            `json:"note"`
	Tags      []string          `json:"tags"`
	Variables map[string]string `json:"variables"`
}

// HookDeal is a deal as it is now.
type HookDeal struct {
	Number int64  `json:"number"`
	Title  string `json:"title"`
	// Amount is a decimal number of the currency; both are absent when nobody named one.
	Amount   string           `json:"amount,omitempty"`
	Currency string           `json:"currency,omitempty"`
	Pipeline string           `json:"pipeline"`
	Stage    string           `json:"stage"`
	Status   store.DealStatus `json:"status"`
}

// HookRating is how a visitor rated the dialog, out of how much.
type HookRating struct {
	Score int64 `json:"score"`
	Of    int64 `json:"of"`
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
	if said := h.Entry; said != nil {
		e.Message = &HookMessage{
			Seq: said.Seq, ID: said.ID, At: said.At.UTC(), Party: said.Author.Party, Author: said.Author.ID, Text: said.Content.Text,
		}
		if f := said.Content.File; f != nil {
			e.Message.File = f.Name
		}
	}
	if x := h.Deal; x != nil {
		e.Deal = &HookDeal{Number: x.Number, Title: x.Title, Currency: x.Amount.Currency, Pipeline: x.Pipeline, Stage: x.Stage, Status: x.Status}
		if !x.Amount.IsZero() {
			e.Deal.Amount = x.Amount.Decimal()
		}
	}
	if h.Rating.Of > 0 {
		e.Rating = &HookRating{h.Rating.Score, h.Rating.Of}
	}
	if h.Event != config.ContactUpdated {
		return e, nil
	}
	p, err := d.dialog.Profile(ctx, v.ID)
	e.Contact = &HookContact{
		Name: p.Visitor.Name, Note: p.Visitor.Note, Tags: append([]string{}, p.Tags...), Variables: map[string]string{},
		Email: p.Contact(dialog.ContactEmail), Phone: p.Contact(dialog.ContactPhone), Company: p.Contact(dialog.ContactCompany),
	}
	for _, x := range p.Variables {
		e.Contact.Variables[x.Name] = x.Value
	}
	return e, err
}

// hookOf is the name of the webhook that a delivery was for; empty for alerts.
func hookOf(target string) string {
	name, _ := strings.CutPrefix(target, hookMark)
	if name == target {
		return ""
	}
	return name
}
