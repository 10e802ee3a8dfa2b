package gateway

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/config"
	speech "github.com/anteroom-chat/anteroom/bridge/words"
)

// The page's own words are in few languages: where the chat speaks another, they are English,
// and are read out as that.
func TestPageForUnsubscribingSaysWhichLanguageItIsIn(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) {
		cfg.Sites["shop"].Widget.Sentences = map[config.Language]*speech.File{"de": sentences(t, "de", "")}
	})
	for asked, want := range map[string]string{"de": `<html lang="en" dir="ltr">`, "ru": `<html lang="ru" dir="ltr">`, "ar": `<html lang="ar" dir="rtl">`} {
		answer := httptest.NewRecorder()
		d.gateway.Handler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/shop/unsubscribe?a=x&l="+asked, nil))
		if page := answer.Body.String(); !strings.Contains(page, want) {
			t.Errorf("asked for in %s, it is answered with %d %.200s", asked, answer.Code, page)
		}
	}
}

// sentences is a site's file with one of them.
func sentences(t *testing.T, l, more string) *speech.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), l+".yaml")
	must(t, os.WriteFile(path, []byte(more+"title: Tea\n"), 0o600))
	file, faults := speech.Read(path, l, []string{"en", "ru", "ar"})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return file
}

// So do the page to which mails lead, from which the chat goes on in its own language, and
// the line for who runs no scripts.
func TestPagesSayWhichLanguageTheirWordsAreIn(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) {
		cfg.Sites["shop"].Widget.Sentences = map[config.Language]*speech.File{"de": sentences(t, "de", ""), "he": sentences(t, "he", ""), "uk": sentences(t, "uk", "fallback: ru\n")}
	})
	d.gateway.loaders.built.assets[backAsset] = "back-1.js"
	for asked, want := range map[string]struct{ lang, settings, chat, without string }{
		"en": {`<html lang="en">`, `"lang":"en","dir":"ltr"`, `<html lang="en">`, `<p lang="en" dir="ltr">`},
		"ar": {`<html lang="ar" dir="rtl">`, `"lang":"ar","dir":"rtl"`, `<html lang="ar" dir="rtl">`, `<p lang="ar" dir="rtl">`},
		"de": {`<html lang="en">`, `"lang":"de","dir":"ltr"`, `<html lang="de">`, `<p lang="en" dir="ltr">`},
		"he": {`<html lang="en">`, `"lang":"he","dir":"ltr"`, `<html lang="he" dir="rtl">`, `<p lang="en" dir="ltr">`},
		"uk": {`<html lang="ru">`, `"lang":"uk","dir":"ltr"`, `<html lang="uk">`, `<p lang="ru" dir="ltr">`},
	} {
		for path, words := range map[string][]string{"/v1/shop/back?l=": {want.lang, want.settings, want.without}, "/shop/chat?lang=": {want.chat, want.without}} {
			_, page := d.ask(http.MethodGet, path+asked, nil)
			for _, word := range words {
				if !strings.Contains(page, word) {
					t.Errorf("%s%s has no %s: %.1500s", path, asked, word, page)
				}
			}
		}
	}
}
