package bridge_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dendrite/dendritetest"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify/mail/mailtest"
)

// before the homeserver stands a proxy that makes its clock wrong, or answers 429.
type between struct {
	late, limits atomic.Bool
}

func (b *between) open(t *testing.T, homeserver string) string {
	target, err := url.Parse(homeserver)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ModifyResponse = func(r *http.Response) error {
		if b.late.Load() {
			r.Header.Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		}
		return nil
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b.limits.Load() && strings.Contains(r.URL.Path, "/capabilities") {
			w.WriteHeader(http.StatusTooManyRequests)
			_, _ = w.Write([]byte(`{"errcode":"M_LIMIT_EXCEEDED","error":"Too many requests","retry_after_ms":1}`))
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func portIn(t *testing.T, address string) string {
	t.Helper()
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return at.Port()
}

// A running installation is well, and each fault that an admin can meet is made real and
// told under its code, with nothing else beside it.
func TestDoctor(t *testing.T) {
	t.Parallel()
	post := mailtest.Start(t, mailtest.Options{Secure: "starttls"})
	ending := mailtest.Start(t, mailtest.Options{Secure: "tls", Certificate: "ending"})
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodHead && r.Header.Get("Webhook-Id") == "" {
			t.Errorf("the receiver of webhooks was asked to %s %s", r.Method, r.URL)
		}
	}))
	t.Cleanup(receiver.Close)
	endpoint := modelsBehindAKey(t)
	authorities := filepath.Join(t.TempDir(), "authorities.pem")
	if err := os.WriteFile(authorities, append(slices.Clone(post.Authority), ending.Authority...), 0o600); err != nil {
		t.Fatal(err)
	}
	figures, homeserver := dendritetest.Port(t), &between{}
	chains := filepath.Join(t.TempDir(), "chains")
	writeChain := func(text string) {
		t.Helper()
		if err := errors.Join(os.MkdirAll(chains, 0o700), os.WriteFile(filepath.Join(chains, "hello.yaml"), []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	writeChain("on: [{keywords: [hello]}]\nsteps: [{say: Hello}]\n")
	p := patient{env: []string{"SSL_CERT_FILE=" + authorities, "SSL_CERT_DIR=" + t.TempDir()}, Stack: bridgetest.Start(t, bridgetest.Options{
		Through: func(address string) string { return homeserver.open(t, address) },
		Site: fmt.Sprintf("    bot: {chains: %q}\n    webhooks: [{name: crm, url: %q, secret: %q, events: [dialog.opened]}]\n", chains, receiver.URL, hookSecret) +
			fmt.Sprintf("    assistant: {instruction: Be kind., answers: chains, endpoints: [{base_url: %q, model: gpttest, api_key: model-key}]}\n", endpoint+"/v1"),
		Gateway: fmt.Sprintf("metrics: {enabled: true, listen: \"127.0.0.1:%d\"}\nmail: {host: 127.0.0.1, port: %d, security: starttls, from: \"Shop chat <chat@example.com>\"}\noutward: [127.0.0.1]\n",
			figures, post.Port),
	})}
	cfg, err := config.Load(p.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	listens := fmt.Sprintf("127.0.0.1:%s", portIn(t, p.URL))

	t.Run("nobody is in the space", func(t *testing.T) {
		bridgetest.Await(t, "the space is known, and the bridge prepared", func() bool {
			d := p.doctor(t)
			return d.has("bad operators.invited") && !d.has("bad visitors.homeserver_preparing")
		})
		p.doctor(t).expect(t, "operators.invited: @anna:localhost has not accepted")
	})
	anna := p.Operator(t)
	anna.Space(t)
	v := p.Visitor().MustConnect(t)
	v.Acked(t, v.Say("Is anybody there?"))
	room := anna.Room(t, 0)
	anna.Says(t, room, "I am")
	v.Hears(t, "I am")

	t.Run("all is well", func(t *testing.T) {
		d := p.doctor(t)
		d.expect(t)
		for _, code := range []string{
			"config", "registration", "chains", "disk", "files_disk", "database", "queues", "set_aside", "mail", "webhooks", "assistants", "homeserver", "clock",
			"as_token", "bot", "room_version", "uploads", "operators", "rooms", "bridge", "visitors", "metrics", "public_url", "websocket",
		} {
			if !d.has("good " + code + ".ok") {
				t.Errorf("%s is not well: %v", code, d.findings)
			}
		}
	})
	t.Run("the registration", func(t *testing.T) { registrations(t, p, cfg) })
	t.Run("the config", func(t *testing.T) {
		for _, c := range []struct {
			name   string
			change []string
			faults []string
		}{
			{"does not exist", nil, []string{"config.unreadable: there is no config at"}},
			{"has faults", []string{"appservice:\n", "appservices:\n"}, []string{"config.fault: did you mean"}},
			{"names a server for the database", []string{"appservice:\n", "database: {uri: \"postgres://anteroom@db.example.com/anteroom\"}\nappservice:\n"}, []string{"config.fault: SQLite file alone"}},
			{"has another hs_token", []string{"hs_token: ", "hs_token: other"}, []string{"bridge.other_token: restart the bridge", "registration.tokens: copy as_token and hs_token"}},
			{"has another port for the homeserver", []string{fmt.Sprintf("port: %d", cfg.AppService.Port), fmt.Sprintf("port: %d", dendritetest.Port(t))}, []string{"bridge.other_address: has the database open"}},
			{"has another port for visitors", []string{"listen: " + listens, fmt.Sprintf("listen: 127.0.0.1:%d", dendritetest.Port(t))}, []string{"visitors.closed: restart it"}},
			{"has the homeserver's port for visitors", []string{"listen: " + listens, "listen: 127.0.0.1:" + portIn(t, p.Homeserver.URL())}, []string{"visitors.other_program: not this bridge"}},
			{"has a place that the homeserver cannot reach", []string{cfg.AppService.Address, fmt.Sprintf("http://127.0.0.1:%d", dendritetest.Port(t))}, []string{"ping.unsupported_silent: check appservice.address", "registration.url: appservice.address"}},
			{"has a public address of nobody", []string{"public_url: " + p.URL, fmt.Sprintf("public_url: http://127.0.0.1:%d", dendritetest.Port(t))}, []string{"public_url.silent: check DNS"}},
			{"has a mail server whose certificate ends", []string{fmt.Sprintf("port: %d, security: starttls", post.Port), fmt.Sprintf("port: %d, security: tls", ending.Port)}, []string{"mail.ends: ends on"}},
			{"has a mail server that is away", []string{fmt.Sprintf("port: %d, security", post.Port), fmt.Sprintf("port: %d, security", dendritetest.Port(t))}, []string{"mail.fails: Nothing listens there"}},
			{"has a receiver that is away", []string{receiver.URL, fmt.Sprintf("http://127.0.0.1:%d/", dendritetest.Port(t))}, []string{"webhooks.unreachable: See whether it runs"}},
			{"has a receiver in its own network", []string{"outward: [127.0.0.1]", "outward: []"}, []string{"webhooks.forbidden_address: in the list outward"}},
			{"has no metrics there", []string{fmt.Sprintf("127.0.0.1:%d", figures), fmt.Sprintf("127.0.0.1:%d", dendritetest.Port(t))}, []string{"metrics.silent: restart the bridge"}},
			{"wants more room than there is", []string{"limits: {", "limits: {free_space: 1024GiB, "}, []string{"files_disk.full: make room"}},
			{"has an operator who does not exist", []string{"operators: [\"@anna:localhost\"", "operators: [\"@anna:localhost\", \"@nobody:localhost\""}, []string{"operators.unknown: @nobody:localhost"}},
		} {
			path := filepath.Join(p.Dir, "none.yaml")
			if c.change != nil {
				path = p.altered(t, c.change...)
			}
			t.Run(c.name, func(t *testing.T) { p.doctor(t, "-c", path).expect(t, c.faults...) })
		}
	})
	t.Run("metrics everywhere, and a proxy", func(t *testing.T) {
		proxy := httptest.NewServer(http.NotFoundHandler())
		t.Cleanup(proxy.Close)
		behind := p
		behind.env = append(slices.Clone(p.env), "HTTP_PROXY="+proxy.URL)
		path := p.altered(t, fmt.Sprintf("listen: \"127.0.0.1:%d\"", figures), fmt.Sprintf("listen: \"0.0.0.0:%d\"", figures))
		behind.doctor(t, "-c", path).expect(t)
	})
	t.Run("endpoints", func(t *testing.T) { endpoints(t, p, endpoint) })
	t.Run("a chain is wrong", func(t *testing.T) {
		writeChain("on: [{keywords: [hello]}]\nsteps: [{goto: nowhere}]\n")
		p.doctor(t).expect(t, "chains.faults: nowhere")
		writeChain("on: [{keywords: [hello]}]\nsteps: [{say: Hello}]\n")
	})
	t.Run("the homeserver's clock and patience", func(t *testing.T) {
		homeserver.late.Store(true)
		p.doctor(t).expect(t, "clock.apart: 1h0m")
		homeserver.late.Store(false)
		homeserver.limits.Store(true)
		p.doctor(t).expect(t, "homeserver.limited: rate_limited: false")
		homeserver.limits.Store(false)
	})
	t.Run("backups", func(t *testing.T) { backups(t, p) })
	t.Run("certificates", func(t *testing.T) {
		p.doctor(t, "-c", p.altered(t, "public_url: "+p.URL, fmt.Sprintf("public_url: https://127.0.0.1:%d", ending.Port), bridgetest.Origin, "https://shop.test")).
			expect(t, "certificate.ends: ends on", "public_url.other_program: does not speak HTTP")
		other := httptest.NewTLSServer(http.NotFoundHandler())
		t.Cleanup(other.Close)
		p.doctor(t, "-c", p.altered(t, "public_url: "+p.URL, "public_url: "+other.URL, bridgetest.Origin, "https://shop.test")).
			expect(t, "certificate.untrusted: renew it", "public_url.silent")
	})
	t.Run("the bridge hangs", func(t *testing.T) {
		if err := syscall.Kill(p.BridgePID(), syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		d := p.doctor(t)
		if err := syscall.Kill(p.BridgePID(), syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		d.expect(t, "bridge.silent: hangs")
	})
	t.Run("the homeserver is away", func(t *testing.T) {
		if err := p.Homeserver.Stop(); err != nil {
			t.Fatal(err)
		}
		v.Acked(t, v.Say("And now?"))
		bridgetest.Await(t, "the bridge has seen it", func() bool { return strings.Contains(string(fetch(t, p.URL+"/health/ready")), "homeserver_away") })
		p.doctor(t, "-c", p.altered(t, cfg.Homeserver.Address, p.Homeserver.URL())).expect(t, "homeserver.silent: that the homeserver runs", "visitors.homeserver_away")
		if err := p.Homeserver.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("the bridge is stopped", func(t *testing.T) { stopped(t, p, cfg) })
	t.Run("rooms", func(t *testing.T) { rooms(t, p, cfg, room) }) // while nobody mends them
}

// registrations are compared with the config, each with one thing that differs.
func registrations(t *testing.T, p patient, cfg *config.Config) {
	good, err := os.ReadFile(filepath.Join(p.Dir, "registration.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, code string }{
		{"id: anteroom", "id: anteroon", "registration.id"},
		{"url: " + cfg.AppService.Address, "url: http://bridge:1", "registration.url"},
		{"as_token: ", "as_token: x", "registration.tokens"},
		{"hs_token: ", "hs_token: x", "registration.tokens"},
		{"sender_localpart: anteroom", "sender_localpart: other", "registration.bot"},
		{"rate_limited: false", "rate_limited: true", "registration.rate_limited"},
		{"rate_limited: false\n", "", "registration.rate_limited"},
		{"receive_ephemeral: true", "receive_ephemeral: false", "registration.ephemeral"},
		{"de.sorunome.msc2409.push_ephemeral: true", "de.sorunome.msc2409.push_ephemeral: false", "registration.ephemeral"},
		{"@anteroom_.*", "@visitor_.*", "registration.users"},
		{"#anteroom_.*", "#visitor_.*", "registration.aliases"},
		{"@anteroom_.*", "@an.*", "registration.operators"},
		{"id: anteroom", "id: [anteroom", "registration.unreadable"},
	} {
		t.Run(c.new, func(t *testing.T) {
			if !bytes.Contains(good, []byte(c.old)) {
				t.Fatalf("the registration has no %q:\n%s", c.old, good)
			}
			path := filepath.Join(t.TempDir(), "registration.yaml")
			if err := os.WriteFile(path, bytes.ReplaceAll(good, []byte(c.old), []byte(c.new)), 0o600); err != nil {
				t.Fatal(err)
			}
			p.doctor(t, "-registration", path).expect(t, c.code)
		})
	}
	t.Run("none", func(t *testing.T) {
		p.doctor(t, "-registration", filepath.Join(t.TempDir(), "none.yaml")).expect(t, "registration.unreadable")
		if err := os.Rename(filepath.Join(p.Dir, "registration.yaml"), filepath.Join(p.Dir, "elsewhere.yaml")); err != nil {
			t.Fatal(err)
		}
		if d := p.doctor(t); !d.has("note registration.missing") {
			t.Errorf("says %v", d.findings)
		}
		p.doctor(t, "-registration", filepath.Join(p.Dir, "elsewhere.yaml")).expect(t)
		if err := os.Rename(filepath.Join(p.Dir, "elsewhere.yaml"), filepath.Join(p.Dir, "registration.yaml")); err != nil {
			t.Fatal(err)
		}
	})
}

// backups are told by their age; a damaged database is known from one that is whole.
func backups(t *testing.T, p patient) {
	if d := p.doctor(t); !d.has("note backup.none") {
		t.Errorf("says %v", d.findings)
	}
	folder := filepath.Join(p.Dir, "backup")
	if output, err := exec.CommandContext(t.Context(), bridgetest.Program(t), "backup", "-c", p.ConfigPath(), folder).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	if d := p.doctor(t); !d.has("note backup.same_disk") {
		t.Errorf("says %v", d.findings)
	}
	note := filepath.Join(filepath.Dir(p.Database()), "last-backup.json")
	if err := os.WriteFile(note, []byte(`{"at":"2020-01-01T00:00:00Z","folder":"/mnt/backup"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	p.doctor(t).expect(t, "backup.old: /mnt/backup")
	if err := os.WriteFile(note, []byte(`{"at":`), 0o600); err != nil {
		t.Fatal(err)
	}
	if d := p.doctor(t); !d.has("note backup.untold") {
		t.Errorf("says %v", d.findings)
	}
	if err := os.Remove(note); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(folder, "anteroom.db")
	data, err := os.ReadFile(copied)
	if err != nil {
		t.Fatal(err)
	}
	at := p.altered(t, "appservice:\n", fmt.Sprintf("database: {uri: %q}\nappservice:\n", copied))
	for code, damaged := range map[string][]byte{
		"database.damaged":    append(slices.Clone(data[:len(data)/2]), make([]byte, len(data)-len(data)/2)...), // as a disk that fails leaves it
		"database.unreadable": []byte("This is no database, but a letter to a friend."),
	} {
		if err := os.WriteFile(copied, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		p.doctor(t, "-c", at).expect(t, code+": backup")
	}
	if err := os.Remove(copied); err != nil {
		t.Fatal(err)
	}
	if d := p.doctor(t, "-c", at); !d.has("note database.missing") {
		t.Errorf("says %v", d.findings)
	}
}

// rooms are broken in the bot's own name, as an admin of the homeserver could.
func rooms(t *testing.T, p patient, cfg *config.Config, room id.RoomID) {
	bot, err := mautrix.NewClient(cfg.Homeserver.Address, cfg.BotUserID(), cfg.AppService.ASToken)
	if err != nil {
		t.Fatal(err)
	}
	var levels event.PowerLevelsEventContent
	if err := bot.StateEvent(t.Context(), room, event.StatePowerLevels, "", &levels); err != nil {
		t.Fatal(err)
	}
	const stopped = "bridge.stopped"
	for _, c := range []struct {
		change func() error
		faults []string
	}{
		{func() error {
			levels.EventsDefault = 100
			return setState(t, bot, room, event.StatePowerLevels, &levels)
		}, []string{"rooms.ghost_power: messages need 100"}},
		{func() error { levels.EventsDefault = 0; return setState(t, bot, room, event.StatePowerLevels, &levels) }, nil},
		{func() error {
			levels.Users[cfg.BotUserID()], levels.Events[event.StateEncryption.Type] = 99, 99
			return setState(t, bot, room, event.StatePowerLevels, &levels)
		}, []string{"rooms.bot_power: a power of 99"}},
		{func() error {
			return setState(t, bot, room, event.StateEncryption, &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1})
		}, []string{"rooms.encrypted: /upgraderoom"}},
		{func() error { _, err := bot.LeaveRoom(t.Context(), room); return err }, []string{"rooms.bot_missing: removed it or deleted"}},
	} {
		if err := c.change(); err != nil {
			t.Fatal(err)
		}
		p.doctor(t).expect(t, append(c.faults, stopped)...)
	}
}

func setState(t *testing.T, bot *mautrix.Client, room id.RoomID, what event.Type, content any) error {
	_, err := bot.SendStateEvent(t.Context(), room, what, "", content)
	return err
}

// stopped is what is said of a bridge that does not run, and of those who took its place.
func stopped(t *testing.T, p patient, cfg *config.Config) {
	p.StopBridge(t)
	p.doctor(t).expect(t, "bridge.stopped: anteroom run")
	visitors, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", cfg.Gateway.Listen)
	if err != nil {
		t.Fatal(err)
	}
	p.doctor(t).expect(t, "bridge.stopped", "bridge.port_taken: gateway.listen")
	_ = visitors.Close()
	address := net.JoinHostPort(cfg.AppService.Hostname, fmt.Sprint(cfg.AppService.Port))
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Second}
	go func() { _ = server.Serve(listener) }()
	p.doctor(t).expect(t, "bridge.other_program: it is not Anteroom")
	if err := server.Shutdown(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	mail := mailtest.Start(t, mailtest.Options{Address: address})
	p.doctor(t).expect(t, "bridge.other_program: does not speak HTTP")
	mail.Stop()
}
