package knowledge

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

	"github.com/anteroom-chat/anteroom/bot/source"
)

// The most that a folder may hold. A file has at most source.MaxFile bytes.
const (
	MaxFiles    = 1000
	MaxBytes    = 16 << 20
	MaxPassages = 5000
	// MaxDepth is how deep folders may lie in one another.
	MaxDepth = 8
	// MaxPath is how many bytes the path of a file in the folder may have.
	MaxPath = 200
)

// Load reads all Markdown files (.md, .markdown) and question files (.yaml, .yml)
// of a folder and of the folders in it. The base is nil if any of the faults is
// more than a warning. Files and folders that begin with a dot or an underscore
// are left out. A link to a file of the folder is read like the file, one out of it
// refused; a link to a folder is not followed. Load takes about a second for the largest folder.
func Load(folder fs.FS) (*Base, source.Faults) {
	l := &loader{folder: folder, ids: map[string]int{}, hosts: map[string]bool{}}
	l.walk(".", 0)
	if len(l.passages) == 0 && len(l.faults) == 0 {
		l.warn(source.Pos{File: "."}, "no_knowledge", "The folder holds no knowledge: neither Markdown (.md) nor questions (.yaml) with any text.")
	}
	faults := l.faults.Sort()
	if len(faults.Errors()) > 0 {
		return nil, faults
	}
	return newBase(l.passages, slices.Sorted(maps.Keys(l.hosts))), faults
}

// loader reads one folder.
type loader struct {
	folder   fs.FS
	faults   source.Faults
	passages []Passage
	hosts    map[string]bool
	// ids are those that are given, with the number for the next of the same.
	ids   map[string]int
	files int
	bytes int
	// full is true once one of the limits is reached; it is said once.
	full bool
}

func (l *loader) fault(at source.Pos, code, format string, args ...any) {
	l.faults = append(l.faults, source.Fault{Pos: at, Code: code, Text: fmt.Sprintf(format, args...)})
}

func (l *loader) warn(at source.Pos, code, format string, args ...any) {
	l.fault(at, code, format, args...)
	l.faults[len(l.faults)-1].Warning = true
}

// over notes that a limit is passed, and ends the reading.
func (l *loader) over(at source.Pos, code, format string, args ...any) {
	if !l.full {
		l.fault(at, code, format, args...)
	}
	l.full = true
}

func (l *loader) walk(folder string, depth int) {
	here := source.Pos{File: folder}
	if depth > MaxDepth {
		l.fault(here, "too_deep", "Folders lie more than %d deep in one another here.", MaxDepth)
		return
	}
	entries, err := fs.ReadDir(l.folder, folder)
	if err != nil {
		l.fault(here, "no_folder", "The folder cannot be read: %s.", source.Reason(err))
		return
	}
	for _, entry := range entries {
		if l.full {
			return
		}
		name := entry.Name()
		if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
			continue
		}
		file := path.Join(folder, name)
		at := source.Pos{File: file}
		switch isLink := entry.Type()&fs.ModeSymlink != 0; {
		case !fine(file):
			l.fault(source.Pos{File: strings.Map(shown, file)}, "bad_name", "The path of a file is UTF-8 text of at most %d bytes without characters that cannot be seen.", MaxPath)
		case entry.IsDir():
			l.walk(file, depth+1)
		case isLink && isFolder(l.folder, file):
			l.warn(at, "linked_folder", "This is a link to a folder, which is not followed; put the folder itself here.")
		default:
			l.file(file)
		}
	}
}

func isFolder(in fs.FS, name string) bool {
	info, err := fs.Stat(in, name)
	return err == nil && info.IsDir()
}

// fine reports whether a path can be shown and be part of an id.
func fine(file string) bool {
	return len(file) <= MaxPath && utf8.ValidString(file) && !strings.ContainsFunc(file, func(r rune) bool { return shown(r) != r })
}

func shown(r rune) rune {
	if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) {
		return unicode.ReplacementChar
	}
	return r
}

