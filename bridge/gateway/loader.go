package gateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"net/http"
	"strings"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
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
}

type words struct {
	Title    string `json:"title,omitempty"`
	Greeting string `json:"greeting,omitempty"`
}

// assetsFolder is relative to the loader's own URL.
const assetsFolder = "assets/"

// newLoaders makes each site's script, with its settings in it.
func newLoaders(sites map[chat.SiteID]*config.Site, built scripts) (map[chat.SiteID]*script, error) {
	if built.loader == nil {
		return nil, nil
	}
	if n := bytes.Count(built.loader, []byte(widget.SettingsMarker)); n != 1 {
		return nil, fmt.Errorf("the widget's loader has %d places for its settings instead of one; build it again", n)
	}
	assets := make(map[string]string, len(built.assets))
	for name, file := range built.assets {
		assets[name] = assetsFolder + file
	}
	loaders := make(map[chat.SiteID]*script, len(sites))
	for id, site := range sites {
		own := map[config.Language]words{}
		for _, spoken := range spokenLanguages(site.Widget) {
			own[spoken] = words{site.Widget.Title.In(spoken), site.Widget.Greeting.In(spoken)}
		}
		// Marshal escapes what could end a script or a line of it.
		told, err := json.Marshal(settings{
			Site: id, Assets: assets, Language: site.Widget.Language, Words: own,
			Color: site.Widget.Color, Ink: ink(site.Widget.Color), Position: site.Widget.Position, Theme: site.Widget.Theme,
		})
		if err != nil {
			return nil, fmt.Errorf("write the loader of site %s: %w", id, err)
		}
		kind, _ := scriptType(".js")
		loaders[id] = newScript(kind, bytes.Replace(built.loader, []byte(widget.SettingsMarker), told, 1))
	}
	return loaders, nil
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
	l, ok := g.loaders[site.ID]
	if !ok {
		return chat.Errorf(chat.CodeUnavailable, "This bridge was built without the widget; build it again with make.")
	}
	l.serve(w, r, "no-cache")
	return nil
}

// serveAsset gives a file that the loader imports. Its name changes with its
// content, so it may be kept for ever.
func (g *Gateway) serveAsset(w http.ResponseWriter, r *http.Request) error {
	asset, ok := g.assets[r.PathValue("name")]
	if !ok {
		return chat.Errorf(chat.CodeNotFound, "There is no such file.")
	}
	asset.serve(w, r, "public, max-age=31536000, immutable")
	return nil
}
