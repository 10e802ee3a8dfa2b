package dendrite

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"

	"gopkg.in/yaml.v3"
)

// The files in Options.Dir beside the databases.
const (
	configName = "dendrite.yaml"
	keyName    = "matrix_key.pem"
	secretName = "registration_shared_secret"
	logName    = "dendrite.log"
)

type (
	// settings is the part of Dendrite's config that we set.
	settings struct {
		Version       int           `yaml:"version"`
		Global        globalSection `yaml:"global"`
		AppServiceAPI appServices   `yaml:"app_service_api"`
		ClientAPI     clientSection `yaml:"client_api"`
		FederationAPI federation    `yaml:"federation_api"`
		KeyServer     withDatabase  `yaml:"key_server"`
		MediaAPI      mediaSection  `yaml:"media_api"`
		MSCs          withDatabase  `yaml:"mscs"`
		RelayAPI      withDatabase  `yaml:"relay_api"`
		RoomServer    withDatabase  `yaml:"room_server"`
		SyncAPI       withDatabase  `yaml:"sync_api"`
		UserAPI       userSection   `yaml:"user_api"`
		Logging       []logSection  `yaml:"logging"`
	}
	globalSection struct {
		ServerName        string          `yaml:"server_name"`
		PrivateKey        string          `yaml:"private_key"`
		DisableFederation bool            `yaml:"disable_federation"`
		Presence          presenceSection `yaml:"presence"`
		JetStream         storage         `yaml:"jetstream"`
	}
	presenceSection struct {
		Inbound  bool `yaml:"enable_inbound"`
		Outbound bool `yaml:"enable_outbound"`
	}
	storage struct {
		Path string `yaml:"storage_path"`
	}
	appServices struct {
		Files []string `yaml:"config_files"`
	}
	clientSection struct {
		SharedSecret string  `yaml:"registration_shared_secret"`
		RateLimiting enabled `yaml:"rate_limiting"`
	}
	enabled struct {
		Enabled bool `yaml:"enabled"`
	}
	federation struct {
		Database database `yaml:"database"`
		Allow    []string `yaml:"allow_networks"`
		Deny     []string `yaml:"deny_networks"`
	}
	withDatabase struct {
		Database database `yaml:"database"`
	}
	mediaSection struct {
		Database database `yaml:"database"`
		BasePath string   `yaml:"base_path"`
	}
	userSection struct {
		Accounts database `yaml:"account_database"`
	}
	database struct {
		Connection string `yaml:"connection_string"`
	}
	logSection struct {
		Type  string `yaml:"type"`
		Level string `yaml:"level"`
	}
)

// writeFiles makes the folder and writes what is missing in it. The key and
// the secret are made once; the config is written anew, as the list of
// registrations may have changed.
func writeFiles(ctx context.Context, opts Options) error {
	if err := os.MkdirAll(opts.Dir, 0o700); err != nil {
		return err
	}
	keyPath := filepath.Join(opts.Dir, keyName)
	if _, err := os.Stat(keyPath); errors.Is(err, fs.ErrNotExist) {
		cmd := exec.CommandContext(ctx, filepath.Join(opts.BinDir, "generate-keys"), "--private-key", keyPath)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("generate the signing key: %w: %s", err, out)
		}
	}
	secret, err := sharedSecret(filepath.Join(opts.Dir, secretName))
	if err != nil {
		return err
	}
	data, err := yaml.Marshal(config(opts, keyPath, secret))
	if err != nil {
		return fmt.Errorf("encode the config: %w", err)
	}
	return os.WriteFile(filepath.Join(opts.Dir, configName), data, 0o600)
}

func sharedSecret(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err == nil {
		return string(data), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read the registration secret: %w", err)
	}
	secret := rand.Text()
	if err := os.WriteFile(path, []byte(secret), 0o600); err != nil {
		return "", fmt.Errorf("keep the registration secret: %w", err)
	}
	return secret, nil
}

func config(opts Options, keyPath, secret string) settings {
	// A database a component: with one global SQLite database Dendrite panics.
	db := func(name string) database { return database{Connection: connection(opts.Dir, name)} }
	return settings{
		Version: 2,
		Global: globalSection{
			ServerName:        opts.ServerName,
			PrivateKey:        keyPath,
			DisableFederation: !opts.OpenID,
			Presence:          presenceSection{Inbound: true, Outbound: !opts.NoPresence},
			JetStream:         storage{Path: filepath.Join(opts.Dir, "jetstream")},
		},
		AppServiceAPI: appServices{Files: opts.Registrations},
		ClientAPI:     clientSection{SharedSecret: secret},
		// No other server is reached, whoever names one.
		FederationAPI: federation{db("federation"), []string{}, []string{"0.0.0.0/0", "::/0"}},
		KeyServer:     withDatabase{db("keys")},
		MediaAPI:      mediaSection{Database: db("media"), BasePath: filepath.Join(opts.Dir, "media")},
		MSCs:          withDatabase{db("mscs")},
		RelayAPI:      withDatabase{db("relay")},
		RoomServer:    withDatabase{db("rooms")},
		SyncAPI:       withDatabase{db("sync")},
		UserAPI:       userSection{Accounts: db("users")},
		Logging:       []logSection{{Type: "std", Level: opts.LogLevel}},
	}
}

// connection is a database's address. Dendrite cuts a plain "?" and all that
// follows it off the path, so it is escaped; without the parameters making a
// room takes three times as long.
func connection(dir, name string) string {
	path := (&url.URL{Path: filepath.Join(dir, name+".db")}).EscapedPath()
	return "file://" + path + "%3F_journal_mode=WAL&_synchronous=NORMAL&_busy_timeout=10000"
}
