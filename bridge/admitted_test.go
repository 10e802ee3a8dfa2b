package bridge_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dendrite/dendritetest"
	"github.com/anteroom-chat/anteroom/bridge/desk/api"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify/mail/mailtest"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// Who comes, as the tests of doors call them, beside a token of the API for each scope.
const (
	nobody          = "nobody"
	aVisitor        = "the visitor"
	anotherVisitor  = "another site's visitor"
	aUser           = "who has a signed identity"
	anOperator      = "an operator"
	anotherOperator = "another site's operator"
	anotherProgram  = "another site's program"
	theHomeserver   = "the homeserver" // hs_token
	theBridge       = "the bridge"     // as_token
)

func programOf(scope string) string { return "a program that may " + scope }

// admitted are those whom a cell of THREATS.md lets in; all is true of what anybody may
// ask for. The cell is read and not looked up: words that it does not know fail the test.
func admitted(cell string) (who []string, all, known bool) {
	if scope := regexp.MustCompile("^(?:token with )?`([a-z]+:[a-z]+)`, or an operator").FindStringSubmatch(cell); scope != nil {
		return []string{programOf(scope[1]), anOperator}, false, true
	}
	switch {
	case strings.HasPrefix(cell, "anybody"), cell == "whoever reaches the address", cell == previewPage:
		return nil, true, true
	case cell == "`hs_token`":
		return []string{theHomeserver}, false, true
	case cell == "a panel's session":
		return []string{anOperator, anotherOperator}, false, true
	case strings.HasPrefix(cell, "a panel's session, in the first frame"): // which names the site
		return []string{anOperator}, false, true
	case strings.HasSuffix(cell, "with the visitor's secret"), strings.HasSuffix(cell, "with the session"),
		strings.Contains(cell, "then a visitor's secret"), strings.HasPrefix(cell, "as the socket"):
		return []string{aVisitor}, false, true
	case strings.HasSuffix(cell, "with a signed identity"):
		return []string{aUser}, false, true
	case strings.HasPrefix(cell, "who has the "), strings.HasSuffix(cell, "with a mail's link"),
		strings.HasPrefix(cell, "an operator: an OpenID token"):
		return nil, false, true // what opens these is a link, or confirmed by the homeserver
	case strings.HasSuffix(cell, "nobody says who it is"):
		return nil, true, true
	}
	return nil, false, false
}

// previewPage is who may call what any secret is of no use for: a page of the bridge's own.
const previewPage = "the bridge's own preview page"

// callers are a bridge of two sites and all who come to it.
type callers struct {
	*bridgetest.Stack
	doors   map[string]string
	who     []string
	secrets map[string]string
	// fresh makes another secret of the same power, for what ends it.
	fresh map[string]func() string
	// ending are such secrets of the visitor's.
	ending  []string
	knocked int
}

const (
	shopsWords = "The shop's own words"
	blog       = "http://blog.test"
	strange    = "http://evil.test"
)

