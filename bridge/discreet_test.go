package bridge_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bot/gpt/gpttest"
	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/desk/api"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify/mail/mailtest"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// private is in everything that is written in these tests, whatever way it comes: one word
// finds it in the log however it is quoted.
const private = "zqprivate"

// kept makes a text of a kind that has the word.
func kept(kind string) string { return private + "-" + kind }

// echo answers everybody with what it was asked, headers and all, as a failure.
func echo(t *testing.T) (address string, asked func(word string) bool) {
	t.Helper()
	var mu sync.Mutex
	var got strings.Builder
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		said := fmt.Sprintf("no: %s %v %s", r.URL, r.Header, body)
		mu.Lock()
		got.WriteString(said)
		mu.Unlock()
		w.Header().Set("X-Said", base64.StdEncoding.EncodeToString(body))
		http.Error(w, said, http.StatusBadRequest)
	}))
	t.Cleanup(server.Close)
	return server.URL, func(word string) bool {
		mu.Lock()
		defer mu.Unlock()
		return strings.Contains(got.String(), word)
	}
}

// house is a bridge with all that can be told something.
type house struct {
	*bridgetest.Stack
	model *gpttest.Server
	post  *mailtest.Server
	asked func(word string) bool
	// token is that of a program, with every scope.
	token string
	// secrets stand in the config, or are given out, and in no line of the log.
	secrets []string
}

const (
	hushed   = "zq-secret-of-a-chain"
	modelKey = "zq-key-of-a-model"
)

func startHouse(t *testing.T) *house {
	t.Helper()
	h := &house{model: gpttest.Start(t), post: mailtest.Start(t, mailtest.Options{Refuse: func(at, what string) error {
		if at == "rcpt" {
			return mailtest.Refusal(550, "no mailbox for "+what)
		}
		return nil
	}})}
	h.model.Otherwise(func(r gpttest.Request) gpttest.Reply {
		if strings.Contains(string(r.Body), kept("answered")) {
			return gpttest.Says(kept("model"))
		}
		return gpttest.Fails(http.StatusBadRequest, "bad_"+kept("code"), "cannot read: "+string(r.Body)+" of "+modelKey)
	})
	var others string
	others, h.asked = echo(t)
	token, hash := api.NewToken()
	scopes, err := json.Marshal(config.Scopes())
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	writeChain(t, folder, "order", fmt.Sprintf(`
on:
  - keywords: [order]
steps:
  - ask: "Which?"
    save: tea
  - request: { url: "%s/{{ tea }}?mail={{ email }}", json: { tea: "{{ tea }}" }, headers: { Authorization: "Bearer {{ secret.token }}" }, save: { price: .price }, on_error: failed }
  - end
  - label: failed
  - say: "It failed for {{ tea }}."
  - set: { wanted: "{{ tea }}" }
`, others))
	h.token, h.secrets = token, []string{token, hash, hushed, modelKey, mailtest.Password, hookSecret, bridgetest.IdentitySecret, "zq-path-of-a-hook"}
	h.Stack = bridgetest.Start(t, bridgetest.Options{
		OpenID:  true,
		Gateway: fmt.Sprintf("mail: {host: 127.0.0.1, port: %d, security: none, from: \"Chat <chat@example.com>\", username: %s, password: %s}\n", h.post.Port, mailtest.Username, mailtest.Password),
		Site: bridgetest.WithIdentity + fmt.Sprintf(`    mail_visitors: {transcript: true, answers: true, after: 10s}
    invite: everyone
    bot: {enabled: true, chains: %q, secrets: {token: %s}, allow_private: [127.0.0.1]}
    assistant:
      instruction: You help in a tea shop.
      endpoints: [{base_url: %q, model: m, api_key: %s}]
    canned: {hours: "We open for {{ name }} at %s"}
    api: {tokens: [{name: CRM, hash: %s, scopes: %s}]}
    alerts: {emails: [%s@example.org], webhook: {url: "%s/zq-path-of-a-hook", secret: %q}}
    webhooks: [{name: crm, url: "%s/zq-path-of-a-hook", secret: %q, events: [dialog.opened, dialog.closed, message.created, contact.updated, deal.created, tag.added]}]
    widget:
      consent: %s
      forms: {start: {fields: [{type: name, required: true}, {type: email}, {type: phone}, {type: text, name: order, label: Order}]}}
`, folder, hushed, h.model.URL, modelKey, kept("canned"), hash, scopes, kept("desk"), others, hookSecret, others, hookSecret, kept("consent")),
		More: "outward: [127.0.0.1]\n",
	})
	h.secrets = append(h.secrets, secretsOf(t, h.Stack)...)
	return h
}

