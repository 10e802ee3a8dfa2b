package gateway

import (
	"maps"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
	"github.com/anteroom-chat/anteroom/widget"
)

// settings is what a site's loader is told. It stands in the script for
// everyone to read.
type settings struct {
	Site   chat.SiteID       `json:"site"`
	Assets map[string]string `json:"assets"`
	// Words are those of the launcher and the site's own, in each language that the widget
	// may choose: it goes by the page's language, which a request does not tell. Who speaks
	// none of them has Fallback.
	Words    map[config.Language]words `json:"words"`
	Fallback config.Language           `json:"fallback"`
	// CSS is the look that the settings make, see sheet; Icon the path of the launcher's drawing.
	CSS  string `json:"css"`
	Icon string `json:"icon"`
	// Avatar is the path of the picture in the window's head, relative to public_url.
	Avatar   string          `json:"avatar,omitempty"`
	Position config.Position `json:"position"`
	Theme    config.Theme    `json:"theme"`
	// Watch are chunks that look at each page, Hide the patterns for that of this name.
	Watch []string `json:"watch,omitempty"`
	Hide  []string `json:"hide,omitempty"`
	// Quiet has no sound tell of messages.
	Quiet bool `json:"quiet,omitempty"`
	// Notify is what the system's notifications show; empty for the words.
	Notify config.Notifications `json:"notify,omitempty"`
	// Consents are the hashes of what a visitor has to agree to, by the language of the
	// text, which is among the words; Gated are the chunks of Watch that wait for it.
	Consents map[config.Language]string `json:"consents,omitempty"`
	Gated    []string                   `json:"gated,omitempty"`
	// Proactive are when what the site says first is shown.
	Proactive []proactive `json:"proactive,omitempty"`
	// Full is a window that is all of its page, and always open.
	Full bool `json:"full,omitempty"`
	// Triggers are what chains wait for on pages, Opened whether one waits for the
	// chat's window to be opened.
	Triggers []wire.Trigger `json:"triggers,omitempty"`
	Opened   bool           `json:"opened,omitempty"`
}

type words struct {
	widget.LauncherWords
	// Near is what is said of messages beside the launcher, if the widget has it not.
	Near     *widget.NearWords `json:"near,omitempty"`
	Title    string            `json:"title,omitempty"`
	Greeting string            `json:"greeting,omitempty"`
	Team     string            `json:"team,omitempty"`
	// Proactive are the words of the proactive messages, by their names.
	Proactive map[string]string `json:"says,omitempty"`
	// Consent is what the visitor has to agree to, Privacy the page that says more.
	Consent string `json:"consent,omitempty"`
	Privacy string `json:"privacy,omitempty"`
}

// settings is what the loader of a site with that widget is told.
func (l *loaders) settings(site chat.SiteID, w *config.Widget, files *siteFiles) settings {
	told := l.look(site, w, files)
	told.CSS += hidden(&w.Hide)
	if told.Hide = w.Hide.Pages; len(told.Hide) > 0 {
		told.Watch = append(told.Watch, hideAsset)
	}
	if told.Proactive = proactiveOf(w); len(told.Proactive) > 0 {
		told.Watch = append(told.Watch, proactiveAsset)
	}
	if told.Triggers, told.Opened = l.triggers(site); len(told.Triggers) > 0 {
		told.Watch = append(told.Watch, "triggers")
	}
	l.gate(&told, w)
	return told
}

// gateAsset stands before the chunks of a site that asks for consent.
const gateAsset = "gate"

// gate has a loader of a site that asks for consent load the gate in place of all that
// stores or sends something.
func (l *loaders) gate(told *settings, w *config.Widget) {
	if len(w.Consents()) == 0 {
		return
	}
	told.Consents = map[config.Language]string{}
	for _, spoken := range w.Spoken() {
		told.Consents[spoken] = config.ConsentHash(w.Consent.In(spoken))
	}
	told.Assets = maps.Clone(told.Assets)
	gate := told.Assets[gateAsset]
	for name, free := range map[string]string{"transport": "", "calls": "told", "chat": "window"} {
		if free != "" { // under that name the gate loads what it stands before
			told.Assets[free] = told.Assets[name]
		}
		told.Assets[name] = gate
	}
	var free []string
	for _, name := range told.Watch {
		if name == hideAsset { // which only looks at addresses
			free = append(free, name)
		} else {
			told.Gated = append(told.Gated, name)
		}
	}
	if told.Watch = free; len(told.Gated) > 0 {
		told.Watch = append(told.Watch, gateAsset)
	}
}

// look is of that what is seen wherever the widget stands.
func (l *loaders) look(site chat.SiteID, w *config.Widget, files *siteFiles) settings {
	told := settings{
		Site: site, Assets: l.assetsOf(site, files), Fallback: w.Unspoken(), Words: map[config.Language]words{}, CSS: sheet(w),
		Icon: drawing(w.Launcher.Icon), Position: w.Position, Theme: w.Theme, Quiet: !w.Sound,
	}
	if w.Notifications != config.NotifyText {
		told.Notify = w.Notifications
	}
	if files.avatarName != "" {
		told.Avatar = "widget/" + assetsFolder + files.avatarName
	}
	for _, spoken := range w.Spoken() {
		own := words{
			launcherWords(w, spoken), nearWords(w, spoken), w.Title.In(spoken), w.Greeting.In(spoken), w.Team.In(spoken), firstWords(w, spoken), w.Consent.In(spoken), w.Privacy.In(spoken),
		}
		own.Open = opens(w.Launcher.Text.In(spoken), own.Open)
		told.Words[spoken] = own
	}
	return told
}

// assetsOf are the paths of the files for one site, relative to the loader's. A page may
// have the chats of two sites, and what a module holds is that of one: under a path of its
// own the browser makes the module anew.
func (l *loaders) assetsOf(site chat.SiteID, files *siteFiles) map[string]string {
	paths := make(map[string]string, len(l.assets)+len(files.languages))
	for name, file := range l.assets {
		paths[name] = assetsFolder + string(site) + "/" + file
	}
	for spoken, file := range files.languages {
		paths[string(spoken)] = assetsFolder + string(site) + "/" + file
	}
	return paths
}
