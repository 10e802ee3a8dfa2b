package dialog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bot/gpt/gpttest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// helped is a core whose site has an assistant at a scriptable endpoint.
type helped struct {
	*core
	server *gpttest.Server
	told   *board
	file   string // of the database
}

// board notes what the desk is told.
type board struct {
	noDesk
	mu     sync.Mutex
	faults []AssistantFault
	limits []AssistantLimit
	handed []Call
	wrong  []string
}

func (b *board) AssistantFails(_ context.Context, _ *config.Site, f AssistantFault) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = append(b.faults, f)
	return nil
}

func (b *board) AssistantLimited(_ context.Context, _ *config.Site, _ store.Visitor, l AssistantLimit) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.limits = append(b.limits, l)
	return nil
}

func (b *board) HandedOff(_ context.Context, _ *config.Site, _ store.Visitor, c Call) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.handed = append(b.handed, c)
	return nil
}

func (b *board) Faulted(_ context.Context, _ *config.Site, _ store.Visitor, _ string, f ChainFault) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wrong = append(b.wrong, f.Text)
	return nil
}

// newHelped makes one; change may complete its settings. Nothing runs yet.
func newHelped(t *testing.T, change func(*config.Site, *config.Assistant)) *helped {
	t.Helper()
	dir := t.TempDir()
	server := gpttest.Start(t)
	cfg := config.Default()
	cfg.Gateway.DataDir = filepath.Join(dir, "files")
	site := config.DefaultSite("shop")
	site.Bot.Enabled, site.Bot.AllowPrivate = true, []string{"127.0.0.1"}
	site.Operators = append(site.Operators, "@anna:example.org")
	a := config.DefaultAssistant("assistant", "")
	a.Instruction, a.Answers = config.Text{"": "You help in a tea shop."}, config.AnswersAlways
	a.Endpoints = []config.Endpoint{{BaseURL: server.URL, Model: "m", Price: config.Price{Prompt: 1, Completion: 2, Currency: "EUR"}}}
	site.Assistants["assistant"] = a
	cfg.Sites["shop"] = site
	if change != nil {
		change(site, a)
	}
	s, err := store.Open(t.Context(), store.Options{Type: "sqlite3", URI: filepath.Join(dir, "anteroom.db"), Log: zerolog.Nop()})
	must(t, err)
	t.Cleanup(func() { _ = s.Close() })
	service, err := New(cfg, s, zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.WarnLevel))
	must(t, err)
	told := &board{}
	service.ServeDesk(told)
	must(t, errors.Join(service.LoadChains(t.Context()), service.LoadAssistants(t.Context())))
	if service.bot.chains.of("shop") == nil || service.bot.assistants.of(assistantID{"shop", "assistant"}) == nil {
		t.Fatal("the chains or the assistant have faults")
	}
	in, err := service.Enter(t.Context(), "shop", strings.Repeat("s", 43), store.Device{Language: "en"})
	must(t, err)
	return &helped{core: &core{service, in, s}, server: server, told: told, file: filepath.Join(dir, "anteroom.db")}
}

// run runs the bot until the test ends, or until stop is called.
func (h *helped) run(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = h.RunBot(ctx)
	}()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(func() { h.server.Release(); stop() })
	return stop
}

// until waits for a condition.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain until " + what)
		}
		select {
		case <-time.After(2 * time.Millisecond):
		case <-t.Context().Done():
			t.Fatal("the test ended")
		}
	}
}

// journal is what the visitor sees, a message a line; what was cut ends in ✂.
func (h *helped) journal(t *testing.T) (lines []string) {
	t.Helper()
	all, err := h.After(context.WithoutCancel(t.Context()), h.in.Visitor, 0, 1000)
	must(t, err)
	for _, e := range all {
		if e.Kind != chat.Message {
			continue
		}
		line := string(e.Author.Party[:1]) + ": " + e.Content.Text
		if ai := e.Content.AI; ai != nil {
			line = "ai: " + e.Content.Text
			if ai.Interrupted {
				line += "✂"
			}
		}
		lines = append(lines, line)
	}
	return lines
}

