package panel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/desk"
	"github.com/anteroom-chat/anteroom/bridge/desk/api"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// house is a bridge without a homeserver: two sites, shop of ann and bob, blog of bob.
type house struct {
	*dialog.Service
	t     testing.TB
	store *store.Store
	cfg   *config.Config
	panel *Panel
	url   string
	clock *clock
	// reads counts how often a contact was read for open panels, which fails while broken.
	reads  atomic.Int64
	broken atomic.Bool
}

// clock is the door's time, which tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(span time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(span)
}

// open starts a house; change may be nil.
func open(t testing.TB, files fs.FS, change func(*config.Config, *pacing)) *house {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Type: "sqlite3", URI: filepath.Join(t.TempDir(), "anteroom.db")})
	must(t, err)
	t.Cleanup(func() { _ = s.Close() })
	h := &house{t: t, store: s, clock: &clock{at: time.Now().Truncate(time.Millisecond)}}
	h.cfg = config.Default()
	h.cfg.Homeserver.Address, h.cfg.Homeserver.Domain, h.cfg.Gateway.DataDir = "http://127.0.0.1:1", "example.org", t.TempDir()
	for name, operators := range map[chat.SiteID][]id.UserID{"shop": {"@ann:example.org", "@bob:example.org"}, "blog": {"@bob:example.org"}} {
		site := config.DefaultSite(name)
		site.Name, site.Operators = string(name), operators
		h.cfg.Sites[name] = site
	}
	doors := http.NewServeMux()
	server := httptest.NewServer(doors)
	h.url, h.cfg.Gateway.PublicURL = server.URL, server.URL
	pace := usualPacing()
	pace.round, pace.list = 20*time.Millisecond, 100*time.Millisecond
	if change != nil {
		change(h.cfg, &pace)
	}
	h.Service, err = dialog.New(h.cfg, s, zerolog.Nop())
	must(t, err)
	d, err := desk.New(h.cfg, s, h.Service, zerolog.Nop())
	must(t, err)
	t.Cleanup(d.Close)
	h.panel, err = newPanel(t.Context(), Options{
		Config: h.cfg, Store: s, Dialog: h.Service, Files: files, Log: zerolog.Nop(),
		Address: func(r *http.Request) netip.Addr { return netip.MustParseAddrPort(r.RemoteAddr).Addr() },
	}, pace, h.clock.now)
	must(t, err)
	read := h.panel.live.contact
	h.panel.live.contact = func(ctx context.Context, v chat.VisitorID) (api.Contact, chat.SiteID, error) {
		h.reads.Add(1)
		if h.broken.Load() {
			return api.Contact{}, "", errors.New("the disk is away")
		}
		return read(ctx, v)
	}
	var running sync.WaitGroup
	ctx := t.Context() // here: a fuzz test's may not be asked for while it fuzzes
	running.Go(func() { _ = h.panel.Run(ctx) })
	t.Cleanup(running.Wait)
	t.Cleanup(server.Close)
	t.Cleanup(func() {
		bounded, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
		defer cancel()
		must(t, h.panel.Close(bounded))
	})
	doors.Handle(Prefix, h.panel.Handler())
	doors.Handle(api.Prefix, api.New(h.cfg, s, h.Service, d, h.panel, h.panel.address, zerolog.Nop()).Handler())
	return h
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// answer is what a request was answered.
type answer struct {
	status int
	header http.Header
	text   string
	body   map[string]any
}

// ask makes a request; header are names and values.
func (h *house) ask(method, path, body string, header ...string) answer {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), method, h.url+path, bytes.NewReader([]byte(body)))
	must(h.t, err)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	must(h.t, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	must(h.t, err)
	got := answer{status: response.StatusCode, header: response.Header, text: string(text)}
	if strings.HasSuffix(response.Header.Get("Content-Type"), "json") {
		must(h.t, json.Unmarshal(text, &got.body))
	}
	return got
}

func (a answer) wants(t testing.TB, status int, code any) {
	t.Helper()
	if a.status != status || a.body["code"] != code {
		t.Errorf("answered %d %s, want %d %v", a.status, a.text, status, code)
	}
}

// link makes one for an operator of a site, and returns its secret.
func (h *house) link(site chat.SiteID, operator id.UserID) string {
	h.t.Helper()
	link, _, err := h.panel.Link(h.t.Context(), h.cfg.Sites[site], operator, "")
	must(h.t, err)
	_, fragment, _ := strings.Cut(link, "#")
	values, err := url.ParseQuery(fragment)
	must(h.t, err)
	if values.Get("as") != string(operator) || !strings.HasPrefix(link, h.url+"/panel/"+string(site)+"#") {
		h.t.Errorf("the link is %s", link)
	}
	return values.Get("link")
}

