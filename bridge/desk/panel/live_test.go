package panel

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

// screen is an open panel.
type screen struct {
	*websocket.Conn
	t testing.TB
}

// dial opens a socket, as a page of that origin.
func (h *house) dial(dialer *websocket.Dialer, origin string) (*screen, *http.Response, error) {
	h.t.Helper()
	header := http.Header{}
	if origin != "" {
		header.Set("Origin", origin)
	}
	conn, response, err := dialer.DialContext(h.t.Context(), strings.Replace(h.url, "http", "ws", 1)+"/panel/v1/live", header)
	if err == nil {
		h.t.Cleanup(func() { _ = conn.Close() })
		must(h.t, conn.SetReadDeadline(time.Now().Add(patience)))
	}
	return &screen{conn, h.t}, response, err
}

// look opens a panel of a site at a contact, "" for none.
func (h *house) look(session, site string, v chat.VisitorID) *screen {
	h.t.Helper()
	s, response, err := h.dial(websocket.DefaultDialer, h.url)
	must(h.t, err)
	_ = response.Body.Close()
	must(h.t, s.WriteJSON(map[string]any{"session": session, "site": site, "contact": v}))
	return s
}

// frame is what a panel is told.
type frame struct {
	Type    string
	Contact json.RawMessage
	// Contacts are the names of a changed list.
	Contacts []struct{ Name string }
	On       bool
	Code     string
}

// name is the contact's name, or its id where only that is said.
func (f frame) name() string {
	var contact struct{ Name string }
	if json.Unmarshal(f.Contact, &contact) == nil {
		return contact.Name
	}
	return strings.Trim(string(f.Contact), `"`)
}

// next waits for a frame of a type, and passes over others.
func (s *screen) next(kind string) frame {
	s.t.Helper()
	for {
		_, data, err := s.ReadMessage()
		if err != nil {
			s.t.Fatalf("no %s comes: %v", kind, err)
		}
		var f frame
		must(s.t, json.Unmarshal(data, &f))
		if f.Type == kind {
			return f
		}
	}
}

// shows waits until the watched contact has that name.
func (s *screen) shows(name string) {
	s.t.Helper()
	for {
		if s.next("contact").name() == name {
			return
		}
	}
}

// closes waits for a close code, and returns the last frame before it.
func (s *screen) closes(code int) (last frame) {
	s.t.Helper()
	for {
		_, data, err := s.ReadMessage()
		if err == nil {
			must(s.t, json.Unmarshal(data, &last))
			continue
		}
		if !websocket.IsCloseError(err, code) {
			s.t.Errorf("it ends with %v, want %d", err, code)
		}
		return last
	}
}

// visitor is one who wrote to a site.
func (h *house) visitor(site chat.SiteID, name string) (dialog.Session, chat.VisitorID) {
	h.t.Helper()
	in, err := h.Enter(h.t.Context(), site, (strings.ReplaceAll(name, " ", "") + strings.Repeat("s", 43))[:43], store.Device{Language: "en"})
	must(h.t, err)
	_, err = h.Say(h.t.Context(), in, dialog.Message{Client: "client-0000000001", Text: "Hello"})
	must(h.t, err)
	h.rename(in.Visitor, name)
	return in, in.Visitor
}

func (h *house) rename(v chat.VisitorID, name string) {
	h.t.Helper()
	_, err := h.Rename(h.t.Context(), v, name, store.NamedByOperator)
	must(h.t, err)
}

