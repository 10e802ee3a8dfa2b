package bridge_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/admin"
	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dendrite/dendritetest"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// bodies are the texts that a room shows now: edits and removals applied by the homeserver's own view.
func bodies(o *bridgetest.Operator, room id.RoomID) []string {
	var texts []string
	for _, e := range o.Timeline(room) {
		if body := bridgetest.Body(e); body != "" && path(content(e), "msgtype") != "m.notice" {
			texts = append(texts, body)
		}
	}
	return texts
}

func count(texts []string, text string) (n int) {
	for _, t := range texts {
		if t == text {
			n++
		}
	}
	return n
}

// as returns a client of the bridge's own user, for what only the bot may do.
func (k *talk) as(t *testing.T, user id.UserID) *mautrix.Client {
	t.Helper()
	client, err := mautrix.NewClient(k.Homeserver.URL(), user, k.config(t).AppService.ASToken)
	if err != nil {
		t.Fatal(err)
	}
	client.SetAppServiceUserID = true
	return client
}

const bot = id.UserID("@anteroom:localhost")

func TestInvariant07VisitorWritesWhileTheHomeserverIsDownAtStart(t *testing.T) {
	s := bridgetest.Start(t, bridgetest.Options{LateHomeserver: true})
	v := s.Visitor().MustConnect(t)
	v.Acked(t, v.Say("Anyone there?"))
	if err := s.Homeserver.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	anna := s.Operator(t)
	anna.Sees(t, anna.Room(t, 0), "Anyone there?")
}

// Invariant 5: what was edited or removed before it was sent arrives as if it had been written so.
func TestInvariant05EditAndRedactionBeforeTheirOriginalIsSent(t *testing.T) {
	k := startTalk(t, bridgetest.Options{})
	v := k.visitor
	if err := k.Homeserver.Stop(); err != nil {
		t.Fatal(err)
	}
	typo := v.Acked(t, v.Say("One kilo off Sencha"))
	secret := v.Acked(t, v.Say("My password is 1234"))
	v.Acked(t, v.Send(&wire.Edit{T: wire.TypeEdit, Target: typo.ID, Text: "One kilo of Sencha"}))
	v.Acked(t, v.Send(&wire.Redact{T: wire.TypeRedact, Target: secret.ID}))
	v.Acked(t, v.Say("Thank you"))
	if err := k.Homeserver.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	k.anna.Sees(t, k.room, "Thank you")
	want := []string{"Do you have green tea?", "One kilo of Sencha", "Thank you"}
	if got := bodies(k.anna, k.room); !slices.Equal(got, want) {
		t.Errorf("the room says %q, want %q", got, want)
	}
	for _, e := range k.anna.Timeline(k.room) {
		if strings.Contains(string(e.Content.VeryRaw), "1234") {
			t.Errorf("a removed message was sent: %s", e.Content.VeryRaw)
		}
	}
}

// flaky is a proxy that passes a chosen PUT on and then drops the answer, or
// holds the request back until it is released.
type flaky struct {
	mu      sync.Mutex
	match   string
	hold    bool
	hit     chan struct{}
	release chan struct{}
	passed  chan struct{}
}

func (f *flaky) through(t *testing.T) func(string) string {
	return func(homeserver string) string {
		target, err := url.Parse(homeserver)
		if err != nil {
			t.Fatal(err)
		}
		forward := httputil.NewSingleHostReverseProxy(target)
		forward.ErrorHandler = func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			f.mu.Lock()
			matched := f.match != "" && r.Method == http.MethodPut && bytes.Contains(body, []byte(f.match))
			if matched {
				f.match = ""
			}
			hold := f.hold
			f.mu.Unlock()
			if !matched {
				forward.ServeHTTP(w, r)
				return
			}
			again := r.Clone(context.WithoutCancel(r.Context()))
			again.Body = io.NopCloser(bytes.NewReader(body))
			if hold {
				go func() {
					<-f.release
					forward.ServeHTTP(httptest.NewRecorder(), again)
					close(f.passed)
				}()
			} else {
				forward.ServeHTTP(httptest.NewRecorder(), again)
			}
			close(f.hit)
			panic(http.ErrAbortHandler) // the connection breaks without an answer
		}))
		t.Cleanup(server.Close)
		return server.URL
	}
}

func (f *flaky) arm(match string, hold bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.match, f.hold = match, hold
	f.hit, f.release, f.passed = make(chan struct{}), make(chan struct{}), make(chan struct{})
}

