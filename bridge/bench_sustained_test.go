package bridge_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
)

const (
	sustainedDialogs = 100
	sustainedTurns   = 5
	sustainedEach    = 5 // messages of a dialog in a turn
	// sustainedSenders put what ghosts say at the same time, as many as the bridge has;
	// more make the homeserver no faster.
	sustainedSenders = 8
)

// BenchmarkSustained measures how many messages a second an operator sees while 100
// visitors write in as many dialogs as fast as they may, against as many ghosts who put
// the same into rooms of theirs on the same homeserver. Both count until the last message
// is in an answered long poll, and take turns; each figure is the median of them.
func BenchmarkSustained(b *testing.B) {
	s := bridgetest.Start(b, bridgetest.Options{Limits: "{messages_per_minute: 10000, messages_burst: 1000, sessions_per_minute: 6000, dialogs_per_hour: 6000, sockets_per_address: 1000, site_dialogs_per_hour: 6000}"})
	anna := listen(b, s.Anna)
	tabs := make([]*benchTab, sustainedDialogs)
	ghosts, rooms := make([]*mautrix.Client, sustainedDialogs), make([]id.RoomID, sustainedDialogs)
	for i := range tabs {
		tabs[i] = openTab(b, s)
		tabs[i].say("Hello")
		anna.sees(b, "Hello")
		tabs[i].told(b, "Hello")
		ghosts[i] = s.Ghost(b, fmt.Sprintf("raw%d", i))
		made, err := ghosts[i].CreateRoom(b.Context(), &mautrix.ReqCreateRoom{Preset: "private_chat", Invite: []id.UserID{s.Anna.UserID}})
		if err != nil {
			b.Fatal(err)
		}
		rooms[i] = made.RoomID
		put(b, ghosts[i], made.RoomID, map[string]any{"msgtype": "m.text", "body": "Hello"})
		anna.sees(b, "Hello")
	}
	for b.Loop() {
		var bridged, raw []float64
		for turn := range sustainedTurns + 1 { // the first is not counted: it still meets the rooms' making
			const total = sustainedDialogs * sustainedEach
			ours := anna.seesAll(b, fmt.Sprintf("v%d.", turn), total, func() {
				together(b, sustainedDialogs, func(i int) error {
					for n := range sustainedEach {
						tabs[i].say(fmt.Sprintf("v%d.%d.%d: do you have green tea, and how long does it keep?", turn, i, n))
					}
					return nil
				})
			})
			for _, tab := range tabs {
				tab.forget()
			}
			theirs := anna.seesAll(b, fmt.Sprintf("g%d.", turn), total, func() {
				together(b, sustainedSenders, func(sender int) error {
					for n := range sustainedEach {
						for i := sender; i < sustainedDialogs; i += sustainedSenders {
							text := fmt.Sprintf("g%d.%d.%d: do you have green tea, and how long does it keep?", turn, i, n)
							if _, err := ghosts[i].SendText(b.Context(), rooms[i], text); err != nil {
								return err
							}
						}
					}
					return nil
				})
			})
			if turn > 0 {
				bridged, raw = append(bridged, total/ours.Seconds()), append(raw, total/theirs.Seconds())
			}
		}
		b.ReportMetric(middle(bridged), "seen/s")
		b.ReportMetric(middle(raw), "raw/s")
		b.ReportMetric(sustainedTurns, "turns")
	}
	b.ReportMetric(0, "ns/op")
}

// seesAll waits, while write is at work, until so many messages have come that begin
// so, and returns how long that took from write's start.
func (e *ear) seesAll(b *testing.B, start string, total int, write func()) time.Duration {
	b.Helper()
	began := time.Now()
	written := make(chan struct{})
	go func() { defer close(written); write() }()
	var last time.Time
	for n := 0; n < total; {
		if got := receive(b, "a Matrix client gets "+start, e.messages); strings.HasPrefix(got.text, start) {
			n, last = n+1, got.at
		}
	}
	<-written
	return last.Sub(began)
}

// forget drops what has come, so that the next turn has room.
func (t *benchTab) forget() {
	for {
		select {
		case <-t.entries:
		default:
			return
		}
	}
}