// ask makes a request as it is, and returns what it is answered.
func (h *house) ask(t *testing.T, method, path, body string, headers ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, h.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	status, said := responseTo(t, r)
	return status, string(said)
}

// discreet fails the test for every line of the log that has what people wrote, at any
// level, or a secret.
func (h *house) discreet(t *testing.T) {
	t.Helper()
	for line := range strings.Lines(h.Log(t)) {
		for _, word := range append([]string{private, "example.org", "20 7946 0123", "2079460123"}, h.secrets...) {
			forms := []string{word, url.QueryEscape(word), base64.StdEncoding.EncodeToString([]byte(word))}
			if slices.ContainsFunc(forms, func(form string) bool { return strings.Contains(strings.ToLower(line), strings.ToLower(form)) }) {
				t.Errorf("the log has %q: %s", word, line)
			}
		}
	}
}

// What visitors give away beside the talk, and what is refused of it, is in no line.
func TestTheLogHoldsNothingOfForms(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	anna := h.Operator(t)
	anna.Space(t)
	v := h.Visitor()
	v.Agreed = config.ConsentHash(kept("consent"))
	v.MustConnect(t)
	h.secrets = append(h.secrets, v.Secret)
	v.Write(&wire.PageView{T: wire.TypePage, Page: wire.Page{
		URL: bridgetest.Origin + "/?token=" + kept("query") + "#" + kept("fragment"), Title: kept("title"), Referrer: "https://example.org/?q=" + kept("referrer"),
	}})
	v.Acked(t, v.Send(&wire.Form{T: wire.TypeForm, ID: "start", Values: map[string]string{
		"name": kept("name"), "email": kept("mail") + "@example.org", "phone": "+44 20 7946 0123", "order": kept("order"),
	}}))
	v.Acked(t, v.Say("I want to order"))
	v.Hears(t, "Which?")
	v.Acked(t, v.Say(kept("answer")))
	v.Hears(t, "It failed for "+kept("answer")+".")
	v.Acked(t, v.Say(kept("asked of the model")))
	v.Acked(t, v.SendFile(t, kept("list")+".txt", []byte(kept("bytes"))))
	bridgetest.Await(t, "the model was asked", func() bool { return len(h.model.Requests()) > 0 })
	v.Acked(t, v.Say(kept("answered")))

	on := true
	wishes(t, v, wire.Mails{Answers: &on, Transcript: true, To: kept("to") + "@example.org"})
	wishes(t, v, wire.Mails{Transcript: true, To: kept("no address")})
	// What is refused.
	for _, frame := range []any{
		map[string]any{"t": kept("type"), "cid": kept("cid")},
		map[string]any{"t": "message", "cid": kept("a key of another form\n"), "text": kept("text")},
		map[string]any{"t": "message", "cid": 7, "text": map[string]any{kept("field"): kept("value")}},
		&wire.Edit{T: wire.TypeEdit, Client: "edit-0000001", Target: chat.EntryID(kept("target")), Text: kept("edit")},
		&wire.Message{T: wire.TypeMessage, Client: "long-0000001", Text: strings.Repeat(kept("long"), 4000)},
		&wire.Upload{T: wire.TypeUpload, Client: "file-0000001", Name: kept("tool") + ".exe", Type: kept("mime"), Size: 1 << 60},
		&wire.Form{T: wire.TypeForm, Client: "form-0000001", ID: kept("form"), Values: map[string]string{kept("field"): kept("value")}},
	} {
		v.Write(frame)
	}
	_ = v.Connect(t.Context()) // some of these end the connection
	for path, body := range map[string]string{
		"frames":     `{"hello": {"secret": "` + v.Secret + `", "t": ["` + kept("hello") + `"]}}`,
		"identity":   `{"token": "` + kept("token") + `.x.y", "person": {"name": "` + kept("person") + `", "email": 7}}`,
		"transcript": `{"secret": "` + kept("secret") + `", "` + kept("field") + `": 1`,
		"mails":      `{"secret": "` + v.Secret + `", "to": ["` + kept("to") + `"]}`,
		"return":     `{"link": "` + kept("link") + `"}`,
		"sign-out":   `{"session": "` + kept("session") + `"}`,
		"dismissed":  `{"name": "` + kept("dismissed") + `"}`,
		"look":       `{"` + kept("look") + `": "` + kept("look") + `"}`,
	} {
		for _, origin := range []string{bridgetest.Origin, "https://evil.test/" + kept("origin")} {
			h.ask(t, http.MethodPost, "/v1/shop/"+path+"?q="+kept("query"), body, "Origin", origin, "Referer", "https://example.org/"+kept("referer"), "User-Agent", kept("agent"))
		}
	}
	for _, path := range []string{"/v1/shop/files/", "/v1/shop/avatars/", "/v1/", "/panel/", "/widget/", "/v1/shop/unsubscribe?link="} {
		h.ask(t, http.MethodGet, path+kept("path")+"/"+kept("path"), "")
	}
	h.ask(t, http.MethodPut, "/v1/shop/uploads/"+kept("upload")+"?sig="+kept("signature"), kept("bytes"))
	for _, claims := range []map[string]any{
		{"name": kept("claim"), "email": kept("claim") + "@example.org", "variables": map[string]any{kept("variable"): kept("value")}},
		{"aud": kept("audience")},
		{"exp": kept("time")},
		{"email": []string{kept("claim")}},
		{"name": strings.Repeat(kept("claim"), 500)},
	} {
		token := bridgetest.Token(t, kept("subject"), claims)
		h.secrets = append(h.secrets, token)
		h.ask(t, http.MethodPost, "/v1/shop/identity", `{"secret": "", "token": "`+token+`"}`, "Origin", bridgetest.Origin)
	}
	bridgetest.Await(t, "a webhook was sent what was said", func() bool { return h.asked(kept("answer")) && h.asked("zq-path-of-a-hook") })
	bridgetest.Await(t, "a mail is refused", func() bool {
		return slices.ContainsFunc(logged(t, h.Stack, "A delivery failed"), func(line map[string]any) bool {
			return strings.Contains(fmt.Sprint(line["cause"]), "answered 550")
		})
	})
	h.discreet(t)
}

