package gateway

import (
	"context"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

func (c *conversation) announce(ctx context.Context, f *wire.Upload) error {
	now := time.Now()
	giveBack, wait := c.g.limits.uploads.Take(c.in.Visitor, now)
	if wait > 0 {
		return tooFast("Too many files were sent; please try again later.", wait)
	}
	giveBytesBack, wait := c.g.limits.uploadBytes.TakeN(c.address, c.cost(f.Size), now)
	if wait > 0 {
		giveBack()
		return c.g.crowded(c.address, tooFast("Too large files were sent from here; please try again later.", wait))
	}
	file, fresh, err := c.g.dialog.Announce(c.patient(ctx), c.in, dialog.Upload{Client: f.Client, Name: f.Name, Size: f.Size, Voice: f.Voice})
	if err != nil || !fresh { // a file whose transfer broke off was counted before
		giveBytesBack()
		giveBack()
	}
	if err != nil {
		return err
	}
	url := c.g.links.upload(c.site.ID, c.in.Visitor, file.File, now)
	c.answer(&wire.Upload{T: wire.TypeUpload, Client: f.Client, File: file.ID, URL: url})
	return nil
}

// cost is what a file counts for, in bytes. A size that the core refuses counts
// for nothing, so that its own reason is told.
func (c *conversation) cost(size int64) int {
	if size < 0 || size > int64(c.site.Files.MaxSize) {
		return 0
	}
	return int(size)
}

func (c *conversation) link(ctx context.Context, f *wire.FileLink) error {
	file, err := c.g.dialog.File(ctx, c.in.Visitor, f.File)
	if err != nil {
		return err
	}
	url := c.g.links.file(c.site.ID, c.in.Visitor, file, time.Now())
	c.answer(&wire.FileLink{T: wire.TypeFile, File: file.ID, URL: url})
	return nil
}
