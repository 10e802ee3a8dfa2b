package store_test

import (
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Whoever wrote before the inbox had its indexes is listed, sorted and found as before.
func TestContactsOfBeforeAreInTheInbox(t *testing.T) {
	s := open(t, frozen(t, "v12.sql"))
	for query, want := range map[string]int{"": 2, "елк": 1, "vip": 1, "anna": 1, "example": 1, "petr.elkin@ex": 1, "elkin": 1, "2": 1, "чай": 0} {
		q := store.ContactsQuery{Site: "shop", Order: store.ByName, Limit: 10}
		if query != "" {
			q.Words = []string{query}
		}
		if got, err := s.Contacts(t.Context(), q); err != nil || len(got) != want {
			t.Errorf("%q finds %+v (%v), want %d", query, got, err, want)
		}
	}
	if got, err := s.Contacts(t.Context(), store.ContactsQuery{Site: "shop", Order: store.ByName, Tag: "vip", Limit: 10}); err != nil || len(got) != 1 || got[0].Name != "петр елкин" {
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
