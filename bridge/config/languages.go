package config

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/anteroom-chat/anteroom/bridge/words"
)

// tag is how a language is named here: a BCP 47 tag in small letters.
var tag = regexp.MustCompile(`^[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}$`)

const mostLanguages = 100

// spokenText is a text in a language, where it stands.
type spokenText struct {
	path     string
	language Language
	at       position
}

func languageOf(key string) Language { return Language(strings.ToLower(key)) }

// known are the languages that the widget has sentences in: the built-in ones, and those of files.
func (w *Widget) known() []Language {
	all := Languages()
	for _, l := range slices.Sorted(maps.Keys(w.Sentences)) {
		if !slices.Contains(all, l) {
			all = append(all, l)
		}
	}
	return all
}

// Match is the language of those that the widget can speak in which a tag such as "pt-BR"
// is spoken to: the longest name that it begins with. Empty if it speaks none.
func (w *Widget) Match(asked string) Language {
	asked = strings.ToLower(strings.TrimSpace(asked)) + "-"
	var best Language
	for _, l := range w.known() {
		if strings.HasPrefix(asked, string(l)+"-") && len(l) > len(best) && w.CanSpeak(l) {
			best = l
		}
	}
	return best
}

// Below is the built-in language that a language's file is completed from; the language
// itself if it is built in.
func (w *Widget) Below(l Language) Language {
	if f := w.Sentences[l]; f != nil {
		return Language(f.Fallback())
	}
	return l
}

func (d *document) decodeLanguages(node *yaml.Node, files *map[Language]string, path string) {
	*files = map[Language]string{}
	for key, value := range d.pairs(node, path) {
		at := join(path, key.Value)
		switch l := languageOf(key.Value); {
		case !tag.MatchString(string(l)):
			d.reject(key, at, "%s: %q is no language; write it like de or pt-BR.", path, key.Value)
		case value.Kind != yaml.ScalarNode || value.Value == "":
			d.reject(value, at, "%s must be the path of a file.", at)
		default:
			(*files)[l] = value.Value
			d.places[join(path, string(l))] = d.places[at]
		}
	}
	if n := len(*files); n > mostLanguages {
		d.reject(node, path, "%s: at most %d languages can be named, not %d.", path, mostLanguages, n)
	}
}

// readLanguages reads the widget's files of sentences.
func (d *document) readLanguages(w *Widget, path string) {
	if len(w.Languages) == 0 {
		return
	}
	w.Sentences = map[Language]*words.File{}
	for _, l := range w.fallbackFirst() {
		at := join(path+".languages", string(l))
		file, faults := words.Read(w.Languages[l], string(l), w.completing())
		for _, fault := range faults {
			if fault.Line == 0 {
				d.fault(at, "%s: %s", at, fault.Text)
			} else {
				d.fault(at, "%s: %s:%d: %s", at, filepath.Base(w.Languages[l]), fault.Line, fault.Text)
			}
		}
		w.Sentences[l] = file // also with faults: the language is known
	}
}

// fallbackFirst are the languages of files, the widget's fall-back before those that are
// completed from it.
func (w *Widget) fallbackFirst() []Language {
	all := slices.Sorted(maps.Keys(w.Languages))
	slices.SortStableFunc(all, func(a, b Language) int {
		switch w.Fallback {
		case a:
			return -1
		case b:
			return 1
		default:
			return 0
		}
	})
	return all
}

// completing are the built-in languages, before all that from which a file is completed
// that names none itself: the widget's fall-back, or what that is completed from.
func (w *Widget) completing() []string {
	first := w.Below(w.Fallback)
	if !slices.Contains(Languages(), first) { // it is the file that is read
		first = English
	}
	all := []string{string(first)}
	for _, l := range Languages() {
		if l != first {
			all = append(all, string(l))
		}
	}
	return all
}

// checkTexts refuses texts in languages that the site's widget does not speak.
func (d *document) checkTexts(w *Widget, below string) {
	if d.copies {
		return
	}
	known := w.known()
	names := make([]string, len(known))
	for i, l := range known {
		names[i] = string(l)
	}
	for _, t := range d.texts {
		if strings.HasPrefix(t.path, below) && !slices.Contains(known, t.language) {
			d.rejected[join(t.path, string(t.language))] = true
			d.add(t.at, "%s knows the languages %s, not %q.", t.path, fmt.Sprintf("%s and %s", strings.Join(names[:len(names)-1], ", "), names[len(names)-1]), t.language)
		}
	}
}
