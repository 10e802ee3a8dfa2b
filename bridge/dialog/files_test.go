package dialog

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// core is a service over a real database and a real folder, with one visitor.
type core struct {
	*Service
	in    Session
	store *store.Store
}

func newCore(t testing.TB) *core {
	t.Helper()
	dir := t.TempDir()
	cfg := config.Default()
	cfg.Gateway.DataDir = filepath.Join(dir, "files")
	cfg.Sites["shop"] = config.DefaultSite("shop")
	s, err := store.Open(t.Context(), store.Options{Type: "sqlite3", URI: filepath.Join(dir, "anteroom.db"), Log: zerolog.Nop()})
	must(t, err)
	t.Cleanup(func() { _ = s.Close() })
	service, err := New(cfg, s, zerolog.Nop())
	must(t, err)
	in, err := service.Enter(t.Context(), "shop", strings.Repeat("s", 43), store.Device{})
	must(t, err)
	return &core{service, in, s}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (c *core) announce(t *testing.T, client chat.ClientID, size int) chat.FileID {
	t.Helper()
	f, _, err := c.Announce(t.Context(), c.in, Upload{Client: client, Name: "a.txt", Size: int64(size)})
	must(t, err)
	return f.ID
}

// held is a body that ends when it is let go, and says when all of it was read.
type held struct {
	io.Reader
	arrived func()
	let     <-chan struct{}
}

func (h held) Read(p []byte) (int, error) {
	n, err := h.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		h.arrived()
		<-h.let
	}
	return n, err
}

func TestOfTwoUploadsAtOnceTheTableDescribesTheOneThatIsKept(t *testing.T) {
	c := newCore(t)
	bodies := []string{"plain", "<!DOCTYPE html><html><body>not plain</body></html>", "%PDF-1.7\n%%EOF", "{\"a\":1}"}
	for round := range 20 {
		f := c.announce(t, chat.ClientID("file-"+strings.Repeat("x", round+1)), 100)
		var arrived, done sync.WaitGroup
		let := make(chan struct{})
		for _, body := range bodies {
			arrived.Add(1)
			done.Go(func() {
				if err := c.Receive(t.Context(), c.in, f, held{strings.NewReader(body), arrived.Done, let}); err != nil {
					t.Error(err)
				}
			})
		}
		arrived.Wait()
		close(let)
		done.Wait()
		kept, opened, err := c.Open(t.Context(), c.in.Visitor, f)
		must(t, err)
		data, err := io.ReadAll(opened)
		must(t, err)
		must(t, opened.Close())
		want, err := inspect(c.files.upload(f), kept.File)
		must(t, err)
		if kept.Size != int64(len(data)) || kept.Type != want.Type {
			t.Fatalf("the table says %d bytes of %s, the disk has %d of %s", kept.Size, kept.Type, len(data), want.Type)
		}
		must(t, c.store.Write(t.Context(), func(ctx context.Context) error { return c.store.AttachFile(ctx, f, chat.NewEntryID()) }))
	}
}

// A folder is made durable by the disk, and takes as long as that likes: with a thousand
// uploads at once, all others would wait for as many of them.
func TestBytesOfAnUploadFindTheirPlaceBesideOtherWrites(t *testing.T) {
	c := newCore(t)
	f := c.announce(t, "file-1", 5)
	begun, let := make(chan struct{}), make(chan struct{})
	release := sync.OnceFunc(func() { close(let) })
	t.Cleanup(release) // or the database would never close
	var both sync.WaitGroup
	both.Go(func() {
		must(t, c.store.Write(t.Context(), func(context.Context) error { close(begun); <-let; return nil }))
	})
	<-begun
	both.Go(func() {
		if err := c.Receive(t.Context(), c.in, f, strings.NewReader("bytes")); err != nil {
			t.Error(err)
		}
	})
	until(t, "the bytes are in their place while somebody writes", func() bool {
		_, err := os.Stat(c.files.upload(f))
		return err == nil
	})
	release()
	both.Wait()
	if kept, err := c.store.File(t.Context(), c.in.Visitor, f); err != nil || kept.State != store.Staged {
		t.Errorf("%+v %v", kept, err)
	}
}

// Who is erased while a file comes leaves nothing of it.
func TestBytesOfAFileThatIsForgottenGoToo(t *testing.T) {
	c := newCore(t)
	f := c.announce(t, "file-1", 5)
	unlock := c.files.placing.of(f)
	var comes sync.WaitGroup
	comes.Go(func() {
		if err := c.Receive(t.Context(), c.in, f, strings.NewReader("bytes")); err != nil {
			t.Error(err)
		}
	})
	until(t, "the bytes have come", func() bool {
		temporary, err := os.ReadDir(filepath.Join(c.files.dir, "tmp"))
		return err == nil && len(temporary) == 1
	})
	must(t, c.store.DropFile(t.Context(), f))
	unlock()
	comes.Wait()
	if _, err := os.Stat(c.files.upload(f)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("they lie there: %v", err)
	}
}
