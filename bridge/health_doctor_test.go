package bridge

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/admin"
	"github.com/anteroom-chat/anteroom/bridge/router"
	"github.com/anteroom-chat/anteroom/bridge/steady"
)

// What the bridge says of itself while a transaction does not end, the doctor tells in
// sentences: wait at first, restart in the end.
func TestDoctorTellsOfAWriterThatHangs(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := openStore(t, folder)
	h := newHealth(s, steady.New(0), nil, folder)
	doors := router.New()
	h.handle(doors)
	door := httptest.NewServer(doors)
	t.Cleanup(door.Close)
	doctor := doctorOf(t, folder, door.Listener.Addr(), "visitors.")
	hangs, goOn, ended := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		ended <- s.Write(context.WithoutCancel(t.Context()), func(context.Context) error {
			close(hangs)
			<-goOn
			return nil
		})
	}()
	<-hangs
	if told := doctor()["bad visitors.database_slow"]; !strings.Contains(told, "takes no visitors: The database does not answer in time.") {
		t.Errorf("a write under way: %q", told)
	}
	h.stuck = time.Nanosecond
	if told := doctor()["bad visitors.hangs"]; !strings.Contains(told, "Restart the bridge") {
		t.Errorf("a writer that hangs: %q", told)
	}
	close(goOn)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

// doctorOf has the doctor look at a bridge that has its database in folder and its
// visitors at door, and returns the one thing it says of each area.
func doctorOf(t *testing.T, folder string, door net.Addr, areas ...string) func() map[string]string {
	t.Helper()
	// The way in of the homeserver takes any token: of it the doctor wants to know only
	// that somebody is there.
	inner := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) }))
	t.Cleanup(inner.Close)
	port := inner.Listener.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // a TCP listener
	path := filepath.Join(folder, "config.yaml")
	if err := os.WriteFile(path, fmt.Appendf(nil, `homeserver: {address: "http://127.0.0.1:1", domain: localhost}
appservice: {port: %d, as_token: %q, hs_token: %q}
database: {uri: %q}
gateway: {listen: %q, public_url: %q, data_dir: %q}
sites: {shop: {name: Shop, origins: ["https://shop.example.com"], operators: ["@ann:localhost"]}}
`, port, strings.Repeat("a", 40), strings.Repeat("h", 40), filepath.Join(folder, "anteroom.db"), door, "http://"+door.String(), folder), 0o600); err != nil {
		t.Fatal(err)
	}
	return func() map[string]string {
		t.Helper()
		var output bytes.Buffer
		_ = admin.Doctor(t.Context(), admin.DoctorOptions{Config: path, Look: admin.Look{JSON: true}}, &output)
		var told struct {
			Findings []struct{ Verdict, Code, Text string }
		}
		if err := json.Unmarshal(output.Bytes(), &told); err != nil {
			t.Fatalf("%v: %s", err, output.String())
		}
		of := map[string]string{}
		for _, f := range told.Findings {
			if slices.ContainsFunc(areas, func(area string) bool { return strings.HasPrefix(f.Code, area) }) {
				of[f.Verdict+" "+f.Code] = f.Text
			}
		}
		if len(of) != len(areas) {
			t.Errorf("of %v it says %v: %s", areas, of, output.String())
		}
		return of
	}
}
