package api_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

func TestContactsAreReadAndChanged(t *testing.T) {
	h := start(t)
	all, ann := h.tokens["all"], "/contacts/"+string(h.ann)
	h.ask(t, all, "GET", ann, "").wants(t, 200, "name", "ann", "named_by", "operator", "dialog.status", "open", "dialog.bot.on", true, "dialog.closed_at", nil)
	h.ask(t, all, "PATCH", ann, `{"name":"Ann Tea","email":"Ann <ann@Example.com>","phone":"020 7946 0000","company":"Tea & Co.","note":"line\nline"}`).
		wants(t, 200, "name", "Ann Tea", "email", "ann@example.com", "phone", "+442079460000", "company", "Tea & Co.", "note", "line\nline")
	h.ask(t, all, "PATCH", ann, `{"phone":null}`).wants(t, 200, "phone", "", "email", "ann@example.com")
	h.ask(t, all, "PUT", ann+"/tags/VIP%20customer", "").wants(t, 200)
	h.ask(t, all, "PUT", ann+"/variables/plan", `{"value":"team"}`).wants(t, 200, "variables.plan", "team")
	h.ask(t, all, "PUT", ann+"/variables/email", `{"value":"Ann <ann@Example.com>"}`).wants(t, 200, "email", "ann@example.com", "variables.email", "ann@example.com")
	h.ask(t, all, "DELETE", ann+"/variables/email", "").wants(t, 200, "email", "")
	if got := fmt.Sprint(h.ask(t, all, "GET", ann, "").at("tags")); got != "[VIP customer]" {
		t.Errorf("the tags are %s", got)
	}
	h.ask(t, all, "DELETE", ann+"/tags/vip%20CUSTOMER", "").wants(t, 200)
	h.ask(t, all, "DELETE", ann+"/variables/plan", "").wants(t, 200, "variables.plan", nil)

	for path, want := range map[string]string{
		"/contacts": "bob Ann Tea", "/contacts?status=closed": "", "/contacts?q=tea%20ANN": "Ann Tea", "/contacts?q=nobody": "", "/contacts?tag=vip": "",
	} {
		if got := names(h.ask(t, all, "GET", path, "")); got != want {
			t.Errorf("%s lists %q, want %q", path, got, want)
		}
	}
	first := h.ask(t, all, "GET", "/contacts?limit=1", "")
	next, _ := first.at("next").(string)
	second := h.ask(t, all, "GET", "/contacts?limit=1&cursor="+next, "")
	if names(first) != "bob" || names(second) != "Ann Tea" || second.at("next") != nil {
		t.Errorf("the parts are %s and %s", first.text, second.text)
	}
}

func names(list answer) string {
	var all []string
	items, _ := list.at("items").([]any)
	for _, item := range items {
		if object, ok := item.(map[string]any); ok {
			all = append(all, fmt.Sprint(object["name"]))
		}
	}
	return strings.Join(all, " ")
}

func TestDealsAreKept(t *testing.T) {
	h := start(t)
	all, deals := h.tokens["all"], "/contacts/"+string(h.ann)+"/deals"
	h.ask(t, all, "POST", deals, `{"title":"Team plan","amount":{"value":"1200.5"}}`).
		wants(t, 201, "number", 1.0, "amount.value", "1200.50", "amount.currency", "EUR", "stage", "new", "status", "open")
	h.ask(t, all, "PATCH", deals+"/1", `{"stage":"offer","amount":{"value":"900","currency":"usd"}}`).wants(t, 200, "stage", "offer", "amount.currency", "USD")
	h.ask(t, all, "PATCH", deals+"/1", `{"status":"won","amount":null}`).wants(t, 200, "status", "won", "amount", nil)
	got := h.ask(t, all, "GET", deals+"/1", "")
	history, _ := got.at("history").([]any)
	if len(history) != 6 || !strings.Contains(got.text, `"by":"all (API)","what":"stage","was":"sales/new","becomes":"sales/offer"`) {
		t.Errorf("the history is %s", got.text)
	}
	h.ask(t, all, "GET", "/contacts/"+string(h.bob)+"/deals/1", "").wants(t, 404, "code", "unknown_deal")
	for _, status := range []string{"won", "lost"} { // an old one, which a program brings along
		made := h.ask(t, all, "POST", deals, `{"title":"Old plan","status":"`+status+`"}`)
		made.wants(t, 201, "status", status)
		if closed := made.at("closed_at"); closed == nil || closed != made.at("created_at") {
			t.Errorf("made as %s it was closed at %v", status, closed)
		}
		kept := h.ask(t, all, "GET", fmt.Sprintf("%s/%v", deals, made.at("number")), "")
		kept.wants(t, 200, "closed_at", made.at("closed_at"))
	}
	h.ask(t, all, "POST", deals, `{"title":"New plan"}`).wants(t, 201, "closed_at", nil)
}

