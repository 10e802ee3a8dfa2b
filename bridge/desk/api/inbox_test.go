package api_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

func TestContactsAreFilteredSortedAndCounted(t *testing.T) {
	h := start(t)
	all, ann, bob := h.tokens["all"], "/contacts/"+string(h.ann), "/contacts/"+string(h.bob)
	eve := h.visitor(t, "shop", "eve")
	h.ask(t, all, "PATCH", "/contacts/"+string(eve), `{"name":"Евгений Ёлкин"}`).wants(t, 200)
	h.ask(t, all, "PATCH", ann, `{"email":"ann@example.com","note":"likes green tea"}`).wants(t, 200)
	h.ask(t, all, "PUT", ann+"/tags/Café", "").wants(t, 200)
	h.ask(t, all, "PATCH", bob+"/dialog", `{"assignee":"@ann:example.org","status":"closed"}`).wants(t, 200, "dialog.unread", 0.0)
	h.ask(t, all, "POST", ann+"/messages", `{"text":"Yes, we do","operator":"@ann:example.org"}`).wants(t, 201)
	if err := h.store.Came(t.Context(), eve, time.Now()); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"":                              "Евгений Ёлкин bob ann",
		"sort=newest":                   "Евгений Ёлкин bob ann",
		"sort=name":                     "ann bob Евгений Ёлкин",
		"sort=activity":                 "ann Евгений Ёлкин bob",
		"sort=waiting":                  "Евгений Ёлкин ann bob",
		"status=open":                   "Евгений Ёлкин ann",
		"status=closed":                 "bob",
		"assignee=@ann:example.org":     "bob",
		"assignee=none&sort=name":       "ann Евгений Ёлкин",
		"assignee=none&status=closed":   "",
		"unanswered=true":               "Евгений Ёлкин",
		"unanswered=true&sort=waiting":  "Евгений Ёлкин",
		"unanswered=true&status=closed": "",
		"unanswered=false&online=false": "Евгений Ёлкин bob ann",
		"online=true":                   "Евгений Ёлкин",
		"tag=CAFE":                      "ann",
		"q=" + url.QueryEscape("ёЛК"):   "Евгений Ёлкин",
		"q=" + url.QueryEscape("елкин ЕВГ"): "Евгений Ёлкин",
		"q=example.com": "ann",
		"q=ann@ex":      "ann",
		"q=TEA+green":   "ann",
		"q=caf%C3%A9":   "ann",
		"q=een":         "",
		"q=%25":         "", // no word at all
		"q=%3F!":        "",
		"q=%20":         "Евгений Ёлкин bob ann",
		"tag=%E2%80%8B": "", // shows nothing
		"q=tea&status=open&tag=cafe&sort=waiting": "ann",
	} {
		if got := names(h.ask(t, all, "GET", "/contacts?"+query, "")); got != want {
			t.Errorf("%q lists %q, want %q", query, got, want)
		}
	}
	h.ask(t, all, "GET", "/contacts?counts=true&status=closed", "").
		wants(t, 200, "counts.open", 2.0, "counts.closed", 1.0, "counts.mine", 0.0, "counts.unanswered", 1.0, "counts.online", 1.0)
	only := h.ask(t, all, "GET", "/contacts?counts=true&limit=0&sort=waiting", "")
	if only.wants(t, 200, "counts.open", 2.0, "counts.closed", 1.0, "next", nil); !strings.Contains(only.text, `"items":[]`) {
		t.Errorf("the counts alone are %s", only.text)
	}
	h.ask(t, all, "GET", ann, "").wants(t, 200, "last_message.text", "Yes, we do", "last_message.party", "operator", "last_message.file", false, "dialog.unread", 0.0, "dialog.answer", "pending")
	h.ask(t, all, "GET", "/contacts/"+string(eve), "").wants(t, 200, "last_message.text", "Hello from eve", "last_message.party", "visitor", "dialog.unread", 1.0)
	if err := h.Saw(t.Context(), eve, 1); err != nil {
		t.Fatal(err)
	}
	h.ask(t, all, "GET", "/contacts/"+string(eve), "").wants(t, 200, "dialog.unread", 0.0)

	for _, sort := range []string{"newest", "waiting", "activity", "name"} {
		whole, parts, next := names(h.ask(t, all, "GET", "/contacts?sort="+sort, "")), []string{}, ""
		for {
			part := h.ask(t, all, "GET", "/contacts?limit=1&sort="+sort+"&cursor="+next, "")
			parts = append(parts, names(part))
			cursor, more := part.at("next").(string)
			if !more {
				break
			}
			next = cursor
		}
		if strings.Join(parts, " ") != whole || len(parts) != 3 {
			t.Errorf("by %s the parts are %q, and the whole %q", sort, parts, whole)
		}
		for _, other := range []string{"newest", "waiting", "activity", "name"} {
			if other != sort {
				h.ask(t, all, "GET", "/contacts?sort="+other+"&cursor="+next, "").wants(t, 400, "code", "bad_request")
			}
		}
	}
}

