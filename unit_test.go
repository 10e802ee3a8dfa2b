package main

import (
	"os"
	"strings"
	"testing"
)

// What rotates a log file gives the new one the owner of the old, by chown(2), which
// systemd's @privileged takes away: the process would be killed at its second start.
func TestSystemdUnitLetsLogFilesRotate(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, filters, found := strings.Cut(string(readme), "SystemCallFilter=~@privileged")
	unit, _, ends := strings.Cut(filters, "[Install]")
	if !found || !ends || !strings.Contains(unit, "\nSystemCallFilter=@chown\n") {
		t.Errorf("the unit in README.md does not allow @chown after ~@privileged")
	}
}
