package gateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"maunium.net/go/mautrix/id"
	"pgregory.net/rapid"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// told are the settings in a script of the loader.
func told(t *testing.T, script string) settings {
	t.Helper()
	var s settings
	_, text, _ := strings.Cut(script, "const s=")
	if err := json.NewDecoder(strings.NewReader(text)).Decode(&s); err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return s
}

func TestLookRidesInTheLoader(t *testing.T) {
	picture := filepath.Join(t.TempDir(), "team.png")
	must(t, os.WriteFile(picture, []byte("\x89PNG\r\n\x1a\nteam"), 0o600))
	d := openDoor(t, func(cfg *config.Config, _ *pacing) {
		w := &cfg.Sites["shop"].Widget
		w.Position, w.DarkColor, w.ZIndex = config.Left, "#9db7ff", 7
		w.Offset, w.PhoneOffset = config.Offset{Side: 30, Bottom: 40}, config.Offset{Side: 5, Bottom: 90}
		w.Launcher = config.Launcher{Icon: "M1 1h2z", Size: 48, Text: config.Text{config.English: `Ask "us"}`, config.Russian: "Спросите"}}
		w.Team, w.Avatar = config.Text{"": "Anna and Ben"}, picture
		w.Hide = config.Hide{Pages: []string{"/cart*"}, Devices: []config.Device{config.Phone}}
	})
	_, body := d.ask(http.MethodGet, "/widget/shop.js", nil)
	s := told(t, body)
	for _, want := range []string{
		"--accent:#2563eb;--on-accent:#fff;--size:48px;--side:30px;--low:40px", "z-index:7;left:calc(var(--side) + env(safe-area-inset-left,0px));right:auto",
		":host(.dark)>*{--accent:#9db7ff;--on-accent:#111}", "{:host>*{--side:5px;--low:90px}}", ".badge{right:auto;left:-3px}",
		`:host([lang=en]) .launcher[aria-expanded=false]::after{content:"Ask \22 us\22 \7d "}`, `:host([lang=ru])`, "(pointer:coarse) and (max-width:600px)", ":host(.off)",
	} {
		if !strings.Contains(s.CSS, want) {
			t.Errorf("the style has no %s:\n%s", want, s.CSS)
		}
	}
	if s.Icon != "M1 1h2z" || s.Words[config.English].Team != "Anna and Ben" || s.Words[config.Russian].Open != "Спросите: открыть чат" {
		t.Errorf("told %+v", s)
	}
	if len(s.Watch) != 1 || s.Watch[0] != "hide" || len(s.Hide) != 1 {
		t.Errorf("hidden by %v %v", s.Watch, s.Hide)
	}
	response, body := d.ask(http.MethodGet, "/"+s.Avatar, nil)
	if response.Header.Get("Content-Type") != "image/png" || !strings.HasSuffix(body, "team") {
		t.Errorf("the picture is %d %s %q", response.StatusCode, response.Header, body)
	}
	if strings.Contains(s.Avatar, "team") || strings.Contains(body, picture) {
		t.Error("the name of the file is told")
	}
	// Chains that change write the script anew; by then the file may be gone.
	must(t, os.Remove(picture))
	must(t, d.gateway.loaders.write(d.cfg.Sites["shop"]))
	if response, _ = d.ask(http.MethodGet, "/"+s.Avatar, nil); response.StatusCode != http.StatusOK {
		t.Errorf("the picture is gone with its file: %d", response.StatusCode)
	}
}

func TestTextsCannotLeaveTheirStyle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inner := strings.TrimSuffix(strings.TrimPrefix(cssString(rapid.String().Draw(t, "text")), `"`), `"`)
		if strings.ContainsAny(inner, "\"'\n\r\f{}<>;") {
			t.Errorf("in the style stands %q", inner)
		}
	})
}

