package dialog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// greeting answers a first message, and greets who is on the page /prices.
const greeting = `
on:
  - first_message
  - page: { url: "/prices*" }
  - event: cart
steps:
  - say: "Hello {{ name ?? \"you\" }}!"
    buttons:
      - { text: One, goto: one }
      - { text: Docs, url: "https://example.com/" }
  - label: one
  - say: "One it is."
`

// newBot is a core whose site has these chains, by their names. Turns are taken
// when the test says so.
func newBot(t testing.TB, chains map[string]string) *core {
	t.Helper()
	dir := t.TempDir()
	cfg := config.Default()
	cfg.Gateway.DataDir = filepath.Join(dir, "files")
	site := config.DefaultSite("shop")
	site.Bot.Enabled, site.Bot.Chains = true, filepath.Join(dir, "chains")
	site.Bot.Secrets["token"], site.Bot.AllowPrivate = "hush", []string{"127.0.0.1"}
	site.Operators = append(site.Operators, "@anna:example.org")
	cfg.Sites["shop"] = site
	must(t, os.Mkdir(site.Bot.Chains, 0o700))
	for name, text := range chains {
		must(t, os.WriteFile(filepath.Join(site.Bot.Chains, name+".yaml"), []byte(text), 0o600))
	}
	s, err := store.Open(t.Context(), store.Options{Type: "sqlite3", URI: filepath.Join(dir, "anteroom.db"), Log: zerolog.Nop()})
	must(t, err)
	t.Cleanup(func() { _ = s.Close() })
	service, err := New(cfg, s, zerolog.Nop())
	must(t, err)
	must(t, service.LoadChains(t.Context()))
	if service.bot.chains.of("shop") == nil {
		t.Fatal("the chains have faults")
	}
	in, err := service.Enter(t.Context(), "shop", strings.Repeat("s", 43), store.Device{})
	must(t, err)
	return &core{service, in, s}
}

// hear lets the bot hear all that waits for it.
func (c *core) hear(t *testing.T) {
	t.Helper()
	for {
		more, pause, err := c.takeTurn(t.Context(), c.in.Visitor, &turning{})
		must(t, err)
		if pause > 0 {
			t.Fatalf("the bot waits for %s", pause)
		}
		if !more {
			return
		}
	}
}

func (c *core) says(t *testing.T, client chat.ClientID, text string) chat.Entry {
	t.Helper()
	e, err := c.Say(t.Context(), c.in, Message{Client: client, Text: text})
	must(t, err)
	return e
}

// told are the bot's messages to the visitor.
func (c *core) told(t *testing.T) (told []chat.Entry) {
	t.Helper()
	all, err := c.After(t.Context(), c.in.Visitor, 0, 1000)
	must(t, err)
	return slices.DeleteFunc(all, func(e chat.Entry) bool { return e.Author.Party != chat.Bot })
}

func (c *core) hears(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	for _, e := range c.told(t) {
		got = append(got, e.Content.Text)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("the visitor was told %q, not %q", got, want)
	}
}

func (c *core) answers(t *testing.T, event string) {
	t.Helper()
	_, err := c.Hear(t.Context(), Heard{
		Visitor: c.in.Visitor, Kind: chat.Message, Author: chat.Author{Party: chat.Operator, ID: "@anna:example.org"},
		Content: chat.Content{Text: "I am here"}, Origin: event,
	}, func(context.Context, chat.Entry) error { return nil })
	must(t, err)
}

// begun is a turn that was computed, and is about to be kept.
func (c *core) begun(t *testing.T) *turn {
	t.Helper()
	next, err := c.nextTurn(t.Context(), c.in.Visitor)
	must(t, err)
	if next == nil {
		t.Fatal("the bot has nothing to hear")
	}
	return next
}