func TestMessagesAreSentOnceInAnOperatorsName(t *testing.T) {
	h := start(t)
	all, messages := h.tokens["all"], "/contacts/"+string(h.ann)+"/messages"
	body := `{"text":"We do!","operator":"@ann:example.org","name":"Ann"}`
	first := h.ask(t, all, "POST", messages, body, "Idempotency-Key", "order-1")
	first.wants(t, 201, "text", "We do!", "party", "operator", "author.name", "Ann")
	again := h.ask(t, all, "POST", messages, body, "Idempotency-Key", "order-1")
	if again.status != 201 || again.text != first.text {
		t.Errorf("again it is %s, first %s", again.text, first.text)
	}
	h.ask(t, all, "POST", messages, strings.Replace(body, "We do", "We do not", 1), "Idempotency-Key", "order-1").wants(t, 422, "code", "key_reused")
	h.ask(t, all, "POST", messages, body).wants(t, 201) // without a key it is another one
	listed := h.ask(t, all, "GET", messages, "")
	if n := strings.Count(listed.text, "We do!"); n != 2 || !strings.Contains(listed.text, "Hello from ann") || listed.at("next") != nil {
		t.Errorf("the messages are %s", listed.text)
	}
	h.ask(t, all, "POST", messages, `{"text":"Hi","operator":"@eve:example.org"}`).wants(t, 400, "code", "unknown_operator")
	// The bot makes way, as for any operator's word.
	h.ask(t, all, "GET", "/contacts/"+string(h.ann), "").wants(t, 200, "dialog.bot.on", false, "dialog.waiting_since", nil)
}

// A key that is used again when a day is over names another request, which is done.
func TestAKeyOfYesterdayNamesAnotherRequest(t *testing.T) {
	h := start(t)
	all, ann := h.tokens["all"], "/contacts/"+string(h.ann)
	dayLater := func() {
		t.Helper()
		if _, err := h.store.ForgetAPIRequests(t.Context(), h.Now().Add(time.Second), 10); err != nil {
			t.Fatal(err)
		}
	}
	for _, body := range []string{
		`{"text":%q,"operator":"@ann:example.org"}`,
		`{"text":%q,"as":"bot"}`,
	} {
		for _, text := range []string{"It is packed.", "It is sent."} {
			h.ask(t, all, "POST", ann+"/messages", fmt.Sprintf(body, text), "Idempotency-Key", "order-1").wants(t, 201, "text", text)
			dayLater()
		}
	}
	listed := h.ask(t, all, "GET", ann+"/messages", "")
	for _, text := range []string{"It is packed.", "It is sent."} {
		if n := strings.Count(listed.text, text); n != 2 {
			t.Errorf("%q was said %d times, want 2: %s", text, n, listed.text)
		}
	}
	for _, status := range []string{"closed", "open", "closed"} {
		h.ask(t, all, "PATCH", ann+"/dialog", `{"status":"`+status+`"}`, "Idempotency-Key", "order-2").wants(t, 200, "dialog.status", status)
		dayLater()
	}
	told := strings.Join(h.notices(t, h.ann), "\n")
	if closed, opened := strings.Count(told, "closed the dialog"), strings.Count(told, "opened the dialog again"); closed != 2 || opened != 1 {
		t.Errorf("the room is told %d times that it was closed, %d times that it was opened:\n%s", closed, opened, told)
	}
}

