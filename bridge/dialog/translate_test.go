package dialog

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bot/gpt/gpttest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// echo is a model that translates by shouting, or as a test says.
type echo struct {
	mu    sync.Mutex
	says  func(ctx context.Context, text string) Writing
	asked []string
}

func (*echo) Draft(context.Context, *config.Site, store.Visitor, string, string) Writing {
	return Writing{}
}

func (*echo) Sum(context.Context, *config.Site, store.Visitor, string) (Writing, int) {
	return Writing{}, 0
}

func (m *echo) Translate(ctx context.Context, _ *config.Site, _ store.Visitor, text, _, _ string) Writing {
	m.mu.Lock()
	m.asked = append(m.asked, text)
	says := m.says
	m.mu.Unlock()
	if says != nil {
		return says(ctx, text)
	}
	return Writing{Text: strings.ToUpper(text)}
}

func (m *echo) let(says func(ctx context.Context, text string) Writing) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.says = says
}

func (m *echo) heard() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.asked)
}

func newTranslated(t *testing.T) (*core, *echo) {
	t.Helper()
	c, m := newCore(t), &echo{}
	c.cfg.Sites["shop"].Bot.Enabled = true
	c.cfg.Sites["shop"].Assistants = map[string]*config.Assistant{"assistant": config.DefaultAssistant("assistant", "")}
	c.ServeScribe(m)
	t.Cleanup(c.translations.stop)
	must(t, c.StartTranslating(t.Context(), c.in.Visitor, "de"))
	return c, m
}

// translated waits for the translation of an event.
func (c *core) translated(t *testing.T, event string, said chat.Content) (chat.Content, Failure) {
	t.Helper()
	for {
		wait, failed, err := c.Translate(t.Context(), c.in.Visitor, event, &said)
		must(t, err)
		if wait == nil {
			return said, failed
		}
		select {
		case <-wait:
		case <-time.After(4 * translateFor):
			t.Fatal("the words are held back for too long")
		}
	}
}

func TestAnOperatorsWordsAreTranslatedWithTheOriginalKept(t *testing.T) {
	c, m := newTranslated(t)
	for range 2 {
		got, failed := c.translated(t, "$1", chat.Content{Text: "with <pleasure>", HTML: "<b>with</b> &lt;pleasure&gt;"})
		if failed != "" || got.Text != "WITH <PLEASURE>" || got.HTML != "<b>WITH</b> &lt;PLEASURE&gt;" || got.Original == nil ||
			*got.Original != (chat.Original{Text: "with <pleasure>", HTML: "<b>with</b> &lt;pleasure&gt;", Language: "en", Into: "de"}) {
			t.Errorf("got %+v %+v, failed %q", got, got.Original, failed)
		}
	}
	if asked := m.heard(); !slices.Equal(asked, []string{"{1}with{/1} <pleasure>"}) {
		t.Errorf("asked were %q", asked)
	}
	for _, text := range []string{"", "🍵 42!", "OK"} { // the last is the same in both
		if got, failed := c.translated(t, "$"+text, chat.Content{Text: text, HTML: "x"}); failed != "" || got.Original != nil || got.Text != text || got.HTML != "x" {
			t.Errorf("%q became %+v, failed %q", text, got, failed)
		}
	}
	if was, err := c.StopTranslating(t.Context(), c.in.Visitor); err != nil || !was {
		t.Fatal(was, err)
	}
	if got, _ := c.translated(t, "$off", chat.Content{Text: "hello"}); got.Text != "hello" {
		t.Errorf("off, and translated to %q", got.Text)
	}
}

// Whatever the model does, the words go on within a few seconds, and an outage costs
// one wait, not one for each message.
func TestAnOperatorsWordsWaitForTheirTranslationButALittle(t *testing.T) {
	c, m := newTranslated(t)
	forever := make(chan struct{})
	t.Cleanup(func() { close(forever) })
	m.let(func(context.Context, string) Writing { <-forever; return Writing{} })
	got, failed := c.translated(t, "$1", chat.Content{Text: "hello"}) // which does not wait for ever
	if failed != FailedEndpoint || got.Text != "hello" || got.Original != nil {
		t.Errorf("got %+v, failed %q", got, failed)
	}
	if _, failed := c.translated(t, "$2", chat.Content{Text: "are you there?"}); failed != FailedEndpoint {
		t.Errorf("failed is %q", failed)
	}
	if asked := m.heard(); len(asked) != 1 {
		t.Errorf("asked were %q", asked)
	}
}

