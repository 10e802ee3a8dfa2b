package bridgetest

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// IdentitySecret signs tokens, when the site's config has it (WithIdentity).
const IdentitySecret = "0123456789abcdef0123456789abcdef" // #nosec G101 -- for tests only

// WithIdentity is the setting for Options.Site.
const WithIdentity = "    identity: {secret: " + IdentitySecret + "}\n"

// Token is what a site's server signs for one of its users; claims may change any claim.
func Token(t testing.TB, subject string, claims map[string]any) string {
	t.Helper()
	all := jwt.MapClaims{"sub": subject, "aud": "shop", "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix()}
	maps.Copy(all, claims)
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, all).SignedString([]byte(IdentitySecret))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// Post sends a body to a path of the site, as its pages do, and reads the answer.
func (v *Visitor) Post(t testing.TB, path string, body, answer any) (status int) {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, v.stack.URL+"/v1/shop/"+path, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", Origin)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if data, err = io.ReadAll(resp.Body); err != nil {
		t.Fatal(err)
	}
	if len(data) > 0 {
		if err := json.Unmarshal(data, answer); err != nil {
			t.Fatalf("%s answers %q: %v", path, data, err)
		}
	}
	return resp.StatusCode
}

// SignIn says by a token who sits before the browser, and goes on with the
// secret that the gateway gives. Connections stay as they are.
func (v *Visitor) SignIn(t testing.TB, token string) wire.Identified {
	t.Helper()
	var pass wire.Identified
	if status := v.Post(t, "identity", &wire.Identify{Secret: v.Secret, Token: token}, &pass); status != http.StatusOK {
		t.Fatalf("signing in is answered with %d", status)
	}
	if pass.Secret != "" {
		v.mu.Lock()
		v.Secret, v.entries, v.pending = pass.Secret, nil, nil
		v.mu.Unlock()
	}
	return pass
}

// SignOut ends a session by its name.
func (v *Visitor) SignOut(t testing.TB, session string) {
	t.Helper()
	if status := v.Post(t, "sign-out", &wire.SignOut{Session: session}, nil); status != http.StatusNoContent {
		t.Fatalf("signing out is answered with %d", status)
	}
}
