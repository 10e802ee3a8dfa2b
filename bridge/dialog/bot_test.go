package dialog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
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
	c.hear(t)
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

// Pictures of the folder and of others are shown, and what cannot be had is left out.
func TestTheBotShowsFiles(t *testing.T) {
	c := newBot(t, map[string]string{"greeting": greeting})
	site, _ := c.Site("shop")
	var tea bytes.Buffer
	must(t, png.Encode(&tea, image.NewGray(image.Rect(0, 0, 2, 3))))
	must(t, os.WriteFile(filepath.Join(site.Bot.Chains, "tea.png"), tea.Bytes(), 0o600))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/price list.txt" {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, "Tea: 3")
	}))
	t.Cleanup(server.Close)
	c.says(t, "client-1", "Hi")
	next := c.begun(t)
	picture, list := talk.Media{Path: "tea.png", Image: true}, talk.Media{URL: server.URL + "/price%20list.txt"}
	next.actions = []talk.Action{
		talk.Say{Text: "Look", Media: &picture},
		talk.Say{Media: &list},
		talk.Say{Text: "Gone", Media: &talk.Media{Path: "../anteroom.db"}},
		talk.Say{Media: &talk.Media{URL: server.URL + "/nothing"}},
		talk.Say{Offer: &talk.Offer{Step: "s", Cards: []talk.Card{{Title: "Tea", Media: &picture}}}},
	}
	must(t, c.fetchMedia(t.Context(), next))
	must(t, c.commit(t.Context(), next))
	told := c.told(t)
	if len(told) != 4 || len(next.faults) != 2 {
		t.Fatalf("%d messages, faults %+v", len(told), next.faults)
	}
	if f := told[0].Content.File; f == nil || f.Kind != chat.Image || f.Type != "image/png" || f.Width != 2 || f.Height != 3 || f.Name != "tea.png" {
		t.Errorf("the picture is %+v", f)
	}
	if f := told[1].Content.File; f == nil || f.Kind != chat.Attachment || f.Name != "price list.txt" || f.Size != 6 {
		t.Errorf("the list is %+v", f)
	}
	if told[2].Content.File != nil || told[2].Content.Text != "Gone" {
		t.Errorf("what cannot be had is %+v", told[2].Content)
	}
	card := told[3].Content.Offer.Cards[0].Image
	if card == nil {
		t.Fatal("the card has no picture")
	}
	_, opened, err := c.Open(t.Context(), c.in.Visitor, card.ID)
	must(t, err)
	must(t, opened.Close())
}

// However often a file is shown, its bytes are on the disk once, and an address
// that is dead holds nothing up: it is asked once a minute, and not for long.
func TestWhatTheBotShowsIsKeptOnce(t *testing.T) {
	c := newBot(t, map[string]string{"greeting": greeting})
	c.bot.shelf.patience = 50 * time.Millisecond
	site, _ := c.Site("shop")
	must(t, os.WriteFile(filepath.Join(site.Bot.Chains, "a.txt"), []byte("Tea: 3"), 0o600))
	must(t, os.WriteFile(filepath.Join(site.Bot.Chains, "b.txt"), []byte("Tea: 3"), 0o600))
	asked := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	var told []chat.Entry
	for i := range 3 {
		c.says(t, chat.ClientID(fmt.Sprintf("client-%d", i)), "Hi")
		next := c.begun(t)
		next.actions = []talk.Action{
			talk.Say{Media: &talk.Media{Path: "a.txt"}},
			talk.Say{Media: &talk.Media{Path: "b.txt"}},
			talk.Say{Text: "Dead", Media: &talk.Media{URL: server.URL + "/dead"}},
		}
		must(t, c.fetchMedia(t.Context(), next))
		must(t, c.commit(t.Context(), next))
		if len(next.faults) != 1 {
			t.Fatalf("faults %+v", next.faults)
		}
	}
	if len(asked) != 1 {
		t.Errorf("the dead host was asked %d times", len(asked))
	}
	told = slices.DeleteFunc(c.told(t), func(e chat.Entry) bool { return e.Content.File == nil })
	if len(told) != 6 {
		t.Fatalf("%d files are shown", len(told))
	}
	first, err := os.Stat(c.files.upload(told[0].Content.File.ID))
	must(t, err)
	for _, e := range told[1:] {
		if other, err := os.Stat(c.files.upload(e.Content.File.ID)); err != nil || !os.SameFile(first, other) {
			t.Errorf("%s has bytes of its own: %v", e.Content.File.Name, err)
		}
	}
	if n := c.leftovers(t); n != 0 {
		t.Errorf("%d files are left", n)
	}
}

// A disk without room costs the picture, and not the words.
func TestTheBotSpeaksOnAFullDisk(t *testing.T) {
	c := newBot(t, map[string]string{"greeting": greeting})
	free := int64(1000)
	c.onDisk(&free)
	site, _ := c.Site("shop")
	must(t, os.WriteFile(filepath.Join(site.Bot.Chains, "a.txt"), []byte("Tea: 3"), 0o600))
	c.says(t, "client-1", "Hi")
	next := c.begun(t)
	next.actions = []talk.Action{talk.Say{Text: "Look", Media: &talk.Media{Path: "a.txt"}}}
	must(t, c.fetchMedia(t.Context(), next))
	must(t, c.commit(t.Context(), next))
	if told := c.told(t); len(told) != 1 || told[0].Content.File != nil || len(next.faults) != 1 {
		t.Errorf("told %+v, faults %+v", told, next.faults)
	}
}

