package shop

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// cookie holds who is signed in. A real shop would keep a session there; this
// one has a single customer and believes everybody.
const cookie = "account"

const (
	customerID    = "customer-17"
	customerEmail = "mia@example.com"
	tokenLife     = time.Hour
)

// signIn and signOut change the cookie and lead back to the page.
func signIn(w http.ResponseWriter, r *http.Request)  { account(w, r, customerID, 0) }
func signOut(w http.ResponseWriter, r *http.Request) { account(w, r, "", -1) }

func account(w http.ResponseWriter, r *http.Request, value string, age int) {
	http.SetCookie(w, &http.Cookie{ // #nosec G124 -- the demo has no TLS
		Name: cookie, Value: value, Path: "/", MaxAge: age, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	to := r.FormValue("to")
	if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.Contains(to, `\`) {
		to = "/"
	}
	http.Redirect(w, r, to, http.StatusSeeOther) // #nosec G710 -- a path of the shop, see above
}

func isSignedIn(r *http.Request) bool {
	c, err := r.Cookie(cookie)
	return err == nil && c.Value == customerID
}

// token is what the chat is shown: a JWT (RFC 7519), signed with HS256. It is so
// little that the demo writes it by hand; README.md has it with libraries.
func (s *Shop) token(name string, now time.Time) (string, error) {
	claims, err := json.Marshal(map[string]any{
		"sub": customerID, "aud": s.site, "iat": now.Unix(), "exp": now.Add(tokenLife).Unix(),
		"name": name, "email": customerEmail, "variables": map[string]any{"orders": 3, "newsletter": true},
	})
	if err != nil {
		return "", fmt.Errorf("write the customer's token: %w", err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode(claims)
	mac := hmac.New(sha256.New, []byte(s.secret))
	_, _ = mac.Write([]byte(text)) // never fails, see hash.Hash
	return text + "." + encode(mac.Sum(nil)), nil
}
