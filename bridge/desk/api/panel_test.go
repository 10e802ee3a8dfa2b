package api_test

import (
	"strings"
	"testing"
)

func TestARoomIsADeskADialogOrNothing(t *testing.T) {
	h := start(t)
	desk, err := h.DeskOf(t.Context(), "shop")
	if err != nil {
		t.Fatal(err)
	}
	if err := h.store.SetRoom(t.Context(), desk.ID, "!desk:example.org", h.Now()); err != nil {
		t.Fatal(err)
	}
	secret := h.sessions["operator"]
	h.ask(t, secret, "GET", "/rooms/!desk:example.org", "").wants(t, 200, "kind", "desk", "contact", nil)
	h.ask(t, secret, "GET", "/rooms/!ann:example.org", "").wants(t, 200, "kind", "dialog", "contact", string(h.ann))
	h.ask(t, secret, "GET", "/rooms/%21ann%3Aexample.org", "").wants(t, 200, "kind", "dialog")
	// A room that was left behind is of the same dialog.
	if err := h.store.SetRoom(t.Context(), h.ann, "!next:example.org", h.Now()); err != nil {
		t.Fatal(err)
	}
	h.ask(t, secret, "GET", "/rooms/!ann:example.org", "").wants(t, 200, "contact", string(h.ann))
	for _, room := range []string{"!other:example.org", "!none:example.org", "desk", "..%2Fcontacts"} {
		h.ask(t, secret, "GET", "/rooms/"+room, "").wants(t, 404, "code", "unknown_room")
	}
}

// What is done in the panel is its operator's doing, in the room and in histories.
func TestWhatAnOperatorDoesInThePanelIsToldByName(t *testing.T) {
	h := start(t)
	secret, ann := h.sessions["operator"], "/contacts/"+string(h.ann)
	for _, body := range []string{
		`{"assignee":"@ann:example.org","bot":{"on":false,"minutes":60}}`, `{"assignee":null,"bot":{"on":true}}`,
		`{"status":"closed","blocked":true}`, `{"status":"open","blocked":false}`,
	} {
		h.ask(t, secret, "PATCH", ann+"/dialog", body).wants(t, 200)
	}
	h.ask(t, secret, "POST", ann+"/chains/prices", "").wants(t, 202)
	told := strings.Join(h.notices(t, h.ann), "\n")
	for _, words := range []string{
		"@ann:example.org in the panel: the dialog is @ann:example.org’s now.", "@ann:example.org silenced the bot here in the panel until",
		"@ann:example.org in the panel: the dialog is nobody’s now.", "@ann:example.org in the panel: the bot may speak here again.",
		"@ann:example.org closed the dialog in the panel.", "@ann:example.org shut the visitor out in the panel.",
		"@ann:example.org opened the dialog again in the panel.", "@ann:example.org in the panel: the visitor can write again.",
		"@ann:example.org had the bot start the chain prices in the panel.",
	} {
		if strings.Count(told, words) != 1 {
			t.Errorf("%q is told %d times:\n%s", words, strings.Count(told, words), told)
		}
	}
	if strings.Contains(told, "API") {
		t.Errorf("the room is told of a program:\n%s", told)
	}
	h.ask(t, secret, "GET", "", "").wants(t, 200, "me.operator", "@ann:example.org")
	h.ask(t, h.tokens["all"], "GET", "", "").wants(t, 200, "me.operator", nil)
	h.ask(t, secret, "POST", ann+"/deals", `{"title":"Plan"}`).wants(t, 201)
	if got := h.ask(t, secret, "GET", ann+"/deals/1", ""); !strings.Contains(got.text, `"by":"@ann:example.org"`) {
		t.Errorf("the history is %s", got.text)
	}
	// A message is the operator's own, and nobody else's.
	h.ask(t, secret, "POST", ann+"/messages", `{"text":"Hi"}`).wants(t, 201, "author.id", "@ann:example.org")
	h.ask(t, secret, "POST", ann+"/messages", `{"text":"Hi","operator":"@bob:example.org"}`).wants(t, 400, "code", "unknown_operator")
	h.ask(t, h.tokens["all"], "POST", ann+"/messages", `{"text":"Hi"}`).wants(t, 400, "code", "unknown_operator")
	h.ask(t, secret, "POST", ann+"/messages", `{"text":"I am a bot","as":"bot"}`).wants(t, 201, "party", "bot")
	if told := strings.Join(h.notices(t, h.ann), "\n"); !strings.Contains(told, "@ann:example.org wrote the bot’s last message in the panel.") {
		t.Errorf("the room is told:\n%s", told)
	}
}

// Keys of a program and of an operator are not each other's.
func TestAnOperatorsRequestIsDoneOnceForItsKey(t *testing.T) {
	h := start(t)
	deals := "/contacts/" + string(h.ann) + "/deals"
	first := h.ask(t, h.sessions["operator"], "POST", deals, `{"title":"Plan"}`, "Idempotency-Key", "k")
	first.wants(t, 201, "number", 1.0)
	// Another session of the same operator, as after signing in again.
	again := h.ask(t, h.signIn(t, h.site, "@ann:example.org"), "POST", deals, `{"title":"Plan"}`, "Idempotency-Key", "k")
	if again.status != 201 || again.text != first.text {
		t.Errorf("again it is %s, first %s", again.text, first.text)
	}
	h.ask(t, h.tokens["all"], "POST", deals, `{"title":"Plan"}`, "Idempotency-Key", "k").wants(t, 201, "number", 2.0)
}

// A site without a panel lets no session in.
func TestASiteWithoutAPanelIsShutToSessions(t *testing.T) {
	h := start(t)
	h.site.Panel.Enabled = false
	h.ask(t, h.sessions["operator"], "GET", "/contacts", "").wants(t, 403, "code", "not_operator")
	h.ask(t, h.tokens["all"], "GET", "/contacts", "").wants(t, 200)
}
