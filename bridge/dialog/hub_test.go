package dialog_test

import (
	"slices"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
)

type tab struct{ name string }

func (*tab) Wake()                    {}
func (*tab) Typing(chat.Author, bool) {}
func (*tab) Stream(chat.Stream)       {}
func (*tab) Stop(*chat.Error)         {}

// goings are the visitors who have left.
type goings chan chat.VisitorID

func (goings) Wake(chat.VisitorID)                {}
func (goings) VisitorTyping(chat.VisitorID, bool) {}
func (goings) BotTyping(chat.VisitorID, bool)     {}
func (goings) VisitorMoved(chat.VisitorID)        {}

func (g goings) VisitorPresence(v chat.VisitorID, online bool) {
	if !online {
		g <- v
	}
}

// Invariant 19: when there are too many visitors to poll for all, those who came last count.
func TestInvariant19WhoCameLastIsFirst(t *testing.T) {
	d, _ := enter(t)
	d.Grace = 0
	gone := make(goings, 1)
	d.Watch(gone)
	var came []chat.VisitorID
	leave := map[chat.VisitorID]func(){}
	for range 5 {
		v := chat.NewVisitorID()
		leave[v] = d.Listen(dialog.Session{Visitor: v}, &tab{"first"})
		came = append(came, v)
	}
	d.Listen(dialog.Session{Visitor: came[0]}, &tab{"second"}) // another tab makes nobody newer
	leave[came[2]]()
	leave[came[2]]() // twice is once
	if v := <-gone; v != came[2] {
		t.Errorf("%s is gone, not %s", v, came[2])
	}
	slices.Reverse(came)
	want := slices.Delete(slices.Clone(came), 2, 3)
	if got := d.Online(); !slices.Equal(got, want) {
		t.Errorf("online %v, want %v", got, want)
	}
	if n := d.Connections(came[4]); n != 2 {
		t.Errorf("%d connections of the first visitor", n)
	}
}
