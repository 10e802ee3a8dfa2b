// Package dendrite runs a real Dendrite homeserver as a child process, for
// tests and the demo. It holds no code of Dendrite and imports nothing of
// the bridge: it writes a config, starts the binaries that the Go module
// bridge/demo builds, and stops them.
//
// The server listens on 127.0.0.1 only, without federation and without rate
// limits, and keeps everything (keys, databases, media, log) in one folder, so
// that a second start in the same folder finds the same users and rooms. On
// Linux it dies with the process that started it.
package dendrite

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/dendrite/child"
	"github.com/anteroom-chat/anteroom/bridge/dendrite/freeport"
)

const (
	// startTimeout is how long a server may take until it answers; a loaded
	// machine with many rooms needs a few seconds, an idle one 0.3.
	startTimeout = 60 * time.Second
	// stopTimeout is how long a server may take to close its databases
	// before it is killed.
	stopTimeout = 20 * time.Second
	// portTries is how often Start chooses another free port when somebody
	// else took the chosen one first.
	portTries = 3
	// panicTries is how often a server is started that panics before it answers: Dendrite
	// 0.15.2 may, when it works at what its queues hold before all of its parts are there.
	panicTries = 30
)

// errPanicked marks a start that a panic of the server ended.
var errPanicked = errors.New("it panicked at its start")

// ErrPortBusy is wrapped by Start and Restart when another program listens on
// the port.
var ErrPortBusy = errors.New("the port is in use")

// Options says how to run a server. Dir and BinDir are required.
type Options struct {
	// Dir holds all of the server's files; it is made if missing.
	Dir string
	// BinDir holds the binaries dendrite, create-account and generate-keys.
	BinDir string
	// ServerName is the part of user ids after the colon; "localhost" if
	// empty. It must not change once Dir is in use.
	ServerName string
	// Port on 127.0.0.1; 0 takes a free one, which Restart keeps.
	Port int
	// Registrations are the paths of the appservices' registration files.
	// They are read at every start.
	Registrations []string
	// OpenID has the server confirm to others who a user is. Dendrite does so where it
	// federates; it reaches no other server all the same.
	OpenID bool
	// NoPresence has the server take and show nobody's presence. With it Dendrite 0.15.2 asks for
	// the presence of everybody in a room at each join: that part of it comes minutes behind
	// where it is killed often, and panics at each start that finds a join in its queue.
	NoPresence bool
	// LogLevel is one of Dendrite's (debug, info, warn, error); "warn" if empty.
	LogLevel string
}

// Server is a running, stopped or killed homeserver. Its methods may be called
// from several goroutines.
type Server struct {
	opts Options
	url  string

	mu    sync.Mutex
	child *child.Process // nil while not running
}

// Start writes the config, starts the server and returns when it answers.
// The server outlives ctx, which bounds only the start.
func Start(ctx context.Context, opts Options) (*Server, error) {
	if opts.ServerName == "" {
		opts.ServerName = "localhost"
	}
	if opts.LogLevel == "" {
		opts.LogLevel = "warn"
	}
	var err error
	if opts.Dir, err = filepath.Abs(opts.Dir); err != nil {
		return nil, fmt.Errorf("dendrite: folder: %w", err)
	}
	if err := writeFiles(ctx, opts); err != nil {
		return nil, fmt.Errorf("dendrite: prepare %s: %w", opts.Dir, err)
	}
	if opts.Port != 0 {
		s := newServer(opts)
		return s, s.start(ctx)
	}
	for try := 1; ; try++ {
		if opts.Port, err = freeport.Take(ctx); err != nil {
			return nil, fmt.Errorf("dendrite: %w", err)
		}
		s := newServer(opts)
		if err = s.start(ctx); err == nil {
			return s, nil
		}
		if try == portTries || !errors.Is(err, ErrPortBusy) {
			return nil, err
		}
	}
}

