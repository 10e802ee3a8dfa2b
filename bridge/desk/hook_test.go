package desk

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

const hookSecret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

// crm is a receiver of webhooks. While broken it answers 410, which ends a delivery.
type crm struct {
	mu     sync.Mutex
	broken bool
	told   []toldCRM
}

type toldCRM struct {
	Type string         `json:"type"`
	Data map[string]any `json:"data"`
	id   string
}

func (c *crm) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	verifier, newErr := standardwebhooks.NewWebhook(hookSecret)
	if err != nil || newErr != nil || verifier.Verify(body, r.Header) != nil {
		w.WriteHeader(http.StatusTeapot)
		return
	}
	if c.broken {
		w.WriteHeader(http.StatusGone)
		return
	}
	told := toldCRM{id: r.Header.Get("webhook-id")}
	if json.Unmarshal(body, &told) == nil {
		c.told = append(c.told, told)
	}
}

// types are the kinds of what was told, each once and sorted by nobody.
func (c *crm) find(kind string) (found []toldCRM) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, told := range c.told {
		if told.Type == kind {
			found = append(found, told)
		}
	}
	return found
}

// hooked is a desk with two webhooks: all is told of everything, chat of messages alone.
// change may alter the config before.
func hooked(t *testing.T, change ...func(*config.Site)) (d *Desk, site *config.Site, v chat.VisitorID, all, messages *crm) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Type: "sqlite3", URI: filepath.Join(t.TempDir(), "anteroom.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	cfg := config.Default()
	cfg.Homeserver.Domain, cfg.Gateway.DataDir, cfg.Outward = "example.org", t.TempDir(), []string{"127.0.0.1"}
	site = config.DefaultSite("shop")
	site.Name, site.Operators = "Shop", []id.UserID{"@ann:example.org"}
	all, messages = &crm{}, &crm{}
	for name, to := range map[string]*crm{"all": all, "chat": messages} {
		server := httptest.NewServer(to)
		t.Cleanup(server.Close)
		events := config.HookEvents()
		if name == "chat" {
			events = []config.HookEvent{config.MessageCreated}
		}
		site.Webhooks = append(site.Webhooks, config.Hook{Name: name, Webhook: config.Webhook{URL: server.URL, Secret: hookSecret}, Events: events})
	}
	for _, change := range change {
		change(site)
	}
	cfg.Sites[site.ID] = site
	service, err := dialog.New(cfg, s, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	if d, err = New(cfg, s, service, zerolog.Nop()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	var done sync.WaitGroup
	done.Go(func() { _ = d.Run(t.Context()) })
	t.Cleanup(done.Wait) // the test's context is over by then
	in, err := service.Enter(t.Context(), site.ID, strings.Repeat("s", 43), store.Device{Language: "en"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := service.Say(t.Context(), in, dialog.Message{Client: "client-0000000001", Text: "Hello <b>"}); err != nil {
		t.Fatal(err)
	}
	return d, site, in.Visitor, all, messages
}

// awaits waits until something is so.
func awaits(t *testing.T, what string, so func() bool) {
	t.Helper()
	limit := time.NewTimer(time.Minute)
	defer limit.Stop()
	for !so() {
		select {
		case <-time.After(5 * time.Millisecond):
		case <-limit.C:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

func TestWebhooksAreToldOfWhatTheyWant(t *testing.T) {
	d, site, v, all, messages := hooked(t)
	ctx := t.Context()
	author := chat.Author{Party: chat.Operator, ID: "@ann:example.org", Name: "Ann"}
	title, won := "Team plan", store.DealWon
	visitor, err := d.store.Visitor(ctx, v)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(err)
	must(d.dialog.Reply(ctx, v, author, "1", chat.Content{Text: "We do!"}))
	_, err = d.dialog.SetContact(ctx, site, visitor, dialog.ContactEmail, "ann@example.com")
	must(err)
	_, _, err = d.dialog.Tag(ctx, v, "VIP")
	must(err)
	deal, err := d.dialog.AddDeal(ctx, site, visitor, dialog.DealDraft{Title: &title}, "@ann:example.org")
	must(err)
	_, _, err = d.dialog.ChangeDeal(ctx, site, visitor, deal.Number, dialog.DealDraft{Status: &won}, "@ann:example.org")
	must(err)
	_, err = d.dialog.Assign(ctx, v, "", "@ann:example.org")
	must(err)
	_, err = d.dialog.Close(ctx, v)
	must(err)
	_, err = d.dialog.Reopen(ctx, v)
	must(err)
	for kind, want := range map[config.HookEvent]string{
		config.DialogOpened:   `"again":true`,
		config.DialogClosed:   `"site":"shop"`,
		config.DialogAssigned: `"operator":"@ann:example.org"`,
		config.MessageCreated: `"text":"Hello \u003cb\u003e"`,
		config.ContactUpdated: `"email":"ann@example.com"`,
		config.DealCreated:    `"number":1,"pipeline":"sales","stage":"new","status":"open","title":"Team plan"`,
		config.DealUpdated:    `"status":"won"`,
		config.TagAdded:       `"tag":"VIP"`,
	} {
		awaits(t, string(kind)+" is told with "+want, func() bool {
			for _, told := range all.find(string(kind)) {
				if text, err := json.Marshal(told.Data); err == nil && strings.Contains(string(text), want) && told.id != "" {
					return true
				}
			}
			return false
		})
	}
	for _, told := range all.find("contact.updated") {
		text, err := json.Marshal(told.Data)
		if must(err); !strings.Contains(string(text), `"last_message":null`) {
			t.Errorf("a contact tells what was said: %s", text)
		}
	}
	awaits(t, "the other is told of both messages", func() bool { return len(messages.find("message.created")) == 2 })
	messages.mu.Lock()
	defer messages.mu.Unlock()
	if len(messages.told) != 2 {
		t.Errorf("it is told of %+v", messages.told)
	}
}

// A rating is told with its word; a contact has the word for nobody who is not told of messages.
func TestAWebhookIsToldOfTheRatingsWord(t *testing.T) {
	d, site, v, all, _ := hooked(t)
	in, closed := toRate(t, d, site, v)
	if _, err := d.dialog.Rate(t.Context(), in, "rate-0001", closed, 4, "Quick and kind"); err != nil {
		t.Fatal(err)
	}
	awaits(t, "the rating is told", func() bool { return len(all.find("rating.given")) == 1 })
	told := all.find("rating.given")[0].Data["rating"]
	if rating, ok := told.(map[string]any); !ok || rating["score"] != 4.0 || rating["of"] != 5.0 || rating["word"] != "Quick and kind" {
		t.Errorf("told is %v", told)
	}
	if _, err := d.dialog.Rate(t.Context(), in, "rate-0002", closed, 4, "Quick and very kind"); err != nil {
		t.Fatal(err)
	}
	awaits(t, "the word that came after it is told", func() bool { return len(all.find("rating.given")) == 2 })
	var again []any
	for _, event := range all.find("rating.given") {
		again = append(again, event.Data["again"])
	}
	if !slices.Equal(again, []any{nil, true}) {
		t.Errorf("they are told as in the place of others: %v", again)
	}
	if err := d.dialog.Set(t.Context(), v, "plan", "team"); err != nil {
		t.Fatal(err)
	}
	awaits(t, "the contact is told", func() bool { return len(all.find("contact.updated")) == 1 })
	if contact, err := json.Marshal(all.find("contact.updated")[0].Data["contact"]); err != nil || strings.Contains(string(contact), "Quick") || !strings.Contains(string(contact), `"score":4`) {
		t.Errorf("the contact is %s (%v)", contact, err)
	}
}

// Who is told of what a form has changed is told of the form with it.
func TestAWebhookIsToldOfAForm(t *testing.T) {
	d, site, _, all, _ := hooked(t)
	site.Widget.Forms.Start = &config.Form{Fields: []config.FormField{{Type: config.FieldName}}}
	in, err := d.dialog.Enter(t.Context(), site.ID, strings.Repeat("s", 43), store.Device{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.dialog.Fill(t.Context(), in, "form-0001", "start", map[string]string{"name": "Maria"}); err != nil {
		t.Fatal(err)
	}
	awaits(t, "the contact is told", func() bool { return len(all.find("contact.updated")) == 1 })
	contact, err := json.Marshal(all.find("contact.updated")[0].Data["contact"])
	if err != nil || !strings.Contains(string(contact), `"answers":[{"label":"","name":"name","value":"Maria"}]`) {
		t.Errorf("the contact is %s (%v)", contact, err)
	}
}

// What a webhook does not take is said once a day in the desk's room, and sent once
// more when an operator says so.
func TestWhatAWebhookDidNotTakeIsSentAgainByHand(t *testing.T) {
	d, site, v, all, _ := hooked(t)
	awaits(t, "it is told of the first message", func() bool { return len(all.find("message.created")) == 1 })
	all.mu.Lock()
	all.broken = true
	all.mu.Unlock()
	author := chat.Author{Party: chat.Operator, ID: "@ann:example.org"}
	for _, text := range []string{"one", "two"} {
		if err := d.dialog.Reply(t.Context(), v, author, text, chat.Content{Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	room, err := d.dialog.DeskOf(t.Context(), site.ID)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(text string) string {
		t.Helper()
		c := dialog.Command{Site: site, Visitor: room, Sender: "@ann:example.org", Allowed: true, Text: text, Event: id.EventID(text)}
		answer, err := d.Command(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		return answer.Plain
	}
	awaits(t, "both failed", func() bool {
		return strings.Contains(ask("!webhooks"), "all: 0 on the way, 2 failed in the last week. The last trouble: ")
	})
	said := func() (n int) {
		t.Helper()
		entries, err := d.store.AllEntriesAfter(t.Context(), room.ID, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if strings.Contains(e.Content.Text, "The webhook all does not take what it is told") {
				n++
			}
		}
		return n
	}
	awaits(t, "it is said", func() bool { return said() > 0 })
	holds(t, "replay", ask("!webhooks replay none"), "no webhook “none”", "all")
	all.mu.Lock()
	all.broken = false
	all.mu.Unlock()
	holds(t, "replay", ask("!webhooks replay all"), "To all go once more: 2.")
	awaits(t, "both are told after all", func() bool { return len(all.find("message.created")) == 3 })
	holds(t, "replay", ask("!webhooks replay all"), "once more: 0.")
	if n := said(); n != 1 {
		t.Errorf("it is said %d times", n)
	}
}

// What is left for a webhook that was taken out of the config is said to be lost, without
// the advice to send it once more, which cannot be followed.
func TestAWebhookThatIsNoMoreIsNotToBeReplayed(t *testing.T) {
	d, site, _, _, _ := hooked(t)
	room, err := d.dialog.DeskOf(t.Context(), site.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, origin := range []string{"one", "two"} {
		if _, err := d.store.QueueDelivery(t.Context(), store.Delivery{
			Site: site.ID, Kind: store.Webhook, Target: hookTarget("old"), Origin: origin, Payload: `{"type":"dialog.opened","data":{}}`,
		}, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	d.queue.Wake()
	awaits(t, "both are given up", func() bool {
		fares, err := d.store.DeliveriesTo(t.Context(), site.ID, hookTarget("old"))
		if err != nil {
			t.Fatal(err)
		}
		return fares.Failed == 2
	})
	said := func() (texts []string) {
		entries, err := d.store.AllEntriesAfter(t.Context(), room.ID, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if strings.Contains(e.Content.Text, "webhook") {
				texts = append(texts, e.Content.Text)
			}
		}
		return texts
	}
	awaits(t, "it is said", func() bool { return len(said()) > 0 })
	if texts := said(); len(texts) != 1 || strings.Contains(texts[0], "replay") || !strings.Contains(texts[0], "The config names the webhook old no longer") {
		t.Errorf("it is said %q", texts)
	}
}

// An erased visitor is in nothing that webhooks have yet to be told of whom it became.
func TestAnErasedVisitorIsInNoWaitingEvent(t *testing.T) {
	d, site, v, all, _ := hooked(t)
	ctx := t.Context()
	if _, err := d.dialog.Rename(ctx, v, "Ann Quokka", store.NamedByOperator); err != nil {
		t.Fatal(err)
	}
	pass, err := d.dialog.Identify(ctx, site.ID, strings.Repeat("s", 43), dialog.Person{Subject: "user-1", Name: "Ann"})
	if err != nil {
		t.Fatal(err)
	}
	user, err := d.dialog.Enter(ctx, site.ID, pass.Secret, store.Device{Language: "en"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.dialog.Say(ctx, user, dialog.Message{Client: "client-0000000002", Text: "Hello"}); err != nil {
		t.Fatal(err)
	}
	target := hookTarget("all")
	fares := func() store.Fares {
		f, err := d.store.DeliveriesTo(ctx, site.ID, target)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	awaits(t, "all is told so far", func() bool { return fares().Waiting == 0 })
	all.mu.Lock()
	all.broken = true
	all.mu.Unlock()
	if err := d.dialog.Set(ctx, user.Visitor, "plan", "team <&> 12345678901234567890"); err != nil {
		t.Fatal(err)
	}
	awaits(t, "the event is given up", func() bool { return fares() == store.Fares{Failed: 1, Cause: fares().Cause} })
	if err := d.dialog.Erase(ctx, v, "@ann:example.org", func(context.Context, store.Visitor) error { return nil }); err != nil {
		t.Fatal(err)
	}
	all.mu.Lock()
	all.broken, all.told = false, nil
	all.mu.Unlock()
	if again, err := d.store.ReplayDeliveries(ctx, site.ID, target, time.Now()); err != nil || again != 1 {
		t.Fatalf("%d are tried again, %v", again, err)
	}
	awaits(t, "the event comes", func() bool { return len(all.find("contact.updated")) == 1 })
	told, err := json.Marshal(all.find("contact.updated")[0].Data)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(told), "Quokka") || strings.Contains(string(told), string(v)) {
		t.Errorf("the erased one stands in %s", told)
	}
	if !strings.Contains(string(told), `"plan":"team \u003c\u0026\u003e 12345678901234567890"`) || !strings.Contains(string(told), `"before":[]`) {
		t.Errorf("the other is told of as %s", told)
	}
}
