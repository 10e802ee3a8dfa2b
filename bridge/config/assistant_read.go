package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bot/gpt"
)

// gatherAssistants puts a site's only assistant among its assistants.
func (d *document) gatherAssistants(s *Site, path string) {
	if s.Assistant == nil {
		return
	}
	if len(s.Assistants) > 0 {
		d.fault(path+".assistant", "%s.assistant and %[1]s.assistants are both given: put all of them into assistants.", path)
	}
	s.Assistants[soleAssistant] = s.Assistant
}

// readAssistantKeys fills in the keys of endpoints from their one source each.
func (d *document) readAssistantKeys(cfg *Config, s *Site, env func(string) (string, bool)) {
	for _, name := range s.AssistantNames() {
		a := s.Assistants[name]
		for i := range a.Endpoints {
			d.readAPIKey(cfg, &a.Endpoints[i], fmt.Sprintf("%s.endpoints[%d]", a.Path, i), env)
		}
		if a.Embeddings != nil {
			d.readAPIKey(cfg, a.Embeddings, a.Path+".embeddings", env)
		}
	}
}

func (d *document) readAPIKey(cfg *Config, e *Endpoint, path string, env func(string) (string, bool)) {
	var sources []string
	for _, source := range []struct{ key, value string }{{"api_key", e.APIKey}, {"api_key_env", e.APIKeyEnv}, {"api_key_file", e.APIKeyFile}} {
		if source.value != "" {
			sources = append(sources, source.key)
		}
	}
	if len(sources) > 1 {
		d.fault(path+"."+sources[1], "%s: the key is given twice, by %s: keep one of them.", path, strings.Join(sources, " and by "))
		return
	}
	switch {
	case e.APIKeyEnv != "":
		key, _ := env(e.APIKeyEnv)
		if e.APIKey = strings.TrimSpace(key); e.APIKey == "" {
			d.fault(path+".api_key_env", "%s.api_key_env: the environment variable %s is not set.", path, e.APIKeyEnv)
		}
	case e.APIKeyFile != "":
		key, err := cfg.readSecret(e.APIKeyFile)
		switch e.APIKey = key; {
		case err != nil:
			d.fault(path+".api_key_file", "%s.api_key_file: %s cannot be read: %s.", path, e.APIKeyFile, err)
		case key == "":
			d.fault(path+".api_key_file", "%s.api_key_file: %s is empty.", path, e.APIKeyFile)
		}
	}
}

// resolveAssistantPaths makes relative paths relative to the config's folder.
func (cfg *Config) resolveAssistantPaths(s *Site) {
	for _, a := range s.Assistants {
		a.Knowledge = cfg.absolute(a.Knowledge)
		for language, file := range a.InstructionFile {
			a.InstructionFile[language] = cfg.absolute(file)
		}
	}
}

// ReadInstruction returns the instruction as it is now: that of the config, or what
// its files hold at the moment.
func (a *Assistant) ReadInstruction() (Text, error) {
	if len(a.InstructionFile) == 0 {
		return a.Instruction, nil
	}
	read := Text{}
	for _, language := range slices.Sorted(maps.Keys(a.InstructionFile)) {
		text, err := readInstruction(a.InstructionFile[language])
		if err != nil {
			return nil, fmt.Errorf("%s %w", a.InstructionFile[language], err)
		}
		read[language] = text
	}
	return read, nil
}

// readInstruction returns what a file holds. Its error goes behind the file's name.
func readInstruction(file string) (string, error) {
	info, err := os.Stat(file)
	if err == nil && !info.Mode().IsRegular() {
		return "", errors.New("is no file")
	}
	const mostBytes = gpt.MaxInstruction * utf8.UTFMax
	if err == nil && info.Size() > mostBytes {
		return "", fmt.Errorf("is longer than %d characters", gpt.MaxInstruction)
	}
	var data []byte
	if err == nil {
		data, err = os.ReadFile(file) // #nosec G304 -- the config names it
	}
	if cause, ok := errors.AsType[*fs.PathError](err); ok {
		err = cause.Err
	}
	text := strings.TrimSpace(strings.TrimPrefix(string(data), "\ufeff"))
	switch {
	case err != nil:
		return "", fmt.Errorf("cannot be read: %w", err)
	case !utf8.ValidString(text):
		return "", errors.New("is not UTF-8 text")
	case text == "":
		return "", errors.New("is empty")
	case utf8.RuneCountInString(text) > gpt.MaxInstruction:
		return "", fmt.Errorf("is longer than %d characters", gpt.MaxInstruction)
	}
	return text, nil
}
