package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
	"github.com/anteroom-chat/anteroom/bridge/quota"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

func TestNewDialogsLetOlderOnesGoFirst(t *testing.T) {
	for _, c := range []struct {
		what  string
		began time.Duration // ago
		new   bool
	}{
		{"who wrote just now", 0, true},
		{"who wrote a moment ago", freshFor / 2, true},
		{"who has written for a while", freshFor, false},
		{"who will write, by a clock that was wrong", -time.Hour, false},
	} {
		talk := new(conversation)
		talk.began.Store(time.Now().Add(-c.began).UnixMilli())
		if talk.isNew() != c.new {
			t.Errorf("%s is new: %t", c.what, !c.new)
		}
	}
	if talk := new(conversation); !talk.isNew() {
		t.Error("who has not written is not new")
	}
}

// Who wrote just now is new on every connection.
func TestNewVisitorsStayNewOnAnotherConnection(t *testing.T) {
	d := openDoor(t, nil)
	secret := newSecret()
	c, _ := d.enter(secret, nil)
	c.say(&wire.Message{T: wire.TypeMessage, Client: "message-1", Text: "Hello"})
	await[wire.Ack](c, wire.TypeAck)
	d.enter(secret, nil)
	connections := 0
	for slot := range wheelSlots {
		for _, s := range d.gateway.heart.in(slot) {
			connections++
			if s.began.Load() == 0 || !s.isNew() {
				t.Error("it is not new")
			}
		}
	}
	if connections != 2 {
		t.Errorf("there are %d connections", connections)
	}
}

// takeTurns takes all turns until the test gives them back.
func (d *door) takeTurns(t *testing.T) (giveBack func()) {
	t.Helper()
	var all []func()
	for range max(1, runtime.GOMAXPROCS(0)/2) {
		done, err := d.gateway.limits.turns.Wait(t.Context(), netip.MustParseAddr("192.0.2.99"), false)
		must(t, err)
		all = append(all, done)
	}
	return func() {
		for _, done := range all {
			done()
		}
	}
}

// Connections, new visitors, pages of the history and floods wait for their turn; who is in
// the middle of a talk does not.
func TestWhatWaitsForItsTurn(t *testing.T) {
	d := openDoor(t, nil)
	secret := newSecret()
	earlier, _ := d.enter(secret, nil)
	earlier.say(&wire.Message{T: wire.TypeMessage, Client: "message-0", Text: "Hello"})
	await[wire.Ack](earlier, wire.TypeAck)
	_ = earlier.conn.Close()
	eventually(t, "it is gone", func() bool { return d.socketOf() == nil })
	talk, _ := d.enter(secret, nil)
	d.socketOf().began.Store(time.Now().Add(-freshFor).UnixMilli())
	newcomer := newSecret()
	fresh, _ := d.enter(newcomer, nil)
	giveBack := d.takeTurns(t)
	defer giveBack()
	dialled := make(chan *websocket.Conn)
	go func() {
		conn, _, err := d.tryDial()
		if err != nil {
			t.Error(err)
		}
		dialled <- conn
	}()
	eventually(t, "a connection waits", func() bool { return isIn("(*Gateway).serveSocket") })
	fresh.say(&wire.Message{T: wire.TypeMessage, Client: "message-1", Text: "Hello"})
	for n := range 3 {
		talk.say(&wire.Message{T: wire.TypeMessage, Client: chat.ClientID(fmt.Sprintf("message-%d", n+1)), Text: "Hello"})
		await[wire.Ack](talk, wire.TypeAck)
	}
	talk.say(&wire.History{T: wire.TypeHistory, Before: 10, Limit: 10})
	eventually(t, "the history waits", func() bool { return isIn("(*conversation).history") })
	select {
	case <-dialled:
		t.Error("the connection did not wait")
	default:
	}
	if marks, err := d.dialog.Marks(t.Context(), d.visitor(newcomer)); err != nil || marks.Last != 0 {
		t.Errorf("a new visitor did not wait: %v", err)
	}
	giveBack()
	next := &tab{t, <-dialled}
	next.say(&wire.Hello{T: wire.TypeHello, Secret: newSecret()})
	await[wire.Welcome](next, wire.TypeWelcome)
	await[wire.Ack](fresh, wire.TypeAck)
	await[wire.History](talk, wire.TypeHistory)
}

