package config

import (
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bridge/words"
)

// Widget is how the chat looks on the page.
type Widget struct {
	// Title and Greeting may differ by language; where they are empty, the widget
	// has its own words.
	Title    Text `yaml:"title"`
	Greeting Text `yaml:"greeting"`
	// Team is the line below the title, until a person answers.
	Team Text `yaml:"team"`
	// Avatar is the absolute path of a picture in the window's head, until a person
	// answers; empty for none. See ReadAvatar.
	Avatar string `yaml:"avatar"`
	// Color is "#rrggbb", DarkColor that of the dark theme; empty is the same.
	Color     string `yaml:"color"`
	DarkColor string `yaml:"dark_color"`
	// Ink is what is written in on Color, DarkInk on DarkColor; see InkOn for the
	// empty one.
	Ink         string   `yaml:"ink"`
	DarkInk     string   `yaml:"dark_ink"`
	Position    Position `yaml:"position"`
	Offset      Offset   `yaml:"offset"`
	PhoneOffset Offset   `yaml:"phone_offset"`
	Launcher    Launcher `yaml:"launcher"`
	// ZIndex is what the button and the window have among the layers of the page.
	ZIndex int   `yaml:"z_index"`
	Theme  Theme `yaml:"theme"`
	// Language is Auto or one of Languages.
	Language Language `yaml:"language"`
	// Fallback is, of Auto, the language for who speaks none that the widget speaks.
	Fallback Language `yaml:"fallback"`
	// Languages are files of sentences: of languages that are not built in, or in place of
	// single sentences of those that are. See Sentences.
	Languages map[Language]string `yaml:"languages"`
	// Sentences are what was read from them.
	Sentences map[Language]*words.File `yaml:"-"`
	// Away is what the window says outside of the opening hours; empty for nothing.
	Away Notice `yaml:"away"`
	Hide Hide   `yaml:"hide"`
	// Sound has a sound tell of what comes while nobody looks; each visitor may turn it off.
	Sound bool `yaml:"sound"`
	// Notifications are what the visitor's system says of such messages, if the visitor turns
	// that on.
	Notifications Notifications `yaml:"notifications"`
	// Consent is what a visitor has to agree to before anything is stored or sent; empty
	// for nothing. Privacy is the address of the page that says more, see Consents.
	Consent Text `yaml:"consent"`
	Privacy Text `yaml:"privacy"`
	// Proactive are what is said to visitors first; see Proactive.
	Proactive []Proactive `yaml:"proactive"`
	// Forms, Person (a button that calls one while the bot answers), Rating and Channels
	// are what the window has beside the talk.
	Forms    Forms    `yaml:"forms"`
	Person   bool     `yaml:"person"`
	Rating   Rate     `yaml:"rating"`
	Channels Channels `yaml:"channels"`
}

// Offset is how far the button is from the edges of the page, in CSS pixels: from
// the side that Position names, and from below.
type Offset struct {
	Side   int `yaml:"side"`
	Bottom int `yaml:"bottom"`
}

// Launcher is the button that opens the chat.
type Launcher struct {
	// Icon is one of Icons, or the path data of a drawing of one's own (SVG 2 section
	// 9.3) in a square of 24. Such data can load and run nothing.
	Icon string `yaml:"icon"`
	// Text stands beside the icon; empty for the icon alone.
	Text Text `yaml:"text"`
	// Size is the height, and without a text the width, in CSS pixels.
	Size int `yaml:"size"`
}

// Hide says where there is no button. A page may open the window all the same.
type Hide struct {
	// Pages are patterns of addresses, as in the chains' trigger "page".
	Pages   []string `yaml:"pages"`
	Devices []Device `yaml:"devices"`
}

// Notifications says how much of a message the notifications of the visitor's system
// show, where others may see them too.
type Notifications string

// What notifications show: the words with their author's name, the name alone, or that
// visitors are not offered any.
const (
	NotifyText Notifications = "text"
	NotifyName Notifications = "name"
	NotifyOff  Notifications = "off"
)

// Device is a kind of device.
type Device string

// The kinds of devices, by how they are pointed at and by the size of the page.
const (
	Phone   Device = "phone"
	Tablet  Device = "tablet"
	Desktop Device = "desktop"
)

// Icons are the drawings that the launcher can have by their names.
func Icons() []string { return []string{"chat", "dots", "question", "mail"} }

const (
	leastLauncher, mostLauncher = 44, 96
	mostOffset                  = 400
	mostLauncherText            = 24
	mostTeam                    = 80
	mostAway                    = 300
	mostIcon                    = 4000
	mostHidden                  = 50
	mostPattern                 = 500
	// mostZIndex is what browsers can count (a signed number of 32 bits).
	mostZIndex = math.MaxInt32
	// mostAvatar is far above what a picture of 80 pixels needs.
	mostAvatar = 256 << 10
)

