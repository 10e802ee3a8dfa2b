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
		{"PATCH", ann + "/dialog", `{"status":"closed","assignee":"@ann:example.org"}`, config.DialogsWrite, 200, "Contact"},
		{"POST", ann + "/chains/prices", "", config.DialogsWrite, 202, ""},
		{"GET", ann + "/pages", "", config.ContactsRead, 200, "Pages"},
		{"GET", ann + "/export", "", config.ContactsExport, 200, "Export"},
		{"DELETE", ann, `{"number":1}`, config.ContactsErase, 204, ""},
	}
}

// Every route × who asks: nobody, a forged token, a token of another site, a
// visitor's secret, a token without the scope, and one with it, which is answered as the description says.
func TestEveryRouteIsForItsScopeAlone(t *testing.T) {
	h := start(t)
	described := schemas(t)
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
		others := map[string]int{
			"": 401, "anteroom_" + strings.Repeat("A", 43): 401, strings.Repeat("s", 43): 401, h.tokens["blog"]: 401,
		}
		for _, scope := range config.Scopes() {
			if scope != c.scope {
				others[h.tokens[string(scope)]] = 403
			}
		}
		for token, want := range others {
			got := h.ask(t, token, c.method, c.path, c.body)
			if got.status != want || got.status == 401 && got.header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s %s with another token is answered %d, want %d: %s", c.method, c.path, got.status, want, got.text)
			}
			valid(t, described["Problem"], got.text)
		}
		got := h.ask(t, h.tokens[string(c.scope)], c.method, c.path, c.body)
		got.wants(t, c.status)
		if c.schema != "" {
			valid(t, described[c.schema], got.text)
		}
	}
	// A site's token opens nothing of another site.
	h.ask(t, h.tokens["all"], "GET", api.Prefix+"v1/sites/blog/contacts", "").wants(t, 401)
	h.ask(t, h.tokens["all"], "GET", api.Prefix+"v1/sites/none/contacts", "").wants(t, 401)
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
		"Contact", "Contacts", "Deal", "Deals", "Message", "Messages", "Problem", "Site", "Stats", "Pages", "Export", "Bulk", "SiteDeals", "DealSums",
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
