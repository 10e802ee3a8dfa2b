package dialog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// files are the bytes of attachments on our disk. Uploads stay until the
// homeserver has them; after that, and for what operators send, the folder is
// a cache that may be emptied at any time. So is the shelf of what bots show.
type files struct {
	dir   string
	disk  disk
	media Media
	fetch *singleflight.Group
	// placing is held while an upload is given its place.
	placing *uploadLocks
}

const (
	// maxRemote is the most bytes of an operator's file that a visitor can fetch.
	maxRemote = 256 << 20
	// avatarPixels suits the widget's largest picture of a person at double density.
	avatarPixels = 96
)

// UploadsDir is the part of the data folder that a backup needs: files of visitors
// and of the bot that the homeserver does not have.
func UploadsDir(dataDir string) string { return filepath.Join(dataDir, "uploads") }

// announcedFor is how long a file that was announced and not yet received
// takes a place: an upload that broke off may come back.
const announcedFor = 10 * time.Minute

func newFiles(dir string, reserve int64) (files, error) {
	for _, sub := range []string{UploadsDir(dir), filepath.Join(dir, "cache"), filepath.Join(dir, "shown"), filepath.Join(dir, "tmp")} {
		if err := os.MkdirAll(sub, 0o700); err != nil {
			return files{}, fmt.Errorf("make the folder for files: %w", err)
		}
	}
	return files{dir: dir, disk: disk{dir, reserve, freeBytes}, fetch: new(singleflight.Group), placing: new(uploadLocks)}, nil
}

// upload is where the bytes of a visitor or of the bot are until the homeserver
// has them.
func (f files) upload(file chat.FileID) string { return filepath.Join(UploadsDir(f.dir), string(file)) }

// cached is where a copy of the homeserver's bytes may be.
func (f files) cached(name string) string { return filepath.Join(f.dir, "cache", name) }

// Upload is a file that a visitor wants to send.
type Upload struct {
	Client chat.ClientID
	Name   string
	// Size is in bytes.
	Size int64
	// Voice is set on a recording that is to be a voice message.
	Voice *chat.Recording
}

// Announce makes room for a file that a visitor wants to send. The same Client
// again returns the same file, which is then not fresh.
func (s *Service) Announce(ctx context.Context, in Session, u Upload) (kept store.File, fresh bool, err error) {
	size := u.Size
	if err := checkSize(in, size); err != nil {
		return store.File{}, false, err
	}
	if err := s.refuseBlocked(ctx, in.Visitor); err != nil {
		return store.File{}, false, err
	}
	if err := s.files.disk.room(size); err != nil {
		return store.File{}, false, err
	}
	name := plain.FileName(u.Name)
	if name == "" {
		name = "file"
	}
	f := store.File{
		File:    chat.File{ID: chat.NewFileID(), Kind: chat.Attachment, Name: name, Size: size},
		Visitor: in.Visitor, Party: chat.Visitor, State: store.Announced,
	}
	if err := checkVoice(in, u.Voice, &f.File); err != nil {
		return store.File{}, false, err
	}
	err = s.store.Write(ctx, func(ctx context.Context) (err error) {
		if kept, err = s.store.AddFile(ctx, f, u.Client, now()); err != nil || kept.ID != f.ID {
			return err
		}
		waiting, err := s.store.CountLooseFiles(ctx, in.Visitor, now().Add(-announcedFor))
		if most := s.cfg.Gateway.Limits.FilesWaiting; err == nil && waiting > most {
			return chat.Errorf(chat.CodeTooManyFiles, "At most %d files can wait to be sent.", most).After(time.Minute)
		}
		return err
	})
	return kept, kept.ID == f.ID, err
}

func checkSize(in Session, size int64) error {
	limit := int64(in.Site.Files.MaxSize)
	switch {
	case !in.Site.Files.Enabled:
		return chat.Errorf(chat.CodeBadFileType, "This site does not accept files.")
	case size <= 0:
		return chat.Errorf(chat.CodeEmpty, "The file is empty.")
	case size > limit:
		return chat.Errorf(chat.CodeTooLarge, "The file has %d bytes; at most %d are allowed.", size, limit)
	default:
		return nil
	}
}

