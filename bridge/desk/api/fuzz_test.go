package api_test

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bridge/desk/api"
)

// FuzzRequest: whatever a program with a good token asks is done, and answered with JSON, or
// refused with a problem whose code says that the fault is not ours; what is refused has
// changed nothing. NAME in a path stands for anything, ANN in a body for a contact.
func FuzzRequest(f *testing.F) {
	h := start(f)
	h.api.Hurry()
	ann := "/contacts/" + string(h.ann)
	routes := []string{
		"PATCH " + ann, "PATCH " + ann + "/dialog", "POST " + ann + "/deals", "PATCH " + ann + "/deals/NAME", "PUT " + ann + "/variables/NAME",
		"PUT " + ann + "/tags/NAME", "DELETE " + ann + "/tags/NAME", "DELETE " + ann + "/variables/NAME", "POST " + ann + "/messages", "POST /contacts/bulk",
		"POST " + ann + "/chains/NAME", "POST " + ann + "/assistants/NAME", "GET /rooms/NAME", "GET /contacts?NAME", "GET /deals?NAME", "GET /deals/sums?NAME", "GET /stats?NAME",
		"GET " + ann + "/messages?NAME", "GET /contacts.csv?NAME",
	}
	for i, seeds := range [][]string{
		{`{"name":"Ann Tea","email":"Ann <ann@Example.com>","phone":"020 7946 0000","company":"Tea & Co.","note":"line\nline"}`, `{"name":"\u202e\u0000\ud800"}`, `{"phone":null,"nme":1}`, `{"name":"x"} {}`},
		{`{"assignee":"@ann:example.org","bot":{"on":false,"minutes":60}}`, `{"status":"closed","blocked":true}`, `{"status":"open","blocked":false,"address_blocked":true}`, `{"bot":{"on":true,"continue":true,"minutes":-1}}`},
		{`{"title":"Team plan","amount":{"value":"1200.5"}}`, `{"title":"x","amount":{"value":"1e999","currency":"XXX"},"stage":"new","status":"won","closes_on":"2026-02-30"}`},
		{`{"stage":"offer","amount":null}`, `{"title":""}`},
		{`{"value":"team"}`, `{"value":null}`, `{"value":"\u202e<b>"}`},
		{``},
		{``},
		{``},
		{`{"text":"We do!","operator":"@ann:example.org","name":"Ann"}`, `{"text":"Hi","as":"bot"}`, `{"text":"\ud800","operator":"@ann:example.org","name":"\u200b"}`},
		{`{"ids":["ANN"],"status":"closed"}`, `{"ids":[],"tag":"x"}`, `{"ids":["ANN","nobody",""],"assignee":null}`},
		{``},
		{``},
		{``},
		{``},
		{``},
		{``},
		{``},
		{``},
		{``},
	} {
		for _, body := range append(seeds, "{}", "\xff") {
			f.Add(byte(i), "1", []byte(body), "")
		}
		if strings.Contains(routes[i], "NAME") {
			for _, name := range []string{"plan", "limit=1&cursor=MTI%3D", "q=%00%ff&sort=name&status=open&tag=x", "days=7&zone=../x"} {
				f.Add(byte(i), name, []byte(seeds[0]), "")
			}
		}
	}
	f.Add(byte(8), "", []byte(`{"text":"We do!","operator":"@ann:example.org"}`), "order-1")
	f.Add(byte(0), "", []byte(`{"name":"Ann"}`), "\x00\u202e")
	before := ""
	f.Fuzz(func(t *testing.T, which byte, name string, body []byte, key string) {
		method, path, _ := strings.Cut(routes[int(which)%len(routes)], " ")
		body = bytes.ReplaceAll(body, []byte("ANN"), []byte(h.ann))
		query := strings.Contains(path, "?NAME")
		if name = url.PathEscape(name); query {
			name, _ = url.PathUnescape(name)
			name = strings.NewReplacer("\n", "", "\r", "", " ", "+", "#", "").Replace(strings.ToValidUTF8(name, ""))
		}
		if path = strings.Replace(path, "NAME", name, 1); strings.HasSuffix(path, "/") || strings.HasSuffix(path, "/.") || strings.HasSuffix(path, "/..") {
			return // another path
		}
		if _, err := url.ParseRequestURI(api.Prefix + path); err != nil {
			return // which no server reads
		}
		ask := func(method, path string, body []byte) *httptest.ResponseRecorder {
			r := httptest.NewRequestWithContext(t.Context(), method, api.Prefix+"v1/sites/shop"+path, bytes.NewReader(body))
			r.Header.Set("Authorization", "Bearer "+h.tokens["all"])
			if key != "" && method != "GET" {
				r.Header.Set("Idempotency-Key", key)
			}
			answer := httptest.NewRecorder()
			h.api.Handler().ServeHTTP(answer, r)
			return answer
		}
		if before == "" {
			before = ask("GET", ann, nil).Body.String()
		}
		answer := ask(method, path, body)
		text := answer.Body.String()
		kind := answer.Header().Get("Content-Type")
		if isJSON := strings.HasSuffix(kind, "json"); isJSON && !json.Valid(answer.Body.Bytes()) || !utf8.ValidString(text) || isJSON == (text == "" || strings.HasPrefix(kind, "text/csv")) {
			t.Fatalf("%s %s %q is answered with %d %s %q", method, path, body, answer.Code, kind, text)
		}
		after := ask("GET", ann, nil).Body.String()
		if answer.Code >= 400 {
			var problem struct{ Code, Detail string }
			if err := json.Unmarshal(answer.Body.Bytes(), &problem); err != nil || problem.Code == "" || problem.Code == "internal" || problem.Detail == "" || answer.Code >= 500 {
				t.Fatalf("%s %s %q is answered with %d %s", method, path, body, answer.Code, text)
			}
			if after != before {
				t.Fatalf("%s %s %q is refused, and yet %s is %s now", method, path, body, before, after)
			}
		}
		before = after
	})
}
