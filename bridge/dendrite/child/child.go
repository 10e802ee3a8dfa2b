// Package child runs programs as child processes that do not outlive their
// parent, for tests and the demo.
package child

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// Program says what to run.
type Program struct {
	Path string
	Args []string
	// Env is added to this process's own environment, as "NAME=value".
	Env []string
	// LogPath is the file that standard output and error are appended to.
	LogPath string
}

// Process is one run of a program.
type Process struct {
	cmd     *exec.Cmd
	logPath string
	// logStart is where this run's part of the log begins.
	logStart int64
	// done is closed after the process was waited for; cmd.ProcessState may
	// be read from then on.
	done chan struct{}
}

// Start starts the program in a process group of its own, so that Ctrl-C at
// the terminal reaches only the parent, which then stops its children in
// order. On Linux the kernel kills the child when the parent ends; on other
// systems it stays behind when the parent is killed.
func Start(p Program) (*Process, error) {
	log, err := os.OpenFile(p.LogPath, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	cmd := exec.Command(p.Path, p.Args...) //nolint:noctx // it outlives the context of its start; Stop and Kill end it
	cmd.Env = append(os.Environ(), p.Env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = attributes()
	info, err := log.Stat()
	if err != nil {
		_ = log.Close() // nothing was written
		return nil, fmt.Errorf("open the log: %w", err)
	}
	c := &Process{cmd: cmd, logPath: p.LogPath, logStart: info.Size(), done: make(chan struct{})}
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

// Done is closed when the process has ended, for whatever reason.
func (p *Process) Done() <-chan struct{} { return p.done }

// PID is the process's id; of use to send it other signals.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// State says how the process ended ("exit status 1", "signal: killed"). It
// may be called only after Done is closed.
func (p *Process) State() string { return p.cmd.ProcessState.String() }

// Panicked reports whether a program in Go ended by a panic: with exit code 2 (package
// runtime, "Environment Variables"). It may be called only after Done is closed.
func (p *Process) Panicked() bool { return p.cmd.ProcessState.ExitCode() == 2 }

// Stop asks the process to end by SIGTERM, kills it if it does not within the
// limit, and returns when it is gone. It may be called more than once.
func (p *Process) Stop(limit time.Duration) error {
	if err := p.signal(syscall.SIGTERM); err != nil {
		return err
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-p.done:
		return nil
	case <-timer.C:
		return p.Kill()
	}
}

// Kill ends the process by SIGKILL, as a power cut would, and returns when it
// is gone. It may be called more than once.
func (p *Process) Kill() error {
	if err := p.signal(syscall.SIGKILL); err != nil {
		return err
	}
	<-p.done
	return nil
}

func (p *Process) signal(sig os.Signal) error {
	if err := p.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("send %s: %w", sig, err)
	}
	return nil
}

// LogTail returns the last lines of the log, or why it cannot be read.
func (p *Process) LogTail(lines int) string { return Tail(p.logPath, lines) }

// Troubles returns the last lines of this run's log that tell of something
// wrong, or why it cannot be read. It is empty when all was well.
func (p *Process) Troubles(lines int) string {
	data, err := os.ReadFile(p.logPath)
	if err != nil {
		return err.Error()
	}
	return LastLines(troubles(string(data[min(p.logStart, int64(len(data))):])), lines)
}

// well matches a line of a log, JSON or logfmt, that no one need worry about.
var well = regexp.MustCompile(`"level":"(?:trace|debug|info)"|\blevel="?(?:trace|debug|info)\b`)

// troubles leaves out what is said while all is well. A line without a level
// is kept: a panic has none.
func troubles(log string) string {
	var kept strings.Builder
	for line := range strings.Lines(log) {
		if strings.TrimSpace(line) != "" && !well.MatchString(line) {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// Tail returns the last lines of a text file, or why it cannot be read.
func Tail(path string, lines int) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return LastLines(string(data), lines)
}

// LastLines returns at most n lines of the end of a text.
func LastLines(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
