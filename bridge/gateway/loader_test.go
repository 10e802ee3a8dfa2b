package gateway

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
	"github.com/anteroom-chat/anteroom/widget"
)

func TestLoaderCarriesTheSitesSettings(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) {
		cfg.Sites["shop"].Widget.Title = config.Text{"": `</script><b> "Tea" & more`}
		cfg.Sites["shop"].Widget.Greeting = config.Text{config.English: "Hello", config.Russian: "Привет"}
	})
	response, body := d.ask(http.MethodGet, "/widget/shop.js", nil)
	want := `(()=>{const s={"site":"shop","assets":{"chat":"assets/shop/chat-1a2b.js"},` +
		`"words":{"ar":{"dir":"rtl","open":"فتح المحادثة","close":"إغلاق المحادثة","unread":"، رسائل غير مقروءة: ","sorry":"لم تُحمَّل المحادثة. أعد تحميل الصفحة","title":"\u003c/script\u003e\u003cb\u003e \"Tea\" \u0026 more"},` +
		`"en":{"dir":"ltr","open":"Open chat","close":"Close chat","unread":", unread messages: ","sorry":"The chat did not load. Reload the page","title":"\u003c/script\u003e\u003cb\u003e \"Tea\" \u0026 more","greeting":"Hello"},` +
		`"ru":{"dir":"ltr","open":"Открыть чат","close":"Закрыть чат","unread":", непрочитанных сообщений: ","sorry":"Чат не загрузился. Обновить страницу","title":"\u003c/script\u003e\u003cb\u003e \"Tea\" \u0026 more","greeting":"Привет"}},"fallback":"en",` +
		`"css":":host\u003e*{--accent:#2563eb;--on-accent:#fff;--size:60px;--side:20px;--low:20px;` +
		`--bottom:calc(var(--low) + env(safe-area-inset-bottom,0px));--above:calc(var(--bottom) + var(--size) + 16px)}` +
		`.launcher,.window.window,.preview.preview{z-index:2147483000;right:calc(var(--side) + env(safe-area-inset-right,0px));left:auto}",` +
		`"icon":"M12 3.5A9 8 0 0 0 6 17.5l-.8 3.6 4.4-2A9 8 0 1 0 12 3.5z","position":"right","theme":"auto"};run(s)})()`
	if body != want {
		t.Errorf("got\n%s\nwant\n%s", body, want)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/javascript; charset=utf-8", "Cache-Control": "no-cache",
		"Cross-Origin-Resource-Policy": "cross-origin", "Access-Control-Allow-Origin": "*",
	} {
		if got := response.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	tag := response.Header.Get("Etag")
	response, _ = d.ask(http.MethodGet, "/widget/shop.js", nil, "If-None-Match", tag)
	if response.StatusCode != http.StatusNotModified {
		t.Errorf("asked again: %d", response.StatusCode)
	}
	response, body = d.ask(http.MethodGet, "/widget/blog.js", nil)
	refusal(t, response, body, chat.CodeUnknownSite)
}

// How much the system's notifications show is told where it is less than the words.
func TestLoaderCarriesHowMuchIsNotified(t *testing.T) {
	for notified, want := range map[config.Notifications]config.Notifications{config.NotifyText: "", config.NotifyName: "name", config.NotifyOff: "off"} {
		d := openDoor(t, func(cfg *config.Config, _ *pacing) { cfg.Sites["shop"].Widget.Notifications = notified })
		if _, body := d.ask(http.MethodGet, "/widget/shop.js", nil); told(t, body).Notify != want {
			t.Errorf("%s is told as %q", notified, told(t, body).Notify)
		}
	}
}