func TestBadListsAreRefused(t *testing.T) {
	h := start(t)
	for _, path := range []string{
		"/contacts?sort=size", "/contacts?assignee=ann", "/contacts?assignee=me", "/contacts?unanswered=yes", "/contacts?online=1", "/contacts?counts=x",
		"/contacts?status=open&status=closed", "/contacts?cursor=bmFtZSAxIMM", "/contacts?sort=waiting&cursor=d2FpdGluZyAxIHg", "/contacts.csv?limit=5", "/contacts?limit=0", "/contacts?limit=0&counts=false", "/contacts?limit=0&counts=true&sort=size",
		"/contacts.csv?sort=activity", "/deals?status=eaten", "/deals?stage=new", "/deals?limit=0", "/deals?cursor=x", "/deals/sums?x=1",
	} {
		h.ask(t, h.tokens["all"], "GET", path, "").wants(t, 400, "code", "bad_request")
	}
	h.ask(t, h.tokens["all"], "GET", "/contacts?q="+strings.Repeat("x", 201), "").wants(t, 400, "code", "too_long")
	ids := `"ids":["` + string(h.ann) + `"]`
	for body, code := range map[string]string{
		`{}`: "bad_request", `{"ids":[],"tag":"x"}`: "bad_request", `{` + ids + `}`: "bad_request", `{` + ids + `,"tag":"x","untag":"y"}`: "bad_request",
		`{` + ids + `,"status":"lost"}`: "bad_request", `{` + ids + `,"assignee":"@eve:example.org"}`: "unknown_operator", `{` + ids + `,"tag":" "}`: "empty",
		`{` + ids + `,"tag":"` + strings.Repeat("x", 51) + `"}`: "too_long", `{"ids":["` + strings.Repeat(`x","`, 200) + `"],"tag":"x"}`: "bad_request",
	} {
		h.ask(t, h.tokens["all"], "POST", "/contacts/bulk", body).wants(t, 400, "code", code)
	}
	h.ask(t, h.tokens["contacts:write"], "POST", "/contacts/bulk", `{`+ids+`,"status":"closed"}`).wants(t, 403, "code", "bad_scope")
	h.ask(t, h.tokens["all"], "GET", "/contacts?tag=x", "").wants(t, 200)
}

