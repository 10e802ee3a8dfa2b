package admin

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dendrite"
	"github.com/anteroom-chat/anteroom/bridge/dendrite/dendritetest"
)

// want asks for lines that begin with the mark and the name, and hold the words.
func want(t *testing.T, output string, lines ...[3]string) {
	t.Helper()
next:
	for _, w := range lines {
		for line := range strings.Lines(output) {
			if strings.HasPrefix(line, w[0]+" "+w[1]) && strings.Contains(line, w[2]) {
				continue next
			}
		}
		t.Errorf("no line %q in:\n%s", w, output)
	}
}

func checkOnline(ctx context.Context, t *testing.T, configPath string) (string, error) {
	t.Helper()
	cfg, err := config.Load(configPath)
	if err != nil {
		t.Fatal(err)
	}
	var output bytes.Buffer
	err = CheckOnline(ctx, cfg, Look{}, &output)
	return output.String(), err
}

func TestCheckConfig(t *testing.T) {
	configPath := writeConfig(t, "http://127.0.0.1:8008", 29360, 29361)
	register(t, configPath)
	cfg, err := config.Load(configPath)
	if err != nil {
		t.Fatal(err)
	}
	for mode, lines := range map[os.FileMode]int{0o640: 1, 0o644: 2} {
		if err := os.Chmod(configPath, mode); err != nil {
			t.Fatal(err)
		}
		var output bytes.Buffer
		if err := CheckConfig(cfg, Look{}, &output); err != nil {
			t.Fatal(err)
		}
		want(t, output.String(), [3]string{"✓", "config", "1 site, 1 operator"})
		if got := strings.Count(output.String(), "\n"); got != lines {
			t.Errorf("mode %o:\n%s", mode, &output)
		}
	}
}

func TestCheckOnlineWithoutHomeserver(t *testing.T) {
	configPath := writeConfig(t, "http://127.0.0.1:1", dendritetest.Port(t), dendritetest.Port(t))
	register(t, configPath)
	output, err := checkOnline(t.Context(), t, configPath)
	if !errors.Is(err, ErrFaults) {
		t.Errorf("got %v", err)
	}
	if strings.Contains(output, "as_token") {
		t.Errorf("it went on:\n%s", output)
	}
	want(t, output, [3]string{"✗", "homeserver", "connection refused"}, [3]string{"–", "bridge", "not running"})
}

// TestCheckOnlineDendrite sees a real homeserver: with the registration, with
// another one, with operators who do not exist.
func TestCheckOnlineDendrite(t *testing.T) {
	port := dendritetest.Port(t)
	configPath := writeConfig(t, "http://127.0.0.1:"+strconv.Itoa(port), dendritetest.Port(t), dendritetest.Port(t))
	server := dendritetest.Start(t, dendrite.Options{Port: port, Registrations: []string{register(t, configPath)}, OpenID: true})
	for _, run := range []struct{ ann, mark string }{
		{"@ann:localhost of site shop does not exist", "✗"},
		{"All operators", "✓"},
	} {
		output, err := checkOnline(t.Context(), t, configPath)
		if (run.mark == "✗") != errors.Is(err, ErrFaults) {
			t.Errorf("got %v", err)
		}
		want(
			t, output,
			[3]string{"✓", "homeserver", "answers"},
			[3]string{"✓", "as_token", ""},
			[3]string{"✓", "bot", "@anteroom:localhost is registered"},
			[3]string{"✓", "room version", ""},
			[3]string{"✓", "encryption", "not encrypted"},
			[3]string{"✓", "uploads", ""},
			[3]string{run.mark, "operators", run.ann},
			[3]string{"✓", "openid", "confirms who signs in to the panel"},
			[3]string{"–", "bridge", "not running"},
		)
		if run.mark == "✗" {
			dendritetest.Operator(t, server, "ann")
		}
	}
	noRoomsLeft(t, configPath)
	output, err := checkOnline(t.Context(), t, encrypting(t, server.URL(), configPath))
	if !errors.Is(err, ErrFaults) {
		t.Errorf("got %v", err)
	}
	want(t, output, [3]string{"✗", "encryption", "localhost encrypts every new room"})
	noRoomsLeft(t, configPath)

	strange := writeConfig(t, server.URL(), dendritetest.Port(t), dendritetest.Port(t))
	register(t, strange)
	output, err = checkOnline(t.Context(), t, strange)
	if !errors.Is(err, ErrFaults) {
		t.Errorf("got %v", err)
	}
	want(t, output, [3]string{"✗", "as_token", "does not know it"})
}

// encrypting stands before the homeserver and encrypts every new room, as
// Synapse does when told to; Dendrite cannot. It returns a config that names it.
func encrypting(t *testing.T, address, configPath string) string {
	t.Helper()
	target, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(request *httputil.ProxyRequest) {
		request.SetURL(target)
		if !strings.HasSuffix(request.In.URL.Path, "/createRoom") {
			return
		}
		body, err := io.ReadAll(request.In.Body)
		if err != nil {
			t.Error(err)
		}
		body = bytes.Replace(body, []byte(`"initial_state":[`),
			[]byte(`"initial_state":[{"type":"m.room.encryption","content":{"algorithm":"m.megolm.v1.aes-sha2"}},`), 1)
		request.Out.Body, request.Out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}})
	t.Cleanup(proxy.Close)
	text, err := os.ReadFile(configPath)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, bytes.Replace(text, []byte(address), []byte(proxy.URL), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// noRoomsLeft shows that the check cleans up after itself.
func noRoomsLeft(t *testing.T, configPath string) {
	t.Helper()
	cfg, err := config.Load(configPath)
	if err != nil {
		t.Fatal(err)
	}
	c, err := newChecker(cfg, &findings{w: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	rooms, err := c.client.JoinedRooms(t.Context())
	if err != nil || len(rooms.JoinedRooms) != 0 {
		t.Errorf("the bot is in %v, %v", rooms, err)
	}
}
