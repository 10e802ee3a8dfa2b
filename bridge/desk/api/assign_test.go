package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

const bobOperates = "@bob:example.org"

// assigning is shop with two operators, bob not at work if he is away.
func assigning(t *testing.T, bobIsAway bool) (h *house, desk chat.VisitorID) {
	t.Helper()
	h = start(t)
	h.site.Operators = append(slices.Clone(h.site.Operators), bobOperates)
	h.site.Alerts.Webhook.URL = "https://pager.example/hook"
	room, err := h.DeskOf(t.Context(), "shop")
	if err != nil {
		t.Fatal(err)
	}
	if err := h.store.SetAway(t.Context(), "shop", bobOperates, bobIsAway, time.Now()); err != nil {
		t.Fatal(err)
	}
	h.alerts(t)
	return h, room.ID
}

// alerts takes what the webhook of the site's alerts has yet to be told.
func (h *house) alerts(t *testing.T) (told []string) {
	t.Helper()
	for {
		taken, err := h.store.TakeDeliveries(t.Context(), store.Webhook, time.Now().Add(time.Minute), time.Hour, 10, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(taken) == 0 {
			return told
		}
		for _, d := range taken {
			told = append(told, d.Payload)
		}
	}
}

// rung are the notices of a dialog in which certain words stand, as whom each rings.
func (h *house) rung(t *testing.T, v chat.VisitorID, words string) string {
	t.Helper()
	entries, err := h.store.AllEntriesAfter(t.Context(), v, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var rung [][]string
	for _, e := range entries {
		if e.Kind == chat.Notice && strings.Contains(e.Content.Text, words) {
			rung = append(rung, e.Content.Mentions)
		}
	}
	return fmt.Sprint(rung)
}

func TestWhoTakesADialogInThePanelIsNotRung(t *testing.T) {
	h, desk := assigning(t, false)
	me := h.sessions["operator"]
	h.ask(t, me, "PATCH", "/contacts/"+string(h.ann)+"/dialog", `{"assignee":"@ann:example.org"}`).wants(t, 200)
	h.ask(t, me, "POST", "/contacts/bulk", fmt.Sprintf(`{"ids":[%q,%q],"assignee":"@ann:example.org"}`, h.ann, h.bob)).wants(t, 200, "done", 2.0)
	for _, v := range []chat.VisitorID{h.ann, h.bob} {
		if got := h.rung(t, v, "the dialog is"); got != "[[]]" {
			t.Errorf("of taking it its room is told %s", got)
		}
	}
	if got, told := h.rung(t, desk, "handed over"), h.alerts(t); got != "[]" || len(told) != 0 {
		t.Errorf("taken dialogs are handed over: %s, %s", got, told)
	}
}

// A dialog that one operator gives another in the panel is handed over, as by "!assign":
// the desk says so and rings the other, alone and once, and the webhook of alerts is told.
func TestADialogIsHandedOverInThePanel(t *testing.T) {
	h, desk := assigning(t, false)
	me := h.sessions["operator"]
	h.ask(t, me, "PATCH", "/contacts/"+string(h.ann)+"/dialog", `{"assignee":"@bob:example.org"}`).wants(t, 200)
	h.ask(t, me, "POST", "/contacts/bulk", fmt.Sprintf(`{"ids":[%q],"assignee":"@bob:example.org"}`, h.bob)).wants(t, 200, "done", 1.0)
	for _, v := range []chat.VisitorID{h.ann, h.bob} {
		if got := h.rung(t, v, "the dialog is"); got != "[[]]" {
			t.Errorf("its room is told %s: it rings twice", got)
		}
	}
	if got := h.rung(t, desk, "handed over"); got != "[[@bob:example.org] [@bob:example.org]]" {
		t.Errorf("the desk is told %s", got)
	}
	told := h.alerts(t)
	for _, payload := range told {
		for _, want := range []string{`"type":"dialog.handed_over"`, `"operator":"@bob:example.org"`, `"by":"@ann:example.org"`} {
			if !strings.Contains(payload, want) {
				t.Errorf("%s is missing in %s", want, payload)
			}
		}
	}
	if len(told) != 2 {
		t.Errorf("the webhook is told %s", told)
	}
}

func TestNobodyWhoIsAwayIsRungByAnAssignment(t *testing.T) {
	h, desk := assigning(t, true)
	path := "/contacts/" + string(h.ann) + "/dialog"
	h.ask(t, h.sessions["operator"], "PATCH", path, `{"assignee":"@bob:example.org"}`).wants(t, 200)
	if got := h.rung(t, desk, "handed over"); got != "[[]]" {
		t.Errorf("the desk is told %s", got)
	}
	h.ask(t, h.tokens["all"], "PATCH", path, `{"assignee":null}`).wants(t, 200)
	h.ask(t, h.tokens["all"], "PATCH", path, `{"assignee":"@bob:example.org"}`).wants(t, 200)
	if got := h.rung(t, h.ann, "the dialog is"); got != "[[] [] []]" {
		t.Errorf("its room is told %s", got)
	}
}

// A program hands nothing over: the dialog's room rings whom it gives the dialog.
func TestWhoIsGivenADialogByAProgramIsRung(t *testing.T) {
	h, desk := assigning(t, false)
	h.ask(t, h.tokens["all"], "PATCH", "/contacts/"+string(h.ann)+"/dialog", `{"assignee":"@bob:example.org"}`).wants(t, 200)
	if got := h.rung(t, h.ann, "the dialog is"); got != "[[@bob:example.org]]" {
		t.Errorf("its room is told %s", got)
	}
	if got, told := h.rung(t, desk, "handed over"), h.alerts(t); got != "[]" || len(told) != 0 {
		t.Errorf("it is handed over: %s, %s", got, told)
	}
}
