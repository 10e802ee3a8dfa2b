package dialog

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// secret is that of newCore's session.
func secret() string { return strings.Repeat("s", 43) }

// A closed dialog is not handed on: of its visitor who signs in nothing is listed
// before the user's own first act.
func TestSigningInAfterTheDialogWasClosedOpensNone(t *testing.T) {
	c := newCore(t)
	_, err := c.Say(t.Context(), c.in, Message{Client: "message-1", Text: "Hi"})
	must(t, err)
	_, err = c.Close(t.Context(), c.in.Visitor)
	must(t, err)
	pass, err := c.Identify(t.Context(), "shop", secret(), Person{Subject: "4711"})
	must(t, err)
	in, err := c.Enter(t.Context(), "shop", pass.Secret, store.Device{})
	must(t, err)
	p, err := c.Profile(t.Context(), in.Visitor)
	must(t, err)
	if p.Visitor.Number != 0 || p.Dialog.Status != store.StatusNew || len(p.Before) != 1 {
		t.Errorf("before the first act: number %d, %q, before %+v", p.Visitor.Number, p.Dialog.Status, p.Before)
	}
	_, err = c.Say(t.Context(), in, Message{Client: "message-2", Text: "It is me"})
	must(t, err)
	p, err = c.Profile(t.Context(), in.Visitor)
	must(t, err)
	if p.Visitor.Number != 2 || p.Dialog.Status != store.StatusOpen {
		t.Errorf("after it: number %d, %q", p.Visitor.Number, p.Dialog.Status)
	}
}

// An open dialog goes on with the user, with all that stands in it.
func TestSigningInHandsAnOpenDialogOn(t *testing.T) {
	c := newCore(t)
	said, err := c.Say(t.Context(), c.in, Message{Client: "message-1", Text: "Hi"})
	must(t, err)
	_, err = c.Assign(t.Context(), c.in.Visitor, "", "@anna:localhost")
	must(t, err)
	must(t, c.SilenceBot(t.Context(), c.in.Visitor, "@anna:localhost", 0))
	pass, err := c.Identify(t.Context(), "shop", secret(), Person{Subject: "4711"})
	must(t, err)
	in, err := c.Enter(t.Context(), "shop", pass.Secret, store.Device{})
	must(t, err)
	p, err := c.Profile(t.Context(), in.Visitor)
	must(t, err)
	if d := p.Dialog; d.Status != store.StatusOpen || d.Assignee != "@anna:localhost" || !d.WaitingSince.Equal(said.At) || d.Bot.By != "@anna:localhost" || p.Visitor.Number != 2 {
		t.Errorf("handed on: %+v, number %d", d, p.Visitor.Number)
	}
}

// A dialog in which the visitor only reacted is listed, so it can be closed.
func TestWhatWasNeverOpenCanBeClosed(t *testing.T) {
	c := newCore(t)
	_, err := c.React(t.Context(), c.in, "react-001", c.greet(t), "👍")
	must(t, err)
	for _, want := range []bool{true, false} {
		closed, err := c.Close(t.Context(), c.in.Visitor)
		if err != nil || closed != want {
			t.Errorf("closed: %t %v, want %t", closed, err, want)
		}
	}
}

// greet appends a message of an operator before the visitor has said anything.
func (c *core) greet(t *testing.T) chat.EntryID {
	t.Helper()
	e, err := c.Hear(t.Context(), Heard{
		Visitor: c.in.Visitor, Kind: chat.Message, Author: chat.Author{Party: chat.Operator}, Content: chat.Content{Text: "Can I help you?"}, Origin: "$greeting",
	}, func(context.Context, chat.Entry) error { return nil })
	must(t, err)
	return e.ID
}

// Who was shut out gets no other session by saying who sits there, and no other name.
func TestIdentifyDoesNotGoAroundABlock(t *testing.T) {
	c := newCore(t)
	_, err := c.Say(t.Context(), c.in, Message{Client: "message-1", Text: "Hi"})
	must(t, err)
	before, err := c.Profile(t.Context(), c.in.Visitor)
	must(t, err)
	must(t, c.Block(t.Context(), c.in.Visitor, true))
	for about, p := range map[string]Person{
		"signed":     {Subject: "4711", Name: "Ann"},
		"not signed": {Name: "Ann", Variables: []store.Variable{{Name: "plan", Value: "gold"}}},
	} {
		if _, err := c.Identify(t.Context(), "shop", secret(), p); !errors.Is(err, &chat.Error{Code: chat.CodeBlocked}) {
			t.Errorf("%s: %v", about, err)
		}
	}
	after, err := c.Profile(t.Context(), c.in.Visitor)
	must(t, err)
	if after.Visitor.Name != before.Visitor.Name || len(after.Variables) > 0 || len(after.After) > 0 {
		t.Errorf("the block let through: %+v", after)
	}
	// Another browser of that person is another visitor.
	if pass, err := c.Identify(t.Context(), "shop", strings.Repeat("t", 43), Person{Subject: "4711"}); err != nil || pass.Secret == "" {
		t.Errorf("from another browser: %+v %v", pass, err)
	}
}

// A user has so many sessions: those used least recently end, those that have ended first, and whoever is
// connected by one is stopped.
func TestAUserHasNotManySessions(t *testing.T) {
	c := newCore(t)
	sign := func() string {
		t.Helper()
		pass, err := c.Identify(t.Context(), "shop", strings.Repeat("t", 43), Person{Subject: "4711"})
		must(t, err)
		return pass.Secret
	}
	opens := func(secret string) bool {
		t.Helper()
		is, err := c.IsSignedIn(t.Context(), "shop", secret, "4711")
		must(t, err)
		return is
	}
	first := sign()
	in, err := c.Enter(t.Context(), "shop", first, store.Device{})
	must(t, err)
	l := &stoppable{}
	defer c.Listen(in, l)()
	for range mostSessions - 2 {
		secret := sign()
		must(t, c.SignOut(t.Context(), "shop", secret, ""))
	}
	if last := sign(); !opens(first) || !opens(last) {
		t.Error("a session is gone while there are not too many")
	}
	second := sign() // takes the place of an ended one
	if !opens(first) || l.why != nil {
		t.Error("a session that had ended stays in the place of one that had not")
	}
	for range mostSessions - 2 {
		sign()
	}
	if opens(first) || !opens(second) {
		t.Errorf("after too many the first opens: %t, the second: %t", opens(first), opens(second))
	}
	if why := l.why; why == nil || why.Code != chat.CodeSignedOut {
		t.Errorf("who was connected by the first was stopped by %v", why)
	}
}

// stoppable is a connection that keeps why it was to end.
type stoppable struct {
	silent
	why *chat.Error
}

func (s *stoppable) Stop(why *chat.Error) { s.why = why }
