package bridgetest

import (
	"fmt"
	"net"
	"path/filepath"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/dendrite/child"
	"github.com/anteroom-chat/anteroom/bridge/dendrite/dendritetest"
)

// Relay starts a bare relay between sockets and an endpoint in a process of its own,
// see bridge/bridgetest/relay, stops it when the test ends, and returns its address.
func Relay(t testing.TB, endpoint string) (url string) {
	t.Helper()
	path, err := buildProgram("relay", "./bridge/bridgetest/relay")
	if err != nil {
		t.Fatal(err)
	}
	listen := fmt.Sprintf("127.0.0.1:%d", dendritetest.Port(t))
	relay, err := child.Start(child.Program{
		Path: path, Args: []string{"-listen", listen, "-endpoint", endpoint}, LogPath: filepath.Join(t.TempDir(), "relay.log"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = relay.Stop(Patience) })
	Await(t, "the relay opens its door", func() bool {
		var dialer net.Dialer
		conn, err := dialer.DialContext(t.Context(), "tcp", listen)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	return "http://" + listen
}
