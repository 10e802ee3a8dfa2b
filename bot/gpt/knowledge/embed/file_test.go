package embed_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/anteroom-chat/anteroom/bot/gpt/knowledge/embed"
)

func opened(t *testing.T, path string) *embed.File {
	t.Helper()
	f, err := embed.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func put(t *testing.T, f *embed.File, keys ...byte) {
	t.Helper()
	for _, k := range keys {
		if err := f.Put(map[embed.Key][]float32{{k}: {float32(k), 1}}); err != nil {
			t.Fatal(err)
		}
	}
}

// has lists those of ten keys that are kept.
func has(t *testing.T, f *embed.File) (keys string) {
	t.Helper()
	for k := range byte(10) {
		if v, ok := f.Get(embed.Key{k}); ok {
			if len(v) != 2 || v[0] != float32(k) || v[1] != 1 {
				t.Errorf("key %d has the vector %v", k, v)
			}
			keys += fmt.Sprint(k)
		}
	}
	return keys
}

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vectors")
	f := opened(t, path)
	put(t, f, 1, 2, 3)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %v, %v", info, err)
	}
	if got := has(t, opened(t, path)); got != "123" {
		t.Errorf("a second start finds %s", got)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// A crash cuts it off anywhere, and what is put afterwards is not lost.
	for cut := range len(whole) {
		torn := filepath.Join(t.TempDir(), "torn")
		if err := os.WriteFile(torn, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		f := opened(t, torn)
		before := has(t, f)
		put(t, f, 4)
		if got := has(t, opened(t, torn)); got != before+"4" {
			t.Fatalf("cut at %d: %s, then %s", cut, before, got)
		}
	}
	// A bit that fell over ends what is believed.
	for _, at := range []int{19, 51, 60, len(whole) - 1} {
		broken := bytes.Clone(whole)
		broken[at] ^= 1
		name := filepath.Join(t.TempDir(), "broken")
		if err := os.WriteFile(name, broken, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := has(t, opened(t, name)); got == "123" {
			t.Errorf("byte %d is not checked", at)
		}
	}
}

func TestFileOfOthers(t *testing.T) {
	for _, written := range []string{"hello", "anteroom vectors 2\n", "a text that is longer than the first line of a cache"} {
		path := filepath.Join(t.TempDir(), "notes.txt")
		if err := os.WriteFile(path, []byte(written), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := embed.OpenFile(path); err == nil {
			t.Errorf("%q is taken for a cache", written)
		}
		if data, _ := os.ReadFile(path); string(data) != written {
			t.Errorf("%q became %q", written, data)
		}
	}
	if _, err := embed.OpenFile(t.TempDir()); err == nil {
		t.Error("a folder is taken for a cache")
	}
}

func TestKeep(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vectors")
	f := opened(t, path)
	put(t, f, 1, 2, 3, 4, 5)
	size := func() int64 {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	before := size()
	if err := f.Keep([]embed.Key{{1}, {2}, {3}, {9}}); err != nil || size() != before {
		t.Errorf("it is written anew for little: %v", err)
	}
	if err := f.Keep([]embed.Key{{2}, {3}}); err != nil || size() >= before || has(t, f) != "23" {
		t.Errorf("got %s in %d bytes, %v", has(t, f), size(), err)
	}
	put(t, f, 6)
	if got := has(t, opened(t, path)); got != "236" {
		t.Errorf("got %s", got)
	}
}

// TestFileInTheWay cannot write, which fails nothing but is told.
func TestFileInTheWay(t *testing.T) {
	s := serve(t, lengths(3))
	folder := filepath.Join(t.TempDir(), "gone")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	o := s.options()
	o.Cache = opened(t, filepath.Join(folder, "vectors"))
	var told []error
	o.Trouble = func(err error) { told = append(told, err) }
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	e := embed.New(o)
	for range 2 {
		if v, err := e.Passages(t.Context(), []string{"a"}); err != nil || len(v) != 1 {
			t.Errorf("got %v, %v", v, err)
		}
	}
	if len(told) != 1 || len(s.taken()) != 1 {
		t.Errorf("told %v", told)
	}
}

// TestSecondStart asks for nothing that the file has.
func TestSecondStart(t *testing.T) {
	s := serve(t, lengths(3))
	path := filepath.Join(t.TempDir(), "vectors")
	for want := 1; want >= 0; want-- {
		o := s.options()
		o.Cache = opened(t, path)
		if _, err := embed.New(o).Passages(t.Context(), []string{"a", "b"}); err != nil {
			t.Fatal(err)
		}
		if got := len(s.taken()); got != want {
			t.Errorf("asked %d times, want %d", got, want)
		}
	}
}

// FuzzOpenFile opens anything.
func FuzzOpenFile(f *testing.F) {
	f.Add([]byte("anteroom vectors 1\n"))
	f.Add(append([]byte("anteroom vectors 1\n"), make([]byte, 100)...))
	f.Add(append([]byte("anteroom vectors 1\n"), bytes.Repeat([]byte{0xff}, 100)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "vectors")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if f, err := embed.OpenFile(path); err == nil {
			put(t, f, 1)
			if _, ok := opened(t, path).Get(embed.Key{1}); !ok {
				t.Error("what was put is lost")
			}
		}
	})
}
