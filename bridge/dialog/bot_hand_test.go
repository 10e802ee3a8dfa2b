package dialog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/chat"
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

// twoCalls is a bot that calls one operator for what a visitor put into the cart, and
// another for a price that it looks at.
func twoCalls(t *testing.T) (*core, *calls) {
	t.Helper()
	c := newBot(t, map[string]string{
		"cart":  "on: [ { event: cart } ]\nsteps:\n  - open: { assign: \"@anna:example.org\", reason: \"a full cart\" }\n",
		"price": "on: [ { event: price } ]\nsteps:\n  - handoff: { assign: \"@bob:example.org\", reason: \"looks at the prices\", pause_bot: 2h }\n",
	})
	site, err := c.Site("shop")
	must(t, err)
	site.Operators = append(site.Operators, "@bob:example.org")
	called := &calls{}
	c.ServeDesk(called)
	return c, called
}

// Of several calls before the first act nothing is lost, and the same one comes once.
func TestAllCallsBeforeTheFirstActAreKept(t *testing.T) {
	c, called := twoCalls(t)
	site, _ := c.Site("shop")
	for n, name := range []string{"cart", "cart", "price"} {
		must(t, c.Happened(t.Context(), c.in, chat.ClientID(fmt.Sprint("client-", n)), name, nil))
		c.hear(t)
	}
	c.says(t, "client-9", "Hi")
	if len(called.all) != 2 || called.all[0].Text != "a full cart" || called.all[1].Text != "looks at the prices" || called.all[0].Origin == called.all[1].Origin {
		t.Errorf("called: %+v", called.all)
	}
	if stands := c.stands(t); stands.Assignee != "@bob:example.org" || !stands.Promised || stands.Bot.On(now()) {
		t.Errorf("after the first act: %+v", stands)
	}
	invited, err := c.Invited(t.Context(), site, c.in.Visitor)
	if slices.Sort(invited); err != nil || !slices.Equal(invited, []id.UserID{"@anna:example.org", "@bob:example.org"}) {
		t.Errorf("invited: %v, %v", invited, err)
	}
}

// Pages that have the bot call for ever leave few calls.
func TestCallsBeforeTheFirstActAreFew(t *testing.T) {
	c, _ := twoCalls(t)
	for n := range 2 * mostEarlyCalls {
		must(t, c.callEarly(t.Context(), c.in.Visitor, handOff{Hand: talk.Hand{Reason: fmt.Sprint(n)}}))
	}
	kept, err := c.earlyCalls(t.Context(), c.in.Visitor)
	if err != nil || len(kept) != mostEarlyCalls || kept[mostEarlyCalls-1].Reason != fmt.Sprint(2*mostEarlyCalls-1) {
		t.Errorf("kept are %+v, %v", kept, err)
	}
}

// Who signs in before its first act is waited for as the user that it is: at once
// where the user has a room, else with the user's first act. The bot is as silent.
func TestCallsGoOnWithWhoSignsIn(t *testing.T) {
	for _, known := range []bool{false, true} {
		c, called := twoCalls(t)
		pass, err := c.Identify(t.Context(), "shop", strings.Repeat("u", 43), Person{Subject: "4711"})
		must(t, err)
		user, err := c.Enter(t.Context(), "shop", pass.Secret, store.Device{})
		must(t, err)
		if known {
			_, err = c.Say(t.Context(), user, Message{Client: "client-0", Text: "Hi"})
			must(t, err)
		}
		for n, name := range []string{"cart", "price"} {
			must(t, c.Happened(t.Context(), c.in, chat.ClientID(fmt.Sprint("client-", n)), name, nil))
			c.hear(t)
		}
		for range 2 { // the second time changes nothing
			_, err = c.Identify(t.Context(), "shop", secret(), Person{Subject: "4711"})
			must(t, err)
		}
		if now := len(called.all); (now > 0) != known {
			t.Fatalf("known %t: called at once are %d", known, now)
		}
		if !known {
			_, err = c.Say(t.Context(), user, Message{Client: "client-0", Text: "Hi"})
			must(t, err)
		}
		before := c.stands(t)
		c.in = user
		if stands := c.stands(t); len(called.all) != 2 || stands.Assignee != "@bob:example.org" || !stands.Promised || stands.Bot != before.Bot || stands.Bot.On(now()) {
			t.Errorf("known %t: called are %+v, and the user's dialog is %+v", known, called.all, stands)
		}
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

// Who wants no messages reads in the silence too that this was heard, and operators see it.
func TestTheWishForNoMessagesIsConfirmedInTheSilence(t *testing.T) {
	c := newBot(t, map[string]string{"greeting": greeting})
	c.says(t, "client-1", "Hi")
	c.answers(t, "$1")
	c.hear(t)
	wanted := func(text string) bool {
		t.Helper()
		c.says(t, chat.ClientID("client"+text), text)
		c.hear(t)
		p, err := c.Profile(t.Context(), c.in.Visitor)
		must(t, err)
		return !p.Unsubscribed
	}
	if !wanted("Hello?") || wanted("/stop") || !wanted("/subscribe") {
		t.Error("it is not known who wants no messages")
	}
	c.hears(t, "You will get no more messages unless you write. /subscribe turns them on again.", "You will get messages again. /stop turns them off.")
}
