package source

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"
)

var (
	// ErrNoFile is of what is no plain file, such as a folder or a pipe.
	ErrNoFile = errors.New("it is no plain file")
	// ErrOutside is of a link out of the folder.
	ErrOutside = errors.New("it is a link out of the folder")
)

// OutsideText is the sentence for ErrOutside, whose code is outside_folder.
const OutsideText = "The file leads out of the folder by a link; put the file itself here, or link to one inside by a relative path. The folder as a whole may be a link."

// ReadFile reads a file of a folder, as far as is needed to see that it is larger than
// MaxFile. A link is followed inside the folder only: what is read can be shown to
// visitors, and who may write into the folder need not be allowed to read more. Its
// errors are ErrNoFile, ErrOutside and those of the file system.
func ReadFile(folder fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(folder, name) // first: to open a pipe waits for who writes into it
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, ErrNoFile
	}
	if LeadsOut(folder, name) {
		return nil, ErrOutside
	}
	file, err := folder.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return io.ReadAll(io.LimitReader(file, MaxFile+1))
}

// Reason is why a file could not be read, without its path.
func Reason(err error) string {
	if inner, ok := errors.AsType[*fs.PathError](err); ok {
		return inner.Err.Error()
	}
	return err.Error()
}

// maxLinks is how many links one after the other are followed.
const maxLinks = 40

// LeadsOut reports whether a file of the folder is a link out of it, or lies behind
// one. Such a file is neither read nor shown, see os.Root. Whatever an absolute link
// names counts as outside: where the folder itself lies is not known here.
func LeadsOut(folder fs.FS, file string) bool {
	for range maxLinks {
		if !fs.ValidPath(file) {
			return true
		}
		next, isLink := followed(folder, file)
		if !isLink {
			return false
		}
		file = next
	}
	return true
}

// followed is where the first link on the way to a file leads to; an absolute one,
// and one that climbs out, is no path of the folder.
func followed(folder fs.FS, file string) (string, bool) {
	parts := strings.Split(file, "/")
	for i := range parts {
		here := path.Join(parts[:i+1]...)
		info, err := fs.Lstat(folder, here)
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			continue
		}
		target, err := fs.ReadLink(folder, here)
		if err != nil || path.IsAbs(target) {
			return "/", true
		}
		return path.Join(path.Dir(here), target, path.Join(parts[i+1:]...)), true
	}
	return "", false
}
