package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
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
	// loader is the script of the one tag, module the same for an import; nil if the
	// widget was not built.
	loader, module []byte
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
	return scripts{loader: loader, module: widget.Module(), assets: widget.Assets(), files: widget.Files()}
}

// assetsFolder is relative to the loader's own URL.
const assetsFolder = "assets/"

// The chunks that are named here: what hides the button on pages, and the preview's page.
const (
	hideAsset    = "hide"
	previewAsset = "owner"
	// backAsset is the page to which mails lead.
	backAsset = "back"
)

// What a script of a site may be asked for as, beside that of the one tag.
const (
	asChat  = "chat"
	asFrame = "frame"
)

// framed is where the preview's page has the settings for the page in it.
const framed = "parent.anteroomPreview"

// loaders are the sites' scripts, with their settings in them.
type loaders struct {
	built  scripts
	assets map[string]string
	public string // the bridge's address, without a slash at its end
	// triggers are what a site's chains want to know of its pages.
	triggers func(chat.SiteID) ([]wire.Trigger, bool)

	mu     sync.RWMutex
	bySite map[chat.SiteID]*siteFiles
}

// siteFiles are what is made of a site's settings.
type siteFiles struct {
	// script is for the one tag, module for an import.
	script, module *asset.File
	// chat is the script of the page that is all chat, by what ?lang= asks for; "" for nothing.
	chat map[config.Language]*asset.File
	// frame is the script of the page in the preview, whose settings come from there.
	frame *asset.File
	icon  *asset.File
	// types are the declarations of the module.
	types *asset.File
	// code is the QR code of the page that is all chat. It is drawn when the first is asked
	// for, and then served: anybody may ask, and drawing takes a thousand times what serving takes.
	code func() (*asset.File, error)
	// owner is what the preview is told, made as the code is.
	owner func() ([]byte, error)
	// avatar is the file of the name; nil without one.
	avatarName string
	avatar     *asset.File
	// chunks are the languages of files, by the names of the scripts; languages name the
	// first of each.
	chunks    map[string]*asset.File
	languages map[config.Language]string
}

// of returns what is made of a site's settings; false if the widget was not built.
func (l *loaders) of(site chat.SiteID) (*siteFiles, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	s, ok := l.bySite[site]
	return s, ok
}

// avatar returns the picture of the name.
func (l *loaders) avatar(name string) (*asset.File, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for _, files := range l.bySite {
		if files.avatar != nil && files.avatarName == name {
			return files.avatar, true
		}
	}
	return nil, false
}

