package config

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestFaultsOfProactiveMessages(t *testing.T) {
	site := DefaultSite("shop")
	_, faults := site.EditWidget([]byte(`{"proactive":[
		{"name":"Cart!","text":""},
		{"name":"a","text":{"en":"Hi"},"pages":["cart"],"devices":["watch"],"visitors":"some","once":"day","after":"2h"},
		{"name":"a","text":"`+strings.Repeat("x", 241)+`"}]}`), usualFrame)
	var said []string
	for _, f := range faults {
		said = append(said, f.Text)
	}
	all := strings.Join(said, "\n")
	for _, want := range []string{
		"proactive[0].name must be 1 to 32", "proactive[0].text must say something", `"cart" is no pattern`, "devices[0] must be phone, tablet or desktop",
		"visitors must be new, returning or all", "once must be visitor or visit", "after must be 0 to 1h", "two messages of the name a", "has 241 characters; it may have 240",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not said:\n%s", want, all)
		}
	}
}

// What the preview writes can be read, also messages whose text is one for all languages.
func TestProactiveMessagesAreWrittenAsTheyAreRead(t *testing.T) {
	site := DefaultSite("shop")
	w, faults := site.EditWidget([]byte(`{"proactive":[{"name":"a","text":"Hi","after":"90s","pages":["/cart*"]},{"name":"b","text":{"en":"Hi","ru":"Да"}}]}`), usualFrame)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	text, err := w.YAML()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"name: a", "text: Hi", "after: 90s", "en: Hi", "visitors: new", "once: visitor"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if strings.Contains(text, "devices") {
		t.Errorf("what says nothing is in\n%s", text)
	}
}

// A pattern that no address fits does nothing, and says nothing of that.
func TestPatternsAreAsBrowsersWriteAddresses(t *testing.T) {
	for pattern, want := range map[string]string{
		"/cart*": "/cart*", "*": "*", "https://example.com/cart*": "https://example.com/cart*", "https://example.com*": "https://example.com*",
		"https://Example.com": "https://example.com/", "https://example.com:443/Cart": "https://example.com/Cart", "http://localhost:8080?x=*": "http://localhost:8080/?x=*",
		"https://магазин.рф/*": "https://xn--80aairftm.xn--p1ai/*", "https://*.магазин.рф/": "https://*.xn--80aairftm.xn--p1ai/", "*://example.com/a:80": "*://example.com/a:80",
		"https://*.example.com": "https://*.example.com/", "https://[::1]:8080/": "https://[::1]:8080/",
	} {
		if got := PagePattern(pattern); got != want {
			t.Errorf("%s is %s, not %s", pattern, got, want)
		}
		changes, _ := json.Marshal(map[string]any{"hide": map[string]any{"pages": []string{pattern}}})
		if w, faults := DefaultSite("shop").EditWidget(changes, usualFrame); len(faults) > 0 || w.Hide.Pages[0] != want {
			t.Errorf("%s: %v", pattern, faults)
		}
	}
	_, faults := DefaultSite("shop").EditWidget([]byte(`{"hide":{"pages":["/search?q=*","/cart#pay","https://example.com/#a"]}}`), usualFrame)
	if n := strings.Count(faults.Error(), "fits no page"); n != 3 {
		t.Errorf("%d of 3 are refused: %v", n, faults)
	}
}