func (h *helped) wants(t *testing.T, lines ...string) {
	t.Helper()
	var got []string
	holds := func() bool { got = h.journal(t); return slices.Equal(got, lines) }
	deadline := time.Now().Add(20 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("the journal is\n%s\nand not\n%s", strings.Join(got, "\n"), strings.Join(lines, "\n"))
		}
		<-time.After(2 * time.Millisecond)
	}
}

// reads is a connection of the visitor.
func (h *helped) reads(t *testing.T) *reader {
	t.Helper()
	r := &reader{}
	leave := h.Listen(h.in, r)
	t.Cleanup(leave)
	return r
}

func (h *helped) requests(t *testing.T) []store.AssistantRequest {
	t.Helper()
	open, err := h.store.AssistantRequestsOf(t.Context(), h.in.Visitor)
	must(t, err)
	return open
}

// today is the site's day.
func (h *helped) today() string {
	return now().In(h.cfg.Sites["shop"].Location()).Format(time.DateOnly)
}

func (h *helped) used(t *testing.T) store.Used {
	t.Helper()
	used, err := h.store.Used(t.Context(), store.UsageOf{Site: "shop", Assistant: "assistant", Day: h.today(), Visitor: h.in.Visitor})
	must(t, err)
	return used
}

// long is a text of which safe pieces come before its end: a few words are held back.
const long = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty"

// begunAnswer has the endpoint stop in the middle of an answer, and returns what the
// visitor is shown by then: the last word that came may not be a whole one.
func (h *helped) begunAnswer(t *testing.T, r *reader, client chat.ClientID) string {
	t.Helper()
	const pieces = 14
	shown := strings.Join(strings.Fields(long)[:pieces-1], " ")
	h.server.Script(gpttest.Says(long).Hold(pieces))
	h.says(t, client, "Count, please")
	until(t, "all that may be shown is", func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return h.server.Held() > 0 && len(r.told) > 0 && r.told[len(r.told)-1].Text == shown
	})
	return shown
}

// An answer is shown as it comes, kept once as one message, and counted.
func TestAnAssistantAnswers(t *testing.T) {
	h := newHelped(t, nil)
	h.run(t)
	r := h.reads(t)
	h.begunAnswer(t, r, "client-1")
	h.server.Release()
	h.wants(t, "v: Count, please", "ai: "+long)
	said := h.newest(t)
	ai := said.Content.AI
	if ai == nil || ai.Assistant != "assistant" || ai.Stream == "" || ai.Interrupted {
		t.Errorf("it is marked %+v", ai)
	}
	for _, text := range r.texts() {
		if !strings.HasPrefix(text, ai.Stream+":") || strings.HasSuffix(text, "✗") {
			t.Errorf("the visitor was told %q", text)
		}
	}
	until(t, "the stream ends", func() bool { return h.streams.current(h.in.Visitor) == nil })
	if u := h.used(t); u.Visitor.Requests != 1 || u.Site.Tokens() == 0 || len(h.requests(t)) > 0 {
		t.Errorf("used %+v", u)
	}
	if asked := h.server.Last(); asked.User == "" || strings.Contains(asked.User, string(h.in.Visitor)) || !strings.Contains(asked.Prompt("system"), "tea shop") {
		t.Errorf("the endpoint was asked as %q", asked.User)
	}
	stands, err := h.store.Dialog(t.Context(), h.in.Visitor)
	if err != nil || !stands.WaitingSince.IsZero() {
		t.Errorf("the visitor waits still: %+v, %v", stands, err)
	}
}

// newest is the newest message of the bot.
func (h *helped) newest(t *testing.T) chat.Entry {
	t.Helper()
	e, err := h.newestOf(t.Context(), h.in.Visitor, chat.Bot)
	must(t, err)
	return e
}

