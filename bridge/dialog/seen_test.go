package dialog

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// wasThere makes the store believe that a visitor was here last at that time.
func (c *core) wasThere(t *testing.T, v chat.VisitorID, at time.Time) {
	t.Helper()
	must(t, c.store.SetPage(t.Context(), v, store.Page{}, at))
}

func (c *core) seenAt(t *testing.T, v chat.VisitorID) time.Time {
	t.Helper()
	found, err := c.store.Visitor(t.Context(), v)
	must(t, err)
	return found.SeenAt
}

func (c *core) isKnown(t *testing.T, secret string) bool {
	t.Helper()
	known, err := c.Known(t.Context(), "shop", secret)
	must(t, err)
	return known
}

// silent is a connection.
type silent struct{ _ int }

func (*silent) Wake()                    {}
func (*silent) Typing(chat.Author, bool) {}
func (*silent) Stream(chat.Stream)       {}
func (*silent) Stop(*chat.Error)         {}

func TestWhoComesBackIsSeen(t *testing.T) {
	c := newCore(t)
	const minute = time.Minute
	for ago, raised := range map[time.Duration]bool{seenEvery - minute: false, seenEvery + minute: true} {
		before := now().Add(-ago)
		c.wasThere(t, c.in.Visitor, before)
		_, err := c.Enter(t.Context(), "shop", strings.Repeat("s", 43), store.Device{})
		must(t, err)
		if got := c.seenAt(t, c.in.Visitor); got.After(before) != raised {
			t.Errorf("seen %s ago and back now: noted %s", ago, got.Sub(before))
		}
	}
}

func TestSweepSparesASilentVisitorWhoseTabIsOpen(t *testing.T) {
	c := newCore(t)
	there, gone := strings.Repeat("t", 43), strings.Repeat("g", 43)
	old := now().Add(-idleFor - time.Hour)
	for _, secret := range []string{there, gone} {
		in, err := c.Enter(t.Context(), "shop", secret, store.Device{})
		must(t, err)
		if secret == there {
			c.Listen(in, &silent{})
			c.hub.visitors[in.Visitor].seen = old
		}
		c.wasThere(t, in.Visitor, old)
	}
	_, err := c.Say(t.Context(), c.in, Message{Client: "message-1", Text: "Hi"})
	must(t, err)
	c.wasThere(t, c.in.Visitor, old)
	must(t, c.Sweep(t.Context()))
	if !c.isKnown(t, strings.Repeat("s", 43)) {
		t.Error("a visitor who wrote was deleted")
	}
	if !c.isKnown(t, there) {
		t.Error("a visitor was deleted under an open tab")
	}
	if c.isKnown(t, gone) {
		t.Error("a visitor who left long ago is kept")
	}
}

// What an hour brings is swept in that hour, however much it is.
func TestSweepLeavesNothingForLater(t *testing.T) {
	c := newCore(t)
	const many = 1050
	old := now().Add(-idleFor - time.Hour)
	first := chat.NewFileID()
	must(t, c.store.Write(t.Context(), func(ctx context.Context) error {
		for i := range many {
			if _, err := c.store.EnterVisitor(ctx, "shop", fmt.Sprintf("hash %d", i), store.Device{}, old); err != nil {
				return err
			}
			f := store.File{File: chat.File{ID: first}, Visitor: c.in.Visitor, Party: chat.Visitor, State: store.Staged}
			if i > 0 {
				f.ID = chat.NewFileID()
			}
			if _, err := c.store.AddFile(ctx, f, chat.ClientID(fmt.Sprintf("file-%04d", i)), old); err != nil {
				return err
			}
		}
		return nil
	}))
	must(t, os.WriteFile(c.files.upload(first), []byte("x"), 0o600))
	must(t, c.Sweep(t.Context()))
	deleted, err := c.store.DeleteIdleVisitors(t.Context(), now().Add(-idleFor), many)
	must(t, err)
	loose, err := c.store.TakeLooseFiles(t.Context(), now().Add(-looseFor), many)
	must(t, err)
	if deleted != 0 || len(loose) != 0 || exists(t, c.files.upload(first)) {
		t.Errorf("%d visitors and %d files are left, bytes: %t", deleted, len(loose), exists(t, c.files.upload(first)))
	}
	if !c.isKnown(t, strings.Repeat("s", 43)) {
		t.Error("a new visitor was deleted")
	}
}