// What operators and programs write by the API, the panel and commands is in no line.
func TestTheLogHoldsNothingThatOperatorsWrite(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	anna := h.Operator(t)
	v := h.Visitor()
	v.Agreed = config.ConsentHash(kept("consent"))
	v.MustConnect(t)
	v.Acked(t, v.Send(&wire.Form{T: wire.TypeForm, ID: "start", Values: map[string]string{"name": kept("name")}}))
	v.Acked(t, v.Say(kept("first")))
	room := anna.Room(t, 0)
	panel := session(t, h.Stack, h.Anna, "shop")
	h.secrets = append(h.secrets, v.Secret, panel)
	for _, c := range []string{
		"name " + kept("renamed"), "set email=" + kept("mail") + "@example.org", "set " + private + "=" + kept("value"), "tag " + kept("tag"),
		"note " + kept("note"), "deal " + kept("deal") + " 100", "canned hours", "find " + kept("name"), kept("command"), "assign @" + kept("user") + ":localhost",
		"translate on " + kept("language"), "draft " + kept("wish"), "panel",
	} {
		anna.Says(t, room, "!"+c)
	}
	answers(t, anna, room, "!visitor")
	for name, bearer := range map[string]string{"program": h.token, "operator": panel} {
		h.writes(t, name, bearer, v, room)
	}
	h.ask(t, http.MethodGet, "/api/v1/sites/shop/contacts?q="+kept("guess"), "", "Authorization", "Bearer anteroom_"+kept("guess"))
	for _, body := range []string{
		`{"openid": {"access_token": "` + kept("openid") + `", "matrix_server_name": "localhost"}, "site": "` + kept("site") + `"}`,
		`{"openid": {"access_token": "` + kept("openid") + `&x=y#", "matrix_server_name": "localhost"}, "site": "shop"}`,
		`{"openid": {"access_token": "x", "matrix_server_name": "` + private + `.example.org"}, "site": "shop"}`,
		`{"link": "` + kept("link") + `", "site": "shop"}`, `{"link": ["` + kept("link") + `"`,
	} {
		h.ask(t, http.MethodPost, "/panel/v1/session", body, "Origin", h.URL)
	}
	_, link := linkFor(t, anna, "")
	answers(t, anna, room, "!block "+kept("reason"))
	for _, values := range link {
		for _, value := range values {
			if len(value) > 20 {
				h.secrets = append(h.secrets, value)
			}
		}
	}
	// One that fails time and again is given a rest: the first has to do.
	bridgetest.Await(t, "a webhook was sent what was said", func() bool { return h.asked(private) && h.Logged("The endpoint answered 400.") })
	h.discreet(t)
}

