package identity_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/identity"
)

const (
	site   = chat.SiteID("shop")
	secret = "0123456789abcdef0123456789abcdef"
	header = `{"alg":"HS256","typ":"JWT"}`
)

func now() time.Time { return time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC) }

// usual is the claims that every token needs, and the others.
func usual(others jwt.MapClaims) jwt.MapClaims {
	claims := jwt.MapClaims{"sub": "4711", "aud": "shop", "iat": now().Unix(), "exp": now().Add(time.Hour).Unix()}
	maps.Copy(claims, others)
	return claims
}

// sign makes a token with the library, as a site would.
func sign(t *testing.T, method jwt.SigningMethod, key any, claims jwt.MapClaims) string {
	t.Helper()
	token, err := jwt.NewWithClaims(method, claims).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// byHand makes a token of any bytes.
func byHand(header, claims, key string) string {
	text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
	mac := hmac.New(sha256.New, []byte(key))
	_, _ = mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// claimsWith is the usual claims by hand, and more of them.
func claimsWith(more string) string {
	return fmt.Sprintf(`{"sub":"4711","aud":"shop","iat":%d,"exp":%d%s}`, now().Unix(), now().Unix()+3600, more)
}

func verify(token string) (identity.Identity, error) {
	return identity.Verify(token, site, []byte(secret), now())
}

// TestRule22ATokenSaysWhoItIs is about what a good token gives.
func TestRule22ATokenSaysWhoItIs(t *testing.T) {
	got, err := verify(sign(t, jwt.SigningMethodHS256, []byte(secret), usual(jwt.MapClaims{
		"name": " Анна\n\u202eБерг ", "email": "anna@example.com", "phone": "+49 30 1234567", "locale": "pt_br",
		"nbf": now().Add(-time.Minute).Unix(), "jti": "ignored", "role": []string{"ignored"}, "SUB": "ignored", "Name": "ignored",
		"variables": map[string]any{"plan": "gold\u0000", "orders": 12, "ratio": 0.5, "vip": true, "new": false, "none": nil, "empty": " "},
	})))
	if err != nil {
		t.Fatal(err)
	}
	want := identity.Identity{
		Subject: "4711", Name: "Анна Берг", Email: "anna@example.com", Phone: "+49 30 1234567", Locale: "pt-BR",
		Variables: map[string]identity.Value{
			"plan": {Kind: identity.Text, Text: "gold"}, "orders": {Kind: identity.Number, Text: "12"},
			"ratio": {Kind: identity.Number, Text: "0.5"}, "vip": {Kind: identity.Truth, Text: "true"},
			"new": {Kind: identity.Truth, Text: "false"}, "empty": {Kind: identity.Text},
		},
		Issued: now(), Expires: now().Add(time.Hour),
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestWhatIsAccepted(t *testing.T) {
	for about, token := range map[string]string{
		"the least":                       byHand(header, claimsWith(""), secret),
		"no typ":                          byHand(`{"alg":"HS256"}`, claimsWith(""), secret),
		"spaces":                          byHand(header, ` { "sub" : "4711" , "aud":[ "x", "shop" ], "iat": 1, "exp" :`+fmt.Sprint(now().Unix()+1)+`, "variables" : { "a" : 1 } } `, secret),
		"a site among several":            byHand(header, strings.Replace(claimsWith(""), `"shop"`, `["other","shop"]`, 1), secret),
		"nulls for what is optional":      byHand(header, claimsWith(`,"name":null,"variables":null,"nbf":null`), secret),
		"a clock that is fast":            sign(t, jwt.SigningMethodHS256, []byte(secret), usual(jwt.MapClaims{"iat": now().Add(time.Minute).Unix(), "nbf": now().Add(time.Minute).Unix()})),
		"a day by a clock that is fast":   sign(t, jwt.SigningMethodHS256, []byte(secret), usual(jwt.MapClaims{"exp": now().Add(24*time.Hour + time.Minute).Unix()})),
		"fractions of a second":           byHand(header, claimsWith(`,"nbf":1764158400.75`), secret),
		"a sub of 255 characters":         sign(t, jwt.SigningMethodHS256, []byte(secret), usual(jwt.MapClaims{"sub": strings.Repeat("ы", 255)})),
		"equal claims in what is ignored": byHand(header, claimsWith(`,"x":{"sub":"1","sub":"2"}`), secret),
		"keys of other letters":           byHand(header, claimsWith(`,"variables":{"город":"Тверь"}`), secret),
		"unknown parts of a locale":       byHand(header, claimsWith(`,"locale":"en-EN"`), secret),
	} {
		if _, err := verify(token); err != nil {
			t.Errorf("%s: %v", about, err)
		}
	}
}

// TestRule22WhatIsRefused is about tokens that must not pass, and what their makers read.
func TestRule22WhatIsRefused(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&rsaKey.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	publicKey := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	good := sign(t, jwt.SigningMethodHS256, []byte(secret), usual(nil))
	parts := strings.Split(good, ".")
	with := func(others jwt.MapClaims) string {
		return sign(t, jwt.SigningMethodHS256, []byte(secret), usual(others))
	}
	without := func(claim string) string {
		claims := usual(nil)
		delete(claims, claim)
		return sign(t, jwt.SigningMethodHS256, []byte(secret), claims)
	}
	hand := func(more string) string { return byHand(header, claimsWith(more), secret) }
	manyVariables := map[string]int{}
	for i := range 51 {
		manyVariables[fmt.Sprintf("f%d", i)] = i
	}
	for _, c := range []struct{ about, token, want string }{
		// The form and the signature.
		{"nothing", "", "is not a JWT"},
		{"two parts", parts[0] + "." + parts[1], "is not a JWT"},
		{"four parts", good + ".x", "is not a JWT"},
		{"padding", parts[0] + "." + parts[1] + "." + parts[2] + "=", "is not a JWT"},
		{"a header that is no object", byHand(`"HS256"`, claimsWith(""), secret), "is not a JWT"},
		{"claims that are no JSON", byHand(header, "{", secret), "is not a JWT"},
		{"claims and more", byHand(header, claimsWith("")+"{}", secret), "is not a JWT"},
		{"huge", good + strings.Repeat("A", 8<<10), "it may have 8192"},
		{"alg none", sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, usual(nil)), `alg is "none"; sign it with HS256`},
		{"alg none with a signature", byHand(`{"alg":"none"}`, claimsWith(""), secret), `alg is "none"`},
		{"alg None", byHand(`{"alg":"None"}`, claimsWith(""), secret), `alg is "None"`},
		{"alg hs256", byHand(`{"alg":"hs256"}`, claimsWith(""), secret), `alg is "hs256"`},
		{"no alg", byHand(`{"typ":"JWT"}`, claimsWith(""), secret), `alg is ""`},
		{"alg a list", byHand(`{"alg":["HS256"]}`, claimsWith(""), secret), `alg is ""`},
		{"HS384", sign(t, jwt.SigningMethodHS384, []byte(secret), usual(nil)), `alg is "HS384"`},
		{"HS512", sign(t, jwt.SigningMethodHS512, []byte(secret), usual(nil)), `alg is "HS512"`},
		{"RS256", sign(t, jwt.SigningMethodRS256, rsaKey, usual(nil)), `alg is "RS256"`},
		{"PS256", sign(t, jwt.SigningMethodPS256, rsaKey, usual(nil)), `alg is "PS256"`},
		{"ES256", sign(t, jwt.SigningMethodES256, ecKey, usual(nil)), `alg is "ES256"`},
		{"HS256 with the public key of RS256", sign(t, jwt.SigningMethodHS256, publicKey, usual(nil)), "signature does not hold"},
		{"an unknown extension", byHand(`{"alg":"HS256","crit":["b64"],"b64":false}`, claimsWith(""), secret), "(crit)"},
		{"another site's secret", sign(t, jwt.SigningMethodHS256, []byte("f"+secret[1:]), usual(nil)), "signature does not hold"},
		{"the empty secret", sign(t, jwt.SigningMethodHS256, []byte(""), usual(nil)), "signature does not hold"},
		{"no signature", parts[0] + "." + parts[1] + ".", "signature does not hold"},
		{"half a signature", parts[0] + "." + parts[1] + "." + parts[2][:20], "signature does not hold"},
		{"other claims under it", parts[0] + "." + strings.Split(with(jwt.MapClaims{"sub": "1"}), ".")[1] + "." + parts[2], "signature does not hold"},
		{"bad claims and a bad signature", byHand(header, "[]", secret+"x"), "signature does not hold"},
		// The claims.
		{"claims that are a list", byHand(header, "[]", secret), "must be a JSON object"},
		{"claims that are null", byHand(header, "null", secret), "must be a JSON object"},
		{"a claim twice", hand(`,"sub":"1"`), `has the claim "sub" twice`},
		{"a claim twice, once null", hand(`,"aud":null`), `has the claim "aud" twice`},
		{"a claim twice, once with an escape", hand(`,"s\u0075b":"1"`), `has the claim "sub" twice`},
		{"another site's", with(jwt.MapClaims{"aud": "other"}), `is for "other" (aud), not for this site; set it to "shop"`},
		{"other sites'", with(jwt.MapClaims{"aud": []string{"other", "Shop"}}), `does not list this site; add "shop"`},
		{"no site's", with(jwt.MapClaims{"aud": []string{}}), "does not list this site"},
		{"no aud", without("aud"), "has no aud"},
		{"aud a number", with(jwt.MapClaims{"aud": 1}), "aud must be text or a list of texts"},
		{"aud with a null", with(jwt.MapClaims{"aud": []any{"shop", nil}}), "aud must be text or a list of texts"},
		{"aud nested", with(jwt.MapClaims{"aud": []any{[]any{"shop"}}}), "aud must be text or a list of texts"},
		{"expired", with(jwt.MapClaims{"exp": now().Add(-time.Second).Unix()}), "expired at 2026-11-26T11:59:59Z"},
		{"expiring now", with(jwt.MapClaims{"exp": now().Unix()}), "expired at"},
		{"a day and an hour", with(jwt.MapClaims{"exp": now().Add(25 * time.Hour).Unix()}), "at most 24 hours"},
		{"a day and two minutes", with(jwt.MapClaims{"exp": now().Add(24*time.Hour + 2*time.Minute).Unix()}), "at most 24 hours"},
		{"no exp", without("exp"), "has no exp"},
		{"exp null", with(jwt.MapClaims{"exp": nil}), "has no exp"},
		{"exp in milliseconds", with(jwt.MapClaims{"exp": now().Add(time.Hour).UnixMilli()}), "milliseconds"},
		{"exp without end", byHand(header, strings.Replace(claimsWith(""), `"exp":`, `"exp":1e300,"x":`, 1), secret), "milliseconds"},
		{"exp beyond numbers", byHand(header, strings.Replace(claimsWith(""), `"exp":`, `"exp":1e999,"x":`, 1), secret), "must be a number"},
		{"exp below 1970", with(jwt.MapClaims{"exp": -1}), "before 1970"},
		{"exp text", with(jwt.MapClaims{"exp": "1795702400"}), "exp must be a number of seconds"},
		{"no iat", without("iat"), "has no iat"},
		{"iat true", with(jwt.MapClaims{"iat": true}), "iat must be a number of seconds"},
		{"made in two minutes", with(jwt.MapClaims{"iat": now().Add(2 * time.Minute).Unix()}), "in the future"},
		{"for later", with(jwt.MapClaims{"nbf": now().Add(2 * time.Minute).Unix()}), "does not hold before 2026-11-26T12:02:00Z"},
		{"nbf text", with(jwt.MapClaims{"nbf": "now"}), "nbf must be a number"},
		{"no sub", without("sub"), "has no sub"},
		{"sub in capitals only", byHand(header, strings.Replace(claimsWith(""), `"sub"`, `"SUB"`, 1), secret), "has no sub"},
		{"sub a number", with(jwt.MapClaims{"sub": 4711}), "sub must be text; write a number as text"},
		{"sub empty", with(jwt.MapClaims{"sub": ""}), "sub is empty"},
		{"sub invisible", with(jwt.MapClaims{"sub": "\u200b "}), "sub is empty"},
		{"sub long", with(jwt.MapClaims{"sub": strings.Repeat("ы", 256)}), "sub has 256 characters; it may have 255"},
		{"sub with a line break", with(jwt.MapClaims{"sub": "a\nb"}), "sub must be plain text"},
		{"sub with a space behind", with(jwt.MapClaims{"sub": "a "}), "sub must be plain text"},
		{"sub with a direction override", with(jwt.MapClaims{"sub": "a\u202eb"}), "sub must be plain text"},
		{"sub with half a character", byHand(header, strings.Replace(claimsWith(""), "4711", `\ud800`, 1), secret), "sub must be plain text"},
		{"sub with bad UTF-8", byHand(header, strings.Replace(claimsWith(""), "4711", "a\xff", 1), secret), "sub must be plain text"},
		{"name a list", with(jwt.MapClaims{"name": []string{"Anna"}}), "name must be text"},
		{"name long", with(jwt.MapClaims{"name": strings.Repeat("ы", 101)}), "name has 101 characters; it may have 100"},
		{"email of no form", with(jwt.MapClaims{"email": "anna"}), "email is not an address"},
		{"email with a name", with(jwt.MapClaims{"email": "Anna <anna@example.com>"}), "email is not an address"},
		{"email of two", with(jwt.MapClaims{"email": "a@b@c"}), "email is not an address"},
		{"phone long", with(jwt.MapClaims{"phone": strings.Repeat("1", 41)}), "phone has 41 characters; it may have 40"},
		{"locale of no form", with(jwt.MapClaims{"locale": "Deutsch, bitte"}), "locale is not a language tag"},
		{"variables a list", with(jwt.MapClaims{"variables": []int{1}}), "variables must be a JSON object"},
		{"variables nested", with(jwt.MapClaims{"variables": map[string]any{"a": map[string]any{"b": 1}}}), "variable a must be text, a number, true or false"},
		{"variables with lists", with(jwt.MapClaims{"variables": map[string]any{"a": []int{1}}}), "variable a must be text, a number, true or false"},
		{"variables twice", hand(`,"variables":{"a":1,"a":2}`), `has the variable "a" twice`},
		{"many variables", with(jwt.MapClaims{"variables": manyVariables}), "has 51 variables; it may have 50"},
		{"a variable's key with a space", with(jwt.MapClaims{"variables": map[string]any{"a b": 1}}), `variable "a b" needs another name`},
		{"a variable's key with a digit first", with(jwt.MapClaims{"variables": map[string]any{"1a": 1}}), "needs another name"},
		{"a variable's key of 65", with(jwt.MapClaims{"variables": map[string]any{strings.Repeat("a", 65): 1}}), "needs another name"},
		{"a variable's empty key", with(jwt.MapClaims{"variables": map[string]any{"": 1}}), "needs another name"},
		{"a variable's long text", with(jwt.MapClaims{"variables": map[string]any{"a": strings.Repeat("ы", 1001)}}), "variable a has 1001 characters; it may have 1000"},
		{"a variable's long number", hand(`,"variables":{"a":1` + strings.Repeat("0", 1000) + `}`), "variable a has 1001 characters; it may have 1000"},
	} {
		got, err := verify(c.token)
		var public *chat.Error
		if !errors.As(err, &public) || public.Code != chat.CodeBadToken || public.Code.Status() != 401 {
			t.Errorf("%s: got %+v, %v", c.about, got, err)
			continue
		}
		if !strings.Contains(public.Text, c.want) {
			t.Errorf("%s: got %q, want %q in it", c.about, public.Text, c.want)
		}
		if strings.Contains(public.Text, secret) || !strings.HasSuffix(public.Text, ".") && !strings.HasSuffix(public.Text, "?") {
			t.Errorf("%s: no good sentence: %q", c.about, public.Text)
		}
		if !reflect.DeepEqual(got, identity.Identity{}) {
			t.Errorf("%s: refused, but says %+v", c.about, got)
		}
	}
}

// What a page says without a token has the same limits and no subject.
func TestWhatIsSaidWithoutAToken(t *testing.T) {
	who, err := identity.Unsigned([]byte(`{"sub":"4711","name":" Анна ","email":"anna@example.com","variables":{"plan":"gold"}}`))
	want := identity.Identity{Name: "Анна", Email: "anna@example.com", Variables: map[string]identity.Value{"plan": {Kind: identity.Text, Text: "gold"}}}
	if err != nil || !reflect.DeepEqual(who, want) {
		t.Errorf("got %+v, %v", who, err)
	}
	for said, sentence := range map[string]string{
		`[]`:                      "The identity's claims must be a JSON object.",
		`{"name":1}`:              "The identity's name must be text.",
		`{"email":"anna"}`:        "The identity's email is not an address",
		`{"variables":{"a":[1]}}`: "The identity's variable a must be text",
		`{"name":"` + strings.Repeat("a", 9000) + `"}`: "it may have 8192",
	} {
		got, err := identity.Unsigned([]byte(said))
		if public, ok := errors.AsType[*chat.Error](err); !ok || public.Code != chat.CodeBadToken || !strings.Contains(public.Text, sentence) || !reflect.DeepEqual(got, identity.Identity{}) {
			t.Errorf("%.40s: got %+v, %v", said, got, err)
		}
	}
}

func TestSecretsThatCanBeGuessedAreRefused(t *testing.T) {
	for _, short := range []string{"", "short", secret[1:]} {
		err := identity.CheckSecret([]byte(short))
		if err == nil || short != "" && strings.Contains(err.Error(), short) {
			t.Errorf("%q: %v", short, err)
		}
		token := byHand(header, claimsWith(""), short)
		if _, err := identity.Verify(token, site, []byte(short), now()); !errors.Is(err, chat.Errorf(chat.CodeBadToken, "")) {
			t.Errorf("a token of the secret %q: %v", short, err)
		}
	}
	if err := identity.CheckSecret([]byte(secret)); err != nil {
		t.Error(err)
	}
}

func TestAValueIsWrittenAsItWas(t *testing.T) {
	who, err := verify(byHand(header, claimsWith(`,"variables":{"id":12345678901234567890,"text":"a\"b","yes":true,"small":-1.5e-3}`), secret))
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(who.Variables)
	if want := `{"id":12345678901234567890,"small":-1.5e-3,"text":"a\"b","yes":true}`; err != nil || string(got) != want {
		t.Errorf("got %s, %v", got, err)
	}
}

// FuzzVerify signs whatever comes, as a site with faults would.
func FuzzVerify(f *testing.F) {
	f.Add(header, claimsWith(`,"name":"Anna","variables":{"a":1,"b":"x","c":true},"locale":"de"`))
	f.Add(`{"alg":"none"}`, claimsWith(""))
	f.Add(header, `{"sub":{"sub":[]},"aud":[[]],"exp":1e400,"iat":-0}`)
	f.Add(header, claimsWith(`,"variables":{"a":null, "b" : -0.0e-1}`))
	f.Fuzz(func(t *testing.T, header, claims string) {
		token := byHand(header, claims, secret)
		who, err := verify(token)
		if err != nil {
			if !errors.Is(err, chat.Errorf(chat.CodeBadToken, "")) {
				t.Fatalf("another error: %v", err)
			}
			return
		}
		if who.Subject == "" || !who.Expires.After(now()) || who.Expires.Sub(now()) > identity.MaxLifetime+identity.Leeway || len(who.Variables) > identity.MaxVariables {
			t.Fatalf("%s passes as %+v", claims, who)
		}
		if data, err := json.Marshal(who.Variables); err != nil || !json.Valid(data) {
			t.Fatalf("%s has variables that are no JSON: %v", claims, err)
		}
	})
}

// FuzzToken: a token that was not signed with the secret says nothing, whatever it is.
func FuzzToken(f *testing.F) {
	good := byHand(header, claimsWith(""), secret)
	parts := strings.Split(good, ".")
	for _, seed := range []string{
		"", ".", "..", "...", good, good + ".", "." + good, good[:len(good)-2], parts[0] + "." + parts[1] + ".", parts[1] + "." + parts[0] + "." + parts[2],
		"eyJhbGciOiJub25lIn0." + parts[1] + ".", byHand(`{"alg":"HS512"}`, claimsWith(""), secret), byHand(`{"alg":"HS256","crit":["x"]}`, claimsWith(""), secret), byHand(header, claimsWith(""), "another secret of the same length."), strings.Repeat("A", 9000),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		who, err := verify(token)
		switch {
		case err != nil && !errors.Is(err, chat.Errorf(chat.CodeBadToken, "")):
			t.Fatalf("another error: %v", err)
		case err == nil && !strings.HasPrefix(token, parts[0]+"."+parts[1]+"."):
			t.Fatalf("%q passes as %+v", token, who)
		}
		if _, err := identity.Unsigned([]byte(token)); err != nil && !errors.Is(err, chat.Errorf(chat.CodeBadToken, "")) {
			t.Fatalf("another error: %v", err)
		}
	})
}
