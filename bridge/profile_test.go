package bridge_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
)

// Where the environment names a folder, a bridge leaves there what its processor time and
// its memory were for, once it is stopped: a folder for each start.
func TestABridgeLeavesItsProfiles(t *testing.T) {
	all := t.TempDir()
	t.Setenv(killpoint.Profiles, all)
	t.Setenv("GODEBUG", "memprofilerate=1") // every allocation is noted, not one in 512 KiB
	k := startTalk(t, bridgetest.Options{})
	k.StopBridge(t)
	k.StartBridge(t, "")
	k.StopBridge(t)
	for _, start := range []string{"-1", "-2"} {
		for file, words := range map[string][]string{
			killpoint.CPUProfile:  {"nanoseconds"},
			killpoint.HeapProfile: {"inuse_space", "anteroom/bridge/gateway."}, // what is still held as the stop begins
		} {
			profile := unzipped(t, filepath.Join(all, t.Name()+start, file))
			for _, word := range words {
				if !bytes.Contains(profile, []byte(word)) {
					t.Errorf("%s of start %s says nothing of %q", file, start, word)
				}
			}
		}
	}
}

func unzipped(t *testing.T, path string) []byte {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	packed, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(packed)
	if err != nil {
		t.Fatal(err)
	}
	return all
}
