package matrix

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
	"github.com/anteroom-chat/anteroom/bridge/matrix/notice"
	"github.com/anteroom-chat/anteroom/bridge/steady"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

const (
	// transferTimeout bounds one upload or download; large files on slow links take long.
	transferTimeout = 30 * time.Minute
	// mostStalls is how often an upload stands still before the homeserver does not take the
	// file: all that was said after it waits meanwhile.
	mostStalls = 3
	// storedPerSecond is how many bytes a homeserver stores in a second at the least.
	storedPerSecond = 256 << 10
)

// transfer returns the context of one upload or download, which ends when nothing came on for
// as long as any other request may take, and for a second more for each storedPerSecond of its
// size: a proxy may take all of it at once, and the homeserver's own storage is slow. Each move
// says that something came on. end is to be called at last, and reports whether it stood still.
func transfer(ctx context.Context, size int64) (moving context.Context, move func(), end func() (stalled bool)) {
	still := time.Duration(killpoint.Lower(killpoint.TransferStall, int(requestTimeout.Milliseconds())))*time.Millisecond +
		time.Duration(size/storedPerSecond)*time.Second
	moving, cancel := context.WithTimeout(ctx, transferTimeout)
	timer := time.AfterFunc(still, cancel)
	return moving, func() { timer.Reset(still) }, func() bool {
		stalled := !timer.Stop()
		cancel()
		return stalled
	}
}

// upload brings an entry's file, or the pictures of its cards, to the homeserver.
// When the process ends between that and the record of it, a file is uploaded once
// more, which nobody sees.
func (m *Matrix) upload(ctx context.Context, c *conversation, e chat.Entry, out *outgoing, folded []chat.Entry) error {
	if out.file == nil {
		return m.uploadPictures(ctx, c, e, out, folded)
	}
	err := m.bring(ctx, c, e, *out.file)
	if lost, ok := errors.AsType[errLost](err); ok {
		return m.loseFile(ctx, c, e, out, folded, lost.error)
	}
	if refused, ok := errors.AsType[errRefused](err); ok {
		return m.refuseFile(ctx, c, e, out, folded, refused.error)
	}
	return err
}

// errLost says that our disk does not have a file's bytes (any more), errRefused
// that the homeserver does not take them. Any other error passes.
type (
	errLost    struct{ error }
	errRefused struct{ error }
)

// errCut says that a request was cut off by a homeserver that is there all the same:
// Synapse does so with a file that is larger than it takes, a proxy before it with words
// that it takes for an attack. It hides the error of the request, which looks like an outage.
type errCut struct{ why error }

// Error implements error.
func (e errCut) Error() string {
	return "the homeserver is there, and cut a request off: " + e.why.Error()
}

// mostCuts is how often an upload is cut off, in half a minute at the least, before the
// homeserver does not take the file.
const mostCuts = 7

// Unwrap is what went wrong.
func (e errLost) Unwrap() error { return e.error }

// Unwrap is what the homeserver said.
func (e errRefused) Unwrap() error { return e.error }

// bring uploads one file of an entry, and records where it is.
func (m *Matrix) bring(ctx context.Context, c *conversation, e chat.Entry, f store.File) error {
	defer steady.Rest(ctx)()
	staged, err := m.dialog.OpenUpload(f.ID)
	if errors.Is(err, fs.ErrNotExist) {
		return errLost{err}
	}
	if err != nil {
		return fmt.Errorf("open a file: %w", err)
	}
	defer func() { _ = staged.Close() }()
	info, err := staged.Stat()
	if err != nil {
		return fmt.Errorf("look at a file: %w", err)
	}
	if info.Size() != f.Size {
		return errLost{errShort}
	}
	cuts, as := chat.EntryID("upload "+f.ID), m.speaker(c, e)
	// A restored homeserver may not know it any more, which would look like a refusal of the file.
	if err := m.hs.register(ctx, as); err != nil {
		return err
	}
	client := m.hs.as(as)
	client.Client = m.hs.patient()
	moving, move, end := transfer(ctx, f.Size)
	from := &localReader{from: staged, move: move}
	resp, err := client.UploadMedia(moving, mautrix.ReqUploadMedia{
		Content: from, ContentLength: f.Size, ContentType: f.Type, FileName: f.Name,
	})
	stalled := end()
	if from.broken != nil { // our own disk's fault, not the homeserver's
		return fmt.Errorf("read a file: %w", from.broken)
	}
	stalls := "stalled " + cuts
	if err != nil && stalled {
		return m.notTaken(ctx, e, stalls, mostStalls, err)
	}
	if err != nil {
		return m.notTaken(ctx, e, cuts, mostCuts, err)
	}
	m.doubts.clear(cuts)
	m.doubts.clear(stalls)
	killpoint.Reach(killpoint.AfterUpload)
	trail.Of(m.log.Debug(), &e).Str(trail.File, string(f.ID)).Int64("bytes", f.Size).Msg("The homeserver has the file of an entry")
	if err := m.settleUnderLease(ctx, c, func(ctx context.Context) error {
		return m.store.SetFileMXC(ctx, f.ID, resp.ContentURI.CUString())
	}); err != nil {
		return err
	}
	return m.dialog.Uploaded(f.ID)
}

