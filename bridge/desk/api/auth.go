package api

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
)

// Of each token: how many requests a second it may make, and how many at once.
const (
	requestsPerSecond = 20
	requestsBurst     = 100
)

// tokenBytes is as much as nobody guesses.
const tokenBytes = 32

// tokenMark begins each token, so that programs that look for secrets in code find it.
const tokenMark = "anteroom_"

// token is a program of a site.
type token struct {
	config.APIToken
	pace *rate.Limiter
}

// NewToken makes a token, and the hash that stands in the config in its place.
func NewToken() (secret, hash string) {
	random := make([]byte, tokenBytes)
	_, _ = rand.Read(random) // never fails (crypto/rand)
	secret = tokenMark + base64.RawURLEncoding.EncodeToString(random)
	return secret, hashOf(secret)
}

// hashOf is enough for what is random: nobody can try all of them.
func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return "sha256-" + hex.EncodeToString(sum[:])
}

func tokensOf(cfg *config.Config) map[chat.SiteID]map[string]*token {
	all := map[chat.SiteID]map[string]*token{}
	for id, site := range cfg.Sites {
		all[id] = map[string]*token{}
		for _, t := range site.API.Tokens {
			all[id][t.Hash] = &token{t, rate.NewLimiter(requestsPerSecond, requestsBurst)}
		}
	}
	return all
}

// enter finds out whose request it is. A site that does not exist and one for
// which the token does not count are answered alike.
func (a *API) enter(r *http.Request, scope config.Scope) (*config.Site, *token, error) {
	kind, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(kind, "Bearer") || secret == "" {
		return nil, nil, chat.Errorf(chat.CodeBadToken, "Send the site's token as Authorization: Bearer.")
	}
	id := chat.SiteID(r.PathValue("site"))
	// By its hash, so that the time that it takes tells nothing of another token.
	found, ok := a.tokens[id][hashOf(strings.TrimSpace(secret))]
	if !ok {
		return nil, nil, chat.Errorf(chat.CodeBadToken, "This token opens nothing here.")
	}
	if reserved := found.pace.Reserve(); reserved.Delay() > 0 {
		wait := reserved.Delay()
		reserved.Cancel()
		return nil, nil, chat.Errorf(chat.CodeTooFast, "These are more than %d requests a second.", requestsPerSecond).After(max(wait, time.Millisecond))
	}
	if !slices.Contains(found.Scopes, scope) {
		return nil, nil, chat.Errorf(chat.CodeBadScope, "This needs a token with the scope %s.", scope)
	}
	return a.cfg.Sites[id], found, nil
}
