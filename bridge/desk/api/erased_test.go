package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/desk"
	"github.com/anteroom-chat/anteroom/bridge/desk/api"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// erasing is a desk before which a contact is erased whenever it is asked for one.
type erasing struct {
	*desk.Desk
	erase func(ctx context.Context, v store.Visitor) error
}

func (e erasing) Export(ctx context.Context, site *config.Site, v store.Visitor) (*dialog.Attachment, error) {
	if err := e.erase(ctx, v); err != nil {
		return nil, err
	}
	return e.Desk.Export(ctx, site, v)
}

// A contact that is erased while a request of it is served is one that the site has not:
// nothing is wrong here, and asking again is in vain.
func TestAContactThatIsErasedMeanwhileIsUnknown(t *testing.T) {
	h := start(t)
	cfg := config.Default()
	cfg.Sites["shop"] = h.site
	var logged strings.Builder
	teller := erasing{h.desk, func(ctx context.Context, v store.Visitor) error {
		return h.Erase(ctx, v.ID, "@ann:example.org", func(context.Context, store.Visitor) error { return nil })
	}}
	server := httptest.NewServer(api.New(cfg, h.store, h.Service, teller, h.panel, nowhere, zerolog.New(&logged)).Handler())
	t.Cleanup(server.Close)
	h.url = server.URL
	h.ask(t, h.tokens["all"], http.MethodGet, "/contacts/"+string(h.ann)+"/export", "").wants(t, http.StatusNotFound, "code", "unknown_contact")
	server.Close() // what it logs is there
	if logged.Len() > 0 {
		t.Errorf("it is logged as a failure: %s", logged.String())
	}
}
