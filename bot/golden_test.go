package bot_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/bot/try"
)

// TestConversations plays every conversation of testdata: chains in a folder, and
// scripts beside it. ANTEROOM_GOLDEN=write rewrites them.
func TestConversations(t *testing.T) {
	scripts, err := filepath.Glob(filepath.Join("testdata", "*", "*.txt"))
	if err != nil || len(scripts) == 0 {
		t.Fatal("no conversations", err)
	}
	for _, path := range scripts {
		folder, file := filepath.Split(path)
		t.Run(filepath.Base(folder)+"/"+strings.TrimSuffix(file, ".txt"), func(t *testing.T) {
			t.Parallel()
			script, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			played, err := try.Play(path, string(script), try.Folder(folder, "chains"))
			if err != nil {
				t.Fatal(err)
			}
			if played == string(script) {
				return
			}
			if os.Getenv("ANTEROOM_GOLDEN") != "write" {
				t.Fatalf("%s does not go as it is written (make golden rewrites it):\n%s", path, try.Diff(string(script), played))
			}
			if err := os.WriteFile(path, []byte(played), 0o600); err != nil {
				t.Fatal(err)
			}
		})
	}
}
