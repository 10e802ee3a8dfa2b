package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What is wrong elsewhere keeps nobody from copying what the bridge keeps.
func TestWhatIsWrongElsewhereDoesNotKeepFromCopying(t *testing.T) {
	const elsewhere = `
homeserver: {address: nonsense}
appservice: {as_token_file: gone, port: nonsense}
mail: {server: "a b"}
nonsense_of: {sites: 1}
sites:
  shop:
    widget: {avatar: gone.png, languages: {de: gone.yaml}, texts: {xx: {title: x}}, colour: 1}
    bot: {chains: gone, secret_files: {crm: gone}}
    assistant: {instruction_file: {en: gone.txt}, knowledge: gone, endpoints: [{url: nonsense, api_key_env: ANTEROOM_TEST_GONE}]}
`
	file := filepath.Join(t.TempDir(), "config.yaml")
	load := func(text string) (*Config, error) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return LoadToCopy(file)
	}
	known := strings.Replace(elsewhere, "nonsense_of: {sites: 1}\n", "", 1)
	cfg, err := load("database: {uri: kept/anteroom.db}\ngateway: {data_dir: kept/files}" + known)
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Dir(file)
	if cfg.Database.URI != filepath.Join(folder, "kept/anteroom.db") || cfg.Gateway.DataDir != filepath.Join(folder, "kept/files") {
		t.Errorf("the database is at %s, files are in %s", cfg.Database.URI, cfg.Gateway.DataDir)
	}
	for what, text := range map[string]string{
		"a key that nobody knows may be the database": elsewhere,
		"the database is named wrongly":               "database: {url: kept/anteroom.db}" + known,
		"the database is a list":                      "database: {uri: [1]}" + known,
		"the data folder is empty":                    "gateway: {data_dir: \"\"}" + known,
		"it is no YAML":                               "{",
		"neither it nor a token is named":             strings.Replace(known, "as_token_file: gone, ", "", 1),
		"it stands below the sites":                   known + "  database: {uri: kept/anteroom.db}\n",
		"it stands below a site":                      known + "    database: {uri: kept/anteroom.db}\n",
	} {
		if _, err := load(text); err == nil {
			t.Errorf("%s, and it is taken", what)
		}
	}
	if _, err := load(known); err != nil {
		t.Errorf("its place is the usual one, and it is refused: %v", err)
	}
	t.Setenv(EnvDatabaseURI, filepath.Join(folder, "by/environment.db"))
	if cfg, err = load(known); err != nil || cfg.Database.URI != filepath.Join(folder, "by/environment.db") {
		t.Errorf("the environment's database is at %v (%v)", cfg, err)
	}
}

// What has to be kept with the config is all that it names.
func TestNamedFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.yaml")
	secrets := filepath.Join(filepath.Dir(file), "secrets")
	if err := os.Mkdir(secrets, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(secrets, "uri"), []byte("anteroom.db\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(`
appservice: {as_token_file: secrets/as, hs_token_file: /run/secrets/hs}
database: {uri_file: secrets/uri}
mail: {password_file: secrets/mail}
gateway: {data_dir: files, places: {database: places.mmdb}}
logging: {writers: [{type: file, filename: anteroom.log}]}
sites:
  shop:
    identity: {secret_file: secrets/identity}
    alerts: {webhook: {secret_file: secrets/alert}}
    webhooks: [{url: "https://example.com/", secret_file: secrets/hook}]
    widget: {avatar: avatar.png, languages: {de: de.yaml}}
    bot: {chains: chains, secret_files: {crm: secrets/crm}}
    assistant:
      instruction_file: {en: instruction.txt}
      knowledge: knowledge
      endpoints: [{url: "https://example.com/", api_key_file: secrets/model}]
      embeddings: {url: "https://example.com/", api_key_file: secrets/model}
`), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := LoadToCopy(file)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"/run/secrets/hs"}
	for _, name := range strings.Fields("avatar.png chains de.yaml instruction.txt knowledge places.mmdb secrets/alert secrets/as secrets/crm secrets/hook secrets/identity secrets/mail secrets/model secrets/uri") {
		want = append(want, filepath.Join(filepath.Dir(file), name))
	}
	if got := cfg.Named(); !slices.Equal(got, want) {
		t.Errorf("named are\n%s", strings.Join(got, "\n"))
	}
}
