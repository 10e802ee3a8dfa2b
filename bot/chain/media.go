package chain

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// media is a file of the chains' folder, or an https URL.
type media struct{ address }

func (m *media) isURL() bool { return strings.Contains(m.Text, "://") }

// pictures are the endings of what browsers draw in place and run nothing of.
func pictures() []string {
	return []string{".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".bmp"}
}

func (m *media) check(c *checker, image bool) {
	switch {
	case !m.IsRead():
	case m.isURL() && !strings.HasPrefix(m.Text, "https://"):
		c.fault(m.Pos, "not_https", "A file from elsewhere needs a URL that begins with https://.")
	case m.isURL():
		m.address.check(c, c.set.Names.Template)
	case m.IsZero() || strings.Contains(m.Text, "{{"):
		c.fault(m.Pos, "no_file", "Name a file of the folder, or a URL that begins with https://.")
	case !fs.ValidPath(m.Text) || strings.Contains(m.Text, `\`):
		c.fault(m.Pos, "bad_path", "%q is no path inside the folder: write it like pictures/offer.png, without / at the beginning, without . and ..", cut(m.Text, maxShown))
	case image && !slices.Contains(pictures(), strings.ToLower(path.Ext(m.Text))):
		c.fault(m.Pos, "not_a_picture", "%q is no picture that browsers show; use one of %s, or the step file.", cut(m.Text, maxShown), strings.Join(pictures(), ", "))
	default:
		m.find(c)
	}
}

// find looks for the file in the folder.
func (m *media) find(c *checker) {
	info, err := fs.Stat(c.folder, m.Text)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.fault(m.Pos, "missing_file", "There is no file %q in the folder%s.", m.Text, source.Suggest(m.Text, filesBeside(c.folder, m.Text)))
	case err != nil:
		c.fault(m.Pos, "missing_file", "The file %q cannot be read: %s.", m.Text, source.Reason(err))
	case source.LeadsOut(c.folder, m.Text):
		c.fault(m.Pos, "outside_folder", "%q leads out of the folder by a link; visitors are shown what lies in it.", m.Text)
	case !info.Mode().IsRegular():
		c.fault(m.Pos, "missing_file", "%q is not a file.", m.Text)
	case info.Size() > MaxMedia:
		c.fault(m.Pos, "file_too_large", "The file %q is larger than %d MB.", m.Text, MaxMedia>>20)
	case info.Size() == 0:
		c.fault(m.Pos, "empty_file", "The file %q is empty.", m.Text)
	}
}

// filesBeside are the files next to one that is looked for.
func filesBeside(folder fs.FS, file string) (names []string) {
	beside := path.Dir(file)
	entries, err := fs.ReadDir(folder, beside)
	if err != nil {
		return nil // there is not even such a folder, and nothing to suggest
	}
	for _, entry := range entries {
		if !entry.IsDir() {
			names = append(names, path.Join(beside, entry.Name()))
		}
	}
	return names
}

// shown is what the visitor gets.
func (m *media) shown(t *Turn, s *Step, image bool) *talk.Media {
	if !m.isURL() {
		return &talk.Media{Path: m.Text, Image: image}
	}
	url, _ := m.write(t, s).Join(nil) // there are no secrets in it
	return &talk.Media{URL: url, Image: image}
}