func (h *house) follow(link string) answer {
	h.t.Helper()
	return h.ask("POST", "/panel/v1/session", fmt.Sprintf(`{"link":%q}`, link))
}

func (h *house) signIn(site chat.SiteID, operator id.UserID) (session string) {
	h.t.Helper()
	got := h.follow(h.link(site, operator))
	got.wants(h.t, 201, nil)
	session, _ = got.body["session"].(string)
	return session
}

// list asks for a site's contacts with a session.
func (h *house) list(session, site string, header ...string) answer {
	h.t.Helper()
	return h.ask("GET", "/api/v1/sites/"+site+"/contacts", "", append(header, "Authorization", "Bearer "+session)...)
}

func TestALinkIsFollowedOnceAndInTime(t *testing.T) {
	h := open(t, fstest.MapFS{}, nil)
	link := h.link("shop", "@ann:example.org")
	h.clock.pass(LinkFor - time.Millisecond)
	got := h.follow(link)
	got.wants(t, 201, nil)
	if got.body["operator"] != "@ann:example.org" || !strings.HasPrefix(fmt.Sprint(got.body["session"]), api.SessionMark) || got.header.Get("Set-Cookie") != "" {
		t.Errorf("it is answered %v %s", got.header, got.text)
	}
	h.follow(link).wants(t, 401, "bad_link")
	late := h.link("shop", "@ann:example.org")
	h.clock.pass(LinkFor)
	h.follow(late).wants(t, 401, "bad_link")
	h.follow(late).wants(t, 401, "bad_link")
	// A new one replaces the one before, of that operator and that site alone.
	first, other, elsewhere := h.link("shop", "@bob:example.org"), h.link("shop", "@ann:example.org"), h.link("blog", "@bob:example.org")
	second := h.link("shop", "@bob:example.org")
	h.follow(first).wants(t, 401, "bad_link")
	for _, good := range []string{second, other, elsewhere} {
		h.follow(good).wants(t, 201, nil)
	}
	h.follow("").wants(t, 401, "bad_openid")
	// Who is no operator by then does not come in, and the link is gone.
	removed := h.link("shop", "@bob:example.org")
	h.cfg.Sites["shop"].Operators = []id.UserID{"@ann:example.org"}
	h.follow(removed).wants(t, 403, "not_operator")
	h.cfg.Sites["shop"].Operators = append(h.cfg.Sites["shop"].Operators, "@bob:example.org")
	h.follow(removed).wants(t, 401, "bad_link")
}

// Two who follow a link at the same time are not both let in.
func TestALinkLetsInOneOfMany(t *testing.T) {
	h := open(t, fstest.MapFS{}, nil)
	link := h.link("shop", "@ann:example.org")
	var group sync.WaitGroup
	var in atomic.Int64
	for range 10 {
		group.Go(func() {
			if h.follow(link).status == 201 {
				in.Add(1)
			}
		})
	}
	group.Wait()
	if in.Load() != 1 {
		t.Errorf("%d are let in", in.Load())
	}
}

func TestASessionEndsByItsAgeAndWhenNobodyUsesIt(t *testing.T) {
	h := open(t, fstest.MapFS{}, nil)
	idle, used := h.signIn("shop", "@ann:example.org"), h.signIn("shop", "@ann:example.org")
	const step = UnusedFor / 2
	for range 3 {
		h.clock.pass(step)
		h.list(used, "shop").wants(t, 200, nil)
	}
	h.list(idle, "shop").wants(t, 401, "bad_session")
	for passed := 3 * step; passed+step < LivesFor; passed += step {
		h.clock.pass(step)
		h.list(used, "shop").wants(t, 200, nil)
	}
	h.clock.pass(step)
	h.list(used, "shop").wants(t, 401, "bad_session")
	must(t, h.panel.Sweep(t.Context()))
	for _, secret := range []string{idle, used} {
		if _, err := h.store.PanelSession(t.Context(), hashOf(secret)); err != store.ErrNotFound { //nolint:errorlint // never wrapped
			t.Errorf("what ended is kept: %v", err)
		}
	}
}

