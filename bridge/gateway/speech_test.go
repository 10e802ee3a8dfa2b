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

// needsWidget fails a test of what is built in where nothing is.
func needsWidget(t *testing.T) {
	t.Helper()
	if !widget.Built() {
		t.Fatal("The widget is not built: run make widget.")
	}
}

// A language of a file is told and served as the built-in ones are.
func TestLoaderSpeaksTheLanguageOfAFile(t *testing.T) {
	needsWidget(t)
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
	l, err := newLoaders(map[chat.SiteID]*config.Site{"shop": site}, builtScripts(), "", noTriggers)
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
	chunk, ok := l.chunks()[name]
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

// What a file leaves out is said in the widget's fall-back, sentence by sentence.
func TestFileIsCompletedFromTheWidgetsFallback(t *testing.T) {
	needsWidget(t)
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	english := write("de.yaml", "fallback: en\nlauncher: {hide: Ausblenden}\n")
	cfg := `
homeserver: {address: "http://127.0.0.1:1", domain: example.org}
appservice: {as_token: "` + strings.Repeat("a", 32) + `", hs_token: "` + strings.Repeat("b", 32) + `"}
gateway: {public_url: "https://chat.example.com"}
sites:
  shop:
    name: Shop
    origins: ["https://shop.example.com"]
    operators: ["@ann:example.org"]
    widget:
      fallback: ru
      languages: {de: "` + english + `", fr: "` + write("fr.yaml", "launcher: {one: Nouveau message}\ntitle: Bonjour\n") + `"}
`
	loaded, err := config.Load(write("config.yaml", cfg))
	must(t, err)
	w := &loaded.Sites["shop"].Widget
	if got := launcherWords(w, "fr"); got.Open != "Открыть чат" {
		t.Errorf("the French button is called %+v", got)
	}
	if got := nearWords(w, "fr"); got == nil || *got != (widget.NearWords{Hide: "Скрыть сообщение", Bot: "Помощник", Operator: "Поддержка", One: "Nouveau message", Some: "Новые сообщения"}) {
		t.Errorf("beside it stands %+v", got)
	}
	if got := nearWords(w, "de"); got == nil || got.Hide != "Ausblenden" || got.Some != "New messages" {
		t.Errorf("a file that names its fall-back says %+v", got)
	}
	if nearWords(w, "ar") != nil {
		t.Error("what the widget has in Arabic is told it again")
	}
	site := loaded.Sites["shop"]
	l, err := newLoaders(map[chat.SiteID]*config.Site{"shop": site}, builtScripts(), "", noTriggers)
	must(t, err)
	files, _ := l.of("shop")
	chunk, ok := l.chunks()[files.languages["fr"]]
	if !ok || !strings.Contains(string(chunk.Content()), widget.Assets()["ru"]) {
		t.Errorf("the French chunk is completed by %v", chunk)
	}
}
