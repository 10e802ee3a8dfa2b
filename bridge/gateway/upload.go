package gateway

import (
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/quota"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

const (
	// stalledFor is how long a transfer may stand still.
	stalledFor = time.Minute
	// mostOfComing and mostOfKeeping are how long a file has its turn while it comes, enough for
	// what is here already, and while it is kept. Who sends slowly holds up no other, and
	// neither does a slow disk.
	mostOfComing  = 3 * time.Millisecond
	mostOfKeeping = 20 * time.Millisecond
)

// serveUpload takes the bytes of a file that an upload frame announced.
func (g *Gateway) serveUpload(w http.ResponseWriter, r *http.Request) error {
	site, err := g.admit(w, r)
	if err != nil {
		return err
	}
	err = g.takeUpload(w, r, site)
	g.metrics.uploads.WithLabelValues(string(site.ID), resultOf(err, resultStored)).Inc()
	return err
}

func (g *Gateway) takeUpload(w http.ResponseWriter, r *http.Request, site *config.Site) error {
	file := chat.FileID(r.PathValue("file"))
	allowed, err := g.links.check(grant{purpose: forUpload, site: site.ID, object: string(file)}, r.URL.Query().Get("s"), time.Now())
	if err != nil {
		return err
	}
	limit := min(allowed.size, int64(site.Files.MaxSize))
	if r.ContentLength > limit {
		return chat.Errorf(chat.CodeTooLarge, "The file has %d bytes; %d were announced.", r.ContentLength, limit)
	}
	address := clientAddress(r, g.cfg.Gateway.TrustedProxies)
	if !g.limits.addressSockets.Enter(address) {
		return g.crowded(address, tooManySockets())
	}
	defer g.limits.addressSockets.Leave(address)
	if !g.limits.transfers.Enter(file) {
		return tooManySockets()
	}
	defer g.limits.transfers.Leave(file)
	if !g.limits.moving.TryAcquire(1) {
		return tooManyMoving()
	}
	defer g.limits.moving.Release(1)
	// A crowd of files comes one after another: all at once they would keep the processors, and
	// then the disk, from who is in the middle of a talk.
	ctx := store.Patient(r.Context(), quota.Customer(address))
	over, err := g.briefly(ctx, address, mostOfComing)
	if err != nil {
		return err
	}
	defer func() { over() }()
	body := &upload{from: http.MaxBytesReader(w, r.Body, limit), control: http.NewResponseController(w)}
	body.came = func() {
		over()
		if next, err := g.briefly(ctx, address, mostOfKeeping); err == nil {
			over = next
		}
	}
	in := dialog.Session{Visitor: allowed.visitor, Site: site}
	err = g.dialog.Receive(ctx, in, file, body)
	g.metrics.uploaded.WithLabelValues(string(site.ID)).Add(float64(body.read))
	if err != nil {
		if body.broken != nil && errors.Is(err, body.broken) {
			return bodyError(body.broken, limit)
		}
		return err
	}
	_ = body.control.SetWriteDeadline(time.Now().Add(answerWithin))
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// upload is a body that may take long but not stand still. It remembers
// whether it broke, since that is not our disk's fault.
type upload struct {
	from    io.Reader
	control *http.ResponseController
	broken  error
	read    int64  // bytes
	came    func() // called once all of it is here, or will not be
}

func (u *upload) Read(p []byte) (int, error) {
	_ = u.control.SetReadDeadline(time.Now().Add(stalledFor))
	n, err := u.from.Read(p)
	u.read += int64(n)
	if err != nil {
		u.came()
	}
	if err != nil && !errors.Is(err, io.EOF) {
		u.broken = err
	}
	return n, err
}
