package gateway

import (
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

func TestMessageIsAcknowledgedAndComesBackAsEntry(t *testing.T) {
	d := openDoor(t, nil)
	c, welcome := d.enter(newSecret(), nil)
	if welcome.Site.Name != "Tea Shop" || welcome.Site.MaxLength != 512 || welcome.Seq != 0 || len(welcome.Entries) != 0 {
		t.Fatalf("welcome %+v", welcome)
	}
	c.say(&wire.Message{T: wire.TypeMessage, Client: "message-1", Text: "Hello"})
	var ack *wire.Ack
	var entry *wire.NewEntry
	for ack == nil || entry == nil {
		got, data := c.read()
		switch got {
		case wire.TypeAck:
			ack = decode[wire.Ack](t, data)
		case wire.TypeEntry:
			entry = decode[wire.NewEntry](t, data)
		default:
			t.Fatalf("got %s", data)
		}
	}
	if ack.Client != "message-1" || ack.ID != entry.Entry.ID || ack.Seq != 1 || ack.At != entry.Entry.At || entry.Entry.Text != "Hello" {
		t.Errorf("ack %+v, entry %+v", ack, entry.Entry)
	}
}
