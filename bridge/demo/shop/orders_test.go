package shop_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"
)

// The bot's chain asks for an order and tells the visitor how it stands.
func TestOrders(t *testing.T) {
	server := serve(t)
	for _, c := range []struct {
		number, state string
		// arrives is in how many days it comes; negative for ago.
		arrives int
	}{
		{"G-1231", "packing", 5},
		{"g1234", "sent", 1},
		{"G-1237", "sent", 4},
		{"G-0008", "delivered", -2},
	} {
		got := get(t, server.URL+"/api/orders/"+c.number)
		var order struct{ Number, State, Arrives string }
		if err := json.Unmarshal([]byte(got.body), &order); err != nil {
			t.Fatalf("%s: %v\n%s", c.number, err, got.body)
		}
		day := time.Now().AddDate(0, 0, c.arrives).Format(time.DateOnly)
		if got.status != http.StatusOK || order.State != c.state || order.Arrives != day {
			t.Errorf("%s answers %d with %+v", c.number, got.status, order)
		}
	}
	for _, number := range []string{"G-1230", "G-12", "12345", "..%2f"} {
		if got := get(t, server.URL+"/api/orders/"+number); got.status != http.StatusNotFound {
			t.Errorf("%s answers %d, want 404", number, got.status)
		}
	}
}

func TestTheDocumentationIsOnThePage(t *testing.T) {
	server := serve(t)
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for path, want := range map[string]string{
		"/docs/quick-start": "/software#quick-start",
		"/docs/ru/guides":   "/ru/software#guides",
		"/docs/unicorns":    "",
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := browser.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
		if got := resp.Header.Get("Location"); got != want {
			t.Errorf("%s leads to %q, want %q", path, got, want)
		}
	}
}
