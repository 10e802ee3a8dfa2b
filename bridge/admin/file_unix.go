//go:build unix

package admin

import (
	"io/fs"
	"os"
	"syscall"
)

// keepOwner gives the new file the owner of the old one: a config that root
// edits must stay readable for the service's user.
func keepOwner(file *os.File, old fs.FileInfo) error {
	stat, ok := old.Sys().(*syscall.Stat_t)
	if !ok || int(stat.Uid) == os.Geteuid() && int(stat.Gid) == os.Getegid() {
		return nil
	}
	return file.Chown(int(stat.Uid), int(stat.Gid))
}
