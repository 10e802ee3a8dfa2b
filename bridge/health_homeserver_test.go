package bridge_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
)

// A homeserver that cannot be prepared, or that does not take the token any more, keeps
// no visitor away: the bridge stays ready, says what is the matter, and lives.
func TestHealthOfAHomeserverThatIsNoUse(t *testing.T) {
	t.Parallel()
	var refuses atomic.Bool
	refuses.Store(true)
	between := &bridgetest.Between{Handle: func(w http.ResponseWriter, r *http.Request, _ []byte, _ http.Handler) bool {
		if !refuses.Load() || !strings.HasSuffix(r.URL.Path, "/createRoom") {
			return false
		}
		bridgetest.Refuse(w, http.StatusForbidden)
		return true
	}}
	s := bridgetest.Start(t, bridgetest.Options{Through: between.Through(t)})
	says := func(status, code string) {
		t.Helper()
		bridgetest.Await(t, "ready says "+code, func() bool {
			ready := string(fetch(t, s.URL+"/health/ready"))
			return strings.Contains(ready, `"status":"`+status+`"`) && strings.Contains(ready, code)
		})
		if live := strings.TrimSpace(string(fetch(t, s.URL+"/health/live"))); live != `{"status":"ok"}` {
			t.Errorf("live says %s", live)
		}
	}
	says("degraded", "homeserver_preparing")
	v := s.Visitor().MustConnect(t)
	v.Acked(t, v.Say("Is anybody there?"))
	refuses.Store(false)
	says("ok", "")

	// An admin gives the homeserver a registration with other tokens.
	path := filepath.Join(s.Dir, "registration.yaml")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	register := func(text []byte) {
		t.Helper()
		if err := s.Homeserver.Stop(); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := s.Homeserver.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	register(bytes.Replace(good, []byte("as_token: "), []byte("as_token: other"), 1))
	v.Acked(t, v.Say("And now?"))
	says("degraded", "homeserver_refuses")
	register(good)
	says("ok", "")
	anna := s.Operator(t)
	anna.Space(t)
	anna.Sees(t, anna.Room(t, 0), "And now?")
}

// A restored database serves visitors while it reads in the rooms what it has missed, and says
// so until it has heard all of it: the bot and mails wait for that.
func TestHealthOfADatabaseThatWasRestored(t *testing.T) {
	t.Parallel()
	var read atomic.Bool // all rooms: the start is announced behind that
	reads, hears := newHeld("/messages"), newHeld("/messages")
	b := &bridgetest.Between{Handle: func(w http.ResponseWriter, r *http.Request, body []byte, forward http.Handler) bool {
		if r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, "/account_data/chat.anteroom.boot") {
			read.Store(true)
		}
		if read.Load() {
			return hears.Handle(w, r, body, forward)
		}
		return reads.Handle(w, r, body, forward)
	}}
	k := startTalk(t, bridgetest.Options{Through: b.Through(t)})
	saved := k.backup(t)
	k.anna.Says(t, k.room, "Since the backup")
	k.visitor.Hears(t, "Since the backup")
	ready := func() string { return string(fetch(t, k.URL+"/health/ready")) }
	hears.hold(t)
	read.Store(false)
	k.restoreAndSpeak(t, saved, reads)
	if said := ready(); !strings.Contains(said, `{"status":"degraded","reasons":[{"code":"database_restored"`) {
		t.Errorf("while it reads: %s", said)
	}
	reads.release()
	hears.awaitOne(t)
	bridgetest.Await(t, "the homeserver is prepared", func() bool { return !strings.Contains(ready(), "homeserver_preparing") })
	if said := ready(); !strings.Contains(said, `{"status":"degraded","reasons":[{"code":"database_restored"`) {
		t.Errorf("while it hears: %s", said)
	}
	hears.release()
	bridgetest.Await(t, "all is heard, and ready says ok", func() bool { return strings.TrimSpace(ready()) == `{"status":"ok"}` })
	back := k.visitor.Tab().MustConnect(t)
	back.Hears(t, "Since the backup")
	back.Hears(t, "Said meanwhile")
}
