package dialog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// Pictures of the folder and of others are shown, and what cannot be had is left out.
func TestTheBotShowsFiles(t *testing.T) {
	c := newBot(t, map[string]string{"greeting": greeting})
	site, _ := c.Site("shop")
	var tea bytes.Buffer
	must(t, png.Encode(&tea, image.NewGray(image.Rect(0, 0, 2, 3))))
	must(t, os.WriteFile(filepath.Join(site.Bot.Chains, "tea.png"), tea.Bytes(), 0o600))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/price list.txt" {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, "Tea: 3")
	}))
	t.Cleanup(server.Close)
	c.says(t, "client-1", "Hi")
	next := c.begun(t)
	picture, list := talk.Media{Path: "tea.png", Image: true}, talk.Media{URL: server.URL + "/price%20list.txt"}
	next.actions = []talk.Action{
		talk.Say{Text: "Look", Media: &picture},
		talk.Say{Media: &list},
		talk.Say{Text: "Gone", Media: &talk.Media{Path: "../anteroom.db"}},
		talk.Say{Media: &talk.Media{URL: server.URL + "/nothing"}},
		talk.Say{Offer: &talk.Offer{Step: "s", Cards: []talk.Card{{Title: "Tea", Media: &picture}}}},
	}
	must(t, c.fetchMedia(t.Context(), next))
	must(t, c.commit(t.Context(), next))
	told := c.told(t)
	if len(told) != 4 || len(next.faults) != 2 {
		t.Fatalf("%d messages, faults %+v", len(told), next.faults)
	}
	if f := told[0].Content.File; f == nil || f.Kind != chat.Image || f.Type != "image/png" || f.Width != 2 || f.Height != 3 || f.Name != "tea.png" {
		t.Errorf("the picture is %+v", f)
	}
	if f := told[1].Content.File; f == nil || f.Kind != chat.Attachment || f.Name != "price list.txt" || f.Size != 6 {
		t.Errorf("the list is %+v", f)
	}
	if told[2].Content.File != nil || told[2].Content.Text != "Gone" {
		t.Errorf("what cannot be had is %+v", told[2].Content)
	}
	card := told[3].Content.Offer.Cards[0].Image
	if card == nil {
		t.Fatal("the card has no picture")
	}
	_, opened, err := c.Open(t.Context(), c.in.Visitor, card.ID)
	must(t, err)
	must(t, opened.Close())
}

// A file goes with the message that is removed, and stays in the others of the same turn
// that show it.
func TestEachMessageShowsAFileOfItsOwn(t *testing.T) {
	c := newBot(t, map[string]string{"greeting": greeting})
	site, _ := c.Site("shop")
	must(t, os.WriteFile(filepath.Join(site.Bot.Chains, "a.txt"), []byte("Tea: 3"), 0o600))
	c.says(t, "client-1", "Hi")
	next := c.begun(t)
	list := talk.Media{Path: "a.txt"}
	gone := talk.Media{Path: "gone.txt"}
	next.actions = []talk.Action{
		talk.Say{Media: &list},
		talk.Say{Text: "Gone", Media: &gone},
		talk.Say{Offer: &talk.Offer{Step: "s", Cards: []talk.Card{{Title: "Tea", Media: &list}, {Title: "Coffee", Media: &list}}}},
		talk.Say{Text: "Gone", Media: &gone},
	}
	must(t, c.fetchMedia(t.Context(), next))
	must(t, c.commit(t.Context(), next))
	told := c.told(t)
	if len(told) != 4 || len(next.faults) != 1 {
		t.Fatalf("%d messages, faults %+v", len(told), next.faults)
	}
	first, cards := told[0].Content.File, told[2].Content.Offer.Cards
	if first == nil || cards[0].Image == nil || cards[1].Image == nil || cards[0].Image.ID != cards[1].Image.ID {
		t.Fatalf("shown are %+v and %+v", first, cards)
	}
	_, err := c.Hear(t.Context(), Heard{
		Visitor: c.in.Visitor, Kind: chat.Redaction, Author: chat.Author{Party: chat.Operator, ID: "@anna:example.org"}, Target: told[2].ID, Origin: "$1",
	}, func(context.Context, chat.Entry) error { return nil })
	must(t, err)
	if _, opened, err := c.Open(t.Context(), c.in.Visitor, first.ID); err != nil {
		t.Errorf("the first one is gone with the other: %v", err)
	} else {
		must(t, opened.Close())
	}
	if _, _, err := c.Open(t.Context(), c.in.Visitor, cards[0].Image.ID); !errors.Is(err, &chat.Error{Code: chat.CodeUnknownFile}) {
		t.Errorf("the removed one is there: %v", err)
	}
}

