package store_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

func TestTheLastMessageIsOneShortLine(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "anteroom.db"))
	v := enter(t, s, "one")
	for i, c := range []struct {
		content chat.Content
		want    store.LastMessage
	}{
		{chat.Content{Text: " Two\n\tlines \u202eof it"}, store.LastMessage{Text: "Two lines of it"}},
		{chat.Content{Text: strings.Repeat("ё", 300)}, store.LastMessage{Text: strings.Repeat("ё", 200)}},
		{chat.Content{File: &chat.File{Name: "cup.png"}}, store.LastMessage{Text: "cup.png", File: true}},
		{chat.Content{Text: "A cup", File: &chat.File{Name: "cup.png"}}, store.LastMessage{Text: "A cup", File: true}},
		{chat.Content{Offer: &chat.Offer{Cards: []chat.Card{{Title: "A cup"}, {Title: "A bowl"}}}}, store.LastMessage{Text: "A cup, A bowl"}},
		{chat.Content{}, store.LastMessage{}},
	} {
		d := draft(v, fmt.Sprint(i), "")
		d.Content = c.content
		c.want.Party, c.want.At = chat.Visitor, d.At.Truncate(time.Millisecond)
		if _, _, err := s.Append(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Dialog(t.Context(), v); err != nil || got.Last.Text != c.want.Text || got.Last.File != c.want.File || got.Last.Party != c.want.Party || !got.Last.At.Equal(c.want.At) {
			t.Errorf("of %+v lists show %+v (%v), want %+v", c.content, got.Last, err, c.want)
		}
	}
}

// said is a message as the law knows it.
type said struct {
	id    chat.EntryID
	seq   int64
	party chat.Party
	text  string
	gone  bool
}

// What lists show of a dialog follows whatever becomes of it: it is what somebody
// would find who reads the journal through.
func TestUnreadAndLastFollowTheJournal(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "anteroom.db"))
	dialogs := 0
	rapid.Check(t, func(t *rapid.T) {
		dialogs++
		entered, err := s.EnterVisitor(t.Context(), "shop", fmt.Sprint(dialogs), store.Device{}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		v := entered.ID
		var all []said
		seen, settled, steps := int64(0), int64(0), 0
		closed := false
		add := func(kind chat.Kind, party chat.Party, target chat.EntryID, text string) chat.Entry {
			steps++
			e, _, err := s.Append(t.Context(), store.Draft{
				Visitor: v, Kind: kind, Author: chat.Author{Party: party}, Target: target, Content: chat.Content{Text: text}, Origin: fmt.Sprint(steps), At: time.Now(),
			})
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			switch what := rapid.SampledFrom([]string{"visitor", "visitor", "operator", "bot", "notice", "edit", "redact", "seen", "close", "open"}).Draw(t, "what"); what {
			case "visitor", "operator", "bot":
				text := rapid.StringMatching(`[a-z]{1,3}`).Draw(t, "text")
				e := add(chat.Message, chat.Party(what), "", text)
				all = append(all, said{e.ID, e.Seq, chat.Party(what), text, false})
			case "notice":
				add(chat.Notice, chat.Bot, "", "a word to operators")
			case "edit", "redact":
				if len(all) == 0 {
					continue
				}
				x := &all[rapid.IntRange(0, len(all)-1).Draw(t, "which")]
				if x.gone {
					continue
				}
				if what == "redact" {
					add(chat.Redaction, x.party, x.id, "")
					x.gone = true
					continue
				}
				x.text += "!"
				add(chat.Edit, x.party, x.id, x.text)
			case "seen":
				marks, err := s.Marks(t.Context(), v)
				if err != nil {
					t.Fatal(err)
				}
				seq := rapid.Int64Range(0, marks.Last).Draw(t, "seq")
				if _, err := s.RaiseSeen(t.Context(), v, seq); err != nil {
					t.Fatal(err)
				}
				seen = max(seen, seq)
			case "close":
				marks, err := s.Marks(t.Context(), v)
				if err != nil {
					t.Fatal(err)
				}
				if did, err := s.CloseDialog(t.Context(), v, time.Now()); err != nil {
					t.Fatal(err)
				} else if did {
					settled, closed = marks.Last, true
				}
			case "open":
				if _, err := s.OpenDialog(t.Context(), v, time.Now()); err != nil {
					t.Fatal(err)
				}
				closed = false
			}
			checkDialog(t, s, v, all, seen, settled, closed)
		}
	})
}

func checkDialog(t *rapid.T, s *store.Store, v chat.VisitorID, all []said, seen, settled int64, closed bool) {
	d, err := s.Dialog(t.Context(), v)
	if err != nil {
		t.Fatal(err)
	}
	var last said
	replied, unread := int64(0), int64(0)
	for _, x := range all {
		if !x.gone {
			last = x
			if x.party == chat.Operator {
				replied = x.seq
			}
		}
	}
	for _, x := range all {
		if !closed && !x.gone && x.party == chat.Visitor && x.seq > max(seen, settled, replied) {
			unread++
		}
	}
	if d.Unread != unread || d.Replied != replied || d.Last.Text != last.text || d.Last.Party != last.party || d.Last.At.IsZero() != (last.id == "") {
		t.Fatalf("lists show %d unread, an operator's %d, %+v\nwant %d, %d, %+v", d.Unread, d.Replied, d.Last, unread, replied, last)
	}
}
