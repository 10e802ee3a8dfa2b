package desk

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// script is a model that says what a test wants. Prompts and endpoints are tested
// over HTTP elsewhere.
type script struct {
	mu    sync.Mutex
	draft dialog.Writing
	sum   dialog.Writing
	left  int
	// translate makes a translation; nil fails.
	translate func(text, from, into string) string
	hints     []string
	asked     []string
}

func (s *script) Draft(_ context.Context, _ *config.Site, _ store.Visitor, hint, language string) dialog.Writing {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hints = append(s.hints, hint+"/"+language)
	return s.draft
}

func (s *script) Sum(_ context.Context, _ *config.Site, _ store.Visitor, language string) (dialog.Writing, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hints = append(s.hints, language)
	return s.sum, s.left
}

func (s *script) Translate(_ context.Context, _ *config.Site, _ store.Visitor, text, from, into string) dialog.Writing {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, text)
	if s.translate == nil {
		return dialog.Writing{Failed: dialog.FailedEndpoint}
	}
	return says(s.translate(text, from, into))
}

func (s *script) set(change func(*script)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

func says(text string) dialog.Writing { return dialog.Writing{Text: text} }

// marked is a translation that shows what was asked.
// "OK" is one in every language.
func marked(text, from, into string) string {
	if text == "OK" {
		return text
	}
	return "[" + from + ">" + into + "] " + text
}

// helped is a desk whose site has an assistant, with a visitor who has written.
type helped struct {
	*Desk
	site   *config.Site
	script *script
	in     dialog.Session
	events int
}

func startHelped(t *testing.T, language config.Language) *helped {
	t.Helper()
	d, site, _ := startDesk(t)
	site.Language = language
	site.Assistants = map[string]*config.Assistant{"assistant": config.DefaultAssistant("assistant", "")}
	h := &helped{Desk: d, site: site, script: &script{translate: marked}}
	d.dialog.ServeScribe(h.script)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var running sync.WaitGroup
	running.Go(func() { _ = d.dialog.RunErrands(ctx) })
	t.Cleanup(func() { stop(); running.Wait() })
	var err error
	if h.in, err = d.dialog.Enter(t.Context(), site.ID, strings.Repeat("s", 43), store.Device{Language: "de-AT"}); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *helped) says(t *testing.T, client, text string) chat.Entry {
	t.Helper()
	e, err := h.dialog.Say(t.Context(), h.in, dialog.Message{Client: chat.ClientID(client), Text: text})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// commands gives a command and returns its answer, which may be empty, and its event.
func (h *helped) commands(t *testing.T, text string) (answer string, event id.EventID) {
	t.Helper()
	h.events++
	event = id.EventID("$command" + string(rune('a'+h.events)))
	who, err := h.store.Visitor(t.Context(), h.in.Visitor)
	if err != nil {
		t.Fatal(err)
	}
	said := run(t, h.Desk, dialog.Command{
		Site: h.site, Visitor: who, Sender: "@ann:example.org", Name: "Ann", Allowed: true, Text: text, Event: event,
	})
	check(t, text, "", said)
	return said.Plain, event
}

// told waits for a notice of the dialog that matches.
func (h *helped) told(t *testing.T, what string, matches func(chat.Entry) bool) (found chat.Entry) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		all, err := h.store.AllEntriesAfter(t.Context(), h.in.Visitor, 0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range all {
			if e.Kind == chat.Notice && matches(e) {
				return e
			}
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-deadline:
			t.Fatalf("operators were not told %s in %+v", what, all)
		}
	}
}

func (h *helped) threadOf(t *testing.T, event id.EventID) chat.Entry {
	t.Helper()
	return h.told(t, "something in the thread of "+string(event), func(e chat.Entry) bool { return e.Content.Thread == string(event) })
}

// shown are the entries that the visitor sees.
func (h *helped) shown(t *testing.T) []chat.Entry {
	t.Helper()
	all, err := h.dialog.After(t.Context(), h.in.Visitor, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A draft stands in a thread under the command, and reaches the visitor when an
// operator touches its mark: once, as the operator's.
func TestADraftIsSentByAnOperator(t *testing.T) {
	h := startHelped(t, config.English)
	if said, _ := h.commands(t, "!suggest"); !strings.Contains(said, "nothing to answer") {
		t.Errorf("of an empty dialog: %q", said)
	}
	h.says(t, "client-1", "Do you have <tea>?")
	h.script.set(func(s *script) {
		s.draft = says("Yes, <we> do:\n- green\n- black")
		s.draft.Sources = []chat.Source{{Title: "Teas"}, {Title: "Shops", URL: "https://shop.example/x"}}
	})
	said, event := h.commands(t, "!suggest be  kind")
	if said != "" {
		t.Errorf("the command itself is answered with %q", said)
	}
	draft := h.threadOf(t, event)
	c := draft.Content
	if c.Draft == nil || c.Draft.Text != "Yes, <we> do:\n- green\n- black" || !strings.HasPrefix(c.Text, c.Draft.Text+"\n") {
		t.Fatalf("the draft is %+v", c)
	}
	if want := "Yes, &lt;we&gt; do:<br>- green<br>- black<br>"; !strings.HasPrefix(c.HTML, want) || !strings.Contains(c.Text, "From the knowledge: Teas, Shops") || !strings.Contains(c.Text, "✅") {
		t.Errorf("operators read %q / %q", c.Text, c.HTML)
	}
	h.told(t, "the mark", func(e chat.Entry) bool { return e.Target == draft.ID && e.Content.Key == "✅" })
	if n := len(h.shown(t)); n != 1 {
		t.Fatalf("the visitor sees %d entries before it is sent", n)
	}
	if got := strings.Join(h.script.hints, ","); got != "be  kind/" {
		t.Errorf("the assistant was asked for %q", got)
	}
	send := func(user id.UserID, event string, allowed bool) (finished bool) {
		t.Helper()
		err := h.dialog.SendDraft(t.Context(), dialog.Sending{
			Draft: draft, Operator: chat.Author{Party: chat.Operator, ID: string(user), Name: "Ben"}, Allowed: allowed, Event: event,
		}, func(context.Context) error { finished = true; return nil })
		if err != nil {
			t.Fatal(err)
		}
		return finished
	}
	if !send("@guest:example.org", "$guest", false) {
		t.Error("the guest's event is not finished")
	}
	if refusal := h.told(t, "the refusal", func(e chat.Entry) bool { return strings.Contains(e.Content.Text, "Only operators") }); refusal.Content.Thread != string(event) {
		t.Errorf("the refusal is %+v", refusal.Content)
	}
	for _, event := range []string{"$mark1", "$mark1", "$mark2"} {
		if !send("@ben:example.org", event, true) {
			t.Errorf("%s is not finished", event)
		}
	}
	shown := h.shown(t)
	if len(shown) != 2 {
		t.Fatalf("the visitor sees %d entries: %+v", len(shown), shown)
	}
	sent := shown[1]
	if sent.Author.Party != chat.Operator || sent.Author.ID != "@ben:example.org" || sent.Content.Text != c.Draft.Text || sent.Content.AI != nil || sent.Content.Draft != nil {
		t.Errorf("it was sent as %+v", sent)
	}
	stands, err := h.store.Dialog(t.Context(), h.in.Visitor)
	if err != nil || !stands.WaitingSince.IsZero() {
		t.Errorf("the visitor waits still: %+v, %v", stands, err)
	}
	unsent, err := h.store.Unsent(t.Context(), h.in.Visitor, 100)
	if err != nil || !slices.ContainsFunc(unsent, func(e chat.Entry) bool { return e.ID == sent.ID }) {
		t.Errorf("it is not on its way to the room: %+v, %v", unsent, err)
	}
}

// What can not be sent any more is said in the draft's thread.
func TestADraftForABlockedVisitorIsNotSent(t *testing.T) {
	h := startHelped(t, config.Russian)
	h.says(t, "client-1", "Привет")
	h.script.set(func(s *script) { s.draft = says("Здравствуйте!") })
	_, event := h.commands(t, "!suggest")
	draft := h.threadOf(t, event)
	if err := h.dialog.Block(t.Context(), h.in.Visitor, true); err != nil {
		t.Fatal(err)
	}
	if err := h.dialog.SendDraft(t.Context(), dialog.Sending{
		Draft: draft, Operator: chat.Author{Party: chat.Operator, ID: "@ann:example.org"}, Allowed: true, Event: "$mark",
	}, func(context.Context) error { return nil }); err != nil {
		t.Fatal(err)
	}
	h.told(t, "that nothing was sent", func(e chat.Entry) bool {
		return strings.HasPrefix(e.Content.Text, "Ничего не отправлено") && e.Content.Thread == string(event)
	})
	if n := len(h.shown(t)); n != 1 {
		t.Errorf("the visitor sees %d entries", n)
	}
}

func TestASummaryStandsInAThread(t *testing.T) {
	h := startHelped(t, config.Russian)
	if said, _ := h.commands(t, "!summary"); !strings.Contains(said, "Пересказывать пока нечего") {
		t.Errorf("of an empty dialog: %q", said)
	}
	h.says(t, "client-1", "Hallo")
	h.script.set(func(s *script) { s.sum, s.left = says("Посетитель здоровается."), 7 })
	said, event := h.commands(t, "!summary")
	if said != "" {
		t.Errorf("the command itself is answered with %q", said)
	}
	if got := h.threadOf(t, event).Content; got.Text != "Краткий пересказ, первые сообщения не вошли: 7\nПосетитель здоровается." || got.Draft != nil {
		t.Errorf("operators read %q", got.Text)
	}
	if h.script.hints[0] != "ru" {
		t.Errorf("it was asked for in %q", h.script.hints[0])
	}
}

// Each failure is said in the thread, in words of its own.
func TestFailuresAreSaidInTheThread(t *testing.T) {
	h := startHelped(t, config.English)
	h.says(t, "client-1", "Hi")
	for failure, words := range map[dialog.Failure]string{
		dialog.FailedEndpoint: "does not answer", dialog.FailedRefused: "refused", dialog.FailedUnknown: "knowledge", dialog.FailedLimit: "limits",
	} {
		h.script.set(func(s *script) {
			s.draft = dialog.Writing{Failed: failure, Why: "The endpoint <said> `no`."}
			s.sum = s.draft
		})
		for _, command := range []string{"!suggest", "!summary"} {
			_, event := h.commands(t, command)
			got := h.threadOf(t, event).Content
			if !strings.HasPrefix(got.Text, "Nothing was written: ") || !strings.Contains(got.Text, words) || !strings.Contains(got.Text, "The endpoint <said>") || got.Draft != nil {
				t.Errorf("%s that failed by %s: %q", command, failure, got.Text)
			}
		}
	}
}

func TestASiteWithoutAnAssistantSaysSo(t *testing.T) {
	h := startHelped(t, config.English)
	h.site.Assistants = nil
	h.says(t, "client-1", "Hi")
	for _, command := range []string{"!suggest", "!summary", "!translate", "!translate on de", "!translate off"} {
		if said, _ := h.commands(t, command); !strings.Contains(said, "no assistant") {
			t.Errorf("%s is answered with %q", command, said)
		}
	}
}

func TestTranslationIsSwitched(t *testing.T) {
	h := startHelped(t, config.Russian)
	for _, c := range []struct{ command, words string }{
		{"!translate", "Перевод выключен"},
		{"!translate off", "не был включён"},
		{"!translate on klingonese", "Языка «klingonese» здесь не знают"},
		{"!translate on germn", "german"},
		{"!translate english", "не on и не off"},
		{"!translate off now", "Пишется так: !translate [on ЯЗЫК|off]"},
		{"!translate on", "немецкий ↔ русский"}, // as the browser says
		{"!translate", "немецкий ↔ русский"},
		{"!translate on en", "английский ↔ русский"},
		{"!translate on на французский", "французский ↔ русский"},
		{"!translate on русский", "немецкий"}, // the operators' own: the browser's again
		{"!translate OFF", "Перевод выключен"},
		{"!translate", "Перевод выключен"},
	} {
		if said, _ := h.commands(t, c.command); !strings.Contains(said, c.words) {
			t.Errorf("%s is answered with %q", c.command, said)
		}
	}
}

// A language that nobody knows is asked for.
func TestTranslationNeedsALanguage(t *testing.T) {
	h := startHelped(t, config.English)
	in, err := h.dialog.Enter(t.Context(), h.site.ID, strings.Repeat("t", 43), store.Device{Language: "en-GB"})
	if err != nil {
		t.Fatal(err)
	}
	h.in = in
	for _, command := range []string{"!translate on", "!translate on english"} {
		if said, _ := h.commands(t, command); !strings.Contains(said, "!translate on German") {
			t.Errorf("%s is answered with %q", command, said)
		}
	}
}

// What the visitor wrote is translated beside it, also what came before the command;
// a removed message takes its translation with it.
func TestVisitorsWordsAreTranslatedForOperators(t *testing.T) {
	h := startHelped(t, config.English)
	first := h.says(t, "client-1", "Guten Tag!")
	if said, _ := h.commands(t, "!translate on"); !strings.Contains(said, "German ↔ English") {
		t.Fatalf("%q", said)
	}
	about := func(e chat.Entry, text string) chat.Entry {
		t.Helper()
		return h.told(t, text, func(n chat.Entry) bool { return n.Target == e.ID && n.Content.Text == text })
	}
	about(first, "Translation: [de>en] Guten Tag!")
	second := h.says(t, "client-2", "Haben Sie\n<Tee>?")
	notice := about(second, "Translation: [de>en] Haben Sie\n<Tee>?")
	if notice.Content.HTML != "<strong>Translation:</strong> [de&gt;en] Haben Sie<br>&lt;Tee&gt;?" {
		t.Errorf("operators see %q", notice.Content.HTML)
	}
	if _, err := h.dialog.Edit(t.Context(), h.in, "client-3", second.ID, "Haben Sie Kaffee?"); err != nil {
		t.Fatal(err)
	}
	about(second, "Translation: [de>en] Haben Sie Kaffee?")
	h.says(t, "client-4", "42 🍵")
	same := h.says(t, "client-5", "OK")
	about(h.says(t, "client-6", "Danke"), "Translation: [de>en] Danke")
	if some, err := h.store.NoticesAbout(t.Context(), h.in.Visitor, same.ID); err != nil || some {
		t.Errorf("what needs no translation has one: %t, %v", some, err)
	}
	if slices.Contains(h.script.asked, "42 🍵") {
		t.Error("what has no words was to be translated")
	}
	if _, err := h.dialog.Redact(t.Context(), h.in, "client-7", second.ID); err != nil {
		t.Fatal(err)
	}
	all, err := h.store.AllEntriesAfter(t.Context(), h.in.Visitor, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if strings.Contains(e.Content.Text+e.Content.HTML, "Tee") || strings.Contains(e.Content.Text, "Kaffee") {
			t.Errorf("of the removed message there is still %+v", e)
		}
	}
	h.commands(t, "!translate off")
	last := h.says(t, "client-8", "Tschüss")
	if some, err := h.store.NoticesAbout(t.Context(), h.in.Visitor, last.ID); err != nil || some {
		t.Errorf("it is translated still: %t, %v", some, err)
	}
	for _, e := range h.shown(t) {
		if strings.Contains(e.Content.Text, "Translation") {
			t.Errorf("the visitor sees %+v", e)
		}
	}
}

// A draft in the visitor's language says what it means.
func TestADraftInAnotherLanguageIsExplained(t *testing.T) {
	h := startHelped(t, config.English)
	h.says(t, "client-1", "Hallo")
	h.commands(t, "!translate on")
	h.script.set(func(s *script) { s.draft = says("Guten Tag!") })
	_, event := h.commands(t, "!suggest")
	c := h.threadOf(t, event).Content
	if !strings.HasPrefix(c.Text, "Guten Tag!\nThat means:\n[de>en] Guten Tag!\n") || c.Draft.Text != "Guten Tag!" {
		t.Errorf("operators read %q", c.Text)
	}
	if h.script.hints[0] != "/de" {
		t.Errorf("it was asked for %q", h.script.hints[0])
	}
}

// That translating fails is told once.
func TestAFailingTranslationIsToldOnce(t *testing.T) {
	h := startHelped(t, config.English)
	h.says(t, "client-1", "Hallo")
	h.script.set(func(s *script) { s.translate = nil })
	h.commands(t, "!translate on")
	h.told(t, "that it fails", func(e chat.Entry) bool {
		return strings.HasPrefix(e.Content.Text, "Not translated: the assistant does not answer")
	})
	h.says(t, "client-2", "Sind Sie da?")
	_, event := h.commands(t, "!summary") // once that is there, the message was tried
	h.threadOf(t, event)
	all, err := h.store.AllEntriesAfter(t.Context(), h.in.Visitor, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range all {
		if strings.Contains(e.Content.Text, "Not translated") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("it was told %d times: %+v", n, all)
	}
}