// What chains wait for stands in the script, and changes with them.
func TestLoaderCarriesWhatChainsWaitFor(t *testing.T) {
	sites := map[chat.SiteID]*config.Site{"shop": config.DefaultSite("shop")}
	var triggers []wire.Trigger
	l, err := newLoaders(sites, scripts{loader: []byte(widget.SettingsMarker), module: []byte(widget.SettingsMarker)}, "", func(chat.SiteID) ([]wire.Trigger, bool) {
		return triggers, len(triggers) > 0
	})
	if err != nil {
		t.Fatal(err)
	}
	if s, _ := l.of("shop"); strings.Contains(string(s.script.Content()), "riggers") || strings.Contains(string(s.script.Content()), "opened") {
		t.Errorf("nothing is waited for: %s", s.script.Content())
	}
	triggers = []wire.Trigger{{Key: "prices/page//prices*", URL: "/prices*", After: 15000, Device: "desktop", Once: "visit"}}
	if err := l.write(sites["shop"]); err != nil {
		t.Fatal(err)
	}
	want := `"watch":["triggers"],"triggers":[{"key":"prices/page//prices*","url":"/prices*","after":15000,"device":"desktop","once":"visit"}],"opened":true}`
	if s, _ := l.of("shop"); !strings.HasSuffix(string(s.script.Content()), want) {
		t.Errorf("got %s", s.script.Content())
	}
}

// A comma is that of the language, and not of the direction in which it runs.
func TestTheCommaIsThatOfTheLanguage(t *testing.T) {
	for l, want := range map[config.Language]string{"en": ",", "ru": ",", "ar": "،", "ar-EG": "،", "fa": "،", "ur": "،", "ku-Arab": "،", "ku": ",", "he": ",", "yi": ",", "zh-Hans": ","} {
		if got := comma(l); got != want {
			t.Errorf("%s: %q", l, got)
		}
	}
}

func noTriggers(chat.SiteID) ([]wire.Trigger, bool) { return nil, false }

func TestLoaderOfOneLanguageCarriesItsWordsOnly(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) {
		cfg.Sites["shop"].Widget.Language = config.Russian
		cfg.Sites["shop"].Widget.Greeting = config.Text{config.English: "Hello", config.Russian: "Привет"}
	})
	_, body := d.ask(http.MethodGet, "/widget/shop.js", nil)
	own := map[config.Language]words{"ru": {LauncherWords: launcherWords(&config.Widget{}, "ru"), Greeting: "Привет"}}
	if s := told(t, body); !reflect.DeepEqual(s.Words, own) || s.Fallback != config.Russian {
		t.Error(body)
	}
}

// The widget has words of its own in each language; a site's words in another
// one would be worse.
func TestLoaderGivesNobodyTheWordsOfAnotherLanguage(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) {
		cfg.Sites["shop"].Widget.Title = config.Text{config.Russian: "Чай"}
		cfg.Sites["shop"].Widget.Greeting = config.Text{config.English: "Hello"}
	})
	_, body := d.ask(http.MethodGet, "/widget/shop.js", nil)
	launcher := func(l config.Language) widget.LauncherWords { return launcherWords(&config.Widget{}, l) }
	own := map[config.Language]words{
		"en": {LauncherWords: launcher("en"), Greeting: "Hello"}, "ru": {LauncherWords: launcher("ru"), Title: "Чай"}, "ar": {LauncherWords: launcher("ar")},
	}
	if s := told(t, body); !reflect.DeepEqual(s.Words, own) || s.Fallback != config.English {
		t.Error(body)
	}
}

// Who has the chat in a language without a text to agree to could not agree.
func TestWidgetThatAsksForConsentSpeaksWhatItCanAskIn(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) {
		cfg.Sites["shop"].Widget.Consent = config.Text{config.English: "We keep what you write."}
	})
	_, body := d.ask(http.MethodGet, "/widget/shop.js", nil)
	if s := told(t, body); len(s.Words) != 1 || s.Consents[config.English] == "" {
		t.Errorf("told %+v", s)
	}
	_, body = d.ask(http.MethodGet, "/shop/chat?lang=ar", nil)
	if !strings.Contains(body, `<html lang="en">`) {
		t.Error(body)
	}
	_, body = d.ask(http.MethodGet, "/widget/shop.js?as=chat&lang=ar", nil)
	if s := told(t, body); len(s.Words) != 1 || s.Consents[config.English] == "" {
		t.Errorf("told %+v", s)
	}
}

