package admin

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
	"maunium.net/go/mautrix/appservice"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
)

// example is a config without tokens, with words to fill in: the homeserver's
// address, the bridge's port, the gateway's listener and public URL.
const example = `# My bridge
homeserver:
  address: %s
  domain: localhost
appservice:
  port: %d # the homeserver's way in
  as_token: ""
gateway:
  listen: 127.0.0.1:%d
  public_url: http://127.0.0.1:%[3]d
sites:
  shop:
    name: Shop
    origins: [https://shop.example.com]
    operators: ["@ann:localhost"]
`

func writeConfig(t *testing.T, address string, port, public int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	text := fmt.Sprintf(example, address, port, public)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func register(t *testing.T, configPath string) (registrationPath string) {
	t.Helper()
	registrationPath = filepath.Join(filepath.Dir(configPath), "registration.yaml")
	var stdout, stderr bytes.Buffer
	if err := Register(configPath, registrationPath, &stdout, &stderr); err != nil {
		t.Fatal(err)
	}
	return registrationPath
}

func TestRegister(t *testing.T) {
	configPath := writeConfig(t, "http://127.0.0.1:8008", 29360, 29361)
	path := register(t, configPath)
	for file, want := range map[string]os.FileMode{configPath: 0o640, path: 0o600} {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %v", filepath.Base(file), info.Mode())
		}
	}
	text, err := os.ReadFile(configPath)
	if err != nil {
		t.Fatal(err)
	}
	for _, kept := range []string{"# My bridge\n", "# the homeserver's way in\n"} {
		if !strings.Contains(string(text), kept) {
			t.Errorf("the config lost %q", kept)
		}
	}
	cfg, err := config.Load(configPath)
	if err != nil {
		t.Fatal(err)
	}
	registration := readRegistration(t, path)
	if registration.AppToken != cfg.AppService.ASToken || registration.ServerToken != cfg.AppService.HSToken ||
		len(registration.AppToken) < 32 || registration.AppToken == registration.ServerToken {
		t.Error("the tokens of config and registration are not one good pair")
	}
	if !registration.EphemeralEvents || !registration.SoruEphemeralEvents || registration.RateLimited == nil || *registration.RateLimited {
		t.Errorf("flags: %+v", registration)
	}
	checkNamespaces(t, cfg, registration)

	// Again: nothing changes.
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	register(t, configPath)
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, after) {
		t.Error("the second run changed the registration")
	}
}

func checkNamespaces(t *testing.T, cfg *config.Config, registration *appservice.Registration) {
	t.Helper()
	visitor := chat.NewVisitorID()
	matches := func(list appservice.NamespaceList, s string) bool {
		for _, namespace := range list {
			if regexp.MustCompile(namespace.Regex).MatchString(s) {
				return namespace.Exclusive
			}
		}
		return false
	}
	for _, user := range []string{cfg.BotUserID().String(), cfg.DeliveredUserID().String(), cfg.GhostUserID(visitor).String()} {
		if !matches(registration.Namespaces.UserIDs, user) {
			t.Errorf("%s is not reserved", user)
		}
	}
	if !matches(registration.Namespaces.RoomAliases, cfg.RoomAlias(visitor).String()) {
		t.Error("the rooms' aliases are not reserved")
	}
	for _, user := range []string{"@ann:localhost", "@anteroom_x:localhostile", "@anteroomer:localhost"} {
		if matches(registration.Namespaces.UserIDs, user) {
			t.Errorf("%s is taken away from others", user)
		}
	}
}

func readRegistration(t *testing.T, path string) *appservice.Registration {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var registration appservice.Registration
	if err := yaml.Unmarshal(data, &registration); err != nil {
		t.Fatal(err)
	}
	return &registration
}

func TestRegisterKeepsOtherTokens(t *testing.T) {
	configPath := writeConfig(t, "http://127.0.0.1:8008", 29360, 29361)
	path := register(t, configPath)
	other := writeConfig(t, "http://127.0.0.1:8008", 29360, 29361)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile(other)
	if err != nil {
		t.Fatal(err)
	}
	err = Register(other, path, new(bytes.Buffer), new(bytes.Buffer))
	if err == nil || !strings.Contains(err.Error(), "other tokens") {
		t.Errorf("got %v", err)
	}
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, after) {
		t.Error("the registration was replaced")
	}
	if after, err = os.ReadFile(other); err != nil || !bytes.Equal(config, after) {
		t.Errorf("the refusal changed the config (%v)", err)
	}
}

func TestRegisterRefusesBadPlacesBeforeItChangesAnything(t *testing.T) {
	configPath := writeConfig(t, "http://127.0.0.1:8008", 29360, 29361)
	before, err := os.ReadFile(configPath)
	if err != nil {
		t.Fatal(err)
	}
	for path, words := range map[string]string{
		t.TempDir(): "is a folder", filepath.Join(t.TempDir(), "no", "such.yaml"): "no folder",
	} {
		if err := Register(configPath, path, new(bytes.Buffer), new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if after, err := os.ReadFile(configPath); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the config was changed (%v)", err)
	}
}

func TestRegisterUpdatesTheRest(t *testing.T) {
	configPath := writeConfig(t, "http://127.0.0.1:8008", 29360, 29361)
	path := register(t, configPath)
	text, err := os.ReadFile(configPath)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, []byte("port: 29360"), []byte("port: 29370"), 1)
	if err := os.WriteFile(configPath, text, 0o600); err != nil {
		t.Fatal(err)
	}
	register(t, configPath)
	if got := readRegistration(t, path).URL; got != "http://127.0.0.1:29370" {
		t.Errorf("url %q", got)
	}
}

func TestRegisterToStandardOutput(t *testing.T) {
	configPath := writeConfig(t, "http://127.0.0.1:8008", 29360, 29361)
	var stdout, stderr bytes.Buffer
	if err := Register(configPath, "-", &stdout, &stderr); err != nil {
		t.Fatal(err)
	}
	var registration appservice.Registration
	if err := yaml.Unmarshal(stdout.Bytes(), &registration); err != nil || registration.ID != "anteroom" {
		t.Errorf("%v: %s", err, stdout.String())
	}
}
