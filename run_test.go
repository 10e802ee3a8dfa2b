package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.mau.fi/zeroconfig"

	"github.com/anteroom-chat/anteroom/bridge/dendrite"
	"github.com/anteroom-chat/anteroom/bridge/dendrite/dendritetest"
)

// asProgram in the environment makes the test binary be the program itself.
const asProgram = "ANTEROOM_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	m.Run()
}

// program starts the program as a process of its own; the returned function
// waits for its end and gives the exit code and all that it printed.
func program(t *testing.T, args ...string) (process *os.Process, wait func() (code int, output string)) {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var output bytes.Buffer
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd.Process, func() (int, string) {
		err := cmd.Wait()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return cmd.ProcessState.ExitCode(), output.String()
	}
}

// healthy waits until the address answers that nothing is wanting: before the homeserver
// is prepared it is degraded.
func healthy(t *testing.T, address string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/health/ready", nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			body, _ := io.ReadAll(response.Body) // what is not whole is not ok
			_ = response.Body.Close()
			if strings.Contains(string(body), `"status":"ok"`) {
				return
			}
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s does not answer: %v", address, err)
		case <-tick.C:
		}
	}
}

// TestFromConfigToBackup walks the way of an admin on a real homeserver:
// registration, run, check --online, a second process, backup, the end.
func TestFromConfigToBackup(t *testing.T) {
	folder := t.TempDir()
	configPath := filepath.Join(folder, "config.yaml")
	homeserverPort, publicPort := dendritetest.Port(t), dendritetest.Port(t)
	text := fmt.Sprintf(`homeserver: {address: "http://127.0.0.1:%d", domain: localhost}
appservice: {port: %d}
gateway: {listen: "127.0.0.1:%d", public_url: "http://127.0.0.1:%[3]d"}
sites:
  shop: {name: Shop, origins: ["https://*.example.com"], operators: ["@ann:localhost"]}
`, homeserverPort, dendritetest.Port(t), publicPort)
	if err := os.WriteFile(configPath, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	registration := filepath.Join(folder, "registration.yaml")
	_, wait := program(t, "registration", "-c", configPath, "-o", registration)
	if code, output := wait(); code != exitOK || !strings.Contains(output, "app_service_api:") {
		t.Fatalf("registration: exit code %d\n%s", code, output)
	}
	server := dendritetest.Start(t, dendrite.Options{Port: homeserverPort, Registrations: []string{registration}})
	dendritetest.Operator(t, server, "ann")

	bridge, waitForBridge := program(t, "run", "-c", configPath)
	healthy(t, fmt.Sprintf("http://127.0.0.1:%d", publicPort))

	_, wait = program(t, "check", "--online", "-c", configPath)
	code, output := wait()
	if code != exitOK || strings.Contains(output, "✗") {
		t.Errorf("check: exit code %d\n%s", code, output)
	}
	for _, line := range []string{"✓ config", "✓ homeserver", "✓ as_token", "✓ bot", "✓ encryption", "✓ bridge", "✓ public url", "✓ websocket", "– ping"} {
		if !strings.Contains(output, line) {
			t.Errorf("check does not say %q:\n%s", line, output)
		}
	}

	_, wait = program(t, "run", "-c", configPath)
	if code, output := wait(); code != exitFault {
		t.Errorf("a second process: exit code %d\n%s", code, output)
	}

	copied := filepath.Join(folder, "backup")
	_, wait = program(t, "backup", copied, "-c", configPath)
	if code, output := wait(); code != exitOK || !strings.Contains(output, "verified") {
		t.Errorf("backup: exit code %d\n%s", code, output)
	}
	if _, err := os.Stat(filepath.Join(copied, "anteroom.db")); err != nil {
		t.Error(err)
	}

	if err := bridge.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code, output := waitForBridge(); code != exitOK {
		t.Errorf("run: exit code %d\n%s", code, output)
	}
}

// A start goes on with the log that is there: what was logged before is not to go with it.
func TestAStartGoesOnWithItsLog(t *testing.T) {
	file := filepath.Join(t.TempDir(), "logs", "anteroom.log")
	for i := range 3 {
		log, err := newLogger(zeroconfig.Config{Writers: []zeroconfig.WriterConfig{{
			Type: zeroconfig.WriterTypeFile, FileConfig: zeroconfig.FileConfig{Filename: file, MaxBackups: 1},
		}}})
		if err != nil {
			t.Fatal(err)
		}
		log.Info().Int("start", i).Msg("Anteroom starts")
	}
	files, err := os.ReadDir(filepath.Dir(file))
	if err != nil || len(files) != 1 {
		t.Errorf("there are %v (%v)", files, err)
	}
	if logged, err := os.ReadFile(file); err != nil || strings.Count(string(logged), "Anteroom starts") != 3 { // #nosec G304 -- ours
		t.Errorf("the log has %s (%v)", logged, err)
	}
}
