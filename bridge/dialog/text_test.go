package dialog

import (
	"errors"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// What is stored is what every reader is shown: nothing in it may turn the
// order of a text round, in the room or anywhere else.
func TestWhatAVisitorSaysIsStoredClean(t *testing.T) {
	c := newCore(t)
	e, err := c.Say(t.Context(), c.in, Message{Client: "message-1", Text: " a\u202Eb\u2066c\r\nd\u0000 "})
	must(t, err)
	if e.Content.Text != "abc\nd" {
		t.Errorf("the text is kept as %q", e.Content.Text)
	}
	must(t, c.Page(t.Context(), c.in, store.Page{URL: "https://shop.example.com/\u202E", Title: "T\u202Eea\u2067", Referrer: "x\u202E"}, false))
	v, err := c.store.Visitor(t.Context(), c.in.Visitor)
	must(t, err)
	if want := (store.Page{URL: "https://shop.example.com/", Title: "Tea", Referrer: "x"}); v.Page != want {
		t.Errorf("the page is kept as %+q", v.Page)
	}
	f, _, err := c.Announce(t.Context(), c.in, Upload{Client: "file-1234", Name: "../photo\u202Egnp\u2066.exe", Size: 1})
	must(t, err)
	if f.Name != "photognp.exe" {
		t.Errorf("the file's name is kept as %q", f.Name)
	}
	if f, _, err = c.Announce(t.Context(), c.in, Upload{Client: "file-5678", Name: "..", Size: 1}); err != nil || f.Name != "file" {
		t.Errorf("a file without a name is called %q (%v)", f.Name, err)
	}
	d := store.Device{Language: "e\u202En", TimeZone: "U\nTC", UserAgent: "x\u0000y"}
	in, err := c.Enter(t.Context(), "shop", "tttttttttttttttttttttttttttttttttttttttttt0", d)
	must(t, err)
	v, err = c.store.Visitor(t.Context(), in.Visitor)
	must(t, err)
	if want := (store.Device{Language: "en", TimeZone: "U TC", UserAgent: "xy"}); v.Device != want {
		t.Errorf("the device is kept as %+q", v.Device)
	}
}

func TestTextThatShowsNothingIsEmpty(t *testing.T) {
	c := newCore(t)
	for _, text := range []string{"", " \n ", "\u200b\u2060", "\u202E"} {
		if _, err := c.Say(t.Context(), c.in, Message{Client: "message-1", Text: text}); !errors.Is(err, &chat.Error{Code: chat.CodeEmpty}) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestReactionIsOneEmojiInItsNormalForm(t *testing.T) {
	c := newCore(t)
	e, err := c.Say(t.Context(), c.in, Message{Client: "message-1", Text: "Hi"})
	must(t, err)
	first, err := c.React(t.Context(), c.in, "reaction-1", e.ID, " ❤ ")
	must(t, err)
	if first.Content.Key != "❤\uFE0F" {
		t.Errorf("it is kept as %+q", first.Content.Key)
	}
	again, err := c.React(t.Context(), c.in, "reaction-2", e.ID, "❤\uFE0F")
	must(t, err)
	if again.ID != first.ID {
		t.Error("one emoji counts twice")
	}
	for _, key := range []string{"", "ok", "Call 555", "👍👍", "<b>", "\u200d"} {
		if _, err := c.React(t.Context(), c.in, "reaction-3", e.ID, key); !errors.Is(err, &chat.Error{Code: chat.CodeBadFrame}) {
			t.Errorf("%q: %v", key, err)
		}
	}
}