// Invariant 6: a PUT that arrived although its answer was lost is found, not repeated.
func TestInvariant06LostAnswerMakesNoSecondEvent(t *testing.T) {
	f := &flaky{}
	k := startTalk(t, bridgetest.Options{Through: f.through(t)})
	f.arm("Only once", false)
	k.visitor.Acked(t, k.visitor.Say("Only once"))
	<-f.hit
	k.visitor.Acked(t, k.visitor.Say("And on"))
	k.anna.Sees(t, k.room, "And on")
	if n := count(bodies(k.anna, k.room), "Only once"); n != 1 {
		t.Errorf("the room has it %d times", n)
	}
}

// Invariant 6: a PUT that arrives after the sender gave up is a second event of
// one entry, and the later of the two is removed.
func TestInvariant06LatePutIsRemovedAsATwin(t *testing.T) {
	f := &flaky{}
	k := startTalk(t, bridgetest.Options{Through: f.through(t)})
	f.arm("Slowly", true)
	k.visitor.Acked(t, k.visitor.Say("Slowly"))
	<-f.hit
	k.anna.Sees(t, k.room, "Slowly") // sent again after the look back
	// A restarted homeserver has forgotten the transaction id.
	if err := k.Homeserver.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	close(f.release)
	<-f.passed
	// The twin may be gone before the operator's client ever saw it.
	bridgetest.Await(t, "one of the twins is removed", func() bool {
		resp, err := k.anna.Messages(t.Context(), k.room, "", "", mautrix.DirectionBackward, nil, 100)
		if err != nil {
			return false
		}
		var left, removed int
		for _, e := range resp.Chunk {
			switch {
			case bridgetest.Body(e) == "Slowly" && e.Unsigned.RedactedBecause == nil:
				left++
			case e.Type.Type == event.EventRedaction.Type && e.Sender == bot:
				removed++
			}
		}
		return left == 1 && removed == 1
	})
}

// Invariant 12: however many first messages come at once, there is one room.
func TestInvariant12FourTabsWriteFirstAtOnce(t *testing.T) {
	s := bridgetest.Start(t, bridgetest.Options{})
	anna := s.Operator(t)
	first := s.Visitor()
	tabs := []*bridgetest.Visitor{first, first.Tab(), first.Tab(), first.Tab()}
	var wait sync.WaitGroup
	for _, tab := range tabs {
		wait.Go(func() {
			tab.MustConnect(t)
			tab.Acked(t, tab.Say("me first"))
		})
	}
	wait.Wait()
	room := anna.Room(t, 0)
	bridgetest.Await(t, "all four are in the room", func() bool { return count(bodies(anna, room), "me first") == 4 })
	k := &talk{Stack: s}
	joined, err := k.as(t, bot).JoinedRooms(t.Context())
	if err != nil || len(joined.JoinedRooms) != 2 {
		t.Errorf("the bot is in %v (%v), want the space and one room", joined, err)
	}
}

// Invariant 4: nothing that the homeserver delivers is refused, and a poison event stops no other.
func TestInvariant04PoisonEventsStopNothing(t *testing.T) {
	k := startTalk(t, bridgetest.Options{})
	room := string(k.room)
	for _, body := range []string{
		`{"events":[{"type":7,"room_id":["x"]},null,"text",{}]}`,
		`{"events":"none"}`, `[]`, `7`, `not json`,
		`{"events":[{"event_id":"$a","room_id":"` + room + `","type":"m.room.message","sender":"@anna:localhost","content":[1,2]}]}`,
		`{"events":[{"event_id":"$b","room_id":"` + room + `","type":"m.room.member","state_key":"@x:y","sender":"@anna:localhost","content":{"membership":7}}]}`,
		`{"events":[{"event_id":"$c","room_id":"` + room + `","type":"m.room.tombstone","state_key":"","sender":"@anna:localhost","content":{"replacement_room":"!nowhere:localhost"}}]}`,
	} {
		if status := k.deliver(t, body); status != http.StatusOK {
			t.Errorf("%s was answered %d", body, status)
		}
	}
	k.anna.Says(t, k.room, "Still here")
	k.visitor.Hears(t, "Still here")
	k.anna.Event(t, k.room, "the notice about the poison", func(e *event.Event) bool {
		return path(content(e), "msgtype") == "m.notice" && strings.Contains(string(e.Content.VeryRaw), "$c")
	})
	if status := k.deliverAs(t, "wrong", `{"events":[]}`); status != http.StatusForbidden {
		t.Errorf("a wrong token was answered %d", status)
	}
}

// deliver puts a transaction as the homeserver does and returns the status.
func (k *talk) deliver(t *testing.T, body string) int {
	t.Helper()
	return k.deliverAs(t, k.config(t).AppService.HSToken, body)
}

