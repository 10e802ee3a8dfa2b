package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/desk"
	"github.com/anteroom-chat/anteroom/bridge/desk/api"
	"github.com/anteroom-chat/anteroom/bridge/desk/panel"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// house is a bridge without a homeserver: two sites, shop with two visitors, blog with one.
type house struct {
	*dialog.Service
	store *store.Store
	desk  *desk.Desk
	url   string
	site  *config.Site
	// ann and bob wrote to shop, who to blog; lurker never wrote.
	ann, bob, other, lurker chat.VisitorID
	// tokens of shop by what they may do: "all", "none", each scope; "blog" is blog's.
	tokens map[string]string
	// sessions of the panel: "operator" of shop, "other" of blog alone, "ended".
	sessions map[string]string
	panel    *panel.Panel
	api      *api.API
}

func start(t testing.TB) *house {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Type: "sqlite3", URI: filepath.Join(t.TempDir(), "anteroom.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	h := &house{store: s, tokens: map[string]string{}, sessions: map[string]string{}}
	cfg := config.Default()
	cfg.Homeserver.Domain, cfg.Gateway.DataDir = "example.org", t.TempDir()
	for _, name := range []chat.SiteID{"shop", "blog"} {
		site := config.DefaultSite(name)
		site.Name, site.Operators = string(name), []id.UserID{"@ann:example.org"}
		cfg.Sites[name] = site
	}
	cfg.Sites["blog"].Operators = append(cfg.Sites["blog"].Operators, "@bob:example.org")
	h.site = cfg.Sites["shop"]
	h.site.Bot.Enabled, h.site.Bot.Chains = true, t.TempDir()
	writeChains(t, h.site.Bot.Chains)
	h.site.Assistants["sales"] = config.DefaultAssistant("sales", "")
	h.token(h.site, "all", config.Scopes()...)
	for _, scope := range config.Scopes() {
		h.token(h.site, string(scope), scope)
	}
	h.token(h.site, "crm", config.ContactsRead, config.ContactsWrite, config.DialogsWrite)
	h.token(h.site, "reader", config.ContactsRead, config.MessagesRead)
	h.token(cfg.Sites["blog"], "blog", config.Scopes()...)
	if h.Service, err = dialog.New(cfg, s, zerolog.Nop()); err != nil {
		t.Fatal(err)
	}
	d, err := desk.New(cfg, s, h.Service, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	h.desk = d
	if err := h.LoadChains(t.Context()); err != nil {
		t.Fatal(err)
	}
	doors := http.NewServeMux()
	server := httptest.NewServer(doors)
	t.Cleanup(server.Close)
	h.url, cfg.Gateway.PublicURL = server.URL, server.URL
	h.panel, err = panel.New(t.Context(), panel.Options{
		Config: cfg, Store: s, Dialog: h.Service, Files: fstest.MapFS{}, Log: zerolog.Nop(),
		Address: func(*http.Request) netip.Addr { return netip.Addr{} },
	})
	if err != nil {
		t.Fatal(err)
	}
	h.api = api.New(cfg, s, h.Service, d, h.panel, nowhere, zerolog.Nop())
	doors.Handle(api.Prefix, h.api.Handler())
	doors.Handle(panel.Prefix, h.panel.Handler())
	h.sessions["operator"] = h.signIn(t, h.site, "@ann:example.org")
	h.sessions["other"] = h.signIn(t, cfg.Sites["blog"], "@bob:example.org")
	h.sessions["ended"] = h.signIn(t, h.site, "@ann:example.org")
	h.ask(t, h.sessions["ended"], "DELETE", panel.Prefix+"v1/session", "").wants(t, 204)
	h.ann, h.bob, h.other = h.visitor(t, "shop", "ann"), h.visitor(t, "shop", "bob"), h.visitor(t, "blog", "other")
	for v, room := range map[chat.VisitorID]id.RoomID{h.ann: "!ann:example.org", h.other: "!other:example.org"} {
		if err := s.SetRoom(t.Context(), v, room, h.Now()); err != nil {
			t.Fatal(err)
		}
	}
	in, err := h.Enter(t.Context(), "shop", strings.Repeat("l", 43), store.Device{})
	if err != nil {
		t.Fatal(err)
	}
	h.lurker = in.Visitor
	return h
}

func (h *house) token(site *config.Site, name string, scopes ...config.Scope) {
	secret, hash := api.NewToken()
	h.tokens[name] = secret
	site.API.Tokens = append(site.API.Tokens, config.APIToken{Name: name, Hash: hash, Scopes: scopes})
}

// visitor is one who wrote.
func (h *house) visitor(t testing.TB, site chat.SiteID, name string) chat.VisitorID {
	t.Helper()
	in, err := h.Enter(t.Context(), site, (name + strings.Repeat("s", 43))[:43], store.Device{Language: "en", CountryCode: "GB"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Say(t.Context(), in, dialog.Message{Client: "client-0000000001", Text: "Hello from " + name}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Rename(t.Context(), in.Visitor, name, store.NamedByOperator); err != nil {
		t.Fatal(err)
	}
	return in.Visitor
}

// signIn follows a link that the operator was sent.
func (h *house) signIn(t testing.TB, site *config.Site, operator id.UserID) (session string) {
	t.Helper()
	link, _, err := h.panel.Link(t.Context(), site, operator, "")
	if err != nil {
		t.Fatal(err)
	}
	_, fragment, _ := strings.Cut(link, "#")
	values, err := url.ParseQuery(fragment)
	if err != nil {
		t.Fatal(err)
	}
	got := h.ask(t, "", "POST", panel.Prefix+"v1/session", fmt.Sprintf(`{"link":%q}`, values.Get("link")))
	got.wants(t, 201, "operator", string(operator))
	session, _ = got.at("session").(string)
	return session
}

// answer is what a request was answered.
type answer struct {
	status int
	header http.Header
	text   string
	body   map[string]any
}

// ask makes a request below /api/v1/sites/shop with a token; header are names and values.
func (h *house) ask(t testing.TB, token, method, path, body string, header ...string) answer {
	t.Helper()
	if !strings.HasPrefix(path, api.Prefix) && !strings.HasPrefix(path, panel.Prefix) {
		path = api.Prefix + "v1/sites/shop" + path
	}
	r, err := http.NewRequestWithContext(t.Context(), method, h.url+path, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := answer{status: response.StatusCode, header: response.Header, text: string(text)}
	if strings.HasSuffix(response.Header.Get("Content-Type"), "json") {
		var value any
		if err := json.Unmarshal(text, &value); err != nil {
			t.Fatalf("%s %s answers %q: %v", method, path, text, err)
		}
		got.body, _ = value.(map[string]any)
	}
	return got
}

// at is a value of the answer; keys part by dots.
func (a answer) at(path string) any {
	var value any = a.body
	for key := range strings.SplitSeq(path, ".") {
		object, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = object[key]
	}
	return value
}

func (a answer) wants(t testing.TB, status int, values ...any) {
	t.Helper()
	if a.status != status {
		t.Errorf("status %d, want %d: %s", a.status, status, a.text)
		return
	}
	for i := 0; i+1 < len(values); i += 2 {
		path, ok := values[i].(string)
		if got := a.at(path); !ok || got != values[i+1] {
			t.Errorf("%s is %v, want %v: %s", path, got, values[i+1], a.text)
		}
	}
}

// said are the notices in a visitor's room.
func (h *house) notices(t *testing.T, v chat.VisitorID) (texts []string) {
	t.Helper()
	entries, err := h.store.AllEntriesAfter(t.Context(), v, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Kind == chat.Notice {
			texts = append(texts, e.Content.Text)
		}
	}
	return texts
}

// nowhere is where requests of tests come from.
func nowhere(*http.Request) netip.Addr { return netip.Addr{} }
