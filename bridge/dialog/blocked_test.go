package dialog

import (
	"errors"
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// A connection ends a moment after its visitor was shut out, and frames that
// were under way come after that.
func TestBlockedVisitorChangesNothing(t *testing.T) {
	c := newCore(t)
	said, err := c.Say(t.Context(), c.in, Message{Client: "message-1", Text: "Hi"})
	must(t, err)
	must(t, c.Block(t.Context(), c.in.Visitor, true))
	for name, act := range map[string]func() (chat.Entry, error){
		"say":  func() (chat.Entry, error) { return c.Say(t.Context(), c.in, Message{Client: "message-2", Text: "x"}) },
		"edit": func() (chat.Entry, error) { return c.Edit(t.Context(), c.in, "edit-0001", said.ID, "x") },
		"redact": func() (chat.Entry, error) {
			return c.Redact(t.Context(), c.in, "redact-01", said.ID)
		},
		"react": func() (chat.Entry, error) { return c.React(t.Context(), c.in, "react-001", said.ID, "👍") },
		"announce": func() (chat.Entry, error) {
			_, _, err := c.Announce(t.Context(), c.in, Upload{Client: "file-0001", Name: "a.txt", Size: 1})
			return chat.Entry{}, err
		},
	} {
		if _, err := act(); !errors.Is(err, &chat.Error{Code: chat.CodeBlocked}) {
			t.Errorf("%s: %v", name, err)
		}
	}
	marks, err := c.Marks(t.Context(), c.in.Visitor)
	must(t, err)
	if marks.Last != said.Seq {
		t.Errorf("the journal goes on to %d", marks.Last)
	}
	again, err := c.Say(t.Context(), c.in, Message{Client: "message-1", Text: "Hi"})
	if err != nil || again.ID != said.ID {
		t.Errorf("what is on disk is not acknowledged again: %v", err)
	}
	must(t, c.Block(t.Context(), c.in.Visitor, false))
	_, err = c.Edit(t.Context(), c.in, "edit-0002", said.ID, "Hello")
	must(t, err)
}

// A block that falls between the door's look at the address and its listening finds nobody
// to stop: the one who listens then asks once more.
func TestWhoIsJustComingInIsShutOut(t *testing.T) {
	for name, block := range map[string]func(*testing.T, *core, store.Visitor){
		"the visitor": func(t *testing.T, c *core, v store.Visitor) { must(t, c.Block(t.Context(), v.ID, true)) },
		"a neighbour's address": func(t *testing.T, c *core, v store.Visitor) {
			neighbour, err := c.Enter(t.Context(), "shop", strings.Repeat("n", 43), store.Device{})
			must(t, err)
			must(t, c.CameFrom(t.Context(), neighbour.Visitor, "hash"))
			must(t, c.Admit(t.Context(), "shop", "hash"))
			other, err := c.store.Visitor(t.Context(), neighbour.Visitor)
			must(t, err)
			fresh, known, err := c.BlockAddress(t.Context(), other)
			if err != nil || !fresh || !known {
				t.Fatalf("%v, %v, %v", fresh, known, err)
			}
			must(t, c.CameFrom(t.Context(), v.ID, "hash"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCore(t)
			must(t, c.Check(t.Context(), c.in))
			v, err := c.store.Visitor(t.Context(), c.in.Visitor)
			must(t, err)
			block(t, c, v)
			if err := c.Check(t.Context(), c.in); !errors.Is(err, &chat.Error{Code: chat.CodeBlocked}) {
				t.Errorf("the connection goes on: %v", err)
			}
		})
	}
}
