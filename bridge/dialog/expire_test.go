package dialog

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// The first run after closed.erase_after was set meets years of dialogs.
func TestDialogsAreErasedForTheirAgeAFewAtATime(t *testing.T) {
	c := newCore(t)
	site, err := c.Site("shop")
	must(t, err)
	site.Closed.EraseAfter = config.Duration(24 * time.Hour)
	for i := range eraseBatch + 1 {
		c.closed(t, fmt.Sprint("closed ", i))
	}
	for run, want := range []int{eraseBatch, eraseBatch + 1, eraseBatch + 1} {
		more, err := c.Expire(t.Context())
		must(t, err)
		gone, err := c.store.Erasures(t.Context())
		if err != nil || len(gone) != want || more != (run == 0) {
			t.Errorf("after run %d %d are erased, more %t (%v)", run+1, len(gone), more, err)
		}
	}
}

// closed is a visitor whose dialog is closed since two days.
func (c *core) closed(t testing.TB, secret string) chat.VisitorID {
	t.Helper()
	v, err := c.store.EnterVisitor(t.Context(), "shop", secret, store.Device{}, time.Now())
	must(t, err)
	_, err = c.store.OpenDialog(t.Context(), v.ID, time.Now().Add(-72*time.Hour))
	must(t, err)
	_, err = c.store.CloseDialog(t.Context(), v.ID, time.Now().Add(-48*time.Hour))
	must(t, err)
	return v.ID
}

// onWake does something when anything is new in a dialog.
type onWake struct {
	*watched
	do func()
}

func (w onWake) Wake(chat.VisitorID) { w.do() }

// Whom somebody erases while others are erased for their age holds up none of them.
func TestWhoIsErasedMeanwhileHoldsUpNoOthers(t *testing.T) {
	c := newCore(t)
	site, err := c.Site("shop")
	must(t, err)
	site.Closed.EraseAfter = config.Duration(24 * time.Hour)
	left := []chat.VisitorID{c.closed(t, "first"), c.closed(t, "second"), c.closed(t, "third")}
	asked := false
	c.Watch(onWake{&watched{}, func() { // one is gone: of the others one is erased by hand
		if asked {
			return
		}
		asked = true
		for _, v := range left {
			if _, err := c.store.Visitor(t.Context(), v); err == nil {
				must(t, c.Erase(t.Context(), v, "@ann:example.org", func(context.Context, store.Visitor) error { return nil }))
				return
			}
		}
	}})
	_, err = c.Expire(t.Context())
	gone, readErr := c.store.Erasures(t.Context())
	if err != nil || readErr != nil || !asked || len(gone) != len(left) {
		t.Errorf("%d of %d are erased (%v, %v)", len(gone), len(left), err, readErr)
	}
}

// What the desk was told between the look at it and the erasure goes too; what was removed
// in between is not removed again.
func TestWhatIsAnnouncedOfAVisitorGoesWheneverItCame(t *testing.T) {
	c := newCore(t)
	desk, err := c.DeskOf(t.Context(), "shop")
	must(t, err)
	tell := func(origin, text string) chat.EntryID {
		t.Helper()
		must(t, c.Notice(t.Context(), desk.ID, origin, chat.Content{Text: text}))
		e, err := c.NoticeOf(t.Context(), desk.ID, origin)
		must(t, err)
		return e.ID
	}
	link := "https://matrix.to/#/%23anteroom_" + string(c.in.Visitor) + ":example.org"
	first, removed, other := tell("first", link), tell("removed", link), tell("other", "Somebody else wrote.")
	told, err := c.Announced(t.Context(), c.in.Visitor)
	must(t, err)
	late := tell("late", link)
	remove := func(id chat.EntryID) {
		t.Helper()
		_, _, err := c.store.Append(t.Context(), store.Draft{
			Visitor: desk.ID, Kind: chat.Redaction, Author: chat.Author{Party: chat.Bot}, Target: id, Origin: "by hand", At: now(),
		})
		must(t, err)
	}
	remove(removed)
	must(t, c.EraseAnnounced(t.Context(), c.in.Visitor, told, "@ann:example.org", func(context.Context, store.Visitor) error { return nil }))
	entries, err := c.store.AllEntriesAfter(t.Context(), desk.ID, 0, 100)
	must(t, err)
	removals := map[chat.EntryID]int{}
	for _, e := range entries {
		if e.Kind == chat.Redaction {
			removals[e.Target]++
		}
	}
	if removals[first] != 1 || removals[removed] != 1 || removals[late] != 1 || removals[other] != 0 {
		t.Errorf("removed are %v of %s, %s, %s and not %s", removals, first, removed, late, other)
	}
}
