package notify

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify/mail"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify/webhook"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Letter is what a mail's payload holds. Who gets it is the delivery's target,
// one address each, so that a refused one keeps nothing from the others.
type Letter struct {
	Subject string `json:"subject"`
	Text    string `json:"text"`
	HTML    string `json:"html,omitempty"`
	ReplyTo string `json:"reply_to,omitempty"`
	// Sender and Unsubscribe are those of mail.Message.
	Sender      string `json:"sender,omitempty"`
	Unsubscribe string `json:"unsubscribe,omitempty"`
	Quote
}

// Payload encodes the letter for a delivery.
func (l Letter) Payload() string { return encode(l) }

// Event is what a webhook's payload holds.
type Event struct {
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
	Quote
}

// NewEvent makes an event of a type whose data are anything that JSON can say.
func NewEvent(kind string, data any) (Event, error) {
	encoded, err := json.Marshal(data)
	return Event{Type: kind, Data: encoded}, err
}

// Payload encodes the event for a delivery.
func (e Event) Payload() string { return encode(e) }

func encode(v any) string {
	encoded, err := json.Marshal(v)
	if err != nil {
		return "" // strings and JSON only: the sender says that it is unreadable
	}
	return string(encoded)
}

// hopeless is an error that trying again cannot mend.
type hopeless struct{ text string }

func (h hopeless) Error() string { return h.text }

// Permanent is always true.
func (hopeless) Permanent() bool { return true }

// Mails sends deliveries of the kind store.Mail.
type Mails struct {
	Mailer *mail.Mailer
	// Compose writes a letter whose payload only says what it is about, when it is sent.
	// It returns false if the payload is a letter itself, and nil if there is nothing to
	// say any more.
	Compose func(ctx context.Context, d store.Delivery) (letter *Letter, ours bool, err error)
}

// Send sends the letter to the delivery's target.
func (m Mails) Send(ctx context.Context, d store.Delivery) error {
	letter, err := m.read(ctx, d)
	if err != nil {
		return err
	}
	if letter == nil {
		return ErrNeedless
	}
	if err := m.Mailer.Send(ctx, mail.Message{
		ID: string(d.ID), To: []string{d.Target}, Subject: letter.Subject, Text: letter.Text, HTML: letter.HTML,
		ReplyTo: letter.ReplyTo, Sender: letter.Sender, Unsubscribe: letter.Unsubscribe, List: string(d.Site), Date: d.Created,
	}); err != nil {
		return err
	}
	killpoint.Reach(killpoint.AfterMailSent)
	return nil
}

func (m Mails) read(ctx context.Context, d store.Delivery) (*Letter, error) {
	if m.Compose != nil {
		if letter, ours, err := m.Compose(ctx, d); err != nil || ours {
			return letter, err
		}
	}
	letter := new(Letter)
	if err := json.Unmarshal([]byte(d.Payload), letter); err != nil {
		return nil, hopeless{fmt.Sprintf("the payload is no letter: %v", err)}
	}
	return letter, nil
}

// Webhooks sends deliveries of the kind store.Webhook.
type Webhooks struct {
	Sender *webhook.Sender
	// Endpoint finds where a delivery's target is and what signs for it; false
	// when the config names it no longer.
	Endpoint func(site chat.SiteID, target string) (webhook.Endpoint, bool)
}

// Send posts the event to the delivery's target.
func (w Webhooks) Send(ctx context.Context, d store.Delivery) error {
	endpoint, ok := w.Endpoint(d.Site, d.Target)
	if !ok {
		return hopeless{"the config names this webhook no longer"}
	}
	var event Event
	if err := json.Unmarshal([]byte(d.Payload), &event); err != nil {
		return hopeless{fmt.Sprintf("the payload is no event: %v", err)}
	}
	return w.Sender.Send(ctx, endpoint, webhook.Event{ID: string(d.ID), Type: event.Type, At: d.Created, Data: event.Data})
}
