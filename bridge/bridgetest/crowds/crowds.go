// Package crowds gives benchmarks the visitors, attackers or servers that they need beside
// them in processes of their own, so that their memory and time are not taken for those
// of what is measured.
package crowds

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest/profiles"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
)

// of tells a child process of a package's tests that it is the crowd of a benchmark:
// which, at which address, and how many.
const of = "ANTEROOM_CROWD"

// Crowd is a process that runs a function which looks like a test and does nothing else
// than be the crowd, as the one program that go test has built for it.
type Crowd struct {
	lines *bufio.Scanner
	in    io.WriteCloser
	child *exec.Cmd
}

// Start starts the crowd of that test function.
func Start(tb testing.TB, test, target string, n int) *Crowd {
	tb.Helper()
	return start(tb, nil, test, target, n)
}

// StartNice is Start for a crowd that takes only what of the processors nobody else wants.
func StartNice(tb testing.TB, test, target string, n int) *Crowd {
	tb.Helper()
	return start(tb, []string{"chrt", "--idle", "0"}, test, target, n)
}

func start(tb testing.TB, through []string, test, target string, n int) *Crowd {
	tb.Helper()
	self, err := os.Executable()
	must(tb, err)
	line := append(through, self, "-test.run=^"+test+"$", "-test.v", "-test.timeout=20m")
	name := test // which server it is, too, where it is one
	if !strings.Contains(target, "/") {
		name += "-" + target
	}
	if folder := profiles.Folder(tb, name); folder != "" {
		line = append(line, "-test.cpuprofile="+filepath.Join(folder, killpoint.CPUProfile))
	}
	child := exec.CommandContext(tb.Context(), line[0], line[1:]...)
	child.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %d", of, test, target, n))
	child.Stderr = os.Stderr
	in, err := child.StdinPipe()
	must(tb, err)
	out, err := child.StdoutPipe()
	must(tb, err)
	must(tb, child.Start())
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	return &Crowd{lines, in, child}
}

// Until reads on to the line that begins so, and returns the rest of it.
func (c *Crowd) Until(tb testing.TB, start string) string {
	tb.Helper()
	var said []string
	for c.lines.Scan() {
		if rest, ok := strings.CutPrefix(c.lines.Text(), start); ok {
			return rest
		}
		said = append(said, c.lines.Text())
	}
	tb.Fatalf("the crowd's process ended: %s", strings.Join(said, "\n"))
	return ""
}

// Say tells the process a line.
func (c *Crowd) Say(tb testing.TB, line string) {
	tb.Helper()
	_, err := io.WriteString(c.in, line+"\n")
	must(tb, err)
}

// Stop lets the process end, and waits for that.
func (c *Crowd) Stop() {
	_, _ = io.WriteString(c.in, "\n")
	_ = c.in.Close()
	_ = c.child.Wait()
}

// Be tells the crowd where to go and how many they are. In all other runs it skips the
// function that called it.
func Be(t *testing.T) (target string, n int) {
	t.Helper()
	told := strings.Fields(os.Getenv(of))
	if len(told) != 3 || told[0] != t.Name() {
		t.Skip("this is the crowd of a benchmark, and no test")
	}
	n, err := strconv.Atoi(told[2])
	must(t, err)
	return told[1], n
}

// UntilStopped waits until the benchmark stops its crowd.
func UntilStopped() {
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
