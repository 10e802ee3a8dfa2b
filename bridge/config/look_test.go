package config

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"
)

const usualFrame Size = 64 << 10

func TestInkIsReadOnEveryColour(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ground := fmt.Sprintf("#%06x", rapid.IntRange(0, 0xffffff).Draw(t, "colour"))
		if got := Contrast(InkOn(ground), ground); got < LeastContrast {
			t.Errorf("%s on %s has %.2f:1", InkOn(ground), ground, got)
		}
	})
	for ground, want := range map[string]string{
		"#ffffff": "#111", "#ffd400": "#111", "#0b6bcb": "#fff", "#a0481e": "#fff", "#000000": "#fff",
		"#777777": "#000", // where the softer black is not enough
	} {
		if got := InkOn(ground); got != want {
			t.Errorf("%s is written on in %s, not %s", ground, got, want)
		}
	}
	// As published with the criterion: #777 on white is just too little.
	if got := ratio(Contrast("#777", "#fff")); got != "4.4" {
		t.Errorf("#777 on white is %s:1", got)
	}
	if got := Contrast("#000", "#ffffff"); got != 21 {
		t.Errorf("black on white is %v:1", got)
	}
}

func TestDarkThemeHasItsOwnColours(t *testing.T) {
	for _, c := range []struct {
		w    Widget
		want string
	}{
		{Widget{Color: "#2563eb"}, "#2563eb #fff"},
		{Widget{Color: "#2563eb", DarkColor: "#9db7ff"}, "#9db7ff #111"},
		{Widget{Color: "#2563eb", Ink: "#ffe", DarkColor: "#102040"}, "#102040 #ffe"},
		{Widget{Color: "#2563eb", Ink: "#ffe", DarkInk: "#fff"}, "#2563eb #fff"},
	} {
		if ground, ink := c.w.Dark(); ground+" "+ink != c.want {
			t.Errorf("%+v is %s %s, want %s", c.w, ground, ink, c.want)
		}
	}
}

// picture is the beginning of a file of the type, by which it is known.
func picture(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAvatarIsKnownByItsContent(t *testing.T) {
	for content, want := range map[string]string{
		"\x89PNG\r\n\x1a\n": ".png", "\xff\xd8\xff": ".jpg", "RIFF\x00\x00\x00\x00WEBPVP8 ": ".webp",
		"<svg onload='alert(1)'>": "", "GIF89a": "", "": "", "\x89PNG\r\n\x1a\n" + strings.Repeat("x", mostAvatar): "",
	} {
		_, got, err := ReadAvatar(picture(t, "avatar.png", content))
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%.10q is %q, %v", content, got, err)
		}
	}
	if _, _, err := ReadAvatar(t.TempDir()); err == nil {
		t.Error("a folder is a picture")
	}
}

// What the preview writes is what the file takes, and means the same.
func TestWidgetIsWrittenAsItIsRead(t *testing.T) {
	site := DefaultSite("shop")
	edited, faults := site.EditWidget([]byte(`{"color":"#A0481E","title":{"en":"Tea: \"best\" # ever","ru":"Чай"},"team":"Anna, Ben",
		"launcher":{"icon":"question","text":{"en":"Ask us"}},"offset":{"bottom":90},"hide":{"pages":["/cart*","*"],"devices":["phone"]},"channels":{"links":[{"name":"Help","url":"https://tea.example/help"}]},
		"forms":{"start":{"fields":[{"type":"name","required":true},{"type":"email"},
			{"type":"select","name":"topic","label":{"en":"About?","ru":"О чём?"},"choices":["An order",{"en":"Else","ru":"Другое"}]},{"type":"text","name":"no","label":"0","max":20}]}},
		"proactive":[{"name":"false","text":"0","after":"0s","pages":["*"]}]}`), usualFrame)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	text, err := edited.YAML()
	if err != nil {
		t.Fatal(err)
	}
	want := `    widget:
      title:
        en: 'Tea: "best" # ever'
        ru: Чай
      team: Anna, Ben
      color: '#a0481e'
      offset:
        bottom: 90
      launcher:
        icon: question
        text:
          en: Ask us
      hide:
        pages: [/cart*, '*']
        devices: [phone]
      proactive:
        - {name: "false", text: "0", pages: ['*'], after: 0h, visitors: new, once: visitor}
      forms:
        start:
          fields:
            - {type: name, required: true}
            - {type: email}
            - {type: select, name: topic, label: {en: 'About?', ru: 'О чём?'}, choices: [An order, {en: Else, ru: Другое}]}
            - {type: text, name: "no", label: "0", max: 20}
      channels:
        links:
          - {name: Help, url: 'https://tea.example/help'}
`
	if text != want {
		t.Errorf("got\n%s", text)
	}
	file := strings.Replace(good, "  shop: {", "  shop:\n    ", 1)
	file = file[:strings.Index(file, "    name:")] + "    name: Shop\n    origins: [https://shop.example.com]\n    operators: [\"@ann:example.com\"]\n" + text
	cfg, err := load(write(t, file), environment(), true)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := json.Marshal(cfg.Sites["shop"].Widget)
	again, _ := json.Marshal(edited)
	if string(got) != string(again) {
		t.Errorf("read again it is\n%s\nnot\n%s", got, again)
	}
	if text, _ = site.Widget.YAML(); text != "    widget: {}\n" {
		t.Errorf("nothing but defaults is %q", text)
	}
}

