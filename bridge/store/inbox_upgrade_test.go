package store_test

import (
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Whoever wrote before the inbox had its indexes is listed and sorted as before. (Found
// by words: see the test of dialog.Index.)
func TestContactsOfBeforeAreInTheInbox(t *testing.T) {
	s := open(t, frozen(t, "v12.sql"))
	if got, err := s.Find(t.Context(), store.ContactsQuery{Site: "shop", Order: store.ByName, Limit: 10}); err != nil || len(got) != 2 {
		t.Errorf("there are %+v (%v)", got, err)
	}
	if got, err := s.Find(t.Context(), store.ContactsQuery{Site: "shop", Order: store.ByName, Tag: "vip", Limit: 10}); err != nil || len(got) != 1 || got[0].Place.Name != "петр елкин" {
		t.Errorf("with the tag are %+v (%v)", got, err)
	}
	for v, want := range map[chat.VisitorID]store.Dialog{
		"petr": {Unread: 2, Replied: 2, Last: store.LastMessage{At: time.UnixMilli(1773480004000), Party: chat.Visitor, Text: "Зелёный чай!"}},
		"file": {Last: store.LastMessage{At: time.UnixMilli(1773480002000), Party: chat.Visitor, Text: "A cup", File: true}},
	} {
		d, err := s.Dialog(t.Context(), v)
		if err != nil || d.Unread != want.Unread || d.Replied != want.Replied || d.Last != want.Last {
			t.Errorf("of %s %d are unread, the operator's is %d and the last %+v (%v), want %+v", v, d.Unread, d.Replied, d.Last, err, want)
		}
	}
}
