package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bridge/config"
)

// Who asks for the head alone reads like who asks for all: nothing is written, in the
// database neither, and a long answer is not made.
func TestAHeadIsReadAndNotWritten(t *testing.T) {
	secret, hash := NewToken()
	cfg := config.Default()
	site := config.DefaultSite("shop")
	site.API.Tokens = []config.APIToken{{Name: "CRM", Hash: hash, Scopes: []config.Scope{config.ContactsExport}}}
	cfg.Sites["shop"] = site
	a := New(cfg, nil, nil, nil, nil, nowhere, zerolog.Nop()) // without a store: who writes fails
	mux, made := http.NewServeMux(), false
	serve := func(pattern string, answer any) {
		mux.Handle(pattern, a.serve(route{scope: config.ContactsExport, run: func(*API, context.Context, request) (reply, error) { return ok(answer), nil }}))
	}
	serve("GET /{site}", map[string]int{"n": 1})
	serve("GET /{site}/file", stream{name: "visitor-1.json", mediaType: "application/json", write: func(io.Writer) error {
		made = true
		return nil
	}})
	server := httptest.NewServer(mux)
	defer server.Close()
	for _, path := range []string{"/shop", "/shop/file"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodHead, server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+secret)
		r.Header.Set("Idempotency-Key", "k")
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s is answered %d, %v", path, response.StatusCode, response.Header)
		}
	}
	if made {
		t.Error("the file was made")
	}
}

// What breaks off in its middle is no whole answer for whom it is for.
func TestAStreamThatBreaksOffIsCut(t *testing.T) {
	secret, hash := NewToken()
	cfg := config.Default()
	site := config.DefaultSite("shop")
	site.API.Tokens = []config.APIToken{{Name: "CRM", Hash: hash, Scopes: []config.Scope{config.ContactsExport}}}
	cfg.Sites["shop"] = site
	a := New(cfg, nil, nil, nil, nil, nowhere, zerolog.Nop())
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

// nowhere is where requests of tests come from.
func nowhere(*http.Request) netip.Addr { return netip.Addr{} }
