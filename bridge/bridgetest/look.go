package bridgetest

import (
	"net/url"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// Bot returns a client that acts as the bridge's bot, to see what it left behind.
func (s *Stack) Bot(t testing.TB) *mautrix.Client {
	t.Helper()
	cfg, err := config.Load(s.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	address, err := url.Parse(s.Homeserver.URL())
	if err != nil {
		t.Fatal(err)
	}
	return &mautrix.Client{
		HomeserverURL: address, UserID: cfg.BotUserID(), AccessToken: cfg.AppService.ASToken,
		SetAppServiceUserID: true, Client: s.Anna.Client, StateStore: mautrix.NewMemoryStateStore(),
	}
}

// Find returns the first event of any room that matches, or nil.
func (o *Operator) Find(matches func(*event.Event) bool) *event.Event {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, e := range o.timeline {
		if matches(e) {
			return e
		}
	}
	return nil
}

// AckOf returns the acknowledgement of a key, if it came.
func (v *Visitor) AckOf(cid chat.ClientID) (wire.Ack, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	ack, ok := v.acked[cid]
	return ack, ok
}

// Refusals returns the errors that the gateway answered.
func (v *Visitor) Refusals() []wire.Error {
	var all []wire.Error
	v.each(wire.TypeError, func(data []byte) { all = append(all, decode[wire.Error](data)) })
	return all
}

// Resets returns how often the gateway said that the tab must forget what it holds.
func (v *Visitor) Resets() (n int) {
	v.each(wire.TypeWelcome, func(data []byte) {
		if decode[wire.Welcome](data).Reset {
			n++
		}
	})
	return n
}

func (v *Visitor) each(kind wire.Type, do func(data []byte)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, data := range v.frames {
		if typeOf(data) == kind {
			do(data)
		}
	}
}

// Frames returns the frames of a type that the tab got, in order.
func Frames[T any](v *Visitor, kind wire.Type) (all []T) {
	v.each(kind, func(data []byte) { all = append(all, decode[T](data)) })
	return all
}