// Receive takes the bytes of an announced file, looks what they are, and keeps
// them durably. Bytes for a file that was received already are passed over.
func (s *Service) Receive(ctx context.Context, in Session, file chat.FileID, r io.Reader) error {
	f, err := s.store.File(ctx, in.Visitor, file)
	if errors.Is(err, store.ErrNotFound) || err == nil && (f.Party != chat.Visitor || f.State == store.Removed) {
		return chat.Errorf(chat.CodeUnknownFile, "There is no such file.")
	}
	if err == nil {
		err = s.refuseBlocked(ctx, in.Visitor)
	}
	if err == nil { // the link was given out while other words may have stood
		err = s.refuseUnagreed(ctx, in.Site, in.Visitor)
	}
	if err != nil || f.State != store.Announced {
		return err
	}
	err = s.receive(ctx, in, f, r)
	if why, refused := errors.AsType[*chat.Error](err); refused && why.RetryAfter == 0 {
		// It never comes again, so it must not take a place among those that wait.
		err = errors.Join(err, s.store.DropFile(ctx, file))
	}
	return err
}

func (s *Service) receive(ctx context.Context, in Session, f store.File, r io.Reader) error {
	if err := s.files.disk.room(f.Size); err != nil {
		return err
	}
	temporary, size, err := s.files.write(r, int64(in.Site.Files.MaxSize))
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temporary) }()
	if err := checkSize(in, size); err != nil {
		return err
	}
	found, err := inspect(temporary, f.File)
	if err != nil {
		return err
	}
	found.Size = size
	if f.Kind == chat.Voice {
		if found, err = heard(in, temporary, found); err != nil {
			return err
		}
	} else if !accepts(in.Site.Files.Types, found.Type) {
		return chat.Errorf(chat.CodeBadFileType, "Files of type %s are not accepted.", found.Type)
	}
	return s.stage(ctx, in, found, temporary)
}

// stage gives the bytes their place, if the file still waits for them: of two
// uploads of one file, only the one that the table describes leaves its bytes.
// The table's row is durable after the bytes, and only with them. The folder is made
// durable before the write, in which all others would wait for the disk.
func (s *Service) stage(ctx context.Context, in Session, f chat.File, temporary string) error {
	defer s.files.placing.of(f.ID)()
	if waits, err := s.store.File(ctx, in.Visitor, f.ID); err != nil || waits.State != store.Announced {
		if errors.Is(err, store.ErrNotFound) { // it was forgotten while it came
			return nil
		}
		return err
	}
	path := s.files.upload(f.ID)
	if err := s.files.keep(temporary, path); err != nil {
		return err
	}
	first, err := s.store.StageFile(ctx, f)
	if err == nil && !first { // nobody else stages it: it was forgotten, or its message removed
		err = removeIfThere(path)
	}
	return err
}

// uploadLocks are locks by file, of which some share one, so that none has to be let go.
type uploadLocks [64]sync.Mutex

// of locks that of a file.
func (l *uploadLocks) of(file chat.FileID) (unlock func()) {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(file))
	lock := &l[sum.Sum32()%uint32(len(l))]
	lock.Lock()
	return lock.Unlock
}

// write stores at most limit bytes and one more, which betrays a larger file.
func (f files) write(r io.Reader, limit int64) (path string, size int64, err error) {
	return f.make("file-", func(w io.Writer) error {
		_, err := io.Copy(w, io.LimitReader(r, limit+1))
		return err
	})
}

// make stores what fill writes under a temporary name that begins so, durably.
func (f files) make(prefix string, fill func(io.Writer) error) (path string, size int64, err error) {
	out, err := os.CreateTemp(filepath.Join(f.dir, "tmp"), prefix)
	if err != nil {
		return "", 0, fmt.Errorf("store a file: %w", err)
	}
	if err = fill(&careful{to: out, disk: f.disk}); err == nil {
		err = out.Sync()
	}
	if err == nil {
		size, err = out.Seek(0, io.SeekCurrent)
	}
	if err = errors.Join(err, out.Close()); err != nil {
		_ = os.Remove(out.Name())
		return "", 0, fmt.Errorf("store a file: %w", err)
	}
	return out.Name(), size, nil
}

