package dendrite_test

import (
	"errors"
	"net"
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
