package bot_test

import (
	"encoding/json"
	"testing"
	"testing/fstest"
	"time"

	"github.com/anteroom-chat/anteroom/bot"
	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// TestWhatIsGoneIsForgotten: the state does not grow with each edit of the chains,
// and keeps what it knows of triggers and steps that are still there.
func TestWhatIsGoneIsForgotten(t *testing.T) {
	of := func(files map[string]string) *chain.Set {
		t.Helper()
		folder := fstest.MapFS{}
		for name, text := range files {
			folder[name+".yaml"] = &fstest.MapFile{Data: []byte(text)}
		}
		set, faults := chain.Load(folder, chain.Options{})
		if set == nil {
			t.Fatal(faults)
		}
		return set
	}
	const all = `
on:
  - default: { at_most_every: 1h }
  - opened: { once: visitor }
  - visitor_silent: 2h
steps:
  - random: [ { steps: [ { say: A } ] }, { steps: [ { say: B } ] } ]
    sticky: true
`
	var s bot.State
	at := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	turn := func(set *chain.Set, id string, kind talk.Kind) {
		t.Helper()
		at = at.Add(61 * time.Minute)
		s, _ = bot.Turn(set, s, talk.Input{ID: id, At: at, Event: talk.Event{Kind: kind, Text: "Hi"}, Facts: talk.Facts{Visits: 1}})
	}
	sizes := func() string {
		text, _ := json.Marshal([]int{len(s.Clocks), len(s.LastStart), len(s.LastVisit), len(s.Choices)})
		return string(text)
	}
	both := of(map[string]string{"a": all, "b": "on: [ { opened: { once: visit } } ]\nsteps: [ { say: B } ]\n"})
	turn(both, "1", talk.Opened)
	turn(both, "2", talk.Said)
	if got := sizes(); got != "[1,1,1,1]" {
		t.Fatalf("remembered are %s: %+v", got, s)
	}
	turn(both, "3", talk.Said)
	turn(of(map[string]string{"a": all}), "4", talk.Said)
	if got := sizes(); got != "[1,1,1,1]" {
		t.Errorf("of what is there, %s are remembered", got)
	}
	// The same step and triggers, and what is remembered of them is of no use.
	turn(of(map[string]string{"a": "on: [ default, opened ]\nsteps:\n  - random: [ { steps: [ { say: A } ] }, { steps: [ { say: B } ] } ]\n"}), "5", talk.Said)
	if got := sizes(); got != "[0,0,0,0]" {
		t.Errorf("of what is gone, %s are remembered: %+v", got, s)
	}
}