// An answer of which nothing was shown waits while an operator types, who may be
// about to answer, and a moment longer: what was sent comes behind the end of the
// typing. When nothing comes it goes on.
func TestAnAssistantWaitsForAnOperatorWhoTypes(t *testing.T) {
	h := newHelped(t, nil)
	present := &h.bot.present
	present.patience = time.Hour
	h.run(t)
	r := h.reads(t)
	typing := func(on bool) { h.OperatorTyping(h.in.Visitor, chat.Author{Party: chat.Operator}, on) }
	present.grace = time.Millisecond
	typing(true)
	h.server.Says(long)
	h.says(t, "client-1", "Count, please")
	until(t, "the model has answered", func() bool { return len(h.server.Requests()) == 1 && h.server.Answering() == 0 })
	if texts := r.texts(); len(texts) > 0 {
		t.Fatalf("shown while an operator types: %q", texts)
	}
	typing(false)
	h.wants(t, "v: Count, please", "ai: "+long)

	until(t, "the stream ends", func() bool { return h.streams.current(h.in.Visitor) == nil })
	present.grace = time.Hour
	shown := len(r.texts())
	typing(true)
	h.server.Says("More.")
	h.says(t, "client-2", "More, please")
	until(t, "the model has answered", func() bool { return len(h.server.Requests()) == 2 && h.server.Answering() == 0 })
	typing(false)
	h.answers(t, "$1")
	h.wants(t, "v: Count, please", "ai: "+long, "v: More, please", "o: I am here")
	if texts := r.texts()[shown:]; len(texts) > 0 {
		t.Errorf("shown before what the operator sent: %q", texts)
	}
}

// A hand-over by the model calls operators, with its reason, and what led to it is
// past then: the same words cause no other one.
func TestAnAssistantHandsOver(t *testing.T) {
	h := newHelped(t, nil)
	h.run(t)
	h.server.Script(gpttest.Says("I am calling somebody.").Calling("hand_over", `{"reason":"wants a person"}`))
	h.says(t, "client-1", "I want a person")
	h.wants(t, "v: I want a person", "ai: I am calling somebody.")
	until(t, "operators are called", func() bool { h.told.mu.Lock(); defer h.told.mu.Unlock(); return len(h.told.handed) == 1 })
	if call := h.told.handed[0]; call.Text != "wants a person" || call.Said != "I want a person" {
		t.Errorf("they read %+v", call)
	}
	stands, err := h.store.Dialog(t.Context(), h.in.Visitor)
	if err != nil || stands.Bot.On(now()) || !stands.Promised {
		t.Errorf("the dialog stands at %+v, %v", stands, err)
	}
	h.server.Says("What else?")
	must(t, h.LetBotSpeak(t.Context(), h.in.Visitor))
	h.says(t, "client-2", "Thanks")
	h.wants(t, "v: I want a person", "ai: I am calling somebody.", "v: Thanks", "ai: What else?")
	asked := h.server.Last()
	var users []string
	for _, m := range asked.Messages {
		if m.Role == "user" {
			users = append(users, m.Content)
		}
	}
	if last := users[len(users)-1]; last != "Thanks" || !strings.Contains(users[0], "I want a person") {
		t.Errorf("the model was told %q", users)
	}
}

// Operators hand a dialog to the assistant: it answers what nobody has answered.
func TestOperatorsHandADialogToTheAssistant(t *testing.T) {
	h := newHelped(t, func(_ *config.Site, a *config.Assistant) { a.Answers = config.AnswersChains })
	h.run(t)
	h.answers(t, "$1")
	h.says(t, "client-1", "And what tea?")
	h.wants(t, "o: I am here", "v: And what tea?")
	h.server.Says("Green.")
	must(t, h.HandToAssistant(t.Context(), h.in.Visitor, "assistant", "$2"))
	h.wants(t, "o: I am here", "v: And what tea?", "ai: Green.")
	if asked := h.server.Last().Asked(); asked != "And what tea?" {
		t.Errorf("the model was asked %q", asked)
	}
}

