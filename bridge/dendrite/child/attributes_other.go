//go:build unix && !linux

package child

import "syscall"

// Other systems cannot tie a child's life to its parent's; a parent that is
// killed leaves the server running.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
