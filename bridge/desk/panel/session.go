package panel

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/time/rate"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/desk/api"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

const (
	// secretBytes is as much as nobody guesses.
	secretBytes = 32
	// UnusedFor is how long a session lives that nobody uses.
	UnusedFor = 8 * time.Hour
	// LivesFor is the longest that any session lives.
	LivesFor = 7 * 24 * time.Hour
	// LinkFor is how long a link can be followed.
	LinkFor = 10 * time.Minute
	// noteEvery is how exactly it is known when a session was used.
	noteEvery = 5 * time.Minute
	// sessionsOfOne are the sessions that one operator has, the newest: browsers in
	// which nobody signs out leave some behind.
	sessionsOfOne = 50
)

func perMinute(n int) rate.Limit { return rate.Limit(float64(n) / time.Minute.Seconds()) }

func newSecret(mark string) string {
	random := make([]byte, secretBytes)
	_, _ = rand.Read(random) // never fails (crypto/rand)
	return mark + base64.RawURLEncoding.EncodeToString(random)
}

// hashOf is enough for what is random: nobody can try all of them.
func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// signInRequest holds a link, or a token and a site.
type signInRequest struct {
	Link   string      `json:"link"`
	OpenID openIDToken `json:"openid"`
	Site   chat.SiteID `json:"site"`
}

// session is what who signs in is answered.
type session struct {
	Session   string    `json:"session"`
	Operator  id.UserID `json:"operator"`
	ExpiresAt time.Time `json:"expires_at"`
}

func (p *Panel) signIn(r *http.Request) (int, any, error) {
	if _, wait := p.signIns.Take(p.address(r), p.now()); wait > 0 {
		return 0, nil, tooManyTries("in", wait)
	}
	var asked signInRequest
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		return 0, nil, chat.Errorf(chat.CodeBadRequest, "The body must be JSON with a “link”, or with “openid” and “site”.")
	}
	site, operator, err := p.whoAsks(r.Context(), asked)
	if err != nil {
		return 0, nil, err
	}
	if !api.OpenTo(p.cfg.Sites[site], operator) {
		return 0, nil, chat.Errorf(chat.CodeNotOperator, "You are no operator of such a site.")
	}
	secret, at := newSecret(api.SessionMark), p.now()
	made := store.PanelSession{Hash: hashOf(secret), Operator: operator, Origin: p.origin, CreatedAt: at, UsedAt: at, ExpiresAt: at.Add(LivesFor)}
	if err := p.store.AddPanelSession(r.Context(), made, sessionsOfOne); err != nil {
		return 0, nil, err
	}
	p.log.Info().Stringer("operator", operator).Str(trail.Site, string(site)).Bool("by_link", asked.Link != "").Msg("An operator signed in to the panel")
	return http.StatusCreated, session{secret, operator, made.ExpiresAt.UTC()}, nil
}

func tooManyTries(to string, wait time.Duration) error {
	return chat.Errorf(chat.CodeTooFast, "There were too many tries to sign %s from here.", to).After(max(wait, time.Millisecond))
}

// whoAsks finds out who signs in, and to which site's panel.
func (p *Panel) whoAsks(ctx context.Context, asked signInRequest) (chat.SiteID, id.UserID, error) {
	if asked.Link == "" {
		operator, err := p.openID.confirm(ctx, asked.OpenID)
		return asked.Site, operator, err
	}
	site, operator, err := p.store.TakePanelLink(ctx, hashOf(asked.Link), p.now())
	if errors.Is(err, store.ErrNotFound) {
		err = chat.Errorf(chat.CodeBadLink, "The link was used already, is too old, or there is a newer one. Write !panel for another.")
	}
	return site, operator, err
}

// Link makes the link by which an operator signs in to a site's panel once, within
// LinkFor; the one before works no more. It names the operator, so that the page can
// ask before it signs somebody in as another, and a contact where it is to open at one.
func (p *Panel) Link(ctx context.Context, site *config.Site, operator id.UserID, contact chat.VisitorID) (link string, lasts time.Duration, err error) {
	secret := newSecret("")
	if err := p.store.SetPanelLink(ctx, site.ID, operator, hashOf(secret), p.now().Add(LinkFor)); err != nil {
		return "", 0, err
	}
	// In the fragment, which browsers send to nobody and servers do not write down.
	fragment := url.Values{"link": {secret}, "as": {string(operator)}}
	if contact != "" {
		fragment.Set("contact", string(contact))
	}
	return strings.TrimSuffix(p.cfg.Gateway.PublicURL, "/") + Prefix + url.PathEscape(string(site.ID)) + "#" + fragment.Encode(), LinkFor, nil
}

// Enter returns whose session of that secret a request comes by, see api.Sessions.
func (p *Panel) Enter(ctx context.Context, r *http.Request, secret string) (id.UserID, error) {
	if err := p.sameOrigin(r); err != nil {
		return "", err
	}
	found, err := p.session(ctx, hashOf(secret))
	return found.Operator, err
}

// session returns a session that has not ended, and notes that it is used.
func (p *Panel) session(ctx context.Context, hash string) (store.PanelSession, error) {
	found, err := p.store.PanelSession(ctx, hash)
	at := p.now()
	switch {
	case errors.Is(err, store.ErrNotFound),
		err == nil && (!at.Before(found.ExpiresAt) || at.Sub(found.UsedAt) >= UnusedFor || found.Origin != p.origin):
		return store.PanelSession{}, chat.Errorf(chat.CodeBadSession, "You are not signed in any more.")
	case err != nil:
		return store.PanelSession{}, err
	case at.Sub(found.UsedAt) >= noteEvery:
		err = p.store.UsedPanelSession(ctx, hash, at)
	}
	return found, err
}

func (p *Panel) signOut(r *http.Request) (int, any, error) {
	secret, ok := api.Bearer(r)
	if !ok {
		return 0, nil, chat.Errorf(chat.CodeBadSession, "Send the session as Authorization: Bearer.")
	}
	right, wait := p.signOuts.Take(p.address(r), p.now())
	if wait > 0 {
		return 0, nil, tooManyTries("out", wait)
	}
	hash := hashOf(secret)
	if _, err := p.session(r.Context(), hash); err != nil {
		return 0, nil, err
	}
	right() // it was no guess
	if err := p.store.EndPanelSession(r.Context(), hash); err != nil {
		return 0, nil, err
	}
	p.live.end(hash, chat.Errorf(chat.CodeBadSession, "You have signed out."))
	return http.StatusNoContent, nil, nil
}

// Sweep removes the sessions and links that have ended, and the sessions of users for
// whom no site has a panel any more. It is run from time to time.
func (p *Panel) Sweep(ctx context.Context) error {
	at := p.now()
	return p.store.SweepPanel(ctx, at, at.Add(-UnusedFor), p.mayEnter)
}

// mayEnter reports whether any site has a panel for a user.
func (p *Panel) mayEnter(user id.UserID) bool {
	for _, site := range p.cfg.Sites {
		if api.OpenTo(site, user) {
			return true
		}
	}
	return false
}