func TestDialogsAreChangedAndTheRoomIsTold(t *testing.T) {
	h := start(t)
	all, path := h.tokens["all"], "/contacts/"+string(h.ann)+"/dialog"
	h.ask(t, all, "PATCH", path, `{"assignee":"@ann:example.org","bot":{"on":false,"minutes":60}}`).wants(t, 200, "dialog.assignee", "@ann:example.org", "dialog.bot.on", false)
	h.ask(t, all, "PATCH", path, `{"assignee":"@ann:example.org"}`).wants(t, 200) // changes nothing
	h.ask(t, all, "PATCH", path, `{"assignee":null,"bot":{"on":true}}`).wants(t, 200, "dialog.assignee", "", "dialog.bot.on", true)
	h.ask(t, all, "PATCH", path, `{"status":"closed","blocked":true}`).wants(t, 200, "dialog.status", "closed", "dialog.blocked", true)
	h.ask(t, all, "PATCH", path, `{"status":"open","blocked":false}`).wants(t, 200, "dialog.status", "open", "dialog.blocked", false)
	h.ask(t, all, "POST", "/contacts/"+string(h.ann)+"/chains/prices", "").wants(t, 202)
	h.ask(t, all, "POST", "/contacts/"+string(h.ann)+"/chains/none", "").wants(t, 404)
	told := strings.Join(h.notices(t, h.ann), "\n")
	for _, words := range []string{
		"the dialog is @ann:example.org’s now", "silenced the bot here until", "the dialog is nobody’s now", "the bot may speak here again",
		"closed the dialog", "shut the visitor out", "opened the dialog again", "can write again", "start the chain prices",
	} {
		if strings.Count(told, words) != 1 {
			t.Errorf("%q is told %d times:\n%s", words, strings.Count(told, words), told)
		}
	}
}

// A request that is refused in its middle changes nothing.
func TestARefusedRequestChangesNothing(t *testing.T) {
	h := start(t)
	all, ann := h.tokens["all"], "/contacts/"+string(h.ann)
	h.ask(t, all, "PATCH", ann, `{"name":"Changed","email":"no address"}`).wants(t, 400, "code", "bad_contact")
	h.ask(t, all, "PATCH", ann+"/dialog", `{"status":"closed","assignee":"@eve:example.org"}`).wants(t, 400, "code", "unknown_operator")
	h.ask(t, all, "GET", ann, "").wants(t, 200, "name", "ann", "dialog.status", "open")
	if told := h.notices(t, h.ann); slices.ContainsFunc(told, func(s string) bool { return strings.Contains(s, "API") }) {
		t.Errorf("the room is told %q", told)
	}
}

