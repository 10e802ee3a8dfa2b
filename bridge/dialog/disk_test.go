package dialog

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// onDisk gives the core a disk of its own that has so many bytes free.
func (c *core) onDisk(free *int64) {
	c.files.disk.reserve = 1000
	c.files.disk.free = func(string) (int64, error) { return *free, nil }
}

func isUnavailable(err error) bool { return errors.Is(err, &chat.Error{Code: chat.CodeUnavailable}) }

func (c *core) leftovers(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(c.files.dir, "tmp"))
	must(t, err)
	return len(entries)
}

func TestFilesLeaveTheReserveOfTheDiskAlone(t *testing.T) {
	c := newCore(t)
	free := int64(1010)
	c.onDisk(&free)
	if _, _, err := c.Announce(t.Context(), c.in, Upload{Client: "file-0001", Name: "a.txt", Size: 11}); !isUnavailable(err) {
		t.Errorf("a byte too many: %v", err)
	} else if text := err.Error(); !strings.Contains(text, "1010 bytes left") || !strings.Contains(text, "1000 bytes free") || !strings.Contains(text, c.files.dir) {
		t.Errorf("the log says %s", text)
	}
	f := c.announce(t, "file-0002", 10)
	free = 1009
	if err := c.Receive(t.Context(), c.in, f, strings.NewReader("0123456789")); !isUnavailable(err) {
		t.Errorf("the disk filled meanwhile: %v", err)
	}
	free = 1010
	must(t, c.Receive(t.Context(), c.in, f, strings.NewReader("0123456789"))) // it was not forgotten
}

// Many transfers begin while there is room for each of them alone.
func TestFileStopsWhenOthersFillTheDisk(t *testing.T) {
	c := newCore(t)
	free := int64(100 << 20)
	c.onDisk(&free)
	f := c.announce(t, "file-0001", 3<<20)
	let := make(chan struct{})
	close(let)
	body := held{strings.NewReader(strings.Repeat("x", 2<<20)), func() { free = 1000 }, let}
	err := c.Receive(t.Context(), c.in, f, io.MultiReader(body, strings.NewReader(strings.Repeat("x", 1<<20))))
	if !isUnavailable(err) {
		t.Errorf("received: %v", err)
	}
	if n := c.leftovers(t); n != 0 {
		t.Errorf("%d files are left", n)
	}
}

func TestOperatorsFileIsNotFetchedWithoutRoom(t *testing.T) {
	c := newCore(t)
	c.ServeMedia(new(remote))
	f := store.File{
		File: chat.File{ID: chat.NewFileID(), Kind: chat.Attachment}, Visitor: c.in.Visitor,
		Party: chat.Operator, State: store.Remote, MXC: "mxc://example.com/a", Entry: chat.NewEntryID(),
	}
	_, err := c.store.AddFile(t.Context(), f, "", time.Now())
	must(t, err)
	free := int64(1000)
	c.onDisk(&free)
	if _, _, err := c.Open(t.Context(), c.in.Visitor, f.ID); !isUnavailable(err) || !strings.Contains(err.Error(), "free_space") {
		t.Errorf("opened: %v", err)
	}
	if n := c.leftovers(t); n != 0 {
		t.Errorf("%d files are left", n)
	}
	free = 1 << 20
	_, opened, err := c.Open(t.Context(), c.in.Visitor, f.ID)
	must(t, err)
	must(t, opened.Close())
}

// What can be fetched again makes room for what would be lost.
func TestSweepEmptiesTheCacheOfAFullDisk(t *testing.T) {
	c := newCore(t)
	free := int64(1 << 40)
	c.onDisk(&free)
	unread, read := c.files.cached("avatar-unread"), c.files.cached("avatar-read")
	for path, ago := range map[string]time.Duration{unread: 2 * touchEvery, read: touchEvery / 2} {
		must(t, os.WriteFile(path, []byte("a picture"), 0o600))
		must(t, os.Chtimes(path, time.Now(), time.Now().Add(-ago)))
	}
	must(t, c.Sweep(t.Context()))
	if !exists(t, unread) {
		t.Error("a copy was removed without need")
	}
	free = 1000
	must(t, c.Sweep(t.Context()))
	if exists(t, unread) || !exists(t, read) {
		t.Errorf("on a full disk the unread copy is kept: %t, the one that is read: %t", exists(t, unread), exists(t, read))
	}
}

func TestDiskOfTheFolderIsLookedAt(t *testing.T) {
	free, err := freeBytes(t.TempDir())
	if err != nil || free <= 0 {
		t.Errorf("%d bytes are free: %v", free, err)
	}
	if _, err := freeBytes(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder that does not exist: %v", err)
	}
}