func TestSeveralContactsAreChangedOnceEach(t *testing.T) {
	h := start(t)
	all, bulk := h.tokens["all"], "/contacts/bulk"
	both := fmt.Sprintf(`"ids":[%q,%q,%q,%q,"nobody"]`, h.ann, h.bob, h.ann, h.other)
	got := h.ask(t, all, "POST", bulk, `{`+both+`,"tag":"VIP"}`)
	got.wants(t, 200, "done", 2.0)
	if strings.Count(got.text, "unknown_contact") != 2 || names(h.ask(t, all, "GET", "/contacts?tag=vip", "")) != "bob ann" {
		t.Errorf("it is answered %s", got.text)
	}
	h.ask(t, all, "POST", bulk, `{`+both+`,"untag":"vip"}`).wants(t, 200, "done", 2.0)
	h.ask(t, all, "POST", bulk, `{`+both+`,"assignee":"@ann:example.org"}`).wants(t, 200, "done", 2.0)
	h.ask(t, all, "GET", "/contacts/"+string(h.bob), "").wants(t, 200, "dialog.assignee", "@ann:example.org")
	h.ask(t, all, "POST", bulk, `{`+both+`,"assignee":null}`).wants(t, 200, "done", 2.0)

	closing := `{` + both + `,"status":"closed"}`
	first := h.ask(t, all, "POST", bulk, closing, "Idempotency-Key", "k")
	first.wants(t, 200, "done", 2.0)
	if got := names(h.ask(t, all, "GET", "/contacts?status=closed", "")); got != "bob ann" {
		t.Errorf("closed are %q", got)
	}
	// Who asks again has nothing done again, whatever became of the dialogs since.
	h.ask(t, all, "PATCH", "/contacts/"+string(h.ann)+"/dialog", `{"status":"open"}`).wants(t, 200)
	if again := h.ask(t, all, "POST", bulk, closing, "Idempotency-Key", "k"); again.text != first.text {
		t.Errorf("again it is %s, first %s", again.text, first.text)
	}
	h.ask(t, all, "GET", "/contacts/"+string(h.ann), "").wants(t, 200, "dialog.status", "open")
	h.ask(t, all, "POST", bulk, strings.Replace(closing, "closed", "open", 1), "Idempotency-Key", "k").wants(t, 422, "code", "key_reused")
	h.ask(t, all, "PUT", "/contacts/"+string(h.ann)+"/tags/x", "", "Idempotency-Key", "k").wants(t, 422, "code", "key_reused")
	h.ask(t, all, "PUT", "/contacts/"+string(h.ann)+"/tags/x", "", "Idempotency-Key", "tag").wants(t, 200)
	h.ask(t, all, "POST", bulk, closing, "Idempotency-Key", "tag").wants(t, 422, "code", "key_reused")
	if told := strings.Join(h.notices(t, h.bob), "\n"); strings.Count(told, "closed the dialog") != 1 || strings.Count(told, "the dialog is nobody’s now") != 1 {
		t.Errorf("bob's room is told\n%s", told)
	}
	// One that cannot be changed holds up no other.
	for i := range dialog.MaxTags {
		h.ask(t, all, "PUT", fmt.Sprintf("/contacts/%s/tags/t%d", h.bob, i), "")
	}
	got = h.ask(t, all, "POST", bulk, `{`+fmt.Sprintf(`"ids":[%q,%q]`, h.bob, h.ann)+`,"tag":"one more"}`)
	if got.wants(t, 200, "done", 1.0); !strings.Contains(got.text, `"id":"`+string(h.bob)+`","code":"too_large"`) {
		t.Errorf("it is answered %s", got.text)
	}
}

func TestContactsAreATableThatRunsNothing(t *testing.T) {
	h := start(t)
	all := h.tokens["all"]
	h.ask(t, all, "PATCH", "/contacts/"+string(h.ann), `{"name":"=HYPERLINK(\"http://evil\")","phone":"+442079460000","note":"a \"quoted\", line\nand another","company":"\t@SUM(1)"}`).wants(t, 200)
	h.ask(t, all, "PUT", "/contacts/"+string(h.ann)+"/variables/plan", `{"value":"-1"}`).wants(t, 200)
	got := h.ask(t, all, "GET", "/contacts.csv", "")
	if got.status != 200 || got.header.Get("Content-Type") != "text/csv; charset=utf-8; header=present" || !strings.Contains(got.header.Get("Content-Disposition"), "attachment") {
		t.Fatalf("it is %d %v", got.status, got.header)
	}
	text, marked := strings.CutPrefix(got.text, "\ufeff")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || !marked || len(rows) != 3 || strings.Count(got.text, "\r\n") != 4 {
		t.Fatalf("it is %q (%v)", got.text, err)
	}
	ann := map[string]string{}
	for i, column := range rows[0] {
		ann[column] = rows[2][i]
	}
	for column, want := range map[string]string{
		"number": "1", "name": `'=HYPERLINK("http://evil")`, "phone": "'+442079460000", "company": "'@SUM(1)", "note": "a \"quoted\", line\nand another",
		"status": "open", "unread": "1", "variables": `{"plan":"-1"}`, "id": string(h.ann), "email": "", "tags": "",
	} {
		if ann[column] != want {
			t.Errorf("%s is %q, want %q", column, ann[column], want)
		}
	}
	for _, query := range []string{"status=closed", "q=%3F!"} {
		if got := h.ask(t, all, "GET", "/contacts.csv?"+query, ""); strings.Count(got.text, "\r\n") != 1 {
			t.Errorf("of %s it is %q", query, got.text)
		}
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", []rune(cell)[0]) {
				t.Errorf("a spreadsheet would run %q", cell)
			}
		}
	}
}