func TestEveryIconHasADrawing(t *testing.T) {
	for _, name := range config.Icons() {
		if !strings.HasPrefix(drawing(name), "M") {
			t.Errorf("%s has none", name)
		}
	}
	if len(drawings) != len(config.Icons()) {
		t.Error("a drawing has no name in the config")
	}
}

func TestModuleAndItsTypes(t *testing.T) {
	d := openDoor(t, nil)
	response, body := d.ask(http.MethodGet, "/widget/shop.mjs", nil, "Origin", shop)
	if response.Header.Get("Content-Type") != "text/javascript; charset=utf-8" || response.Header.Get("Access-Control-Allow-Origin") != "*" ||
		told(t, body).Site != "shop" || !strings.HasSuffix(body, "export const mount=()=>run(s)") {
		t.Errorf("%v %s", response.Header, body)
	}
	_, body = d.ask(http.MethodGet, "/widget/shop.d.ts", nil)
	if !strings.Contains(body, `declare module "`+d.server.URL+`/widget/shop.mjs"`) {
		t.Error(body)
	}
	response, body = d.ask(http.MethodGet, "/widget/shop.svg", nil)
	if response.Header.Get("Content-Type") != "image/svg+xml" || !strings.Contains(body, `fill="#2563eb"`) {
		t.Errorf("%v %s", response.Header, body)
	}
	for _, name := range []string{"shop.ts", "shop", "shop.js.map", "shop.html"} {
		response, body = d.ask(http.MethodGet, "/widget/"+name, nil)
		refusal(t, response, body, chat.CodeNotFound)
	}
}

// Packing costs a thousand times what serving does, and anybody may ask.
func TestFilesOfASiteArePackedOnce(t *testing.T) {
	d := openDoor(t, nil)
	files, _ := d.gateway.loaders.of("shop")
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	for name, file := range loaderFiles() {
		if first := file(files, request); file(files, request) != first {
			t.Errorf("shop.%s is made anew for each who asks", name)
		}
	}
}

func TestPageThatIsAllChat(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) {
		w := &cfg.Sites["shop"].Widget
		w.Title = config.Text{config.English: "Tea & <b>more</b>", config.Russian: "Чай"}
		w.Hide, w.Language = config.Hide{Pages: []string{"*"}, Devices: []config.Device{config.Desktop}}, config.English
	})
	response, body := d.ask(http.MethodGet, "/shop/chat", nil)
	for _, want := range []string{`<html lang="en">`, "<title>Tea &amp; &lt;b&gt;more&lt;/b&gt;</title>", `src="/widget/shop.js?as=chat"`, "viewport-fit=cover"} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in\n%s", want, body)
		}
	}
	policy := response.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self';", "style-src 'none'", "frame-ancestors 'self' " + shop, "ws" + strings.TrimPrefix(d.server.URL, "http")} {
		if !strings.Contains(policy, want) {
			t.Errorf("no %s in %s", want, policy)
		}
	}
	_, body = d.ask(http.MethodGet, "/widget/shop.js?as=chat", nil)
	if s := told(t, body); !s.Full || len(s.Hide)+len(s.Watch) > 0 || !strings.Contains(s.CSS, "100dvh") || strings.Contains(s.CSS, ".off") {
		t.Errorf("told %+v", s)
	}
	// A link may ask for a language that the site's own pages have not.
	_, body = d.ask(http.MethodGet, "/shop/chat?lang=ru", nil)
	if !strings.Contains(body, `<html lang="ru">`) || !strings.Contains(body, "<title>Чай</title>") || !strings.Contains(body, "as=chat&amp;lang=ru") {
		t.Error(body)
	}
	_, body = d.ask(http.MethodGet, "/widget/shop.js?as=chat&lang=ru", nil)
	if s := told(t, body); s.Fallback != config.Russian || len(s.Words) != 1 || s.Words[config.Russian].Title != "Чай" {
		t.Errorf("told %+v", s)
	}
	for _, lang := range []string{`"><script>`, "xx", "%00"} {
		if response, body = d.ask(http.MethodGet, "/shop/chat?lang="+lang, nil); response.StatusCode != http.StatusOK || !strings.Contains(body, `<html lang="en">`) {
			t.Errorf("?lang=%s: %d %s", lang, response.StatusCode, body)
		}
	}
	response, body = d.ask(http.MethodGet, "/blog/chat", nil)
	refusal(t, response, body, chat.CodeUnknownSite)
	response, body = d.ask(http.MethodPost, "/shop/chat", nil)
	refusal(t, response, body, chat.CodeBadMethod)
	response, body = d.ask(http.MethodGet, "/shop/chat/", nil)
	refusal(t, response, body, chat.CodeNotFound)
}