// writes does what the API lets its callers do, well and badly.
func (h *house) writes(t *testing.T, name, bearer string, v *bridgetest.Visitor, room id.RoomID) {
	t.Helper()
	const all = "/api/v1/sites/shop/contacts"
	do := func(method, path, body string, want int) string {
		t.Helper()
		status, said := h.ask(t, method, path, body, "Authorization", "Bearer "+bearer, "Origin", h.URL, "Content-Type", "application/json", "Idempotency-Key", fmt.Sprintf("%s-%s-%d", name, method, len(path)+len(body)))
		if status/100 != want {
			t.Errorf("%s %s %s by a %s is answered %d %s", method, path, body, name, status, said)
		}
		return said
	}
	var list struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	if err := json.Unmarshal([]byte(do(http.MethodGet, all, "", 2)), &list); err != nil || len(list.Items) == 0 {
		t.Fatalf("%v %v", list, err)
	}
	contact := all + "/" + list.Items[0].ID
	by := ""
	if name == "program" {
		by = `, "operator": "@anna:localhost"`
	}
	text := func(kind string) string { return `"` + kept(kind+" by "+name) + `"` }
	do(http.MethodPatch, contact, `{"name": `+text("name")+`, "email": "`+kept("mail")+`@example.org", "phone": "+44 20 7946 0123", "company": `+text("company")+`, "note": `+text("note")+`}`, 2)
	do(http.MethodPut, contact+"/tags/"+kept("tag"), "", 2)
	do(http.MethodPut, contact+"/variables/"+private, `{"value": `+text("variable")+`}`, 2)
	do(http.MethodPost, contact+"/deals", `{"title": `+text("deal")+`, "amount": {"value": "7.50"}}`, 2)
	do(http.MethodPatch, contact+"/deals/1", `{"title": `+text("deal")+`}`, 2)
	do(http.MethodPost, contact+"/messages", `{"text": `+text("said")+by+`}`, 2)
	do(http.MethodPost, all+"/bulk", `{"ids": ["`+list.Items[0].ID+`"], "tag": "`+kept("bulk")+`"}`, 2)
	do(http.MethodPost, contact+"/assistants/"+kept("assistant"), "", 4)
	do(http.MethodPost, contact+"/chains/"+kept("chain"), "", 4)
	do(http.MethodGet, contact+"/export", "", 2)
	do(http.MethodGet, all+"?q="+kept("search"), "", 2)
	do(http.MethodGet, all+".csv?q="+kept("search"), "", 2)
	do(http.MethodGet, "/api/v1/sites/shop/rooms/"+url.PathEscape(string(room)), "", 2)
	v.Hears(t, kept("said by "+name))
	for path, body := range map[string]string{
		contact: `{"email": ` + text("no address") + `}`, contact + "/dialog": `{"assignee": ` + text("operator") + `}`,
		contact + "/deals/1": `{"title": ["` + private + `"]`, contact + "/deals/7": `{"title": ` + text("deal") + `}`,
	} {
		do(http.MethodPatch, path, body, 4)
	}
	do(http.MethodPatch, contact, `{"name": {"`+private+`": 1}}`, 4)
	do(http.MethodPost, contact+"/messages", `{"text": "`+strings.Repeat(private, 3000)+`"`+by+`}`, 4)
	do(http.MethodPost, all+"/bulk", string(bytes.Repeat([]byte(private), 60000)), 4)
	do(http.MethodGet, all+"?cursor="+kept("cursor")+"&"+kept("key")+"=1", "", 4)
}

// Who made a mistake in a secret is told where, and not what stands there: it is the start
// of every log.
func TestTheLogHoldsNoSecretOfAWrongConfig(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	h.StopBridge(t)
	file, err := os.ReadFile(h.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ right, wrong string }{
		{`secret: "` + hookSecret, `secret: "` + "zq-no-secret-of-a-hook"},
		{"secret: " + bridgetest.IdentitySecret, "secret: zq-short"},
		{"hash: sha256-", "hash: zq-hash-"},
		{"api_key: " + modelKey, "api_key: [zq-list-of-keys]"},
		{"password: " + mailtest.Password, "password: {zq-map: zq-pass}"},
	} {
		if !bytes.Contains(file, []byte(c.right)) {
			t.Fatalf("the config has no %s", c.right)
		}
		path := filepath.Join(h.Dir, "wrong.yaml")
		if err := os.WriteFile(path, bytes.ReplaceAll(file, []byte(c.right), []byte(c.wrong)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := config.Load(path); err == nil || strings.Contains(err.Error(), "zq-") {
			t.Errorf("with %s it says\n%v", c.wrong, err)
		}
	}
}