// The table has every contact, also those behind the first part that is read.
func TestTheTableIsWhole(t *testing.T) {
	h := start(t)
	for i := range 450 {
		v, err := h.store.EnterVisitor(t.Context(), "shop", fmt.Sprint("many-", i), store.Device{}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.store.NumberVisitor(t.Context(), v.ID, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	got := h.ask(t, h.tokens["all"], "GET", "/contacts.csv", "")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(got.text, "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 453 {
		t.Fatalf("it has %d rows (%v)", len(rows), err)
	}
	for i, row := range rows[1:] { // in the order in which no contact moves
		if row[0] != strconv.Itoa(452-i) {
			t.Errorf("row %d has the number %s", i, row[0])
		}
	}
}

func TestDealsOfAllContacts(t *testing.T) {
	h := start(t)
	all := h.tokens["all"]
	for i, v := range []chat.VisitorID{h.ann, h.bob, h.ann, h.bob, h.ann} {
		body := fmt.Sprintf(`{"title":"Deal %d","amount":{"value":"%d.50"}}`, i+1, i+1)
		if i == 4 {
			body = `{"title":"Deal 5","pipeline":"sales","stage":"offer"}`
		}
		h.ask(t, all, "POST", "/contacts/"+string(v)+"/deals", body).wants(t, 201)
	}
	h.ask(t, all, "PATCH", "/contacts/"+string(h.bob)+"/deals/2", `{"status":"won"}`).wants(t, 200)
	for query, want := range map[string]string{
		"": "5 4 3 2 1", "status=won": "2", "pipeline=sales&status=open": "5 4 3 1", "pipeline=sales&stage=offer": "5", "pipeline=sales&stage=new&status=won": "2",
		"pipeline=none": "", "status=lost": "",
	} {
		if got := numbers(h.ask(t, all, "GET", "/deals?"+query, "")); got != want {
			t.Errorf("%q lists %q, want %q", query, got, want)
		}
	}
	var parts []string
	for next, more := "", true; more; {
		part := h.ask(t, all, "GET", "/deals?limit=2&cursor="+next, "")
		parts = append(parts, numbers(part))
		next, more = part.at("next").(string)
	}
	if got := strings.Join(parts, "|"); got != "5 4|3 2|1" {
		t.Errorf("the parts are %s", got)
	}
	if got := h.ask(t, all, "GET", "/deals?limit=1", ""); !strings.Contains(got.text, fmt.Sprintf(`"contact":{"id":%q,"number":1,"name":"ann"}`, h.ann)) {
		t.Errorf("the latest is %s", got.text)
	}
	var sums []struct {
		Stage, Status, Currency string
		Count                   int
		Amount                  *struct{ Value string }
	}
	if err := json.Unmarshal([]byte(h.ask(t, all, "GET", "/deals/sums", "").text), &sums); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, s := range sums {
		value := "none"
		if s.Amount != nil {
			value = s.Amount.Value
		}
		lines = append(lines, fmt.Sprint(s.Stage, " ", s.Status, " ", s.Count, " ", value, s.Currency))
	}
	if want := []string{"new open 3 9.50EUR", "new won 1 2.50EUR", "offer open 1 none"}; !slices.Equal(lines, want) {
		t.Errorf("the sums are %q, want %q", lines, want)
	}
}

func numbers(list answer) string {
	var all []string
	items, _ := list.at("items").([]any)
	for _, item := range items {
		if object, ok := item.(map[string]any); ok {
			all = append(all, fmt.Sprint(object["number"]))
		}
	}
	return strings.Join(all, " ")
}