func TestASweepRemovesWhoIsNoOperator(t *testing.T) {
	h := open(t, fstest.MapFS{}, nil)
	ann, bob := h.signIn("shop", "@ann:example.org"), h.signIn("blog", "@bob:example.org")
	h.list(bob, "shop").wants(t, 200, nil) // a session is of a user, who is an operator of both
	h.cfg.Sites["shop"].Operators = []id.UserID{"@bob:example.org"}
	h.list(ann, "shop").wants(t, 403, "not_operator")
	must(t, h.panel.Sweep(t.Context()))
	h.list(ann, "shop").wants(t, 401, "bad_session")
	h.list(bob, "shop").wants(t, 200, nil)
	h.cfg.Sites["shop"].Panel.Enabled = false
	h.list(bob, "shop").wants(t, 403, "not_operator")
	h.list(bob, "blog").wants(t, 200, nil)
}

// A session is of one page: it is no good for another origin, nor after the public address has moved.
func TestASessionIsBoundToItsOrigin(t *testing.T) {
	h := open(t, fstest.MapFS{}, nil)
	session := h.signIn("shop", "@ann:example.org")
	for _, c := range []struct {
		name, value string
		status      int
		code        any
	}{
		{"Origin", h.url, 200, nil},
		{"Origin", "https://shop.example.com", 403, "bad_origin"},
		{"Origin", h.url + "0", 403, "bad_origin"},
		{"Origin", "null", 403, "bad_origin"},
		{"Sec-Fetch-Site", "same-origin", 200, nil},
		{"Sec-Fetch-Site", "same-site", 403, "bad_origin"},
		{"Sec-Fetch-Site", "cross-site", 403, "bad_origin"},
		{"Sec-Fetch-Site", "none", 403, "bad_origin"},
	} {
		h.list(session, "shop", c.name, c.value).wants(t, c.status, c.code)
		link := h.link("shop", "@ann:example.org")
		if got := h.ask("POST", "/panel/v1/session", fmt.Sprintf(`{"link":%q}`, link), c.name, c.value); (got.status == 201) != (c.status == 200) {
			t.Errorf("%s %s: signing in is answered %d %s", c.name, c.value, got.status, got.text)
		}
	}
	h.panel.origin = "https://moved.example.com"
	h.list(session, "shop").wants(t, 401, "bad_session")
}

func TestSignInsOfAnAddressAreCounted(t *testing.T) {
	h := open(t, fstest.MapFS{}, nil)
	for range signInsBurst {
		h.follow("guess").wants(t, 401, "bad_link")
	}
	got := h.follow("guess")
	got.wants(t, 429, "too_fast")
	if got.header.Get("Retry-After") == "" {
		t.Error("it is not said when to try again")
	}
	h.clock.pass(time.Minute)
	h.follow("guess").wants(t, 401, "bad_link")
}

// Who signs out what was never signed in only guesses; who does so by right is not counted.
func TestSignOutsThatEndNothingAreCounted(t *testing.T) {
	h := open(t, fstest.MapFS{}, nil)
	out := func(session string) answer {
		return h.ask("DELETE", "/panel/v1/session", "", "Authorization", "Bearer "+session)
	}
	for range signInsBurst + 1 {
		made := store.PanelSession{Hash: hashOf("real"), Operator: "@ann:example.org", Origin: h.panel.origin, CreatedAt: h.panel.now(), UsedAt: h.panel.now(), ExpiresAt: h.panel.now().Add(LivesFor)}
		must(t, h.store.AddPanelSession(t.Context(), made, sessionsOfOne))
		out("real").wants(t, 204, nil)
	}
	for range signInsBurst {
		out(api.SessionMark+"guess").wants(t, 401, "bad_session")
	}
	out(api.SessionMark+"guess").wants(t, 429, "too_fast")
	h.clock.pass(time.Minute)
	out(api.SessionMark+"guess").wants(t, 401, "bad_session")
}

func TestBadSignInsAreRefused(t *testing.T) {
	h := open(t, fstest.MapFS{}, nil)
	for _, body := range []string{"", "{", "[]", `{"link":5}`, strings.Repeat(" ", maxBody) + `{"link":"x"}`} {
		h.ask("POST", "/panel/v1/session", body).wants(t, 400, "bad_request")
	}
	for body, code := range map[string]string{
		`{}`: "bad_openid",
		`{"openid":{"access_token":"x"},"site":"shop"}`: "foreign_server",
		`{"openid":{"access_token":"` + strings.Repeat("x", maxToken+1) + `","matrix_server_name":"example.org"},"site":"shop"}`: "bad_openid",
	} {
		if got := h.ask("POST", "/panel/v1/session", body); got.body["code"] != code {
			t.Errorf("%.60s is answered %d %s", body, got.status, got.text)
		}
	}
	h.ask("POST", "/panel/v1/session", `{"openid":{"access_token":"x","matrix_server_name":"example.org"},"site":"shop"}`).wants(t, 503, "openid_unavailable")
	h.ask("DELETE", "/panel/v1/session", "").wants(t, 401, "bad_session")
	h.ask("DELETE", "/panel/v1/session", "", "Authorization", "Bearer "+api.SessionMark+"x").wants(t, 401, "bad_session")
	h.ask("PUT", "/panel/v1/session", "").wants(t, 404, "not_found")
	h.ask("GET", "/panel/v1/none", "").wants(t, 404, "not_found")
}

