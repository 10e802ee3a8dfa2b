//go:build unix

package dendrite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"

	"github.com/anteroom-chat/anteroom/bridge/dendrite/child"
)

const commands = "github.com/element-hq/dendrite/cmd/"

var ownModule = regexp.MustCompile(`(?m)^module github\.com/anteroom-chat/anteroom$`)

// Binaries returns the folder of Dendrite's binaries: ANTEROOM_DENDRITE_BIN if
// it is set, else build/bin of the repository that the working folder lies in,
// where they are built first if one is missing. That takes minutes the first
// time; processes that ask at once wait for the one that builds.
func Binaries(ctx context.Context) (string, error) {
	if dir := os.Getenv("ANTEROOM_DENDRITE_BIN"); dir != "" {
		if !complete(dir) {
			return "", fmt.Errorf("dendrite: ANTEROOM_DENDRITE_BIN is %s, but not all of %v are there", dir, programs())
		}
		return dir, nil
	}
	root, err := repository()
	if err != nil {
		return "", fmt.Errorf("dendrite: %w", err)
	}
	dir := filepath.Join(root, "build", "bin")
	if complete(dir) {
		return dir, nil
	}
	if err := build(ctx, filepath.Join(root, "bridge", "demo"), dir); err != nil {
		return "", fmt.Errorf("dendrite: build: %w", err)
	}
	return dir, nil
}

func programs() []string { return []string{"dendrite", "create-account", "generate-keys"} }

func complete(dir string) bool {
	for _, program := range programs() {
		if _, err := os.Stat(filepath.Join(dir, program)); err != nil {
			return false
		}
	}
	return true
}

// repository finds the folder of our go.mod at or above the working folder.
func repository() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && ownModule.Match(data) {
			return dir, nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("%s lies outside of the repository; name the folder of the binaries in ANTEROOM_DENDRITE_BIN", start)
		}
	}
}

// build builds the programs beside dir and moves them there, so that nobody
// ever meets a half-written one.
func build(ctx context.Context, module, dir string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	unlock, err := lock(dir + ".lock")
	if err != nil {
		return err
	}
	defer unlock()
	if complete(dir) { // somebody else built them meanwhile
		return nil
	}
	fresh, err := os.MkdirTemp(dir, "new-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(fresh) }() // an empty folder left behind does no harm
	args := []string{"build", "-buildvcs=false", "-o", fresh + string(filepath.Separator)}
	for _, program := range programs() {
		args = append(args, commands+program)
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = module
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build in %s: %w: %s", module, err, child.LastLines(string(out), 10))
	}
	for _, program := range programs() {
		if err := os.Rename(filepath.Join(fresh, program), filepath.Join(dir, program)); err != nil {
			return err
		}
	}
	return nil
}

// lock takes the file's lock, waiting for whoever holds it. The kernel
// releases it when the process ends in whatever way.
func lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		_ = f.Close() // the lock's failure is what matters
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return func() { _ = f.Close() }, nil // closing releases the lock
}
