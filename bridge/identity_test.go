package bridge_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// noticed counts the notices of a room that have the words.
func noticed(o *bridgetest.Operator, room id.RoomID, words string) (n int) {
	for _, e := range o.Timeline(room) {
		if e.Sender == bot && strings.Contains(bridgetest.Body(e), words) {
			n++
		}
	}
	return n
}

func seesNotice(t *testing.T, o *bridgetest.Operator, room id.RoomID, words string) *event.Event {
	t.Helper()
	return o.Event(t, room, "the notice "+words, func(e *event.Event) bool {
		return e.Sender == bot && strings.Contains(bridgetest.Body(e), words)
	})
}

// Invariant 22: the same user is one visitor with one room, on every device.
func TestInvariant22OneUserIsOneDialogOnEveryDevice(t *testing.T) {
	t.Parallel()
	s := bridgetest.Start(t, bridgetest.Options{Site: bridgetest.WithIdentity})
	anna := s.Operator(t)
	claims := map[string]any{"name": "Ann <b>Tea</b>", "email": "ann@example.com", "variables": map[string]any{"orders": 12, "vip": true}}
	devices := []*bridgetest.Visitor{s.Visitor(), s.Visitor().Tab(), s.Visitor()} // a tab's keys are others
	var wait sync.WaitGroup
	for _, d := range devices { // all at once
		wait.Go(func() { d.SignIn(t, bridgetest.Token(t, "user 4711", claims)) })
	}
	wait.Wait()
	phone, laptop := devices[0].MustConnect(t), devices[1].MustConnect(t)
	phone.Acked(t, phone.Say("From my phone"))
	room := anna.Room(t, 0)
	anna.Sees(t, room, "From my phone")
	laptop.Hears(t, "From my phone")
	laptop.Acked(t, laptop.Say("And from my laptop"))
	anna.Sees(t, room, "And from my laptop")
	anna.Says(t, room, "Hello Ann")
	for _, d := range []*bridgetest.Visitor{phone, laptop, devices[2].MustConnect(t)} {
		d.Hears(t, "Hello Ann")
		d.Hears(t, "From my phone")
	}
	wants(t, answers(t, anna, room, "!visitor"), "Ann <b>Tea</b> · #1", "Signed in as user 4711", "email = ann@example.com", "orders = 12", "vip = true")
	wants(t, answers(t, anna, anna.Desk(t), "!find 4711"), "Ann <b>Tea</b>")
	// Another user of the site is another visitor.
	other := s.Visitor()
	other.SignIn(t, bridgetest.Token(t, "user 4712", nil))
	other.MustConnect(t)
	if got := other.Entries(); len(got) > 0 {
		t.Errorf("another user reads %+v", got)
	}
}

// Invariant 22: what was written before signing in stays a dialog of its own. Both
// rooms say where the other one is, once, and the old secret reads nothing of the new.
func TestInvariant22TheDialogBeforeIsLinkedAndNotMerged(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{Site: bridgetest.WithIdentity})
	answers(t, k.anna, k.room, "!take")
	before := k.visitor.Tab() // another tab, which has not heard of it
	token := bridgetest.Token(t, "4711", map[string]any{"name": "Ann"})
	first := k.visitor.SignIn(t, token)
	if first.Secret == "" || first.Session == "" || first.Secret == before.Secret {
		t.Fatalf("signed in with %+v", first)
	}
	if again := k.visitor.SignIn(t, token); again.Secret != "" || again.Session != first.Session {
		t.Errorf("signed in again with %+v", again)
	}
	// As after an answer that was lost: the browser still has the old secret.
	if lost := before.Tab(); lost.SignIn(t, token).Secret == "" {
		t.Error("the old secret has become the user's")
	}
	wants(t, bridgetest.Body(seesNotice(t, k.anna, k.room, "has signed in")), "no longer reads this room", "Ann", "matrix.to")
	next := k.anna.Room(t, 1)
	wants(t, bridgetest.Body(seesNotice(t, k.anna, next, "has signed in")), "What was written before", "matrix.to")

	announced := says(t, k.anna, k.anna.Desk(t), "has signed in")
	wants(t, bridgetest.Body(announced), "Ann (", "(#2) has", "goes on from", "(#1)")
	if links := strings.Count(fmt.Sprint(content(announced)["formatted_body"]), "matrix.to"); links != 2 || strings.Contains(rung(announced), "@") {
		t.Errorf("it is announced with %d links, and rings %s", links, rung(announced))
	}

	k.visitor.Close()
	k.visitor.MustConnect(t)
	k.visitor.Acked(t, k.visitor.Say("Now I am signed in"))
	k.anna.Sees(t, next, "Now I am signed in")
	before.MustConnect(t)
	before.Hears(t, "Do you have green tea?")
	k.anna.Says(t, next, "For Ann alone")
	k.visitor.Hears(t, "For Ann alone")
	wants(t, answers(t, k.anna, next, "!visitor"), "Signed in as 4711", "Wrote before signing in", "Dialog of @anna:localhost")
	wants(t, answers(t, k.anna, k.room, "!visitor"), "closed", "Has signed in, goes on in Ann")
	for about, texts := range map[string]struct {
		tab   *bridgetest.Visitor
		never string
	}{
		"the old secret": {before, "For Ann alone"}, "the user": {k.visitor, "Do you have green tea?"},
	} {
		for _, e := range texts.tab.Entries() {
			if e.Text == texts.never {
				t.Errorf("%s reads %q", about, e.Text)
			}
		}
	}
	for room, n := range map[id.RoomID]int{k.room: noticed(k.anna, k.room, "has signed in"), next: noticed(k.anna, next, "has signed in")} {
		if n != 1 {
			t.Errorf("%s was told %d times", room, n)
		}
	}
	// An answer in the room that nobody reads is refused, with the way to the other one.
	before.Close()
	bridgetest.Await(t, "the bridge knows that nobody is there", func() bool {
		k.anna.Says(t, k.room, "For nobody")
		return noticed(k.anna, k.room, "Not delivered") > 0
	})
	wants(t, answers(t, k.anna, k.room, "!open"), "open again", "goes on in")
}

