package bridge_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// The bot asks another server, shows pictures and cards in the widget and the
// room, and tells operators what the visitor does not see.
func TestTheBotShowsAndAsks(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("Authorization") != "Bearer hush" || !strings.Contains(string(body), "Green") || r.Header.Get("Idempotency-Key") == "" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_, _ = io.WriteString(w, `{"price": 3.5}`)
	}))
	t.Cleanup(server.Close)
	site, folder := botOf(t, map[string]string{
		"tea": fmt.Sprintf(`
on:
  - keywords: [tea]
steps:
  - ask: "Which?"
    save: tea
  - request: { url: %q, json: { tea: "{{ tea }}" }, headers: { Authorization: "Bearer {{ secret.token }}" }, save: { price: .price }, on_error: failed }
  - image: tea.png
    caption: "{{ tea }} costs {{ price }}"
  - card: { title: "{{ tea }}", text: "Fresh", image: tea.png, buttons: [ { text: Order, goto: order } ] }
  - end
  - label: failed
  - say: "Something failed."
  - end
  - label: order
  - note: "Ordered {{ tea }} & <b>more</b>"
  - alert: { text: "An order of {{ tea }}", notify: [mention] }
  - say: "Ordered."
`, server.URL),
		"lost": "on: [ { keywords: [loop] } ]\nsteps:\n  - label: again\n  - set: { n: \"1\" }\n  - if: 'n == \"1\"'\n    then: again\n",
	}, "      secrets: {token: hush}\n      allow_private: [127.0.0.1]\n")
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 4, 3))); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "tea.png"), picture.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	s := bridgetest.Start(t, bridgetest.Options{Site: site})
	anna := s.Operator(t)
	desk := anna.Desk(t)
	v := s.Visitor().MustConnect(t)
	v.Acked(t, v.Say("tea"))
	v.Hears(t, "Which?")
	v.Acked(t, v.Say("Green"))
	shown := v.Hears(t, "Green costs 3.5")
	if shown.File == nil || shown.File.Type != "image/png" || shown.File.Width != 4 || !bytes.Equal(fetch(t, shown.File.URL), picture.Bytes()) {
		t.Errorf("the picture is %+v", shown.File)
	}
	card := v.Entry(t, "the card", func(e wire.Entry) bool { return e.Offer != nil && len(e.Offer.Cards) == 1 })
	if c := card.Offer.Cards[0]; c.Title != "Green" || c.Image == nil || !bytes.Equal(fetch(t, c.Image.URL), picture.Bytes()) {
		t.Errorf("the card is %+v", c)
	}
	room := anna.Room(t, 0)
	sent := anna.Event(t, room, "the picture", func(e *event.Event) bool { return path(content(e), "msgtype") == "m.image" })
	if c := content(sent); c["body"] != "Green costs 3.5" || sent.Sender != bot || !strings.HasPrefix(fmt.Sprint(c["url"]), "mxc://") {
		t.Errorf("the picture in the room is %s", sent.Content.VeryRaw)
	}
	wants(t, bridgetest.Body(says(t, anna, room, "Fresh")), "Green", "[ Order ]")
	v.Acked(t, press(v, card, 0))
	v.Hears(t, "Ordered.")
	noted := anna.Sees(t, room, "Ordered Green & <b>more</b>")
	if c := content(noted); c["msgtype"] != "m.notice" || c["formatted_body"] != nil {
		t.Errorf("the note is %s", noted.Content.VeryRaw)
	}
	if r := rung(says(t, anna, desk, "An order of Green")); r != "[@anna:localhost]" {
		t.Errorf("the alert rings %s", r)
	}
	for _, e := range v.Entries() {
		if strings.Contains(e.Text, "more") {
			t.Errorf("the visitor sees the note: %+v", e)
		}
	}
	// What a chain cannot do is told once.
	for range 2 {
		v.Acked(t, v.Say("loop"))
	}
	wants(t, bridgetest.Body(says(t, anna, desk, "could not do what it says")), "lost", "100 steps")
	v.Acked(t, v.Say("tea"))
	bridgetest.Await(t, "the bot asks again", func() bool { return strings.Count(strings.Join(botSaid(v), "\n"), "Which?") == 2 })
	n := 0
	for _, e := range anna.Timeline(desk) {
		if strings.Contains(bridgetest.Body(e), "could not do what it says") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("the fault was told %d times", n)
	}
}