func TestAnOpenPanelIsToldOfItsContactAndItsList(t *testing.T) {
	h := open(t, built(t), nil)
	in, ann := h.visitor("shop", "Ann")
	_, bob := h.visitor("shop", "Bob")
	_, other := h.visitor("blog", "Other")
	session := h.signIn("shop", "@ann:example.org")
	s := h.look(session, "shop", ann)
	s.next("ready")
	s.shows("Ann")
	h.rename(ann, "Ann Tea")
	s.shows("Ann Tea")
	h.panel.live.VisitorTyping(other, true)
	h.panel.live.VisitorTyping(bob, true)
	h.panel.live.VisitorTyping(ann, true)
	if typing := s.next("typing"); typing.name() != string(ann) || !typing.On {
		t.Errorf("who types is %+v", typing)
	}
	h.panel.live.VisitorTyping(ann, false)
	if typing := s.next("typing"); typing.On {
		t.Errorf("who stopped typing is %+v", typing)
	}
	// Others are told of in the list alone, and those of another site not at all.
	h.rename(other, "Other Too")
	h.rename(bob, "Bob Too")
	for listed := []string{}; !slices.Contains(listed, "Bob Too"); {
		for _, c := range s.next("changed").Contacts {
			if listed = append(listed, c.Name); strings.HasPrefix(c.Name, "Other") {
				t.Errorf("the shop's list has %v", listed)
			}
		}
	}
	// A visitor who comes, as a connection tells.
	leave := h.Listen(in, deaf{})
	defer leave()
	s.next("contact")
	must(t, s.WriteJSON(map[string]any{"watch": bob}))
	s.shows("Bob Too")
	must(t, s.WriteJSON(map[string]any{"watch": other}))
	if gone := s.next("gone"); gone.name() != string(other) {
		t.Errorf("of another site's contact comes %+v", gone)
	}
	must(t, s.WriteJSON(map[string]any{"watch": "nobody"}))
	if gone := s.next("gone"); gone.name() != "nobody" {
		t.Errorf("of nobody comes %+v", gone)
	}
	must(t, s.WriteJSON(map[string]any{"watch": nil}))
	// One that nobody looks at is gone from the list as well.
	must(t, h.Erase(t.Context(), bob, "@ann:example.org", func(context.Context, store.Visitor) error { return nil }))
	if gone := s.next("gone"); gone.name() != string(bob) {
		t.Errorf("after the erasure comes %+v", gone)
	}
}

// Who looks at a contact that is not there has nobody else ask anew.
func TestAWatchedNobodyIsTheWatchersAloneMatter(t *testing.T) {
	h := open(t, built(t), nil)
	_, ann := h.visitor("shop", "Ann")
	curious, other := h.look(h.signIn("shop", "@ann:example.org"), "shop", ""), h.look(h.signIn("blog", "@bob:example.org"), "shop", ann)
	curious.next("ready")
	other.next("ready")
	other.shows("Ann")
	for range 3 {
		must(t, curious.WriteJSON(map[string]any{"watch": "nobody"}))
		curious.next("gone")
	}
	h.rename(ann, "Ann Tea")
	for {
		_, data, err := other.ReadMessage()
		must(t, err)
		var f frame
		must(t, json.Unmarshal(data, &f))
		if f.Type == "refresh" {
			t.Fatal("the other panel has to ask anew")
		}
		if f.Type == "contact" && f.name() == "Ann Tea" {
			break
		}
	}
}

// What could not be read when it changed is told as soon as it can.
func TestAFailedReadingLosesNothing(t *testing.T) {
	h := open(t, built(t), nil)
	_, ann := h.visitor("shop", "Ann")
	_, bob := h.visitor("shop", "Bob")
	s := h.look(h.signIn("shop", "@ann:example.org"), "shop", ann)
	s.next("ready")
	s.shows("Ann")
	h.broken.Store(true)
	before := h.reads.Load()
	h.rename(ann, "Ann Tea")
	h.rename(bob, "Bob Tea") // whose site is not known yet
	await(t, "reading fails again and again", func() bool { return h.reads.Load() >= before+6 })
	h.broken.Store(false)
	s.shows("Ann Tea")
	listed := map[string]bool{}
	for !listed["Ann Tea"] || !listed["Bob Tea"] {
		for _, c := range s.next("changed").Contacts {
			listed[c.Name] = true
		}
	}
	// One that is read already, and fails as the list is told.
	must(t, s.WriteJSON(map[string]any{"watch": nil}))
	h.broken.Store(true)
	before = h.reads.Load()
	h.rename(bob, "Bob Last")
	await(t, "reading fails for the list", func() bool { return h.reads.Load() >= before+2 })
	h.broken.Store(false)
	for {
		for _, c := range s.next("changed").Contacts {
			if c.Name == "Bob Last" {
				return
			}
		}
	}
}

