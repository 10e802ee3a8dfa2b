package stack

import (
	"os"
	"path/filepath"
	"testing"
)

func TestEditedChainsStay(t *testing.T) {
	dir := t.TempDir()
	if err := writeChains(dir); err != nil {
		t.Fatal(err)
	}
	edited, deleted := filepath.Join(dir, "shop", "hours.yaml"), filepath.Join(dir, "clinic", "hours.yaml")
	if err := os.WriteFile(edited, []byte("# mine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(deleted); err != nil {
		t.Fatal(err)
	}
	if err := writeChains(dir); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(edited); err != nil || string(data) != "# mine\n" {
		t.Errorf("the edited chain reads %q now (%v)", data, err)
	}
	for _, path := range []string{deleted, filepath.Join(dir, "shop", "mug.png"), filepath.Join(dir, "software", "triage.yaml")} {
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", path, err)
		}
	}
}
