package api_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/desk/api"
)

// asked is a request for each route that a token with the scope may make, in an
// order in which all of them succeed.
func (h *house) asked() []struct {
	method, path, body string
	scope              config.Scope
	status             int
	schema             string
} {
	ann := "/contacts/" + string(h.ann)
	return []struct {
		method, path, body string
		scope              config.Scope
		status             int
		schema             string
	}{
		{"GET", "", "", config.ContactsRead, 200, "Site"},
		{"GET", "/stats?days=7", "", config.StatsRead, 200, "Stats"},
		{"GET", "/contacts", "", config.ContactsRead, 200, "Contacts"},
		{"GET", "/contacts?counts=true&sort=waiting&status=open&limit=1", "", config.ContactsRead, 200, "Contacts"},
		{"GET", "/contacts.csv", "", config.ContactsRead, 200, ""},
		{"POST", "/contacts/bulk", `{"ids":["` + string(h.ann) + `","nobody"],"tag":"bulk"}`, config.ContactsWrite, 200, "Bulk"},
		{"GET", ann, "", config.ContactsRead, 200, "Contact"},
		{"GET", "/rooms/!ann:example.org", "", config.ContactsRead, 200, "Room"},
		{"PATCH", ann, `{"company":"Tea"}`, config.ContactsWrite, 200, "Contact"},
		{"PUT", ann + "/tags/vip", "", config.ContactsWrite, 200, "Contact"},
		{"DELETE", ann + "/tags/vip", "", config.ContactsWrite, 200, "Contact"},
		{"PUT", ann + "/variables/plan", `{"value":"x"}`, config.ContactsWrite, 200, "Contact"},
		{"DELETE", ann + "/variables/plan", "", config.ContactsWrite, 200, "Contact"},
		{"POST", ann + "/deals", `{"title":"Plan","amount":{"value":"5"}}`, config.DealsWrite, 201, "Deal"},
		{"GET", ann + "/deals", "", config.DealsRead, 200, "Deals"},
		{"GET", ann + "/deals/1", "", config.DealsRead, 200, "Deal"},
		{"PATCH", ann + "/deals/1", `{"status":"lost"}`, config.DealsWrite, 200, "Deal"},
		{"GET", "/deals?status=lost", "", config.DealsRead, 200, "SiteDeals"},
		{"GET", "/deals/sums", "", config.DealsRead, 200, "DealSums"},
		{"POST", ann + "/messages", `{"text":"Hi","operator":"@ann:example.org"}`, config.MessagesWrite, 201, "Message"},
		{"GET", ann + "/messages", "", config.MessagesRead, 200, "Messages"},
		{"POST", ann + "/assistants/sales", "", config.DialogsWrite, 202, ""},
		{"POST", ann + "/chains/prices", "", config.DialogsWrite, 202, ""},
		{"PATCH", ann + "/dialog", `{"status":"closed","assignee":"@ann:example.org"}`, config.DialogsWrite, 200, "Contact"},
		{"GET", ann + "/pages", "", config.ContactsRead, 200, "Pages"},
		{"GET", ann + "/export", "", config.ContactsExport, 200, "Export"},
		{"DELETE", ann, `{"number":1}`, config.ContactsErase, 204, ""},
	}
}

// asker is somebody who asks, and what every route answers: a status and a code.
type asker struct {
	name, secret string
	header       []string
	status       int
	code         string
}

// strangers are all to whom a route of that scope is shut.
func (h *house) strangers(scope config.Scope) []asker {
	shut := []asker{
		{"nobody", "", nil, 401, "bad_token"},
		{"a forged token", "anteroom_" + strings.Repeat("A", 43), nil, 401, "bad_token"},
		{"a visitor's secret", strings.Repeat("s", 43), nil, 401, "bad_token"},
		{"a token of another site", h.tokens["blog"], nil, 401, "bad_token"},
		{"a forged session", api.SessionMark + strings.Repeat("A", 43), nil, 401, "bad_session"},
		{"a session of an operator of another site", h.sessions["other"], nil, 403, "not_operator"},
		{"a session that has ended", h.sessions["ended"], nil, 401, "bad_session"},
		{"a page of another origin, with the operator's session", h.sessions["operator"], []string{"Origin", "https://evil.example.com"}, 403, "bad_origin"},
		{"a page without an origin, with the operator's session", h.sessions["operator"], []string{"Origin", "null"}, 403, "bad_origin"},
		{"another site's page, as its browser says", h.sessions["operator"], []string{"Sec-Fetch-Site", "same-site"}, 403, "bad_origin"},
	}
	for _, other := range config.Scopes() {
		if other != scope {
			shut = append(shut, asker{"a token with the scope " + string(other), h.tokens[string(other)], nil, 403, "bad_scope"})
		}
	}
	return shut
}

