package stack

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

const keptName = "secrets.json"

// kept is what stays the same from start to start.
type kept struct {
	OperatorPassword string `json:"operator_password"`
	ASToken          string `json:"as_token"`
	HSToken          string `json:"hs_token"`
	IdentitySecret   string `json:"identity_secret"`
}

func loadKept(dir string) (kept, error) {
	path := filepath.Join(dir, keptName)
	data, err := os.ReadFile(path)
	var k kept
	switch {
	case errors.Is(err, fs.ErrNotExist):
		k = kept{OperatorPassword: password(), ASToken: rand.Text() + rand.Text(), HSToken: rand.Text() + rand.Text()}
	case err != nil:
		return kept{}, fmt.Errorf("read the demo's secrets: %w", err)
	default:
		if err := json.Unmarshal(data, &k); err != nil {
			return kept{}, fmt.Errorf("%s is damaged (%w); \"make demo-reset\" starts anew", path, err)
		}
	}
	if k.IdentitySecret != "" {
		return k, nil
	}
	k.IdentitySecret = rand.Text() + rand.Text() // a demo of before has none
	if data, err = json.Marshal(k); err != nil {
		return kept{}, fmt.Errorf("encode the demo's secrets: %w", err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return kept{}, fmt.Errorf("keep the demo's secrets: %w", err)
	}
	return k, nil
}

// password returns 80 random bits in groups that a person can copy by hand.
func password() string {
	text := strings.ToLower(rand.Text())
	return strings.Join([]string{text[:4], text[4:8], text[8:12], text[12:16]}, "-")
}

// Reset drops all data of the demo in that folder, unless it runs.
func Reset(dir string) error {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	unlock, err := lock(dir)
	if err != nil {
		return err
	}
	defer unlock()
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("drop the demo's data: %w", err)
	}
	return nil
}

// lock keeps a second demo out of the folder. The kernel releases it when the
// process ends in whatever way.
func lock(dir string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the demo's folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close() // the lock's failure is what matters
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("the demo runs already in %s; stop that one first", dir)
		}
		return nil, fmt.Errorf("lock the demo's folder: %w", err)
	}
	return func() { _ = f.Close() }, nil // closing releases the lock
}