// An operator who never signs out has the newest sessions.
func TestAnOperatorHasNotEverMoreSessions(t *testing.T) {
	h := open(t, fstest.MapFS{}, nil)
	var sessions []string
	for range sessionsOfOne + 1 {
		h.clock.pass(10 * time.Second)
		sessions = append(sessions, h.signIn("shop", "@ann:example.org"))
	}
	h.list(sessions[0], "shop").wants(t, 401, "bad_session")
	h.list(sessions[1], "shop").wants(t, 200, nil)
	h.list(sessions[sessionsOfOne], "shop").wants(t, 200, nil)
}

// built is a small page as the build leaves it, on the disk.
func built(t testing.TB) fs.FS {
	t.Helper()
	return os.DirFS("testdata")
}

func TestThePageIsServedUnderAStrictPolicy(t *testing.T) {
	h := open(t, built(t), func(cfg *config.Config, _ *pacing) {
		cfg.Gateway.PublicURL += "/chat/"
		cfg.Sites["blog"].Panel.Clients = []string{"https://app.element.io", "https://*.example.com"}
	})
	got := h.ask("GET", "/panel/shop", "")
	host := strings.TrimPrefix(h.url, "http://")
	for name, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "Set-Cookie": "", "X-Frame-Options": "",
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self' ws://" + host +
			"; base-uri 'none'; form-action 'none'; frame-ancestors * vector:",
	} {
		if got.header.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.header.Get(name), want)
		}
	}
	if got.status != 200 || !strings.Contains(got.text, `<script type="module" src="/chat/panel/assets/panel-1a2b3c4d.js"></script>`) ||
		!strings.Contains(got.text, `data-root="/chat" data-site="shop"`) || strings.Contains(got.text, "<style") {
		t.Errorf("the page is %d %s", got.status, got.text)
	}
	if policy := h.ask("GET", "/panel/blog", "").header.Get("Content-Security-Policy"); !strings.HasSuffix(policy, "; frame-ancestors https://app.element.io https://*.example.com") {
		t.Errorf("the blog's policy is %s", policy)
	}
	script := h.ask("GET", "/panel/assets/panel-1a2b3c4d.js", "")
	if script.status != 200 || script.header.Get("Cache-Control") != "public, max-age=31536000, immutable" ||
		script.header.Get("Content-Type") != "text/javascript; charset=utf-8" || !strings.Contains(script.text, "panel") {
		t.Errorf("the script is %d %v %s", script.status, script.header, script.text)
	}
	for _, none := range []string{"/panel/assets/manifest.json", "/panel/assets/none.js", "/panel/assets/..%2Fpanel.go", "/panel/assets/", "/panel/"} {
		h.ask("GET", none, "").wants(t, 404, "not_found")
	}
}

func TestWhereThereIsNoPanelThePageSaysSo(t *testing.T) {
	h := open(t, built(t), func(cfg *config.Config, _ *pacing) { cfg.Sites["blog"].Panel.Enabled = false })
	for _, site := range []string{"blog", "none", `"><script>alert(1)<`} {
		got := h.ask("GET", "/panel/"+url.PathEscape(site), "")
		if got.status != 404 || !strings.Contains(got.text, "There is no panel at this address.") || strings.Contains(got.text, "<script") ||
			!strings.HasSuffix(got.header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("%s is %d %v %s", site, got.status, got.header, got.text)
		}
	}
	for _, files := range []fs.FS{fstest.MapFS{}, fstest.MapFS{"manifest.json": {Data: []byte(`{"panel":"gone.js"}`)}}, fstest.MapFS{"manifest.json": {Data: []byte(`[]`)}}} {
		bare := open(t, files, nil)
		if got := bare.ask("GET", "/panel/shop", ""); got.status != 503 || !strings.Contains(got.text, "compiled without the panel") {
			t.Errorf("before the build the page is %d %s", got.status, got.text)
		}
	}
}