func TestBadRequestsAreRefusedWithACode(t *testing.T) {
	h := start(t)
	ann := "/contacts/" + string(h.ann)
	for _, c := range []struct {
		method, path, body string
		status             int
		code               string
	}{
		{"PATCH", ann, "", 400, "bad_request"},
		{"PATCH", ann, "{", 400, "bad_request"},
		{"PATCH", ann, `{"nme":"x"}`, 400, "bad_request"},
		{"PATCH", ann, `{"name":5}`, 400, "bad_request"},
		{"PATCH", ann, `{"name":"x"} {}`, 400, "bad_request"},
		{"PATCH", ann, `{"name":"` + strings.Repeat("x", 101) + `"}`, 400, "too_long"},
		{"PATCH", ann, `{"name":"\u200b"}`, 400, "empty"},
		{"PATCH", ann, `{"note":"` + strings.Repeat("x", 5000) + `"}`, 400, "too_long"},
		{"PATCH", ann, strings.Repeat(" ", 300<<10), 413, "too_large"},
		{"PUT", ann + "/variables/not%20one", `{"value":"x"}`, 400, "bad_variable"},
		{"PUT", ann + "/variables/plan", `{}`, 400, "bad_request"},
		{"PUT", ann + "/variables/email", `{"value":"x"}`, 400, "bad_contact"},
		{"PUT", ann + "/variables/phone", `{"value":"x"}`, 400, "bad_contact"},
		{"PUT", ann + "/variables/company", `{"value":"` + strings.Repeat("x", 201) + `"}`, 400, "too_long"},
		{"PUT", ann + "/variables/plan", `{"value":"` + strings.Repeat("x", 10_001) + `"}`, 400, "too_long"},
		{"PUT", ann + "/tags/" + strings.Repeat("x", 51), "", 400, "too_long"},
		{"GET", "/contacts?limit=0", "", 400, "bad_request"},
		{"GET", "/contacts?limit=201", "", 400, "bad_request"},
		{"GET", "/contacts?cursor=MTI%3D", "", 400, "bad_request"},
		{"GET", "/contacts?status=lost", "", 400, "bad_request"},
		{"GET", "/contacts?tga=x", "", 400, "bad_request"},
		{"POST", ann + "/deals", `{}`, 400, "empty"},
		{"POST", ann + "/deals", `{"title":"x","amount":{"value":"1,200"}}`, 400, "bad_amount"},
		{"POST", ann + "/deals", `{"title":"x","amount":{"value":"1","currency":"gold"}}`, 400, "bad_amount"},
		{"POST", ann + "/deals", `{"title":"x","amount":{"value":"1","currency":"XXX"}}`, 400, "bad_amount"},
		{"POST", ann + "/deals", `{"title":"x","amount":1}`, 400, "bad_request"},
		{"POST", ann + "/deals", `{"title":"x","stage":"nowhere"}`, 400, "bad_deal"},
		{"POST", ann + "/deals", `{"title":"x","status":"eaten"}`, 400, "bad_deal"},
		{"PATCH", ann + "/deals/x", `{}`, 404, "unknown_deal"},
		{"POST", ann + "/messages", `{"text":" ","operator":"@ann:example.org"}`, 400, "empty"},
		{"PATCH", ann + "/dialog", `{"status":"gone"}`, 400, "bad_request"},
		{"PATCH", ann + "/dialog", `{"bot":{"on":true,"minutes":5}}`, 400, "bad_request"},
		{"PATCH", ann + "/dialog", `{"bot":{"on":false,"minutes":99999999}}`, 400, "bad_request"},
		{"GET", "/contacts/nobody", "", 404, "unknown_contact"},
		{"GET", "/contacts/" + string(h.other), "", 404, "unknown_contact"},
		{"GET", "/contacts/" + string(h.lurker), "", 404, "unknown_contact"},
		{"GET", "/nothing", "", 404, "not_found"},
		{"POST", ann, "", 405, "bad_method"},
		{"DELETE", ann, "", 400, "bad_request"},
		{"DELETE", ann, `{}`, 400, "wrong_number"},
		{"DELETE", ann, `{"number":2}`, 400, "wrong_number"},
		{"GET", "/stats?days=0", "", 400, "bad_request"},
		{"GET", "/stats?days=93", "", 400, "bad_request"},
		{"GET", "/stats?day=1", "", 400, "bad_request"},
		{"POST", ann + "/messages", `{"text":"Hi","as":"visitor"}`, 400, "bad_request"},
		{"POST", ann + "/messages", `{"text":"Hi","as":"bot","operator":"@ann:example.org"}`, 400, "bad_request"},
		{"POST", ann + "/messages", `{"text":"\u200b","as":"bot"}`, 400, "empty"},
		{"POST", ann + "/assistants/nobody", "", 404, "not_found"},
		{"PATCH", ann + "/dialog", `{"address_blocked":true}`, 409, "no_address"},
		{"PATCH", ann + "/dialog", `{"bot":{"on":false,"continue":true}}`, 400, "bad_request"},
		{"PATCH", ann + "/dialog", `{"bot":{"continue":true}}`, 400, "bad_request"},
		{"PATCH", ann + "/dialog", `{"bot":{}}`, 400, "bad_request"},
		{"PUT", ann + "/tags/%2E", "", 400, "empty"},
		{"PUT", ann + "/tags/%2e%2E", "", 400, "empty"},
	} {
		got := h.ask(t, h.tokens["all"], c.method, c.path, c.body)
		got.wants(t, c.status, "code", c.code, "status", float64(c.status), "type", "urn:anteroom:error:"+c.code)
		if got.header.Get("Content-Type") != "application/problem+json" || got.at("detail") == "" {
			t.Errorf("%s %s answers %v %s", c.method, c.path, got.header, got.text)
		}
	}
}

