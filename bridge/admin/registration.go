// Package admin holds what an admin does to a bridge from the command line:
// making the registration for the homeserver, checking that everything is
// reachable, and taking backups. It works on the config, the files and the
// network; a running bridge does not notice it.
package admin

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
	"maunium.net/go/mautrix/appservice"

	"github.com/anteroom-chat/anteroom/bridge/config"
)

// NewRegistration is what the homeserver must know of the bridge
// (Application Service API, section "Registration"). The users include the
// reserved config.DeliveredLocalpart.
func NewRegistration(cfg *config.Config) *appservice.Registration {
	domain := regexp.QuoteMeta(cfg.Homeserver.Domain)
	rateLimited := false
	return &appservice.Registration{
		ID:              cfg.AppService.ID,
		URL:             cfg.AppService.Address,
		AppToken:        cfg.AppService.ASToken,
		ServerToken:     cfg.AppService.HSToken,
		SenderLocalpart: cfg.AppService.Bot.Username,
		RateLimited:     &rateLimited,
		Namespaces: appservice.Namespaces{
			UserIDs: appservice.NamespaceList{
				{Regex: "^@" + regexp.QuoteMeta(cfg.AppService.Bot.Username) + ":" + domain + "$", Exclusive: true},
				{Regex: "^@anteroom_.*:" + domain + "$", Exclusive: true},
			},
			RoomAliases: appservice.NamespaceList{
				{Regex: "^#anteroom_.*:" + domain + "$", Exclusive: true},
			},
		},
		EphemeralEvents:     true,
		SoruEphemeralEvents: true,
	}
}

// Register makes whichever token is missing in the config file, writes the
// registration to the path ("-" for standard output alone) and tells the admin
// what to do with it. It never replaces a file that holds other tokens.
func Register(configPath, registrationPath string, stdout, stderr io.Writer) error {
	cfg, err := config.LoadUnregistered(configPath)
	if err != nil {
		return err
	}
	if err := writable(registrationPath); err != nil {
		return err
	}
	if cfg.AppService.ASToken == "" || cfg.AppService.HSToken == "" {
		// A file that is there holds other tokens than the ones that would be made.
		if _, err := os.Stat(registrationPath); err == nil && registrationPath != "-" {
			return otherTokens(registrationPath, cfg)
		}
	}
	made, err := makeTokens(cfg)
	if err != nil {
		return err
	}
	if cfg, err = config.Load(configPath); err != nil {
		return err
	}
	registration, err := NewRegistration(cfg).YAML()
	if err != nil {
		return fmt.Errorf("write the registration as YAML: %w", err)
	}
	data := []byte(registration)
	if len(made) > 0 {
		_, err = fmt.Fprintf(stderr, "Wrote a new %s into %s.\n", strings.Join(made, " and "), configPath)
		if err != nil {
			return err
		}
	}
	if registrationPath == "-" {
		_, err = stdout.Write(data)
		return err
	}
	said, err := writeRegistration(registrationPath, data, cfg)
	if err != nil {
		return err
	}
	return nextSteps(stdout, said, cfg, registrationPath)
}

// makeTokens writes new tokens into the config file, for those that come from
// nowhere yet, and returns their names.
func makeTokens(cfg *config.Config) ([]string, error) {
	var made []string
	values := map[string]string{}
	for _, token := range []struct{ name, value string }{
		{"as_token", cfg.AppService.ASToken},
		{"hs_token", cfg.AppService.HSToken},
	} {
		if token.value == "" {
			made = append(made, token.name)
			values[token.name] = rand.Text() + rand.Text() // 260 random bits
		}
	}
	if len(made) == 0 {
		return nil, nil
	}
	// A config that is a symbolic link stays one.
	path, err := filepath.EvalSymlinks(cfg.Path)
	if err != nil {
		return nil, fmt.Errorf("find the config file: %w", err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the config: %w", err)
	}
	for _, name := range made {
		if text, err = setScalar(text, "appservice", name, values[name]); err != nil {
			return nil, fmt.Errorf("put appservice.%s into %s: %w; write a line %s: \"%s\" under appservice yourself",
				name, cfg.Path, err, name, values[name])
		}
	}
	if err := replaceSecret(path, text); err != nil {
		return nil, fmt.Errorf("write the tokens into the config: %w", err)
	}
	return made, nil
}

// writeRegistration returns what it did, as a sentence.
func writeRegistration(path string, data []byte, cfg *config.Config) (string, error) {
	old, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := replaceSecret(path, data); err != nil {
			return "", fmt.Errorf("write the registration: %w", err)
		}
		return "Wrote " + path + ".", nil
	case err != nil:
		return "", fmt.Errorf("read the registration that is there: %w", err)
	case bytes.Equal(old, data):
		return path + " is up to date already.", nil
	}
	var there appservice.Registration
	if err := yaml.Unmarshal(old, &there); err != nil ||
		there.AppToken != cfg.AppService.ASToken || there.ServerToken != cfg.AppService.HSToken {
		return "", otherTokens(path, cfg)
	}
	if err := replaceSecret(path, data); err != nil {
		return "", fmt.Errorf("write the registration: %w", err)
	}
	return "Updated " + path + ": it has the same tokens, but something else in the config changed. Copy it to where the homeserver reads it, and restart the homeserver.", nil
}

// writable finds out before anything is changed what could not be written after it.
func writable(path string) error {
	if path == "-" {
		return nil
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fmt.Errorf("%s is a folder: name a file in it with -o", path)
	}
	if folder := filepath.Dir(path); !isFolder(folder) {
		return fmt.Errorf("there is no folder %s to write the registration into: make it first", folder)
	}
	return nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func otherTokens(path string, cfg *config.Config) error {
	return fmt.Errorf("%s exists and holds other tokens than %s: if the homeserver uses it, put its tokens into the config; else remove it and run this again", path, cfg.Path)
}

func nextSteps(w io.Writer, said string, cfg *config.Config, path string) error {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("find the registration's folder: %w", err)
	}
	_, err = fmt.Fprintf(w, `%s

Next, copy it to where the user of the homeserver %s can read it, and nobody
else, for it holds passwords. Name the copy in the homeserver's config, in the place
of the name below.

Synapse, in homeserver.yaml:
    app_service_config_files:
      - %s

Dendrite, in dendrite.yaml:
    app_service_api:
      config_files:
        - %s

Then restart the homeserver, start the bridge, and see whether all is well:
    anteroom run -c %s
    anteroom doctor -c %s

The bridge uses these users; nobody else can take them: %s (its
bot), %s (its receipts say "Delivered"), and one
beginning with @anteroom_ for each visitor.
`, said, cfg.Homeserver.Domain, absolute, absolute, cfg.Path, cfg.Path, cfg.BotUserID(), cfg.DeliveredUserID())
	return err
}