// LeastContrast is what text must have on its ground (WCAG 2.2, success criterion 1.4.3).
const LeastContrast = 4.5

func defaultWidget() Widget {
	return Widget{
		Color: "#2563eb", Position: Right, Theme: ThemeAuto, Language: Auto, Fallback: English, Languages: map[Language]string{},
		Offset: Offset{Side: 20, Bottom: 20}, PhoneOffset: Offset{Side: 20, Bottom: 20},
		Launcher: Launcher{Icon: "chat", Size: 60}, ZIndex: 2147483000,
		Away: Notice{
			English: "We are not here at the moment. Write to us all the same: we will answer when we are back.",
			Russian: "Сейчас нас нет на месте. Всё равно напишите нам: ответим, когда вернёмся.",
			Arabic:  "لسنا هنا الآن. اكتب لنا على أي حال: سنردّ عليك عند عودتنا.",
		},
		Hide: Hide{Pages: []string{}, Devices: []Device{}}, Rating: RateOff, Channels: Channels{Links: []Channel{}}, Sound: true, Notifications: NotifyText, Proactive: []Proactive{},
	}
}

var pathData = regexp.MustCompile(`^[Mm][MmZzLlHhVvCcSsQqTtAa0-9eE.,+\s-]*$`)

func (d *document) validateWidget(w *Widget, path string) {
	for _, text := range []struct {
		key     string
		text    Text
		most    int
		oneLine bool
	}{
		{"title", w.Title, 60, false},
		{"greeting", w.Greeting, 500, false},
		{"team", w.Team, mostTeam, true},
		{"launcher.text", w.Launcher.Text, mostLauncherText, true},
		{"away", Text(w.Away), mostAway, false},
	} {
		for _, language := range append([]Language{""}, w.known()...) {
			words, at := text.text[language], join(path+"."+text.key, string(language))
			if language == "" {
				at = path + "." + text.key
			}
			if count := utf8.RuneCountInString(words); count > text.most {
				d.fault(at, "%s.%s has %d characters; it may have %d.", path, text.key, count, text.most)
			} else if text.oneLine && strings.ContainsFunc(words, unicode.IsControl) {
				d.fault(at, "%s.%s must be one line of text.", path, text.key)
			}
		}
	}
	d.validateColors(w, path)
	oneOf(d, path+".position", w.Position, Right, Left)
	oneOf(d, path+".theme", w.Theme, ThemeAuto, ThemeLight, ThemeDark)
	oneOf(d, path+".notifications", w.Notifications, NotifyText, NotifyName, NotifyOff)
	oneOf(d, path+".language", w.Language, append([]Language{Auto}, w.known()...)...)
	oneOf(d, path+".fallback", w.Fallback, w.known()...)
	for _, o := range []struct {
		key    string
		offset Offset
	}{{"offset", w.Offset}, {"phone_offset", w.PhoneOffset}} {
		d.number(path+"."+o.key+".side", o.offset.Side, 0, mostOffset)
		d.number(path+"."+o.key+".bottom", o.offset.Bottom, 0, mostOffset)
	}
	d.validateIcon(w.Launcher.Icon, path+".launcher.icon")
	d.number(path+".launcher.size", w.Launcher.Size, leastLauncher, mostLauncher)
	d.number(path+".z_index", w.ZIndex, 1, mostZIndex)
	if w.Avatar != "" {
		if _, _, err := ReadAvatar(w.Avatar); err != nil {
			d.fault(path+".avatar", "%s.avatar: %s.", path, err)
		}
	}
	d.validateConsent(w, path)
	d.validateFlows(w, path)
	d.patterns(path+".hide.pages", w.Hide.Pages)
	d.devices(path+".hide.devices", w.Hide.Devices)
	d.validateProactive(w.Proactive, path+".proactive")
}

// validateColors brings the colours into the form #rrggbb, and refuses an ink that
// could not be read.
func (d *document) validateColors(w *Widget, path string) {
	isColor := true
	for _, c := range []struct {
		key    string
		value  *string
		needed bool
	}{{"color", &w.Color, true}, {"dark_color", &w.DarkColor, false}, {"ink", &w.Ink, false}, {"dark_ink", &w.DarkInk, false}} {
		if *c.value == "" && !c.needed {
			continue
		}
		if !color.MatchString(*c.value) {
			d.fault(path+"."+c.key, "%s.%s must be written like \"#2563eb\", in quotes, not %q.", path, c.key, *c.value)
			isColor = false
			continue
		}
		if s := *c.value; len(s) == len("#rgb") {
			*c.value = string([]byte{'#', s[1], s[1], s[2], s[2], s[3], s[3]})
		}
		*c.value = strings.ToLower(*c.value)
	}
	if !isColor {
		return
	}
	d.contrast(path, "ink", w.Ink, w.Color)
	dark, _ := w.Dark()
	switch {
	case w.DarkInk != "":
		d.contrast(path, "dark_ink", w.DarkInk, dark)
	case w.DarkColor == "":
		// It is the same pair, of which all was said.
	case w.Ink != "":
		if measured := Contrast(w.Ink, dark); measured < LeastContrast {
			d.fault(path+".dark_color", "%s.dark_color: the ink %s on it has a contrast of %s:1, and text needs 4.5:1; name a dark_ink (%s has %s:1) or another colour.",
				path, w.Ink, ratio(measured), InkOn(dark), ratio(Contrast(InkOn(dark), dark)))
		}
	}
}