func TestPageSpeaksTheBrowsersLanguage(t *testing.T) {
	d := openDoor(t, nil)
	for header, want := range map[string]string{"ru-RU,ru;q=0.9": "ru", "de, en;q=0.8, ru;q=0.5": "en", "": "en", ";;,": "en"} {
		if _, body := d.ask(http.MethodGet, "/shop/chat", nil, "Accept-Language", header); !strings.Contains(body, `<html lang="`+want+`">`) {
			t.Errorf("%q: %s", header, body)
		}
	}
}

func TestPreviewTellsWhatTheLoaderTells(t *testing.T) {
	picture := filepath.Join(t.TempDir(), "secret-place.png")
	must(t, os.WriteFile(picture, []byte("\x89PNG\r\n\x1a\nx"), 0o600))
	d := openDoor(t, func(cfg *config.Config, _ *pacing) {
		site := cfg.Sites["shop"]
		site.Widget.Avatar, site.Widget.Title = picture, config.Text{"": "</script><b>"}
		site.Widget.Languages = map[config.Language]string{"de": "/secret/de.yaml"}
		site.Operators, site.Identity.Secret = []id.UserID{"@ann:secret.example"}, "0123456789abcdef0123456789abcdef"
	})
	response, body := d.ask(http.MethodGet, "/shop/preview", nil)
	if strings.Contains(body, "secret") || strings.Contains(body, "0123456789") || strings.Contains(body, "</script><b>") {
		t.Errorf("too much is told: %s", body)
	}
	if !strings.Contains(body, `"files":["avatar","languages"]`) {
		t.Errorf("whoever takes the lines over is not told what they lack: %s", body)
	}
	if !strings.HasSuffix(response.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") || !strings.Contains(body, `src="/widget/assets/owner-3c4d.js"`) {
		t.Errorf("%s\n%s", response.Header, body)
	}
	response, body = d.ask(http.MethodGet, "/shop/preview/page", nil)
	if !strings.HasSuffix(response.Header.Get("Content-Security-Policy"), "frame-ancestors 'self'") || !strings.Contains(body, "as=frame") {
		t.Errorf("%s\n%s", response.Header, body)
	}
	_, body = d.ask(http.MethodGet, "/widget/shop.js?as=frame", nil)
	if body != `(()=>{const s=parent.anteroomPreview;run(s)})()` {
		t.Error(body)
	}
	_, body = d.ask(http.MethodGet, "/widget/shop.js", nil)
	if strings.Contains(body, "owner-") {
		t.Error("every visitor is told of the preview's file")
	}
}

