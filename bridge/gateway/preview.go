package gateway

import (
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// servePreview is the page where the site's owner tries settings.
func (g *Gateway) servePreview(w http.ResponseWriter, r *http.Request, site *config.Site, files *siteFiles) error {
	script, built := g.loaders.built.assets[previewAsset]
	if !built {
		return notBuilt()
	}
	l := asked(r, site)
	if l != config.Russian {
		l = config.English // what it says to owners is in these two
	}
	p := g.pageOf(site, files, l)
	p.Title = site.Name + " · Anteroom"
	p.Script, p.Module, p.Body, p.NotForSearch, p.Scheme = "widget/"+assetsFolder+script, true, "preview", true, "light dark"
	told, err := files.owner()
	if err != nil {
		return fmt.Errorf("write the preview of site %s: %w", site.ID, err)
	}
	p.Settings = template.JS(told) //nolint:gosec // Marshal escapes what could end the element
	return g.writePage(w, p, "'none'")
}

// ownerOf is what the preview is told of a site.
func ownerOf(site *config.Site, public string) ([]byte, error) {
	return json.Marshal(struct {
		Site   chat.SiteID `json:"site"`
		Name   string      `json:"name"`
		URL    string      `json:"url"`
		Widget editable    `json:"widget"`
		Icons  []string    `json:"icons"`
		Files  []string    `json:"files"`
	}{site.ID, site.Name, public, editableOf(&site.Widget), config.Icons(), fileKeys(&site.Widget)})
}

// fileKeys are the keys of a site's widget that name files: what the preview writes has
// them not, and whoever puts it in the section's place would lose them.
func fileKeys(w *config.Widget) []string {
	keys := []string{}
	if w.Avatar != "" {
		keys = append(keys, "avatar")
	}
	if len(w.Languages) > 0 {
		keys = append(keys, "languages")
	}
	return keys
}

// editable are the settings that the preview changes: those that the loader tells.
type editable struct {
	Title       config.Text     `json:"title"`
	Greeting    config.Text     `json:"greeting"`
	Team        config.Text     `json:"team"`
	Color       string          `json:"color"`
	DarkColor   string          `json:"dark_color"`
	Ink         string          `json:"ink"`
	DarkInk     string          `json:"dark_ink"`
	Position    config.Position `json:"position"`
	Offset      distance        `json:"offset"`
	PhoneOffset distance        `json:"phone_offset"`
	Launcher    launcher        `json:"launcher"`
	ZIndex      int             `json:"z_index"`
	Theme       config.Theme    `json:"theme"`
	Language    config.Language `json:"language"`
	Fallback    config.Language `json:"fallback"`
	Hide        hide            `json:"hide"`
	Away        config.Text     `json:"away"`
	Consent     config.Text     `json:"consent"`
	Privacy     config.Text     `json:"privacy"`
	Sound       bool            `json:"sound"`
	Person      bool            `json:"person"`

	Notifications config.Notifications `json:"notifications"`
	Rating        config.Rate          `json:"rating"`
	// These are as the file has them.
	Forms     any `json:"forms"`
	Channels  any `json:"channels"`
	Proactive any `json:"proactive"`
}

type (
	distance struct {
		Side   int `json:"side"`
		Bottom int `json:"bottom"`
	}
	launcher struct {
		Icon string      `json:"icon"`
		Text config.Text `json:"text"`
		Size int         `json:"size"`
	}
	hide struct {
		Pages   []string        `json:"pages"`
		Devices []config.Device `json:"devices"`
	}
)

func editableOf(w *config.Widget) editable {
	return editable{
		Title: byLanguage(w, w.Title), Greeting: byLanguage(w, w.Greeting), Team: byLanguage(w, w.Team), Color: w.Color, DarkColor: w.DarkColor, Ink: w.Ink, DarkInk: w.DarkInk,
		Position: w.Position, Offset: distance(w.Offset), PhoneOffset: distance(w.PhoneOffset),
		Launcher: launcher{w.Launcher.Icon, byLanguage(w, w.Launcher.Text), w.Launcher.Size},
		ZIndex:   w.ZIndex, Theme: w.Theme, Language: w.Language, Fallback: w.Fallback, Hide: hide(w.Hide),
		Away: byLanguage(w, config.Text(w.Away)), Consent: byLanguage(w, w.Consent), Privacy: byLanguage(w, w.Privacy),
		Sound: w.Sound, Person: w.Person, Notifications: w.Notifications, Rating: w.Rating,
		Forms: asWritten(w.Forms), Channels: asWritten(w.Channels), Proactive: asWritten(w.Proactive),
	}
}

// asWritten is a part of the settings as it stands in the file; nil if that cannot be told.
func asWritten(part any) (plain any) {
	text, err := yaml.Marshal(part)
	if err != nil || yaml.Unmarshal(text, &plain) != nil {
		return nil
	}
	return plain
}

// byLanguage is a text in each language, also where it is one for all.
func byLanguage(w *config.Widget, t config.Text) config.Text {
	all := config.Text{}
	for _, l := range (&config.Widget{Language: config.Auto, Fallback: w.Fallback, Sentences: w.Sentences}).Spoken() {
		all[l] = t.In(l)
	}
	return all
}

// serveFrame is a page with the widget in it, which only the preview shows.
func (g *Gateway) serveFrame(w http.ResponseWriter, r *http.Request, site *config.Site, files *siteFiles) error {
	p := g.pageOf(site, files, asked(r, site))
	p.Script, p.Body, p.NotForSearch = "widget/"+string(site.ID)+".js?as="+asFrame, "page", true
	return g.writePage(w, p, "'self'")
}

// moreChanges is by how many bytes changes may be larger than what the preview is told: a
// site's own settings fit, of however many languages, and a stranger's are no larger.
const moreChanges = 32 << 10

// previewed answers the preview: what the widget is told, and what stands in the
// config; or what is wrong.
type previewed struct {
	Faults   []string  `json:"faults,omitempty"`
	Settings *settings `json:"settings,omitempty"`
	YAML     string    `json:"yaml,omitempty"`
	// Contrast is that of the text on the colours, light and dark.
	Contrast [2]float64 `json:"contrast"`
	// Moments are what the window shows beside the talk at each moment that there is
	// something for, in each language.
	Moments map[dialog.Moment]map[config.Language]beside `json:"moments,omitempty"`
}

// beside is what the window of the preview shows in place of what the gateway told it.
type beside struct {
	Flow wire.Flow  `json:"flow"`
	Away *wire.Away `json:"away,omitempty"`
}

// momentsOf is what a site shows at each moment with other settings of its widget.
func momentsOf(site *config.Site, edited *config.Widget, now time.Time) map[dialog.Moment]map[config.Language]beside {
	with := *site
	with.Widget = *edited
	all := map[dialog.Moment]map[config.Language]beside{}
	for moment, flow := range dialog.Moments(&with) {
		all[moment] = map[config.Language]beside{}
		for _, l := range edited.Spoken() {
			shown := beside{Flow: flowIn(edited, l, flow)}
			switch moment {
			case dialog.MomentAway:
				shown.Away = closed(&with, l, now)
			case dialog.MomentHandoff, dialog.MomentRating:
				shown.Flow.Channels = nil // whoever has written is shown no other ways
			case dialog.MomentStart:
			}
			all[moment][l] = shown
		}
	}
	if schedule := site.Hours.In(site.Location()); schedule != nil && schedule.Open(now) {
		if _, closes := schedule.NextClosing(now); !closes {
			delete(all, dialog.MomentAway)
		}
	}
	return all
}

// serveLook says how the widget would be with other settings. Nothing is kept of them,
// and only the bridge's own pages may ask.
func (g *Gateway) serveLook(w http.ResponseWriter, r *http.Request) error {
	site, err := g.dialog.Site(chat.SiteID(r.PathValue("site")))
	if err != nil {
		return err
	}
	if r.Header.Get("Origin") != g.own {
		return chat.Errorf(chat.CodeBadOrigin, "Only the preview of this bridge asks that.")
	}
	files, ok := g.loaders.of(site.ID)
	if !ok {
		return notBuilt()
	}
	address := g.Address(r)
	if _, wait := g.limits.hellos.Take(address, time.Now()); wait > 0 {
		return tooFast("Too many requests come from here.", wait)
	}
	own, err := files.owner()
	if err != nil {
		return fmt.Errorf("read the preview of site %s: %w", site.ID, err)
	}
	most := int64(len(own) + moreChanges)
	changes, taken, err := g.limits.bodies.readAll(address, http.MaxBytesReader(w, r.Body, most), most)
	defer g.limits.bodies.Release(address, taken)
	if err != nil {
		return bodyError(err, most)
	}
	w.Header().Set("Cache-Control", "no-store")
	edited, faults := site.EditWidget(changes, g.cfg.Gateway.Limits.FrameBytes)
	if len(faults) > 0 {
		answer := previewed{}
		for _, fault := range faults {
			answer.Faults = append(answer.Faults, fault.Text)
		}
		return writeJSON(w, http.StatusOK, answer)
	}
	text, err := edited.YAML()
	if err != nil {
		return err
	}
	all := *edited
	all.Language, all.Fallback = config.Auto, edited.Unspoken() // the owner looks at it in each
	told := g.loaders.look(site.ID, &all, files)
	// What is said first is shown at once, on whatever page it is for.
	for _, p := range proactiveOf(&all) {
		told.Proactive = append(told.Proactive, proactive{Name: p.Name, Visitors: config.AllVisitors, Once: config.OncePerVisit})
	}
	if len(told.Proactive) > 0 {
		told.Watch = append(told.Watch, proactiveAsset)
	}
	g.loaders.gate(&told, &all)
	light, onLight := edited.Light()
	dark, onDark := edited.Dark()
	return writeJSON(w, http.StatusOK, previewed{
		Settings: &told, YAML: text, Contrast: [2]float64{config.Contrast(light, onLight), config.Contrast(dark, onDark)},
		Moments: momentsOf(site, &all, time.Now()),
	})
}
