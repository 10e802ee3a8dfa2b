package place

import (
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/config"
)

func TestReplacing(t *testing.T) {
	for _, test := range []struct {
		name    string
		replace func(*testing.T, string, []byte)
	}{
		{"by a rename, as geoipupdate does", replace},
		{"in place", write},
		{"by removing and writing", func(t *testing.T, path string, data []byte) {
			must(t, os.Remove(path))
			write(t, path, data)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "places.mmdb")
			write(t, path, cities(t, "London"))
			f, j := start(t, path, quick)
			if got := city(f); got != "London" {
				t.Fatalf("at the start: %q", got)
			}
			test.replace(t, path, cities(t, "Camden"))
			eventually(t, "the new file is in use", func() bool { return city(f) == "Camden" })
			test.replace(t, path, cities(t, "Hackney"))
			eventually(t, "the third one too", func() bool { return city(f) == "Hackney" })
			if n := j.count(warning); n != 0 {
				t.Errorf("%d warnings: %v", n, j.lines)
			}
		})
	}
}

func TestAHalfWrittenFileKeepsTheOldOneAndWarnsOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "places.mmdb")
	write(t, path, cities(t, "London"))
	f, j := start(t, path, quick)
	data := cities(t, "Camden")
	write(t, path, data[:len(data)/3])
	eventually(t, "a warning", func() bool { return j.count(warning) == 1 })
	for i, part := range []int{len(data) / 2, len(data) - 10} {
		write(t, path, data[:part])
		eventually(t, "it is tried again", func() bool { return j.count(tried) > i })
	}
	if got := city(f); got != "London" {
		t.Errorf("got %q while the new file is broken", got)
	}
	write(t, path, data)
	eventually(t, "the whole file is in use", func() bool { return city(f) == "Camden" })
	if n := j.count(warning); n != 1 {
		t.Errorf("%d warnings: %v", n, j.lines)
	}
	replace(t, path, data[:100])
	eventually(t, "the next trouble is worth a warning again", func() bool { return j.count(warning) == 2 })
}

func TestABrokenFileAtTheStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "places.mmdb")
	for _, test := range []struct {
		name string
		data []byte
	}{
		{"empty", nil},
		{"half", cities(t, "London")[:300]},
		{"a page of HTML", []byte("<!doctype html><title>Sign in</title>")},
		{"a database of providers", file(t, "GeoLite2-ASN", entry{"81.2.69.0/24", "", "", ""})},
		{"a database of nothing", file(t, "GeoLite2-City")},
	} {
		t.Run(test.name, func(t *testing.T) {
			write(t, path, test.data)
			f, j := start(t, path, quick)
			if n := j.count(warning); n != 1 {
				t.Errorf("%d warnings: %v", n, j.lines)
			}
			c := Clues{Address: netip.MustParseAddr("81.2.69.142"), TimeZone: "Europe/Paris"}
			if got := f.Find(c, config.English); got.City != "Paris" {
				t.Errorf("got %+v", got)
			}
			replace(t, path, cities(t, "London"))
			eventually(t, "the whole file is in use", func() bool { return city(f) == "London" })
			if n := j.count(warning); n != 1 {
				t.Errorf("%d warnings: %v", n, j.lines)
			}
		})
	}
}

func TestAMissingFileThatAppears(t *testing.T) {
	path := filepath.Join(t.TempDir(), "places.mmdb")
	f, j := start(t, path, quick)
	if n := j.count(warning); n != 1 {
		t.Errorf("%d warnings: %v", n, j.lines)
	}
	if got := city(f); got != "" {
		t.Errorf("got %q", got)
	}
	write(t, path, cities(t, "London"))
	eventually(t, "the file is in use", func() bool { return city(f) == "London" })
	if n := j.count(warning); n != 1 {
		t.Errorf("%d warnings: %v", n, j.lines)
	}
}

func TestAFolderThatAppears(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "later")
	path := filepath.Join(folder, "places.mmdb")
	f, j := start(t, path, pace{quiet: 20 * time.Millisecond, look: 20 * time.Millisecond})
	must(t, os.Mkdir(folder, 0o700))
	write(t, path, cities(t, "London"))
	eventually(t, "the file is in use", func() bool { return city(f) == "London" })
	if n := j.count(warning); n != 1 {
		t.Errorf("%d warnings: %v", n, j.lines)
	}
}

func TestARemovedFileStaysInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "places.mmdb")
	write(t, path, cities(t, "London"))
	f, j := start(t, path, quick)
	must(t, os.Remove(path))
	eventually(t, "a warning", func() bool { return j.count(warning) == 1 })
	if got := city(f); got != "London" {
		t.Errorf("got %q", got)
	}
	write(t, path, cities(t, "Camden"))
	eventually(t, "the new file is in use", func() bool { return city(f) == "Camden" })
}

