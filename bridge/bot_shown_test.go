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
	"regexp"
	"slices"
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// The bot asks another server, shows pictures and cards in the widget and the
// room, and tells operators what the visitor does not see.
func TestTheBotShowsAndAsks(t *testing.T) {
	t.Parallel()
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
	shownCard := says(t, anna, room, "Fresh")
	wants(t, bridgetest.Body(shownCard), "Green", "[ Order ]")
	if c := content(shownCard); c["msgtype"] != "m.image" || c["filename"] != "tea.png" || !strings.HasPrefix(fmt.Sprint(c["url"]), "mxc://") {
		t.Errorf("the card in the room is %s", shownCard.Content.VeryRaw)
	}
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

// A gallery is one message for operators, whose text draws each picture at its card.
// A picture that the homeserver refuses is named, and the words come all the same.
func TestAGallerysPicturesComeToTheRoom(t *testing.T) {
	t.Parallel()
	site, folder := botOf(t, map[string]string{"teas": `
on: [first_message]
steps:
  - gallery:
      - { title: Green, image: green.png }
      - { title: Black, image: black.png }
      - { title: Green again, image: green.png }
      - { title: White }
  - say: "That is all."
`}, "")
	for name, width := range map[string]int{"green": 4, "black": 5} {
		var picture bytes.Buffer
		if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, width, 3))); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name+".png"), picture.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	refuse := make(chan bool, 1)
	b := refusing(http.StatusForbidden, func(r *http.Request, _ []byte) bool {
		return len(refuse) > 0 && strings.HasSuffix(r.URL.Path, "/upload") && r.URL.Query().Get("filename") == "black.png"
	})
	s := bridgetest.Start(t, bridgetest.Options{Site: site, Through: b.Through(t)})
	anna := s.Operator(t)
	anna.Space(t)
	for n, black := range []bool{true, false} {
		if !black {
			refuse <- true
		}
		before := len(b.Requests(func(r string) bool { return strings.Contains(r, "/upload") }))
		v := s.Visitor().MustConnect(t)
		v.Acked(t, v.Say("Hi"))
		v.Hears(t, "That is all.")
		shown := v.Entry(t, "the gallery", func(e wire.Entry) bool { return e.Offer != nil && len(e.Offer.Cards) == 4 })
		room := anna.Room(t, n)
		anna.Sees(t, room, "That is all.")
		var said []*event.Event
		for _, e := range anna.Timeline(room) {
			if e.Type == event.EventMessage && e.Sender == bot {
				said = append(said, e)
			}
		}
		if len(said) != 2 || !strings.HasPrefix(bridgetest.Body(said[1]), "That is all.") {
			t.Fatalf("the room has %d messages of the bot", len(said))
		}
		formatted := fmt.Sprint(content(said[0])["formatted_body"])
		pictures := regexp.MustCompile(`<strong>([^<]+)</strong><br><img src="(mxc://[^"]+)" alt="(\w+.png)" width="(\d)" height="3">`).FindAllStringSubmatch(formatted, -1)
		var drawn []string
		for _, p := range pictures {
			drawn = append(drawn, p[1]+" "+p[3]+" "+p[4])
			if uri, err := id.ParseContentURI(p[2]); err != nil {
				t.Errorf("%s: %v", p[2], err)
			} else if resp, err := anna.Download(t.Context(), uri); err != nil {
				t.Errorf("%s cannot be fetched: %v", p[2], err)
			} else {
				_ = resp.Body.Close()
			}
		}
		want := []string{"Green green.png 4", "Black black.png 5", "Green again green.png 4"}
		if !black {
			want = slices.Delete(want, 1, 2)
			wants(t, bridgetest.Body(said[0]), "Black\n🖼 black.png", "“black.png” could not be brought to the homeserver (403")
		}
		if !slices.Equal(drawn, want) || content(said[0])["msgtype"] != "m.text" {
			t.Errorf("drawn are %q in %s", drawn, said[0].Content.VeryRaw)
		}
		if uploads := len(b.Requests(func(r string) bool { return strings.Contains(r, "/upload") })) - before; uploads != 2 {
			t.Errorf("there were %d uploads", uploads)
		}
		for i, c := range shown.Offer.Cards { // the visitor goes on to see what is on the homeserver now
			if (c.Image != nil) != (i < 3) || c.Image != nil && len(fetch(t, c.Image.URL)) == 0 {
				t.Errorf("card %d is %+v", i, c)
			}
		}
	}
}

// Of several cards with the same button operators see which one was pressed; the
// visitor's own words, and what the bot hears, are the button's.
func TestOperatorsSeeWhichCardWasPressed(t *testing.T) {
	t.Parallel()
	site, _ := botOf(t, map[string]string{"mugs": `
on: [first_message]
steps:
  - gallery:
      - { title: Red mug, buttons: [ { text: Buy, goto: red } ] }
      - { title: Blue mug, buttons: [ { text: Buy, goto: blue } ] }
  - label: red
  - say: "You said {{ last_message }}: red."
  - end
  - label: blue
  - say: "You said {{ last_message }}: blue."
`}, "")
	s := bridgetest.Start(t, bridgetest.Options{Site: site})
	anna := s.Operator(t)
	anna.Space(t)
	v := s.Visitor().MustConnect(t)
	v.Acked(t, v.Say("Hi"))
	gallery := v.Entry(t, "the gallery", func(e wire.Entry) bool { return e.Offer != nil && len(e.Offer.Cards) == 2 })
	pressed := v.Acked(t, press(v, gallery, 1))
	v.Hears(t, "You said Buy: blue.")
	if e := v.Entry(t, "the press", func(e wire.Entry) bool { return e.ID == pressed.ID }); e.Text != "Buy" {
		t.Errorf("the visitor said %q", e.Text)
	}
	room := anna.Room(t, 0)
	if c := content(anna.Sees(t, room, "Buy · Blue mug")); c["formatted_body"] != nil {
		t.Errorf("the press in the room is %v", c)
	}
	// Other words of the visitor are its own.
	v.Acked(t, v.Send(&wire.Edit{T: wire.TypeEdit, Target: pressed.ID, Text: "No, thanks"}))
	edited := anna.Event(t, room, "the other words", func(e *event.Event) bool { return strings.Contains(bridgetest.Body(e), "No, thanks") })
	if body := bridgetest.Body(edited); strings.Contains(body, "mug") {
		t.Errorf("operators read %q", body)
	}
}
