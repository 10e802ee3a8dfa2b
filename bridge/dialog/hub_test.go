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
func (*tab) Stop(*chat.Error)         {}

// Invariant 19: when there are too many visitors to poll for all, those who came last count.
func TestInvariant19WhoCameLastIsFirst(t *testing.T) {
	d, _ := enter(t)
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
	slices.Reverse(came)
	want := slices.Delete(slices.Clone(came), 2, 3)
	if got := d.Online(); !slices.Equal(got, want) {
		t.Errorf("online %v, want %v", got, want)
	}
	if n := d.Connections(came[4]); n != 2 {
		t.Errorf("%d connections of the first visitor", n)
	}
}