func startCallers(t *testing.T) *callers {
	t.Helper()
	c := &callers{doors: map[string]string{}, secrets: map[string]string{nobody: ""}, fresh: map[string]func() string{}}
	metrics := dendritetest.Port(t)
	var tokens []string
	for _, scope := range config.Scopes() {
		token, hash := api.NewToken()
		c.secrets[programOf(string(scope))] = token
		tokens = append(tokens, fmt.Sprintf("{name: %q, hash: %s, scopes: [%q]}", strings.ReplaceAll(string(scope), ":", " "), hash, scope))
	}
	everything, err := json.Marshal(config.Scopes())
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, hash := api.NewToken()
	c.secrets[anotherProgram] = elsewhere
	o := mailing(t, mailtest.Start(t, mailtest.Options{}))
	o.Gateway = "  trusted_proxies: [127.0.0.1]\n" + o.Gateway
	o.Site += "    api: {tokens: [" + strings.Join(tokens, ", ") + "]}\n" + twoSites +
		fmt.Sprintf("    api: {tokens: [{name: CRM, hash: %s, scopes: %s}]}\n", hash, everything)
	o.More = fmt.Sprintf("metrics: {enabled: true, listen: \"127.0.0.1:%d\"}\n", metrics)
	o.Inward = func(bridge string) string { c.doors["homeserver"] = bridge; return bridge }
	o.OpenID = true
	c.Stack = bridgetest.Start(t, o)
	c.doors["visitors"], c.doors["metrics"] = c.URL, fmt.Sprintf("http://127.0.0.1:%d", metrics)

	file, err := os.ReadFile(c.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	for who, name := range map[string]string{theBridge: "as_token", theHomeserver: "hs_token"} {
		found := regexp.MustCompile(name + `: "?([A-Za-z0-9_-]{20,})`).FindSubmatch(file)
		if found == nil {
			t.Fatalf("the config has no %s", name)
		}
		c.secrets[who] = string(found[1])
	}
	bella := dendritetest.Operator(t, c.Homeserver, "bella")
	c.fresh[anOperator] = func() string { return session(t, c.Stack, c.Anna, "shop") }
	c.fresh[anotherOperator] = func() string { return session(t, c.Stack, bella, "blog") }
	c.fresh[aVisitor] = func() string {
		v := c.Visitor()
		v.SignIn(t, bridgetest.Token(t, "4711", nil))
		c.ending = append(c.ending, v.Secret)
		return v.Secret
	}
	for who, make := range c.fresh {
		c.secrets[who] = make()
	}
	c.secrets[aUser] = bridgetest.Token(t, "4712", nil)
	random := make([]byte, 32)
	_, _ = rand.Read(random)
	c.secrets[anotherVisitor] = base64.RawURLEncoding.EncodeToString(random)
	c.says(t, "shop", bridgetest.Origin, c.secrets[aVisitor], shopsWords)
	c.says(t, "blog", blog, c.secrets[anotherVisitor], "The blog's own words")
	for who := range c.secrets {
		c.who = append(c.who, who)
	}
	slices.Sort(c.who)
	return c
}

// says has a visitor write by the exchange.
func (c *callers) says(t *testing.T, site, origin, secret, text string) {
	t.Helper()
	status, said := c.ask(t, http.MethodPost, c.URL+"/v1/"+site+"/frames", origin, "",
		fmt.Sprintf(`{"hello": {"t": "hello", "secret": %q}, "frames": [{"t": "message", "cid": "first-000001", "text": %q}]}`, secret, text))
	if status != http.StatusOK || !strings.Contains(said, `"ack"`) {
		t.Fatalf("a visitor of %s is answered %d %s", site, status, said)
	}
}

// ask comes each time from another address: limits are another test's.
func (c *callers) ask(t *testing.T, method, address, origin, bearer, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	c.headers(r.Header, origin, bearer)
	status, said := responseTo(t, r)
	return status, string(said)
}

func (c *callers) headers(h http.Header, origin, bearer string) {
	c.knocked++
	h.Set("X-Forwarded-For", fmt.Sprintf("192.0.%d.%d", 2+c.knocked/250, 1+c.knocked%250))
	h.Set("Origin", origin)
	if bearer != "" {
		h.Set("Authorization", "Bearer "+bearer)
	}
}

// shownIn are the bodies that show a secret, where a route has it there.
func shownIn(path, secret string) []string {
	quoted := fmt.Sprintf("%q", secret)
	switch path[strings.LastIndex(path, "/")+1:] {
	case "frames":
		return []string{`{"hello": {"t": "hello", "secret": ` + quoted + `}}`}
	case "identity":
		return []string{`{"token": ` + quoted + `}`, `{"secret": ` + quoted + `, "token": ` + quoted + `}`}
	case "sign-out":
		return []string{`{"session": ` + quoted + `}`, `{"secret": ` + quoted + `}`}
	case "transcript", "mails":
		return []string{`{"secret": ` + quoted + `}`}
	case "return":
		return []string{`{"link": ` + quoted + `}`}
	case "session":
		return []string{`{"site": "shop", "link": ` + quoted + `}`, `{"site": "shop", "openid": {"matrix_server_name": "localhost", "access_token": ` + quoted + `}}`}
	case "{txn}":
		return []string{`{"events": []}`}
	}
	return []string{"{}"}
}

// knock shows a secret at a route in every place in which one can stand, and reports
// whether that opened it.
func (c *callers) knock(t *testing.T, door, route, origin, secret string) (in bool, said string) {
	t.Helper()
	method, path, _ := strings.Cut(route, " ")
	place := regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllStringFunc(path, func(name string) string {
		switch name {
		case "{site}":
			return "shop"
		case "{contact}":
			return "aaaaaaaaaaaaaaaa" // whom there is not: who is let in is told so
		case "{file}", "{avatar}":
			return "x" + secret
		}
		return "x"
	})
	if strings.HasSuffix(path, "/socket") || strings.HasSuffix(path, "/live") {
		return c.dial(t, place, origin, secret)
	}
	address := c.doors[door] + place + "?access_token=" + secret + "&t=" + secret + "&a=" + secret + "&token=" + secret
	for _, body := range shownIn(path, secret) {
		status, answer := c.ask(t, method, address, origin, secret, body)
		said += fmt.Sprintf("%d %.200s; ", status, answer)
		switch {
		case strings.HasSuffix(path, "/frames"): // a secret that nobody had yet begins a dialog of its own
			in = in || strings.Contains(answer, shopsWords)
		case strings.HasSuffix(path, "/sign-out"): // which tells nobody whether it ended anything
			in = in || slices.Contains(c.ending, secret) && !c.reads(t, secret)
		case door == "homeserver" || strings.HasPrefix(path, api.Prefix):
			in = in || status != http.StatusUnauthorized && status != http.StatusForbidden
		default:
			in = in || status < http.StatusBadRequest
		}
	}
	return in, said
}

// reads reports whether a secret opens the shop's dialog.
func (c *callers) reads(t *testing.T, secret string) bool {
	t.Helper()
	_, answer := c.ask(t, http.MethodPost, c.URL+"/v1/shop/frames", bridgetest.Origin, "", shownIn("frames", secret)[0])
	return strings.Contains(answer, shopsWords)
}

// dial opens a socket and shows the secret in the first frame.
func (c *callers) dial(t *testing.T, path, origin, secret string) (in bool, said string) {
	t.Helper()
	h := http.Header{}
	c.headers(h, origin, secret)
	dialer := websocket.Dialer{HandshakeTimeout: 10 * time.Second}
	first := map[string]any{"session": secret, "site": "shop"}
	if strings.HasSuffix(path, "/socket") {
		dialer.Subprotocols = []string{wire.Subprotocol}
		first = map[string]any{"t": "hello", "secret": secret}
	}
	conn, response, err := dialer.DialContext(t.Context(), strings.Replace(c.URL, "http", "ws", 1)+path+"?access_token="+secret, h)
	if err != nil {
		return false, err.Error()
	}
	_ = response.Body.Close()
	defer func() { _ = conn.Close() }()
	if err := conn.WriteJSON(first); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(bridgetest.Patience))
	_, answer, err := conn.ReadMessage()
	if err != nil {
		return false, err.Error()
	}
	if strings.HasSuffix(path, "/socket") {
		return strings.Contains(string(answer), shopsWords), string(answer)
	}
	return !strings.Contains(string(answer), `"end"`), string(answer)
}

