package bot_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bot"
	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// fataler is a test, or one of rapid's.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

func encode(t fataler, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("cannot be written: %v", err)
	}
	return text
}

func decode(t fataler, text []byte) (s bot.State) {
	t.Helper()
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatalf("cannot be read: %v", err)
	}
	return s
}

// obey does a turn from a kept state and checks what holds for every turn.
func obey(t fataler, set *chain.Set, kept []byte, in talk.Input) ([]byte, []talk.Action) {
	t.Helper()
	was := decode(t, kept)
	state, actions := bot.Turn(set, was, in)
	after := encode(t, state)
	if again := encode(t, decode(t, after)); !bytes.Equal(after, again) {
		t.Fatalf("the state changes on disk:\n%s\n%s", after, again)
	}
	if !bytes.Equal(encode(t, was), encode(t, decode(t, kept))) {
		t.Fatalf("the turn changes the state that it was given")
	}
	other, same := bot.Turn(set, decode(t, kept), shuffled(in))
	if got := encode(t, other); !bytes.Equal(after, got) || !reflect.DeepEqual(actions, same) {
		t.Fatalf("the same input has another outcome:\n%s %+v\n%s %+v", after, actions, got, same)
	}
	twice, more := bot.Turn(set, decode(t, after), in)
	if got := encode(t, twice); len(more) > 0 || !bytes.Equal(after, got) {
		t.Fatalf("the same input once more does something: %+v\n%s\n%s", more, after, got)
	}
	timely(t, state, in, actions)
	sound(t, state)
	quiet(t, was, state, in, actions)
	valid(t, actions)
	assisted(t, was, state, in, actions)
	return after, actions
}

// shuffled is an input whose maps were filled in another order.
func shuffled(in talk.Input) talk.Input {
	values := map[string]string{}
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(in.Facts.Variables))) {
		values[name] = in.Facts.Variables[name]
	}
	in.Facts.Variables, in.Facts.Tags = values, slices.Clone(in.Facts.Tags)
	return in
}

// timely is broken by a timer that is due still after its time, and would be for
// ever: after many steps the rest is done in the next turn.
func timely(t fataler, s bot.State, in talk.Input, actions []talk.Action) {
	t.Helper()
	due := s.Due()
	if in.Event.Kind == talk.Tick && !due.IsZero() && !due.After(in.At) && steps(actions) < 100 { // the one that is too many is not done
		t.Fatalf("after a tick at %s the bot is due at %s: %s", in.At, due, encode(t, s))
	}
}

// steps is how many were done in a turn.
func steps(actions []talk.Action) (n int) {
	for _, a := range actions {
		if c, ok := a.(talk.Count); ok && c.What == talk.Entered {
			n++
		}
	}
	return n
}

// sound is about the state alone.
func sound(t fataler, s bot.State) {
	t.Helper()
	const mostRuns, mostInputs, mostBytes = 20, 50, 100_000
	ids, questions := map[string]bool{}, 0
	for _, r := range s.Runs {
		if ids[r.ID] || r.Wait == nil || r.Steps > 100 {
			t.Fatalf("a run is wrong: %s", encode(t, s))
		}
		if ids[r.ID] = true; r.Wait.ForVisitor() {
			questions++
		}
		if r.Wait.For == chain.ForReply && (r.Wait.Request == "" || r.Wait.Until.IsZero()) {
			t.Fatalf("an assistant is waited for without end: %s", encode(t, s))
		}
	}
	if questions > 1 || len(s.Runs) > mostRuns || len(s.Inputs) > mostInputs || len(encode(t, s)) > mostBytes {
		t.Fatalf("the state is too large, or asks %d questions: %s", questions, encode(t, s))
	}
}