// newLoaders makes each site's script.
func newLoaders(sites map[chat.SiteID]*config.Site, built scripts, public string, triggers func(chat.SiteID) ([]wire.Trigger, bool)) (*loaders, error) {
	l := &loaders{built: built, public: public, triggers: triggers, assets: make(map[string]string, len(built.assets)), bySite: map[chat.SiteID]*siteFiles{}}
	if built.loader == nil {
		return l, nil
	}
	for _, script := range [][]byte{built.loader, built.module} {
		if n := bytes.Count(script, []byte(widget.SettingsMarker)); n != 1 {
			return nil, fmt.Errorf("the widget's loader has %d places for its settings instead of one; build it again", n)
		}
	}
	for name, file := range built.assets {
		// These are pages of their own, and no loader's.
		if name != previewAsset && name != backAsset {
			l.assets[name] = file
		}
	}
	for _, site := range sites {
		if err := l.write(site); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// write makes a site's scripts, at the start and when its chains have changed.
func (l *loaders) write(site *config.Site) error {
	if l.built.loader == nil {
		return nil
	}
	w := &site.Widget
	files := &siteFiles{chat: map[config.Language]*asset.File{}}
	var err error
	files.avatarName, files.avatar, err = avatarOf(w)
	if before, ok := l.of(site.ID); ok && err != nil { // the file is gone since the start
		files.avatarName, files.avatar, err = before.avatarName, before.avatar, nil
	}
	if err != nil {
		return fmt.Errorf("write the loader of site %s: %w", site.ID, err)
	}
	if err := l.speak(w, files); err != nil {
		return fmt.Errorf("write the languages of site %s: %w", site.ID, err)
	}
	told := l.settings(site.ID, w, files)
	kind, _ := asset.TypeOf(".js")
	fill := func(script []byte, told settings) *asset.File {
		// Marshal escapes what could end a script or a line of it.
		text, failed := json.Marshal(told)
		err = errors.Join(err, failed)
		return asset.New(kind, bytes.Replace(script, []byte(widget.SettingsMarker), text, 1))
	}
	files.script, files.module = fill(l.built.loader, told), fill(l.built.module, told)
	files.frame = asset.New(kind, bytes.Replace(l.built.loader, []byte(widget.SettingsMarker), []byte(framed), 1))
	icon, _ := asset.TypeOf(".svg")
	files.icon = asset.New(icon, iconOf(w))
	files.types = asset.New("text/plain; charset=utf-8", widget.Types(l.public+"/widget/"+string(site.ID)+".mjs"))
	files.owner = sync.OnceValues(func() ([]byte, error) { return ownerOf(site, l.public) })
	files.code = sync.OnceValues(func() (*asset.File, error) { return codeOf(l.public + "/" + string(site.ID) + "/chat") })
	for _, asked := range append([]config.Language{""}, (&config.Widget{Language: config.Auto, Fallback: w.Fallback, Sentences: w.Sentences}).Spoken()...) {
		whole := *w
		if asked != "" {
			if !w.CanSpeak(asked) {
				continue
			}
			whole.Language = asked
		}
		told := l.settings(site.ID, &whole, files)
		told.CSS, told.Full, told.Hide, told.Proactive = sheet(&whole)+wholePage, true, nil, nil
		told.Watch = slices.DeleteFunc(told.Watch, func(name string) bool { return name == hideAsset || name == proactiveAsset })
		files.chat[asked] = fill(l.built.loader, told)
	}
	if err != nil {
		return fmt.Errorf("write the loader of site %s: %w", site.ID, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bySite[site.ID] = files
	return nil
}

// pageTriggers are what a site's chains want to know of its pages, as the widget reads it.
func (g *Gateway) pageTriggers(site chat.SiteID) (all []wire.Trigger, opened bool) {
	triggers, opened := g.dialog.PageTriggers(site)
	for _, t := range triggers {
		all = append(all, wire.Trigger{Key: t.Key, URL: config.PagePattern(t.URL), After: t.After.Milliseconds(), Device: t.Device, Once: t.Once})
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

// serveLoader gives the script that a page's one tag names. It is asked for
// anew with every page, so that what it names is there: an upgrade replaces
// the files that it loads.
func (g *Gateway) serveLoader(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("file")
	id, kind, _ := strings.Cut(name, ".")
	serve, known := loaderFiles()[kind]
	if !known {
		return chat.Errorf(chat.CodeNotFound, "There is nothing at this path.")
	}
	site, err := g.dialog.Site(chat.SiteID(id))
	if err != nil {
		return err
	}
	files, ok := g.loaders.of(site.ID)
	if !ok {
		return notBuilt()
	}
	serve(files, r).Serve(w, r, "no-cache")
	return nil
}

func notBuilt() error {
	return chat.Errorf(chat.CodeUnavailable, "This bridge was built without the widget; build it again with make.")
}

// loaderFiles are what there is of a site under /widget/, by the ends of the names.
func loaderFiles() map[string]func(*siteFiles, *http.Request) *asset.File {
	return map[string]func(*siteFiles, *http.Request) *asset.File{
		"js": func(files *siteFiles, r *http.Request) *asset.File {
			query := r.URL.Query()
			switch query.Get("as") {
			case asChat:
				if script, ok := files.chat[config.Language(query.Get("lang"))]; ok {
					return script
				}
				return files.chat[""]
			case asFrame:
				return files.frame
			default:
				return files.script
			}
		},
		"mjs":  func(files *siteFiles, _ *http.Request) *asset.File { return files.module },
		"svg":  func(files *siteFiles, _ *http.Request) *asset.File { return files.icon },
		"d.ts": func(files *siteFiles, _ *http.Request) *asset.File { return files.types },
	}
}

// serveAsset gives a file that the loader imports, at its own path and below each
// site's. Its name changes with its content, so it may be kept for ever.
func (g *Gateway) serveAsset(w http.ResponseWriter, r *http.Request) error {
	if id := r.PathValue("site"); id != "" {
		if _, err := g.dialog.Site(chat.SiteID(id)); err != nil {
			return err
		}
	}
	asset, ok := g.assets[r.PathValue("name")]
	if !ok {
		asset, ok = g.loaders.avatar(r.PathValue("name"))
	}
	if !ok {
		return chat.Errorf(chat.CodeNotFound, "There is no such file.")
	}
	asset.Serve(w, r, "public, max-age=31536000, immutable")
	return nil
}
