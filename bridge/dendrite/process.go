package dendrite

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// child is one run of the server's process.
type child struct {
	cmd *exec.Cmd
	// done is closed after the process was waited for; cmd.ProcessState may
	// be read from then on.
	done chan struct{}
}

// startChild starts a program with its output appended to the log file. It
// gets a process group of its own, so that Ctrl-C at the terminal reaches only
// the parent, which then stops the child in an orderly way.
func startChild(logPath, program string, args ...string) (*child, error) {
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	// Not CommandContext: the server outlives the context of its start.
	cmd := exec.Command(program, args...) //nolint:noctx // the program is the one that our own module builds
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = attributes()
	c := &child{cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		// The kernel sends the death signal when the *thread* that started
		// the child ends, so that thread has to live as long as the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(c.done)
		defer func() { _ = log.Close() }() // the child holds its own handle
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in cmd.ProcessState
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return c, nil
}

// stop asks the process to end, and kills it if it does not within the limit.
func (c *child) stop(limit time.Duration) error {
	if err := c.signal(syscall.SIGTERM); err != nil {
		return err
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-c.done:
		return nil
	case <-timer.C:
		return c.kill()
	}
}

// kill ends the process at once and waits until it is gone.
func (c *child) kill() error {
	if err := c.signal(syscall.SIGKILL); err != nil {
		return err
	}
	<-c.done
	return nil
}

func (c *child) signal(sig os.Signal) error {
	if err := c.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("send %s: %w", sig, err)
	}
	return nil
}

// state says how the process ended; only after done.
func (c *child) state() string { return c.cmd.ProcessState.String() }

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