func TestSymbolicLinks(t *testing.T) {
	t.Run("a folder that is exchanged, as Kubernetes does", func(t *testing.T) {
		folder := t.TempDir()
		for version, name := range map[string]string{"v1": "London", "v2": "Camden"} {
			must(t, os.Mkdir(filepath.Join(folder, version), 0o700))
			write(t, filepath.Join(folder, version, "places.mmdb"), cities(t, name))
		}
		must(t, os.Symlink("v1", filepath.Join(folder, "..data")))
		path := filepath.Join(folder, "places.mmdb")
		must(t, os.Symlink("..data/places.mmdb", path))
		f, _ := start(t, path, quick)
		must(t, os.Symlink("v2", filepath.Join(folder, "..new")))
		must(t, os.Rename(filepath.Join(folder, "..new"), filepath.Join(folder, "..data")))
		eventually(t, "the new file is in use", func() bool { return city(f) == "Camden" })
	})
	t.Run("a file in another folder, which sends no sign", func(t *testing.T) {
		target, path := filepath.Join(t.TempDir(), "real.mmdb"), filepath.Join(t.TempDir(), "places.mmdb")
		write(t, target, cities(t, "London"))
		must(t, os.Symlink(target, path))
		f, _ := start(t, path, pace{quiet: 20 * time.Millisecond, look: 20 * time.Millisecond})
		replace(t, target, cities(t, "Camden"))
		eventually(t, "the new file is in use", func() bool { return city(f) == "Camden" })
	})
}

func TestABusyNeighbourDoesNotDelay(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "places.mmdb")
	write(t, path, cities(t, "London"))
	f, _ := start(t, path, pace{quiet: 100 * time.Millisecond, look: time.Hour})
	replace(t, path, cities(t, "Camden"))
	eventually(t, "the new file is in use", func() bool {
		write(t, filepath.Join(folder, "anteroom.db-wal"), []byte("busy"))
		return city(f) == "Camden"
	})
}

func TestACopyThatCannotBeMadeIsTriedAgain(t *testing.T) {
	path, scratch := filepath.Join(t.TempDir(), "places.mmdb"), filepath.Join(t.TempDir(), "scratch")
	write(t, path, cities(t, "London"))
	f := open(Options{Database: path, Scratch: scratch}, pace{quiet: 20 * time.Millisecond, look: 20 * time.Millisecond})
	t.Cleanup(f.Close)
	if got := city(f); got != "" {
		t.Errorf("got %q", got)
	}
	must(t, os.Mkdir(scratch, 0o700))
	eventually(t, "the file is in use", func() bool { return city(f) == "London" })
}

// TestReadersAreNotDisturbed replaces the file in every way while others read:
// one that is cut short under a mapped database would end the program.
func TestReadersAreNotDisturbed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "places.mmdb")
	write(t, path, cities(t, "London"))
	f, j := start(t, path, pace{quiet: time.Millisecond, look: time.Hour})
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if got := city(f); got != "London" {
					t.Errorf("got %q", got)
					return
				}
			}
		})
	}
	for round := range 20 {
		write(t, path, nil)
		write(t, path, cities(t, "London"))
		replace(t, path, cities(t, "London"))
		eventually(t, "it is taken", func() bool { return j.count(taken) > round+1 })
	}
	close(stop)
	readers.Wait()
}

// TestAFileThatChangesWhileItIsReadIsLeft calls the step of the goroutine that
// opens the file with what the file was before.
func TestAFileThatChangesWhileItIsReadIsLeft(t *testing.T) {
	path := filepath.Join(t.TempDir(), "places.mmdb")
	write(t, path, cities(t, "London"))
	before, err := os.Stat(path)
	must(t, err)
	replace(t, path, cities(t, "Camden"))
	f, j := start(t, "", quick)
	f.options.Database = path
	w := &watch{finder: f, pace: quick, path: path, log: f.options.Log, quiet: time.NewTimer(time.Hour)}
	defer w.quiet.Stop()
	w.take(before)
	if got := city(f); got != "" || !w.waiting || len(j.lines) != 0 {
		t.Errorf("got %q, waiting %t, %v", got, w.waiting, j.lines)
	}
	w.take(w.stat())
	if got := city(f); got != "Camden" {
		t.Errorf("got %q", got)
	}
}

func TestCloseLeavesNothing(t *testing.T) {
	path, scratch := filepath.Join(t.TempDir(), "places.mmdb"), t.TempDir()
	write(t, path, cities(t, "London"))
	empty := func(when string) {
		left, err := os.ReadDir(scratch)
		must(t, err)
		if len(left) > 0 {
			t.Errorf("%s: %v", when, left)
		}
	}
	f := open(Options{Database: path, Scratch: scratch}, quick)
	if runtime.GOOS != "windows" {
		empty("a crash would leave a copy behind")
	}
	f.Close()
	f.Close()
	empty("left behind")
	if got := f.Find(Clues{Address: netip.MustParseAddr("81.2.69.142"), TimeZone: "Europe/Paris"}, config.Russian); got.City != "Париж" {
		t.Errorf("got %+v", got)
	}
}