// An operator's word that comes after the bot's turn was computed, and before it
// is kept, is the first: the turn is computed again, and says nothing.
func TestInvariant10AnOperatorsFirstWordWins(t *testing.T) {
	c := newBot(t, map[string]string{"greeting": greeting})
	c.says(t, "client-1", "Hi")
	late := c.begun(t)
	if !late.says() {
		t.Fatal("the bot would say nothing anyway")
	}
	c.answers(t, "$1")
	if err := c.commit(t.Context(), late); !errors.Is(err, errStale) {
		t.Fatalf("the turn was kept: %v", err)
	}
	c.hear(t)
	c.hears(t)
	// Nor are two turns kept that began at one place.
	must(t, c.LetBotSpeak(t.Context(), c.in.Visitor))
	c.says(t, "client-2", "Hi again")
	first, second := c.begun(t), c.begun(t)
	must(t, c.commit(t.Context(), first))
	if err := c.commit(t.Context(), second); !errors.Is(err, errStale) {
		t.Fatalf("both turns were kept: %v", err)
	}
}

// Before the visitor has acted there is no room: what the bot says is on its way
// to none until then, and goes in first.
func TestInvariant23TheBotMakesNoRoom(t *testing.T) {
	c := newBot(t, map[string]string{"greeting": greeting})
	triggers, opened := c.PageTriggers("shop")
	if len(triggers) != 1 || opened {
		t.Fatalf("triggers %+v, opened %t", triggers, opened)
	}
	for _, again := range []string{"at once", "after it was heard"} {
		must(t, c.Visited(t.Context(), c.in, "client-1", triggers[0].Key))
		must(t, c.Visited(t.Context(), c.in, "client-9", "no such trigger"))
		c.hear(t)
		if n := len(c.told(t)); n != 1 {
			t.Fatalf("repeated %s: the bot greets %d times", again, n)
		}
	}
	if waiting, err := c.store.DialogsWithUnsent(t.Context()); err != nil || len(waiting) > 0 {
		t.Fatalf("on its way to a room: %v, %v", waiting, err)
	}
	c.says(t, "client-2", "Hi")
	unsent, err := c.store.Unsent(t.Context(), c.in.Visitor, 10)
	must(t, err)
	if len(unsent) != 2 || unsent[0].Author.Party != chat.Bot || unsent[1].Author.Party != chat.Visitor {
		t.Errorf("on its way to the room: %+v", unsent)
	}
}

// A press has the words of the button, whatever the widget says, and the same
// press once more is the same message.
func TestAPressIsWhatWasOffered(t *testing.T) {
	c := newBot(t, map[string]string{"greeting": greeting})
	c.says(t, "client-1", "Hi")
	c.hear(t)
	c.hears(t, "Hello you!")
	offer := c.told(t)[0].ID
	press := func(client chat.ClientID, button int) (chat.Entry, error) {
		return c.Say(t.Context(), c.in, Message{Client: client, Text: "something else", Answer: &chat.Answer{Entry: offer, Button: &button}})
	}
	for _, none := range []int{-1, 1, 2} { // 1 is a link
		if e, err := press("client-x", none); !errors.Is(err, &chat.Error{Code: chat.CodeUnknownTarget}) {
			t.Errorf("button %d: %+v, %v", none, e, err)
		}
	}
	first, err := press("client-2", 0)
	must(t, err)
	if first.Content.Text != "One" {
		t.Errorf("the press says %q", first.Content.Text)
	}
	if same, err := press("client-3", 0); err != nil || same.ID != first.ID {
		t.Errorf("the same press is %+v, %v", same, err)
	}
	c.hear(t)
	c.hears(t, "Hello you!", "One it is.")
	c.says(t, "client-4", "and now?")
	if later, err := press("client-5", 0); err != nil || later.ID == first.ID {
		t.Errorf("a later press is %+v, %v", later, err)
	}
}