func newServer(opts Options) *Server {
	return &Server{opts: opts, url: "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(opts.Port))}
}

// URL is the address of the client-server API, without a slash at the end. It
// stays the same over restarts.
func (s *Server) URL() string { return s.url }

// Name is the server's name: the part of its user ids after the colon.
func (s *Server) Name() string { return s.opts.ServerName }

// Dir is the folder that holds all of the server's files.
func (s *Server) Dir() string { return s.opts.Dir }

// LogPath is the file that the server's output is appended to.
func (s *Server) LogPath() string { return filepath.Join(s.opts.Dir, logName) }

// LogTail returns the last lines of the log, or why it cannot be read.
func (s *Server) LogTail(lines int) string { return child.Tail(s.LogPath(), lines) }

// Troubles returns the last lines of the running process's log that tell of
// something wrong; empty when all was well, or while no process runs.
func (s *Server) Troubles(lines int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.child == nil {
		return ""
	}
	return s.child.Troubles(lines)
}

// Done is closed when the running process ends, for whatever reason. It is
// closed already while no process runs. Take it anew after a Restart.
func (s *Server) Done() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.child == nil {
		done := make(chan struct{})
		close(done)
		return done
	}
	return s.child.Done()
}

// PID is the running process's id, to send it other signals; 0 while none runs.
func (s *Server) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.child == nil {
		return 0
	}
	return s.child.PID()
}

// Stop ends the server in an orderly way and returns when the process is
// gone. A server that does not end within 20 seconds is killed. Stopping a
// stopped server does nothing.
func (s *Server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.child == nil {
		return nil
	}
	err := s.child.Stop(stopTimeout)
	s.child = nil
	if err != nil {
		return fmt.Errorf("dendrite: stop: %w", err)
	}
	return nil
}

// Kill ends the server by SIGKILL, as a power cut would, and returns when the
// process is gone. Killing a stopped server does nothing.
func (s *Server) Kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.child == nil {
		return nil
	}
	err := s.child.Kill()
	s.child = nil
	if err != nil {
		return fmt.Errorf("dendrite: kill: %w", err)
	}
	return nil
}

// Restart stops the server if it runs, starts it again on the same port and
// returns when it answers. After Kill it only starts.
func (s *Server) Restart(ctx context.Context) error {
	if err := s.Stop(); err != nil {
		return err
	}
	if err := writeFiles(ctx, s.opts); err != nil {
		return fmt.Errorf("dendrite: prepare %s: %w", s.opts.Dir, err)
	}
	return s.start(ctx)
}

func (s *Server) start(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.child != nil {
		return errors.New("dendrite: start: it runs already")
	}
	for try := 1; ; try++ {
		c, err := s.launch(ctx)
		if err == nil {
			s.child = c
			return nil
		}
		if try == panicTries || !errors.Is(err, errPanicked) {
			return fmt.Errorf("dendrite: %w", err)
		}
	}
}

// launch starts the process and returns when it answers.
func (s *Server) launch(ctx context.Context) (*child.Process, error) {
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(s.opts.Port))
	if err := checkPort(ctx, address); err != nil {
		return nil, err
	}
	c, err := child.Start(child.Program{
		Path:    filepath.Join(s.opts.BinDir, "dendrite"),
		Args:    []string{"-config", filepath.Join(s.opts.Dir, configName), "-http-bind-address", address},
		LogPath: s.LogPath(),
	})
	if err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	if err := s.waitUntilUp(ctx, c); err != nil {
		_ = c.Kill() // the start has failed already; its cause is what matters
		return nil, err
	}
	return c, nil
}

// waitUntilUp returns when /versions answers, the process ends, ctx ends or
// startTimeout has passed.
func (s *Server) waitUntilUp(ctx context.Context, c *child.Process) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	retry := time.NewTicker(20 * time.Millisecond)
	defer retry.Stop()
	for {
		if s.up(ctx) {
			return nil
		}
		select {
		case <-c.Done():
			err := fmt.Errorf("it ended at its start (%s); the last lines of %s:\n%s", c.State(), s.LogPath(), s.LogTail(10))
			if c.Panicked() {
				err = fmt.Errorf("%w: %w", errPanicked, err)
			}
			return err
		case <-ctx.Done():
			return fmt.Errorf("it does not answer at %s: %w", s.url, context.Cause(ctx))
		case <-retry.C:
		}
	}
}

func (s *Server) up(ctx context.Context) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/_matrix/client/versions", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close() // nothing is read from it
	return resp.StatusCode == http.StatusOK
}

// checkPort makes sure that nobody listens at the address. Without it a start
// could take the answer of another server for its own.
func checkPort(ctx context.Context, address string) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrPortBusy, err)
	}
	return l.Close()
}
