package panel

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
)

func TestASocketIsForTheOperatorsOfASite(t *testing.T) {
	h := open(t, built(t), func(_ *config.Config, pace *pacing) { pace.hello = 200 * time.Millisecond })
	_, ann := h.visitor("shop", "Ann")
	good := h.signIn("shop", "@ann:example.org")
	for name, c := range map[string]struct {
		session, site, code string
	}{
		"no session":     {"", "shop", "bad_session"},
		"a forged one":   {"anteroom_session_" + strings.Repeat("A", 43), "shop", "bad_session"},
		"another's site": {good, "blog", "not_operator"},
		"no such site":   {good, "none", "not_operator"},
	} {
		last := h.look(c.session, c.site, ann).closes(websocket.ClosePolicyViolation)
		if last.Type != "end" || last.Code != c.code {
			t.Errorf("%s ends with %+v, want %s", name, last, c.code)
		}
	}
	for _, origin := range []string{"https://evil.example.com", "null", h.url + "0"} {
		_, response, err := h.dial(websocket.DefaultDialer, origin)
		if err == nil || response.StatusCode != http.StatusForbidden {
			t.Errorf("a page of %s is answered %v, %v", origin, response, err)
		}
		_ = response.Body.Close()
	}
	h.ask("GET", "/panel/v1/live", "").wants(t, 400, "bad_request")
	// What says nothing, or nothing that can be read, does not stay.
	silent, _, err := h.dial(websocket.DefaultDialer, h.url)
	must(t, err)
	if _, _, err := silent.ReadMessage(); err == nil {
		t.Error("who says nothing is told something")
	}
	for _, said := range []string{"{", `"hello"`, `[]`} {
		s, _, err := h.dial(websocket.DefaultDialer, h.url)
		must(t, err)
		must(t, s.WriteMessage(websocket.TextMessage, []byte(said)))
		if last := s.closes(websocket.ClosePolicyViolation); last.Code != "bad_frame" {
			t.Errorf("%s ends with %+v", said, last)
		}
	}
	long := h.look(good, "shop", ann)
	long.next("ready")
	must(t, long.WriteMessage(websocket.TextMessage, []byte(`{"watch":"`+strings.Repeat("x", maxFrame)+`"}`)))
	if _, _, err := long.ReadMessage(); err == nil {
		long.closes(websocket.CloseMessageTooBig)
	}
}

func TestASessionHasSomeSocketsAndNoMore(t *testing.T) {
	h := open(t, built(t), nil)
	session := h.signIn("shop", "@ann:example.org")
	var first *screen
	for range socketsOfASession {
		first = h.look(session, "shop", "")
		first.next("ready")
	}
	// Which says nothing about the session: the others stay.
	if last := h.look(session, "shop", "").closes(websocket.CloseTryAgainLater); last.Type != "" {
		t.Errorf("one more ends with %+v", last)
	}
	must(t, first.Close())
	await(t, "one that left makes room", func() bool { return h.panel.sockets.Count(hashOf(session)) < socketsOfASession })
	h.look(session, "shop", "").next("ready")
}

func TestASocketEndsWithItsSession(t *testing.T) {
	h := open(t, built(t), func(_ *config.Config, pace *pacing) { pace.ping = 20 * time.Millisecond })
	out, old, stays := h.signIn("shop", "@ann:example.org"), h.signIn("shop", "@ann:example.org"), h.signIn("shop", "@bob:example.org")
	signedOut, remains := h.look(out, "shop", ""), h.look(stays, "shop", "")
	signedOut.next("ready")
	remains.next("ready")
	h.ask("DELETE", "/panel/v1/session", "", "Authorization", "Bearer "+out).wants(t, 204, nil)
	if last := signedOut.closes(websocket.ClosePolicyViolation); last.Type != "end" || last.Code != "bad_session" {
		t.Errorf("after signing out it ends with %+v", last)
	}
	aged := h.look(old, "shop", "")
	aged.next("ready")
	h.clock.pass(LivesFor)
	if last := aged.closes(websocket.ClosePolicyViolation); last.Code != "bad_session" {
		t.Errorf("too old it ends with %+v", last)
	}
	if last := remains.closes(websocket.ClosePolicyViolation); last.Code != "bad_session" {
		t.Errorf("the other ends with %+v", last)
	}
}

