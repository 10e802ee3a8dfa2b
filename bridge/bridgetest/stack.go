// Package bridgetest gives tests the whole thing: a real Dendrite, the real
// bridge as a child process, visitors over real WebSockets and operators over
// the real client-server API.
package bridgetest

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"maunium.net/go/mautrix"

	"github.com/anteroom-chat/anteroom/bridge/admin"
	"github.com/anteroom-chat/anteroom/bridge/bridgetest/profiles"
	"github.com/anteroom-chat/anteroom/bridge/dendrite"
	"github.com/anteroom-chat/anteroom/bridge/dendrite/child"
	"github.com/anteroom-chat/anteroom/bridge/dendrite/dendritetest"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
)

// Patience is how long a test waits for a condition before it fails. It is
// long because machines are shared; nothing ever waits that long when all is well.
const Patience = 90 * time.Second

// Origin is the web page that the site of a Stack allows.
const Origin = "http://shop.test"

// generous limits are none that a test reaches by chance.
const generous = "{messages_per_minute: 6000, messages_burst: 1000, sessions_per_minute: 6000, dialogs_per_hour: 6000, uploads_per_hour: 1000}"

// Options change a Stack.
type Options struct {
	// Site is YAML that is added to the site's settings, indented by four spaces.
	Site string
	// Gateway is YAML that is added to the gateway's settings, indented by two spaces.
	Gateway string
	// Limits is YAML in one line, in place of limits that no test reaches by chance.
	Limits string
	// Operators are localparts of operators beside anna.
	Operators []string
	// Through, when set, stands between the bridge and the homeserver: it is
	// given the homeserver's URL and returns the one that the bridge uses.
	Through func(homeserver string) string
	// Inward, when set, stands between the homeserver and the bridge: it is given the
	// bridge's URL for the homeserver and returns the one that the homeserver uses.
	Inward func(bridge string) string
	// Data, when set, is given the folder of the bridge's data before anything is in it.
	Data func(folder string)
	// More is YAML that is added at the end of the config.
	More string
	// Env is more environment for the bridge, at every start.
	Env []string
	// Terse has the bridge log as it does for administrators, and not all that it can.
	Terse bool
	// Registrations are the files of other appservices that the homeserver serves too.
	Registrations []string
	// OpenID has the homeserver confirm who its users are.
	OpenID bool
	// NoPresence is the homeserver's of that name.
	NoPresence bool
	// LateHomeserver leaves the homeserver stopped at the bridge's first start.
	LateHomeserver bool
}

// Stack is a homeserver with one operator (anna) and a bridge with one site (shop).
type Stack struct {
	Homeserver *dendrite.Server
	Anna       *mautrix.Client
	// Dir holds config.yaml and the bridge's data.
	Dir string
	// URL is the gateway's address.
	URL string

	bridge *child.Process
	env    []string
	starts int
}

// Start starts all of it and stops it when the test ends.
func Start(t testing.TB, o Options) *Stack {
	t.Helper()
	s := &Stack{Dir: t.TempDir(), env: o.Env}
	bin := binary(t)
	appservicePort, gatewayPort, homeserverPort := dendritetest.Port(t), dendritetest.Port(t), dendritetest.Port(t)
	s.URL = fmt.Sprintf("http://127.0.0.1:%d", gatewayPort)
	homeserver := fmt.Sprintf("http://127.0.0.1:%d", homeserverPort)
	if o.Through != nil {
		homeserver = o.Through(homeserver)
	}
	inward := fmt.Sprintf("http://127.0.0.1:%d", appservicePort)
	if o.Inward != nil {
		inward = o.Inward(inward)
	}
	config := fmt.Sprintf(`homeserver:
  address: %s
  domain: localhost
appservice:
  address: %s
  hostname: 127.0.0.1
  port: %d
gateway:
  listen: 127.0.0.1:%d
  public_url: %s
  limits: %s
%ssites:
  shop:
    name: Shop
    origins: ["%s"]
    operators: ["@anna:localhost"%s]
%slogging:
  min_level: %s
  writers: [{type: stdout, format: json}]
%s`, homeserver, inward, appservicePort, gatewayPort, s.URL, cmp.Or(o.Limits, generous), o.Gateway, Origin, colleagues(o), o.Site, level(t, o), o.More)
	if err := os.WriteFile(s.ConfigPath(), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if o.Data != nil {
		o.Data(filepath.Dir(s.Database()))
	}
	registration := filepath.Join(s.Dir, "registration.yaml")
	if err := admin.Register(s.ConfigPath(), registration, new(strings.Builder), new(strings.Builder)); err != nil {
		t.Fatal(err)
	}
	s.Homeserver = dendritetest.Start(t, dendrite.Options{Port: homeserverPort, Registrations: append([]string{registration}, o.Registrations...), OpenID: o.OpenID, NoPresence: o.NoPresence})
	s.Anna = dendritetest.Operator(t, s.Homeserver, "anna")
	if o.LateHomeserver {
		if err := s.Homeserver.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if s.bridge != nil {
			_ = s.bridge.Stop(Patience)
		}
		s.checkLog(t)
	})
	s.StartBridge(t, bin)
	return s
}

// level is the usual one where it is measured what a bridge takes.
func level(t testing.TB, o Options) string {
	if _, measures := t.(*testing.B); measures || o.Terse {
		return "info"
	}
	return "debug"
}

func colleagues(o Options) (list string) {
	for _, name := range o.Operators {
		list += fmt.Sprintf(`, "@%s:localhost"`, name)
	}
	return list
}

// ConfigPath is the bridge's config.yaml.
func (s *Stack) ConfigPath() string { return filepath.Join(s.Dir, "config.yaml") }

