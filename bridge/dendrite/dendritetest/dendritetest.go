// Package dendritetest gives tests a Dendrite of their own.
package dendritetest

import (
	"context"
	"os"
	"testing"
	"time"

	"maunium.net/go/mautrix"

	"github.com/anteroom-chat/anteroom/bridge/dendrite"
	"github.com/anteroom-chat/anteroom/bridge/dendrite/freeport"
)

// Password is the password of the users that Operator makes.
const Password = "correct horse battery staple"

// buildTimeout is how long Dendrite's first build may take on a slow machine.
const buildTimeout = 20 * time.Minute

// Start starts a Dendrite in a temporary folder and stops it when the test
// ends. Fields of opts that are empty are filled in: Dir, BinDir, and the log
// level from ANTEROOM_DENDRITE_LOG. The binaries are taken from the folder in
// ANTEROOM_DENDRITE_BIN, else from build/bin of the repository, where they are
// built first if they are missing. The log is shown when the test fails.
func Start(t testing.TB, opts dendrite.Options) *dendrite.Server {
	t.Helper()
	if opts.BinDir == "" {
		opts.BinDir = Binaries(t)
	}
	if opts.Dir == "" {
		opts.Dir = t.TempDir()
	}
	if opts.LogLevel == "" {
		opts.LogLevel = os.Getenv("ANTEROOM_DENDRITE_LOG")
	}
	server, err := dendrite.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the last lines of Dendrite's log:\n%s", server.LogTail(30))
		}
	})
	return server
}

// Operator makes a user with the given name and the password Password, and
// returns a client that is logged in as that user.
func Operator(t testing.TB, server *dendrite.Server, name string) *mautrix.Client {
	t.Helper()
	if _, err := server.CreateUser(t.Context(), name, Password); err != nil {
		t.Fatal(err)
	}
	client, err := server.Login(t.Context(), name, Password)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// Admin is Operator for a user who may use the homeserver's administration API.
func Admin(t testing.TB, server *dendrite.Server, name string) *mautrix.Client {
	t.Helper()
	if _, err := server.CreateAdmin(t.Context(), name, Password); err != nil {
		t.Fatal(err)
	}
	client, err := server.Login(t.Context(), name, Password)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// Binaries returns the folder that holds Dendrite's binaries, which it builds
// when they are missing.
func Binaries(t testing.TB) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), buildTimeout)
	defer cancel()
	dir, err := dendrite.Binaries(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// Port returns a TCP port of 127.0.0.1 for a server that the test starts; no
// other test gets it.
func Port(t testing.TB) int {
	t.Helper()
	port, err := freeport.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
