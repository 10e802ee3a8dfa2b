package gateway

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

func anna() chat.Author {
	return chat.Author{Party: chat.Operator, ID: "@anna:example.com", Name: "Anna", Avatar: "mxc://example.com/anna"}
}

// hear appends what an operator says.
func (d *door) hear(v chat.VisitorID, h dialog.Heard) chat.Entry {
	d.t.Helper()
	h.Visitor, h.Author = v, anna()
	if h.Kind == "" {
		h.Kind = chat.Message
	}
	if h.Origin == "" {
		h.Origin = "$" + newSecret()
	}
	e, err := d.dialog.Hear(d.t.Context(), h, func(context.Context, chat.Entry) error { return nil })
	must(d.t, err)
	return e
}

func TestMessageIsAcknowledgedAndComesBackAsEntry(t *testing.T) {
	d := openDoor(t, nil)
	c, welcome := d.enter(newSecret(), nil)
	if welcome.Site.Name != "Tea Shop" || welcome.Site.MaxLength != 512 || welcome.Site.MaxFileSize != 10<<20 {
		t.Errorf("settings %+v", welcome.Site)
	}
	if welcome.Seq != 0 || len(welcome.Entries) != 0 || welcome.Reset || welcome.More {
		t.Errorf("welcome %+v", welcome)
	}
	c.say(&wire.Message{T: wire.TypeMessage, Client: "message-1", Text: "Hello"})
	var ack *wire.Ack
	var entry *wire.NewEntry
	for ack == nil || entry == nil {
		switch got, data := c.read(); got {
		case wire.TypeAck:
			ack = decode[wire.Ack](t, data)
		case wire.TypeEntry:
			entry = decode[wire.NewEntry](t, data)
		default:
			t.Fatalf("got %s", data)
		}
	}
	e := entry.Entry
	if ack.Client != "message-1" || ack.ID != e.ID || ack.Seq != 1 || ack.At != e.At || e.Text != "Hello" || e.Client != "message-1" {
		t.Errorf("ack %+v, entry %+v", ack, e)
	}
	if again := c.message("message-1", "Hello"); again.ID != ack.ID || again.Seq != 1 {
		t.Errorf("said again: %+v, want the first %+v", again, ack)
	}
}

