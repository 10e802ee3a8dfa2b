package gateway

import (
	"bytes"
	"math"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
)

// Files that nobody reads leave no sooner than in an hour: one address may not have all
// connections wait for it so, and its windows do not count among them.
func TestDownloadsOfAnAddressAreCounted(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) { behindProxy(t, cfg) })
	const one, other = "192.0.2.1", "192.0.2.2"
	c, _ := d.enter(newSecret(), nil)
	url := d.send(c, "large.bin", bytes.Repeat([]byte("x"), 9<<20)).File.URL // more than the system holds for who does not read
	begin := func(address string) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		must(t, err)
		r.Header.Set("X-Forwarded-For", address)
		response, err := d.server.Client().Do(r)
		must(t, err)
		t.Cleanup(func() { _ = response.Body.Close() })
		return response
	}
	under := 0
	for d.gateway.limits.downloads.Enter(netip.MustParseAddr(one)) {
		under++
	}
	if under < pageSize {
		t.Errorf("an address may download %d at once; a page of the history has %d", under, pageSize)
	}
	for range 2 {
		d.gateway.limits.downloads.Leave(netip.MustParseAddr(one))
	}
	first := begin(one)
	if second := begin(one); first.StatusCode != http.StatusOK || second.StatusCode != http.StatusOK {
		t.Fatalf("answered %d and %d", first.StatusCode, second.StatusCode)
	}
	third := begin(one)
	if e := refusal(t, third, bodyOf(third), chat.CodeTooManySockets); e.RetryAfter <= 0 {
		t.Errorf("refused with %+v", e)
	}
	if response := begin(other); response.StatusCode != http.StatusOK {
		t.Errorf("another address is answered %d", response.StatusCode)
	}
	d.enter(newSecret(), nil, "X-Forwarded-For", one)
	must(t, first.Body.Close())
	eventually(t, "who breaks off makes room", func() bool { return begin(one).StatusCode == http.StatusOK })
}

// Each file on its way holds a descriptor; there have to be some for the database.
func TestFilesOnTheirWayAreCounted(t *testing.T) {
	for _, c := range []struct {
		connections int
		descriptors uint64
		want        int64
	}{{30_000, 65_536, 30_000}, {30_000, math.MaxUint64, 30_000}, {30_000, 1024, leastMoving}, {1000, 2048, 536}, {10, 65_536, leastMoving}} {
		if got := filesAtOnce(c.connections, c.descriptors); got != c.want {
			t.Errorf("of %d connections and %d descriptors: %d, want %d", c.connections, c.descriptors, got, c.want)
		}
	}
	d := openDoor(t, nil)
	c, _ := d.enter(newSecret(), nil)
	url, up := d.send(c, "a.txt", []byte("Hello")).File.URL, c.announce("upload-01", "b.txt", 5)
	all := filesAtOnce(d.cfg.Gateway.Limits.Connections, descriptors())
	if !d.gateway.limits.moving.TryAcquire(all) {
		t.Fatal("what has come is still counted")
	}
	response, body := d.ask(http.MethodGet, url, nil)
	refusal(t, response, body, chat.CodeUnavailable)
	response, body = d.ask(http.MethodPut, up.URL, strings.NewReader("12345"), "Origin", shop)
	refusal(t, response, body, chat.CodeUnavailable)
	d.gateway.limits.moving.Release(all)
	if response, body = d.ask(http.MethodGet, url, nil); body != "Hello" {
		t.Errorf("once there is room, a file is answered %d %s", response.StatusCode, body)
	}
	if response, body = d.ask(http.MethodPut, up.URL, strings.NewReader("12345"), "Origin", shop); response.StatusCode != http.StatusNoContent {
		t.Errorf("once there is room, an upload is answered %d %s", response.StatusCode, body)
	}
}

// A file may take longer than its answer: of one that is refused after its last byte the
// widget would learn nothing, and send it again.
func TestRefusalLeavesAfterALongRequest(t *testing.T) {
	d := openDoor(t, nil)
	server := httptest.NewServer(d.gateway.serve(func(w http.ResponseWriter, _ *http.Request) error {
		must(t, http.NewResponseController(w).SetWriteDeadline(time.Now().Add(-time.Second))) // as answerWithin has passed
		return chat.Errorf(chat.CodeBadFileType, "Files of this type are not taken here.")
	}))
	t.Cleanup(server.Close)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
	must(t, err)
	response, err := server.Client().Do(r)
	must(t, err)
	defer func() { _ = response.Body.Close() }()
	refusal(t, response, bodyOf(response), chat.CodeBadFileType)
}
