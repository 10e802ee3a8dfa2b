package gateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"net/http"
	"strings"
	"sync"

	"github.com/anteroom-chat/anteroom/bridge/asset"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
	"github.com/anteroom-chat/anteroom/widget"
)

// scripts are the built files of the widget.
type scripts struct {
	// loader is the script of the one tag; nil if the widget was not built.
	loader []byte
	// assets are the names under which the loader knows the files.
	assets map[string]string
	files  fs.FS
}

// builtScripts are the files that this binary was built with.
func builtScripts() scripts {
	loader, built := widget.Loader()
	if !built {
		return scripts{}
	}
	return scripts{loader: loader, assets: widget.Assets(), files: widget.Files()}
}

// settings is what a site's loader is told. It stands in the script for
// everyone to read.
type settings struct {
	Site     chat.SiteID       `json:"site"`
	Assets   map[string]string `json:"assets"`
	Language config.Language   `json:"language"`
	// Words are the site's own, in each language that the widget may choose: it
	// goes by the page's language, which a request does not tell.
	Words map[config.Language]words `json:"words"`
	Color string                    `json:"color"`
	// Ink is black or white, whichever is read better on the colour.
	Ink      string          `json:"ink"`
	Position config.Position `json:"position"`
	Theme    config.Theme    `json:"theme"`
	// Triggers are what chains wait for on pages, Opened whether one waits for the
	// chat's window to be opened.
	Triggers []wire.Trigger `json:"triggers,omitempty"`
	Opened   bool           `json:"opened,omitempty"`
}

type words struct {
	Title    string `json:"title,omitempty"`
	Greeting string `json:"greeting,omitempty"`
}

// assetsFolder is relative to the loader's own URL.
const assetsFolder = "assets/"

// loaders are the sites' scripts, with their settings in them.
type loaders struct {
	built  scripts
	assets map[string]string
	// triggers are what a site's chains want to know of its pages.
	triggers func(chat.SiteID) ([]wire.Trigger, bool)

	mu     sync.RWMutex
	bySite map[chat.SiteID]*asset.File
}

// of returns a site's script; false if the widget was not built.
func (l *loaders) of(site chat.SiteID) (*asset.File, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	s, ok := l.bySite[site]
	return s, ok
}

// newLoaders makes each site's script.
func newLoaders(sites map[chat.SiteID]*config.Site, built scripts, triggers func(chat.SiteID) ([]wire.Trigger, bool)) (*loaders, error) {
	l := &loaders{built: built, triggers: triggers, assets: make(map[string]string, len(built.assets)), bySite: map[chat.SiteID]*asset.File{}}
	if built.loader == nil {
		return l, nil
	}
	if n := bytes.Count(built.loader, []byte(widget.SettingsMarker)); n != 1 {
		return nil, fmt.Errorf("the widget's loader has %d places for its settings instead of one; build it again", n)
	}
	for name, file := range built.assets {
		l.assets[name] = assetsFolder + file
	}
	for _, site := range sites {
		if err := l.write(site); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// write makes a site's script, at the start and when its chains have changed.
func (l *loaders) write(site *config.Site) error {
	if l.built.loader == nil {
		return nil
	}
	own := map[config.Language]words{}
	for _, spoken := range spokenLanguages(site.Widget) {
		own[spoken] = words{site.Widget.Title.In(spoken), site.Widget.Greeting.In(spoken)}
	}
	triggers, opened := l.triggers(site.ID)
	// Marshal escapes what could end a script or a line of it.
	told, err := json.Marshal(settings{
		Site: site.ID, Assets: l.assets, Language: site.Widget.Language, Words: own,
		Color: site.Widget.Color, Ink: ink(site.Widget.Color), Position: site.Widget.Position, Theme: site.Widget.Theme,
		Triggers: triggers, Opened: opened,
	})
	if err != nil {
		return fmt.Errorf("write the loader of site %s: %w", site.ID, err)
	}
	kind, _ := asset.TypeOf(".js")
	s := asset.New(kind, bytes.Replace(l.built.loader, []byte(widget.SettingsMarker), told, 1))
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bySite[site.ID] = s
	return nil
}

// pageTriggers are what a site's chains want to know of its pages, as the widget reads it.
func (g *Gateway) pageTriggers(site chat.SiteID) (all []wire.Trigger, opened bool) {
	triggers, opened := g.dialog.PageTriggers(site)
	for _, t := range triggers {
		all = append(all, wire.Trigger{Key: t.Key, URL: t.URL, After: t.After.Milliseconds(), Device: t.Device, Once: t.Once})
	}
	return all, opened
}

// rewrite makes a site's script anew.
func (g *Gateway) rewrite(id chat.SiteID) {
	site, err := g.dialog.Site(id)
	if err == nil {
		err = g.loaders.write(site)
	}
	if err != nil {
		g.log.Error().Err(err).Msg("Pages are not told of changed chains")
	}
}

// ink chooses what is read better on #rrggbb by its relative luminance (WCAG 2.2,
// its curve to within a hundredth): 0.18 is where black and white have the same contrast.
func ink(color string) string {
	var r, g, b uint8
	if _, err := fmt.Sscanf(color, "#%02x%02x%02x", &r, &g, &b); err != nil {
		return "#fff"
	}
	linear := func(part uint8) float64 { return math.Pow(float64(part)/math.MaxUint8, 2.2) }
	if 0.2126*linear(r)+0.7152*linear(g)+0.0722*linear(b) > 0.18 {
		return "#111"
	}
	return "#fff"
}

func spokenLanguages(w config.Widget) []config.Language {
	if w.Language == config.Auto {
		return []config.Language{config.English, config.Russian}
	}
	return []config.Language{w.Language}
}

// serveLoader gives the script that a page's one tag names. It is asked for
// anew with every page, so that what it names is there: an upgrade replaces
// the files that it loads.
func (g *Gateway) serveLoader(w http.ResponseWriter, r *http.Request) error {
	id, isScript := strings.CutSuffix(r.PathValue("file"), ".js")
	if !isScript {
		return chat.Errorf(chat.CodeNotFound, "There is nothing at this path.")
	}
	site, err := g.dialog.Site(chat.SiteID(id))
	if err != nil {
		return err
	}
	l, ok := g.loaders.of(site.ID)
	if !ok {
		return chat.Errorf(chat.CodeUnavailable, "This bridge was built without the widget; build it again with make.")
	}
	l.Serve(w, r, "no-cache")
	return nil
}

// serveAsset gives a file that the loader imports. Its name changes with its
// content, so it may be kept for ever.
func (g *Gateway) serveAsset(w http.ResponseWriter, r *http.Request) error {
	asset, ok := g.assets[r.PathValue("name")]
	if !ok {
		return chat.Errorf(chat.CodeNotFound, "There is no such file.")
	}
	asset.Serve(w, r, "public, max-age=31536000, immutable")
	return nil
}