func TestAssetsAreKeptForEverAndOpenToModules(t *testing.T) {
	d := openDoor(t, nil)
	response, body := d.ask(http.MethodGet, "/widget/assets/chat-1a2b.js", nil, "Origin", shop)
	if response.StatusCode != http.StatusOK || body != "export default 1" {
		t.Fatalf("got %d %s", response.StatusCode, body)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/javascript; charset=utf-8", "Cache-Control": "public, max-age=31536000, immutable",
		"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin",
	} {
		if got := response.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	// Each site has them under a path of its own; there are no others.
	if response, body = d.ask(http.MethodGet, "/widget/assets/shop/chat-1a2b.js", nil); response.StatusCode != http.StatusOK || body != "export default 1" {
		t.Errorf("got %d %s", response.StatusCode, body)
	}
	response, body = d.ask(http.MethodGet, "/widget/assets/nobody/chat-1a2b.js", nil)
	refusal(t, response, body, chat.CodeUnknownSite)
	for _, name := range []string{"chat-0000.js", "secret.txt", "..%2f..%2fgo.mod.js", "%2e%2e.js", "."} {
		response, body = d.ask(http.MethodGet, "/widget/assets/"+name, nil)
		refusal(t, response, body, chat.CodeNotFound)
	}
}

func TestWidgetThatWasNotBuiltSaysSo(t *testing.T) {
	d := openDoor(t, nil)
	d.gateway.loaders, d.gateway.assets = new(loaders), nil
	response, body := d.ask(http.MethodGet, "/widget/shop.js", nil)
	refusal(t, response, body, chat.CodeUnavailable)
	response, body = d.ask(http.MethodGet, "/widget/assets/chat-1a2b.js", nil)
	refusal(t, response, body, chat.CodeNotFound)
}

func TestLoaderWithoutAPlaceForSettingsIsRefusedAtStart(t *testing.T) {
	sites := map[chat.SiteID]*config.Site{"shop": config.DefaultSite("shop")}
	for _, broken := range []string{"", `"__ANTEROOM_SETTINGS__""__ANTEROOM_SETTINGS__"`} {
		if _, err := newLoaders(sites, scripts{loader: []byte(broken), module: []byte(widget.SettingsMarker)}, "", noTriggers); err == nil {
			t.Errorf("a loader %q was taken", broken)
		}
	}
}

// What is built in fits: run after the widget's build, this finds every asset.
func TestBuiltWidgetIsServed(t *testing.T) {
	needsWidget(t)
	built := builtScripts()
	d := openDoor(t, nil)
	loaders, err := newLoaders(d.cfg.Sites, built, "", noTriggers)
	must(t, err)
	assets, err := readAssets(built.files, nil, t.TempDir(), time.Now())
	must(t, err)
	d.gateway.loaders, d.gateway.assets = loaders, assets
	for name, file := range built.assets {
		response, _ := d.ask(http.MethodGet, "/widget/"+assetsFolder+file, nil)
		if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/javascript; charset=utf-8" {
			t.Errorf("%s (%s): %d %s", name, file, response.StatusCode, response.Header)
		}
	}
}

// What the preview is told is made once, however many ask for it.
func TestThePreviewIsMadeOnce(t *testing.T) {
	site := &config.Site{ID: "shop", Name: "Shop"}
	site.Widget.Language, site.Widget.Fallback = config.Auto, config.English
	l, err := newLoaders(map[chat.SiteID]*config.Site{"shop": site}, scripts{loader: []byte(widget.SettingsMarker), module: []byte(widget.SettingsMarker)}, "", noTriggers)
	if err != nil {
		t.Fatal(err)
	}
	files, _ := l.of("shop")
	first, err := files.owner()
	if err != nil || len(first) == 0 {
		t.Fatalf("%q, %v", first, err)
	}
	if second, err := files.owner(); err != nil || &second[0] != &first[0] {
		t.Errorf("it is made anew, %v", err)
	}
}
