package dialog

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
	speech "github.com/anteroom-chat/anteroom/bridge/words"
)

// Mails and transcripts speak as the widget does, whatever operators read; a language of a
// file has no words for them, and goes on in the one that completes the file.
func TestTranscriptsSpeakAsTheWidgetDoes(t *testing.T) {
	file := func(l, text string) *speech.File {
		path := filepath.Join(t.TempDir(), l+".yaml")
		must(t, os.WriteFile(path, []byte(text), 0o600))
		// The fallback of the site comes first.
		f, faults := speech.Read(path, l, []string{"en", "ru", "ar"})
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		return f
	}
	site := config.DefaultSite("shop")
	site.Language, site.Widget.Fallback = config.Russian, config.English
	site.Widget.Sentences = map[config.Language]*speech.File{"de": file("de", "title: Schreib uns\n"), "uk": file("uk", "fallback: ru\ntitle: Пишіть\n")}
	for _, c := range []struct {
		visitor string
		only    config.Language
		want    string
	}{
		{"ru-RU", config.Auto, "ru"}, {"ar", config.Auto, "ar"}, {"en-GB", config.Auto, "en"},
		{"de-AT", config.Auto, "en"}, {"uk", config.Auto, "ru"}, {"fr", config.Auto, "en"}, {"", config.Auto, "en"},
		{"fr", "de", "en"}, {"fr", "uk", "ru"}, {"fr", config.Arabic, "ar"},
	} {
		site.Widget.Language = c.only
		if got := languageOf(site, store.Visitor{Device: store.Device{Language: c.visitor}}); got != c.want {
			t.Errorf("with who reads %q, on a site that speaks %q: %s, want %s", c.visitor, c.only, got, c.want)
		}
	}
}