func TestAnErasedContactIsGone(t *testing.T) {
	h := start(t)
	ann := "/contacts/" + string(h.ann)
	h.ask(t, h.tokens["all"], "POST", ann+"/deals", `{"title":"Team plan"}`, "Idempotency-Key", "k").wants(t, 201)
	if err := h.Erase(t.Context(), h.ann, "@ann:example.org", func(context.Context, store.Visitor) error { return nil }); err != nil {
		t.Fatal(err)
	}
	h.ask(t, h.tokens["all"], "GET", ann, "").wants(t, 404, "code", "unknown_contact")
	h.ask(t, h.tokens["all"], "POST", ann+"/deals", `{"title":"Team plan"}`, "Idempotency-Key", "k").wants(t, 404, "code", "unknown_contact")
	if _, err := h.store.APIRequest(t.Context(), "shop", "all", "k"); err != store.ErrNotFound { //nolint:errorlint // never wrapped
		t.Errorf("what the program asked is kept: %v", err)
	}
}

// Who is erased stands in no answer that is kept about whom it became.
func TestAnErasedContactIsInNoKeptAnswer(t *testing.T) {
	h := start(t)
	pass, err := h.Identify(t.Context(), "shop", secretOf("ann"), dialog.Person{Subject: "user-1", Name: "Signed In"})
	if err != nil {
		t.Fatal(err)
	}
	user, err := h.Enter(t.Context(), "shop", pass.Secret, store.Device{Language: "en"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Say(t.Context(), user, dialog.Message{Client: "client-0000000009", Text: "Hello"}); err != nil {
		t.Fatal(err)
	}
	ask := func() answer {
		return h.ask(t, h.tokens["all"], "PUT", "/contacts/"+string(user.Visitor)+"/tags/vip", "", "Idempotency-Key", "k")
	}
	if first := ask(); !strings.Contains(first.text, string(h.ann)) {
		t.Fatalf("the other is not in %s", first.text)
	}
	if err := h.Erase(t.Context(), h.ann, "@ann:example.org", func(context.Context, store.Visitor) error { return nil }); err != nil {
		t.Fatal(err)
	}
	again := ask()
	again.wants(t, 200, "id", string(user.Visitor))
	if strings.Contains(again.text, string(h.ann)) || !strings.Contains(again.text, `"before":[]`) || !strings.Contains(again.text, `"tags":["vip"]`) {
		t.Errorf("the erased one stands in %s", again.text)
	}
}

// What nobody would read is not sent.
func TestNothingIsSentToWhoReadsAnotherDialog(t *testing.T) {
	h := start(t)
	body := `{"text":"Hello?","operator":"@ann:example.org"}`
	secret := ("ann" + strings.Repeat("s", 43))[:43]
	if _, err := h.Identify(t.Context(), "shop", secret, dialog.Person{Subject: "user-1", Name: "Ann"}); err != nil {
		t.Fatal(err)
	}
	h.ask(t, h.tokens["all"], "POST", "/contacts/"+string(h.ann)+"/messages", body).wants(t, 409, "code", "moved")
	h.ask(t, h.tokens["all"], "PATCH", "/contacts/"+string(h.bob)+"/dialog", `{"blocked":true}`).wants(t, 200)
	h.ask(t, h.tokens["all"], "POST", "/contacts/"+string(h.bob)+"/messages", body).wants(t, 403, "code", "blocked")
}
