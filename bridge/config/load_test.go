package config

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// environment is what the tests see instead of the real one.
func environment(pairs ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}
}

// TestGoldenFaults holds every fault's sentence, place and order to its golden
// file; ANTEROOM_GOLDEN=write writes these anew.
func TestGoldenFaults(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			_, err := load(file, environment(EnvHSToken, "from-the-environment-0123456789abcdef"), true)
			var faults Faults
			if !errors.As(err, &faults) {
				t.Fatalf("want faults, got %v", err)
			}
			got := faults.Error() + "\n"
			want := strings.TrimSuffix(file, ".yaml") + ".golden"
			if os.Getenv("ANTEROOM_GOLDEN") == "write" {
				if err := os.WriteFile(want, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			data, err := os.ReadFile(want)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(data) {
				t.Errorf("got:\n%s\nwant:\n%s", got, data)
			}
			for i := 1; i < len(faults); i++ {
				if faults[i].Line < faults[i-1].Line {
					t.Errorf("%s comes after line %d", faults[i], faults[i-1].Line)
				}
			}
		})
	}
}

// good is the smallest file that loads.
const good = `homeserver: {address: "http://127.0.0.1:8008/", domain: example.com}
appservice:
  as_token: as-0123456789abcdef0123456789abcdef
  hs_token: hs-0123456789abcdef0123456789abcdef
gateway: {public_url: "https://chat.example.com/chat/"}
sites:
  shop: {name: Shop, origins: ["https://Shop.example.com:443", "https://*.магазин.рф"], operators: ["@ann:example.com"], widget: {color: "#ABC"}}
`

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoad(t *testing.T) {
	path := write(t, good)
	cfg, err := load(path, environment(), true)
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Dir(path)
	site := cfg.Sites["shop"]
	for _, check := range []struct{ name, got, want string }{
		{"slash at the end", cfg.Homeserver.Address, "http://127.0.0.1:8008"},
		{"public url", cfg.Gateway.PublicURL, "https://chat.example.com/chat"},
		{"address by default", cfg.AppService.Address, "http://127.0.0.1:29360"},
		{"database beside the file", cfg.Database.URI, filepath.Join(folder, "data", "anteroom.db")},
		{"state beside the database", cfg.Database.StatePath(), filepath.Join(folder, "data", "state.db")},
		{"files beside the file", cfg.Gateway.DataDir, filepath.Join(folder, "data", "files")},
		{"origin as browsers say it", site.Origins[0], "https://shop.example.com"},
		{"international origin", site.Origins[1], "https://*.xn--80aairftm.xn--p1ai"},
		{"short colour", site.Widget.Color, "#aabbcc"},
		{"bot", cfg.BotUserID().String(), "@anteroom:example.com"},
		{"delivered", cfg.DeliveredUserID().String(), "@anteroom_delivered:example.com"},
		{"ghost", cfg.GhostUserID("abcdefghijklmnop").String(), "@anteroom_abcdefghijklmnop:example.com"},
		{"alias", cfg.RoomAlias("abcdefghijklmnop").String(), "#anteroom_abcdefghijklmnop:example.com"},
		{"id of the site", string(site.ID), "shop"},
	} {
		if check.got != check.want {
			t.Errorf("%s: got %q, want %q", check.name, check.got, check.want)
		}
	}
	if !cfg.Homeserver.Federate || !site.Delivered || !site.Files.Enabled || site.MaxLength != 512 {
		t.Error("a default was lost")
	}
}

func TestSecretsFromElsewhere(t *testing.T) {
	text := strings.Replace(good, "  as_token: as-0123456789abcdef0123456789abcdef\n  hs_token: hs-0123456789abcdef0123456789abcdef", "  as_token_file: secret", 1)
	path := write(t, text)
	secret := strings.Repeat("s", 40)
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "secret"), []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	fromEnv := strings.Repeat("e", 40)
	cfg, err := load(path, environment(EnvHSToken, fromEnv, EnvDatabaseURI, "other.db"), true)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.AppService.ASToken != secret || cfg.AppService.HSToken != fromEnv {
		t.Error("the tokens are not those of file and environment")
	}
	if cfg.Database.URI != filepath.Join(filepath.Dir(path), "other.db") {
		t.Errorf("database %q", cfg.Database.URI)
	}
}

func TestIdentitySecretsFromElsewhere(t *testing.T) {
	path := write(t, good)
	fromEnv := strings.Repeat("e", 32)
	cfg, err := load(path, environment("ANTEROOM_SITES_SHOP_IDENTITY_SECRET", fromEnv), true)
	if err != nil || cfg.Sites["shop"].Identity.Secret != fromEnv {
		t.Errorf("the secret is not that of the environment: %v", err)
	}
	path = write(t, strings.Replace(good, "name: Shop,", "name: Shop, identity: {secret_file: empty},", 1))
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "empty"), []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := load(path, environment(), true); err == nil || !strings.Contains(err.Error(), "sites.shop.identity.secret: a secret of 0 bytes") {
		t.Errorf("an empty file: %v", err)
	}
}

func TestMissingTokens(t *testing.T) {
	path := write(t, strings.Replace(good, "as_token: as-0123456789abcdef0123456789abcdef", `as_token: ""`, 1))
	if _, err := load(path, environment(), false); err != nil {
		t.Errorf("before registration: %v", err)
	}
	_, err := load(path, environment(), true)
	if err == nil || !strings.Contains(err.Error(), `run "anteroom registration"`) {
		t.Errorf("after it: %v", err)
	}
}

func TestMissingFile(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "none.yaml"))
	if err == nil || !strings.Contains(err.Error(), "copy config.example.yaml") {
		t.Error(err)
	}
}

// What keeps a file from being read is told with what to do: the usual mistake is to run a
// command as another user than the bridge's.
func TestUnreadableFile(t *testing.T) {
	folder := t.TempDir()
	if _, err := Load(folder); err == nil || !strings.Contains(err.Error(), "is a folder: name the file in it") {
		t.Error(err)
	}
	path := filepath.Join(folder, "config.yaml")
	if err := os.WriteFile(path, []byte(good), 0); err != nil {
		t.Fatal(err)
	}
	read := make(chan error)
	go func() {
		runtime.LockOSThread()   // and never unlocked: the thread ends with this
		_ = unix.Setfsuid(65534) // root may read all, nobody may not; others are not allowed this
		_, err := Load(path)
		read <- err
	}()
	if err := <-read; err == nil || !strings.Contains(err.Error(), "run this as the user of the bridge") {
		t.Error(err)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(good))
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range append(files, "../../config.example.yaml") {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, err := load(path, environment(), true)
		var faults Faults
		if (cfg == nil) == (err == nil) || err != nil && !errors.As(err, &faults) {
			t.Fatalf("config %v, error %v", cfg, err)
		}
	})
}
