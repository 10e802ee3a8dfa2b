package api

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
)

// Of each token, and of each operator in the panel: how many requests a second it may make, and how many at once.
const (
	requestsPerSecond = 20
	requestsBurst     = 100
)

// Of one address: how many secrets a second it may try that open nothing, and how many at
// once. Nobody guesses one; but each is looked up.
const (
	guessesPerSecond = 1
	guessesBurst     = 300
)

// tokenBytes is as much as nobody guesses.
const tokenBytes = 32

// tokenMark begins each token, so that programs that look for secrets in code find it.
const tokenMark = "anteroom_"

// SessionMark begins the secret of each session of the panel, and no token.
const SessionMark = "anteroom_session_"

// principal is who asks: a program by its token, or an operator by a session of the panel.
type principal struct {
	// name stands in keys of requests: a token's name, or the operator's user id,
	// which no token can have as its name.
	name string
	// operator is who is signed in to the panel; empty for a program.
	operator id.UserID
	// scopes are what it may do; an operator may do everything.
	scopes []config.Scope
	pace   *rate.Limiter
}

func (p *principal) may(scope config.Scope) bool {
	return p.operator != "" || slices.Contains(p.scopes, scope)
}

// by is who did it, as histories say.
func (p *principal) by() string {
	if p.operator != "" {
		return string(p.operator)
	}
	return p.name + " (API)"
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

func tokensOf(cfg *config.Config) map[chat.SiteID]map[string]*principal {
	all := map[chat.SiteID]map[string]*principal{}
	for name, site := range cfg.Sites {
		all[name] = map[string]*principal{}
		for _, t := range site.API.Tokens {
			all[name][t.Hash] = &principal{name: t.Name, scopes: t.Scopes, pace: newPace()}
		}
	}
	return all
}

func newPace() *rate.Limiter { return rate.NewLimiter(requestsPerSecond, requestsBurst) }

// paces hold operators who are signed in to the pace of a program each, however many
// sessions one has. There are as many as operators in the config at most.
type paces struct {
	mu sync.Mutex
	by map[id.UserID]*rate.Limiter
}

func newPaces() *paces { return &paces{by: map[id.UserID]*rate.Limiter{}} }

func (p *paces) of(operator id.UserID) *rate.Limiter {
	p.mu.Lock()
	defer p.mu.Unlock()
	found := p.by[operator]
	if found == nil {
		found = newPace()
		p.by[operator] = found
	}
	return found
}

// enter finds out whose request it is. A site that does not exist and one for
// which the token or the session does not count are answered alike.
func (a *API) enter(r *http.Request, scope config.Scope) (*config.Site, *principal, error) {
	secret, ok := Bearer(r)
	if !ok {
		return nil, nil, chat.Errorf(chat.CodeBadToken, "Send the site's token as Authorization: Bearer.")
	}
	right, wait := a.guesses.Take(a.address(r), time.Now())
	if wait > 0 {
		return nil, nil, chat.Errorf(chat.CodeTooFast, "Too many tokens and sessions were tried from here that open nothing.").After(max(wait, time.Millisecond))
	}
	who, err := a.principal(r, secret)
	if err != nil {
		return nil, nil, err
	}
	right()
	if reserved := who.pace.Reserve(); reserved.Delay() > 0 {
		wait := reserved.Delay()
		reserved.Cancel()
		return nil, nil, chat.Errorf(chat.CodeTooFast, "These are more than %d requests a second.", requestsPerSecond).After(max(wait, time.Millisecond))
	}
	if !who.may(scope) {
		return nil, nil, chat.Errorf(chat.CodeBadScope, "This needs a token with the scope %s.", scope)
	}
	return a.cfg.Sites[chat.SiteID(r.PathValue("site"))], who, nil
}

// Bearer is the secret that a request carries, if it carries one (RFC 6750 section 2.1).
func Bearer(r *http.Request) (secret string, ok bool) {
	kind, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	secret = strings.TrimSpace(secret)
	return secret, strings.EqualFold(kind, "Bearer") && secret != ""
}

// principal is who has that secret, as far as it counts for the site of the path.
func (a *API) principal(r *http.Request, secret string) (*principal, error) {
	site := chat.SiteID(r.PathValue("site"))
	if !strings.HasPrefix(secret, SessionMark) {
		// By its hash, so that the time that it takes tells nothing of another token.
		found, ok := a.tokens[site][hashOf(secret)]
		if !ok {
			return nil, chat.Errorf(chat.CodeBadToken, "This token opens nothing here.")
		}
		return found, nil
	}
	operator, err := a.signed.Enter(r.Context(), r, secret)
	if err != nil {
		return nil, err
	}
	if !OpenTo(a.cfg.Sites[site], operator) {
		return nil, chat.Errorf(chat.CodeNotOperator, "You are no operator of such a site.")
	}
	return &principal{name: string(operator), operator: operator, pace: a.paces.of(operator)}, nil
}

// OpenTo reports whether a site, nil for one that there is not, has a panel for a user.
func OpenTo(site *config.Site, user id.UserID) bool {
	return site != nil && site.Panel.Enabled && site.IsOperator(user)
}