// Every route × who asks: strangers are refused, and a token with the scope and the
// session of an operator of the site are answered as the description says.
func TestEveryRouteIsForItsScopeAndItsOperatorsAlone(t *testing.T) {
	described := schemas(t)
	for _, who := range []string{"a token with the scope", "the session of an operator"} {
		h := start(t)
		asked := h.asked()
		paths := map[string]bool{}
		for _, c := range asked {
			path, _, _ := strings.Cut(c.path, "?")
			paths[c.method+path] = true
		}
		if got := len(routesOf(t)); got != len(paths) {
			t.Errorf("%d routes are described, %d are asked", got, len(paths))
		}
		for _, c := range asked {
			for _, stranger := range h.strangers(c.scope) {
				got := h.ask(t, stranger.secret, c.method, c.path, c.body, stranger.header...)
				if got.status != stranger.status || got.at("code") != stranger.code || got.status == 401 && got.header.Get("WWW-Authenticate") == "" {
					t.Errorf("%s %s by %s is answered %d, want %d %s: %s", c.method, c.path, stranger.name, got.status, stranger.status, stranger.code, got.text)
				}
				valid(t, described["Problem"], got.text)
			}
			secret, header := h.tokens[string(c.scope)], []string(nil)
			if who == "the session of an operator" {
				secret, header = h.sessions["operator"], []string{"Origin", h.url, "Sec-Fetch-Site", "same-origin"}
			}
			got := h.ask(t, secret, c.method, c.path, c.body, header...)
			if got.status != c.status {
				t.Errorf("%s %s by %s is answered %d, want %d: %s", c.method, c.path, who, got.status, c.status, got.text)
				continue
			}
			if c.schema != "" {
				valid(t, described[c.schema], got.text)
			}
		}
		// What opens a site opens no other, and tells not whether there is one.
		for _, site := range []string{"blog", "none"} {
			h.ask(t, h.tokens["all"], "GET", api.Prefix+"v1/sites/"+site+"/contacts", "").wants(t, 401, "code", "bad_token")
		}
		for _, site := range []string{"shop", "none"} {
			h.ask(t, h.sessions["other"], "GET", api.Prefix+"v1/sites/"+site+"/contacts", "").wants(t, 403, "code", "not_operator")
		}
		h.ask(t, h.sessions["other"], "GET", api.Prefix+"v1/sites/blog/contacts", "").wants(t, 200)
	}
}

func TestTheDescriptionIsServed(t *testing.T) {
	h := start(t)
	got := h.ask(t, "", "GET", api.Prefix+"v1/openapi.yaml", "")
	if got.status != 200 || !strings.HasPrefix(got.text, "openapi: 3.1.0") {
		t.Errorf("it is %d %.100s", got.status, got.text)
	}
}

func TestATokenMayNotAskWithoutEnd(t *testing.T) {
	h := start(t)
	for range 1000 {
		got := h.ask(t, h.tokens["all"], "GET", "/contacts/"+string(h.ann)+"/deals", "")
		if got.status == 429 {
			if got.header.Get("Retry-After") == "" || got.at("code") != "too_fast" {
				t.Errorf("it is refused with %v %s", got.header, got.text)
			}
			// Others are not held up by it.
			h.ask(t, h.tokens["deals:read"], "GET", "/contacts/"+string(h.ann)+"/deals", "").wants(t, 200)
			return
		}
	}
	t.Error("a thousand requests at once are answered")
}

// What opens nothing is counted by address; what opens something is not, however often it comes.
func TestGuessesOfAnAddressAreCounted(t *testing.T) {
	h := start(t)
	const right, wrong = 90, 250 // together more than may come at once
	path := "/contacts/" + string(h.ann) + "/deals"
	for range right {
		h.ask(t, h.tokens["all"], "GET", path, "").wants(t, 200)
	}
	guess, _ := api.NewToken()
	for range wrong {
		h.ask(t, guess, "GET", path, "").wants(t, 401, "code", "bad_token")
	}
	for range 1000 {
		got := h.ask(t, guess, "GET", path, "")
		if got.status == 401 {
			continue
		}
		got.wants(t, 429, "code", "too_fast")
		if got.header.Get("Retry-After") == "" {
			t.Error("it is not said when to try again")
		}
		return
	}
	t.Error("tokens can be guessed without end")
}

// routesOf are the operations of the description.
func routesOf(t *testing.T) (all []string) {
	t.Helper()
	doc, ok := document(t)["paths"].(map[string]any)
	if !ok {
		t.Fatal("there are no paths")
	}
	for path, operations := range doc {
		object, _ := operations.(map[string]any)
		for method := range object {
			if method != "parameters" {
				all = append(all, method+" "+path)
			}
		}
	}
	return all
}

func document(t *testing.T) map[string]any {
	t.Helper()
	h := start(t)
	var doc map[string]any
	if err := yaml.Unmarshal([]byte(h.ask(t, "", "GET", api.Prefix+"v1/openapi.yaml", "").text), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// schemas are those of the description, by their names.
func schemas(t *testing.T) map[string]*jsonschema.Schema {
	t.Helper()
	doc := document(t)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("openapi.yaml", doc); err != nil {
		t.Fatal(err)
	}
	all := map[string]*jsonschema.Schema{}
	for _, name := range []string{
		"Contact", "Contacts", "Deal", "Deals", "Message", "Messages", "Problem", "Site", "Stats", "Pages", "Export", "Room", "Bulk", "SiteDeals", "DealSums",
	} {
		found, err := c.Compile(fmt.Sprintf("openapi.yaml#/components/schemas/%s", name))
		if err != nil {
			t.Fatal(err)
		}
		all[name] = found
	}
	return all
}

func valid(t *testing.T, schema *jsonschema.Schema, text string) {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(text)))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%s\nis not as it is described: %v", text, err)
	}
}
