package admin

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A disk of the database's own is told of by what becomes of visitors when it is full. What
// files must leave free is nothing to it, but to the disk that they are on.
func TestDoctorTellsTheDatabasesDiskFromThatOfFiles(t *testing.T) {
	configPath := writeConfig(t, "http://127.0.0.1:1", 1, 2)
	register(t, configPath)
	disk := filepath.Join(filepath.Dir(configPath), "database")
	if err := os.Mkdir(disk, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("small", disk, "tmpfs", 0, "size=64m"); err != nil {
		t.Skipf("a small disk cannot be mounted (%v)", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	text, err := os.ReadFile(configPath)
	if err != nil {
		t.Fatal(err)
	}
	says := func(freeSpace string, found ...string) {
		t.Helper()
		config := string(text) + "database: {uri: " + filepath.Join(disk, "anteroom.db") + "}\n"
		config = strings.Replace(config, "gateway:\n", "gateway:\n  limits: {free_space: "+freeSpace+"}\n", 1)
		if err := os.WriteFile(configPath, []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		told := findingsOf(t, configPath)
		for _, f := range found {
			code, words, _ := strings.Cut(f, ": ")
			if said, ok := told[code]; !ok || !strings.Contains(said, words) || strings.Contains(code, " disk.") && strings.Contains(said, "free_space") {
				t.Errorf("with free_space %s it says %q of %s; all that it says: %v", freeSpace, said, code, told)
			}
		}
	}
	says("0", "note disk.low: nothing is kept when it is full", "good files_disk.ok")
	says("1024GiB", "note disk.low: 64.0 MiB left", "bad files_disk.full: gateway.limits.free_space")
	if err := os.WriteFile(filepath.Join(disk, "ballast"), make([]byte, 56<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	says("0", "bad disk.full: below 16.0 MiB the bridge takes no visitors", "good files_disk.ok")
	if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
		t.Fatal(err)
	}
	says("1024GiB", "good disk.ok", "bad files_disk.full")
}
