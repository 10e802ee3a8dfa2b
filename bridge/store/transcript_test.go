package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// However often a message was edited, its newest edit alone is read.
func TestTheNewestEditAloneIsRead(t *testing.T) {
	s, v := openCrowded(t, 3), chat.VisitorID("v2")
	said := chat.EntryID("ev2")
	add := func(kind chat.Kind, text string) (e chat.Entry) {
		t.Helper()
		e, _, err := s.Append(t.Context(), Draft{
			Visitor: v, Kind: kind, Author: chat.Author{Party: chat.Visitor}, Target: said, Origin: "from:" + text,
			Content: chat.Content{Text: text, Key: text}, At: time.UnixMilli(9000),
		})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	var newest chat.Entry
	for i := range 5 {
		newest = add(chat.Edit, fmt.Sprint("edit ", i))
	}
	heart := add(chat.Reaction, "❤")
	about, err := s.EditsAndReactions(t.Context(), v, []chat.EntryID{said})
	if err != nil || len(about) != 2 || about[0].ID != newest.ID || about[1].ID != heart.ID {
		t.Errorf("%+v, %v", about, err)
	}
}
