package stack

import (
	"net"
	"os"
	"strings"
	"testing"
)

func TestABusyPortIsNamedWithTheWayOut(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	busy := listener.Addr().(*net.TCPAddr).Port
	_, err = choosePorts(t.Context(), busy)
	if err == nil {
		t.Fatal("it took a port that is in use")
	}
	for _, want := range []string{listener.Addr().String()[len("127.0.0.1:"):], "the homeserver", "DEMO_PORT_BASE="} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %q", err, want)
		}
	}
}

func TestFreePortsDiffer(t *testing.T) {
	p, err := choosePorts(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[port]bool{p.homeserver: true, p.appservice: true, p.public: true, p.shop: true}
	if len(seen) != Ports || seen[0] {
		t.Errorf("the ports are %+v, want four that differ", p)
	}
}

func TestSecretsAreKept(t *testing.T) {
	dir := t.TempDir()
	first, err := loadKept(dir)
	if err != nil {
		t.Fatal(err)
	}
	second, err := loadKept(dir)
	if err != nil {
		t.Fatal(err)
	}
	if first != second || first.OperatorPassword == "" || first.ASToken == first.HSToken {
		t.Errorf("first %+v, then %+v; want the same, with two tokens", first, second)
	}
}

func TestAFolderServesOneDemo(t *testing.T) {
	dir := t.TempDir()
	unlock, err := lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock(dir); err == nil || !strings.Contains(err.Error(), "runs already") {
		t.Errorf("the second lock: %v", err)
	}
	if err := Reset(dir); err == nil || !strings.Contains(err.Error(), "runs already") {
		t.Errorf("its data were dropped while it runs: %v", err)
	}
	unlock()
	again, err := lock(dir)
	if err != nil {
		t.Fatalf("after the first ended: %v", err)
	}
	again()
	if err := Reset(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the folder is still there (%v)", err)
	}
	if err := Reset(dir); err != nil {
		t.Errorf("a second time: %v", err)
	}
}
