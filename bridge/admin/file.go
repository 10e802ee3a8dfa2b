package admin

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// secretMode is for files that hold tokens or dialogs.
const secretMode fs.FileMode = 0o600

// replaceSecret writes the file so that there is always either the old or the
// new one, also after a power loss. A new file is the owner's alone; an existing
// one keeps its owner and mode, but nobody outside its group may read it on.
func replaceSecret(path string, data []byte) error {
	mode := secretMode
	old, err := os.Stat(path)
	switch {
	case err == nil:
		mode = old.Mode().Perm() &^ 0o007
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return replaceFile(path, data, mode, old)
}

// replaceFile is replaceSecret with a mode and, if not nil, the owner of another file.
func replaceFile(path string, data []byte, mode fs.FileMode, owner fs.FileInfo) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreClosed(file.Close()), os.Remove(file.Name()))
		}
	}()
	if _, err = file.Write(data); err != nil {
		return err
	}
	if err = file.Chmod(mode); err != nil {
		return err
	}
	if owner != nil {
		if err = keepOwner(file, owner); err != nil {
			return fmt.Errorf("keep the owner of %s: %w", path, err)
		}
	}
	if err = file.Sync(); err != nil {
		return err
	}
	if err = file.Close(); err != nil {
		return err
	}
	if err = os.Rename(file.Name(), path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// keepOwner gives the new file the owner of the old one: a config that root
// edits must stay readable for the service's user.
func keepOwner(file *os.File, old fs.FileInfo) error {
	stat, ok := old.Sys().(*syscall.Stat_t)
	if !ok || int(stat.Uid) == os.Geteuid() && int(stat.Gid) == os.Getegid() {
		return nil
	}
	return file.Chown(int(stat.Uid), int(stat.Gid))
}

func ignoreClosed(err error) error {
	if errors.Is(err, fs.ErrClosed) {
		return nil
	}
	return err
}

// syncFolder makes a rename or a new file in the folder survive a power loss.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