func TestPreviewLooksAtSettingsAsTheConfigDoes(t *testing.T) {
	d := openDoor(t, nil)
	ask := func(changes, origin string) (*http.Response, string) {
		return d.ask(http.MethodPost, "/v1/shop/look", strings.NewReader(changes), "Origin", origin)
	}
	var answer previewed
	_, body := ask(`{"color":"#ffd400","title":{"ru":"Чай"},"hide":{"pages":["*"]}}`, d.server.URL)
	must(t, json.Unmarshal([]byte(body), &answer))
	if answer.Settings == nil || !strings.Contains(answer.Settings.CSS, "--accent:#ffd400;--on-accent:#111") || answer.Settings.Words[config.Russian].Title != "Чай" ||
		len(answer.Settings.Hide)+len(answer.Settings.Triggers) > 0 || !strings.Contains(answer.YAML, "      color: '#ffd400'\n") || answer.Contrast[0] < 13 {
		t.Errorf("%s", body)
	}
	answer = previewed{}
	_, body = ask(`{"color":"#ffd400","ink":"#fff"}`, d.server.URL)
	must(t, json.Unmarshal([]byte(body), &answer))
	if len(answer.Faults) != 1 || !strings.Contains(answer.Faults[0], "1.4:1") || answer.Settings != nil {
		t.Errorf("%s", body)
	}
	for _, origin := range []string{"", "null", shop, "https://evil.example"} {
		response, body := ask(`{}`, origin)
		refusal(t, response, body, chat.CodeBadOrigin)
	}
	response, body := ask(`{"title":"`+strings.Repeat("x", 2*moreChanges)+`"}`, d.server.URL)
	refusal(t, response, body, chat.CodeTooLarge)
	if _, after := d.ask(http.MethodGet, "/widget/shop.js", nil); strings.Contains(after, "ffd400") {
		t.Error("what was tried is kept")
	}
}

// A site may say much, in many languages: what the preview is told it may tell in return.
func TestPreviewTakesAllThatASiteSays(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) {
		w := &cfg.Sites["shop"].Widget
		for i := range 20 {
			w.Proactive = append(w.Proactive, config.Proactive{
				Name: fmt.Sprintf("message-%d", i), Text: config.Text{"": strings.Repeat("я", 240)}, Pages: []string{}, Visitors: config.NewVisitors, Once: config.OncePerVisit,
				Devices: []config.Device{},
			})
		}
		w.Consent = config.Text{"": strings.Repeat("я", 1000)}
	})
	files, _ := d.gateway.loaders.of("shop")
	own, err := files.owner()
	must(t, err)
	var page struct {
		Widget struct {
			Consent   config.Text      `json:"consent"`
			Proactive []map[string]any `json:"proactive"`
		} `json:"widget"`
	}
	must(t, json.Unmarshal(own, &page))
	for _, p := range page.Widget.Proactive { // as the page tells it
		p["text"] = map[string]any{"en": p["text"], "ru": p["text"], "ar": p["text"]}
	}
	changes, err := json.Marshal(page.Widget)
	must(t, err)
	response, body := d.ask(http.MethodPost, "/v1/shop/look", bytes.NewReader(changes), "Origin", d.server.URL)
	if response.StatusCode != http.StatusOK || strings.Contains(body, `"faults"`) {
		t.Errorf("%d bytes: %d %.200s", len(changes), response.StatusCode, body)
	}
}

// What the config refuses with lowered limits, the preview does not hand out as lines for it.
func TestPreviewRefusesFormsThatNoFrameHolds(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) { cfg.Gateway.Limits.FrameBytes = 16 << 10 })
	field := `{"type":"text","name":"%s","label":"What?","max":1000}`
	changes := `{"forms":{"start":{"fields":[` + fmt.Sprintf(field+","+field+","+field, "one", "two", "three") + `]}}}`
	response, body := d.ask(http.MethodPost, "/v1/shop/look", strings.NewReader(changes), "Origin", d.server.URL)
	var answer previewed
	must(t, json.Unmarshal([]byte(body), &answer))
	const want = "widget.forms.start: what is filled in may have 3011 characters, which need gateway.limits.frame_bytes of at least 19090."
	if response.StatusCode != http.StatusOK || answer.Settings != nil || len(answer.Faults) != 1 || answer.Faults[0] != want {
		t.Errorf("%d %v", response.StatusCode, answer.Faults)
	}
}

