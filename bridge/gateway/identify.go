package gateway

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/gateway/identity"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// serveIdentify is told who sits before a browser, and gives the session with
// which the browser goes on.
func (g *Gateway) serveIdentify(w http.ResponseWriter, r *http.Request) error {
	var said wire.Identify
	site, err := g.readPost(w, r, &said)
	if err != nil {
		return err
	}
	p, err := person(site, &said, time.Now())
	if err != nil {
		return err
	}
	if _, err := g.admitAddress(r.Context(), site.ID, g.callerOf(r)); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	if said.Secret == "" && said.Token != "" { // it is good; nobody sits there yet
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	if p.Subject != "" {
		if err := g.countSession(r, site.ID, said.Secret, p.Subject); err != nil {
			return err
		}
	}
	p.Agreed = said.Consent
	pass, err := g.dialog.Identify(r.Context(), site.ID, said.Secret, p)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, wire.Identified{Secret: pass.Secret, Session: pass.Session})
}

// countSession counts the session that is made for a signed-in user, as a new visitor's is,
// unless the browser has one.
func (g *Gateway) countSession(r *http.Request, site chat.SiteID, secret, subject string) error {
	has, err := g.dialog.IsSignedIn(r.Context(), site, secret, subject)
	if err != nil || has {
		return err
	}
	address := g.Address(r)
	if _, wait := g.limits.sessions.Take(address, time.Now()); wait > 0 {
		return g.crowded(address, tooFast("Too many users sign in from this address.", wait))
	}
	return nil
}

// serveSignOut ends a session.
func (g *Gateway) serveSignOut(w http.ResponseWriter, r *http.Request) error {
	var said wire.SignOut
	site, err := g.readPost(w, r, &said)
	if err != nil {
		return err
	}
	if err := g.dialog.SignOut(r.Context(), site.ID, said.Secret, said.Session); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// readPost reads a small body of a page that may talk to the site. It counts as a hello.
func (g *Gateway) readPost(w http.ResponseWriter, r *http.Request, body any) (*config.Site, error) {
	site, err := g.admit(w, r)
	if err != nil {
		return nil, err
	}
	if g.isClosing() {
		return nil, restarting()
	}
	address := g.Address(r)
	if _, wait := g.limits.hellos.Take(address, time.Now()); wait > 0 {
		return nil, tooFast("Too many connections are opened from here.", wait)
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(bodyWithin))
	limit := int64(g.cfg.Gateway.Limits.FrameBytes)
	data, taken, err := g.limits.bodies.readAll(address, http.MaxBytesReader(w, r.Body, limit), limit)
	defer g.limits.bodies.Release(address, taken)
	if err != nil {
		return nil, bodyError(err, limit)
	}
	// The server reads on, to notice that the visitor left: the body's deadline would end
	// a long answer.
	_ = control.SetReadDeadline(time.Time{})
	if err := json.Unmarshal(data, body); err != nil {
		return nil, chat.Errorf(chat.CodeBadFrame, "The body is not JSON of the right form.")
	}
	return site, nil
}

// person is whom the token stands for, or without one whom the page names.
func person(site *config.Site, said *wire.Identify, now time.Time) (p dialog.Person, err error) {
	var who identity.Identity
	if said.Token != "" {
		who, err = identity.Verify(said.Token, site.ID, []byte(site.Identity.Secret), now)
	} else {
		who, err = identity.Unsigned(said.Person)
	}
	if err != nil {
		return dialog.Person{}, err
	}
	return dialog.Person{Subject: who.Subject, Name: who.Name, Variables: variables(who)}, nil
}

// variables are what an identity says beside subject and name.
func variables(who identity.Identity) []store.Variable {
	found := make([]store.Variable, 0, len(who.Variables)+3)
	for _, own := range []store.Variable{{Name: "email", Value: who.Email}, {Name: "phone", Value: who.Phone}, {Name: "locale", Value: who.Locale}} {
		if _, named := who.Variables[own.Name]; own.Value != "" && !named {
			found = append(found, own)
		}
	}
	for name, value := range who.Variables {
		found = append(found, store.Variable{Name: name, Value: value.Text})
	}
	return found
}