func (d *document) contrast(path, key, ink, on string) {
	if ink == "" {
		return
	}
	if measured := Contrast(ink, on); measured < LeastContrast {
		d.fault(path+"."+key, "%s.%s: %s on %s has a contrast of %s:1, and text needs 4.5:1; leave it empty, and it is %s with %s:1.",
			path, key, ink, on, ratio(measured), InkOn(on), ratio(Contrast(InkOn(on), on)))
	}
}

// ratio writes a contrast so that one that is too low never looks like enough.
func ratio(contrast float64) string { return fmt.Sprintf("%.1f", math.Floor(contrast*10)/10) }

func (d *document) validateIcon(icon, path string) {
	if strings.ContainsAny(icon, " 0123456789") || len(icon) > len("question") {
		if len(icon) > mostIcon || !pathData.MatchString(icon) {
			d.fault(path, "%s: a drawing of your own is the path data of an SVG in a square of 24, which begins with M and has at most %d characters.", path, mostIcon)
		}
		return
	}
	oneOf(d, path, icon, Icons()...)
}

// ReadAvatar reads the picture in the window's head: PNG, JPEG or WebP by its
// content, of at most 256 KiB. It returns how files of its kind are named: ".png". The
// error says in words what is wrong with it.
func ReadAvatar(path string) (content []byte, extension string, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, "", fmt.Errorf("the picture %s cannot be read", filepath.Base(path))
	}
	if !info.Mode().IsRegular() || info.Size() > mostAvatar {
		return nil, "", fmt.Errorf("the picture %s must be a file of at most %s", filepath.Base(path), Size(mostAvatar))
	}
	if content, err = os.ReadFile(path); err != nil {
		return nil, "", fmt.Errorf("the picture %s cannot be read", filepath.Base(path))
	}
	switch http.DetectContentType(content) {
	case "image/png":
		return content, ".png", nil
	case "image/jpeg":
		return content, ".jpg", nil
	case "image/webp":
		return content, ".webp", nil
	default:
		return nil, "", fmt.Errorf("the picture %s is neither PNG nor JPEG nor WebP", filepath.Base(path))
	}
}

// Light are the colour and the ink of the light theme.
func (w *Widget) Light() (ground, ink string) {
	if w.Ink != "" {
		return w.Color, w.Ink
	}
	return w.Color, InkOn(w.Color)
}

// Dark are the colour and the ink of the dark theme.
func (w *Widget) Dark() (ground, ink string) {
	ground = w.DarkColor
	if ground == "" {
		ground = w.Color
	}
	switch {
	case w.DarkInk != "":
		return ground, w.DarkInk
	case w.Ink != "":
		return ground, w.Ink
	default:
		return ground, InkOn(ground)
	}
}

// InkOn is what text on #rrggbb is best written in: white or nearly black, whichever
// is read better, and black where that is needed to reach LeastContrast. One of the
// three always does.
func InkOn(ground string) string {
	const white, soft, black = "#fff", "#111", "#000"
	switch {
	case Contrast(white, ground) >= Contrast(black, ground):
		return white
	case Contrast(soft, ground) >= LeastContrast:
		return soft
	default:
		return black
	}
}

// Contrast of two colours, #rgb or #rrggbb, is 1 to 21 (WCAG 2.2, "contrast ratio");
// what is no colour counts as black.
func Contrast(one, other string) float64 {
	a, b := luminance(one), luminance(other)
	return (max(a, b) + 0.05) / (min(a, b) + 0.05)
}

// luminance is that of WCAG 2.2, "relative luminance".
func luminance(c string) float64 {
	var parts [3]uint8
	if len(c) == len("#rgb") {
		c = string([]byte{'#', c[1], c[1], c[2], c[2], c[3], c[3]})
	}
	if _, err := fmt.Sscanf(c, "#%02x%02x%02x", &parts[0], &parts[1], &parts[2]); err != nil {
		return 0
	}
	linear := func(part uint8) float64 {
		v := float64(part) / math.MaxUint8
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(parts[0]) + 0.7152*linear(parts[1]) + 0.0722*linear(parts[2])
}
