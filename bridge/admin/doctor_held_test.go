package admin

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dendrite"
	"github.com/anteroom-chat/anteroom/bridge/dendrite/dendritetest"
)

// findingsOf are what the doctor says of a config, each text under its verdict and code.
func findingsOf(t *testing.T, configPath string) map[string]string {
	t.Helper()
	var output bytes.Buffer
	_ = Doctor(t.Context(), DoctorOptions{Config: configPath, Look: Look{JSON: true}}, &output)
	var told struct {
		Findings []struct{ Verdict, Code, Text string }
	}
	if err := json.Unmarshal(output.Bytes(), &told); err != nil {
		t.Fatalf("%v: %s", err, output.String())
	}
	found := map[string]string{}
	for _, f := range told.Findings {
		found[f.Verdict+" "+f.Code] = f.Text
	}
	return found
}

// A program that goes on reading an old state keeps the log from being emptied; when it
// has ended, the bridge empties it and the doctor has nothing to say.
func TestDoctorTellsOfALogThatSomebodyHolds(t *testing.T) {
	configPath, database, s := installed(t)
	const code = "bad database.large_log"
	db, err := sql.Open("sqlite3", database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	reader, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var entries int
	if err := reader.QueryRowContext(t.Context(), "SELECT count(*) FROM meta").Scan(&entries); err != nil {
		t.Fatal(err)
	}
	// One row of so many zeroes is as good as many rows, and soon written.
	if _, err := db.ExecContext(t.Context(), "INSERT INTO meta (key, value) VALUES ('large', zeroblob($1))", largeLog+1<<20); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "DELETE FROM meta WHERE key = 'large'"); err != nil {
		t.Fatal(err)
	}
	if empty, err := s.Scrub(t.Context()); err != nil || empty {
		t.Fatalf("the log is empty (%v), %v, though somebody reads", empty, err)
	}
	if text := findingsOf(t, configPath)[code]; !strings.Contains(text, "end other programs") {
		t.Errorf("of a log that is held it says %q", text)
	}
	if err := reader.Rollback(); err != nil {
		t.Fatal(err)
	}
	if empty, err := s.Scrub(t.Context()); err != nil || !empty {
		t.Fatalf("the log is not empty: %v", err)
	}
	if text, ok := findingsOf(t, configPath)[code]; ok {
		t.Errorf("of an empty log it says %q", text)
	}
}

// The homeserver knows the token from a registration of another bot, whose users the
// config's bot is none of. What is worth knowing of this Dendrite is told beside it.
func TestDoctorTellsOfABotThatIsNotInTheRegistration(t *testing.T) {
	port := dendritetest.Port(t)
	configPath := writeConfig(t, fmt.Sprintf("http://127.0.0.1:%d", port), dendritetest.Port(t), dendritetest.Port(t))
	registration := register(t, configPath)
	text, err := os.ReadFile(registration)
	if err != nil {
		t.Fatal(err)
	}
	other := bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("@anteroom"), []byte("@doorman")), []byte("sender_localpart: anteroom"), []byte("sender_localpart: doorman"))
	if bytes.Equal(other, text) {
		t.Fatalf("nothing is other in\n%s", other)
	}
	if err := os.WriteFile(registration, other, 0o600); err != nil {
		t.Fatal(err)
	}
	dendritetest.Start(t, dendrite.Options{Port: port, Registrations: []string{registration}, OpenID: true})
	cfg, err := config.Load(configPath)
	if err != nil {
		t.Fatal(err)
	}
	found := findingsOf(t, configPath)
	if text := found["bad bot.not_in_registration"]; !strings.Contains(text, cfg.BotUserID().String()) || !strings.Contains(text, "restart the homeserver") {
		t.Errorf("it says %q: %v", text, found)
	}
	if got := notesOf(found); !slices.Equal(got, []string{"homeserver.asked", "homeserver.comes_late"}) {
		t.Errorf("of a real Dendrite the notes are %v", got)
	}
}
