package dialog

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
)

// A page that tells of events for ever makes the bot say only so much to a visitor
// who never acted; what was said last goes into the room.
func TestTheBotSaysLittleToWhoNeverActs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newBot(t, map[string]string{
			"cart":  "on: [ { event: cart } ]\nsteps:\n  - say: one\n  - say: two\n  - say: three\n",
			"later": "on: [ { event: later } ]\nsteps:\n  - pause: 1h\n  - say: later\n",
		})
		n := 0
		happens := func(name string) {
			t.Helper()
			n++
			must(t, c.Happened(t.Context(), c.in, chat.ClientID(fmt.Sprintf("event-%d", n)), name, nil))
			c.hear(t)
		}
		happens("later")
		for range 10 {
			happens("cart")
		}
		if said := len(c.told(t)); said != 21 {
			t.Fatalf("the bot said %d things", said)
		}
		pass(2 * time.Hour)
		c.hear(t)
		stands, err := c.store.BotState(t.Context(), c.in.Visitor)
		if err != nil || !stands.Due.IsZero() || len(c.told(t)) != 21 {
			t.Errorf("time brings %+v, %v", stands, err)
		}
		c.says(t, "client-1", "Hi")
		unsent, err := c.store.Unsent(t.Context(), c.in.Visitor, 100)
		must(t, err)
		if len(unsent) != mostEarly+1 || unsent[0].Content.Text != "two" || unsent[mostEarly].Content.Text != "Hi" {
			t.Errorf("%d entries are on their way, from %q", len(unsent), unsent[0].Content.Text)
		}
		happens("cart")
		if said := len(c.told(t)); said != 24 {
			t.Errorf("after the first act the bot said %d things", said)
		}
	})
}

// A chain that says nothing itself is held as well.
func TestTheBotDoesLittleForWhoNeverActs(t *testing.T) {
	c := newBot(t, map[string]string{"cart": "on: [ { event: cart } ]\nsteps: [ { request: { url: \"https://crm.example/\" } } ]\n"})
	ask := func(client chat.ClientID) int {
		t.Helper()
		must(t, c.Happened(t.Context(), c.in, client, "cart", nil))
		next := c.begun(t)
		must(t, c.commit(t.Context(), next))
		return len(next.actions)
	}
	if ask("client-1") == 0 {
		t.Fatal("nothing is asked")
	}
	stands, err := c.store.BotState(t.Context(), c.in.Visitor)
	must(t, err)
	for stands.Version < mostEarlyTurns {
		same, err := c.store.SetBotState(t.Context(), c.in.Visitor, stands)
		must(t, err)
		if !same {
			t.Fatal("there was another turn")
		}
		stands.Version++
	}
	if n := ask("client-2"); n != 0 {
		t.Errorf("%d things are done", n)
	}
}

// What the site says first is the bot's word too: taken into the chat for ever, in turn,
// it fills no journal of one who never acts.
func TestTheSiteSaysLittleFirstToWhoNeverActs(t *testing.T) {
	c := newCore(t)
	c.in.Site.Widget.Proactive = []config.Proactive{
		{Name: "cart", Text: config.Text{config.English: "Questions?"}},
		{Name: "help", Text: config.Text{config.English: "Hello!"}},
	}
	n := 0
	open := func() int64 {
		t.Helper()
		n++
		must(t, c.Proactive(t.Context(), c.in, chat.ClientID(fmt.Sprintf("client-%d", n)), c.in.Site.Widget.Proactive[n%2].Name, config.English))
		marks, err := c.Marks(t.Context(), c.in.Visitor)
		must(t, err)
		return marks.Last
	}
	for range 2 * mostEarly {
		open()
	}
	if last := open(); last != mostEarly {
		t.Errorf("the journal goes on to %d", last)
	}
	said, err := c.Say(t.Context(), c.in, Message{Client: "message-1", Text: "Hi"})
	must(t, err)
	if last := open(); last != said.Seq+1 {
		t.Errorf("after the first act the journal goes on to %d", last)
	}
}

// However much the bot said before the first act, what was filled in goes into the room.
func TestAFormGoesIntoTheRoomBeforeWhatTheBotSaid(t *testing.T) {
	c := newBot(t, map[string]string{"cart": "on: [ { event: cart } ]\nsteps:\n  - say: one\n  - say: two\n  - say: three\n"})
	c.in.Site.Widget.Forms.Start = &config.Form{Fields: []config.FormField{{Type: config.FieldName}}}
	form, err := c.Fill(t.Context(), c.in, "form-0001", formStart, map[string]string{"name": "Ann"})
	must(t, err)
	for n := range 10 {
		must(t, c.Happened(t.Context(), c.in, chat.ClientID(fmt.Sprintf("event-%d", n)), "cart", nil))
		c.hear(t)
	}
	c.says(t, "client-1", "Hi")
	unsent, err := c.store.Unsent(t.Context(), c.in.Visitor, 100)
	must(t, err)
	if len(unsent) != mostEarly+2 || unsent[0].ID != form.ID || unsent[1].Content.Text != "two" {
		t.Errorf("%d entries are on their way, from %+v", len(unsent), unsent[0])
	}
}