// notTaken judges why the homeserver has no upload of an entry; cuts counts those of the
// file that were cut off, of which most are the end.
func (m *Matrix) notTaken(ctx context.Context, e chat.Entry, cuts chat.EntryID, most int, why error) error {
	if isHomeserver(why) && status(why) == 0 && ctx.Err() == nil && !m.hs.isGone(ctx) {
		if m.doubts.cut(cuts) < most {
			return errCut{why}
		}
		m.doubts.clear(cuts)
		return errRefused{why}
	}
	tooOften := status(why) >= http.StatusInternalServerError && m.doubts.fault(e.ID) >= serverErrors
	if f := outcome(why); f != refused && f != noRoom && !tooOften {
		return fmt.Errorf("upload a file: %w", why)
	}
	return errRefused{why}
}

// localReader remembers whether reading failed, as the HTTP client would take
// that for a fault of the connection, and says whenever something was read.
type localReader struct {
	from   io.Reader
	move   func()
	broken error
}

// Read reads on.
func (r *localReader) Read(p []byte) (int, error) {
	r.move()
	n, err := r.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.broken = err
	}
	return n, err
}

var errShort = errors.New("the staged file is not as long as it was")

// refuseFile ends the way of a file that the homeserver does not take.
func (m *Matrix) refuseFile(ctx context.Context, c *conversation, e chat.Entry, out *outgoing, folded []chat.Entry, why error) error {
	if saidByBot(e) {
		return m.putBare(ctx, c, e, out, folded, why)
	}
	f := out.file
	if status(why) != http.StatusRequestEntityTooLarge {
		return m.fail(ctx, c, e, f.Name, nil, why)
	}
	m.log.Warn().Err(why).Str(trail.Visitor, string(c.visitor)).Str(trail.Entry, string(e.ID)).Int64("bytes", f.Size).Msg("The homeserver refuses a file for its size")
	kind := notice.FileTooLarge
	if e.Kind == chat.Notice {
		kind = notice.ExportTooLarge
	}
	return m.failAloud(ctx, c, e, nil, why, kind, notice.Args{File: f.Name, Size: f.Size, Words: e.Content.Text})
}

// loseFile ends the way of a file whose bytes our disk does not have (any more).
func (m *Matrix) loseFile(ctx context.Context, c *conversation, e chat.Entry, out *outgoing, folded []chat.Entry, why error) error {
	f := out.file
	m.lost(c, *f, why)
	if saidByBot(e) {
		return m.putBare(ctx, c, e, out, folded, why)
	}
	kind := notice.FileLost
	if e.Kind == chat.Notice {
		kind = notice.ExportLost
	}
	return m.failAloud(ctx, c, e, nil, why, kind, notice.Args{File: f.Name, Words: e.Content.Text})
}

func (m *Matrix) lost(c *conversation, f store.File, why error) {
	m.log.Error().Err(why).Str(trail.Visitor, string(c.visitor)).Str(trail.File, string(f.ID)).Msg("A file is damaged or gone from gateway.data_dir")
}

// media fetches files for the core.
type media struct {
	hs  *homeserver
	bot id.UserID
}

// Download writes a file's bytes to w, at most limit of them.
func (md media) Download(ctx context.Context, mxc id.ContentURIString, limit int64, w io.Writer) error {
	return md.fetch(ctx, mxc, "download", nil, limit, w)
}

// Thumbnail writes a square picture of that many pixels to w.
func (md media) Thumbnail(ctx context.Context, mxc id.ContentURIString, pixels int, w io.Writer) error {
	const most = 4 << 20
	return md.fetch(ctx, mxc, "thumbnail", map[string]string{
		"width": fmt.Sprint(pixels), "height": fmt.Sprint(pixels), "method": "crop",
	}, most, w)
}

func (md media) fetch(ctx context.Context, mxc id.ContentURIString, what string, query map[string]string, limit int64, w io.Writer) error {
	uri, err := mxc.Parse()
	if err != nil {
		return chat.Errorf(chat.CodeUnknownFile, "The file has no valid address on the homeserver.")
	}
	defer steady.Rest(ctx)()
	ctx, move, end := transfer(ctx, 0)
	defer end()
	client := md.hs.as(md.bot)
	client.Client = md.hs.patient()
	// The path of authenticated media (specification v1.11): Synapse answers 404 on the older one.
	_, resp, err := client.MakeFullRequestWithResp(ctx, mautrix.FullRequest{
		Method:           http.MethodGet,
		URL:              client.BuildURLWithQuery(mautrix.ClientURLPath{"v1", "media", what, uri.Homeserver, uri.FileID}, query),
		DontReadResponse: true,
		MaxAttempts:      1,
	})
	if err != nil {
		if f := outcome(err); f == noRoom || f == refused {
			return chat.Errorf(chat.CodeUnknownFile, "The homeserver does not have the file.")
		}
		return errors.Join(chat.Errorf(chat.CodeUnavailable, "The file cannot be fetched now; please try again.").After(10*time.Second), err)
	}
	defer func() { _ = resp.Body.Close() }()
	n, err := io.Copy(w, io.LimitReader(&localReader{from: resp.Body, move: move}, limit+1))
	if err != nil {
		return errors.Join(chat.Errorf(chat.CodeUnavailable, "The file cannot be fetched now; please try again.").After(10*time.Second), err)
	}
	if n > limit {
		return chat.Errorf(chat.CodeTooLarge, "The file is larger than %d bytes.", limit)
	}
	return nil
}
