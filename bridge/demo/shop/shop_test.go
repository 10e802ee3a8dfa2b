package shop_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/demo/shop"
)

const (
	publicURL = "http://127.0.0.1:18002"
	secret    = "0123456789abcdef0123456789abcdef"
)

func serve(t *testing.T) *httptest.Server {
	t.Helper()
	s, err := shop.New(publicURL, "shop", secret)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return server
}

type answer struct {
	status int
	header http.Header
	body   string
}

func get(t *testing.T, url string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(body)}
}

var (
	links  = regexp.MustCompile(`(?:href|src)="([^"#]+)"`)
	inline = regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=|<script(?:\s[^>]*)?>[^<]`)
)

// Every page that a link leads to answers, in its language, with the policy
// and without anything that the policy would refuse.
func TestEveryPage(t *testing.T) {
	server := serve(t)
	queue, seen := []string{"/", "/ru/"}, map[string]bool{"/": true, "/ru/": true}
	pages := 0
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		got := get(t, server.URL+path)
		body := got.body
		if got.status != http.StatusOK {
			t.Errorf("%s answers %d", path, got.status)
			continue
		}
		if policy := got.header.Get("Content-Security-Policy"); policy != wantPolicy {
			t.Errorf("%s has the policy\n%s\nwant\n%s", path, policy, wantPolicy)
		}
		if !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
			continue
		}
		pages++
		language := "en"
		if strings.HasPrefix(path, "/ru/") {
			language = "ru"
		}
		if !strings.Contains(body, `<html lang="`+language+`">`) {
			t.Errorf("%s does not say lang=%q", path, language)
		}
		site := "shop"
		if page := strings.TrimPrefix(path, "/ru"); page == "/clinic" || page == "/software" {
			site = page[1:]
		}
		if !strings.Contains(body, `<script async src="`+publicURL+`/widget/`+site+`.js"></script>`) {
			t.Errorf("%s does not load the chat", path)
		}
		if found := inline.FindString(body); found != "" {
			t.Errorf("%s has %q, which its own policy refuses", path, found)
		}
		for _, link := range links.FindAllStringSubmatch(body, -1) {
			if target := link[1]; strings.HasPrefix(target, "/") && !seen[target] {
				seen[target] = true
				queue = append(queue, target)
			}
		}
	}
	// 6 single pages, 6 products, 6 glazes and 2 neighbours, twice.
	if pages != 40 {
		t.Errorf("links lead to %d pages, want 40", pages)
	}
}

const wantPolicy = "default-src 'none'; " +
	"script-src 'self' http://127.0.0.1:18002; " +
	"connect-src http://127.0.0.1:18002 ws://127.0.0.1:18002; " +
	"img-src 'self' http://127.0.0.1:18002; " +
	"media-src http://127.0.0.1:18002; " +
	"style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

func TestAMissingPageIsA404InItsLanguage(t *testing.T) {
	server := serve(t)
	for path, want := range map[string]string{
		"/products/unicorn": "This page is broken",
		"/nowhere":          "This page is broken",
		"/ru/gallery/pink":  "Эта страница разбилась",
		"/ru/nowhere":       "Эта страница разбилась",
	} {
		got := get(t, server.URL+path)
		if got.status != http.StatusNotFound || !strings.Contains(got.body, want) {
			t.Errorf("%s answers %d without %q", path, got.status, want)
		}
	}
}

func TestAPublicURLThatIsNone(t *testing.T) {
	for _, url := range []string{"", "127.0.0.1:18002", "ftp://host", "http://"} {
		if _, err := shop.New(url, "shop", secret); err == nil {
			t.Errorf("New took the public URL %q", url)
		}
	}
}

// Who is signed in gets a token into each page, and is led back to the page of before.
func TestSigningInPutsATokenIntoThePage(t *testing.T) {
	server := serve(t)
	if strings.Contains(get(t, server.URL).body, "data-token") {
		t.Error("a page has a token for nobody")
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	post := func(path, to string) (where, body string) {
		t.Helper()
		form := strings.NewReader(url.Values{"to": {to}}.Encode())
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+path, form)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := browser.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		data, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.Request.URL.String(), string(data)
	}
	where, body := post("/sign-in", "/ru/cart")
	if where != server.URL+"/ru/cart" || !regexp.MustCompile(`data-token="[\w-]+\.[\w-]+\.[\w-]+"`).MatchString(body) {
		t.Errorf("signed in at %s:\n%.600s", where, body)
	}
	if where, body = post("/sign-out", "//evil.example"); where != server.URL+"/" || strings.Contains(body, "data-token") {
		t.Errorf("signed out at %s:\n%.600s", where, body)
	}
}
