package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// The keys of an export are a promise: README.md tells them.
func TestAnExportHasThePromisedKeys(t *testing.T) {
	at := time.Date(2026, 11, 26, 12, 5, 0, 0, time.UTC)
	head := exportedVisitor{
		Format: exportFormat, Version: exportVersion, ExportedAt: at, Site: "shop",
		Visitor: exportedProfile{
			ID: "abcdefgh234567ab", Number: 12, Name: "Ann <b>", NamedBy: store.NamedByOperator, Note: "Calls back on Monday", Subject: "user 4711", Before: []int64{9, 3}, After: []int64{14}, CreatedAt: at, SeenAt: at, Language: "de-DE",
			TimeZone: "Europe/Berlin", UserAgent: "Mozilla/5.0", System: "Chrome 156", Place: "Berlin", Country: "Germany", CountryCode: "DE",
			FirstPage: "https://shop.example/", Referrer: "https://search.example/", LastPage: "https://shop.example/tea", LastTitle: "Tea",
		},
		Dialog: exportedDialog{Status: store.StatusClosed, OpenedAt: utc(at), ClosedAt: utc(at), WaitingSince: utc(at), Assignee: "@anna:example.org", Blocked: true, BotOffSince: utc(at), BotOffUntil: utc(at), BotOffBy: "@anna:example.org", Rating: scoreOf(store.Rating{Score: 4, Of: 5}), RatingOf: 5, Ratings: []exportedRating{{at, 4, 5, utc(at), "Quick and kind"}}, Mails: dialog.MailsOn, MailsTo: "ann@example.org", Mailed: []exportedMail{{at, dialog.MailUnread, "ann@example.org", store.DeliveryDone}}, Forms: []exportedForm{{at, "start", []store.FormAnswer{{Name: "topic", Value: "An order"}}}}, Openings: []exportedOpening{{at, at, utc(at)}}, Bot: json.RawMessage(`{"version":1}`), BotDue: utc(at), BotInputs: []exportedInput{{at, json.RawMessage(`{"kind":"opened"}`)}}, BotRequests: []json.RawMessage{json.RawMessage(`{"id":"r1"}`)}, BotUnmatched: []exportedWords{{at, "Is it vegan?"}}, Read: 1, Delivered: 2, Seen: 3},
		Tags:   []string{"VIP"}, Variables: map[string]string{"plan": "team"}, VariablesBy: map[string]store.NameSource{"plan": store.NamedByPage},
		Deals: []exportedDeal{{
			Number: 3, Title: "Team plan", Amount: "1200.50", Currency: "EUR", Pipeline: "sales", Stage: "offer", Status: store.DealWon, CreatedAt: at, ChangedAt: at, ClosedAt: utc(at),
			History: []exportedChange{{At: at, By: "@anna:example.org", What: store.DealStage, Was: "sales/new", Becomes: "sales/offer"}},
		}},
		Consents: []exportedConsent{{at, "9f86d081", "We keep what you write."}},
		Pages:    []exportedPage{{At: at, URL: "https://shop.example/tea", Title: "Tea"}},
	}
	lines := []any{head}
	for i, e := range []chat.Entry{
		{Kind: chat.Message, Author: chat.Author{Party: chat.Visitor}, Content: chat.Content{Text: "Hello", File: &chat.File{ID: "f", Kind: chat.Attachment, Name: "a.txt", Type: "text/plain", Size: 7}}},
		{Kind: chat.Message, Author: chat.Author{Party: chat.Operator, ID: "@anna:example.org", Name: "Anna"}, Content: chat.Content{Text: "Hi", HTML: "<b>Hi</b>", ReplyTo: "e1"}},
		{Kind: chat.Reaction, Author: chat.Author{Party: chat.Visitor}, Target: "e2", Content: chat.Content{Key: "👍"}},
		{Kind: chat.Message, Author: chat.Author{Party: chat.Visitor}, Redacted: true},
		{Kind: chat.Notice, Author: chat.Author{Party: chat.Bot}, Content: chat.Content{Text: "Only for operators"}},
	} {
		e.Seq, e.ID, e.At = int64(i)+1, chat.EntryID(fmt.Sprintf("e%d", i+1)), at
		lines = append(lines, exportEntry(e))
	}
	text := &strings.Builder{}
	for _, line := range lines {
		data, err := json.MarshalIndent(line, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		text.Write(append(data, '\n'))
	}
	golden(t, "export", markup.Text{Plain: text.String()})
}

// What the bot has yet to do of a visitor's matter is the visitor's too, and what it
// did not understand; also what cannot be read is in the export.
func TestAnExportHasWhatTheBotKeeps(t *testing.T) {
	s, err := store.Open(t.Context(), store.Options{Type: "sqlite3", URI: filepath.Join(t.TempDir(), "anteroom.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	cfg := config.Default()
	cfg.Gateway.DataDir = t.TempDir()
	core, err := dialog.New(cfg, s, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	d := &Desk{store: s, dialog: core}
	at := time.Date(2026, 11, 26, 12, 5, 0, 0, time.UTC)
	v, err := s.EnterVisitor(t.Context(), "shop", "secret", store.Device{}, at)
	if err != nil {
		t.Fatal(err)
	}
	other, err := s.EnterVisitor(t.Context(), "shop", "another", store.Device{}, at)
	if err != nil {
		t.Fatal(err)
	}
	for _, of := range []store.Visitor{v, other} {
		whose := map[bool]string{true: "mine", false: "theirs"}[of.ID == v.ID]
		for _, event := range []string{`{"text":"input of ` + whose + `"}`, "{"} {
			if _, err := s.AddBotInput(t.Context(), of.ID, store.BotInput{Key: event, Event: event, At: at}); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(s.AddBotRequest(t.Context(), store.BotRequest{Visitor: of.ID, ID: "r", Request: `{"url":"request of ` + whose + `"}`}, at),
			s.AddUnmatched(t.Context(), "shop", of.ID, store.Unmatched{Text: "words of " + whose, At: at})); err != nil {
			t.Fatal(err)
		}
	}
	head, err := d.exportHead(t.Context(), v.ID)
	if err != nil {
		t.Fatal(err)
	}
	text := &strings.Builder{}
	if err := d.writeExport(t.Context(), text, head); err != nil || !json.Valid([]byte(text.String())) {
		t.Fatalf("%v: %s", err, text)
	}
	for _, want := range []string{
		`"bot_inputs":[{"at":"2026-11-26T12:05:00Z","event":{"text":"input of mine"}},{"at":"2026-11-26T12:05:00Z","event":"{"}]`,
		`"bot_requests":[{"url":"request of mine"}]`, `"bot_unmatched":[{"at":"2026-11-26T12:05:00Z","text":"words of mine"}]`,
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%s is missing in %s", want, text)
		}
	}
	if strings.Contains(text.String(), "theirs") {
		t.Errorf("another one's: %s", text)
	}
}

// BenchmarkExport reports how long the export of 10,000 entries takes. Nobody
// waits for it but who asked.
func BenchmarkExport(b *testing.B) {
	cfg := config.Default()
	cfg.Gateway.DataDir = b.TempDir()
	s, err := store.Open(b.Context(), store.Options{Type: "sqlite3", URI: filepath.Join(b.TempDir(), "anteroom.db")})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	core, err := dialog.New(cfg, s, zerolog.Nop())
	if err != nil {
		b.Fatal(err)
	}
	d := &Desk{cfg: cfg, store: s, dialog: core}
	v, err := s.EnterVisitor(b.Context(), "shop", "secret", store.Device{}, time.Now())
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Write(b.Context(), func(ctx context.Context) error {
		for i := range 10_000 {
			if _, _, err := s.Append(ctx, store.Draft{
				Visitor: v.ID, Kind: chat.Message, Author: chat.Author{Party: chat.Visitor}, Origin: fmt.Sprint(i), At: time.Now(),
				Content: chat.Content{Text: "Do you have green tea, and how long does it keep?"},
			}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		head, err := d.exportHead(b.Context(), v.ID)
		if err != nil {
			b.Fatal(err)
		}
		if err := d.writeExport(b.Context(), io.Discard, head); err != nil {
			b.Fatal(err)
		}
	}
}
