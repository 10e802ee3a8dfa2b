package chain

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A picture that is a link may lead elsewhere in the folder, and not out of it.
func TestAPictureLiesInTheFolder(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "chains")
	must(t, os.MkdirAll(filepath.Join(folder, "pictures"), 0o700))
	must(t, os.WriteFile(filepath.Join(dir, "secret.png"), []byte("x"), 0o600))
	must(t, os.WriteFile(filepath.Join(folder, "pictures", "real.png"), []byte("x"), 0o600))
	for name, target := range map[string]string{
		"inside.png": "pictures/real.png", "up.png": "../secret.png", "away.png": filepath.Join(dir, "secret.png"),
		"outside": "..", "twice.png": "pictures/again.png", "pictures/again.png": "../inside.png",
	} {
		must(t, os.Symlink(target, filepath.Join(folder, name)))
	}
	for file, good := range map[string]bool{
		"pictures/real.png": true, "inside.png": true, "twice.png": true,
		"up.png": false, "away.png": false, "outside/secret.png": false,
	} {
		must(t, os.WriteFile(filepath.Join(folder, "a.yaml"), []byte("on: [first_message]\nsteps: [ { image: "+file+" } ]\n"), 0o600))
		_, faults := Load(os.DirFS(folder), Options{})
		errs := faults.Errors()
		if good != (len(errs) == 0) || !good && errs[0].Code != "outside_folder" {
			t.Errorf("%s: %v", file, errs)
		}
	}
}

// A chain that is a link may lead elsewhere in the folder, and not out of it. The folder
// itself may be a link, and is what it leads to.
func TestAChainLiesInTheFolder(t *testing.T) {
	const text = "on: [first_message]\nsteps: [ { say: Hello } ]\n"
	for _, tt := range []struct {
		name  string
		links map[string]string // what a link of the folder leads to
		want  string            // the code of the only fault; empty for none
	}{
		{"beside it", map[string]string{"a.yaml": "_parts/real.yaml"}, ""},
		{"over another link", map[string]string{"a.yaml": "_parts/again.yaml", "_parts/again.yaml": "../_parts/real.yaml"}, ""},
		{"a ConfigMap", map[string]string{"a.yaml": "..data/real.yaml", "..data": "..2026_11_26"}, ""},
		{"up", map[string]string{"a.yaml": "../secret.yaml"}, "outside_folder"},
		{"up and back", map[string]string{"a.yaml": "../chains/_parts/real.yaml"}, "outside_folder"},
		{"absolute", map[string]string{"a.yaml": "/DIR/secret.yaml"}, "outside_folder"},
		{"behind a folder that leads out", map[string]string{"a.yaml": "out/secret.yaml", "out": ".."}, "outside_folder"},
		{"out and nowhere", map[string]string{"a.yaml": "../none.yaml"}, "unreadable"},
		{"in a circle", map[string]string{"a.yaml": "b.yml", "b.yml": "a.yaml"}, "unreadable"},
		{"a hidden one is not read", map[string]string{"a.yaml": "_parts/real.yaml", "_b.yaml": "../secret.yaml"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			folder := filepath.Join(dir, "chains")
			for _, file := range []string{"secret.yaml", "chains/_parts/real.yaml", "chains/..2026_11_26/real.yaml"} {
				must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, file)), 0o700))
				must(t, os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600))
			}
			for name, target := range tt.links {
				must(t, os.Symlink(strings.Replace(target, "/DIR", dir, 1), filepath.Join(folder, name)))
			}
			whole := filepath.Join(dir, "current")
			must(t, os.Symlink(folder, whole))
			for _, root := range []string{folder, whole} {
				set, faults := Load(os.DirFS(root), Options{})
				errs := faults.Errors()
				switch {
				case tt.want == "" && (set == nil || len(set.Chains) != 1 || len(errs) > 0):
					t.Errorf("%s: %v", root, errs)
				case tt.want != "" && (set != nil || len(errs) == 0 || errs[0].Code != tt.want || errs[0].File != "a.yaml"):
					t.Errorf("%s: %v, want %s", root, errs, tt.want)
				}
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
