// Package api is the door for programs: a CRM, a script, the operators' panel. They
// read and change contacts, deals and dialogs of one site over HTTP, a program by a
// token of the config that allows it certain scopes, the panel by the session of an
// operator, who may do all that the site's operators may.
//
// routes.go lists what there is; openapi.yaml describes it for people and
// programs, is served at /api/v1/openapi.yaml, and a test holds both against each
// other. Whatever is done here is what an operator could do in the room: the acts are
// those of package dialog, and a notice in the dialog's room says who did it.
package api

import (
	"context"
	_ "embed" // the description
	"net/http"
	"net/netip"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/quota"
	"github.com/anteroom-chat/anteroom/bridge/router"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Prefix is where all paths begin.
const Prefix = "/api/"

//go:embed openapi.yaml
var description []byte

// Teller is the desk: it says in a dialog's room what was done here, in the same
// transaction. That a contact was erased it says in the site's desk.
type Teller interface {
	ToldByAPI(ctx context.Context, site *config.Site, v store.Visitor, did Act) error
	// Export is all that is known of a visitor, as "!export" has it too.
	Export(ctx context.Context, site *config.Site, v store.Visitor) (*dialog.Attachment, error)
}

// Act is what was done here that operators should know of.
type Act struct {
	// Origin names it for ever; the same is told once.
	Origin string
	// By is the name of the program's token, or the operator's user id.
	By string
	// Panel is true where an operator did it, in the panel.
	Panel bool
	What  Deed
	// To is the operator who was given the dialog, or what the bot was told to run.
	To string
	// Until is when the bot speaks again; zero for when the dialog is closed.
	Until time.Time
}

// Deed is what was done.
type Deed string

// The deeds.
const (
	Opened    Deed = "opened"
	Closed    Deed = "closed"
	Assigned  Deed = "assigned"
	Freed     Deed = "freed"
	Blocked   Deed = "blocked"
	Unblocked Deed = "unblocked"
	Silenced  Deed = "silenced"
	Unsilent  Deed = "unsilenced"
	Ran       Deed = "ran"

	Continued        Deed = "continued"
	Handed           Deed = "handed"
	SpokeAsBot       Deed = "spoke"
	BlockedAddress   Deed = "blocked_address"
	UnblockedAddress Deed = "unblocked_address"
	Erased           Deed = "erased"
)

// Sessions knows the operators who are signed in to the panel.
type Sessions interface {
	// Enter returns whose session of that secret a request comes by. It refuses with
	// CodeBadSession a secret of no session, or of one that has ended, and with
	// CodeBadOrigin a request of another page than the panel's.
	Enter(ctx context.Context, r *http.Request, secret string) (id.UserID, error)
}

// API serves programs and the panel. It is safe for concurrent use.
type API struct {
	store  *store.Store
	dialog *dialog.Service
	cfg    *config.Config
	log    zerolog.Logger
	tell   Teller
	tokens map[chat.SiteID]map[string]*principal
	signed Sessions
	paces  *paces
	// address tells where a request comes from; guesses counts there what opens nothing.
	address func(*http.Request) netip.Addr
	guesses *quota.Addresses
	mux     *router.Router
}

// New makes the API of all sites. address tells where a request comes from, as limits count it.
func New(cfg *config.Config, s *store.Store, d *dialog.Service, tell Teller, signed Sessions, address func(*http.Request) netip.Addr, log zerolog.Logger) *API {
	a := &API{
		store: s, dialog: d, cfg: cfg, log: log, tell: tell, tokens: tokensOf(cfg), signed: signed, paces: newPaces(), mux: router.New(),
		address: address, guesses: quota.NewAddresses(guessesPerSecond, guessesBurst),
	}
	for _, r := range routes() {
		a.mux.Handle(r.method+" "+r.path, a.serve(r))
	}
	a.mux.HandleFunc("GET /api/v1/openapi.yaml", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/yaml")
		_, _ = w.Write(description) // who does not take it has it not
	})
	a.mux.Rest(Prefix, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.refuse(w, r, a.unrouted(r))
	}))
	return a
}

// Handler serves all paths below Prefix.
func (a *API) Handler() http.Handler { return a.mux }

// unrouted says whether the path or only the method does not exist.
func (a *API) unrouted(r *http.Request) error {
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := a.mux.Handler(other); pattern != Prefix {
			return chat.Errorf(chat.CodeBadMethod, "This path cannot be asked for by %s.", r.Method)
		}
	}
	return chat.Errorf(chat.CodeNotFound, "There is nothing at this path.")
}