func (k *talk) deliverAs(t *testing.T, token, body string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut,
		k.config(t).AppService.Address+"/_matrix/app/v1/transactions/1", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func (k *talk) config(t *testing.T) *config.Config {
	t.Helper()
	cfg, err := config.Load(k.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// Invariant 17: the successor of an upgraded room carries the dialog on.
func TestInvariant17RoomUpgraded(t *testing.T) {
	k := startTalk(t, bridgetest.Options{})
	client := k.as(t, bot)
	var resp struct {
		Room id.RoomID `json:"replacement_room"`
	}
	if _, err := client.MakeRequest(t.Context(), http.MethodPost, client.BuildClientURL("v3", "rooms", k.room, "upgrade"),
		map[string]any{"new_version": "11"}, &resp); err != nil {
		t.Fatal(err)
	}
	bridgetest.Await(t, "the alias points to the successor", func() bool {
		alias, err := client.ResolveAlias(t.Context(), id.NewRoomAlias(k.asked.Sender.Localpart(), "localhost"))
		return err == nil && alias.RoomID == resp.Room
	})
	k.visitor.Acked(t, k.visitor.Say("Are you still there?"))
	if _, err := k.anna.JoinRoomByID(t.Context(), resp.Room); err != nil {
		t.Fatal(err)
	}
	k.anna.Sees(t, resp.Room, "Are you still there?")
	k.anna.Says(t, resp.Room, "In the new room")
	k.visitor.Hears(t, "In the new room")
}

// Invariant 17: a room that the bot has lost is replaced, and the dialog goes on.
func TestInvariant17RoomLost(t *testing.T) {
	k := startTalk(t, bridgetest.Options{})
	for _, user := range []id.UserID{k.asked.Sender, bot} {
		if _, err := k.as(t, user).LeaveRoom(t.Context(), k.room); err != nil {
			t.Fatal(err)
		}
	}
	k.visitor.Acked(t, k.visitor.Say("Hello again"))
	next := k.anna.Room(t, 1)
	k.anna.Sees(t, next, "Hello again")
	k.anna.Event(t, next, "the word about the old room", func(e *event.Event) bool {
		return path(content(e), "msgtype") == "m.notice" && strings.Contains(string(e.Content.VeryRaw), string(k.room)[1:])
	})
	k.anna.Says(t, next, "Here I am")
	k.visitor.Hears(t, "Here I am")
}

// Invariant 17: a kicked ghost comes back with the visitor's next word, a banned one does not.
func TestInvariant17GhostKickedAndBanned(t *testing.T) {
	k := startTalk(t, bridgetest.Options{})
	if _, err := k.anna.KickUser(t.Context(), k.room, &mautrix.ReqKickUser{UserID: k.asked.Sender}); err != nil {
		t.Fatal(err)
	}
	k.visitor.Acked(t, k.visitor.Say("I am back"))
	k.anna.Sees(t, k.room, "I am back")
	if _, err := k.anna.BanUser(t.Context(), k.room, &mautrix.ReqBanUser{UserID: k.asked.Sender}); err != nil {
		t.Fatal(err)
	}
	bridgetest.Frame(t, k.visitor, wire.TypeError, func(f wire.Error) bool { return f.Code == chat.CodeBlocked })
}

// Invariant 13: operators can neither encrypt the room nor remove the bot.
func TestInvariant13OperatorsCannotCutTheVisitorOff(t *testing.T) {
	k := startTalk(t, bridgetest.Options{})
	if _, err := k.anna.SendStateEvent(t.Context(), k.room, event.StateEncryption, "",
		&event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1}); err == nil {
		t.Error("an operator switched encryption on")
	}
	if _, err := k.anna.KickUser(t.Context(), k.room, &mautrix.ReqKickUser{UserID: bot}); err == nil {
		t.Error("an operator removed the bot")
	}
	if _, err := k.anna.SendStateEvent(t.Context(), k.room, event.StateRoomName, "", map[string]any{"name": "Anna's customer"}); err != nil {
		t.Errorf("an operator cannot rename the room: %v", err)
	}
}

// Invariant 3: after a restored backup of the database, what the rooms have is taken back.
func TestInvariant03DatabaseRestoredFromABackup(t *testing.T) {
	k := startTalk(t, bridgetest.Options{})
	k.anna.Says(t, k.room, "Before the backup")
	k.visitor.Hears(t, "Before the backup")
	saved := filepath.Join(t.TempDir(), "backup")
	if _, err := admin.Backup(t.Context(), k.config(t), saved); err != nil {
		t.Fatal(err)
	}
	k.visitor.Acked(t, k.visitor.Say("After the backup"))
	k.anna.Sees(t, k.room, "After the backup")
	k.anna.Says(t, k.room, "Answered after the backup")
	k.visitor.Hears(t, "Answered after the backup")
	k.StopBridge(t)
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.RemoveAll(k.Database() + suffix); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(filepath.Dir(k.Database()), os.DirFS(saved)); err != nil {
		t.Fatal(err)
	}
	k.StartBridge(t, "")
	back := k.visitor.Tab().MustConnect(t)
	for _, text := range []string{"Do you have green tea?", "Before the backup", "After the backup", "Answered after the backup"} {
		back.Hears(t, text)
	}
	k.visitor.Close()
	k.visitor.MustConnect(t)
	bridgetest.Frame(t, k.visitor, wire.TypeWelcome, func(w wire.Welcome) bool { return w.Reset })
	back.Acked(t, back.Say("Life goes on"))
	k.anna.Sees(t, k.room, "Life goes on")
	for _, text := range []string{"Do you have green tea?", "After the backup"} {
		if n := count(bodies(k.anna, k.room), text); n != 1 {
			t.Errorf("the room has %q %d times", text, n)
		}
	}
}

// Invariant 3: after a restored backup of the homeserver, what it lost is sent again.
func TestInvariant03HomeserverRestoredFromABackup(t *testing.T) {
	k := startTalk(t, bridgetest.Options{})
	k.StopBridge(t)
	k.restoreHomeserver(t, func() {
		k.StartBridge(t, "")
		k.visitor.MustConnect(t)
		k.visitor.Acked(t, k.visitor.Say("Lost by the homeserver"))
		k.anna.Sees(t, k.room, "Lost by the homeserver")
		k.StopBridge(t)
	})
	k.StartBridge(t, "")
	bridgetest.Await(t, "the room has again what it lost", func() bool {
		resp, err := k.anna.Messages(t.Context(), k.room, "", "", mautrix.DirectionBackward, nil, 100)
		if err != nil {
			return false
		}
		n := 0
		for _, e := range resp.Chunk {
			if bridgetest.Body(e) == "Lost by the homeserver" {
				n++
			}
		}
		return n == 1
	})
}

// Invariant 12: a room of the bot that the database does not know is left, and
// who is in it is told that nobody reads there.
func TestInvariant12StrayRoomsAreLeft(t *testing.T) {
	k := startTalk(t, bridgetest.Options{})
	k.StopBridge(t)
	stray, err := k.as(t, bot).CreateRoom(t.Context(), &mautrix.ReqCreateRoom{
		Preset: "public_chat", Invite: []id.UserID{k.anna.UserID},
		InitialState: []*event.Event{{
			Type: event.NewEventType("chat.anteroom.dialog"), StateKey: new(string),
			Content: event.Content{Parsed: map[string]any{"site": "shop", "visitor": chat.NewVisitorID()}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	k.StartBridge(t, "")
	k.anna.Event(t, stray.RoomID, "that nobody reads there", func(e *event.Event) bool {
		return path(content(e), "msgtype") == "m.notice"
	})
	bridgetest.Await(t, "the bot leaves", func() bool {
		joined, err := k.as(t, bot).JoinedRooms(t.Context())
		return err == nil && len(joined.JoinedRooms) == 2
	})
}

// Invariant 14: an operator joins a dialog uninvited by being in the space; one
// who leaves the config leaves the space and the rooms.
func TestInvariant14OperatorsComeAndGoWithTheConfig(t *testing.T) {
	k := startTalk(t, bridgetest.Options{})
	bob := dendritetest.Operator(t, k.Homeserver, "bob")
	set := func(operators string) {
		t.Helper()
		k.StopBridge(t)
		raw, err := os.ReadFile(k.ConfigPath())
		if err != nil {
			t.Fatal(err)
		}
		raw = regexp.MustCompile(`operators: \[.*\]`).ReplaceAll(raw, []byte("operators: ["+operators+"]"))
		if err := os.WriteFile(k.ConfigPath(), raw, 0o600); err != nil {
			t.Fatal(err)
		}
		k.StartBridge(t, "")
	}
	if _, err := bob.JoinRoomByID(t.Context(), k.room); err == nil {
		t.Error("an outsider joined the dialog")
	}
	set(`"@anna:localhost", "@bob:localhost"`)
	space := k.anna.Space(t)
	bridgetest.Await(t, "bob is let into the space and the room", func() bool {
		_, spaceErr := bob.JoinRoomByID(t.Context(), space)
		_, roomErr := bob.JoinRoomByID(t.Context(), k.room)
		return spaceErr == nil && roomErr == nil
	})
	set(`"@anna:localhost"`)
	bridgetest.Await(t, "bob is out of both", func() bool {
		joined, err := bob.JoinedRooms(t.Context())
		return err == nil && len(joined.JoinedRooms) == 0
	})
}