func (l *loader) file(file string) {
	at := source.Pos{File: file}
	ending := strings.ToLower(path.Ext(file))
	var read func(file string, data []byte)
	switch ending {
	case ".md", ".markdown":
		read = l.markdown
	case ".yaml", ".yml":
		read = l.questions
	default:
		if slices.Contains([]string{".txt", ".doc", ".docx", ".odt", ".rtf", ".pdf", ".html", ".htm", ".csv", ".xls", ".xlsx", ".json"}, ending) {
			l.warn(at, "not_read", "Files that end in %s are not read; write Markdown (.md) or questions (.yaml).", ending)
		}
		return
	}
	if l.files++; l.files > MaxFiles {
		l.over(at, "too_many_files", "The folder has more than %d files.", MaxFiles)
		return
	}
	data, err := source.ReadFile(l.folder, file)
	if errors.Is(err, source.ErrOutside) {
		l.fault(at, "outside_folder", source.OutsideText)
		return
	}
	if err != nil {
		l.fault(at, "unreadable", "The file cannot be read: %s.", source.Reason(err))
		return
	}
	if l.bytes += len(data); l.bytes > MaxBytes {
		l.over(at, "too_much", "All files together are larger than %d MiB.", MaxBytes>>20)
		return
	}
	faults, passages := len(l.faults), len(l.passages)
	read(file, data)
	if len(l.faults) == faults && len(l.passages) == passages {
		l.warn(at, "no_text", "The file has no text of which the assistant could know something.")
	}
}

// section is a piece of a file that is about one thing.
type section struct {
	Passage
	// anchor tells it apart from others of its file.
	anchor string
}

// add cuts a section into passages.
func (l *loader) add(s section) {
	s.Text = strings.TrimSpace(s.Text)
	if s.Text == "" {
		return
	}
	s.ID = norm.NFC.String(strings.TrimSuffix(s.File, path.Ext(s.File)))
	if s.anchor != "" {
		s.ID += "#" + s.anchor
	}
	whole := l.unique(s.ID)
	for i, part := range cut(s.Text, MaxPassage) {
		if len(l.passages) == MaxPassages {
			l.over(source.Pos{File: s.File}, "too_many_passages", "The folder has more than %d passages.", MaxPassages)
			return
		}
		s.Text, s.ID = part, whole
		if i > 0 {
			s.ID = l.unique(fmt.Sprintf("%s~%d", whole, i+1))
		}
		l.passages = append(l.passages, s.Passage)
	}
	l.links(s.URL)
}

// unique is an id that is not given yet: the wanted one, else with a
// number behind it, as GitHub does.
func (l *loader) unique(wanted string) string {
	id := wanted
	for l.ids[id] > 0 {
		id = fmt.Sprintf("%s-%d", wanted, l.ids[wanted])
		l.ids[wanted]++
	}
	l.ids[id] = 1
	return id
}

func (l *loader) links(urls ...string) {
	for _, u := range urls {
		if host, ok := Host(u); ok {
			l.hosts[host] = true
		}
	}
}

// head is what a file says of itself.
type head struct {
	// URL is the page that says the same.
	URL   source.Scalar `yaml:"url"`
	Title source.Scalar `yaml:"title"`
	// Language is the folder's if nothing is said.
	Language source.Scalar `yaml:"language"`
}

// about checks a head, and makes of it what all passages of the file have in common.
func (l *loader) about(file string, h head) Passage {
	p := Passage{File: file, Language: folderLanguage(file), URL: l.url(h.URL), Title: l.short(h.Title, "title")}
	if h.Language.IsRead() {
		tag, err := language.Parse(h.Language.Text)
		if err != nil {
			l.fault(h.Language.Pos, "bad_language", "%q is no language; write it like en, ru or pt-BR.", clip(h.Language.Text))
		}
		p.Language = tag.String()
	}
	return p
}

// inFolder are the folders that stand for a language.
var inFolder = regexp.MustCompile(`^([a-z]{2}(?:-[A-Z]{2})?)/`)

// folderLanguage is the language that the outermost folder of a file is named by.
func folderLanguage(file string) string {
	if m := inFolder.FindStringSubmatch(file); m != nil {
		if tag, err := language.Parse(m[1]); err == nil {
			return tag.String()
		}
	}
	return ""
}

// MaxTitle is how many characters a title, a question and another wording may have.
const MaxTitle = 300

func (l *loader) short(s source.Scalar, what string) string {
	text := strings.Join(strings.Fields(s.Text), " ")
	if utf8.RuneCountInString(text) > MaxTitle {
		l.fault(s.Pos, "too_long", "The %s has more than %d characters.", what, MaxTitle)
	}
	return text
}

// clip keeps a sentence readable that quotes what somebody wrote.
func clip(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
