// Package identity checks the tokens with which a site says who of its own
// users sits before the chat. The site's server makes the token, its page hands
// it to the widget, and the gateway believes it because it is signed with a
// secret that only that server and the bridge's config have.
//
// A token is a JWT (RFC 7519) signed with HS256. In the words of no language:
//
//	now   = seconds since 1970                    // not milliseconds
//	token = jwt_sign(algorithm: "HS256",
//	                 key:       IDENTITY_SECRET,  // its characters as they stand in the config
//	                 claims: {
//	  sub: "4711",                                // required: the user's id, for ever the same
//	  aud: "shop",                                // required: the site's id in the config
//	  iat: now,                                   // required
//	  exp: now + 3600,                            // required: at most 24 hours ahead
//	  name: "Anna Berg", email: "anna@example.com", phone: "+49 30 1234567", locale: "de-DE",
//	  variables: {plan: "gold", orders: 12, vip: true},
//	})
//
// Make it for each page on the server, for the user who is signed in there, and
// never let a page choose the claims. Claims that are not named here are ignored.
package identity

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
)

// The limits of a token. Characters are Unicode code points.
const (
	MaxToken    = 8 << 10        // of the whole token, in bytes
	MaxLifetime = 24 * time.Hour // from now to exp
	// Leeway is how far the clocks of the site and of the bridge may differ: for
	// iat, nbf and MaxLifetime. An expired token has none.
	Leeway = time.Minute

	MaxSubject   = 255  // characters of sub
	MaxName      = 100  // characters of name
	MaxEmail     = 254  // characters of email (RFC 5321 section 4.5.3.1.3)
	MaxPhone     = 40   // characters of phone
	MaxLocale    = 35   // characters of locale (RFC 5646 section 4.4.1)
	MaxVariables = 50   // how many variables
	MaxKey       = 64   // characters of a variable's key
	MaxValue     = 1000 // characters of a variable's value

	// MinSecret is the shortest secret, in bytes (RFC 7518 section 3.2).
	MinSecret = 32
)

// Identity is what a site says about one of its users. Every text is clean, one
// line, and empty if the site did not say it.
type Identity struct {
	// Subject is the user's id at the site. It is taken exactly as the site wrote
	// it, and equal ones are the same person.
	Subject string
	Name    string
	Email   string
	Phone   string
	// Locale is a language tag in its usual form, such as "pt-BR" (BCP 47).
	Locale string
	// Variables are what else the site says; nil if nothing. A key begins with a
	// letter and goes on with letters, digits and _.
	Variables map[string]Value

	Issued, Expires time.Time
}

// Kind is the type of a variable's value.
type Kind string

// The kinds.
const (
	Text   Kind = "text"
	Number Kind = "number"
	Truth  Kind = "bool"
)

// Value is the value of a variable.
type Value struct {
	Kind Kind
	// Text is the value as people read it: the clean text, the number in the
	// digits that the site wrote, "true" or "false".
	Text string
}

// MarshalJSON writes the value as the JSON type that the site gave it.
func (v Value) MarshalJSON() ([]byte, error) {
	if v.Kind == Text {
		return json.Marshal(v.Text)
	}
	return []byte(v.Text), nil
}

// CheckSecret says what is wrong with a site's secret, never the secret itself;
// nil if it may be used. The config asks it, and Verify too.
func CheckSecret(secret []byte) error {
	if len(secret) < MinSecret {
		return fmt.Errorf("a secret of %d bytes can be guessed: use at least %d, such as \"openssl rand -hex 32\" makes", len(secret), MinSecret)
	}
	return nil
}

// Verify returns whom the site's token stands for. Any error is a *chat.Error
// with chat.CodeBadToken, whose text tells the site's developer what is wrong
// with the token. What the token claims is read only after its signature holds.
func Verify(token string, site chat.SiteID, secret []byte, now time.Time) (Identity, error) {
	if CheckSecret(secret) != nil {
		// An empty key would let anybody sign.
		return Identity{}, refuse("The bridge's config has no secret of this site, so no token can be checked.")
	}
	if len(token) > MaxToken {
		return Identity{}, refuse("The token has %d bytes; it may have %d.", len(token), MaxToken)
	}
	payload, err := open(token, secret)
	if err != nil {
		return Identity{}, err
	}
	claims, err := readClaims("token", payload)
	if err != nil {
		return Identity{}, err
	}
	return claims.identity(site, now)
}

// Unsigned returns what a page says of its visitor without a token, which
// anybody at the browser could have made it say: a JSON object with name, email,
// phone, locale and variables. It has no subject. Errors are as Verify's.
func Unsigned(said []byte) (who Identity, err error) {
	if len(said) > MaxToken {
		return Identity{}, refuse("The identity has %d bytes; it may have %d.", len(said), MaxToken)
	}
	c, err := readClaims("identity", said)
	if err != nil {
		return Identity{}, err
	}
	if err := c.profile(&who); err != nil {
		return Identity{}, err
	}
	return who, nil
}

func refuse(format string, args ...any) *chat.Error {
	return chat.Errorf(chat.CodeBadToken, format, args...)
}

// payload is the claims as they are written. They are read by readClaims and not
// by encoding/json alone, which takes the last of two equal claims, and "SUB" for "sub".
type payload struct {
	jwt.RegisteredClaims

	raw []byte
}

// UnmarshalJSON keeps what it gets.
func (p *payload) UnmarshalJSON(raw []byte) error {
	p.raw = append([]byte(nil), raw...)
	return nil
}

// open returns the claims of a token whose signature holds.
func open(token string, secret []byte) ([]byte, error) {
	var claims payload
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithStrictDecoding(),
		// The library has no limits for the times and fewer words for what is wrong.
		jwt.WithoutClaimsValidation(),
	)
	parsed, err := parser.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return secret, nil })
	if err == nil {
		if _, critical := parsed.Header["crit"]; critical {
			// RFC 7515 section 4.1.11: whoever does not know these must refuse the token.
			return nil, refuse("The token's header has extensions (crit) that the bridge does not know.")
		}
		return claims.raw, nil
	}
	if errors.Is(err, jwt.ErrTokenMalformed) {
		return nil, refuse("The token is not a JWT: it must be three parts of base64url with dots between, and the first two JSON objects.")
	}
	alg, _ := parsed.Header["alg"].(string)
	if alg != jwt.SigningMethodHS256.Alg() {
		return nil, refuse("The token's alg is %q; sign it with HS256.", plain.Line(alg, 20))
	}
	return nil, refuse("The token's signature does not hold: sign it with the identity secret that this site has in the bridge's config, as it stands there.")
}
