// Package shop is the demo's website: a small shop for ceramics, in English
// and Russian, that carries the chat as any site owner's pages would: by one
// script tag and two lines of a strict Content-Security-Policy. Beside it stand
// the pages of its neighbours, a clinic and a software company.
//
// It is served from an origin of its own, so that whatever browsers refuse
// between origins is seen in the demo and not first at a site owner's.
package shop

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"time"
)

//go:embed pages/*.html
var pageFiles embed.FS

//go:embed static
var staticFiles embed.FS

// Shop serves the pages.
type Shop struct {
	publicURL string
	// site and secret are those of the chat's signed identities.
	site, secret string
	policy       string
	pages        map[string]*template.Template
	words        map[string]text
	goods        []Product
	glazes       []Glaze
	mux          *http.ServeMux
}

// New makes the shop. Its pages load the chat of the site from the bridge's
// public URL, which has no slash at the end. The secret signs who its customer is.
func New(publicURL, site, secret string) (*Shop, error) {
	policy, err := contentSecurityPolicy(publicURL)
	if err != nil {
		return nil, fmt.Errorf("shop: public URL %q: %w", publicURL, err)
	}
	s := &Shop{
		publicURL: publicURL,
		site:      site,
		secret:    secret,
		policy:    policy,
		words:     words(),
		goods:     goods(),
		glazes:    glazes(),
		mux:       http.NewServeMux(),
	}
	if s.pages, err = parsePages(); err != nil {
		return nil, fmt.Errorf("shop: %w", err)
	}
	static, err := fs.Sub(staticFiles, "static")
	if err != nil {
		return nil, fmt.Errorf("shop: %w", err)
	}
	s.mux.Handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(static)))
	s.mux.HandleFunc("GET /api/orders/{number}", orderStatus)
	s.mux.HandleFunc("GET /docs/{page...}", guides)
	s.mux.HandleFunc("POST /sign-in", signIn)
	s.mux.HandleFunc("POST /sign-out", signOut)
	for _, language := range []Language{English, Russian} {
		s.route(language, "/{$}", "home")
		s.route(language, "/products", "products")
		s.route(language, "/products/{product}", "product")
		s.route(language, "/gallery", "gallery")
		s.route(language, "/gallery/{glaze}", "gallery")
		s.route(language, "/delivery", "delivery")
		s.route(language, "/contact", "contact")
		s.route(language, "/cart", "cart")
		s.route(language, "/"+Clinic, Clinic)
		s.route(language, "/"+Software, Software)
		s.mux.Handle("GET "+language.prefix()+"/", s.page(language, "missing"))
	}
	return s, nil
}

func (s *Shop) route(language Language, path, name string) {
	s.mux.Handle("GET "+language.prefix()+path, s.page(language, name))
}

// ServeHTTP puts the headers of a careful site on every answer.
func (s *Shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", s.policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
	h.Set("Cache-Control", "no-cache")
	s.mux.ServeHTTP(w, r)
}

// contentSecurityPolicy is what the README tells site owners to send: nothing
// but their own files, and the chat's origin where the chat needs it.
func contentSecurityPolicy(publicURL string) (string, error) {
	u, err := url.Parse(publicURL)
	if err != nil {
		return "", err
	}
	if u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return "", fmt.Errorf("not an http or https URL")
	}
	chat := u.Scheme + "://" + u.Host
	sockets := "ws" + strings.TrimPrefix(u.Scheme, "http") + "://" + u.Host
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'self' " + chat,
		"connect-src " + chat + " " + sockets,
		"img-src 'self' " + chat + "",
		"media-src " + chat + "",
		"style-src 'self'",
		"base-uri 'none'",
		"form-action 'self'",
		"frame-ancestors 'none'",
	}, "; "), nil
}

func parsePages() (map[string]*template.Template, error) {
	// Placeholders: view.bind puts the language's own in their place.
	layout, err := template.New("layout").Funcs((&view{}).functions()).ParseFS(pageFiles, "pages/layout.html", "pages/art.html")
	if err != nil {
		return nil, err
	}
	pages := map[string]*template.Template{}
	for _, name := range []string{"home", "products", "product", "gallery", "delivery", "contact", "cart", "missing"} {
		page, err := layout.Clone()
		if err != nil {
			return nil, err
		}
		if pages[name], err = page.ParseFS(pageFiles, "pages/"+name+".html"); err != nil {
			return nil, err
		}
	}
	return pages, parseNeighbours(pages)
}

func (s *Shop) page(language Language, name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status := http.StatusOK
		v := s.view(language, name, r)
		if v.Name == "missing" {
			status = http.StatusNotFound
		}
		var body bytes.Buffer
		page, err := s.pages[v.Name].Clone()
		if err == nil && isSignedIn(r) {
			v.Token, err = s.token(v.words["account.name"].in(language), time.Now())
		}
		if err == nil {
			err = page.Funcs(v.functions()).ExecuteTemplate(&body, "layout", v)
		}
		if err != nil {
			http.Error(w, "the page could not be made: "+err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		_, _ = w.Write(body.Bytes()) // the browser may have left
	})
}
