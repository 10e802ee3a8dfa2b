package dialog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// sent brings a file here and sends it as a message.
func (c *core) sent(t *testing.T, client chat.ClientID, text string) (chat.FileID, chat.EntryID) {
	t.Helper()
	f := c.announce(t, client, len(text))
	must(t, c.Receive(t.Context(), c.in, f, strings.NewReader(text)))
	e, err := c.Say(t.Context(), c.in, Message{Client: client, File: f})
	must(t, err)
	return f, e.ID
}

func exists(t *testing.T, path string) bool {
	t.Helper()
	_, err := os.Stat(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return err == nil
}

func TestSweepRemovesTheBytesOfRemovedMessagesAndOfNobody(t *testing.T) {
	c := newCore(t)
	kept, _ := c.sent(t, "file-kept", "kept")
	removed, entry := c.sent(t, "file-removed", "removed")
	_, err := c.Redact(t.Context(), c.in, "redaction", entry)
	must(t, err)
	taken, entry := c.sent(t, "file-taken", "taken and removed")
	must(t, c.store.SetFileMXC(t.Context(), taken, "mxc://example.com/a"))
	must(t, c.Uploaded(taken))
	_, err = c.Redact(t.Context(), c.in, "redaction2", entry)
	must(t, err)
	unknown := chat.NewFileID()
	must(t, os.WriteFile(c.files.upload(unknown), []byte("of an erased visitor"), 0o600))
	must(t, os.WriteFile(c.files.cached(string(unknown)), []byte("of an erased visitor"), 0o600))
	must(t, os.WriteFile(c.files.cached("avatar-0123"), []byte("a picture"), 0o600))
	foreign := filepath.Join(UploadsDir(c.files.dir), "README")
	must(t, os.WriteFile(foreign, []byte("the admin's"), 0o600))

	must(t, c.Sweep(t.Context()))
	for path, want := range map[string]bool{
		c.files.upload(kept):            true,
		c.files.upload(removed):         false,
		c.files.cached(string(taken)):   false,
		c.files.upload(unknown):         false,
		c.files.cached(string(unknown)): false,
		c.files.cached("avatar-0123"):   true,
		foreign:                         true,
	} {
		if exists(t, path) != want {
			t.Errorf("%s: there is %t, want %t", path, !want, want)
		}
	}
}

// The process may end between the record of the upload and Uploaded.
func TestSweepFinishesWhatACrashLeft(t *testing.T) {
	c := newCore(t)
	f, _ := c.sent(t, "file-taken", "taken")
	must(t, c.store.SetFileMXC(t.Context(), f, "mxc://example.com/a"))
	must(t, c.Sweep(t.Context()))
	if exists(t, c.files.upload(f)) || !exists(t, c.files.cached(string(f))) {
		t.Error("the bytes still wait for a homeserver that has them")
	}
}

// remote counts what is fetched from the homeserver.
type remote struct{ fetched int }

func (r *remote) Download(_ context.Context, _ id.ContentURIString, _ int64, w io.Writer) error {
	r.fetched++
	_, err := io.Copy(w, bytes.NewReader([]byte("from the operator")))
	return err
}

func (r *remote) Thumbnail(context.Context, id.ContentURIString, int, io.Writer) error { return nil }

func TestCachedCopyIsKeptWhileItIsRead(t *testing.T) {
	c := newCore(t)
	hs := new(remote)
	c.ServeMedia(hs)
	f := store.File{
		File: chat.File{ID: chat.NewFileID(), Kind: chat.Attachment}, Visitor: c.in.Visitor,
		Party: chat.Operator, State: store.Remote, MXC: "mxc://example.com/a", Entry: chat.NewEntryID(),
	}
	_, err := c.store.AddFile(t.Context(), f, "", time.Now())
	must(t, err)
	read := func() {
		t.Helper()
		_, opened, err := c.Open(t.Context(), c.in.Visitor, f.ID)
		must(t, err)
		must(t, opened.Close())
	}
	read()
	old := time.Now().Add(-2 * cachedFor)
	must(t, os.Chtimes(c.files.cached(string(f.ID)), old, old))
	read()
	must(t, c.Sweep(t.Context()))
	if !exists(t, c.files.cached(string(f.ID))) || hs.fetched != 1 {
		t.Errorf("a copy that was read just now is gone; it was fetched %d times", hs.fetched)
	}
	must(t, os.Chtimes(c.files.cached(string(f.ID)), old, old))
	must(t, c.Sweep(t.Context()))
	if exists(t, c.files.cached(string(f.ID))) {
		t.Error("a copy that nobody reads is kept")
	}
}

// Programs may repeat what they asked for within a day, and all that is older is forgotten,
// however much it is.
func TestSweepForgetsAllRequestsOfADayAgo(t *testing.T) {
	c := newCore(t)
	keep := func(key string, age time.Duration) {
		t.Helper()
		must(t, c.store.KeepAPIRequest(t.Context(), store.APIRequest{Site: "shop", Visitor: c.in.Visitor, Token: "crm", Key: key, At: now().Add(-age)}))
	}
	for i := range sweepBatch + 1 {
		keep(fmt.Sprint(i), apiRequestsFor+time.Minute)
	}
	keep("fresh", apiRequestsFor-time.Minute)
	must(t, c.Sweep(t.Context()))
	for i := range sweepBatch + 1 {
		if _, err := c.store.APIRequest(t.Context(), "shop", "crm", fmt.Sprint(i)); !errors.Is(err, store.ErrNotFound) {
			t.Fatalf("request %d is kept (%v)", i, err)
		}
	}
	_, err := c.store.APIRequest(t.Context(), "shop", "crm", "fresh")
	must(t, err)
}
