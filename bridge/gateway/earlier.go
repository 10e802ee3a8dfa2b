package gateway

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/asset"
)

// earlierFor is how long the files of earlier builds are still served: as long
// as a page may stay open, or a cached one be shown, that names them.
const earlierFor = 30 * 24 * time.Hour

// mostEarlier is the largest file that is taken for one of the widget.
const mostEarlier = 4 << 20

// readAssets returns the files that the widget loads, by their names: those of
// this build, with what was made of the sites' languages, and those of earlier builds,
// which pages that were opened before an upgrade still ask for. This build's are kept in
// the folder for the next.
// What cannot be kept or read there is an error beside the files of this build.
func readAssets(built fs.FS, made map[string]*asset.File, dir string, now time.Time) (map[string]*asset.File, error) {
	assets, err := readBuilt(built)
	if err != nil {
		return nil, err
	}
	maps.Copy(assets, made)
	keepErr := os.MkdirAll(dir, 0o700)
	if keepErr == nil {
		for name, s := range assets {
			keepErr = errors.Join(keepErr, keepAsset(filepath.Join(dir, name), s.Content()))
		}
		keepErr = errors.Join(keepErr, addEarlier(assets, dir, now))
	}
	if keepErr != nil {
		keepErr = fmt.Errorf("keep the widget's files for pages that are open over an upgrade: %w", keepErr)
	}
	return assets, keepErr
}

func readBuilt(built fs.FS) (map[string]*asset.File, error) {
	assets := map[string]*asset.File{}
	if built == nil {
		return assets, nil
	}
	entries, err := fs.ReadDir(built, ".")
	if err != nil {
		return nil, fmt.Errorf("read the widget's files: %w", err)
	}
	for _, entry := range entries {
		kind, ok := asset.TypeOf(entry.Name())
		if !ok {
			continue
		}
		content, err := fs.ReadFile(built, entry.Name())
		if err != nil {
			return nil, fmt.Errorf("read the widget's files: %w", err)
		}
		assets[entry.Name()] = asset.New(kind, content)
	}
	return assets, nil
}

// The mode of a file says whether it belonged to the build that ran last: then
// it can be written. One that was replaced cannot, and its time is when that was noticed.
const (
	modeCurrent  fs.FileMode = 0o600
	modeReplaced fs.FileMode = 0o400
)

// keepAsset writes a file unless it is there. Its name stands for its content,
// so a file that is there is right; one that is half written has another name.
func keepAsset(path string, content []byte) error {
	if err := os.Chmod(path, modeCurrent); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	part, err := os.OpenFile(path+".part", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, modeCurrent) // #nosec G304 -- a folder of ours
	if err != nil {
		return err
	}
	_, err = part.Write(content)
	if err == nil {
		err = part.Sync()
	}
	if err = errors.Join(err, part.Close()); err != nil {
		return err
	}
	return os.Rename(path+".part", path)
}

// addEarlier adds what earlier builds left, and removes what is too old.
func addEarlier(assets map[string]*asset.File, dir string, now time.Time) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		kind, ok := asset.TypeOf(entry.Name())
		info, infoErr := entry.Info()
		if _, current := assets[entry.Name()]; current || !ok || infoErr != nil || !info.Mode().IsRegular() || info.Size() > mostEarlier {
			continue
		}
		path := filepath.Join(dir, entry.Name())
		if info.Mode().Perm() != modeReplaced {
			err = errors.Join(err, os.Chtimes(path, now, now), os.Chmod(path, modeReplaced))
		} else if now.Sub(info.ModTime()) > earlierFor {
			err = errors.Join(err, os.Remove(path))
			continue
		}
		content, readErr := os.ReadFile(path) // #nosec G304 -- a folder of ours
		if readErr != nil {
			err = errors.Join(err, readErr)
			continue
		}
		assets[entry.Name()] = asset.New(kind, content)
	}
	return err
}
