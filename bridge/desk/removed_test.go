package desk

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

func (c *crm) breaks(broken bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.broken = broken
}

// replayed mends a receiver, and has sent again what it did not take, once that many have failed.
func replayed(t *testing.T, d *Desk, to *crm, target string, failed int) {
	t.Helper()
	awaits(t, "all are given up", func() bool {
		fares, err := d.store.DeliveriesTo(t.Context(), "shop", target)
		if err != nil {
			t.Fatal(err)
		}
		return fares.Waiting == 0 && fares.Failed == failed
	})
	to.breaks(false)
	if again, err := d.store.ReplayDeliveries(t.Context(), "shop", target, time.Now()); err != nil || again != failed {
		t.Fatalf("%d are sent again (%v)", again, err)
	}
	d.queue.Wake()
}

// What the visitor or an operator has removed is told of without its words, also by hand
// after days; what was not keeps them.
func TestRemovedWordsAreInNoWaitingEvent(t *testing.T) {
	d, site, v, _, messages := hooked(t)
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	awaits(t, "it is told of the first message", func() bool { return len(messages.find("message.created")) == 1 })
	messages.breaks(true)
	in, err := d.dialog.Enter(ctx, site.ID, strings.Repeat("s", 43), store.Device{Language: "en"})
	must(err)
	secret, err := d.dialog.Say(ctx, in, dialog.Message{Client: "client-0000000002", Text: "My card is 4111"})
	must(err)
	kept, err := d.dialog.Say(ctx, in, dialog.Message{Client: "client-0000000003", Text: "No, by invoice"})
	must(err)
	author := chat.Author{Party: chat.Operator, ID: "@ann:example.org", Name: "Ann"}
	nothing := func(context.Context, chat.Entry) error { return nil }
	mistake, err := d.dialog.Hear(ctx, dialog.Heard{Visitor: v, Kind: chat.Message, Author: author, Origin: "1", Content: chat.Content{
		File: &chat.File{ID: "file", Name: "salaries.pdf", Type: "application/pdf", Size: 5},
	}}, nothing)
	must(err)
	_, err = d.dialog.Redact(ctx, in, "client-0000000004", secret.ID)
	must(err)
	_, err = d.dialog.Hear(ctx, dialog.Heard{Visitor: v, Kind: chat.Redaction, Author: author, Origin: "2", Target: mistake.ID}, nothing)
	must(err)
	replayed(t, d, messages, hookTarget("chat"), 3)
	awaits(t, "all are told", func() bool { return len(messages.find("message.created")) == 4 })
	told := map[string]string{}
	for _, m := range messages.find("message.created") {
		text, err := json.Marshal(m.Data)
		must(err)
		if message, ok := m.Data["message"].(map[string]any); ok {
			told[message["id"].(string)] = string(text)
		}
	}
	for _, removed := range []chat.Entry{secret, mistake} {
		text := told[string(removed.ID)]
		holds(t, "removed", text, `"removed":true`, `"text":""`, `"file":null`, `"party":"`+string(removed.Author.Party)+`"`, `"number":1`)
		if strings.Contains(text, "4111") || strings.Contains(text, "salaries") {
			t.Errorf("what was removed is told: %s", text)
		}
	}
	if text := told[string(kept.ID)]; !strings.Contains(text, "No, by invoice") || strings.Contains(text, "removed") {
		t.Errorf("what was kept is told as %s", text)
	}
}

// An alert that has yet to leave the house goes without the words that it was about.
func TestRemovedWordsAreInNoWaitingAlert(t *testing.T) {
	alerts := &crm{broken: true}
	server := httptest.NewServer(alerts)
	t.Cleanup(server.Close)
	d, site, v, _, _ := hooked(t, func(site *config.Site) {
		site.Alerts.Webhook, site.Alerts.Emails = config.Webhook{URL: server.URL, Secret: hookSecret}, []string{"ann@example.org"}
	})
	// Without a mail server mails wait; a second look finds them due again.
	mail := func(look int) string {
		t.Helper()
		taken, err := d.store.TakeDeliveries(t.Context(), store.Mail, time.Now().Add(time.Duration(look)*time.Hour), time.Minute, 9, nil)
		if err != nil || len(taken) != 1 {
			t.Fatalf("%d mails wait (%v)", len(taken), err)
		}
		return taken[0].Payload
	}
	if before := mail(1); !strings.Contains(before, "Hello") {
		t.Fatalf("the mail is %s", before)
	}
	in, err := d.dialog.Enter(t.Context(), site.ID, strings.Repeat("s", 43), store.Device{Language: "en"})
	if err != nil {
		t.Fatal(err)
	}
	first, err := d.store.EntryAt(t.Context(), v, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.dialog.Redact(t.Context(), in, "client-0000000002", first.ID); err != nil {
		t.Fatal(err)
	}
	after := mail(2)
	holds(t, "the mail", after, `"subject":"Shop: `, "wrote for the first time")
	if strings.Contains(after, "Hello") {
		t.Errorf("the mail is still %s", after)
	}
	replayed(t, d, alerts, webhookTarget, 1)
	awaits(t, "the alert is told", func() bool { return len(alerts.find("dialog.opened")) == 1 })
	told := alerts.find("dialog.opened")[0].Data
	if _, has := told["text"]; has || told["removed"] != true || told["visitor"] == nil {
		t.Errorf("told is %v", told)
	}
}
