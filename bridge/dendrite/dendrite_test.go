package dendrite_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"maunium.net/go/mautrix"

	"github.com/anteroom-chat/anteroom/bridge/dendrite"
	"github.com/anteroom-chat/anteroom/bridge/dendrite/dendritetest"
)

const password = "a long enough password"

func TestUsersAndRoomsOutliveAKill(t *testing.T) {
	server := dendritetest.Start(t, dendrite.Options{ServerName: "shop.test"})
	user, err := server.CreateUser(t.Context(), "anna", password)
	if err != nil {
		t.Fatal(err)
	}
	if user != "@anna:shop.test" {
		t.Errorf("user id %s, want @anna:shop.test", user)
	}
	client, err := server.Login(t.Context(), "anna", password)
	if err != nil {
		t.Fatal(err)
	}
	room, err := client.CreateRoom(t.Context(), &mautrix.ReqCreateRoom{Name: "kept"})
	if err != nil {
		t.Fatal(err)
	}

	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	<-server.Done()
	if _, err := client.Whoami(t.Context()); err == nil {
		t.Fatal("a killed server still answers")
	}
	url := server.URL()
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if server.URL() != url {
		t.Errorf("the address changed from %s to %s", url, server.URL())
	}

	if _, err := server.Login(t.Context(), "anna", password); err != nil {
		t.Errorf("after the kill: %v", err)
	}
	joined, err := client.JoinedRooms(t.Context())
	if err != nil {
		t.Fatalf("the old token after the kill: %v", err)
	}
	if len(joined.JoinedRooms) != 1 || joined.JoinedRooms[0] != room.RoomID {
		t.Errorf("joined rooms %v, want %s alone", joined.JoinedRooms, room.RoomID)
	}
}

func TestAFolderKeepsItsServer(t *testing.T) {
	dir := t.TempDir()
	first := dendritetest.Start(t, dendrite.Options{Dir: dir})
	if _, err := first.CreateUser(t.Context(), "anna", password); err != nil {
		t.Fatal(err)
	}
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	second := dendritetest.Start(t, dendrite.Options{Dir: dir})
	if _, err := second.Login(t.Context(), "anna", password); err != nil {
		t.Error(err)
	}
	_, err := second.CreateUser(t.Context(), "anna", password)
	if !errors.Is(err, dendrite.ErrUserExists) {
		t.Errorf("creating anna again: %v, want ErrUserExists", err)
	}
	_, err = second.Login(t.Context(), "anna", "some other password")
	if !errors.Is(err, mautrix.MForbidden) {
		t.Errorf("a wrong password: %v, want M_FORBIDDEN", err)
	}
}

func TestABusyPortIsNamed(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	port := listener.Addr().(*net.TCPAddr).Port
	_, err = dendrite.Start(t.Context(), dendrite.Options{
		Dir: t.TempDir(), BinDir: dendritetest.Binaries(t), Port: port,
	})
	if !errors.Is(err, dendrite.ErrPortBusy) {
		t.Errorf("got %v, want ErrPortBusy", err)
	}
}

func TestAFailedStartShowsTheLog(t *testing.T) {
	_, err := dendrite.Start(t.Context(), dendrite.Options{
		Dir: t.TempDir(), BinDir: dendritetest.Binaries(t),
		Registrations: []string{"/does/not/exist.yaml"},
	})
	if err == nil {
		t.Fatal("it started with a registration that does not exist")
	}
	if text := err.Error(); !strings.Contains(text, "ended at its start") || !strings.Contains(text, "/does/not/exist.yaml") {
		t.Errorf("the error does not tell the cause: %v", err)
	}
}

// Dendrite may panic before its parts are there; started again, it does not.
func TestAPanicAtTheStartIsTriedAgain(t *testing.T) {
	built, bin := dendritetest.Binaries(t), t.TempDir()
	for _, name := range []string{"create-account", "generate-keys"} {
		if err := os.Symlink(filepath.Join(built, name), filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	start := func(program string) error {
		if err := os.WriteFile(filepath.Join(bin, "dendrite"), []byte("#!/bin/sh\n"+program), 0o700); err != nil {
			t.Fatal(err)
		}
		server, err := dendrite.Start(t.Context(), dendrite.Options{Dir: t.TempDir(), BinDir: bin})
		if err == nil {
			t.Cleanup(func() { _ = server.Stop() })
		}
		return err
	}
	// The exit code of a panic, twice.
	if err := start(`mkdir "$0.1" 2>/dev/null && exit 2; mkdir "$0.2" 2>/dev/null && exit 2; exec "` + built + `/dendrite" "$@"`); err != nil {
		t.Errorf("panicked twice: %v", err)
	}
	if err := start("exit 1"); err == nil || !strings.Contains(err.Error(), "exit status 1") {
		t.Errorf("a refusal to start is told as %v", err)
	}
	if err := start("exit 2"); err == nil || !strings.Contains(err.Error(), "exit status 2") {
		t.Errorf("a panic at each start is told as %v", err)
	}
}
