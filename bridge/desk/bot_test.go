package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// noticesOf are what was said in the desk's room.
func noticesOf(t *testing.T, d *Desk, site *config.Site) (texts []string) {
	t.Helper()
	room, err := d.dialog.DeskOf(t.Context(), site.ID)
	if err != nil {
		t.Fatal(err)
	}
	all, err := d.store.AllEntriesAfter(t.Context(), room.ID, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		texts = append(texts, e.Content.Text+" "+strings.Join(e.Content.Mentions, ","))
	}
	return texts
}

// taken are the kinds of what waits to leave the house, and what the webhook is told.
func taken(t *testing.T, d *Desk) (kinds []store.DeliveryKind, payloads []string) {
	t.Helper()
	for _, kind := range []store.DeliveryKind{store.Mail, store.Webhook} {
		for { // one for each receiver at a time
			all, err := d.store.TakeDeliveries(t.Context(), kind, time.Now(), time.Minute, 10, nil)
			if err != nil {
				t.Fatal(err)
			}
			if len(all) == 0 {
				break
			}
			for _, delivery := range all {
				kinds, payloads = append(kinds, kind), append(payloads, delivery.Payload)
			}
		}
	}
	return kinds, payloads
}

// The bot's calls go the ways that the chain names, or all that the site has.
func TestTheBotCallsByTheWaysThatItNames(t *testing.T) {
	d, site, _ := startDesk(t)
	site.Alerts.Emails = []string{"ann@example.org"}
	site.Alerts.Webhook.URL = "https://crm.example.org/hook"
	in, err := d.dialog.Enter(t.Context(), site.ID, strings.Repeat("s", 43), store.Device{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.dialog.Say(t.Context(), in, dialog.Message{Client: "client-1", Text: "Hi"}); err != nil {
		t.Fatal(err)
	}
	v, err := d.store.Visitor(t.Context(), in.Visitor)
	if err != nil {
		t.Fatal(err)
	}
	taken(t, d) // the webhook was told that somebody wrote
	for _, c := range []struct {
		ways  []string
		rings bool
		sent  []store.DeliveryKind
	}{
		{nil, true, []store.DeliveryKind{store.Mail, store.Webhook}},
		{[]string{"mention"}, true, nil},
		{[]string{"email"}, false, []store.DeliveryKind{store.Mail}},
		{[]string{"webhook", "mention"}, true, []store.DeliveryKind{store.Webhook}},
	} {
		before := len(noticesOf(t, d, site))
		call := dialog.Call{Origin: "bot:" + strings.Join(c.ways, "+"), Text: "wants <b>you</b> @room", Said: "help", By: c.ways}
		for range 2 { // the same call comes once
			if err := d.store.Write(t.Context(), func(ctx context.Context) error { return d.HandedOff(ctx, site, v, call) }); err != nil {
				t.Fatal(err)
			}
		}
		said := noticesOf(t, d, site)[before:]
		if len(said) != 1 || strings.HasSuffix(said[0], " @ann:example.org") != c.rings || !strings.Contains(said[0], "wants <b>you</b> @room") {
			t.Errorf("%v: the desk's room was told %q", c.ways, said)
		}
		if kinds, _ := taken(t, d); !slices.Equal(kinds, c.sent) {
			t.Errorf("%v: sent by %v", c.ways, kinds)
		}
	}
	if err := d.Emitted(t.Context(), site, v, "bot:1", "order", map[string]any{"tea": "Green"}); err != nil {
		t.Fatal(err)
	}
	_, payloads := taken(t, d)
	var event struct {
		Type string
		Data BotEvent
	}
	if len(payloads) != 1 || json.Unmarshal([]byte(payloads[0]), &event) != nil || event.Type != "bot.event" ||
		event.Data.Name != "order" || event.Data.Data["tea"] != "Green" || event.Data.Visitor.ID != v.ID || event.Data.Site != "shop" {
		t.Errorf("the webhook is told %s", payloads)
	}
}

// Of a visitor who never wrote there is neither a room nor a number to tell.
func TestTheBotCallsToWhoNeverWrote(t *testing.T) {
	d, site, _ := startDesk(t)
	site.Alerts.Emails, site.Alerts.Webhook.URL = []string{"ann@example.org"}, "https://crm.example.org/hook"
	in, err := d.dialog.Enter(t.Context(), site.ID, strings.Repeat("s", 43), store.Device{})
	if err != nil {
		t.Fatal(err)
	}
	v, err := d.store.Visitor(t.Context(), in.Visitor)
	if err != nil {
		t.Fatal(err)
	}
	before := len(noticesOf(t, d, site))
	if err := d.store.Write(t.Context(), func(ctx context.Context) error {
		return d.Alerted(ctx, site, v, dialog.Call{Origin: "bot:1", Text: "Reads prices"})
	}); err != nil {
		t.Fatal(err)
	}
	said := noticesOf(t, d, site)[before:]
	_, payloads := taken(t, d)
	if len(said) != 1 || !strings.Contains(said[0], "Reads prices") || len(payloads) != 2 {
		t.Fatalf("the desk's room was told %q, others %q", said, payloads)
	}
	for _, text := range append(payloads, said...) {
		if strings.Contains(text, "matrix.to") || strings.Contains(text, "#0") || strings.Contains(text, "[]") {
			t.Errorf("it is told: %s", text)
		}
	}
}

// How far visitors come in chains is added up by chain, and listed by step.
func TestChainsAreCounted(t *testing.T) {
	d, site, _ := startDesk(t)
	ask := func(text string) string {
		t.Helper()
		said, err := d.stats(t.Context(), call{Command: dialog.Command{Site: site}, argument: text})
		if err != nil {
			t.Fatal(err)
		}
		return said.Plain
	}
	if got := ask("chain"); !strings.HasPrefix(got, "Nothing was counted") {
		t.Error(got)
	}
	today := time.Now().UTC()
	for _, n := range []struct {
		day time.Time
		c   store.StepCount
	}{
		{today, store.StepCount{Chain: "order", Step: "1", Entered: 7}},
		{today, store.StepCount{Chain: "order", Step: "2", Entered: 5, Answered: 3, Abandoned: 2}},
		{today.AddDate(0, 0, -1), store.StepCount{Chain: "order", Step: "2", Entered: 1, Answered: 1}},
		{today.AddDate(0, 0, -60), store.StepCount{Chain: "order", Step: "2", Entered: 100}},
		{today, store.StepCount{Chain: "hours", Step: "1", Entered: 2}},
	} {
		if err := d.store.CountStep(t.Context(), site.ID, n.day.Format(time.DateOnly), n.c); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := ask("chain"), "last 30 days: reached, answered, left\n- hours: 2, 0, 0\n- order: 7, 4, 2"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := ask("CHAIN order"), "Chain “order”, last 30 days: reached, answered, left\n- 1: 7, 0, 0\n- 2: 6, 4, 2"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Who is called because an assistant has no answer reads that in the site's language,
// and a reason that is a sentence of its own has one full stop.
func TestOperatorsReadWhyTheyAreCalled(t *testing.T) {
	d, site, _ := startDesk(t)
	in, err := d.dialog.Enter(t.Context(), site.ID, strings.Repeat("s", 43), store.Device{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.dialog.Say(t.Context(), in, dialog.Message{Client: "client-1", Text: "Hi"}); err != nil {
		t.Fatal(err)
	}
	v, err := d.store.Visitor(t.Context(), in.Visitor)
	if err != nil {
		t.Fatal(err)
	}
	one, two := map[string]*config.Assistant{"assistant": {}}, map[string]*config.Assistant{"sales": {}, "help": {}}
	for i, c := range []struct {
		language   config.Language
		assistants map[string]*config.Assistant
		call       dialog.Call
		want       string
	}{
		{config.English, one, dialog.Call{Failed: dialog.FailedEndpoint, Assistant: "assistant"}, "needs a person: the assistant could not answer.\n"},
		{config.Russian, one, dialog.Call{Failed: dialog.FailedEndpoint, Assistant: "assistant"}, "нужен человек: помощник не смог ответить.\n"},
		{config.Russian, two, dialog.Call{Failed: dialog.FailedRefused, Assistant: "sales"}, "нужен человек: помощник «sales» отказался отвечать.\n"},
		{config.Russian, two, dialog.Call{Failed: dialog.FailedUnknown, Assistant: "sales"}, "нужен человек: помощник «sales» не знает ответа.\n"},
		{config.English, two, dialog.Call{Failed: dialog.FailedLimit, Assistant: "help"}, "needs a person: the assistant help has answered as much as its limits allow for today.\n"},
		{config.English, one, dialog.Call{Text: "Wants a refund."}, "needs a person: Wants a refund.\n"},
		{config.English, one, dialog.Call{Text: "wants a refund"}, "needs a person: wants a refund.\n"},
		{config.English, one, dialog.Call{Text: "Is the order lost?"}, "needs a person: Is the order lost?\n"},
		{config.English, one, dialog.Call{Text: "Wants to …"}, "needs a person: Wants to …\n"},
		{config.English, one, dialog.Call{}, "needs a person.\n"},
	} {
		site.Language, site.Assistants = c.language, c.assistants
		c.call.Origin, c.call.Said = fmt.Sprint("bot:", i), "Hello"
		if err := d.store.Write(t.Context(), func(ctx context.Context) error { return d.HandedOff(ctx, site, v, c.call) }); err != nil {
			t.Fatal(err)
		}
		all := noticesOf(t, d, site)
		if got := all[len(all)-1]; !strings.Contains(got, c.want) {
			t.Errorf("operators read %q, not %q", got, c.want)
		}
	}
	for i, c := range []struct {
		language   config.Language
		assistants map[string]*config.Assistant
		want       string
	}{
		{config.English, one, "The assistant answers again."},
		{config.English, two, "The assistant sales answers again."},
		{config.Russian, one, "Помощник снова отвечает."},
		{config.Russian, two, "Помощник sales снова отвечает."},
	} {
		site.Language, site.Assistants = c.language, c.assistants
		fault := dialog.AssistantFault{Origin: fmt.Sprint("works:", i), Assistant: "sales", Works: true}
		if err := d.store.Write(t.Context(), func(ctx context.Context) error { return d.AssistantFails(ctx, site, fault) }); err != nil {
			t.Fatal(err)
		}
		all := noticesOf(t, d, site)
		if got := strings.TrimSpace(all[len(all)-1]); got != c.want {
			t.Errorf("operators read %q, not %q", got, c.want)
		}
	}
}

// What is wrong with an endpoint is said in the site's language; the rest of it is for
// who looks closer.
func TestOperatorsReadWhatIsWrongWithAnEndpoint(t *testing.T) {
	d, site, _ := startDesk(t)
	site.Language = config.Russian
	for i, c := range []struct {
		fault dialog.AssistantFault
		want  string
	}{
		{dialog.AssistantFault{Code: "gpt_key", Why: "endpoints[0] (m): it does not accept the key (401)."}, "Помощник sales не может ответить: сервер не принимает ключ. Посетители"},
		{dialog.AssistantFault{Code: "gpt_slow", Answers: true}, "не отвечает: ответ не пришёл вовремя. Вместо него"},
		{dialog.AssistantFault{}, "Помощник sales не может ответить. Посетители"},
	} {
		c.fault.Origin, c.fault.Assistant = fmt.Sprint("fault:", i), "sales"
		if err := d.store.Write(t.Context(), func(ctx context.Context) error { return d.AssistantFails(ctx, site, c.fault) }); err != nil {
			t.Fatal(err)
		}
		all := noticesOf(t, d, site)
		if got := all[len(all)-1]; !strings.Contains(got, c.want) || !strings.Contains(got, c.fault.Why) || strings.Contains(got, "..") {
			t.Errorf("operators read %q, not %q", got, c.want)
		}
	}
	for _, code := range []string{
		"gpt_unreachable", "gpt_slow", "gpt_cut", "gpt_malformed", "gpt_empty", "gpt_key", "gpt_model", "gpt_context",
		"gpt_busy", "gpt_quota", "gpt_status", "gpt_tool_loop",
	} {
		if d.word(site, causeOf(code)) == "" {
			t.Errorf("%s has no words", code)
		}
	}
}
