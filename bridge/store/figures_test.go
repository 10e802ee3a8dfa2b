package store_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// figureTables are the columns of what is counted.
func figureTables() map[string]string {
	return map[string]string{
		"figure": "site,quarter,asked,replied,bot,met,closed", "operator_figure": "site,quarter,operator,messages",
		"spoke": "visitor_id,site,asked_at,replied_at,bot_at", "operator_spoke": "visitor_id,operator,site,at",
		"opening": "visitor_id,site,opened_at,asked_at,answered_at", "rating": "visitor_id,site,score,score_of",
	}
}

// What is counted as it happens is what the migration counts of the same dialogs.
func TestFiguresAreThoseOfTheJournal(t *testing.T) {
	migration, err := os.ReadFile("migrations/15-figures.sql")
	if err != nil {
		t.Fatal(err)
	}
	_, counting, _ := strings.Cut(string(migration), "INSERT INTO")
	for seed := range uint64(8) {
		random := rand.New(rand.NewPCG(seed, 0))
		path := filepath.Join(t.TempDir(), "anteroom.db")
		s := open(t, path)
		at := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
		dialogs := make([]*counted, 3)
		for i := range dialogs {
			site := chat.SiteID([]string{"shop", "shop", "blog"}[i])
			v, err := s.EnterVisitor(t.Context(), site, fmt.Sprint(i), store.Device{}, at)
			if err != nil {
				t.Fatal(err)
			}
			dialogs[i] = &counted{s: s, v: v.ID}
		}
		for range 80 {
			at = at.Add(time.Duration(1+random.IntN(2000)) * time.Second)
			dialogs[random.IntN(len(dialogs))].step(t, random.IntN(10), at)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		live, _ := contents(t, path, figureTables())
		for table := range figureTables() {
			if len(live[table]) == 0 {
				t.Errorf("seed %d: nothing is counted in %s", seed, table)
			}
			run(t, path, "DELETE FROM "+table)
		}
		run(t, path, "INSERT INTO"+counting)
		journal, _ := contents(t, path, figureTables())
		for table := range figureTables() {
			if !slices.Equal(live[table], journal[table]) {
				t.Fatalf("seed %d: %s was counted as\n%s\nand is\n%s", seed, table, strings.Join(live[table], "\n"), strings.Join(journal[table], "\n"))
			}
		}
	}
}

// counted is a dialog that is opened, closed and rated once at most, as more than that
// is not in the journal.
type counted struct {
	s                     *store.Store
	v                     chat.VisitorID
	n                     int
	opened, closed, rated bool
}

func (c *counted) step(t *testing.T, what int, at time.Time) {
	t.Helper()
	c.n++
	say := func(kind chat.Kind, party chat.Party, who string) {
		t.Helper()
		if _, _, err := c.s.Append(t.Context(), store.Draft{
			Visitor: c.v, Kind: kind, Author: chat.Author{Party: party, ID: who}, Origin: fmt.Sprint(c.n), At: at, Content: chat.Content{Text: "tea"},
		}); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	switch {
	case !c.opened:
		say(chat.Message, chat.Visitor, "")
		c.opened = true
		if _, err = c.s.NumberVisitor(t.Context(), c.v, at); err == nil {
			_, err = c.s.OpenDialog(t.Context(), c.v, at)
		}
		if err == nil {
			err = c.s.CountOpening(t.Context(), c.v, at)
		}
	case what < 3:
		say(chat.Message, chat.Visitor, "")
	case what < 5:
		say(chat.Message, chat.Bot, "")
	case what < 7 && !c.closed:
		say(chat.Message, chat.Operator, fmt.Sprintf("@op%d:x", c.n%2))
	case what == 7:
		say(chat.Notice, chat.Bot, "")
		say(chat.Reaction, chat.Operator, "@op1:x")
		c.n++
	case what == 8 && !c.closed && c.n > 12:
		c.closed = true
		_, err = c.s.CloseDialog(t.Context(), c.v, at)
	case what == 9 && !c.rated:
		c.rated = true
		say(chat.Message, chat.Visitor, "")
		err = c.s.SetRating(t.Context(), c.v, store.Rating{Score: 4, Of: 5}, at)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A first answer is an operator's first message in a dialog that its visitor opened; each
// opening has one of its own, and what operators open themselves has none.
func TestFirstAnswersAreMeasured(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "anteroom.db"))
	v := enter(t, s, "ann")
	start := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	minute := func(n int) time.Time { return start.Add(time.Duration(n) * time.Minute) }
	says := func(n int, party chat.Party) {
		t.Helper()
		if _, _, err := s.Append(t.Context(), store.Draft{
			Visitor: v, Kind: chat.Message, Author: chat.Author{Party: party, ID: "@ann:x"}, Origin: fmt.Sprint(n), At: minute(n),
		}); err != nil {
			t.Fatal(err)
		}
	}
	opens := func(n int, byVisitor bool) {
		t.Helper()
		_, err := s.OpenDialog(t.Context(), v, minute(n))
		if err == nil && byVisitor {
			err = s.CountOpening(t.Context(), v, minute(n))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	closes := func(n int) {
		t.Helper()
		if closed, err := s.CloseDialog(t.Context(), v, minute(n)); err != nil || !closed {
			t.Fatal(closed, err)
		}
	}
	if _, _, err := s.Append(t.Context(), store.Draft{Visitor: v, Kind: chat.Message, Author: chat.Author{Party: chat.Bot}, Origin: "greeting", At: start}); err != nil {
		t.Fatal(err) // which does not count: who is greeted is nobody yet
	}
	says(0, chat.Visitor)
	if _, err := s.NumberVisitor(t.Context(), v, minute(0)); err != nil {
		t.Fatal(err)
	}
	opens(0, true)
	says(1, chat.Bot)
	says(2, chat.Visitor)
	says(7, chat.Operator) // after 7 minutes
	says(9, chat.Operator)
	closes(10)
	opens(20, true)
	closes(30)              // nobody answered
	says(31, chat.Operator) // and this is no answer any more
	opens(40, false)
	says(45, chat.Operator) // nobody had asked
	closes(46)
	opens(50, true)
	says(51, chat.Operator) // after a minute
	for since, want := range map[int]string{0: "[7m0s 1m0s]", 1: "[1m0s]", 51: "[]"} {
		got, err := s.FirstAnswers(t.Context(), "shop", minute(since))
		if err != nil || fmt.Sprint(got) != want {
			t.Errorf("from minute %d on they are %v (%v), want %s", since, got, err, want)
		}
	}
	if got, err := s.FirstAnswers(t.Context(), "blog", start); err != nil || len(got) > 0 {
		t.Errorf("another site has %v (%v)", got, err)
	}
	if got, err := s.SpeakersSince(t.Context(), "shop", start); err != nil || got != (store.Speakers{Visitors: 1}) {
		t.Errorf("dialogs by who spoke: %+v (%v)", got, err)
	}
	if got, err := s.WorkSince(t.Context(), "shop", start, 5); err != nil || fmt.Sprint(got) != "[{@ann:x 5 1}]" {
		t.Errorf("operators did %v (%v)", got, err)
	}
	if open, waiting, err := s.OpenNow(t.Context(), "shop"); err != nil || open != 1 || waiting != 0 {
		t.Errorf("%d are open, %d wait (%v)", open, waiting, err)
	}
	// Of who is erased the sums stay.
	if _, err := s.EraseVisitor(t.Context(), v, "", start); err != nil {
		t.Fatal(err)
	}
	quarters, err := s.Quarters(t.Context(), "shop", start)
	if err != nil || len(quarters) != 3 || quarters[0] != (store.Quarter{Start: start.Local(), Asked: 2, Replied: 2, Bot: 1, Met: 1, Closed: 1}) {
		t.Errorf("the sums are %+v (%v)", quarters, err)
	}
	if got, err := s.FirstAnswers(t.Context(), "shop", start); err != nil || len(got) > 0 {
		t.Errorf("answers to nobody: %v (%v)", got, err)
	}
	if err := s.SweepFigures(t.Context(), minute(60)); err != nil {
		t.Fatal(err)
	}
	if quarters, err := s.Quarters(t.Context(), "shop", start); err != nil || len(quarters) > 0 {
		t.Errorf("after the sweep the sums are %+v (%v)", quarters, err)
	}
}