// What a form sends is kept with the question, as long as there is one.
func TestAFormsAnswerIsKept(t *testing.T) {
	c := newBot(t, map[string]string{"date": "on: [first_message]\nsteps:\n  - ask: When?\n    type: date\n    save: day\n  - say: \"{{ day }}\"\n"})
	c.says(t, "client-1", "Hi")
	c.hear(t)
	asked := c.told(t)[0].ID
	answer := func(client chat.ClientID, to chat.EntryID, value string) (chat.Entry, error) {
		return c.Say(t.Context(), c.in, Message{Client: client, Text: "Christmas Eve", Answer: &chat.Answer{Entry: to, Value: value}})
	}
	if _, err := answer("client-2", asked, strings.Repeat("9", MaxValue+1)); !errors.Is(err, &chat.Error{Code: chat.CodeTooLong}) {
		t.Errorf("a long value: %v", err)
	}
	kept, err := answer("client-3", asked, "2026-12-24")
	must(t, err)
	if kept.Content.Answer == nil || kept.Content.Answer.Value != "2026-12-24" {
		t.Errorf("kept %+v", kept.Content)
	}
	c.hear(t)
	value, by, err := c.store.Variable(t.Context(), c.in.Visitor, "day")
	if err != nil || value != "2026-12-24" || by != store.NamedByBot {
		t.Errorf("the variable is %q by %s, %v", value, by, err)
	}
	if lost, err := answer("client-4", kept.ID, "2026-12-24"); err != nil || lost.Content.Answer != nil {
		t.Errorf("the answer to no question: %+v, %v", lost.Content, err)
	}
	for _, l := range []chat.Location{{Latitude: 91}, {Longitude: -180.1}} {
		if _, err := c.Say(t.Context(), c.in, Message{Client: "client-5", Location: &l}); !errors.Is(err, &chat.Error{Code: chat.CodeBadFrame}) {
			t.Errorf("%+v: %v", l, err)
		}
	}
}

// While an operator types, the bot's words wait, ten seconds at most.
func TestTheBotMakesWayForWhoTypes(t *testing.T) {
	c := newBot(t, map[string]string{"greeting": greeting})
	c.says(t, "client-1", "Hi")
	c.OperatorTyping(c.in.Visitor, chat.Author{Party: chat.Operator}, true)
	d := &turning{}
	more, pause, err := c.takeTurn(t.Context(), c.in.Visitor, d)
	if err != nil || !more || pause <= 0 || pause > holdFor {
		t.Fatalf("more %t after %s, %v", more, pause, err)
	}
	c.hears(t)
	d.held = d.held.Add(-holdFor)
	if more, pause, err = c.takeTurn(t.Context(), c.in.Visitor, d); err != nil || pause != 0 || !more {
		t.Fatalf("after ten seconds: more %t after %s, %v", more, pause, err)
	}
	c.hears(t, "Hello you!")
}

// What an operator set counts more than what a chain says, and what a chain sets
// starts no chain that waits for others to set it.
func TestTheBotsWordIsWeaker(t *testing.T) {
	c := newBot(t, map[string]string{
		"set":     "on: [first_message]\nsteps:\n  - set: { plan: basic, city: Berlin }\n  - tag: lead\n",
		"changed": "on: [ { variable: plan }, { tag: lead }, { variable: city } ]\nsteps:\n  - say: changed\n",
	})
	must(t, c.Set(t.Context(), c.in.Visitor, "plan", "team"))
	c.hear(t)
	c.hears(t, "changed")
	c.says(t, "client-1", "Hi")
	c.hear(t)
	p, err := c.Profile(t.Context(), c.in.Visitor)
	must(t, err)
	if fmt.Sprint(p.Variables) != "[{city Berlin bot} {plan team operator}]" || !slices.Equal(p.Tags, []string{"lead"}) {
		t.Errorf("variables %v, tags %v", p.Variables, p.Tags)
	}
	c.hears(t, "changed")
}

// A fault of the program in a turn costs what the bot was about to do, and is told.
func TestAStateThatCannotBeReadIsBegunAnew(t *testing.T) {
	c := newBot(t, map[string]string{"greeting": greeting})
	if kept, err := c.store.SetBotState(t.Context(), c.in.Visitor, store.BotState{State: "{"}); err != nil || !kept {
		t.Fatal(kept, err)
	}
	told := &faults{}
	c.ServeDesk(told)
	c.says(t, "client-1", "Hi")
	c.hear(t)
	c.hears(t, "Hello you!")
	if len(told.all) != 1 || !strings.Contains(told.all[0].Text, "cannot be read") {
		t.Errorf("told %+v", told.all)
	}
	if stands, err := c.store.BotState(t.Context(), c.in.Visitor); err != nil || !strings.Contains(stands.State, `"unsubscribed":true`) {
		t.Errorf("who may have unsubscribed gets messages: %s, %v", stands.State, err)
	}
}

