package stack

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/anteroom-chat/anteroom/bot/examples"
)

// chainsName is the folder in the demo's own that has a folder of chains for each site.
const chainsName = "chains"

// writeChains writes the example chains, one folder a site. What is there already
// stays as it is, so that a person's edits outlive a start; a file that was deleted
// comes back.
func writeChains(dir string) error {
	for _, name := range examples.Names() {
		set, err := examples.Set(name)
		if err == nil {
			err = writeMissing(set, filepath.Join(dir, name))
		}
		if err != nil {
			return fmt.Errorf("write the example chains: %w", err)
		}
	}
	return nil
}

// writeMissing copies the files of from that dir does not have.
func writeMissing(from fs.FS, dir string) error {
	return fs.WalkDir(from, ".", func(path string, entry fs.DirEntry, err error) error {
		to := filepath.Join(dir, filepath.FromSlash(path))
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return os.MkdirAll(to, 0o700)
		}
		if _, err := os.Stat(to); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		data, err := fs.ReadFile(from, path)
		if err != nil {
			return err
		}
		return os.WriteFile(to, data, 0o600)
	})
}
