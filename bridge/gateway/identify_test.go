package gateway

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// say posts a body as a page does, and returns the answer's status and body.
func (d *door) say(path, body string, header ...string) (int, string) {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, d.server.URL+"/v1/shop/"+path, strings.NewReader(body))
	must(d.t, err)
	r.Header.Set("Origin", shop)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := d.server.Client().Do(r)
	must(d.t, err)
	return response.StatusCode, bodyOf(response)
}

func TestWhatIdentifyRefuses(t *testing.T) {
	d := openDoor(t, nil)
	for _, c := range []struct {
		about, path, body, header string
		status                    int
		code                      chat.Code
	}{
		{"no JSON", "identity", "{", shop, http.StatusBadRequest, chat.CodeBadFrame},
		{"a wrong type", "sign-out", `{"secret":1}`, shop, http.StatusBadRequest, chat.CodeBadFrame},
		{"too much", "identity", `{"secret":"` + strings.Repeat("x", 70_000) + `"}`, shop, http.StatusRequestEntityTooLarge, chat.CodeTooLarge},
		{"another origin", "identity", `{}`, "https://evil.example", http.StatusForbidden, chat.CodeBadOrigin},
		{"a hidden origin", "sign-out", `{}`, "null", http.StatusForbidden, chat.CodeBadOrigin},
		{"a session that is not there", "identity", `{"secret":"` + newSecret() + `","person":{"name":"Ann"}}`, shop, http.StatusUnauthorized, chat.CodeBadSession},
		{"nobody", "identity", `{"secret":"` + newSecret() + `"}`, shop, http.StatusUnauthorized, chat.CodeBadToken},
		{"a token without a secret in the config", "identity", `{"token":"a.b.c"}`, shop, http.StatusUnauthorized, chat.CodeBadToken},
	} {
		status, body := d.say(c.path, c.body, "Origin", c.header)
		if status != c.status || !strings.Contains(body, `"`+string(c.code)+`"`) {
			t.Errorf("%s: %d %s", c.about, status, body)
		}
	}
	if _, body := d.say("identity", `{"token":"a.b.c"}`); !strings.Contains(body, "no secret of this site") {
		t.Errorf("without a secret: %s", body)
	}
	if status, body := d.say("sign-out", `{"secret":"`+newSecret()+`"}`); status != http.StatusNoContent || body != "" {
		t.Errorf("signing out of nothing: %d %s", status, body)
	}
}

// A flood of guesses has the limits of hellos.
func TestIdentifyingIsLimited(t *testing.T) {
	d := openDoor(t, func(c *config.Config, _ *pacing) { c.Gateway.Limits.SocketsPerAddress = 2 })
	for range 4 {
		d.say("identity", `{"token":"a.b.c"}`)
	}
	if status, body := d.say("identity", `{"token":"a.b.c"}`); status != http.StatusTooManyRequests || !strings.Contains(body, "retry_after") {
		t.Errorf("got %d %s", status, body)
	}
}

// A good token makes a session each time it comes with a secret that is not its user's:
// these are new ones of the address, and a user's own session is none.
func TestSessionsThatTokensMakeAreCounted(t *testing.T) {
	const key = "0123456789abcdef0123456789abcdef"
	d := openDoor(t, func(c *config.Config, _ *pacing) {
		c.Sites["shop"].Identity.Secret = key
		c.Gateway.Limits.SessionsPerMinute = 2
	})
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": "4711", "aud": "shop", "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
	}).SignedString([]byte(key))
	must(t, err)
	sign := func(secret string) (int, string) {
		t.Helper()
		return d.say("identity", `{"secret":"`+secret+`","token":"`+token+`"}`)
	}
	status, body := sign(newSecret())
	var given wire.Identified
	must(t, json.Unmarshal([]byte(body), &given))
	if status != http.StatusOK || given.Secret == "" {
		t.Fatalf("the first: %d %s", status, body)
	}
	if status, body := sign(newSecret()); status != http.StatusOK {
		t.Fatalf("the second: %d %s", status, body)
	}
	if status, body := sign(newSecret()); status != http.StatusTooManyRequests || !strings.Contains(body, "retry_after") {
		t.Errorf("the third: %d %s", status, body)
	}
	if status, body := sign(given.Secret); status != http.StatusOK || strings.Contains(body, "secret") {
		t.Errorf("the user's own: %d %s", status, body)
	}
	if status, body := d.say("identity", `{"token":"`+token+`"}`); status != http.StatusNoContent {
		t.Errorf("a token alone: %d %s", status, body)
	}
}

// Client hints name what the User-Agent hides; of what is not a name nothing is kept.
func TestHintsTellTheSystem(t *testing.T) {
	const agent = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36"
	d := openDoor(t, nil)
	brands := []wire.Brand{{Brand: "Google Chrome", Version: "156"}, {Brand: "Not;A=Brand", Version: "99"}}
	for _, c := range []struct {
		about string
		hints *wire.Hints
		want  string
	}{
		{"none", nil, "Chrome 156, Android"},
		{"a phone's", &wire.Hints{Brands: brands, Mobile: true, Platform: "Android", PlatformVersion: "14.0.0", Model: "Pixel 8"}, "Chrome 156, Pixel 8 (Android 14)"},
		{"hostile ones", &wire.Hints{
			Brands: []wire.Brand{{Brand: strings.Repeat("x", 10_000)}}, Platform: "Android",
			PlatformVersion: strings.Repeat("9", 10_000), Model: "<b>@room</b>\u202e",
		}, "Chrome 156, Android"},
	} {
		tab := d.dial("User-Agent", agent)
		tab.say(&wire.Hello{T: wire.TypeHello, Secret: newSecret(), Hints: c.hints})
		take[wire.Welcome](tab, wire.TypeWelcome)
		found, err := d.store.Visitor(t.Context(), d.dialog.Online()[0])
		must(t, err)
		if found.System != c.want {
			t.Errorf("%s: %q, want %q", c.about, found.System, c.want)
		}
	}
}
