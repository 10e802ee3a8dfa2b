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
	path := filepath.Join(t.TempDir(), "de.yaml")
	must(t, os.WriteFile(path, []byte("title: Schreib uns\n"), 0o600))
	german, faults := speech.Read(path, "de", []string{"en", "ru", "ar"})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	d := openDoor(t, func(cfg *config.Config, _ *pacing) {
		cfg.Sites["shop"].Widget.Sentences = map[config.Language]*speech.File{"de": german}
	})
	for asked, want := range map[string]string{"de": `<html lang="en" dir="ltr">`, "ru": `<html lang="ru" dir="ltr">`, "ar": `<html lang="ar" dir="rtl">`} {
		answer := httptest.NewRecorder()
		d.gateway.Handler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/shop/unsubscribe?a=x&l="+asked, nil))
		if page := answer.Body.String(); !strings.Contains(page, want) {
			t.Errorf("asked for in %s, it is answered with %d %.200s", asked, answer.Code, page)
		}
	}
}
