package dialog

import (
	"context"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// firstAnswers are how long visitors of the site waited for a person.
func (c *core) firstAnswers(t *testing.T) []time.Duration {
	t.Helper()
	waits, err := c.store.FirstAnswers(t.Context(), "shop", time.UnixMilli(1))
	must(t, err)
	return waits
}

func (c *core) replies(t *testing.T, v chat.VisitorID, origin string) {
	t.Helper()
	must(t, c.Reply(t.Context(), v, chat.Author{Party: chat.Operator, ID: "@anna:example.org", Name: "Anna"}, origin, chat.Content{Text: "We do!"}))
}

// A visitor's message begins the wait for a first answer; each opening has one.
func TestAFirstAnswerIsCountedForEachOpening(t *testing.T) {
	c := newCore(t)
	for i, client := range []chat.ClientID{"client-1", "client-2"} {
		_, err := c.Say(t.Context(), c.in, Message{Client: client, Text: "Tea?"})
		must(t, err)
		if n := len(c.firstAnswers(t)); n != i {
			t.Fatalf("before an operator's word %d answers are counted, want %d", n, i)
		}
		c.replies(t, c.in.Visitor, string(client))
		c.replies(t, c.in.Visitor, string(client)+"-more")
		if n := len(c.firstAnswers(t)); n != i+1 {
			t.Fatalf("after it %d answers are counted, want %d", n, i+1)
		}
		_, err = c.Close(t.Context(), c.in.Visitor)
		must(t, err)
	}
	// What an operator opens is nobody's question.
	_, err := c.Reopen(t.Context(), c.in.Visitor)
	must(t, err)
	c.replies(t, c.in.Visitor, "unasked")
	if n := len(c.firstAnswers(t)); n != 2 {
		t.Errorf("%d answers are counted, want 2", n)
	}
}

// Who signs in while waiting has waited since before that.
func TestAFirstAnswerIsWaitedForThroughASignIn(t *testing.T) {
	c := newCore(t)
	said, err := c.Say(t.Context(), c.in, Message{Client: "client-1", Text: "Tea?"})
	must(t, err)
	pass, err := c.Identify(t.Context(), "shop", secret(), Person{Subject: "4711"})
	must(t, err)
	in, err := c.Enter(t.Context(), "shop", pass.Secret, store.Device{})
	must(t, err)
	c.replies(t, in.Visitor, "answer")
	answered, err := c.ReplyOf(t.Context(), in.Visitor, "answer")
	must(t, err)
	if waits := c.firstAnswers(t); len(waits) != 1 || waits[0] != answered.At.Sub(said.At) {
		t.Errorf("the waits are %v, want %s", waits, answered.At.Sub(said.At))
	}
}

// Of whom the bot calls for, without a message that had opened the dialog, the wait begins with the call.
func TestAFirstAnswerIsWaitedForSinceTheBotCalled(t *testing.T) {
	c := newBot(t, map[string]string{"greeting": greeting})
	_, err := c.Say(t.Context(), c.in, Message{Client: "client-1", Text: "Hi"})
	must(t, err)
	c.hear(t)
	_, err = c.Close(t.Context(), c.in.Visitor)
	must(t, err)
	c.hear(t)
	must(t, c.store.Write(t.Context(), func(ctx context.Context) error {
		v, err := c.store.Visitor(ctx, c.in.Visitor)
		must(t, err)
		site, err := c.Site(v.Site)
		must(t, err)
		return c.callTo(ctx, site, v, handOff{Hand: talk.Hand{Reason: "wants a person"}, Origin: "call"})
	}))
	c.replies(t, c.in.Visitor, "answer")
	if waits := c.firstAnswers(t); len(waits) != 1 {
		t.Errorf("the waits are %v", waits)
	}
}
