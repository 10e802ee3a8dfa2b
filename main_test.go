package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestExecute(t *testing.T) {
	folder := t.TempDir()
	bad := filepath.Join(folder, "bad.yaml")
	if err := os.WriteFile(bad, []byte("homeserver: 1\nnonsense: 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args           string
		code           int
		stdout, stderr string // words that must stand there; none means nothing at all
	}{
		{"", exitUsage, "", "Usage: anteroom COMMAND"},
		{"nonsense", exitUsage, "", `no command "nonsense"`},
		{"help", exitOK, "registration", ""},
		{"--help", exitOK, "registration", ""},
		{"help backup", exitOK, "Usage: anteroom backup [flags] FOLDER", ""},
		{"help nonsense", exitUsage, "", `no command "nonsense"`},
		{"check -h", exitOK, "", "-online"},
		{"version", exitOK, "anteroom ", ""},
		{"--version", exitOK, "anteroom ", ""},
		{"check -nonsense", exitUsage, "", "flag provided but not defined"},
		{"check one", exitUsage, "", `"one" is one word too many`},
		{"backup", exitUsage, "", "name one FOLDER"},
		{"backup one two", exitUsage, "", "name one FOLDER"},
		{"backup one -c none.yaml", exitFault, "", "none.yaml"},
		{"help chains try", exitOK, "Usage: anteroom chains try [flags] DIR", ""},
		{"chains try", exitUsage, "", "name one DIR"},
		{"chains nonsense", exitUsage, "", `no command "chains"`},
		{"chains try -update nowhere", exitUsage, "", "name it with -script"},
		{"chains try nowhere", exitFault, "The folder of chains cannot be read", "the chains of nowhere have faults"},
		{"chains try bot/testdata/prices/chains -script bot/testdata/prices/russian.txt", exitOK, "goes as it is written", ""},
		{"chains try bot/testdata/words/chains -script bot/testdata/prices/russian.txt", exitFault, "", `russian.txt:11: there is no button`},
		{"chains try bot/testdata/go/chains -script bot/testdata/state/state.txt", exitFault, "- < A dialog begins.", "the conversation does not go as it is written; -update rewrites it"},
		{"check -c none.yaml", exitFault, "", "anteroom: there is no config at none.yaml: name it with -c, or copy config.example.yaml there and edit it."},
		{"check -c " + bad, exitFault, "", bad + ":2:1: nonsense does not exist"},
		{"registration -c " + bad, exitFault, "", bad + ":1:13: homeserver must be a section"},
	} {
		t.Run(c.args, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			code := execute(t.Context(), strings.Fields(c.args), &stdout, &stderr)
			if code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			for _, stream := range []struct{ name, got, want string }{
				{"output", stdout.String(), c.stdout},
				{"errors", stderr.String(), c.stderr},
			} {
				if !strings.Contains(stream.got, stream.want) || stream.want == "" && stream.got != "" {
					t.Errorf("%s: got %q, want %q", stream.name, stream.got, stream.want)
				}
			}
		})
	}
}

// TestEveryCommandExplainsItself asks each for its help.
func TestEveryCommandExplainsItself(t *testing.T) {
	for _, cmd := range commands() {
		var stdout, stderr bytes.Buffer
		if code := execute(t.Context(), append([]string{"help"}, strings.Fields(cmd.name)...), &stdout, &stderr); code != exitOK {
			t.Errorf("%s: exit code %d", cmd.name, code)
		}
		for _, words := range []string{"Usage: anteroom " + cmd.name, cmd.about, "-c file"} {
			if !strings.Contains(stdout.String(), words) {
				t.Errorf("the help of %s lacks %q", cmd.name, words)
			}
		}
		if !strings.Contains(overview(), cmd.summary) {
			t.Errorf("the overview lacks %s", cmd.name)
		}
	}
}
