package gateway

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// What cannot be stored is not acknowledged, and the visitor is told to try again.
func TestStorageFaultIsUnavailableAndNotAcknowledged(t *testing.T) {
	d := openDoor(t, nil)
	secret := newSecret()
	c, _ := d.enter(secret, nil)
	must(t, d.store.Close()) // nobody reads or writes at this moment
	c.say(&wire.Message{T: wire.TypeMessage, Client: "message-1", Text: "lost?"})
	got, data := c.read()
	if got != wire.TypeError {
		t.Fatalf("got %s", data)
	}
	e := decode[wire.Error](t, data)
	if e.Code != chat.CodeUnavailable || e.Client != "message-1" || e.RetryAfter != unavailableFor.Milliseconds() || strings.Contains(e.Text, "database") {
		t.Errorf("refused with %+v", e)
	}
	if n := d.logs.count(`"level":"error"`); n != 1 || d.logs.count("database is closed") != 1 {
		t.Errorf("the cause is logged %d times:\n%s", n, d.logs.out.String())
	}
	c = d.dial()
	c.say(&wire.Hello{T: wire.TypeHello, Secret: secret})
	if e := c.refused(chat.CodeUnavailable); e.RetryAfter == 0 {
		t.Errorf("refused with %+v", e)
	}
	if code := c.closed(); code != wire.CloseReconnect {
		t.Errorf("closed with %d", code)
	}
	body := `{"hello":{"t":"hello","secret":"` + secret + `"}}`
	response, answer := d.ask(http.MethodPost, "/v1/shop/frames", strings.NewReader(body), "Origin", shop)
	if e := refusal(t, response, answer, chat.CodeUnavailable); e.RetryAfter == 0 || response.Header.Get("Retry-After") != "5" {
		t.Errorf("refused with %+v %v", e, response.Header)
	}
}

// News that cannot be read ends the connection; the widget comes back for them.
func TestStorageFaultWhileReadingAsksToReconnect(t *testing.T) {
	d := openDoor(t, nil)
	secret := newSecret()
	c, _ := d.enter(secret, nil)
	v := d.visitorOf(secret)
	must(t, d.store.Close())
	for slot := range wheelSlots {
		for _, s := range d.gateway.heart.in(slot) {
			s.Wake()
		}
	}
	c.refused(chat.CodeUnavailable)
	if code := c.closed(); code != wire.CloseReconnect {
		t.Errorf("closed with %d", code)
	}
	_ = c.conn.Close()
	eventually(t, "the connection is gone", func() bool { return d.dialog.Connections(v) == 0 })
}

// What breaks a write breaks it again: the frame is refused for good, or the
// widget would repeat it for ever and send nothing else.
func TestPanicOfAWriteIsFinalForItsFrame(t *testing.T) {
	d := openDoor(t, nil)
	err := d.store.Write(t.Context(), func(context.Context) error { panic("boom") })
	if got := d.gateway.public(err); got.Code != chat.CodeInternal || got.RetryAfter != 0 {
		t.Errorf("a visitor is told %+v of %v", got, err)
	}
	if d.logs.count("panic in a database job: string") != 1 || d.logs.count("boom") != 0 {
		t.Error("the fault is not in the log once, by its kind alone")
	}
}
