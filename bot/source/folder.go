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
	if !fs.ValidPath(file) {
		return true
	}
	// Name by name, as the file system does: .. behind a link is not where the link stands.
	at, links := ".", 0
	for rest := strings.Split(file, "/"); len(rest) > 0; {
		name := rest[0]
		rest = rest[1:]
		switch {
		case name == "" || name == ".":
			continue
		case name == ".." && at == ".":
			return true
		case name == "..":
			at = path.Dir(at)
			continue
		}
		here := path.Join(at, name)
		info, err := fs.Lstat(folder, here)
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			at = here
			continue
		}
		target, err := fs.ReadLink(folder, here)
		if links++; err != nil || links > maxLinks || path.IsAbs(target) {
			return true
		}
		rest = append(strings.Split(target, "/"), rest...)
	}
	return false
}