func TestEditReactionAndRedaction(t *testing.T) {
	d := openDoor(t, nil)
	secret := newSecret()
	c, _ := d.enter(secret, nil)
	first := c.message("message-1", "Helo")
	answer := d.hear(d.visitor(secret), dialog.Heard{Content: chat.Content{Text: "Hi", HTML: "<b>Hi</b>", ReplyTo: first.ID}})

	c.say(&wire.Edit{T: wire.TypeEdit, Client: "edit-0001", Target: first.ID, Text: "Hello"})
	c.say(&wire.Reaction{T: wire.TypeReaction, Client: "react-001", Target: answer.ID, Key: "👍"})
	c.say(&wire.Message{T: wire.TypeMessage, Client: "reply-001", Text: "Thanks", ReplyTo: answer.ID})
	c.say(&wire.Redact{T: wire.TypeRedact, Client: "redact-01", Target: first.ID})
	c.say(&wire.Edit{T: wire.TypeEdit, Client: "edit-0002", Target: answer.ID, Text: "Mine now"})
	if e := c.refused(chat.CodeNotYours); e.Client != "edit-0002" || e.RetryAfter != 0 {
		t.Errorf("refused %+v", e)
	}
	_, welcome := d.enter(secret, nil)
	var got []string
	for _, e := range welcome.Entries {
		got = append(got, fmt.Sprintf("%d %s %s %q %s %v", e.Seq, e.Kind, e.Author.Party, e.Text, e.Key, e.Redacted))
	}
	want := []string{
		`1 message visitor ""  true`, `2 message operator "Hi"  false`, `3 edit visitor ""  true`,
		`4 reaction visitor "" 👍 false`, `5 message visitor "Thanks"  false`, `6 redaction visitor ""  false`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	operator := welcome.Entries[1]
	if operator.Author.Name != "Anna" || operator.Author.ID == "" || strings.Contains(operator.Author.ID, "anna") ||
		!strings.HasPrefix(operator.Author.Avatar, d.server.URL+"/v1/shop/avatars/") || operator.HTML != "<b>Hi</b>" || operator.ReplyTo != first.ID {
		t.Errorf("the operator's entry is %+v", operator)
	}
	if welcome.Entries[5].Target != first.ID || welcome.Entries[4].ReplyTo != answer.ID || welcome.Entries[3].Target != answer.ID {
		t.Errorf("targets are wrong: %+v", welcome.Entries)
	}
}

func TestResumeGivesWhatWasMissed(t *testing.T) {
	d := openDoor(t, nil)
	secret := newSecret()
	c, _ := d.enter(secret, nil)
	first := c.message("message-1", "one")
	must(t, c.conn.Close())
	v := d.visitor(secret)
	const missed = 2*pageSize + 7
	for i := range missed {
		d.hear(v, dialog.Heard{Content: chat.Content{Text: fmt.Sprint(i)}})
	}
	c, welcome := d.enter(secret, &wire.Resume{Seq: 1, ID: first.ID})
	if welcome.Reset || welcome.More || welcome.Seq != missed+1 || len(welcome.Entries) != pageSize || welcome.Entries[0].Seq != 2 {
		t.Fatalf("welcome with %d entries: %+v", len(welcome.Entries), welcome)
	}
	for seq := int64(pageSize + 2); seq <= missed+1; seq++ {
		if e := take[wire.NewEntry](c, wire.TypeEntry); e.Entry.Seq != seq {
			t.Fatalf("entry %d, want %d", e.Entry.Seq, seq)
		}
	}

	_, fresh := d.enter(secret, nil)
	if len(fresh.Entries) != freshSize || !fresh.More || fresh.Entries[freshSize-1].Seq != missed+1 {
		t.Errorf("a fresh start has %d entries, more=%v", len(fresh.Entries), fresh.More)
	}
}

// Invariant 1: a resume point that the journal does not have starts anew.
func TestInvariant01ResumeOfAnotherHistoryIsReset(t *testing.T) {
	d := openDoor(t, nil)
	secret := newSecret()
	c, _ := d.enter(secret, nil)
	first := c.message("message-1", "one")
	for name, resume := range map[string]wire.Resume{
		"another entry": {Seq: 1, ID: chat.NewEntryID()},
		"ahead":         {Seq: 40, ID: first.ID},
		"no number":     {ID: first.ID},
	} {
		t.Run(name, func(t *testing.T) {
			_, welcome := d.enter(secret, &resume)
			if !welcome.Reset || len(welcome.Entries) != 1 || welcome.Entries[0].ID != first.ID {
				t.Errorf("welcome %+v", welcome)
			}
		})
	}
}

func TestTwoTabsSeeTheSameAndOthersNothing(t *testing.T) {
	d := openDoor(t, nil)
	secret := newSecret()
	one, _ := d.enter(secret, nil)
	two, _ := d.enter(secret, nil)
	stranger, _ := d.enter(newSecret(), nil)
	one.message("message-1", "from one")
	if e := take[wire.NewEntry](two, wire.TypeEntry); e.Entry.Text != "from one" || e.Entry.Client != "message-1" {
		t.Errorf("the other tab got %+v", e.Entry)
	}
	d.hear(d.visitor(secret), dialog.Heard{Content: chat.Content{Text: "answer"}})
	for _, c := range []*tab{one, two} {
		e := await[wire.NewEntry](c, wire.TypeEntry).Entry
		if e.Text == "from one" { // the own message came as an entry too
			e = await[wire.NewEntry](c, wire.TypeEntry).Entry
		}
		if e.Text != "answer" {
			t.Errorf("a tab got %+v", e)
		}
	}
	stranger.say(&wire.Ping{T: wire.TypePing})
	take[wire.Pong](stranger, wire.TypePong)
}

func TestHistoryGoesBackPageByPage(t *testing.T) {
	d := openDoor(t, nil)
	secret := newSecret()
	c, _ := d.enter(secret, nil)
	v := d.visitor(secret)
	for i := range 5 {
		d.hear(v, dialog.Heard{Content: chat.Content{Text: fmt.Sprint(i)}})
	}
	c.say(&wire.History{T: wire.TypeHistory, Before: 5, Limit: 3})
	page := await[wire.History](c, wire.TypeHistory)
	if page.Before != 5 || !page.More || len(page.Entries) != 3 || page.Entries[0].Seq != 2 || page.Entries[2].Seq != 4 {
		t.Errorf("page %+v", page)
	}
	c.say(&wire.History{T: wire.TypeHistory, Before: 2, Limit: 3})
	if page = await[wire.History](c, wire.TypeHistory); page.More || len(page.Entries) != 1 {
		t.Errorf("last page %+v", page)
	}
	c.say(&wire.History{T: wire.TypeHistory, Limit: 3})
	c.refused(chat.CodeBadFrame)
}

func TestMarksGoBothWays(t *testing.T) {
	d := openDoor(t, nil)
	secret := newSecret()
	c, _ := d.enter(secret, nil)
	c.message("message-1", "one")
	v := d.visitor(secret)
	answer := d.hear(v, dialog.Heard{Content: chat.Content{Text: "two"}})
	c.say(&wire.Delivered{T: wire.TypeDelivered, Seq: answer.Seq})
	c.say(&wire.Read{T: wire.TypeRead, Seq: 1})
	eventually(t, "marks rise", func() bool {
		m, err := d.dialog.Marks(t.Context(), v)
		return err == nil && m.Delivered == 2 && m.Read == 1
	})
	must(t, d.dialog.Saw(t.Context(), v, 1))
	if read := await[wire.Read](c, wire.TypeRead); read.Seq != 1 {
		t.Errorf("seen %+v", read)
	}
	_, welcome := d.enter(secret, nil)
	if welcome.Read != 1 || welcome.Seen != 1 {
		t.Errorf("welcome says read %d, seen %d", welcome.Read, welcome.Seen)
	}
}

// Operators leave a dialog that is closed, or given back to the bot: the visitor is
// told at once, and with each new connection.
func TestVisitorIsToldThatOperatorsLeft(t *testing.T) {
	d := openDoor(t, nil)
	secret := newSecret()
	c, welcome := d.enter(secret, nil)
	c.message("message-1", "one")
	v := d.visitor(secret)
	if d.hear(v, dialog.Heard{Content: chat.Content{Text: "two"}}); welcome.Left != 0 {
		t.Errorf("they left at %d before they came", welcome.Left)
	}
	must(t, d.dialog.LetBotSpeak(t.Context(), v))
	if left := await[wire.Left](c, wire.TypeLeft); left.Seq != 2 {
		t.Errorf("after it was given back: %+v", left)
	}
	at := d.hear(v, dialog.Heard{Content: chat.Content{Text: "three"}})
	resume := &wire.Resume{Seq: at.Seq, ID: at.ID}
	c, welcome = d.enter(secret, resume)
	if welcome.Left != 2 { // who spoke since is here
		t.Errorf("the welcome says %d", welcome.Left)
	}
	_, err := d.dialog.Close(t.Context(), v)
	must(t, err)
	if left := await[wire.Left](c, wire.TypeLeft); left.Seq != 3 {
		t.Errorf("after it was closed: %+v", left)
	}
	if _, welcome = d.enter(secret, resume); welcome.Left != 3 {
		t.Errorf("the welcome says %d", welcome.Left)
	}
}

func TestOperatorTypingEndsByItself(t *testing.T) {
	d := openDoor(t, func(_ *config.Config, p *pacing) { p.typing = 50 * time.Millisecond })
	secret := newSecret()
	c, _ := d.enter(secret, nil)
	d.dialog.OperatorTyping(d.visitor(secret), anna(), true)
	on, off := take[wire.Typing](c, wire.TypeTyping), take[wire.Typing](c, wire.TypeTyping)
	if !on.On || off.On || on.Author.Name != "Anna" || off.Author.ID != on.Author.ID || strings.Contains(on.Author.ID, "@") {
		t.Errorf("on %+v, off %+v", on, off)
	}
}

func TestVisitorTypingIsThinnedOut(t *testing.T) {
	d := openDoor(t, nil)
	c, _ := d.enter(newSecret(), nil)
	for range 5 {
		c.say(&wire.Typing{T: wire.TypeTyping, On: true})
	}
	c.say(&wire.Typing{T: wire.TypeTyping})
	c.say(&wire.Typing{T: wire.TypeTyping})
	for range 3 { // the next message, begun at once, and flicker
		c.say(&wire.Typing{T: wire.TypeTyping, On: true})
		c.say(&wire.Typing{T: wire.TypeTyping})
	}
	c.say(&wire.Ping{T: wire.TypePing})
	take[wire.Pong](c, wire.TypePong)
	for range 2 {
		expect(t, d.watch.typing, true)
		expect(t, d.watch.typing, false)
	}
	if n := len(d.watch.typing); n != 0 {
		t.Errorf("%d more were passed on", n)
	}
}

func TestTypingEndsWithTheConnection(t *testing.T) {
	d := openDoor(t, nil)
	c, _ := d.enter(newSecret(), nil)
	c.say(&wire.Typing{T: wire.TypeTyping, On: true})
	expect(t, d.watch.typing, true)
	must(t, c.conn.Close())
	expect(t, d.watch.typing, false)
	expect(t, d.watch.online, true)
	expect(t, d.watch.online, false)
}

func TestPageAndDeviceAreRecordedLatestLast(t *testing.T) {
	d := openDoor(t, nil)
	secret := newSecret()
	c := d.dial("User-Agent", "Mozilla/5.0 (test)")
	c.say(&wire.Hello{
		T: wire.TypeHello, Secret: secret, Language: "ru-RU", TimeZone: "Europe/Moscow",
		Page: &wire.Page{URL: shop + "/1", Title: "One", Referrer: "https://search.example.com/"},
	})
	take[wire.Welcome](c, wire.TypeWelcome)
	known := func() store.Visitor {
		v, err := d.store.Visitor(t.Context(), d.visitorOf(secret))
		must(t, err)
		return v
	}
	v := known()
	if v.Page.URL != shop+"/1" || v.Page.Title != "One" || v.Page.Referrer != "https://search.example.com/" {
		t.Errorf("page %+v", v.Page)
	}
	if v.Language != "ru-RU" || v.TimeZone != "Europe/Moscow" || v.UserAgent != "Mozilla/5.0 (test)" {
		t.Errorf("device %+v", v.Device)
	}
	for _, path := range []string{"/2", "/3", "/4"} {
		c.say(&wire.PageView{T: wire.TypePage, Page: wire.Page{URL: shop + path}})
	}
	c.say(&wire.Ping{T: wire.TypePing})
	take[wire.Pong](c, wire.TypePong)
	if got := known().Page.URL; got != shop+"/1" {
		t.Errorf("page %s was recorded within the second", got)
	}
	eventually(t, "the last page is recorded", func() bool { return known().Page.URL == shop+"/4" })
}

// visitorOf finds a session without changing it.
func (d *door) visitorOf(secret string) chat.VisitorID {
	d.t.Helper()
	known, err := d.dialog.Known(d.t.Context(), "shop", secret)
	must(d.t, err)
	if !known {
		d.t.Fatal("the session is not known")
	}
	online := d.dialog.Online()
	if len(online) != 1 {
		d.t.Fatalf("%d visitors are online, want 1", len(online))
	}
	return online[0]
}

func TestFaultsOfTextAreRefusedWithTheirCode(t *testing.T) {
	d := openDoor(t, nil)
	c, _ := d.enter(newSecret(), nil)
	for _, test := range []struct {
		frame any
		want  chat.Code
	}{
		{&wire.Message{T: wire.TypeMessage, Client: "message-1", Text: " \n"}, chat.CodeEmpty},
		{&wire.Message{T: wire.TypeMessage, Client: "message-2", Text: strings.Repeat("я", 513)}, chat.CodeTooLong},
		{&wire.Message{T: wire.TypeMessage, Client: "message-3", Text: "x", ReplyTo: chat.NewEntryID()}, chat.CodeUnknownTarget},
		{&wire.Message{T: wire.TypeMessage, Client: "message-4", File: chat.NewFileID()}, chat.CodeUnknownFile},
		{&wire.Redact{T: wire.TypeRedact, Client: "message-5", Target: chat.NewEntryID()}, chat.CodeUnknownTarget},
		{&wire.FileLink{T: wire.TypeFile, File: chat.NewFileID()}, chat.CodeUnknownFile},
		{&wire.Upload{T: wire.TypeUpload, Client: "message-6", Name: "x", Size: 11 << 20}, chat.CodeTooLarge},
	} {
		c.say(test.frame)
		e := c.refused(test.want)
		if key := wire.ClientOf(test.frame); key != nil && e.Client != *key {
			t.Errorf("the refusal names %q", e.Client)
		}
	}
	if ack := c.message("message-7", strings.Repeat("я", 512)); ack.Seq != 1 {
		t.Errorf("what was refused left a trace: %+v", ack)
	}
}

func TestBlockedVisitorIsStopped(t *testing.T) {
	d := openDoor(t, nil)
	secret := newSecret()
	c, _ := d.enter(secret, nil)
	must(t, d.dialog.Block(t.Context(), d.visitor(secret), true))
	c.refused(chat.CodeBlocked)
	if code := c.closed(); code != wire.CloseStop {
		t.Errorf("closed with %d", code)
	}
	c = d.dial()
	c.say(&wire.Hello{T: wire.TypeHello, Secret: secret})
	c.refused(chat.CodeBlocked)
	if code := c.closed(); code != wire.CloseStop {
		t.Errorf("closed with %d", code)
	}
}

// erase erases a visitor as an operator does.
func (d *door) erase(v chat.VisitorID) {
	d.t.Helper()
	must(d.t, d.dialog.Erase(context.WithoutCancel(d.t.Context()), v, "@anna:example.com", func(context.Context, store.Visitor) error { return nil }))
}

// Invariant 24: the same browser is a new visitor, and is told of no error.
func TestInvariant24ErasedVisitorBeginsAnew(t *testing.T) {
	d := openDoor(t, nil)
	secret := newSecret()
	c, _ := d.enter(secret, nil)
	last := c.message("message-1", "Forget me")
	before := d.visitor(secret)
	d.erase(before)
	for over := false; !over; {
		must(t, c.conn.SetReadDeadline(time.Now().Add(within)))
		_, data, err := c.conn.ReadMessage()
		if over = err != nil; over && !websocket.IsCloseError(err, wire.CloseReconnect) {
			t.Errorf("closed with %v", err)
		} else if !over && typeOf(t, data) == wire.TypeError {
			t.Errorf("told %s", data)
		}
	}
	_, welcome := d.enter(secret, &wire.Resume{Seq: last.Seq, ID: last.ID})
	if !welcome.Reset || len(welcome.Entries) > 0 || welcome.Seq != 0 || d.visitor(secret) == before {
		t.Errorf("welcomed with %+v", welcome)
	}
}

func TestRemovedEntryHasNoContent(t *testing.T) {
	e := chat.Entry{
		ID: chat.NewEntryID(), Seq: 1, Kind: chat.Message, Redacted: true,
		Content: chat.Content{Text: "secret", HTML: "secret", Key: "x", File: &chat.File{Name: "secret"}},
	}
	out := links{}.entry("shop", e, time.Now())
	if out.Text != "" || out.HTML != "" || out.Key != "" || out.File != nil || !out.Redacted {
		t.Errorf("it is shown as %+v", out)
	}
}
