package gateway

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	speech "github.com/anteroom-chat/anteroom/bridge/words"
	"github.com/anteroom-chat/anteroom/widget"
)

// A language of a file is told and served as the built-in ones are.
func TestLoaderSpeaksTheLanguageOfAFile(t *testing.T) {
	if !widget.Built() {
		t.Skip("the widget was not built; `make` builds it")
	}
	path := filepath.Join(t.TempDir(), "de.yaml")
	text := "title: Schreib uns\nlauncher: {open: Chat öffnen}\nrare: {errors: {empty: Leer.}}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	german, faults := speech.Read(path, "de", []string{"en", "ru", "ar"})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	site := config.DefaultSite("shop")
	site.Widget.Sentences = map[config.Language]*speech.File{"de": german}
	l, err := newLoaders(map[chat.SiteID]*config.Site{"shop": site}, builtScripts(), noTriggers)
	if err != nil {
		t.Fatal(err)
	}
	files, _ := l.of("shop")
	told := l.settings("shop", &site.Widget, files)
	own := told.Words["de"]
	if own.Open != "Chat öffnen" || own.Close != "Close chat" || own.Dir != "ltr" {
		t.Errorf("told %+v", own)
	}
	name := strings.TrimPrefix(told.Assets["de"], assetsFolder+"shop/")
	chunk, ok := l.chunk(name)
	if !ok || !strings.HasPrefix(name, "de-") || !strings.Contains(string(chunk.Content()), `"title":"Schreib uns"`) {
		t.Errorf("%q: %v", name, chunk)
	}
	if base := widget.Assets()["en"]; !strings.Contains(string(chunk.Content()), base) {
		t.Errorf("what the file does not say is not in %s: %s", base, chunk.Content())
	}
	if _, ok := files.chat["de"]; !ok {
		t.Error("no page of the chat in it")
	}
	if got := site.Widget.Match("de-AT"); got != "de" {
		t.Errorf("de-AT is spoken to in %q", got)
	}
}