// What a process was answering when it ended is answered by the next one, once.
func TestAnswersAreTakenUpAgain(t *testing.T) {
	h := newHelped(t, nil)
	stop := h.run(t)
	h.begunAnswer(t, h.reads(t), "client-1")
	stop()
	if len(h.requests(t)) != 1 {
		t.Fatal("the order is gone")
	}
	h.wants(t, "v: Count, please")
	h.server.Says("Anew.")
	h.run(t)
	h.wants(t, "v: Count, please", "ai: Anew.")
}

// What assistants were asked who are all gone from the config fails, and is not waited for.
func TestAnswersOfAssistantsThatAreGoneFail(t *testing.T) {
	h := &helped{core: newBot(t, map[string]string{"greeting": greeting}), server: gpttest.Start(t)}
	must(t, h.store.AddAssistantRequest(t.Context(), store.AssistantRequest{Visitor: h.in.Visitor, ID: "r", Assistant: "assistant", At: now()}))
	h.run(t)
	until(t, "the order is gone", func() bool { return len(h.requests(t)) == 0 })
}

// What an answer took by the end of a process is counted, for it is paid; the answer
// is once it is given.
func TestABrokenOffAnswersTokensAreCounted(t *testing.T) {
	h := newHelped(t, nil)
	stop := h.run(t)
	h.begunAnswer(t, h.reads(t), "client-1")
	stop()
	before := h.used(t).Site
	if before.Prompt == 0 || before.Completion == 0 || before.Requests != 0 {
		t.Errorf("used is %+v", before)
	}
	h.server.Says("Anew.")
	h.run(t)
	h.wants(t, "v: Count, please", "ai: Anew.")
	until(t, "the answer is counted", func() bool { u := h.used(t).Site; return u.Requests == 1 && u.Prompt > before.Prompt })
}

// The files of an assistant are followed; broken ones leave it as it was.
func TestAnAssistantsFilesAreFollowed(t *testing.T) {
	folder := t.TempDir()
	instruction, facts := filepath.Join(folder, "instruction.txt"), filepath.Join(folder, "facts")
	put := func(path, text string) {
		t.Helper()
		must(t, os.MkdirAll(filepath.Dir(path), 0o700))
		must(t, os.WriteFile(path, []byte(text), 0o600))
	}
	put(instruction, "You sell tea.")
	put(filepath.Join(facts, "tea.md"), "# Tea\n\nWe have green tea.\n")
	h := newHelped(t, func(_ *config.Site, a *config.Assistant) {
		a.Instruction, a.InstructionFile, a.Knowledge = nil, config.Text{"": instruction}, facts
		a.Limits.Visitor = config.AssistantLimit{} // it is asked until the new files are used
	})
	h.run(t)
	h.server.Always(gpttest.Says("Yes."))
	n := 0
	told := func() string {
		n++
		h.says(t, chat.ClientID(fmt.Sprintf("client-%d", n)), "Tea?")
		until(t, "it is answered", func() bool { return len(h.journal(t)) == 2*n })
		return h.server.Last().Prompt("system")
	}
	if p := told(); !strings.Contains(p, "You sell tea.") || !strings.Contains(p, "green tea") {
		t.Errorf("the model was told %q", p)
	}
	put(instruction, "You sell coffee.")
	put(filepath.Join(facts, "tea.md"), "# Coffee\n\nWe have black coffee.\n")
	until(t, "the new files are used", func() bool {
		p := told()
		return strings.Contains(p, "You sell coffee.") && strings.Contains(p, "black coffee")
	})
	put(instruction, " ")
	until(t, "the broken file was read", func() bool {
		state, err := h.store.Meta(t.Context(), "assistant:shop:assistant")
		must(t, err)
		return state != ""
	})
	if p := told(); !strings.Contains(p, "You sell coffee.") {
		t.Errorf("the model was told %q", p)
	}
}