// faults is a desk that remembers faults.
type faults struct {
	noDesk
	all []ChainFault
}

func (f *faults) Faulted(_ context.Context, _ *config.Site, _ store.Visitor, _ string, fault ChainFault) error {
	f.all = append(f.all, fault)
	return nil
}

// Whom the bot answers waits no more, unless it is for a person.
func TestWhoWaitsForAPersonGoesOnWaiting(t *testing.T) {
	c := newBot(t, map[string]string{
		"greeting": greeting, "person": "on: [ { keywords: [human] } ]\nsteps:\n  - handoff: { say: Wait }\n", "sorry": "steps:\n  - say: Sorry\n",
	})
	waits := func() bool {
		t.Helper()
		stands, err := c.store.Dialog(t.Context(), c.in.Visitor)
		must(t, err)
		return !stands.WaitingSince.IsZero()
	}
	c.says(t, "client-1", "Hi")
	if !waits() {
		t.Error("who has no answer does not wait")
	}
	c.hear(t)
	if waits() {
		t.Error("who was answered by the bot waits")
	}
	c.says(t, "client-2", "a human")
	c.hear(t)
	v, err := c.store.Visitor(t.Context(), c.in.Visitor)
	must(t, err)
	if there, err := c.StartChain(t.Context(), v, "sorry", "$1"); err != nil || !there {
		t.Fatal(there, err)
	}
	c.hear(t)
	c.hears(t, "Hello you!", "Wait", "Sorry")
	if !waits() {
		t.Error("who was handed to a person does not wait")
	}
}

// An erased visitor leaves nothing of the bot behind.
func TestErasingForgetsWhatTheBotKnew(t *testing.T) {
	c := newBot(t, map[string]string{"greeting": greeting})
	c.says(t, "client-1", "Hi")
	next := c.begun(t)
	next.actions = append(next.actions, talk.Unmatched{Text: "Hi"}, talk.Request{ID: "r1"}, talk.Rate{Score: 3, Of: 5})
	must(t, c.commit(t.Context(), next))
	must(t, c.Happened(t.Context(), c.in, "client-2", "cart", map[string]any{"item": "tea"}))
	must(t, c.Erase(t.Context(), c.in.Visitor, "", func(context.Context, store.Visitor) error { return nil }))
	c.hear(t)
	stands, err := c.store.BotState(t.Context(), c.in.Visitor)
	if err != nil || stands.Version != 0 {
		t.Errorf("the state is %+v, %v", stands, err)
	}
	if waiting, err := c.store.DialogsWithBotInput(t.Context()); err != nil || len(waiting) > 0 {
		t.Errorf("to be heard: %v, %v", waiting, err)
	}
	if taken, _, err := c.store.TakeBotRequests(t.Context(), now(), requestLease, store.RequestShare{Limit: 10, Site: 10}); err != nil || len(taken) > 0 {
		t.Errorf("to be asked: %v, %v", taken, err)
	}
	must(t, c.store.Unmatched(t.Context(), "shop", time.Time{}, func(u store.Unmatched) { t.Errorf("unmatched: %+v", u) }))
}

// What a page tells is limited, and odd values are refused.
func TestAnEventOfAPageIsLimited(t *testing.T) {
	c := newBot(t, map[string]string{"greeting": greeting})
	for name, data := range map[string]map[string]any{
		"":                      nil,
		strings.Repeat("x", 65): nil,
		"list":                  {"a": []any{1}},
		"nothing":               {"a": nil},
		"large":                 {"a": strings.Repeat("x", maxEventData)},
	} {
		err := c.Happened(t.Context(), c.in, "client-1", name, data)
		if _, refused := errors.AsType[*chat.Error](err); !refused {
			t.Errorf("%q: %v", name, err)
		}
	}
	must(t, c.Happened(t.Context(), c.in, "client-1", "cart", map[string]any{"item": "tea", "price": 3.5, "vip": true}))
	const around = len(`{"a":""}`) // which browsers count, and six bytes for an ampersand they do not
	must(t, c.Happened(t.Context(), c.in, "client-2", "cart", map[string]any{"a": strings.Repeat("&", maxEventData-around)}))
	c.hear(t)
	c.hears(t, "Hello you!")
}
