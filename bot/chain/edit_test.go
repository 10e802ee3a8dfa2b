package chain_test

import (
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
