package bridge_test

import (
	"testing"

	"maunium.net/go/mautrix/event"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
)

func TestVisitorAndOperatorTalk(t *testing.T) {
	s := bridgetest.Start(t, bridgetest.Options{})
	anna := s.Operator(t)
	anna.Space(t)
	v := s.Visitor().MustConnect(t)
	v.Acked(t, v.Say("Do you have green tea?"))
	room := anna.Room(t, 0)
	asked := anna.Sees(t, room, "Do you have green tea?")
	anna.Event(t, room, "who asks", func(e *event.Event) bool {
		return e.Type == event.StateMember && e.GetStateKey() == string(asked.Sender)
	})
	anna.Says(t, room, "Yes, from Uji.")
	answer := v.Hears(t, "Yes, from Uji.")
	if answer.Author.Name != "anna" {
		t.Errorf("the visitor sees %q as the author", answer.Author.Name)
	}
}
