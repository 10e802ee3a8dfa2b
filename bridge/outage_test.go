package bridge_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/dendrite/dendritetest"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// heldBack is what the bridge logs when it takes the homeserver for down.
const heldBack = "The homeserver does not take our requests"

func isMessages(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/messages") }

// Invariant 7: a visitor who leaves in the middle of a request says nothing about the homeserver.
func TestInvariant07AVisitorWhoLeavesHoldsUpNobody(t *testing.T) {
	t.Parallel() // it waits for most of its time
	var armed atomic.Bool
	began, ended := make(chan struct{}), make(chan struct{})
	b := &bridgetest.Between{Handle: func(_ http.ResponseWriter, r *http.Request, _ []byte, _ http.Handler) bool {
		if !isMessages(r) || !armed.CompareAndSwap(true, false) {
			return false
		}
		close(began)
		<-r.Context().Done()
		close(ended)
		return true
	}}
	k := startTalk(t, bridgetest.Options{Through: b.Through(t)})
	k.visitor.Close()
	k.anna.SeesPresence(t, k.asked.Sender, event.PresenceOffline, "Tea") // with the grace its poll is over too
	armed.Store(true)
	back := k.visitor.Tab().MustConnect(t) // its poll begins with a look at the room
	<-began
	back.Close()
	<-ended
	other := k.Visitor().MustConnect(t)
	other.Acked(t, other.Say("Is anybody there?"))
	k.anna.Sees(t, k.anna.Room(t, 1), "Is anybody there?")
	if k.Logged(heldBack) {
		t.Error("the homeserver was taken for down")
	}
}

// Invariant 3: a homeserver that is being stopped refuses what it knows; that it was
// away is noticed all the same, since it may come back from a backup.
func TestInvariant03AnOutageThatBeginsWithARefusal(t *testing.T) {
	t.Parallel()
	var armed, ending atomic.Bool
	b := refusing(http.StatusForbidden, func(r *http.Request, _ []byte) bool {
		if strings.HasSuffix(r.URL.Path, "/sync") && armed.CompareAndSwap(true, false) {
			ending.Store(true)
			return true
		}
		return strings.HasSuffix(r.URL.Path, "/whoami") && ending.CompareAndSwap(true, false)
	})
	k := startTalk(t, bridgetest.Options{Through: b.Through(t)})
	armed.Store(true)
	other := k.Visitor().MustConnect(t) // its poll is a new one
	other.Acked(t, other.Say("Is anybody there?"))
	bridgetest.Await(t, "the outage is noticed", func() bool { return k.Logged(heldBack) })
	k.anna.Sees(t, k.anna.Room(t, 1), "Is anybody there?")
}

// Invariant 3: a message whose PUT broke off after the homeserver had taken it, and which
// is edited before it is put again, is answered with the event that has the old words.
func TestInvariant03AnEditAfterAPutThatBrokeOff(t *testing.T) {
	t.Parallel()
	landed, edited, again := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var puts atomic.Int32
	var hidden atomic.Bool
	b := &bridgetest.Between{Handle: func(w http.ResponseWriter, r *http.Request, body []byte, forward http.Handler) bool {
		if isMessages(r) && hidden.Load() {
			page(w, r, forward, func(e json.RawMessage) bool { return bytes.Contains(e, []byte("One kilo")) })
			return true
		}
		if !bytes.Contains(body, []byte("One kilo")) || !strings.Contains(r.URL.Path, "/send/") {
			return false
		}
		switch puts.Add(1) {
		case 1:
			hidden.Store(true)
			forward.ServeHTTP(httptest.NewRecorder(), r)
			close(landed)
			<-edited
			panic(http.ErrAbortHandler)
		case 2:
			close(again)
		}
		forward.ServeHTTP(w, r)
		hidden.Store(false)
		return true
	}}
	inward := &bridgetest.Between{Handle: func(_ http.ResponseWriter, _ *http.Request, body []byte, _ http.Handler) bool {
		if bytes.Contains(body, []byte("One kilo")) {
			<-again // or the bridge hears of the event before it puts it again
		}
		return false
	}}
	k := startTalk(t, bridgetest.Options{Through: b.Through(t), Inward: inward.Through(t), Site: "    presence: false\n"})
	typo := k.visitor.Acked(t, k.visitor.Say("One kilo off tea"))
	<-landed
	k.visitor.Acked(t, k.visitor.Send(&wire.Edit{T: wire.TypeEdit, Target: typo.ID, Text: "One kilo of tea"}))
	close(edited)
	bridgetest.Await(t, "the room says what it was edited to", func() bool {
		for _, e := range k.anna.Timeline(k.room) {
			if path(content(e), "m.new_content", "body") == "One kilo of tea" || content(e)["body"] == "One kilo of tea" {
				return true
			}
		}
		return false
	})
	if n := puts.Load(); n != 3 {
		t.Errorf("%d events were put, not the message twice and its edit", n)
	}
}

// page answers a request for a page of a room without the events that are hidden.
func page(w http.ResponseWriter, r *http.Request, forward http.Handler, hidden func(json.RawMessage) bool) {
	var page struct {
		Chunk []json.RawMessage `json:"chunk"`
		Start string            `json:"start"`
		End   string            `json:"end"`
	}
	r.Header.Del("Accept-Encoding")
	answer := httptest.NewRecorder()
	forward.ServeHTTP(answer, r)
	_ = json.Unmarshal(answer.Body.Bytes(), &page)
	page.Chunk = slices.DeleteFunc(page.Chunk, hidden)
	_ = json.NewEncoder(w).Encode(page)
}

// Invariant 11: a room whose order the homeserver does not show is taken as it came.
func TestInvariant11AnOrderThatCannotBeLearntLosesNoMessage(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	b := refusing(http.StatusInternalServerError, func(r *http.Request, _ []byte) bool { return broken.Load() && isMessages(r) })
	k := startTalk(t, bridgetest.Options{Through: b.Through(t)})
	k.StopBridge(t)
	broken.Store(true)
	k.StartBridge(t, "")
	k.anna.Says(t, k.room, "One")
	k.anna.Says(t, k.room, "Two")
	k.visitor.MustConnect(t)
	one, two := k.visitor.Hears(t, "One"), k.visitor.Hears(t, "Two")
	if one.Seq > two.Seq {
		t.Error("they came in another order")
	}
}

// Invariant 11: a homeserver that held an event back while the bridge was dead, and
// delivers a newer one before it shows either, changes no order.
func TestInvariant11AnOrderThatIsShownLate(t *testing.T) {
	t.Parallel() // it waits for most of its time
	var late atomic.Bool
	b := &bridgetest.Between{Handle: func(w http.ResponseWriter, r *http.Request, _ []byte, forward http.Handler) bool {
		if !isMessages(r) || !late.CompareAndSwap(true, false) {
			return false
		}
		page(w, r, forward, func(e json.RawMessage) bool { return bytes.Contains(e, []byte("while it was dead")) })
		return true
	}}
	k := startTalk(t, bridgetest.Options{Through: b.Through(t), Site: "    presence: false\n"})
	k.visitor.Close() // nothing looks through its room but what is delivered
	bridgetest.Await(t, "the visitor has left", func() bool { return strings.Contains(answers(t, k.anna, k.room, "!visitor"), "Offline") })
	k.StopBridge(t)
	k.anna.Says(t, k.room, "One, while it was dead")
	second := k.anna.Says(t, k.room, "Two, while it was dead")
	var two *event.Event
	bridgetest.Await(t, "the homeserver shows the newer one", func() bool { // Dendrite answers 404 for a while
		var err error
		two, err = k.anna.GetEvent(t.Context(), k.room, second)
		return err == nil
	})
	body, err := json.Marshal(map[string]any{"events": []any{two}})
	if err != nil {
		t.Fatal(err)
	}
	late.Store(true)
	k.StartBridge(t, "")
	if status := k.deliver(t, string(body)); status != http.StatusOK {
		t.Fatalf("the newer one was answered %d", status)
	}
	bridgetest.Await(t, "the order is looked at", func() bool { return !late.Load() })
	k.visitor.MustConnect(t)
	one, newer := k.visitor.Hears(t, "One, while it was dead"), k.visitor.Hears(t, "Two, while it was dead")
	if one.Seq > newer.Seq {
		t.Error("they came in another order")
	}
}

// Invariant 4: what an outage interrupts is converted when it is over, without another event.
func TestInvariant04ConversionGoesOnAfterAnOutage(t *testing.T) {
	t.Parallel()
	var armed atomic.Bool
	b := &bridgetest.Between{Handle: func(_ http.ResponseWriter, r *http.Request, _ []byte, _ http.Handler) bool {
		if isMessages(r) && armed.CompareAndSwap(true, false) {
			panic(http.ErrAbortHandler)
		}
		return false
	}}
	k := startTalk(t, bridgetest.Options{Through: b.Through(t), Site: "    presence: false\n"})
	k.visitor.Close()
	bridgetest.Await(t, "the visitor has left", func() bool { return strings.Contains(answers(t, k.anna, k.room, "!visitor"), "Offline") })
	// After an outage the next event of each room is compared with its order, unless
	// the room is looked through because its visitor is there, or has something to tell by itself.
	if err := k.Homeserver.Stop(); err != nil {
		t.Fatal(err)
	}
	other := k.Visitor().MustConnect(t)
	other.Acked(t, other.Say("Somebody else"))
	bridgetest.Await(t, "the outage is noticed", func() bool { return k.Logged(heldBack) })
	if err := k.Homeserver.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	k.anna.Sees(t, k.anna.Room(t, 1), "Somebody else")
	other.Close()
	armed.Store(true)
	k.anna.Send(t, k.room, event.NewEventType("org.matrix.msc3381.poll.start"), map[string]any{
		"org.matrix.msc3381.poll.start": map[string]any{"question": map[string]any{"body": "Which?"}},
	})
	k.anna.Event(t, k.room, "the answer about the poll", func(e *event.Event) bool {
		return path(content(e), "msgtype") == "m.notice" && strings.Contains(bridgetest.Body(e), "poll")
	})
	if armed.Load() {
		t.Error("nothing was interrupted")
	}
}

// Invariant 5: what was kept back reaches the visitor when its author mends it.
func TestInvariant05TheEditOfACommandIsTheMessage(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	command := k.anna.Says(t, k.room, "!hello")
	k.anna.Event(t, k.room, "that it was kept back", func(e *event.Event) bool {
		return path(content(e), "msgtype") == "m.notice" && strings.Contains(bridgetest.Body(e), "!!")
	})
	edit := func(text string) {
		k.anna.Send(t, k.room, event.EventMessage, map[string]any{
			"msgtype": "m.text", "body": "* " + text,
			"m.new_content": map[string]any{"msgtype": "m.text", "body": text},
			"m.relates_to":  map[string]any{"rel_type": "m.replace", "event_id": command},
		})
	}
	edit("!!hello")
	message := k.visitor.Hears(t, "!hello")
	edit("Hello!")
	k.visitor.Entry(t, "the second edit", func(e wire.Entry) bool { return e.Target == message.ID && e.Text == "Hello!" })
	if _, err := k.anna.RedactEvent(t.Context(), k.room, command); err != nil {
		t.Fatal(err)
	}
	k.visitor.Entry(t, "the removal", func(e wire.Entry) bool { return e.Target == message.ID && e.Kind == "redaction" })
}

// Invariant 5: only its author mends a kept-back message, and a file comes along.
func TestInvariant05AMendedCaptionBringsItsPictureAndOthersMendNothing(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	bob := dendritetest.Operator(t, k.Homeserver, "bob")
	if _, err := k.anna.InviteUser(t.Context(), k.room, &mautrix.ReqInviteUser{UserID: bob.UserID}); err != nil {
		t.Fatal(err)
	}
	if _, err := bob.JoinRoomByID(t.Context(), k.room); err != nil {
		t.Fatal(err)
	}
	up, err := k.anna.UploadBytesWithName(t.Context(), []byte("a picture"), "image/png", "tea.png")
	if err != nil {
		t.Fatal(err)
	}
	picture := func(caption string) map[string]any {
		return map[string]any{
			"msgtype": "m.image", "body": caption, "filename": "tea.png", "url": up.ContentURI.String(), "info": map[string]any{"mimetype": "image/png"},
		}
	}
	kept := k.anna.Send(t, k.room, event.EventMessage, picture("!price"))
	k.anna.Event(t, k.room, "that it was kept back", func(e *event.Event) bool {
		return path(content(e), "msgtype") == "m.notice" && strings.Contains(bridgetest.Body(e), "!!")
	})
	edit := func(text string) map[string]any {
		mended := picture("* " + text)
		mended["m.new_content"] = picture(text)
		mended["m.relates_to"] = map[string]any{"rel_type": "m.replace", "event_id": kept}
		return mended
	}
	if _, err := bob.SendMessageEvent(t.Context(), k.room, event.EventMessage, edit("Bob's words")); err != nil {
		t.Fatal(err)
	}
	k.anna.Send(t, k.room, event.EventMessage, edit("Ten a pack"))
	shown := k.visitor.Hears(t, "Ten a pack")
	if shown.File == nil || shown.File.Name != "tea.png" {
		t.Errorf("the picture is %+v", shown.File)
	}
	for _, e := range k.visitor.Entries() {
		if e.Text == "Bob's words" {
			t.Error("somebody else's edit reached the visitor")
		}
	}
}

// Invariant 5: a removal takes every event away that says the message, also in the room that came after.
func TestInvariant05RemovalFollowsTheMessageIntoTheNextRoom(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	card := k.visitor.Acked(t, k.visitor.Say("My card is 1234"))
	k.anna.Sees(t, k.room, "My card is 1234")
	for _, user := range []id.UserID{k.asked.Sender, bot} {
		if _, err := k.as(t, user).LeaveRoom(t.Context(), k.room); err != nil {
			t.Fatal(err)
		}
	}
	k.visitor.Acked(t, k.visitor.Send(&wire.Edit{T: wire.TypeEdit, Target: card.ID, Text: "My card is 12345"}))
	next := k.anna.Room(t, 1)
	moved := k.anna.Sees(t, next, "My card is 12345")
	k.visitor.Acked(t, k.visitor.Send(&wire.Redact{T: wire.TypeRedact, Target: card.ID}))
	k.awaitRemoved(t, next, moved.ID)
}

// A file that our disk damaged is told of, and holds up nobody.
func TestInvariant07ADamagedFileHoldsUpNobody(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	if err := k.Homeserver.Stop(); err != nil {
		t.Fatal(err)
	}
	k.visitor.Acked(t, k.visitor.SendFile(t, "plan.txt", []byte("the whole plan")))
	k.visitor.Acked(t, k.visitor.Say("Did you get it?"))
	staged, err := filepath.Glob(filepath.Join(dialog.UploadsDir(k.config(t).Gateway.DataDir), "*"))
	if err != nil || len(staged) != 1 {
		t.Fatalf("staged are %q (%v)", staged, err)
	}
	if err := os.Truncate(staged[0], 3); err != nil {
		t.Fatal(err)
	}
	if err := k.Homeserver.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	k.anna.Sees(t, k.room, "Did you get it?")
	k.anna.Event(t, k.room, "that a file is missing", func(e *event.Event) bool {
		return path(content(e), "msgtype") == "m.notice" && strings.Contains(bridgetest.Body(e), "plan.txt")
	})
}

// Invariant 4: what was not stored is not answered.
func TestInvariant04ABrokenTransactionIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	s := bridgetest.Start(t, bridgetest.Options{})
	cfg := (&talk{Stack: s}).config(t)
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(cfg.AppService.Address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, err = fmt.Fprintf(conn, "PUT /_matrix/app/v1/transactions/1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 1000\r\n\r\n{\"events\":[", cfg.AppService.HSToken)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(bridgetest.Patience)); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if errors.Is(err, os.ErrDeadlineExceeded) || strings.Contains(string(answer), " 200 ") {
		t.Errorf("answered %q (%v)", answer, err)
	}
}

// What operators do to the bot's own words is no visitor's business.
func TestReactionsToNoticesStayInside(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{})
	k.anna.Says(t, k.room, "!what")
	notice := k.anna.Event(t, k.room, "the bot's answer", func(e *event.Event) bool { return path(content(e), "msgtype") == "m.notice" })
	if _, err := k.anna.SendReaction(t.Context(), k.room, notice.ID, "👍"); err != nil {
		t.Fatal(err)
	}
	k.anna.Says(t, k.room, "On we go")
	k.visitor.Hears(t, "On we go")
	for _, e := range k.visitor.Entries() {
		if e.Kind == "reaction" {
			t.Errorf("the visitor got %+v", e)
		}
	}
}