// A request carries its secrets and a key that is the same when it is made again,
// and its outcome is heard once.
func TestARequestIsMade(t *testing.T) {
	c := newBot(t, map[string]string{"greeting": greeting})
	var keys []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		keys = append(keys, r.Header.Get("Idempotency-Key"))
		_, _ = fmt.Fprintf(w, "%s %s %s %s", r.Method, r.Header.Get("Authorization"), r.Header.Get("Content-Type"), body)
	}))
	t.Cleanup(server.Close)
	c.says(t, "client-1", "Hi")
	next := c.begun(t)
	text := func(s string) talk.Spliced { return talk.Spliced{{Text: s}} }
	next.actions = []talk.Action{
		talk.Request{
			ID: "r1", Method: "POST", URL: text(server.URL), Type: "text/plain", Body: text("tea"), Timeout: time.Second,
			Headers: map[string]talk.Spliced{"Authorization": {{Text: "Bearer "}, {Secret: "token"}}},
		},
		talk.Request{ID: "r2", Method: "GET", URL: text("http://10.0.0.1/"), Timeout: time.Second},
		talk.Request{ID: "r3", Method: "GET", URL: talk.Spliced{{Secret: "unknown"}}},
	}
	must(t, c.commit(t.Context(), next))
	take := func() []store.BotRequest {
		t.Helper()
		taken, _, err := c.store.TakeBotRequests(t.Context(), now(), requestLease, store.RequestShare{Limit: 10, Site: 10})
		must(t, err)
		return taken
	}
	for range 3 {
		taken := take()
		if again := take(); len(again) > 0 || len(taken) != 1 {
			t.Fatalf("taken %d, then %d", len(taken), len(again))
		}
		r := taken[0]
		_, err := c.ask(t.Context(), r) // made, and not recorded: the process ended there
		if (err == nil) != (r.ID == "r1") {
			t.Errorf("%s: %v", r.ID, err)
		}
		c.makeRequest(t.Context(), r)
		c.makeRequest(t.Context(), r) // somebody else's is not heard twice
	}
	if len(keys) != 3 || keys[0] == "" || keys[1] != keys[0] || keys[2] != keys[0] {
		t.Errorf("the keys are %q", keys)
	}
	outcomes := map[string]talk.Response{}
	for len(outcomes) < 3 {
		next := c.begun(t)
		if next.in.Event.Kind == talk.Responded {
			outcomes[next.in.Event.Request] = *next.in.Event.Response
		}
		must(t, c.commit(t.Context(), next))
	}
	if none, err := c.nextTurn(t.Context(), c.in.Visitor); err != nil || none != nil {
		t.Errorf("more is heard: %+v, %v", none, err)
	}
	if got := outcomes["r1"]; got.Status != 200 || got.Body != "POST Bearer hush text/plain tea" {
		t.Errorf("the answer is %+v", got)
	}
	if f := outcomes["r2"].Fault; !strings.Contains(f, "not a public address") {
		t.Errorf("a private address: %q", f)
	}
	if f := outcomes["r3"].Fault; f != "the config has no secret unknown" {
		t.Errorf("an unknown secret: %q", f)
	}
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

func (*faults) Command(context.Context, Command) (markup.Text, error) { return markup.Text{}, nil }

// What was due while an operator had the dialog waits, without a turn meanwhile,
// and happens once the bot speaks again.
func TestWhatIsDueWaitsForTheEndOfTheSilence(t *testing.T) {
	c := newBot(t, map[string]string{"later": "on: [first_message]\nsteps:\n  - pause: 2h\n  - say: later\n"})
	c.says(t, "client-1", "Hi")
	c.hear(t)
	// Two hours pass.
	stands, err := c.store.BotState(t.Context(), c.in.Visitor)
	must(t, err)
	until := regexp.MustCompile(`"until":"[^"]*"`)
	if !until.MatchString(stands.State) || stands.Due.IsZero() {
		t.Fatalf("nothing is due: %+v", stands)
	}
	stands.State, stands.Due = until.ReplaceAllString(stands.State, `"until":"2020-01-01T00:00:00Z"`), now().Add(-time.Minute)
	if kept, err := c.store.SetBotState(t.Context(), c.in.Visitor, stands); err != nil || !kept {
		t.Fatal(kept, err)
	}
	c.answers(t, "$1")
	c.hear(t)
	c.hears(t)
	if stands, err = c.store.BotState(t.Context(), c.in.Visitor); err != nil || !stands.Due.IsZero() {
		t.Errorf("the bot looks again at %s, %v", stands.Due, err)
	}
	must(t, c.LetBotSpeak(t.Context(), c.in.Visitor))
	c.hear(t)
	c.hears(t, "later")
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

// The clock wakes those whose time has come, and nobody twice.
func TestTheClockWakesWhoIsDue(t *testing.T) {
	c := newBot(t, map[string]string{"greeting": greeting})
	other := c.another(t)
	for v, in := range map[chat.VisitorID]time.Duration{c.in.Visitor: -time.Second, other: time.Hour} {
		if kept, err := c.store.SetBotState(t.Context(), v, store.BotState{State: "{}", Due: now().Add(in)}); err != nil || !kept {
			t.Fatal(kept, err)
		}
	}
	var woken []chat.VisitorID
	at := now()
	next, err := c.store.BotDue(t.Context(), time.Time{}, at, func(v chat.VisitorID) { woken = append(woken, v) })
	if err != nil || !slices.Equal(woken, []chat.VisitorID{c.in.Visitor}) || next.Before(at.Add(time.Hour-time.Minute)) {
		t.Errorf("woken %v, next %s, %v", woken, next, err)
	}
	if _, err = c.store.BotDue(t.Context(), at, at.Add(time.Minute), func(v chat.VisitorID) { t.Errorf("%s is woken again", v) }); err != nil {
		t.Error(err)
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
	c.hear(t)
	c.hears(t, "Hello you!")
}
