package bridge_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// botOf are the settings of a site whose bot has these chains, by their names, in
// a folder of the test's own. more is YAML of the section bot, indented by six spaces.
func botOf(t *testing.T, chains map[string]string, more string) (site, folder string) {
	t.Helper()
	folder = t.TempDir()
	for name, text := range chains {
		writeChain(t, folder, name, text)
	}
	return fmt.Sprintf("    invite: everyone\n    bot:\n      enabled: true\n      chains: %q\n%s", folder, more), folder
}

func writeChain(t testing.TB, folder, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, name+".yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// botSaid are the texts of what the bot said to a visitor, in order.
func botSaid(v *bridgetest.Visitor) (texts []string) {
	for _, e := range v.Entries() {
		if e.Author.Party == chat.Bot && e.Kind == chat.Message {
			texts = append(texts, e.Text)
		}
	}
	return texts
}

func press(v *bridgetest.Visitor, e wire.Entry, button int) chat.ClientID {
	return v.Send(&wire.Message{T: wire.TypeMessage, Text: "whatever", Answer: &chat.Answer{Entry: e.ID, Button: &button}})
}

// A visitor's first message is answered by a chain, in the widget and in the room,
// and the press of a button is the visitor's message with the button's words.
func TestTheBotAnswers(t *testing.T) {
	t.Parallel()
	site, _ := botOf(t, map[string]string{"welcome": `
on:
  - first_message
steps:
  - say: "Hello! Which plan?"
    buttons:
      - { text: Basic, goto: basic }
      - { text: "Team & more", goto: team }
  - label: basic
  - say: "Basic it is."
  - end
  - label: team
  - say: "Team it is."
`}, "")
	s := bridgetest.Start(t, bridgetest.Options{Site: site})
	anna := s.Operator(t)
	anna.Space(t)
	v := s.Visitor().MustConnect(t)
	v.Acked(t, v.Say("Hi"))
	offer := v.Hears(t, "Hello! Which plan?")
	if offer.Author.Party != chat.Bot || offer.Offer == nil || len(offer.Offer.Buttons) != 2 {
		t.Fatalf("the visitor got %+v", offer)
	}
	room := anna.Room(t, 0)
	seen := anna.Event(t, room, "the bot's words", func(e *event.Event) bool { return strings.HasPrefix(bridgetest.Body(e), "Hello! Which plan?") })
	if body := bridgetest.Body(seen); body != "Hello! Which plan?\n[ Basic ]  [ Team & more ]" {
		t.Errorf("operators read %q", body)
	}
	if seen.Sender != "@anteroom:localhost" || path(content(seen), "chat.anteroom.offer", "buttons") == nil {
		t.Errorf("the event is %s by %s", seen.Content.VeryRaw, seen.Sender)
	}
	first := v.Acked(t, press(v, offer, 1))
	if again := v.Acked(t, press(v, offer, 1)); again.ID != first.ID {
		t.Errorf("pressed twice: %+v and %+v", first, again)
	}
	v.Hears(t, "Team it is.")
	pressed := v.Entry(t, "the press", func(e wire.Entry) bool { return e.ID == first.ID })
	if pressed.Text != "Team & more" || pressed.Answer == nil || pressed.Answer.Entry != offer.ID || *pressed.Answer.Button != 1 {
		t.Errorf("the press is %+v", pressed)
	}
	ghost := anna.Sees(t, room, "Team & more")
	if !strings.HasPrefix(string(ghost.Sender), "@anteroom_") {
		t.Errorf("the press is by %s", ghost.Sender)
	}
	anna.Sees(t, room, "Team it is.")
	if all := botSaid(v); !slices.Equal(all, []string{"Hello! Which plan?", "Team it is."}) {
		t.Errorf("the bot said %q", all)
	}
	// A button that is not there is refused, and so is the press of another's message.
	v.Write(&wire.Message{T: wire.TypeMessage, Client: "nothing-there", Answer: &chat.Answer{Entry: offer.ID, Button: new(6)}})
	bridgetest.Frame(t, v, wire.TypeError, func(e wire.Error) bool { return e.Client == "nothing-there" && e.Code == chat.CodeUnknownTarget })
}

// A file of the bot that the homeserver refuses is missing in the room, and its words are not.
func TestABotsRefusedFileLeavesItsWords(t *testing.T) {
	t.Parallel()
	site, folder := botOf(t, map[string]string{"prices": "on: [first_message]\nsteps:\n  - file: prices.txt\n    caption: Our prices\n"}, "")
	if err := os.WriteFile(filepath.Join(folder, "prices.txt"), []byte("Tea: 3"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := refusing(http.StatusRequestEntityTooLarge, func(r *http.Request, _ []byte) bool { return strings.HasSuffix(r.URL.Path, "/upload") })
	s := bridgetest.Start(t, bridgetest.Options{Site: site, Through: b.Through(t)})
	anna := s.Operator(t)
	anna.Space(t)
	v := s.Visitor().MustConnect(t)
	v.Acked(t, v.Say("Hi"))
	v.Hears(t, "Our prices")
	said := anna.Event(t, anna.Room(t, 0), "the bot's words", func(e *event.Event) bool { return strings.HasPrefix(bridgetest.Body(e), "Our prices\n") })
	if body := bridgetest.Body(said); !strings.Contains(body, "“prices.txt” could not be brought to the homeserver (413") || path(content(said), "msgtype") != "m.text" {
		t.Errorf("operators read %s", said.Content.VeryRaw)
	}
}
