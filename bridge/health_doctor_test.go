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
`, port, strings.Repeat("a", 40), strings.Repeat("h", 40), filepath.Join(folder, "anteroom.db"), door.Listener.Addr(), door.URL, folder), 0o600); err != nil {
		t.Fatal(err)
	}
	doctor := func() map[string]string {
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
			if strings.HasPrefix(f.Code, "visitors.") {
				of[f.Verdict+" "+f.Code] = f.Text
			}
		}
		if len(of) != 1 {
			t.Errorf("of visitors it says %v: %s", of, output.String())
		}
		return of
	}
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