// Browsers tell a page nothing of a ping: without a frame it could not know a dead link.
func TestAQuietSocketIsSentPings(t *testing.T) {
	h := open(t, built(t), func(_ *config.Config, pace *pacing) { pace.ping = 20 * time.Millisecond })
	s := h.look(h.signIn("shop", "@ann:example.org"), "shop", "")
	s.next("ready")
	s.next("ping")
	s.next("ping")
}

// An open panel is in use, also while nobody touches it.
func TestAnOpenPanelKeepsItsSession(t *testing.T) {
	h := open(t, built(t), func(_ *config.Config, pace *pacing) { pace.ping = 20 * time.Millisecond })
	session := h.signIn("shop", "@ann:example.org")
	h.look(session, "shop", "").next("ready")
	h.clock.pass(UnusedFor - time.Minute)
	await(t, "the use is noted", func() bool {
		found, err := h.store.PanelSession(t.Context(), hashOf(session))
		must(t, err)
		return found.UsedAt.Equal(h.clock.now())
	})
	h.clock.pass(time.Hour)
	h.list(session, "shop").wants(t, 200, nil)
}

// A panel that takes nothing is let go, and the others do not wait for it.
func TestASlowReaderIsLetGo(t *testing.T) {
	h := open(t, built(t), func(_ *config.Config, pace *pacing) {
		pace.round, pace.linger = time.Millisecond, 100*time.Millisecond
	})
	_, ann := h.visitor("shop", "Ann")
	for i := range 60 { // a contact of some hundred thousand bytes
		must(t, h.Set(t.Context(), ann, fmt.Sprintf("v%d", i), strings.Repeat("x", dialog.MaxValue)))
	}
	session := h.signIn("shop", "@ann:example.org")
	narrow := &websocket.Dialer{ReadBufferSize: 512, NetDialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if tcp, ok := conn.(*net.TCPConn); ok {
			err = tcp.SetReadBuffer(4096)
		}
		return conn, err
	}}
	slow, _, err := h.dial(narrow, h.url)
	must(t, err)
	must(t, slow.WriteJSON(map[string]any{"session": session, "site": "shop", "contact": ann}))
	slow.next("ready")
	quick := h.look(session, "shop", ann)
	quick.next("ready")
	for i := 0; h.panel.sockets.Count(hashOf(session)) > 1; i++ {
		if i > 1000 {
			t.Fatal("who takes nothing stays")
		}
		name := fmt.Sprintf("Ann %d", i)
		h.rename(ann, name)
		quick.shows(name)
	}
}

// What a panel does not take is dropped once it is too much, and it learns why.
func TestAQueueIsBounded(t *testing.T) {
	h := open(t, built(t), nil)
	s := &socket{p: h.panel, news: make(chan struct{}, 1), left: make(chan struct{})}
	conn, _, err := h.dial(websocket.DefaultDialer, h.url)
	must(t, err)
	s.conn = conn.Conn
	for range mostQueued {
		s.send([]byte("{}"))
	}
	if frame, over := s.next(); string(frame) != "{}" || over != nil {
		t.Errorf("the next is %s, %+v", frame, over)
	}
	s.send([]byte("{}"))
	s.send([]byte("{}"))
	if frame, over := s.next(); frame != nil || over == nil || over.code != websocket.CloseTryAgainLater {
		t.Errorf("full it is %s, %+v", frame, over)
	}
	s.send([]byte("{}"))
	if len(s.queue) != 0 {
		t.Error("what ends is sent more")
	}
}

func TestWhoLooksAtEverythingIsHeldBack(t *testing.T) {
	h := open(t, built(t), nil)
	_, ann := h.visitor("shop", "Ann")
	s := h.look(h.signIn("shop", "@ann:example.org"), "shop", "")
	s.next("ready")
	for range 3 * watchesBurst {
		if err := s.WriteJSON(map[string]any{"watch": ann}); err != nil {
			break // it was closed meanwhile
		}
	}
	s.closes(websocket.CloseTryAgainLater)
}

// At the end all open panels are asked to come back, and none is taken in any more.
func TestAtTheEndPanelsAreAskedToComeBack(t *testing.T) {
	h := open(t, built(t), nil)
	session := h.signIn("shop", "@ann:example.org")
	s := h.look(session, "shop", "")
	s.next("ready")
	closing := make(chan error, 1)
	go func() { closing <- h.panel.Close(t.Context()) }()
	s.closes(websocket.CloseServiceRestart)
	must(t, <-closing)
	if _, response, err := h.dial(websocket.DefaultDialer, h.url); err == nil || response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a late one is answered %v, %v", response, err)
	}
}
