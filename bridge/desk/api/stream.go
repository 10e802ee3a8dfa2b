package api

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"time"
)

// stream is an answer that is written as it is made, to be kept as a file.
type stream struct {
	name, mediaType string
	write           func(w io.Writer) error
}

// serveStream writes a stream. What breaks off in its middle is cut, so that nobody takes
// it for the whole.
func (a *API) serveStream(w http.ResponseWriter, r *http.Request, s stream) {
	h := w.Header()
	h.Set("Content-Type", s.mediaType)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": s.name}))
	if r.Method == http.MethodHead {
		w.WriteHeader(http.StatusOK)
		return
	}
	out := &paced{w: w, control: http.NewResponseController(w)}
	if err := s.write(out); err != nil {
		if out.err == nil && r.Context().Err() == nil {
			a.log.Error().Err(err).Str("route", r.Pattern).Msg("An answer could not be written to its end")
		}
		panic(http.ErrAbortHandler)
	}
}

// paced is a writer who takes each part anew for a while: a long answer may take longer
// than a short one, but nobody holds one up who reads nothing.
type paced struct {
	w       io.Writer
	control *http.ResponseController
	// err is why the program has not taken a part.
	err error
}

// Write writes a part, within the time of a whole request.
func (p *paced) Write(part []byte) (n int, err error) {
	// What cannot set a deadline has none; the server's own holds then.
	if err := p.control.SetWriteDeadline(time.Now().Add(within)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		p.err = err
		return 0, err
	}
	n, p.err = p.w.Write(part)
	return n, p.err
}