// What is no translation is not sent in an operator's name.
func TestWhatIsNoTranslationIsNotSent(t *testing.T) {
	c, m := newTranslated(t)
	for n, made := range []string{
		"", " \u200b\n", strings.Repeat("blah ", 100),
		"See https://evil.example/x", "see www.evil.example", "go to evil.example/pay", "write to me@evil.example", "mailto:a@b", "tel:+1234",
		"https://shop.example/tea?id=1&to=evil", "HTTPS://EVIL.EXAMPLE",
		"https://shop.example/te", "https://shop.exam", "shop.example/tea", // parts of the link lead elsewhere
	} {
		m.let(func(context.Context, string) Writing { return Writing{Text: made} })
		text := "look at https://shop.example/tea"
		got, failed := c.translated(t, "$"+string(rune('a'+n)), chat.Content{Text: text})
		if failed != FailedRefused || got.Text != text || got.Original != nil {
			t.Errorf("%.30q became %+v, failed %q", made, got, failed)
		}
	}
	for n, text := range []string{"(tea@shop.example)", "see https://shop.example/, please", "go to https://shop.example/a_(b)!"} {
		m.let(func(context.Context, string) Writing { return Writing{Text: "Hier: " + strings.Trim(text, "()!")} })
		if got, failed := c.translated(t, "$ok"+string(rune('a'+n)), chat.Content{Text: text}); failed != "" {
			t.Errorf("%q became %q, failed %q", text, got.Text, failed)
		}
	}
	m.let(func(context.Context, string) Writing {
		return Writing{Text: "Siehe (https://shop.example/tea), z.B. morgen.Gut?\x00\u202e"}
	})
	if got, failed := c.translated(t, "$z", chat.Content{Text: "look at https://shop.example/tea, tomorrow"}); failed != "" || got.Text != "Siehe (https://shop.example/tea), z.B. morgen.Gut?" {
		t.Errorf("a good one became %q, failed %q", got.Text, failed)
	}
}

// Operators read once that words went as they are, and again after it has worked.
func TestUntranslatedWordsAreToldOnce(t *testing.T) {
	c, _ := newTranslated(t)
	told := &tellTale{}
	c.ServeDesk(told)
	hear := func(event string, failed Failure, original *chat.Original) {
		t.Helper()
		_, err := c.Hear(t.Context(), Heard{
			Visitor: c.in.Visitor, Kind: chat.Message, Author: chat.Author{Party: chat.Operator, ID: "@anna:example.org"},
			Content: chat.Content{Text: "x " + event, Original: original}, Origin: event, Untranslated: failed,
		}, func(context.Context, chat.Entry) error { return nil })
		must(t, err)
	}
	made := &chat.Original{Text: "y", Language: "en", Into: "de"}
	hear("$1", FailedEndpoint, nil)
	hear("$2", FailedEndpoint, nil)
	hear("$3", "", made)
	hear("$4", FailedLimit, nil)
	hear("$4", FailedLimit, nil)
	hear("$5", "", nil)
	hear("$6", FailedEndpoint, nil) // another reason
	hear("$7", FailedLimit, nil)
	hear("$8", FailedRefused, nil) // each of them is about its own words
	hear("$9", FailedRefused, nil)
	hear("$10", FailedEndpoint, nil)
	want := []string{"x $1 endpoint", "x $3", "x $4 limit", "x $6 endpoint", "x $8 refused", "x $9 refused"}
	if !slices.Equal(told.all, want) {
		t.Errorf("operators were told of %q, not %q", told.all, want)
	}
}