// At every route of every door those are let in whom THREATS.md names, from the pages that
// it names, and nobody else, whatever secret they have and wherever they put it.
func TestThreatsNameWhoIsLetIn(t *testing.T) {
	t.Parallel()
	c := startCallers(t)
	for _, row := range threatRows(t) {
		who, all, known := admitted(row.who)
		if !known {
			t.Errorf("%s is for “%s”, which this test does not understand", row.route, row.who)
			continue
		}
		method, path, _ := strings.Cut(row.route, " ")
		ours, sites := c.URL, strings.Contains(row.who, "site's origins") || strings.HasPrefix(row.who, "as the socket")
		if sites {
			ours = bridgetest.Origin
		}
		if method == http.MethodOptions {
			continue // a preflight has no secret; what follows it is tried
		}
		for _, one := range c.who {
			secret := c.secrets[one]
			if again := c.fresh[one]; again != nil && (path == "/panel/v1/session" || strings.HasSuffix(path, "/sign-out")) {
				secret = again()
			}
			welcome := slices.Contains(who, one)
			if sites || row.who == previewPage || welcome && one == anOperator { // what a page of another origin could have a browser do
				if in, said := c.knock(t, row.door, row.route, strange, secret); in {
					t.Errorf("%s lets in %s from a strange page: %s", row.route, one, said)
				}
			}
			in, said := c.knock(t, row.door, row.route, ours, secret)
			switch {
			case all && (strings.HasPrefix(said, "401") || strings.HasPrefix(said, "403")):
				t.Errorf("%s is for anybody, and refuses %s: %s", row.route, one, said)
			case !all && in && !welcome:
				t.Errorf("%s lets in %s: %s", row.route, one, said)
			case !in && welcome:
				t.Errorf("%s keeps out %s: %s", row.route, one, said)
			}
		}
	}
	if !c.reads(t, c.secrets[aVisitor]) {
		t.Error("the visitor's session was ended by somebody else")
	}
}