// deaf is a visitor's connection that takes nothing.
type deaf struct{}

func (deaf) Wake()                    {}
func (deaf) Typing(chat.Author, bool) {}
func (deaf) Stream(chat.Stream)       {}
func (deaf) Stop(*chat.Error)         {}

// A contact is read once for each change, however many look at it, and seldom for many changes at once.
func TestFiftyPanelsOnOneDialogReadItOnce(t *testing.T) {
	h := open(t, built(t), func(_ *config.Config, pace *pacing) { pace.list, pace.round = time.Hour, 100*time.Millisecond })
	_, ann := h.visitor("shop", "Ann")
	var all []*screen
	session := ""
	for i := range 50 {
		if i%socketsOfASession == 0 {
			session = h.signIn("shop", "@ann:example.org")
		}
		s := h.look(session, "shop", ann)
		s.next("ready")
		all = append(all, s)
	}
	for _, s := range all {
		s.shows("Ann")
	}
	// Nothing is under way once a round of its own has been told.
	h.rename(ann, "Ann First")
	for _, s := range all {
		s.shows("Ann First")
	}
	before := h.reads.Load()
	h.rename(ann, "Ann Tea")
	for _, s := range all {
		s.shows("Ann Tea")
	}
	if n := h.reads.Load() - before; n != 1 {
		t.Errorf("the contact was read %d times for one change", n)
	}
	before = h.reads.Load()
	began := time.Now()
	for i := range 100 {
		h.rename(ann, fmt.Sprintf("Ann %d", i))
	}
	h.rename(ann, "Ann Last")
	for _, s := range all {
		s.shows("Ann Last")
	}
	rounds := int64(time.Since(began)/h.panel.pacing.round) + 2
	if n := h.reads.Load() - before; n > rounds {
		t.Errorf("the contact was read %d times for 101 changes in %d rounds", n, rounds)
	}
}

// Nothing is read while nobody looks.
func TestWithoutAnOpenPanelNothingIsRead(t *testing.T) {
	h := open(t, built(t), nil)
	_, ann := h.visitor("shop", "Ann")
	h.rename(ann, "Ann Tea")
	s := h.look(h.signIn("shop", "@ann:example.org"), "shop", "")
	s.next("ready")
	if n := h.reads.Load(); n != 0 {
		t.Errorf("contacts were read %d times", n)
	}
	h.rename(ann, "Ann Last")
	if got := s.next("changed"); len(got.Contacts) != 1 || got.Contacts[0].Name != "Ann Last" {
		t.Errorf("the list is told %+v", got)
	}
}

// Of many contacts at once the list is not told one by one.
func TestManyChangesHaveTheListAskedAnew(t *testing.T) {
	h := open(t, built(t), nil)
	var all []chat.VisitorID
	for i := range mostListed + 1 {
		_, v := h.visitor("shop", fmt.Sprintf("visitor %d", i))
		all = append(all, v)
	}
	s := h.look(h.signIn("shop", "@ann:example.org"), "shop", "")
	s.next("ready")
	stir := func(visitors []chat.VisitorID) {
		h.panel.live.mu.Lock() // so that one round finds all of them
		defer h.panel.live.mu.Unlock()
		for _, v := range visitors {
			h.panel.live.stirred[v] = true
		}
		h.panel.live.bell <- struct{}{}
	}
	stir(all[:mostListed])
	if got := s.next("changed"); len(got.Contacts) != mostListed {
		t.Errorf("the list is told of %d", len(got.Contacts))
	}
	stir(all)
	s.next("refresh")
}

func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !holds(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("it does not happen: %s", what)
		}
	}
}