// Database is the bridge's database file.
func (s *Stack) Database() string { return filepath.Join(s.Dir, "data", "anteroom.db") }

func (s *Stack) logPath() string { return filepath.Join(s.Dir, "bridge.log") }

// StartBridge starts the bridge, with more environment if given, and waits
// until it takes visitors, or has ended.
func (s *Stack) StartBridge(t testing.TB, bin string, env ...string) {
	t.Helper()
	if bin == "" {
		bin = binary(t)
	}
	var profiled []string
	if folder := profiles.Folder(t, t.Name()); folder != "" {
		profiled = append(profiled, killpoint.Profiles+"="+folder)
	}
	var err error
	s.bridge, err = child.Start(child.Program{Path: bin, Args: []string{"run", "-c", s.ConfigPath()}, Env: slices.Concat(profiled, s.env, env), LogPath: s.logPath()})
	if err != nil {
		t.Fatal(err)
	}
	s.starts++
	Await(t, "the bridge opens its door", func() bool {
		select {
		case <-s.bridge.Done():
			return true
		default:
		}
		return s.healthy(t.Context())
	})
}

func (s *Stack) healthy(ctx context.Context) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/health/ready", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// Alive reports whether the bridge's process runs.
func (s *Stack) Alive() bool {
	select {
	case <-s.bridge.Done():
		return false
	default:
		return true
	}
}

// BridgePID is the process id of the bridge that runs or ran last.
func (s *Stack) BridgePID() int { return s.bridge.PID() }

// KillBridge ends the bridge by SIGKILL.
func (s *Stack) KillBridge(t testing.TB) {
	t.Helper()
	if err := s.bridge.Kill(); err != nil {
		t.Fatal(err)
	}
}

// StopBridge ends the bridge in an orderly way.
func (s *Stack) StopBridge(t testing.TB) {
	t.Helper()
	if err := s.bridge.Stop(Patience); err != nil {
		t.Fatal(err)
	}
}

// Log is what the bridge has logged, all levels.
func (s *Stack) Log(t testing.TB) string {
	t.Helper()
	log, err := os.ReadFile(s.logPath())
	if err != nil {
		t.Fatal(err)
	}
	return string(log)
}

// Logged reports whether the bridge's log has the words.
func (s *Stack) Logged(words string) bool { return s.LoggedTimes(words) > 0 }

// LoggedTimes is how often the bridge wrote words into its log, 0 if that cannot be read.
func (s *Stack) LoggedTimes(words string) int {
	log, err := os.ReadFile(s.logPath())
	if err != nil {
		return 0
	}
	return strings.Count(string(log), words)
}

// checkLog fails the test for races and panics of the bridge, and shows its log when the test failed.
func (s *Stack) checkLog(t testing.TB) {
	log, err := os.ReadFile(s.logPath())
	if err != nil {
		return
	}
	for _, bad := range []string{"WARNING: DATA RACE", "panic:", `"level":"fatal"`} {
		if i := strings.Index(string(log), bad); i >= 0 {
			t.Errorf("the bridge's log says:\n%s", log[i:min(len(log), i+4000)])
		}
	}
	if t.Failed() {
		t.Logf("the bridge's warnings:\n%s", child.LastLines(warnings(string(log)), 60))
		t.Logf("the end of the bridge's log:\n%s", child.LastLines(string(log), 60))
	}
}

// warnings are the lines of a log that tell of a fault: what came long before the end matters as well.
func warnings(log string) string {
	var found strings.Builder
	for line := range strings.Lines(log) {
		if strings.Contains(line, `"level":"warn"`) || strings.Contains(line, `"level":"error"`) {
			found.WriteString(line)
		}
	}
	return found.String()
}

// Await waits until a condition holds, and fails the test when it does not
// within Patience.
func Await(t testing.TB, what string, holds func() bool) {
	t.Helper()
	AwaitFor(t, Patience, what, holds)
}

// AwaitFor is Await with a patience of its own.
func AwaitFor(t testing.TB, patience time.Duration, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	const first, most = 2 * time.Millisecond, 100 * time.Millisecond
	for pause := first; ; pause = min(2*pause, most) {
		if holds() {
			return
		}
		select {
		case <-time.After(pause):
		case <-deadline.C:
			t.Fatalf("waited %s in vain: %s", patience, what)
		case <-t.Context().Done():
			t.Fatalf("the test ended while it waited: %s", what)
		}
	}
}

// built is the bridge's binary, once per test process.
var built = sync.OnceValues(build) //nolint:gochecknoglobals // one build for all tests of the process

// Program is the path of the bridge's program, for its other commands.
func Program(t testing.TB) string {
	t.Helper()
	return binary(t)
}

func binary(t testing.TB) string {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// build makes the bridge with kill points.
func build() (string, error) { return buildProgram("anteroom", ".", "-tags", "killpoints") }

// buildProgram makes a program of the repository, with the race detector if the test
// has it. It stays in the build folder: the next run finds it up to date.
func buildProgram(name, folder string, flags ...string) (string, error) {
	out, err := exec.CommandContext(context.Background(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/anteroom-chat/anteroom").Output()
	if err != nil {
		return "", fmt.Errorf("find the repository: %w", err)
	}
	root := strings.TrimSpace(string(out))
	path := filepath.Join(root, "build", "test", name)
	if RaceEnabled {
		path += "-race"
		flags = append(flags, "-race")
	}
	cmd := exec.CommandContext(context.Background(), "go", append(append([]string{"build", "-o", path}, flags...), folder)...)
	cmd.Dir = root
	if output, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", name, err, output)
	}
	return path, nil
}
