package dialog

import (
	"context"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

func (*faults) Command(context.Context, Command) (markup.Text, error) { return markup.Text{}, nil }

// What was due while the bot was switched off waits, without a turn meanwhile,
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
	must(t, c.SilenceBot(t.Context(), c.in.Visitor, "@anna:localhost", 0))
	c.hear(t)
	c.hears(t)
	if stands, err = c.store.BotState(t.Context(), c.in.Visitor); err != nil || !stands.Due.IsZero() {
		t.Errorf("the bot looks again at %s, %v", stands.Due, err)
	}
	must(t, c.LetBotSpeak(t.Context(), c.in.Visitor))
	c.hear(t)
	c.hears(t, "later")
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
