package chain_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/anteroom-chat/anteroom/bot"
	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// FuzzLoad loads anything, and runs what it could load, without a panic.
func FuzzLoad(f *testing.F) {
	files, err := filepath.Glob("testdata/faults/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, step := range []string{"request:", "webhook:", "card:", "channels:", "set:", "random:", "gallery:", "ask:", "event:", "pause:", "gpt:", "gpt: { until: "} {
		f.Add([]byte("on: [default]\nsteps:\n  - " + step + "\n"))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		set, faults := chain.Load(fstest.MapFS{"a.yaml": {Data: data}}, options())
		if (set == nil) != (len(faults.Errors()) > 0) {
			t.Errorf("the set is there: %t; faults: %v", set != nil, faults)
		}
		for _, fault := range faults {
			_ = fault.Shown()
		}
		if set != nil {
			run(set)
		}
	})
}

// run lets all kinds of things happen to a set.
func run(set *chain.Set) {
	var state bot.State
	at := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	for i, e := range []talk.Event{
		{Kind: talk.Started, Name: "a"},
		says("7"),
		responds("i1:1", talk.Response{Status: 200, Body: `{"a":[1,{"b":null}]}`}),
		responds("i2:1", talk.Response{Reply: &talk.Reply{Text: "7", Calls: []talk.Call{{Tool: talk.ToolSet, Name: "size", Value: "7"}, {Tool: talk.ToolStart, Name: "a"}}}}),
		presses("a#start+1", 0, "7"),
		{Kind: talk.Tick},
		{Kind: talk.Continued},
		says("hello"),
		{Kind: talk.Happened, Name: "a", Data: map[string]any{"a": 1.0}},
		{Kind: talk.Opened},
		{Kind: talk.Tick},
	} {
		at = at.Add(time.Hour)
		state, _ = bot.Turn(set, state, talk.Input{ID: fmt.Sprint("i", i+1), At: at, Event: e, Facts: talk.Facts{Visits: 1}})
	}
}