// The library writes some texts of several lines in a form that it does not read.
func TestTextsOfAnyShapeAreWrittenAsTheyAreRead(t *testing.T) {
	for _, text := range []string{"\t\n", "\n", " one\n two", "one\n\n\ttwo", "one \ntwo\n", "one\n\ntwo", "# one\n- two: 'x'", " "} {
		changes, err := json.Marshal(map[string]any{"greeting": text, "title": map[string]string{"ru": text}})
		if err != nil {
			t.Fatal(err)
		}
		edited, faults := DefaultSite("shop").EditWidget(changes, usualFrame)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		written, err := edited.YAML()
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		var got struct {
			Widget struct {
				Greeting string            `yaml:"greeting"`
				Title    map[string]string `yaml:"title"`
			} `yaml:"widget"`
		}
		if err := yaml.Unmarshal([]byte(written), &got); err != nil || got.Widget.Greeting != text || got.Widget.Title["ru"] != text {
			t.Errorf("%q is read as %+v, %v, from\n%s", text, got, err, written)
		}
	}
}

func TestEditsAreAnybodys(t *testing.T) {
	site := DefaultSite("shop")
	site.Widget.Avatar = "/secret/place.png"
	before, _ := json.Marshal(site.Widget)
	for changes, want := range map[string]string{
		``:                                  "The changes are no JSON object.",
		`[1]`:                               "section with keys",
		`{"color":"red"}`:                   `widget.color must be written like "#2563eb"`,
		`{"colour":"#fff"}`:                 `did you mean "color"?`,
		`{"avatar":"/etc/passwd"}`:          "in the config alone",
		`{"color":"#ffd400","ink":"#fff"}`:  "#ffffff on #ffd400 has a contrast of 1.4:1",
		"{a: &x [*x]}":                      "The changes are no JSON object.",
		`{"launcher":{"icon":"M0 0<svg>"}}`: "path data of an SVG",
		`{"title":{"en":1,"xx":"y"}}`:       "languages",
	} {
		w, faults := site.EditWidget([]byte(changes), usualFrame)
		if w != nil || !strings.Contains(faults.Error(), want) {
			t.Errorf("%s: got %v, want %q", changes, faults, want)
		}
		if strings.Contains(faults.Error(), "place.png") {
			t.Errorf("%s tells where a file is: %v", changes, faults)
		}
	}
	w, faults := site.EditWidget([]byte(`{"title":"x","hide":{"devices":["phone"]}}`), usualFrame)
	if len(faults) > 0 || w.Avatar != site.Widget.Avatar {
		t.Errorf("%v %+v", faults, w)
	}
	if text, _ := w.YAML(); strings.Contains(text, "place") {
		t.Errorf("the file is named: %s", text)
	}
	if after, _ := json.Marshal(site.Widget); string(after) != string(before) {
		t.Error("the site was changed")
	}
}

// Whoever takes a form away in the preview finds it gone from the lines for the config.
func TestEditsTakeFormsAway(t *testing.T) {
	site := DefaultSite("shop")
	kept := &Form{Fields: []FormField{{Type: FieldPhone}}}
	site.Widget.Forms = Forms{Start: &Form{Fields: []FormField{{Type: FieldEmail}}}, Away: kept}
	w, faults := site.EditWidget([]byte(`{"forms":{"start":null}}`), usualFrame)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if text, err := w.YAML(); w.Forms.Start != nil || w.Forms.Away != kept || strings.Contains(text, "start") || !strings.Contains(text, "phone") {
		t.Errorf("%+v, %v:\n%s", w.Forms, err, text)
	}
	if site.Widget.Forms.Start == nil {
		t.Error("the site was changed")
	}
}

// A window that says nothing outside of the opening hours is written so that it is read as that.
func TestNothingToSayWhileAwayIsNothing(t *testing.T) {
	w, faults := DefaultSite("shop").EditWidget([]byte(`{"away":""}`), usualFrame)
	if len(faults) > 0 || Text(w.Away).In(Russian) != "" {
		t.Fatalf("%v, %+v", faults, w)
	}
	if text, err := w.YAML(); err != nil || text != "    widget:\n      away: \"\"\n" {
		t.Errorf("%v: %q", err, text)
	}
}

// Anybody may send changes: what is wrong in them makes no answer that is larger than they are.
func TestChangesHaveFewFaults(t *testing.T) {
	t.Parallel()
	var keys []string
	for i := range 4000 {
		keys = append(keys, fmt.Sprintf(`"q%d":0`, i))
	}
	_, faults := DefaultSite("shop").EditWidget([]byte("{"+strings.Join(keys, ",")+"}"), usualFrame)
	const most = 20
	if len(faults) != most {
		t.Errorf("%d faults", len(faults))
	}
}

func FuzzEditWidget(f *testing.F) {
	for _, seed := range []string{`{}`, `{"color":"#fff","launcher":{"text":{"ru":"x"}}}`, `{"hide":{"pages":["*"]}}`, `{"away":"off","offset":{"side":1e3}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, changes []byte) {
		w, faults := DefaultSite("shop").EditWidget(changes, usualFrame)
		if (w == nil) == (len(faults) == 0) {
			t.Fatalf("%v, %v", w, faults)
		}
		if w != nil {
			if _, err := w.YAML(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
