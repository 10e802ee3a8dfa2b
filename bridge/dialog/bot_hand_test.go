package dialog

import (
	"context"
	"errors"
	"slices"
	"testing"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// person hands over who looks at the prices, before a first word.
const person = `
on:
  - page: { url: "/prices*" }
steps:
  - handoff: { say: "I am calling a colleague.", reason: "looks at the prices", assign: "@anna:example.org", notify: [email] }
`

// calls is a desk that remembers who is called.
type calls struct {
	noDesk
	all []Call
}

func (d *calls) HandedOff(_ context.Context, _ *config.Site, _ store.Visitor, c Call) error {
	d.all = append(d.all, c)
	return nil
}

func (c *core) stands(t *testing.T) store.Dialog {
	t.Helper()
	stands, err := c.store.Dialog(t.Context(), c.in.Visitor)
	must(t, err)
	return stands
}

// Whom the bot calls before the visitor's first act comes with that act, once.
func TestACallBeforeTheFirstActIsKept(t *testing.T) {
	c := newBot(t, map[string]string{"person": person})
	called := &calls{}
	c.ServeDesk(called)
	site, _ := c.Site("shop")
	triggers, _ := c.PageTriggers("shop")
	must(t, c.Visited(t.Context(), c.in, "client-1", triggers[0].Key))
	c.hear(t)
	c.hears(t, "I am calling a colleague.")
	if stands := c.stands(t); stands.Status != store.StatusNew || len(called.all) > 0 {
		t.Fatalf("before the first act: %+v, called %+v", stands, called.all)
	}
	c.says(t, "client-2", "Hi")
	c.says(t, "client-3", "Is anybody there?")
	stands := c.stands(t)
	if stands.Assignee != "@anna:example.org" || stands.WaitingSince.IsZero() || !stands.Called || !stands.Promised {
		t.Errorf("after the first act: %+v", stands)
	}
	if len(called.all) != 1 || called.all[0].Text != "looks at the prices" || called.all[0].Said != "Hi" || !slices.Equal(called.all[0].By, []string{"email"}) {
		t.Errorf("called: %+v", called.all)
	}
	if invited, err := c.Invited(t.Context(), site, c.in.Visitor); err != nil || !slices.Equal(invited, []id.UserID{"@anna:example.org"}) {
		t.Errorf("invited: %v, %v", invited, err)
	}
}

// What was not opened is not closed: else the first message would reopen it.
func TestTheBotClosesNothingBeforeTheFirstAct(t *testing.T) {
	c := newBot(t, map[string]string{
		"bye": "on: [ { event: cart } ]\nsteps:\n  - say: Bye\n  - close\n", "again": "on: [ { dialog: reopened } ]\nsteps:\n  - say: again\n",
	})
	must(t, c.Happened(t.Context(), c.in, "client-1", "cart", nil))
	c.hear(t)
	c.hears(t, "Bye")
	if stands := c.stands(t); stands.Status != store.StatusNew {
		t.Errorf("the dialog is %s", stands.Status)
	}
	c.says(t, "client-2", "Hi")
	c.hear(t)
	c.hears(t, "Bye")
	must(t, c.Happened(t.Context(), c.in, "client-3", "cart", nil))
	c.hear(t)
	if stands := c.stands(t); stands.Status != store.StatusClosed {
		t.Errorf("who has acted: the dialog is %s", stands.Status)
	}
}

// Who was promised a person waits for one, in all the bot's later turns, until an
// operator answers.
func TestOnlyAPersonEndsTheWaitForOne(t *testing.T) {
	c := newBot(t, map[string]string{
		"greeting": greeting, "open": "on: [ { keywords: [human] } ]\nsteps:\n  - open\n  - say: Somebody comes\n",
		"tea": "on: [ { keywords: [tea] } ]\nsteps:\n  - say: Green\n",
	})
	c.says(t, "client-1", "a human")
	c.hear(t)
	c.says(t, "client-2", "tea")
	c.hear(t)
	c.hears(t, "Somebody comes", "Green")
	if stands := c.stands(t); stands.WaitingSince.IsZero() {
		t.Errorf("the bot's next word ended the wait: %+v", stands)
	}
	c.answers(t, "$1")
	must(t, c.LetBotSpeak(t.Context(), c.in.Visitor))
	c.says(t, "client-3", "tea")
	c.hear(t)
	if stands := c.stands(t); !stands.WaitingSince.IsZero() || stands.Promised {
		t.Errorf("an operator answered, and then the bot: %+v", stands)
	}
}

// What changes in the dialog while a turn is computed makes it be computed again.
func TestInvariant10ATurnIsOfTheDialogAsItStands(t *testing.T) {
	c := newBot(t, map[string]string{"greeting": greeting})
	for what, change := range map[string]func() error{
		"assigned": func() error {
			_, err := c.Assign(t.Context(), c.in.Visitor, "", "@anna:example.org")
			return err
		},
		"closed": func() error { _, err := c.Close(t.Context(), c.in.Visitor); return err },
	} {
		must(t, c.tellBot(t.Context(), c.in.Visitor, what, talk.Event{Kind: talk.Happened, Name: "cart"}))
		late := c.begun(t)
		must(t, change())
		if err := c.commit(t.Context(), late); !errors.Is(err, errStale) {
			t.Errorf("%s: the turn was kept: %v", what, err)
		}
	}
}
