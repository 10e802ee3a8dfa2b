package api_test

import (
	"context"
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// What is edited is listed as it reads since, in its old place; what is removed is not listed.
func TestMessagesAreListedAsTheyStand(t *testing.T) {
	h := start(t)
	all, messages := h.tokens["all"], "/contacts/"+string(h.ann)+"/messages"
	in, err := h.Enter(t.Context(), "shop", secretOf("ann"), store.Device{})
	if err != nil {
		t.Fatal(err)
	}
	asked, err := h.Say(t.Context(), in, dialog.Message{Client: "client-0000000002", Text: "Do you have grean tea?"})
	if err != nil {
		t.Fatal(err)
	}
	ann := chat.Author{Party: chat.Operator, ID: "@ann:example.org", Name: "Ann"}
	hear := func(kind chat.Kind, target chat.EntryID, origin, text string) chat.Entry {
		t.Helper()
		e, err := h.Hear(t.Context(), dialog.Heard{
			Visitor: h.ann, Kind: kind, Author: ann, Target: target, Content: chat.Content{Text: text}, Origin: origin,
		}, func(context.Context, chat.Entry) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	told := hear(chat.Message, "", "$1", "The code is 4711.")
	gone := hear(chat.Message, "", "$2", "Who reads this?")
	if _, err := h.Edit(t.Context(), in, "client-0000000003", asked.ID, "Do you have green tea?"); err != nil {
		t.Fatal(err)
	}
	hear(chat.Edit, told.ID, "$3", "The code goes by post.")
	hear(chat.Edit, told.ID, "$4", "The code goes by mail.")
	hear(chat.Edit, gone.ID, "$5", "Nobody reads this.")
	hear(chat.Redaction, gone.ID, "$6", "")

	first := h.ask(t, all, "GET", messages+"?limit=2", "")
	first.wants(t, 200)
	next, _ := first.at("next").(string)
	rest := h.ask(t, all, "GET", messages+"?limit=2&cursor="+next, "")
	rest.wants(t, 200, "next", nil)
	listed := first.text + rest.text
	for _, want := range []string{`"text":"Hello from ann"`, `"id":"` + string(asked.ID) + `"`, `"text":"Do you have green tea?"`, `"id":"` + string(told.ID) + `"`, `"text":"The code goes by mail."`} {
		if strings.Count(listed, want) != 1 {
			t.Errorf("%s is not listed once: %s", want, listed)
		}
	}
	for _, old := range []string{"grean", "4711", "post", "reads this"} {
		if strings.Contains(listed, old) {
			t.Errorf("%q is still listed: %s", old, listed)
		}
	}
	h.ask(t, all, "GET", "/contacts/"+string(h.ann), "").wants(t, 200, "last_message.text", "The code goes by mail.")
}
