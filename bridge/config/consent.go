package config

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"
	"unicode/utf8"
)

const (
	mostConsent = 1000
	mostLink    = 2048
)

// ConsentHash names a text that visitors agree to: the hex of its SHA-256.
func ConsentHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Consents are the texts of which a visitor has to agree to one, by their hashes; none
// where nothing is asked.
func (w *Widget) Consents() map[string]string {
	texts := map[string]string{}
	for _, l := range w.spoken() {
		if text := w.Consent.In(l); text != "" {
			texts[ConsentHash(text)] = text
		}
	}
	return texts
}

// spoken are the languages that the widget may choose.
func (w *Widget) spoken() []Language {
	if w.Language == Auto {
		return []Language{English, Russian}
	}
	return []Language{w.Language}
}

// validateConsent refuses a text that some visitors would not be shown.
func (d *document) validateConsent(w *Widget, path string) {
	at := path + ".consent"
	var asked, missing []string
	for _, l := range w.spoken() {
		text := w.Consent.In(l)
		if strings.TrimSpace(text) == "" {
			missing = append(missing, string(l))
			continue
		}
		asked = append(asked, string(l))
		if count := utf8.RuneCountInString(text); count > mostConsent {
			d.fault(at, "%s has %d characters; it may have %d.", at, count, mostConsent)
		}
	}
	if len(asked) > 0 && len(missing) > 0 {
		d.fault(at, "%s lacks a text for %s: whoever has the chat in that language could not agree.", at, strings.Join(missing, " and "))
	}
	for _, l := range w.spoken() {
		if link := w.Privacy.In(l); link != "" && !isSecureLink(link) {
			d.fault(path+".privacy", "%s.privacy: %q is no address of a page; write it like https://example.com/privacy.", path, link)
			return
		}
	}
}

// isSecureLink reports whether a link leads to a page by https, and to no one's account.
func isSecureLink(link string) bool {
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "https" || u.User != nil || len(link) > mostLink || strings.ContainsAny(link, " \"<>\\^`{|}") {
		return false
	}
	_, ok := asciiHost(u.Hostname())
	return ok && validPort(u)
}