// Work that was given up gives its turn back, whatever became of it.
func TestATurnComesBack(t *testing.T) {
	d := openDoor(t, nil)
	giveBack := d.takeTurns(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.gateway.inTurn(ctx, netip.Addr{}, func(context.Context) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("without a turn: %v", err)
	}
	giveBack()
	func() {
		defer func() { _ = recover() }()
		_ = d.gateway.inTurn(t.Context(), netip.Addr{}, func(context.Context) error { panic("a fault") })
	}()
	func() {
		defer func() { _ = recover() }()
		_ = d.gateway.first(t.Context(), func(context.Context) error { panic("a fault") })
	}()
	// Where work waits for a commit others have the turn; and it has one again afterwards.
	must(t, d.gateway.inTurn(t.Context(), netip.Addr{}, func(ctx context.Context) error {
		if _, err := d.dialog.Enter(ctx, "shop", newSecret(), store.Device{}); err != nil {
			return err
		}
		d.takeTurns(t)() //nolint:contextcheck // somebody else's
		again(ctx)
		return nil
	}))
	d.takeTurns(t)()
}

// Who goes on and on after the end is not read any more.
func TestAFloodIsNotReadAfterTheEnd(t *testing.T) {
	d := openDoor(t, nil)
	c := d.dialSlow()
	c.say(&wire.Hello{T: wire.TypeHello, Secret: "too short"})
	const most = 32 << 20
	sent, frame := 0, []byte(`{"t":"ping","x":"`+strings.Repeat("x", 2*smallBody)+`"}`)
	for ; sent < most; sent += len(frame) {
		if c.conn.WriteMessage(websocket.TextMessage, frame) != nil {
			break
		}
	}
	if sent >= most {
		t.Errorf("%d bytes are read of who was refused", sent)
	}
	eventually(t, "what was read is given back", func() bool {
		amount, _ := d.gateway.limits.bodies.Taken()
		return amount == 0 && d.socketOf() == nil
	})
}

// Who goes first and then waits for a turn does not wait for itself, nor behind others who do.
func TestWhoWaitsForATurnGoesFirstNoMore(t *testing.T) {
	d := openDoor(t, nil)
	d.gateway.limits.turns = quota.NewTurns(1, time.Hour, d.dialog.Talks)
	must(t, d.gateway.first(t.Context(), func(ctx context.Context) error {
		return d.gateway.inTurn(ctx, netip.Addr{}, func(ctx context.Context) error {
			return d.gateway.inTurn(ctx, netip.Addr{}, func(context.Context) error { return nil })
		})
	}))
	// While it waits for a commit others have their turn; afterwards it goes first again.
	must(t, d.gateway.first(t.Context(), func(ctx context.Context) error {
		if _, err := d.dialog.Enter(ctx, "shop", newSecret(), store.Device{}); err != nil {
			return err
		}
		done, err := d.gateway.limits.turns.Wait(t.Context(), netip.Addr{}, false) //nolint:contextcheck // somebody else's
		must(t, err)
		done()
		again(ctx)
		short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if _, err := d.gateway.limits.turns.Wait(short, netip.Addr{}, false); err == nil { //nolint:contextcheck // somebody else's
			t.Error("a turn began before who goes first")
		}
		return nil
	}))
}

// A crowd of files comes one after another; but whoever sends slowly holds up nobody.
func TestUploadsComeInTurn(t *testing.T) {
	d := openDoor(t, nil)
	c, _ := d.enter(newSecret(), nil)
	whole, slow := c.announce("upload-01", "a.txt", 5), c.announce("upload-02", "b.txt", 5)
	giveBack := d.takeTurns(t)
	put := func(url string, body io.Reader) <-chan int {
		answered := make(chan int, 1)
		go func() {
			defer close(answered) // also if the request fails
			response, _ := d.ask(http.MethodPut, url, body, "Origin", shop)
			answered <- response.StatusCode
		}()
		return answered
	}
	answered := put(whole.URL, strings.NewReader("Hello"))
	eventually(t, "the file waits for its turn", func() bool { return d.gateway.limits.turns.Waiting() == 1 })
	giveBack()
	if status := <-answered; status != http.StatusNoContent {
		t.Errorf("a file that waited is answered %d", status)
	}
	body, more := io.Pipe()
	answered = put(slow.URL, body)
	_, err := more.Write([]byte("He"))
	must(t, err)
	all := filesAtOnce(d.cfg.Gateway.Limits.Connections, descriptors())
	eventually(t, "the file comes", func() bool {
		none := d.gateway.limits.moving.TryAcquire(all)
		if none {
			d.gateway.limits.moving.Release(all)
		}
		return !none
	})
	d.takeTurns(t)()
	_, err = more.Write([]byte("llo"))
	must(t, err)
	must(t, more.Close())
	if status := <-answered; status != http.StatusNoContent {
		t.Errorf("a file that came slowly is answered %d", status)
	}
	d.takeTurns(t)()
}
