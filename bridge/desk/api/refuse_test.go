package api_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bridge/desk/api"
)

// A fault of the bridge is logged and answered; a request that its browser has given up
// ends with an error too, which is none.
func TestOnlyFaultsAreLogged(t *testing.T) {
	gone, leave := context.WithCancel(t.Context())
	leave()
	for _, c := range []struct {
		ctx    context.Context //nolint:containedctx // of the request that is made
		err    error
		logged bool
	}{
		{t.Context(), errors.New("the disk is full"), true},
		{gone, context.Canceled, false},
	} {
		var log bytes.Buffer
		to := httptest.NewRecorder()
		api.Refuse(to, httptest.NewRequestWithContext(c.ctx, http.MethodGet, "/", nil), c.err, zerolog.New(&log))
		if got := log.Len() > 0; got != c.logged {
			t.Errorf("%v is logged: %t (%s)", c.err, got, log.String())
		}
		if c.logged && to.Code != http.StatusServiceUnavailable {
			t.Errorf("%v is answered %d", c.err, to.Code)
		}
	}
}
