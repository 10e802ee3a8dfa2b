package dialog

import (
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/sys/unix"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
)

// disk is where files lie, and often the journal as well: a visitor's file must
// never be what fills it.
type disk struct {
	dir string
	// reserve are the bytes that files must leave free.
	reserve int64
	// free says how many bytes the bridge may still write.
	free func(dir string) (int64, error)
}

const (
	// lookEvery is how many bytes of one file are written between two looks at
	// the disk, which other files fill at the same time.
	lookEvery = 1 << 20
	// fullFor is when to ask again for room: an admin or the sweep has to make it.
	fullFor = time.Minute
)

// room refuses, with a chat.Error of CodeUnavailable, what would take that many
// bytes of the reserve.
func (d disk) room(size int64) error {
	free, err := d.free(d.dir)
	if err != nil {
		return fmt.Errorf("look how much the disk of %s has left: %w", d.dir, err)
	}
	if free-size >= d.reserve {
		return nil
	}
	public := chat.Errorf(chat.CodeUnavailable, "Files cannot be taken at the moment; please try again later.").After(fullFor)
	return fmt.Errorf("the disk of %s has %s left, of which files must leave %s free (gateway.limits.free_space): %w",
		d.dir, config.Size(max(0, free)).Rounded(), config.Size(d.reserve).Rounded(), public)
}

// careful writes a file while there is room for more of it.
type careful struct {
	to   io.Writer
	disk disk
	// left is what may be written before the next look at the disk.
	left int64
	full error
}

func (c *careful) Write(p []byte) (int, error) {
	if c.left < int64(len(p)) {
		if c.full = c.disk.room(int64(len(p))); c.full != nil {
			return 0, c.full
		}
		c.left = max(lookEvery, int64(len(p)))
	}
	n, err := c.to.Write(p)
	c.left -= int64(n)
	return n, err
}

func freeBytes(dir string) (int64, error) {
	var disk unix.Statfs_t
	for {
		err := unix.Statfs(dir, &disk)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		return int64(disk.Bavail) * int64(disk.Bsize), err // #nosec G115 -- no disk has so many bytes
	}
}
