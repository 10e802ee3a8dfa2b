package chain

import (
	"os"
	"path/filepath"
	"testing"
)

// A picture that is a link may lead elsewhere in the folder, and not out of it.
func TestAPictureLiesInTheFolder(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "chains")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.MkdirAll(filepath.Join(folder, "pictures"), 0o700))
	must(os.WriteFile(filepath.Join(dir, "secret.png"), []byte("x"), 0o600))
	must(os.WriteFile(filepath.Join(folder, "pictures", "real.png"), []byte("x"), 0o600))
	for name, target := range map[string]string{
		"inside.png": "pictures/real.png", "up.png": "../secret.png", "away.png": filepath.Join(dir, "secret.png"),
		"outside": "..", "twice.png": "pictures/again.png", "pictures/again.png": "../inside.png",
	} {
		must(os.Symlink(target, filepath.Join(folder, name)))
	}
	for file, good := range map[string]bool{
		"pictures/real.png": true, "inside.png": true, "twice.png": true,
		"up.png": false, "away.png": false, "outside/secret.png": false,
	} {
		must(os.WriteFile(filepath.Join(folder, "a.yaml"), []byte("on: [first_message]\nsteps: [ { image: "+file+" } ]\n"), 0o600))
		_, faults := Load(os.DirFS(folder), Options{})
		errs := faults.Errors()
		if good != (len(errs) == 0) || !good && errs[0].Code != "outside_folder" {
			t.Errorf("%s: %v", file, errs)
		}
	}
}
