package dialog

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// A proactive message becomes the first words of a dialog when it is taken into the chat,
// makes no room, and is answered by the visitor's next message, once.
func TestAProactiveMessageIsCounted(t *testing.T) {
	c := newCore(t)
	c.in.Site.Widget.Proactive = []config.Proactive{
		{Name: "cart", Text: config.Text{config.English: "Questions?", config.Russian: "Вопросы?"}},
		{Name: "english", Text: config.Text{config.English: "Hello!"}},
	}
	open := func(client, name string, l config.Language) {
		t.Helper()
		must(t, c.Proactive(t.Context(), c.in, chat.ClientID(client), name, l))
	}
	open("client-1", "cart", config.Russian)
	open("client-1", "cart", config.Russian) // the same again, as after a lost ack
	open("client-2", "gone", config.Russian)
	open("client-3", "english", config.Russian) // nothing is said in that language
	said, err := c.store.AllEntriesAfter(t.Context(), c.in.Visitor, 0, 10)
	must(t, err)
	if len(said) != 1 || said[0].Content.Text != "Вопросы?" || said[0].Author.Party != chat.Bot {
		t.Fatalf("the dialog begins with %+v", said)
	}
	if v, err := c.store.Visitor(t.Context(), c.in.Visitor); err != nil || v.Number != 0 {
		t.Fatalf("a visitor who only read is number %d, %v", v.Number, err)
	}
	must(t, c.Dismissed(t.Context(), c.in.Site, "english"))
	must(t, c.Dismissed(t.Context(), c.in.Site, "gone"))
	must(t, c.Dismissed(t.Context(), c.in.Site, strings.Repeat("x", 1000)))
	for _, client := range []chat.ClientID{"client-4", "client-5"} {
		_, err := c.Say(t.Context(), c.in, Message{Client: client, Text: "Yes"})
		must(t, err)
	}
	counted, err := c.store.ProactiveSince(t.Context(), "shop", time.UnixMilli(1))
	must(t, err)
	want := []store.Proactive{{Name: "cart", Opened: 1, Replied: 1}, {Name: "english", Dismissed: 1}}
	if !reflect.DeepEqual(counted, want) {
		t.Errorf("counted %+v, want %+v", counted, want)
	}
	must(t, c.store.SweepFigures(t.Context(), time.Now().Add(time.Hour)))
	if counted, err := c.store.ProactiveSince(t.Context(), "shop", time.UnixMilli(1)); err != nil || len(counted) != 0 {
		t.Errorf("after the sweep %+v are counted, %v", counted, err)
	}
}
