package config

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/url"
	"slices"
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
// where nothing is asked. Also on a site of one language: a link to the page that is all
// chat may ask for another one.
func (w *Widget) Consents() map[string]string {
	texts := map[string]string{}
	for _, l := range w.known() {
		if text := w.Consent.In(l); strings.TrimSpace(text) != "" {
			texts[ConsentHash(text)] = text
		}
	}
	return texts
}

// Spoken are the languages that the widget may choose. Where it asks for consent, it
// chooses none in which it has no text to ask with.
func (w *Widget) Spoken() []Language {
	if w.Language != Auto {
		return []Language{w.Language}
	}
	return slices.DeleteFunc(w.known(), func(l Language) bool { return l != w.Fallback && !w.CanSpeak(l) })
}

// CanSpeak reports whether the widget knows the language, and has a text in it to ask for
// consent with, if it asks.
func (w *Widget) CanSpeak(l Language) bool {
	asks := false
	for _, text := range w.Consent {
		asks = asks || strings.TrimSpace(text) != ""
	}
	return slices.Contains(w.known(), l) && (!asks || strings.TrimSpace(w.Consent.In(l)) != "")
}

// Unspoken is the language for who speaks none of Spoken.
func (w *Widget) Unspoken() Language {
	if w.Language != Auto {
		return w.Language
	}
	return w.Fallback
}

// validateConsent refuses a text that some visitors would not be shown.
func (d *document) validateConsent(w *Widget, path string) {
	at := path + ".consent"
	texts := w.Consents()
	for _, text := range slices.Sorted(maps.Values(texts)) {
		if count := utf8.RuneCountInString(text); count > mostConsent {
			d.fault(at, "%s has %d characters; it may have %d.", at, count, mostConsent)
		}
	}
	var missing []string
	for _, l := range w.Spoken() {
		if strings.TrimSpace(w.Consent.In(l)) == "" {
			missing = append(missing, string(l))
		}
	}
	if len(texts) > 0 && len(missing) > 0 {
		d.fault(at, "%s lacks a text for %s: whoever has the chat in that language could not agree.", at, strings.Join(missing, " and "))
	}
	for _, l := range w.known() {
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
