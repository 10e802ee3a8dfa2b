package gateway

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/transcript"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// The formats of a transcript.
const (
	asPage = "html"
	asText = "text"
)

// serveTranscript gives a visitor its own dialog to keep, as a file. The secret is in
// the body, so no address anywhere opens it.
func (g *Gateway) serveTranscript(w http.ResponseWriter, r *http.Request) error {
	var asked wire.Transcript
	site, in, err := g.resume(w, r, &asked, func() string { return asked.Secret })
	if err != nil {
		return err
	}
	kind, ending := "text/html; charset=utf-8", "html"
	switch asked.Format {
	case asPage, "":
	case asText:
		kind, ending = "text/plain; charset=utf-8", "txt"
	default:
		return chat.Errorf(chat.CodeBadFrame, "A transcript is made as html or as text.")
	}
	giveBack, wait := g.limits.transcripts.Take(in.Visitor, time.Now())
	if wait > 0 {
		return tooFast("The conversation was downloaded too often.", wait)
	}
	address, kept := g.callerOf(r).address, transcriptBytes(site)
	if err := g.limits.pages.take(address, kept); err != nil {
		giveBack()
		return err
	}
	defer g.limits.pages.Release(address, kept)
	about, err := g.dialog.TranscriptAbout(r.Context(), site, in.Visitor)
	if err != nil {
		giveBack()
		return err
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", contentDisposition("attachment", fmt.Sprintf("chat-%s-%s.%s", site.ID, about.At.In(about.Zone).Format(time.DateOnly), ending)))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(downloadWithin))
	messages := g.dialog.Transcript(r.Context(), in.Visitor, 0)
	write := transcript.HTML
	if asked.Format == asText {
		write = transcript.Text
	}
	out := &toBrowser{Writer: w}
	if err := write(out, about, messages); err != nil {
		if out.gone { // no fault of ours: it was closed, or takes nothing any more
			g.log.Debug().Err(err).Msg("A browser left before its conversation was whole")
		} else {
			_ = g.public(err)
		}
		// It has begun: only a connection that breaks off says that it is not whole.
		panic(http.ErrAbortHandler)
	}
	return nil
}

// toBrowser tells a browser that is gone from what could not be read.
type toBrowser struct {
	io.Writer
	gone bool
}

func (b *toBrowser) Write(p []byte) (int, error) {
	n, err := b.Writer.Write(p)
	b.gone = b.gone || err != nil
	return n, err
}

// resume reads a small body and lets in the session whose secret it has.
func (g *Gateway) resume(w http.ResponseWriter, r *http.Request, body any, secret func() string) (*config.Site, dialog.Session, error) {
	site, err := g.readPost(w, r, body)
	if err != nil {
		return nil, dialog.Session{}, err
	}
	if _, err := g.admitAddress(r.Context(), site.ID, g.callerOf(r)); err != nil {
		return nil, dialog.Session{}, err
	}
	in, err := g.dialog.Resume(r.Context(), site.ID, secret())
	return site, in, err
}