// Of a dialog that is closed or erased it is not remembered what operators know.
func TestWhatWasToldOfTranslationsIsForgotten(t *testing.T) {
	for name, over := range map[string]func(*core) error{
		"closed": func(c *core) error { _, err := c.Close(t.Context(), c.in.Visitor); return err },
		"erased": func(c *core) error {
			return c.Erase(t.Context(), c.in.Visitor, "@anna:example.org", func(context.Context, store.Visitor) error { return nil })
		},
	} {
		c, _ := newTranslated(t)
		_, err := c.Say(t.Context(), c.in, Message{Client: "message-1", Text: "hallo"})
		must(t, err)
		must(t, c.store.Write(t.Context(), func(ctx context.Context) error {
			c.knowsFailure(ctx, c.in.Visitor, toOperators, FailedEndpoint)
			return nil
		}))
		if !c.errands.failing.known(c.in.Visitor, failing{toOperators, FailedEndpoint}) {
			t.Fatal("it is not remembered while the dialog goes on")
		}
		must(t, over(c))
		if c.errands.failing.known(c.in.Visitor, failing{toOperators, FailedEndpoint}) {
			t.Errorf("after it was %s it is remembered", name)
		}
	}
}

// What operators know of the visitor's words they do not know of their own.
func TestBothDirectionsAreToldOf(t *testing.T) {
	c, m := newTranslated(t)
	told := &tellTale{}
	c.ServeDesk(told)
	m.let(func(context.Context, string) Writing { return Writing{Failed: FailedEndpoint} })
	theirs := c.says(t, "client-1", "Guten Tag")
	who, err := c.store.Visitor(t.Context(), c.in.Visitor)
	must(t, err)
	for range 2 {
		must(t, c.store.Write(t.Context(), func(ctx context.Context) error {
			return c.wroteOut(ctx, store.Errand{Visitor: who.ID, Kind: store.TranslationErrand}, Written{
				Kind: store.TranslationErrand, Order: Order{Entry: theirs.ID}, About: theirs, Writing: Writing{Failed: FailedEndpoint},
			})
		}))
	}
	for _, event := range []string{"$1", "$2"} {
		_, err := c.Hear(t.Context(), Heard{
			Visitor: who.ID, Kind: chat.Message, Author: chat.Author{Party: chat.Operator, ID: "@anna:example.org"},
			Content: chat.Content{Text: "x " + event}, Origin: event, Untranslated: FailedEndpoint,
		}, func(context.Context, chat.Entry) error { return nil })
		must(t, err)
	}
	if want := []string{"read endpoint", "x $1 endpoint"}; !slices.Equal(told.all, want) {
		t.Errorf("operators were told of %q, not %q", told.all, want)
	}
}

// Only an endpoint that is away is left alone for a while: that it does not take one
// text holds up no other dialog.
func TestOneTextThatIsNotTakenHoldsUpNoOther(t *testing.T) {
	for _, c := range []struct {
		reply gpttest.Reply
		rests bool
	}{
		{gpttest.Fails(400, "", "bad request"), false},
		{gpttest.TooLong(), false},
		{gpttest.WrongKey(), false},
		{gpttest.Fails(503, "", "overloaded"), true},
		{gpttest.Busy("60"), true},
	} {
		h := newHelped(t, nil)
		must(t, h.StartTranslating(t.Context(), h.in.Visitor, "de"))
		t.Cleanup(h.translations.stop)
		h.server.Always(c.reply)
		if _, failed := h.translated(t, "$1", chat.Content{Text: "hello"}); failed != FailedEndpoint {
			t.Errorf("%d: failed is %q", c.reply.Status, failed)
		}
		h.server.Always(gpttest.Says("Guten Tag"))
		got, failed := h.translated(t, "$2", chat.Content{Text: "good day"})
		if rests := failed != ""; rests != c.rests || !rests && got.Text != "Guten Tag" {
			t.Errorf("after %d %s the next words became %q, failed %q", c.reply.Status, c.reply.Code, got.Text, failed)
		}
	}
}

// tellTale notes what a desk is told of translations.
type tellTale struct {
	noDesk
	all []string
}

func (d *tellTale) Translated(_ context.Context, _ *config.Site, _, said chat.Entry) error {
	d.all = append(d.all, said.Content.Text)
	return nil
}

func (d *tellTale) Wrote(_ context.Context, _ *config.Site, _ store.Visitor, w Written) error {
	d.all = append(d.all, "read "+string(w.Failed))
	return nil
}

func (d *tellTale) Untranslated(_ context.Context, _ *config.Site, about chat.Entry, why Failure) error {
	d.all = append(d.all, about.Content.Text+" "+string(why))
	return nil
}
