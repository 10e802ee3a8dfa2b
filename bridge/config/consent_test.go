package config

import (
	"strings"
	"testing"
)

// A text that nobody would be shown is no consent.
func TestConsentIsAskedInWhatIsSpoken(t *testing.T) {
	for changes, want := range map[string]string{
		`{"language":"en","consent":{"ru":"Можно?"}}`:                                     "lacks a text for en",
		`{"language":"en","consent":{"en":"May we?","ru":"Можно?"}}`:                      "",
		`{"language":"en","consent":{"en":"May we?"}}`:                                    "",
		`{"consent":{"ru":"Можно?"}}`:                                                     "lacks a text for en",
		`{"consent":" "}`:                                                                 "",
		`{"language":"en","consent":{"en":"a","ru":"` + strings.Repeat("x", 1001) + `"}}`: "has 1001 characters; it may have 1000",
	} {
		w, faults := DefaultSite("shop").EditWidget([]byte(changes), usualFrame)
		if (w == nil) != (want != "") || !strings.Contains(faults.Error(), want) {
			t.Errorf("%s: got %v, want %q", changes, faults, want)
		}
	}
	if w := (&Widget{Language: English, Fallback: English, Consent: Text{English: "May we?", Russian: "Можно?"}}); len(w.Consents()) != 2 {
		t.Errorf("taken is %v", w.Consents())
	}
}