// However often a file is shown, its bytes are on the disk once, and an address
// that is dead holds nothing up: it is asked once a minute, and not for long.
func TestWhatTheBotShowsIsKeptOnce(t *testing.T) {
	c := newBot(t, map[string]string{"greeting": greeting})
	c.bot.shelf.patience = time.Second // a loaded machine takes its time to ask
	site, _ := c.Site("shop")
	must(t, os.WriteFile(filepath.Join(site.Bot.Chains, "a.txt"), []byte("Tea: 3"), 0o600))
	must(t, os.WriteFile(filepath.Join(site.Bot.Chains, "b.txt"), []byte("Tea: 3"), 0o600))
	asked := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	var told []chat.Entry
	for i := range 3 {
		c.says(t, chat.ClientID(fmt.Sprintf("client-%d", i)), "Hi")
		next := c.begun(t)
		next.actions = []talk.Action{
			talk.Say{Media: &talk.Media{Path: "a.txt"}},
			talk.Say{Media: &talk.Media{Path: "b.txt"}},
			talk.Say{Text: "Dead", Media: &talk.Media{URL: server.URL + "/dead"}},
		}
		must(t, c.fetchMedia(t.Context(), next))
		must(t, c.commit(t.Context(), next))
		if len(next.faults) != 1 {
			t.Fatalf("faults %+v", next.faults)
		}
	}
	if len(asked) != 1 {
		t.Errorf("the dead host was asked %d times", len(asked))
	}
	told = slices.DeleteFunc(c.told(t), func(e chat.Entry) bool { return e.Content.File == nil })
	if len(told) != 6 {
		t.Fatalf("%d files are shown", len(told))
	}
	first, err := os.Stat(c.files.upload(told[0].Content.File.ID))
	must(t, err)
	for _, e := range told[1:] {
		if other, err := os.Stat(c.files.upload(e.Content.File.ID)); err != nil || !os.SameFile(first, other) {
			t.Errorf("%s has bytes of its own: %v", e.Content.File.Name, err)
		}
	}
	if n := c.leftovers(t); n != 0 {
		t.Errorf("%d files are left", n)
	}
}

// A disk without room costs the picture, and not the words.
func TestTheBotSpeaksOnAFullDisk(t *testing.T) {
	c := newBot(t, map[string]string{"greeting": greeting})
	free := int64(1000)
	c.onDisk(&free)
	site, _ := c.Site("shop")
	must(t, os.WriteFile(filepath.Join(site.Bot.Chains, "a.txt"), []byte("Tea: 3"), 0o600))
	c.says(t, "client-1", "Hi")
	next := c.begun(t)
	next.actions = []talk.Action{talk.Say{Text: "Look", Media: &talk.Media{Path: "a.txt"}}}
	must(t, c.fetchMedia(t.Context(), next))
	must(t, c.commit(t.Context(), next))
	if told := c.told(t); len(told) != 1 || told[0].Content.File != nil || len(next.faults) != 1 {
		t.Errorf("told %+v, faults %+v", told, next.faults)
	}
}