// What the window shows at a moment is the settings' that are tried, not the config's.
func TestPreviewTellsTheMomentsOfATalk(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) {
		cfg.Sites["shop"].Hours = withHours(t, `mon-fri: ["09:00-18:00"]`).Hours
		cfg.Sites["shop"].Widget.Rating = config.RateThumbs
	})
	moments := func(changes string) map[dialog.Moment]map[config.Language]beside {
		response, body := d.ask(http.MethodPost, "/v1/shop/look", strings.NewReader(changes), "Origin", d.server.URL)
		var answer previewed
		must(t, json.Unmarshal([]byte(body), &answer))
		if response.StatusCode != http.StatusOK || len(answer.Faults) > 0 {
			t.Fatalf("%d %v", response.StatusCode, answer.Faults)
		}
		return answer.Moments
	}
	got := moments(`{"away": {"en": "We are asleep.", "ru": "Мы спим."}, "rating": "stars", "channels": {"telegram": "glina"},
		"forms": {"start": {"fields": [{"type": "name"}]}, "handoff": {"title": {"en": "Who is it?", "ru": "Кто там?"}, "fields": [{"type": "phone"}]}, "away": {"fields": [{"type": "email", "required": true}]}}}`)
	for moment, says := range map[dialog.Moment]string{dialog.MomentStart: "start name", dialog.MomentHandoff: "handoff phone Кто там?", dialog.MomentAway: "away email"} {
		form := got[moment]["ru"].Flow.Form
		if form == nil {
			t.Errorf("%s: no form", moment)
			continue
		}
		if said := strings.TrimSpace(form.ID + " " + form.Fields[0].Type + " " + form.Title); said != says || form.Message != (moment == dialog.MomentAway) {
			t.Errorf("%s: %q, with a message: %v", moment, said, form.Message)
		}
	}
	for moment, said := range got {
		away := said["ru"].Away
		if moment != dialog.MomentAway {
			if away != nil {
				t.Errorf("%s: %q", moment, away.Text)
			}
			continue
		}
		// As if it were so now, whenever the test runs.
		if away == nil || away.Text != "Мы спим." || away.In != 0 || away.Back == 0 {
			t.Errorf("outside of the hours: %+v", away)
		}
	}
	if rate := got[dialog.MomentRating]["en"].Flow.Rate; rate == nil || rate.Of != 5 || rate.Score != nil {
		t.Errorf("the rating: %+v", rate)
	}
	if links := got[dialog.MomentStart]["en"].Flow.Channels; len(links) != 1 || links[0].URL != "https://t.me/glina" {
		t.Errorf("the other ways: %v", links)
	}
	none := moments(`{"rating": "off", "person": false, "forms": {"start": null, "handoff": null, "away": null}}`)
	if _, handoff := none[dialog.MomentHandoff]; handoff {
		t.Error("a moment that nothing is shown at")
	}
	if _, rating := none[dialog.MomentRating]; rating {
		t.Error("a rating that is off")
	}
}

// Who is always there has no moment at which nobody is.
func TestPreviewOfASiteThatNeverCloses(t *testing.T) {
	for hours, offered := range map[string]bool{`mon-sun: 00:00-24:00`: false, `mon-sun: 00:00-23:59`: true} {
		site := withHours(t, hours)
		if _, away := momentsOf(site, &site.Widget, time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC))[dialog.MomentAway]; away != offered {
			t.Errorf("%s: it is offered: %v", hours, away)
		}
	}
}

func TestBridgesOwnPagesMayTalk(t *testing.T) {
	d := openDoor(t, nil)
	dialer := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}}
	conn, _, err := dialer.DialContext(t.Context(), d.socketURL("shop"), http.Header{"Origin": {d.server.URL}})
	must(t, err)
	_ = conn.Close()
	// Who has no public_url does not let in who has no origin.
	d.gateway.own = ""
	response, body := d.ask(http.MethodPost, "/v1/shop/frames", strings.NewReader("{}"))
	refusal(t, response, body, chat.CodeBadOrigin)
}