// A dialog that was closed before is not handed on: nobody is called, and there
// is no room, before the user's own first words. Then both rooms are told.
func TestSigningInAfterTheDialogWasClosedCallsNobody(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{Site: bridgetest.WithIdentity})
	answers(t, k.anna, k.room, "!close")
	k.visitor.SignIn(t, bridgetest.Token(t, "4711", map[string]any{"name": "Ann"}))
	k.visitor.Close()
	k.visitor.MustConnect(t)
	other := k.Visitor().MustConnect(t)
	other.Acked(t, other.Say("I am another one"))
	k.anna.Sees(t, k.anna.Room(t, 1), "I am another one")
	if card := answers(t, k.anna, k.room, "!visitor"); strings.Contains(card, "signed in") || noticed(k.anna, k.room, "has signed in") > 0 {
		t.Errorf("a room is named that is not there:\n%s", card)
	}
	k.visitor.Acked(t, k.visitor.Say("It is me again"))
	next := k.anna.Room(t, 2)
	k.anna.Sees(t, next, "It is me again")
	wants(t, bridgetest.Body(seesNotice(t, k.anna, next, "has signed in")), "What was written before", "(#1)")
	wants(t, bridgetest.Body(seesNotice(t, k.anna, k.room, "has signed in")), "goes on in Ann", "(#3)")
	wants(t, answers(t, k.anna, next, "!visitor"), "Wrote before signing in")
	wants(t, answers(t, k.anna, next, "!close"), "closed")
}

// Who wrote nothing before has nothing to link.
func TestSigningInWithoutAWordTellsNobody(t *testing.T) {
	t.Parallel()
	s := bridgetest.Start(t, bridgetest.Options{Site: bridgetest.WithIdentity})
	anna := s.Operator(t)
	v := s.Visitor().MustConnect(t)
	v.SignIn(t, bridgetest.Token(t, "4711", nil))
	v.Close()
	v.MustConnect(t)
	v.Acked(t, v.Say("My first words"))
	room := anna.Room(t, 0)
	anna.Sees(t, room, "My first words")
	card := answers(t, anna, room, "!visitor")
	wants(t, card, "#1", "Signed in as 4711")
	if strings.Contains(card, "before signing in") || noticed(anna, room, "signed in") > 1 { // the card itself
		t.Errorf("something is linked:\n%s", card)
	}
}

// Invariant 22: logout revokes. The session's connections end, other devices stay.
func TestInvariant22SigningOutEndsTheSession(t *testing.T) {
	t.Parallel()
	s := bridgetest.Start(t, bridgetest.Options{Site: bridgetest.WithIdentity})
	anna := s.Operator(t)
	here, there := s.Visitor(), s.Visitor()
	pass := here.SignIn(t, bridgetest.Token(t, "4711", nil))
	there.SignIn(t, bridgetest.Token(t, "4711", nil))
	here.MustConnect(t)
	tab := here.Tab().MustConnect(t)
	there.MustConnect(t)
	there.Acked(t, there.Say("On both"))
	anna.Sees(t, anna.Room(t, 0), "On both")
	here.SignOut(t, pass.Session)
	here.SignOut(t, pass.Session) // again is no error
	for _, v := range []*bridgetest.Visitor{here, tab} {
		bridgetest.Frame(t, v, wire.TypeError, func(f wire.Error) bool { return f.Code == chat.CodeSignedOut })
		bridgetest.Await(t, "the connection ends", func() bool { return !v.Connected() })
	}
	late := here.Tab()
	bridgetest.Await(t, "the socket opens", func() bool { return late.Connect(t.Context()) == nil })
	bridgetest.Frame(t, late, wire.TypeError, func(f wire.Error) bool { return f.Code == chat.CodeSignedOut })
	var refusal struct{ Code chat.Code }
	hello := wire.Hello{T: wire.TypeHello, Secret: here.Secret}
	if status := here.Post(t, "frames", &wire.Exchange{Hello: hello}, &refusal); status != http.StatusForbidden || refusal.Code != chat.CodeSignedOut {
		t.Errorf("by the fall-back: %d %+v", status, refusal)
	}
	there.Acked(t, there.Say("I am still here"))
	// The user comes back to the same dialog with a new secret.
	here.SignIn(t, bridgetest.Token(t, "4711", nil))
	here.MustConnect(t)
	here.Hears(t, "I am still here")
	// Another user at this browser ends the session of the one before, and is not linked to it.
	old := here.Tab()
	here.SignIn(t, bridgetest.Token(t, "4712", nil))
	bridgetest.Await(t, "the connection ends", func() bool { return !here.Connected() })
	bridgetest.Await(t, "the socket opens", func() bool { return old.Connect(t.Context()) == nil })
	bridgetest.Frame(t, old, wire.TypeError, func(f wire.Error) bool { return f.Code == chat.CodeSignedOut })
	here.MustConnect(t)
	if got := here.Entries(); len(got) > 0 {
		t.Errorf("the next user reads %+v", got)
	}
}

