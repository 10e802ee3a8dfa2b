package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bridge/config"
)

// What breaks off in its middle is no whole answer for whom it is for.
func TestAStreamThatBreaksOffIsCut(t *testing.T) {
	secret, hash := NewToken()
	cfg := config.Default()
	site := config.DefaultSite("shop")
	site.API.Tokens = []config.APIToken{{Name: "CRM", Hash: hash, Scopes: []config.Scope{config.ContactsExport}}}
	cfg.Sites["shop"] = site
	a := New(cfg, nil, nil, nil, zerolog.Nop())
	for _, fails := range []error{nil, errors.New("the disk is full")} {
		mux := http.NewServeMux()
		mux.Handle("GET /{site}", a.serve(route{scope: config.ContactsExport, run: func(*API, context.Context, request) (reply, error) {
			return ok(stream{name: "visitor-1.json", mediaType: "application/json", write: func(w io.Writer) error {
				for range 1000 {
					if _, err := fmt.Fprint(w, `{"some":"words that take some room"}`); err != nil {
						return err
					}
				}
				return fails
			}}), nil
		}}))
		server := httptest.NewServer(mux)
		defer server.Close()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/shop", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+secret)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK || len(text) < 1000 || (err != nil) != (fails != nil) {
			t.Errorf("with %v there came %d with %d bytes and %v", fails, response.StatusCode, len(text), err)
		}
	}
}
