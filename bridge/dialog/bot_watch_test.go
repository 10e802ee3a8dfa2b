package dialog

import (
	"os"
	"path/filepath"
	"testing"
)

// The folder of chains may be a link, and so may be what lies in it.
func TestALookFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	at := func(parts ...string) string { return filepath.Join(append([]string{dir}, parts...)...) }
	for release, text := range map[string]string{"one": "steps: []", "two": "steps: [ ]"} {
		must(t, os.MkdirAll(at(release, "folder"), 0o700))
		must(t, os.WriteFile(at(release, "chain.yaml"), []byte(text), 0o600))
		must(t, os.Symlink(at(release, "chain.yaml"), at(release, "folder", "chain.yaml")))
	}
	lead := func(to string) {
		t.Helper()
		must(t, os.Symlink(to, at("next")))
		must(t, os.Rename(at("next"), at("current")))
	}
	lead(at("one", "folder"))
	watched := 0
	first := look(at("current"), func(string) { watched++ })
	if again := look(at("current"), nil); again != first || watched != 1 {
		t.Errorf("looks %s, then %s; %d folders are watched", first, again, watched)
	}
	must(t, os.WriteFile(at("one", "chain.yaml"), []byte("steps: [say: Hi]"), 0o600))
	changed := look(at("current"), nil)
	if changed == first {
		t.Error("a change behind a file's link is not seen")
	}
	lead(at("two", "folder"))
	if look(at("current"), nil) == changed {
		t.Error("a link that leads elsewhere is not seen")
	}
}
