package bridge_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
)

// told is what the doctor says, by code.
type told struct {
	code     int
	well     bool
	findings map[string]string // "bad code": text
}

// has reports whether a finding is there, as "bad rooms.encrypted".
func (d told) has(finding string) bool { return d.findings[finding] != "" }

// bad are the codes of all faults, sorted.
func (d told) bad() (codes []string) {
	for finding := range d.findings {
		if code, ok := strings.CutPrefix(finding, "bad "); ok {
			codes = append(codes, code)
		}
	}
	slices.Sort(codes)
	return codes
}

// patient is an installation that the doctor looks at.
type patient struct {
	*bridgetest.Stack
	env []string
}

// doctor runs the command as an admin does.
func (p patient) doctor(t *testing.T, args ...string) told {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), bridgetest.Program(t), append([]string{"doctor", "-json", "-c", p.ConfigPath()}, args...)...)
	cmd.Env = append(os.Environ(), p.env...)
	output, err := cmd.Output()
	exit, _ := errors.AsType[*exec.ExitError](err)
	if err != nil && exit == nil {
		t.Fatal(err)
	}
	var said struct {
		Well     bool
		Findings []struct{ Verdict, Code, Name, Text string }
	}
	if err := json.Unmarshal(output, &said); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	d := told{well: said.Well, findings: map[string]string{}}
	if exit != nil {
		d.code = exit.ExitCode()
	}
	for _, f := range said.Findings {
		if f.Name == "" || !strings.Contains(f.Code, ".") || len(f.Text) < 10 || strings.Contains(f.Text, "%!") {
			t.Errorf("a finding is not whole: %+v", f)
		}
		d.findings[f.Verdict+" "+f.Code] = f.Text
	}
	if (d.code == 1) == d.well || d.well != (len(d.bad()) == 0) {
		t.Errorf("ends with %d, says %v of %v", d.code, d.well, d.bad())
	}
	return d
}

// altered is a config beside the bridge's, of the same data, in which something differs.
func (p patient) altered(t *testing.T, changes ...string) (path string) {
	t.Helper()
	text, err := os.ReadFile(p.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(changes); i += 2 {
		if !strings.Contains(string(text), changes[i]) {
			t.Fatalf("the config has no %q:\n%s", changes[i], text)
		}
		text = []byte(strings.ReplaceAll(string(text), changes[i], changes[i+1]))
	}
	path = filepath.Join(p.Dir, "altered.yaml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// expect asks for exactly these faults, and for a word of each sentence after a colon.
func (d told) expect(t *testing.T, faults ...string) {
	t.Helper()
	var codes []string
	for _, fault := range faults {
		code, words, _ := strings.Cut(fault, ": ")
		codes = append(codes, code)
		if text := d.findings["bad "+code]; !strings.Contains(text, words) {
			t.Errorf("%s says %q, without %q", code, text, words)
		}
	}
	slices.Sort(codes)
	if got := d.bad(); !slices.Equal(got, codes) {
		t.Errorf("the faults are %v and not %v: %v", got, codes, d.findings)
	}
}
