package dialog

import (
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// What the bot asks when a dialog is closed is answered in the closed dialog: a
// rating opens it no more than its reason does, rings nobody, and closes it no
// second time. Words that are no answer open it, and so does the press of a button
// of before.
func TestAnAnswerToWhatWasAskedAtTheCloseOpensNothing(t *testing.T) {
	c := newBot(t, map[string]string{
		"hi": "on: [ { keywords: [hi] } ]\nsteps:\n  - say: Hello\n    buttons: [ { text: More } ]\n  - say: More it is\n",
		"bye": "on: [ { dialog: closed } ]\nsteps:\n" +
			"  - { ask: How was it, type: rating, save: stars }\n  - { ask: Why, save: why }\n" +
			"  - say: Anything else?\n    buttons: [ { text: No }, { text: A person, goto: person } ]\n  - say: Thanks\n  - close\n  - end\n" +
			"  - label: person\n  - handoff\n",
		"again": "on: [ { dialog: reopened } ]\nsteps: [ { note: again } ]\n",
	})
	closes := func() {
		t.Helper()
		if closed, err := c.Close(t.Context(), c.in.Visitor); err != nil || !closed {
			t.Fatalf("closed: %t, %v", closed, err)
		}
		c.hear(t)
	}
	answer := func(client chat.ClientID, message int, a chat.Answer) {
		t.Helper()
		told := c.told(t)
		a.Entry = told[len(told)-1-message].ID
		_, err := c.Say(t.Context(), c.in, Message{Client: client, Text: "an answer", Answer: &a})
		must(t, err)
	}
	button := func(place int) chat.Answer { return chat.Answer{Button: &place} }
	is := func(want store.Status, when string) {
		t.Helper()
		c.hear(t)
		if stands := c.stands(t); stands.Status != want || want == store.StatusClosed && !stands.WaitingSince.IsZero() {
			t.Errorf("%s: the dialog is %s, and waits since %s", when, stands.Status, stands.WaitingSince)
		}
	}
	c.says(t, "client-1", "hi")
	c.hear(t)
	closes()
	answer("client-2", 0, chat.Answer{Value: "4"})
	is(store.StatusClosed, "rated")
	c.says(t, "client-3", "It was quick.")
	is(store.StatusClosed, "told why")
	answer("client-4", 0, button(0))
	is(store.StatusClosed, "said that it was all")
	c.hears(t, "Hello", "How was it", "Why", "Anything else?", "Thanks")

	c.says(t, "client-5", "thanks")
	is(store.StatusOpen, "wrote when nothing was asked")
	closes()
	c.says(t, "client-6", "it broke again")
	is(store.StatusOpen, "wrote what is no rating")
	closes()
	answer("client-7", 0, chat.Answer{Value: "9"})
	is(store.StatusOpen, "sent what is no rating")
	closes()
	answer("client-8", 0, chat.Answer{Value: "1"})
	c.hear(t)
	c.says(t, "client-9", "It was slow.")
	c.hear(t)
	answer("client-10", 0, button(1))
	is(store.StatusOpen, "wanted a person")
}

// A button of before the close opens the dialog, as words do.
func TestAButtonOfBeforeTheCloseOpensTheDialog(t *testing.T) {
	c := newBot(t, map[string]string{"hi": "on: [ { keywords: [hi] } ]\nsteps:\n  - say: Hello\n    buttons: [ { text: More } ]\n  - say: More it is\n"})
	c.says(t, "client-1", "hi")
	c.hear(t)
	if _, err := c.Close(t.Context(), c.in.Visitor); err != nil {
		t.Fatal(err)
	}
	c.hear(t)
	first := 0
	_, err := c.Say(t.Context(), c.in, Message{Client: "client-2", Answer: &chat.Answer{Entry: c.told(t)[0].ID, Button: &first}})
	must(t, err)
	if stands := c.stands(t); stands.Status != store.StatusOpen {
		t.Errorf("the dialog is %s", stands.Status)
	}
}
