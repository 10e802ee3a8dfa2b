package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dendrite/dendritetest"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// installed is a registered installation with an open database, of which no bridge runs,
// and whose homeserver is away.
func installed(t *testing.T) (configPath, database string, s *store.Store) {
	t.Helper()
	configPath = writeConfig(t, fmt.Sprintf("http://127.0.0.1:%d", dendritetest.Port(t)), dendritetest.Port(t), dendritetest.Port(t))
	register(t, configPath)
	cfg, err := config.Load(configPath)
	if err != nil {
		t.Fatal(err)
	}
	s, err = store.Open(t.Context(), store.Options{Type: string(cfg.Database.Type), URI: cfg.Database.URI, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return configPath, cfg.Database.URI, s
}

// The database tells what waits, what was set aside and what was given up, while another
// process has it open; a homeserver that is away is told of as well.
func TestDoctorReadsTheDatabaseBesideTheBridge(t *testing.T) {
	configPath, _, s := installed(t)
	doctor := func(look Look) (string, error) {
		var output bytes.Buffer
		err := Doctor(t.Context(), DoctorOptions{Config: configPath, Look: look}, &output)
		return output.String(), err
	}
	output, err := doctor(Look{})
	if !errors.Is(err, ErrFaults) {
		t.Errorf("without a homeserver: %v", err)
	}
	want(t, output, [3]string{"✗", "homeserver", "does not answer"}, [3]string{"✓", "queues", "Nothing waits"}, [3]string{"✓", "set aside", "Nothing was"})
	old := time.Now().Add(-time.Hour)
	if err := s.StoreArrivals(t.Context(), []store.Arrival{{Key: "$1", Room: "!r", Raw: []byte("{}")}, {Key: "$2", Room: "!r", Raw: []byte("{}")}}, old); err != nil {
		t.Fatal(err)
	}
	if err := s.FailArrival(t.Context(), 1, "odd event\nwith a stack"); err != nil {
		t.Fatal(err)
	}
	output, _ = doctor(Look{})
	want(t, output, [3]string{"✗", "queues", "1 wait in inbox, the oldest for 1h0m"}, [3]string{"✗", "set aside", "most of them so: odd event."})
	if strings.Contains(output, "\x1b") {
		t.Error("colours for nobody")
	}
	for line := range strings.Lines(func() string { o, _ := doctor(Look{Width: 80}); return o }()) {
		// A path of the test's folder is one word, and is not broken.
		if n := len([]rune(strings.TrimRight(line, "\n"))); n > 80 && !strings.Contains(line, t.Name()) {
			t.Errorf("%d characters: %s", n, line)
		}
	}
	output, _ = doctor(Look{JSON: true})
	var told struct {
		Well     bool
		Findings []struct{ Verdict, Code, Name, Text string }
	}
	if err := json.Unmarshal([]byte(output), &told); err != nil || told.Well || len(told.Findings) < 4 {
		t.Errorf("%v: %s", err, output)
	}
}

// What was set aside long ago is told, but is no fault: it stays for as long as its dialog,
// and a monitor would never be quiet again.
func TestDoctorDoesNotBlameWhatWasRefusedLongAgo(t *testing.T) {
	configPath, _, s := installed(t)
	long := time.Now().Add(-refusedLately - time.Hour)
	visitor, err := s.EnterVisitor(t.Context(), "shop", "secret", store.Device{}, long)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(text string, at time.Time) {
		t.Helper()
		e, _, err := s.Append(t.Context(), store.Draft{
			Visitor: visitor.ID, Kind: chat.Message, Author: chat.Author{Party: chat.Visitor}, Content: chat.Content{Text: text}, Origin: text, At: at,
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Enqueue(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Settle(t.Context(), e.ID, store.Failed, "M_TOO_LARGE"); err != nil {
			t.Fatal(err)
		}
	}
	refused("long ago", long)
	if err := s.StoreArrivals(t.Context(), []store.Arrival{{Key: "$1", Room: "!r", Raw: []byte("{}")}}, long); err != nil {
		t.Fatal(err)
	}
	if err := s.FailArrival(t.Context(), 1, "odd event"); err != nil {
		t.Fatal(err)
	}
	found := findingsOf(t, configPath)
	for code, words := range map[string]string{
		"note set_aside.entries": "refused 1 message for good, none of them of the last 7 days, most of them so: M_TOO_LARGE.",
		"note set_aside.events":  "1 event could not be converted, none of them of the last 7 days, most of them so: odd event.",
	} {
		if !strings.Contains(found[code], words) {
			t.Errorf("%s is %q; all that it says: %v", code, found[code], found)
		}
	}
	for _, code := range []string{"bad set_aside.entries", "bad set_aside.events", "good set_aside.ok"} {
		if text, ok := found[code]; ok {
			t.Errorf("%s: %s", code, text)
		}
	}
	refused("today", time.Now())
	if found := findingsOf(t, configPath); !strings.Contains(found["bad set_aside.entries"], "refused 1 message for good") {
		t.Errorf("of a message of today it says %v", found)
	}
}

// Ten events a second make the erasure of a long dialog, or of many old ones, a matter of
// hours: that is no fault. What a day was not enough for is.
func TestDoctorHasPatienceWithErasures(t *testing.T) {
	configPath, _, s := installed(t)
	if err := s.AddErasure(t.Context(), store.Erasure{Visitor: "v1", Site: "shop", Number: 1, By: "@ann:localhost", At: time.Now().Add(-time.Hour)}, nil); err != nil {
		t.Fatal(err)
	}
	found := findingsOf(t, configPath)
	if text := found["note queues.erasures"]; !strings.Contains(text, "1 visitor is still to be removed from the homeserver, the first for 1h0m") {
		t.Errorf("of an erasure of an hour it says %q; all that it says: %v", text, found)
	}
	if text, ok := found["bad queues.erasures"]; ok {
		t.Errorf("an erasure of an hour is bad: %s", text)
	}
	if text := found["good queues.ok"]; !strings.HasPrefix(text, "Nothing else waits") {
		t.Errorf("of all other queues it says %q", text)
	}
	if err := s.AddErasure(t.Context(), store.Erasure{Visitor: "v2", Site: "shop", Number: 2, At: time.Now().Add(-25 * time.Hour)}, nil); err != nil {
		t.Fatal(err)
	}
	found = findingsOf(t, configPath)
	if text := found["bad queues.erasures"]; !strings.Contains(text, "2 wait in erasures, the oldest for 25h0m") {
		t.Errorf("of an erasure of 25 hours it says %q; all that it says: %v", text, found)
	}
	for _, code := range []string{"note queues.erasures", "good queues.ok"} {
		if text, ok := found[code]; ok {
			t.Errorf("%s: %s", code, text)
		}
	}
}

// Nobody but the doctor and the alerts tells that assistants' answers are not taken up: the
// bridge lives, and its visitors wait.
func TestDoctorTellsOfAnswersThatNobodyTakesUp(t *testing.T) {
	configPath, _, s := installed(t)
	text, err := os.ReadFile(configPath)
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, "    bot: {enabled: true}\n    assistant: {instruction: Be kind., answers: always, endpoints: [{base_url: \"http://127.0.0.1:1/v1\", model: m}]}\n"...)
	if err := os.WriteFile(configPath, text, 0o600); err != nil {
		t.Fatal(err)
	}
	visitor, err := s.EnterVisitor(t.Context(), "shop", "secret", store.Device{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.AddAssistantRequest(t.Context(), store.AssistantRequest{Visitor: visitor.ID, ID: "r", Assistant: "assistant", At: time.Now().Add(-time.Hour)}); err != nil {
		t.Fatal(err)
	}
	found := findingsOf(t, configPath)
	if said := found["bad queues.assistants"]; !strings.Contains(said, "1 wait in assistants, the oldest for 1h0m") {
		t.Errorf("it says %q; all that it says: %v", said, found)
	}
}

// Who breaks a look off is told of nothing that was being asked then, as if it had failed.
func TestDoctorIsBrokenOff(t *testing.T) {
	ctx, breakOff := context.WithCancel(t.Context())
	defer breakOff()
	homeserver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		breakOff()
		<-r.Context().Done()
	}))
	defer homeserver.Close()
	configPath := writeConfig(t, homeserver.URL, dendritetest.Port(t), dendritetest.Port(t))
	register(t, configPath)
	var output bytes.Buffer
	if err := Doctor(ctx, DoctorOptions{Config: configPath}, &output); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	for _, area := range []string{"homeserver", "bridge"} {
		if strings.Contains(output.String(), "✗ "+area) {
			t.Errorf("says of the %s:\n%s", area, output.String())
		}
	}
	if !strings.Contains(output.String(), "✓ config") {
		t.Errorf("says:\n%s", output.String())
	}
}
