package dialog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bot"
	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// The bot says nothing to who is shut out, also what operators order or their
// silence brings. What it has to hear waits for the end of that.
func TestTheBotIsSilentForWhoIsBlocked(t *testing.T) {
	c := newBot(t, map[string]string{"greeting": greeting, "ordered": "steps:\n  - say: As ordered\n"})
	c.says(t, "client-1", "Hi")
	must(t, c.Block(t.Context(), c.in.Visitor, true))
	if there, err := c.StartChain(t.Context(), store.Visitor{ID: c.in.Visitor, Site: "shop"}, "ordered", "$1"); err != nil || !there {
		t.Fatal(there, err)
	}
	c.hear(t)
	c.hears(t)
	must(t, c.Block(t.Context(), c.in.Visitor, false))
	c.hear(t)
	c.hears(t, "Hello you!", "As ordered")
}

// A block of an address silences the bot for all who come from there, until it is
// lifted, goes with the visitor whose it was, or they come from elsewhere.
func TestTheBotIsSilentAtABlockedAddress(t *testing.T) {
	c := newBot(t, map[string]string{"greeting": greeting, "ordered": "steps:\n  - say: As ordered\n"})
	other, err := c.Enter(t.Context(), "shop", strings.Repeat("o", 43), store.Device{})
	must(t, err)
	must(t, c.CameFrom(t.Context(), c.in.Visitor, "home"))
	must(t, c.CameFrom(t.Context(), other.Visitor, "home"))
	rude := store.Visitor{ID: other.Visitor, Site: "shop"}
	block := func() {
		t.Helper()
		if fresh, known, err := c.BlockAddress(t.Context(), rude); err != nil || !fresh || !known {
			t.Fatal(fresh, known, err)
		}
	}
	woken := func() bool {
		c.bot.turns.mu.Lock()
		defer c.bot.turns.mu.Unlock()
		is := c.bot.turns.state[c.in.Visitor] != nil
		c.bot.turns.state, c.bot.turns.line = map[chat.VisitorID]*turning{}, nil
		return is
	}
	c.says(t, "client-1", "Hi")
	late := c.begun(t)
	block()
	if err := c.commit(t.Context(), late); !errors.Is(err, errStale) {
		t.Errorf("a turn from before the block was kept: %v", err)
	}
	said := []string{}
	for n, lifts := range []func() error{
		func() error { return c.UnblockAddress(t.Context(), rude) },
		func() error { return c.CameFrom(t.Context(), c.in.Visitor, "work") },
		func() error {
			return c.Erase(t.Context(), rude.ID, "@anna:example.org", func(context.Context, store.Visitor) error { return nil })
		},
	} {
		if n == 2 {
			must(t, c.CameFrom(t.Context(), c.in.Visitor, "home")) // which the door would not let in
		}
		c.hear(t)
		c.hears(t, said...)
		woken()
		must(t, lifts())
		if !woken() {
			t.Errorf("%d: the bot does not look what waits", n)
		}
		c.hear(t)
		said = append(said, []string{"Hello you!", "As ordered", "As ordered"}[n])
		c.hears(t, said...)
		if n == 0 {
			block()
		}
		_, err := c.StartChain(t.Context(), store.Visitor{ID: c.in.Visitor, Site: "shop"}, "ordered", fmt.Sprint("$", n))
		must(t, err)
	}
}

// A turn that breaks off ends the chains under way, and forgets neither that the
// visitor wants no messages nor what happened once for all.
func TestATurnThatBreaksOffForgetsLittle(t *testing.T) {
	c := newBot(t, map[string]string{"greeting": greeting})
	c.says(t, "client-1", "Hi")
	late := c.begun(t)
	past, later := now().Add(-time.Minute), now().Add(time.Hour)
	late.set, late.faults = nil, nil // which no turn can be taken with
	late.before.State, late.was = "", bot.State{
		Version: bot.Version, Met: true, Memory: chain.Memory{Unsubscribed: true}, Runs: []*chain.Run{{ID: "1", Chain: "greeting"}},
		LastStart: map[string]time.Time{"once": past}, Clocks: map[string]time.Time{"past": past, "later": later},
	}
	c.think(late)
	after := late.after
	if len(late.faults) != 1 || late.faults[0].Code != "panic" || len(late.actions) > 0 || len(after.Runs) > 0 {
		t.Fatalf("faults %+v, actions %+v, runs %+v", late.faults, late.actions, after.Runs)
	}
	if !after.Met || !after.Unsubscribed || after.LastStart["once"] != past || !after.Clocks["past"].IsZero() || after.Clocks["later"] != later {
		t.Errorf("after it: %+v", after)
	}
	must(t, c.commit(t.Context(), late))
	c.hear(t)
	c.hears(t)
}