// A token that does not hold is refused with one code, and the chat goes on.
func TestInvariant22BadTokensAreRefused(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{Site: bridgetest.WithIdentity})
	good := bridgetest.Token(t, "4711", nil)
	for about, c := range map[string]struct{ token, sentence string }{
		"expired":        {bridgetest.Token(t, "4711", map[string]any{"exp": time.Now().Add(-time.Minute).Unix()}), "expired"},
		"two days":       {bridgetest.Token(t, "4711", map[string]any{"exp": time.Now().Add(48 * time.Hour).Unix()}), "at most 24 hours"},
		"another site's": {bridgetest.Token(t, "4711", map[string]any{"aud": "blog"}), "not for this site"},
		"no sub":         {bridgetest.Token(t, "4711", map[string]any{"sub": nil}), "no sub"},
		"alg none":       {"eyJhbGciOiJub25lIn0." + strings.Split(good, ".")[1] + ".", "HS256"},
		"signature":      {good[:len(good)-4] + "AAAA", "signature"},
		"nonsense":       {"x", "not a JWT"},
	} {
		var refusal struct {
			Code chat.Code
			Text string
		}
		for _, secret := range []string{k.visitor.Secret, ""} {
			status := k.visitor.Post(t, "identity", &wire.Identify{Secret: secret, Token: c.token}, &refusal)
			if status != http.StatusUnauthorized || refusal.Code != chat.CodeBadToken || !strings.Contains(refusal.Text, c.sentence) {
				t.Errorf("%s: %d %+v", about, status, refusal)
			}
		}
	}
	if status := k.visitor.Post(t, "identity", &wire.Identify{Token: good}, nil); status != http.StatusNoContent {
		t.Errorf("a good token is looked at with %d", status)
	}
	k.visitor.Acked(t, k.visitor.Say("Still here"))
	k.anna.Sees(t, k.room, "Still here")
}

// What a page says without a token fills gaps: operators and tokens know better.
func TestWhatIsNotSignedOnlyFillsGaps(t *testing.T) {
	t.Parallel()
	k := startTalk(t, bridgetest.Options{Site: bridgetest.WithIdentity})
	tell := func(person string) {
		t.Helper()
		var pass wire.Identified
		if status := k.visitor.Post(t, "identity", &wire.Identify{Secret: k.visitor.Secret, Person: []byte(person)}, &pass); status != http.StatusOK || pass.Secret != "" {
			t.Fatalf("answered with %d %+v", status, pass)
		}
	}
	ask := func(command string) string { t.Helper(); return answers(t, k.anna, k.room, command) }
	ask("!set plan=team")
	tell(`{"name":"Ann @room","email":"ann@example.com","variables":{"plan":"gold","город":"Тверь"}}`)
	card := ask("!visitor")
	wants(t, card, "Ann @room · #1", "email = ann@example.com", "plan = team", "город = Тверь")
	if strings.Contains(card, "Signed in") {
		t.Errorf("it passes as signed:\n%s", card)
	}
	tell(`{"name":"Ann T."}`)
	wants(t, ask("!visitor"), "Ann T. · #1")
	ask("!name Customer of the year")
	tell(`{"name":"Somebody else"}`)
	wants(t, ask("!visitor"), "Customer of the year · #1")
	// Signed words outdo those that are not, and operators' outdo both.
	k.visitor.SignIn(t, bridgetest.Token(t, "4711", map[string]any{"name": "Ann Signed", "email": "signed@example.com"}))
	next := k.anna.Room(t, 1)
	tell(`{"name":"Not Ann","email":"not@example.com","phone":"+1 23"}`)
	wants(t, answers(t, k.anna, next, "!visitor"), "Ann Signed", "email = signed@example.com", "phone = +1 23")
	answers(t, k.anna, next, "!set email=work@example.com")
	k.visitor.SignIn(t, bridgetest.Token(t, "4711", map[string]any{"name": "Ann Signed", "email": "signed@example.com"}))
	wants(t, answers(t, k.anna, next, "!visitor"), "email = work@example.com")
}
