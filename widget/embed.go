// Package widget embeds the built chat widget: the loader that a site's
// script tag asks for, and the chunks that the loader imports. It is built by
// `npm ci && npm run build` in this folder; without that only a placeholder is
// embedded, so that the Go code compiles on a machine without Node.
package widget

import (
	"embed"
	"encoding/json"
	"io/fs"
	"strings"
)

//go:embed all:dist
var dist embed.FS

// SettingsMarker stands in the loader, with its quotes, where the gateway puts
// the site's settings as a JSON object.
const SettingsMarker = `"__ANTEROOM_SETTINGS__"`

// Loader returns the loader's script, which holds SettingsMarker once. It is
// false when the program was compiled before the widget was built: a release
// build must refuse that, see Built.
func Loader() ([]byte, bool) {
	script, err := dist.ReadFile("dist/loader.js")
	return script, err == nil
}

// Module returns the same loader as a module that a page imports, which holds
// SettingsMarker once too; nil before the widget is built.
func Module() []byte {
	script, err := dist.ReadFile("dist/loader.mjs")
	if err != nil {
		return nil
	}
	return script
}

//go:embed src/i18n/launcher.json
var launcher []byte

// LauncherWords are what is said before a chunk of the language is there.
type LauncherWords struct {
	// Dir is where the language runs from: "ltr" or "rtl".
	Dir   string `json:"dir"`
	Open  string `json:"open"`
	Close string `json:"close"`
	// Unread stands before the number of unread messages.
	Unread string `json:"unread"`
	// Sorry is said where the chat did not load.
	Sorry string `json:"sorry"`
}

// Launcher are those words by the tags of the built-in languages.
func Launcher() map[string]LauncherWords {
	words := map[string]LauncherWords{}
	if err := json.Unmarshal(launcher, &words); err != nil {
		return nil // a test reads the file
	}
	return words
}

//go:embed src/i18n/near.json
var near []byte

// NearWords are what is said beside the launcher of messages that come while the window
// is closed, and in the title of the tab.
type NearWords struct {
	Hide     string `json:"hide"`
	Bot      string `json:"bot"`
	Operator string `json:"operator"`
	One      string `json:"one"`
	Some     string `json:"some"`
}

// Near are those words by the tags of the built-in languages.
func Near() map[string]NearWords {
	words := map[string]NearWords{}
	if err := json.Unmarshal(near, &words); err != nil {
		return nil // a test reads the file
	}
	return words
}

//go:embed types/anteroom.d.ts
var types string

// Types are the TypeScript declarations of the module at the URL, and of window.Anteroom.
func Types(moduleURL string) []byte {
	name, err := json.Marshal(moduleURL)
	if err != nil {
		return nil // a string can always be written
	}
	return []byte(strings.ReplaceAll(types, `'https://chat.example.com/widget/shop.mjs'`, string(name)))
}

// Built reports whether the whole widget is embedded.
func Built() bool {
	_, ok := Loader()
	return ok && Module() != nil && len(Assets()) > 0
}

// Assets maps the logical names of the chunks that the loader imports
// ("transport", "chat", "en", "ru") to their file names in Files. It is empty
// when the program was compiled before the widget was built.
func Assets() map[string]string {
	names := map[string]string{}
	manifest, err := dist.ReadFile("dist/manifest.json")
	if err != nil {
		return names
	}
	if err := json.Unmarshal(manifest, &names); err != nil {
		return map[string]string{}
	}
	return names
}

// Panel is the folder of the operators' panel, with its manifest: a JSON object that
// names its script, "panel". It is empty before the panel is built.
func Panel() fs.FS {
	files, err := fs.Sub(dist, "dist/panel")
	if err != nil {
		return dist // as in Files
	}
	return files
}

// Sentences are those that the widget says, with their English words: JSON, which package
// bridge/words reads. Nil before the widget is built.
func Sentences() []byte {
	sentences, err := dist.ReadFile("dist/sentences.json")
	if err != nil {
		return nil
	}
	return sentences
}

// Files is the folder of the chunks. Their names carry a hash of their
// content, so they may be cached for ever. It is empty before the widget is built.
func Files() fs.FS {
	files, err := fs.Sub(dist, "dist/assets")
	if err != nil {
		// fs.Sub refuses only an invalid path, and this one is a constant.
		return dist
	}
	return files
}