// What cannot be read is passed over, and a turn that cannot be kept is left out
// at the third time: both are told, and the bot goes on with what comes after.
func TestInvariant04NothingStopsTheBotForEver(t *testing.T) {
	c := newBot(t, map[string]string{"greeting": greeting, "cart": "on: [ { event: cart } ]\nsteps:\n  - alert: Look\n"})
	told := &stubborn{}
	c.ServeDesk(told)
	_, err := c.store.AddBotInput(t.Context(), c.in.Visitor, store.BotInput{Key: "odd", Event: "{", At: now()})
	must(t, err)
	must(t, c.Happened(t.Context(), c.in, "client-1", "cart", nil))
	c.says(t, "client-2", "Hi")
	take := func(failed int) error {
		t.Helper()
		_, _, err := c.takeTurn(t.Context(), c.in.Visitor, &turning{failed: failed})
		return err
	}
	must(t, take(0))
	for failed := range botTries - 1 {
		if err := take(failed); !errors.Is(err, errStubborn) {
			t.Fatalf("after %d failures: %v", failed, err)
		}
	}
	must(t, take(botTries-1))
	c.hear(t)
	c.hears(t, "Hello you!")
	if len(told.all) != 2 || !strings.Contains(told.all[0].Text, "cannot be read") || !strings.Contains(told.all[1].Text, "left out") {
		t.Errorf("told: %+v", told.all)
	}
}

var errStubborn = errors.New("nobody is alerted")

// stubborn is a desk that alerts nobody.
type stubborn struct{ faults }

func (*stubborn) Alerted(context.Context, *config.Site, store.Visitor, Call) error {
	return errStubborn
}

// What a visitor did long ago is not answered any more, nor what others have
// talked past; what it wished, and what others did, is heard however late.
func TestTheBotAnswersNothingOld(t *testing.T) {
	c := newBot(t, map[string]string{
		"tea": "on: [ { keywords: [tea] } ]\nsteps:\n  - say: Green\n", "lead": "on: [ { tag: lead } ]\nsteps:\n  - say: A lead\n",
	})
	waits := func(e talk.Event, age time.Duration) {
		t.Helper()
		event, err := json.Marshal(e)
		must(t, err)
		_, err = c.store.AddBotInput(t.Context(), c.in.Visitor, store.BotInput{Key: once("test"), Event: string(event), At: now().Add(-age)})
		must(t, err)
	}
	tea := talk.Event{Kind: talk.Said, Text: "tea"}
	waits(tea, answersAtMost)
	c.hear(t)
	c.hears(t)
	waits(tea, answersAtMost-time.Minute) // since when nobody has said anything
	c.hear(t)
	c.hears(t, "Green")
	c.says(t, "client-1", "Hello?")
	c.hear(t)
	waits(tea, answersAfterOthers)
	c.hear(t)
	c.hears(t, "Green")
	waits(tea, answersAfterOthers-time.Minute)
	waits(talk.Event{Kind: talk.Tagged, Name: "lead"}, 2*answersAtMost)
	waits(talk.Event{Kind: talk.Said, Text: "/stop"}, 2*answersAtMost)
	c.hear(t)
	c.hears(t, "Green", "Green", "A lead", "You will get no more messages unless you write. /subscribe turns them on again.")
	if stands, err := c.store.BotState(t.Context(), c.in.Visitor); err != nil || !strings.Contains(stands.State, `"unsubscribed":true`) {
		t.Errorf("an old wish is lost: %s, %v", stands.State, err)
	}
}
