package gateway

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// crowdOf tells a child process of this package's tests that it is the visitors of a
// benchmark: whose, at which address, and how many.
const crowdOf = "ANTEROOM_CROWD"

// crowd is the visitors of a benchmark in a process of their own, so that their memory
// and time are not taken for the gateway's. They are a function that looks like a test
// and does nothing else than that, as the one program that go test has built for them.
type crowd struct {
	lines *bufio.Scanner
	in    io.WriteCloser
	child *exec.Cmd
}

func startCrowd(b testing.TB, test, target string, n int) *crowd {
	b.Helper()
	self, err := os.Executable()
	must(b, err)
	child := exec.CommandContext(b.Context(), self, "-test.run=^"+test+"$", "-test.v", "-test.timeout=10m")
	child.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %d", crowdOf, test, target, n))
	child.Stderr = os.Stderr
	in, err := child.StdinPipe()
	must(b, err)
	out, err := child.StdoutPipe()
	must(b, err)
	must(b, child.Start())
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	return &crowd{lines, in, child}
}

// until reads on to the line that begins so, and returns the rest of it.
func (c *crowd) until(b testing.TB, start string) string {
	b.Helper()
	var said []string
	for c.lines.Scan() {
		if rest, ok := strings.CutPrefix(c.lines.Text(), start); ok {
			return rest
		}
		said = append(said, c.lines.Text())
	}
	b.Fatalf("the visitors' process ended: %s", strings.Join(said, "\n"))
	return ""
}

// say tells the process a line.
func (c *crowd) say(b testing.TB, line string) {
	b.Helper()
	_, err := io.WriteString(c.in, line+"\n")
	must(b, err)
}

// stop lets the process end, and waits for that.
func (c *crowd) stop() {
	_, _ = io.WriteString(c.in, "\n")
	_ = c.in.Close()
	_ = c.child.Wait()
}

// beCrowd tells the visitors where to go and how many they are. In all other runs it skips
// the function that called it.
func beCrowd(t *testing.T) (target string, n int) {
	t.Helper()
	told := strings.Fields(os.Getenv(crowdOf))
	if len(told) != 3 || told[0] != t.Name() {
		t.Skip("these are the visitors of a benchmark, and no test")
	}
	n, err := strconv.Atoi(told[2])
	must(t, err)
	return told[1], n
}

// untilMeasured waits until the benchmark stops its crowd.
func untilMeasured() {
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
}