// keep gives a synced temporary file its name, durably.
func (f files) keep(temporary, path string) error {
	if err := os.Rename(temporary, path); err != nil {
		return fmt.Errorf("store a file: %w", err)
	}
	return syncFolder(path)
}

// syncFolder makes a file's name durable.
func syncFolder(path string) error {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("store a file: %w", err)
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Open returns a file of the visitor's own dialog for reading; close the
// os.File. What lies on the homeserver is fetched first; while that does not
// answer the error is a chat.Error with CodeUnavailable.
func (s *Service) Open(ctx context.Context, v chat.VisitorID, file chat.FileID) (store.File, *os.File, error) {
	f, err := s.visible(ctx, v, file)
	if err != nil {
		return f, nil, err
	}
	if local, err := os.Open(s.files.upload(f.ID)); err == nil {
		return f, local, nil
	}
	opened, err := s.files.open(ctx, string(f.ID), func(ctx context.Context, w io.Writer) error {
		return s.files.media.Download(ctx, f.MXC, maxRemote, w)
	})
	return f, opened, err
}

// visible returns a file that the visitor may fetch, or a chat.Error with
// CodeUnknownFile: what the bridge makes for operators is none.
func (s *Service) visible(ctx context.Context, v chat.VisitorID, file chat.FileID) (store.File, error) {
	f, err := s.store.File(ctx, v, file)
	if err == nil && f.Party == chat.Bot {
		var e chat.Entry
		if e, err = s.store.Entry(ctx, v, f.Entry); err == nil && !e.Visible() {
			err = store.ErrNotFound
		}
	}
	if errors.Is(err, store.ErrNotFound) || err == nil && (f.State == store.Removed || f.State == store.Announced) {
		err = chat.Errorf(chat.CodeUnknownFile, "There is no such file, or it was removed.")
	}
	return f, err
}

// OpenAvatar returns a small picture of an operator; close it.
func (s *Service) OpenAvatar(ctx context.Context, mxc id.ContentURIString) (*os.File, error) {
	sum := sha256.Sum256([]byte(mxc))
	return s.files.open(ctx, "avatar-"+hex.EncodeToString(sum[:]), func(ctx context.Context, w io.Writer) error {
		return s.files.media.Thumbnail(ctx, mxc, avatarPixels, w)
	})
}

// OpenUpload returns the bytes of a file that we have, for the way to the homeserver: the
// staged ones, or the copy that is kept of what it had already. Without both the error is
// fs.ErrNotExist.
func (s *Service) OpenUpload(file chat.FileID) (*os.File, error) {
	staged, err := os.Open(s.files.upload(file))
	if errors.Is(err, os.ErrNotExist) {
		return os.Open(s.files.cached(string(file)))
	}
	return staged, err
}

// open returns a cached copy of what fetch writes. Callers who ask for the same
// name at once share one fetch, which goes on when one of them leaves.
func (f files) open(ctx context.Context, name string, fetch func(context.Context, io.Writer) error) (*os.File, error) {
	path := f.cached(name)
	if cached, err := os.Open(path); err == nil { // #nosec G304 -- the name is an id or a digest of ours
		touch(cached)
		return cached, nil
	}
	done := f.fetch.DoChan(name, func() (any, error) { return nil, f.fill(context.WithoutCancel(ctx), path, fetch) })
	select {
	case result := <-done:
		if result.Err != nil {
			return nil, result.Err
		}
		return os.Open(path) // #nosec G304 -- see above
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (f files) fill(ctx context.Context, path string, fetch func(context.Context, io.Writer) error) error {
	out, err := os.CreateTemp(filepath.Join(f.dir, "tmp"), "fetch-")
	if err != nil {
		return fmt.Errorf("fetch a file: %w", err)
	}
	to := &careful{to: out, disk: f.disk}
	err = fetch(ctx, to)
	if to.full != nil {
		err = to.full // and not that the homeserver's answer could not be taken
	}
	if err = errors.Join(err, out.Close()); err == nil {
		err = os.Rename(out.Name(), path)
	}
	if err != nil {
		_ = os.Remove(out.Name())
	}
	return err
}