// quiet is broken by a bot that speaks while operators have the dialog, and by one
// that is silent to words that it waits for.
func quiet(t fataler, was, after bot.State, in talk.Input, actions []talk.Action) {
	t.Helper()
	says := slices.ContainsFunc(actions, func(a talk.Action) bool { _, ok := a.(talk.Say); return ok })
	free := func(r *chain.Run) bool { return r.Free }
	if in.Facts.Silent {
		calls := slices.ContainsFunc(slices.Collect(maps.Keys(was.Clocks)), func(key string) bool { return strings.Contains(key, "/operator_silent/") })
		allowed := in.Event.Kind == talk.Started || in.Event.Kind == talk.Tick && calls || slices.ContainsFunc(was.Runs, free) ||
			in.Event.Kind == talk.Said && (chain.IsStop(in.Event.Text) || chain.IsStart(in.Event.Text)) // which is confirmed
		if says && !allowed {
			t.Fatalf("the silent bot speaks at %+v: %+v", in.Event, actions)
		}
		return
	}
	called := false
	for _, a := range actions {
		if _, isSay := a.(talk.Say); isSay && called {
			t.Fatalf("the bot speaks after it called a person: %+v", actions)
		}
		hand, isHand := a.(talk.Hand)
		called = called || isHand && hand.Stop
	}
	waits := slices.ContainsFunc(was.Runs, func(r *chain.Run) bool { return r.Wait.ForVisitor() && !r.Held })
	unmatched := slices.ContainsFunc(actions, func(a talk.Action) bool { _, ok := a.(talk.Unmatched); return ok })
	entered := slices.ContainsFunc(actions, func(a talk.Action) bool { c, ok := a.(talk.Count); return ok && c.What == talk.Entered })
	if waits && unmatched && !says && !entered && slices.ContainsFunc(after.Runs, func(r *chain.Run) bool { return r.Wait.ForVisitor() }) {
		t.Fatalf("the bot is silent to words that it waits for: %+v", in.Event)
	}
}

// evil is in every name and value of what a model wants and may not.
const evil = "evil"

// assisted is about assistants: they say but what somebody waits for, do nothing that
// they may not, and leave nobody without a word.
func assisted(t fataler, was, after bot.State, in talk.Input, actions []talk.Action) {
	t.Helper()
	asked, spoken := 0, false
	for _, a := range actions {
		wicked := false
		switch a := a.(type) {
		case talk.Say:
			spoken = true
			if b := a.Byline; b != nil && (b.Stream != in.Event.Request || !was.Awaits(b.Stream) || after.Awaits(b.Stream)) {
				t.Fatalf("an assistant says what nobody waits for: %+v, of %s", a, encode(t, was))
			}
		case talk.Generate:
			spoken = true
			asked++
		case talk.Set:
			wicked = strings.Contains(a.Name+a.Value, evil)
		case talk.Tag:
			wicked = strings.Contains(a.Tag, evil)
		case talk.Hand:
			wicked = strings.Contains(a.Reason, evil)
		}
		if wicked {
			t.Fatalf("an assistant does what it may not: %+v", a)
		}
	}
	const mostAsked = 5
	if after.Asked > mostAsked || after.Asked < asked {
		t.Fatalf("assistants were asked %d times: %s", asked, encode(t, after))
	}
	reply := &talk.Reply{}
	if in.Event.Response != nil && in.Event.Response.Reply != nil {
		reply = in.Event.Response.Reply
	}
	for _, r := range was.Runs {
		waited := r.Wait.For == chain.ForReply && r.Wait.Awaits(in.Event.Request) && !r.Held && !in.Facts.Silent
		stays := slices.ContainsFunc(after.Runs, func(now *chain.Run) bool { return now.ID == r.ID && now.Chain == r.Chain && now.Step == r.Step })
		if waited && stays && !spoken && reply.Failed != talk.FailedCut {
			t.Fatalf("the visitor is left without a word: %+v", in.Event.Response)
		}
	}
}

// valid is about what goes out: text that can be kept and shown.
func valid(t fataler, actions []talk.Action) {
	t.Helper()
	for _, a := range actions {
		text := ""
		switch a := a.(type) {
		case talk.Say:
			if text = a.Text; a.Offer != nil {
				for _, b := range a.Offer.Buttons {
					text += b.Text
				}
			}
		case talk.Set:
			text = a.Value
		case talk.Tag:
			text = a.Tag
		case talk.Note:
			text = a.Text
		case talk.Fault:
			text = a.Text
		}
		if !utf8.ValidString(text) || utf8.RuneCountInString(text) > chain.MaxText+1000 {
			t.Fatalf("%T has a text that is none: %q", a, text)
		}
	}
}

// loaded reads chains from a folder of testdata.
func loaded(tb testing.TB, folder string, o chain.Options) *chain.Set {
	tb.Helper()
	set, faults := chain.Load(osFolder(folder), o)
	if set == nil {
		tb.Fatal(faults.Errors())
	}
	return set
}
