package gateway

import (
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// downloadWithin is how long a file may take to leave.
const downloadWithin = time.Hour

// counted serves as many as there is room for, and counts what is asked for of a site that exists.
func (g *Gateway) counted(serve handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		err := g.withRoom(serve, w, r)
		if site, unknown := g.dialog.Site(chat.SiteID(r.PathValue("site"))); unknown == nil {
			g.metrics.downloads.WithLabelValues(string(site.ID), resultOf(err, resultServed)).Inc()
		}
		return err
	}
}

// withRoom serves a file that may leave slowly, unless too many do: those of one address
// would hold the connections of all, and all of them the descriptors.
func (g *Gateway) withRoom(serve handler, w http.ResponseWriter, r *http.Request) error {
	address := g.Address(r)
	if !g.limits.downloads.Enter(address) {
		return g.crowded(address, tooManySockets())
	}
	defer g.limits.downloads.Leave(address)
	if !g.limits.moving.TryAcquire(1) {
		return tooManyMoving()
	}
	defer g.limits.moving.Release(1)
	return serve(w, r)
}

// serveFile gives a file of the visitor's own dialog, whoever sent it.
func (g *Gateway) serveFile(w http.ResponseWriter, r *http.Request) error {
	now := time.Now()
	allowed, err := g.granted(r, forFile, r.PathValue("file"), now)
	if err != nil {
		return err
	}
	f, opened, err := g.dialog.Open(r.Context(), allowed.visitor, chat.FileID(allowed.object))
	if err != nil {
		return err
	}
	defer func() { _ = opened.Close() }()
	contentType, disposition := "application/octet-stream", "attachment"
	if isShown(f.Type) {
		contentType, disposition = f.Type, "inline"
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Disposition", contentDisposition(disposition, f.Name))
	return serveContent(w, r, opened, `"`+allowed.object+`"`, allowed.expires.Sub(now))
}

// serveAvatar gives an operator's picture.
func (g *Gateway) serveAvatar(w http.ResponseWriter, r *http.Request) error {
	now := time.Now()
	site, err := g.dialog.Site(chat.SiteID(r.PathValue("site")))
	if err != nil {
		return err
	}
	mxc, expires, err := g.links.open(site.ID, r.PathValue("avatar"), now)
	if err != nil {
		return err
	}
	opened, err := g.dialog.OpenAvatar(r.Context(), mxc)
	if err != nil {
		return err
	}
	defer func() { _ = opened.Close() }()
	contentType, err := sniffPicture(opened)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Disposition", "inline")
	return serveContent(w, r, opened, `"`+g.links.alias(site.ID, string(mxc))+`"`, expires.Sub(now))
}

func (g *Gateway) granted(r *http.Request, p purpose, object string, now time.Time) (grant, error) {
	site, err := g.dialog.Site(chat.SiteID(r.PathValue("site")))
	if err != nil {
		return grant{}, err
	}
	return g.links.check(grant{purpose: p, site: site.ID, object: object}, r.URL.Query().Get("s"), now)
}

// serveContent answers with ranges. Nothing in it can act in the gateway's name:
// what a browser would run is downloaded, and the rest is shown in a sandbox.
func serveContent(w http.ResponseWriter, r *http.Request, content *os.File, tag string, fresh time.Duration) error {
	h := w.Header()
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "private, max-age="+strconv.Itoa(int(fresh.Seconds())))
	h.Set("ETag", tag)
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(downloadWithin))
	http.ServeContent(w, r, "", time.Time{}, content)
	return nil
}

// isShown reports whether a browser may show that type in place: pictures that
// it can draw, sound and film. All else is downloaded.
func isShown(mediaType string) bool {
	return chat.IsPicture(mediaType) || strings.HasPrefix(mediaType, "audio/") || strings.HasPrefix(mediaType, "video/")
}

// contentDisposition follows RFC 6266 section 4.3: a name for every browser,
// and after it the true name, which may have any letters.
func contentDisposition(kind, name string) string {
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune(`"\/%`, r) {
			return '_'
		}
		return r
	}, name)
	header := fmt.Sprintf(`%s; filename="%s"`, kind, plain)
	if plain != name {
		header += "; filename*=UTF-8''" + strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
	}
	return header
}

// sniffPicture finds out a thumbnail's type; what is not a picture is not shown.
func sniffPicture(f *os.File) (string, error) {
	const sniffed = 512 // as much as DetectContentType looks at
	head := make([]byte, sniffed)
	n, err := f.ReadAt(head, 0)
	if n == 0 && err != nil {
		return "", fmt.Errorf("look into an avatar: %w", err)
	}
	found, _, err := mime.ParseMediaType(http.DetectContentType(head[:n]))
	if err != nil || !chat.IsPicture(found) {
		return "", chat.Errorf(chat.CodeUnknownFile, "There is no such picture.")
	}
	return found, nil
}
