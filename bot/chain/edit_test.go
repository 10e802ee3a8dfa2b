package chain_test

import (
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bot"
	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// TestTimeoutThatWasTakenAway: who edits a chain so that it waits for ever means
// those too who are asked already.
func TestTimeoutThatWasTakenAway(t *testing.T) {
	for _, step := range []string{"ask: A\n    save: a", "say: A\n    buttons: [ { text: B } ]"} {
		step = "on: [ { keywords: [go] } ]\nsteps:\n  - " + step
		before, _ := chain.Load(folder(step+"\n    timeout: 1h\n  - say: Late\n", nil), options())
		after, _ := chain.Load(folder(step+"\n  - say: Late\n", nil), options())
		at := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
		state, _ := bot.Turn(before, bot.State{}, talk.Input{ID: "i1", At: at, Event: says("go")})
		state, actions := bot.Turn(after, state, talk.Input{ID: "i2", At: at.Add(2 * time.Hour), Event: talk.Event{Kind: talk.Tick}})
		if len(actions) > 0 || len(state.Runs) != 1 || !state.Due().IsZero() {
			t.Errorf("%s: %s, due %s", step, written(t, actions), state.Due())
		}
	}
}

// TestChoicesThatMoved: who presses a choice in a form of before an edit means what it
// read, wherever that stands now.
func TestChoicesThatMoved(t *testing.T) {
	asks := func(choices string) *chain.Set {
		t.Helper()
		set, faults := chain.Load(folder("on: [ { keywords: [go] } ]\nsteps: [ { ask: Q, type: choice, "+choices+", save: a } ]", nil), options())
		if set == nil {
			t.Fatal(faults)
		}
		return set
	}
	const again = `Say {"text":"`
	for _, c := range []struct{ name, before, after, text, reply, want string }{
		{"one more before it", "choices: [A, B]", "choices: [New, A, B]", "A", "0", `Set {"name":"a","value":"A"}`},
		{"the same", "choices: [A, B]", "choices: [A, B, C]", "B", "1", `Set {"name":"a","value":"B"}`},
		{"several", "many: true, choices: [A, B, C]", "many: true, choices: [C, New, B, A]", "A, C", "0,2", `Set {"name":"a","value":"[\"C\",\"A\"]"}`},
		{"gone", "choices: [A, B]", "choices: [B, C]", "A", "0", again},
		{"the last ones gone", "choices: [New, A, B]", "choices: [A, B]", "B", "2", `Set {"name":"a","value":"B"}`},
		{"in another language", "choices: [ { en: A, ru: Б }, C ]", "choices: [ { en: A, ru: Б }, C ]", "Б", "0", `Set {"name":"a","value":"A"}`},
		{"with values", `choices: [ "{{ site.shop }}", B ]`, `choices: [ "{{ site.shop }}", B ]`, "Another shop", "0", `Set {"name":"a","value":"Tea & Co"}`},
	} {
		at := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
		state, _ := bot.Turn(asks(c.before), bot.State{}, talk.Input{ID: "i1", At: at, Event: says("go")})
		pressed := talk.Event{Kind: talk.Said, Text: c.text, Reply: c.reply, ReplyTo: "main#start+1"}
		_, actions := bot.Turn(asks(c.after), state, talk.Input{ID: "i2", At: at, Event: pressed})
		if got := written(t, actions); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
