package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	_ "time/tzdata" // time zones also on machines that have none
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// Load reads the file and checks every setting. Whatever is wrong in the file
// comes back as Faults, all of it at once; a file that cannot be read is
// another kind of error.
func Load(path string) (*Config, error) {
	return load(path, os.LookupEnv, true)
}

// LoadToRun is Load for the bridge itself. It passes over what is wrong in files and
// folders that the bridge follows while it runs, as it does with chains: a save that a
// running bridge does not take must not keep it from starting. Who reads such a file
// says what is wrong in it, and what depends on it is off until it is mended.
func LoadToRun(path string) (*Config, error) {
	return (&document{file: path, runs: true}).load(os.LookupEnv, true)
}

// LoadUnregistered is Load for the command that makes the tokens: it accepts a
// file that has none yet.
func LoadUnregistered(path string) (*Config, error) {
	return load(path, os.LookupEnv, false)
}

// LoadToCopy is Load for the command that copies what the bridge keeps, which must not fail
// for what is wrong elsewhere: it passes over all faults but those about the file itself, the
// database and the data folder. What it returns is good for nothing else.
func LoadToCopy(path string) (*Config, error) {
	return (&document{file: path, copies: true}).load(os.LookupEnv, false)
}

func load(path string, env func(string) (string, bool), needTokens bool) (*Config, error) {
	return (&document{file: path}).load(env, needTokens)
}

func (d *document) load(env func(string) (string, bool), needTokens bool) (*Config, error) {
	path := d.file
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no config at %s: name it with -c, or copy config.example.yaml there and edit it", path)
	}
	if errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("this user may not read the config at %s: run this as the user of the bridge", path)
	}
	if info, statErr := os.Stat(path); statErr == nil && info.IsDir() {
		return nil, fmt.Errorf("%s is a folder: name the file in it with -c", path)
	}
	if err != nil {
		return nil, fmt.Errorf("read the config: %w", err)
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("find the config's folder: %w", err)
	}
	d.places, d.rejected = map[string]position{"": {1, 1}}, map[string]bool{}
	cfg := Default()
	cfg.Path = absolute
	if d.parse(data, cfg) {
		for id, site := range cfg.Sites {
			d.gatherAssistants(site, "sites."+string(id))
		}
		d.readSecrets(cfg, env)
		cfg.resolvePaths()
		for id, site := range cfg.Sites {
			d.readLanguages(&site.Widget, "sites."+string(id)+".widget")
			d.checkTexts(&site.Widget, "sites."+string(id)+".")
		}
		d.validate(cfg, needTokens)
		if d.copies {
			d.checkCopied(cfg)
		}
	}
	if len(d.faults) > 0 {
		d.faults.sort()
		return nil, d.faults
	}
	return cfg, nil
}

// checkCopied sees to it that it is not another database that is copied: the default one lies
// where somebody who has the rest from the environment has once had one.
func (d *document) checkCopied(cfg *Config) {
	tokens := cfg.AppService.ASToken != "" || cfg.AppService.ASTokenFile != ""
	if !tokens && !d.has("database.uri") && cfg.Database.URIFile == "" && cfg.Database.URI == cfg.absolute(Default().Database.URI) {
		d.fault("database.uri", "There are neither tokens nor a database.uri: if the bridge has them from the environment, set %s and %s here, too.", EnvASToken, EnvDatabaseURI)
	}
}

// parse reports whether the file is YAML at all, so that looking further makes sense.
func (d *document) parse(data []byte, cfg *Config) bool {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var root yaml.Node
	err := decoder.Decode(&root)
	if errors.Is(err, io.EOF) {
		d.empty()
		return false
	}
	if err != nil {
		d.syntax(data, err)
		return false
	}
	switch top := root.Content[0]; {
	case top.Kind == yaml.MappingNode:
		d.decode(top, reflect.ValueOf(cfg).Elem(), "")
	case top.Kind == yaml.ScalarNode && top.Tag == "!!null":
		d.empty()
		return false
	default:
		d.fault("", "The file must be keys with values, as in config.example.yaml; it is %s.", kindName(top))
		return false
	}
	var second yaml.Node
	switch err := decoder.Decode(&second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		d.syntax(data, err)
	default:
		d.add(position{second.Line, second.Column}, "The file holds a second document after \"---\": keep one.")
	}
	return true
}

func (d *document) empty() { d.fault("", "The file is empty: start from config.example.yaml.") }

func kindName(node *yaml.Node) string {
	if node.Kind == yaml.SequenceNode {
		return "a list"
	}
	return "a single value"
}

var yamlLine = regexp.MustCompile(`^(?:yaml: )?line (\d+): `)

func (d *document) syntax(data []byte, err error) {
	if strings.Contains(err.Error(), "UTF-8") {
		d.foreign(data)
		return
	}
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	f := Fault{File: d.file, Line: 1, Column: 1}
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		f.Line, _ = strconv.Atoi(m[1])
		text = strings.TrimPrefix(text, strings.TrimPrefix(m[0], "yaml: "))
	}
	f.Text = "This is not valid YAML: " + strings.TrimSuffix(text, ".") + "."
	if strings.Contains(text, "cannot start any token") {
		f.Text += " A value that begins with @ needs quotes; indent with spaces, not with tabs."
	}
	d.faults = append(d.faults, f)
}

// foreign tells where a file is not UTF-8, which the reader of YAML does not: an editor has
// saved it in the encoding of its machine.
func (d *document) foreign(data []byte) {
	at := 0
	for at < len(data) {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size <= 1 {
			break
		}
		at += size
	}
	start := bytes.LastIndexByte(data[:at], '\n') + 1
	d.add(position{1 + bytes.Count(data[:at], []byte("\n")), 1 + utf8.RuneCount(data[start:at])},
		"The file is not UTF-8 from here on: save it in that encoding.")
}

// resolvePaths makes relative paths relative to the file's folder.
func (cfg *Config) resolvePaths() {
	paths := []*string{
		&cfg.AppService.ASTokenFile, &cfg.AppService.HSTokenFile,
		&cfg.Database.URIFile, &cfg.Gateway.DataDir, &cfg.Gateway.Places.Database, &cfg.Mail.PasswordFile,
	}
	if cfg.Database.Type == SQLite && !serverAddress.MatchString(cfg.Database.URI) {
		paths = append(paths, &cfg.Database.URI)
	}
	for _, site := range cfg.Sites {
		paths = append(paths, &site.Alerts.Webhook.SecretFile, &site.Identity.SecretFile, &site.Bot.Chains, &site.Widget.Avatar)
		for l, path := range site.Widget.Languages {
			site.Widget.Languages[l] = cfg.absolute(path)
		}
		cfg.resolveAssistantPaths(site)
	}
	for i := range cfg.Logging.Writers {
		paths = append(paths, &cfg.Logging.Writers[i].Filename)
	}
	for _, p := range paths {
		*p = cfg.absolute(*p)
	}
}

func (cfg *Config) absolute(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(cfg.Path), path)
}
