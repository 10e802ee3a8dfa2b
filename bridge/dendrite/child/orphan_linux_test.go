package child_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/dendrite/child"
)

// parentEnv makes TestActAsParent act as the parent that is killed.
const parentEnv = "ANTEROOM_TEST_PARENT_LOG"

func TestAChildDiesWithItsParent(t *testing.T) {
	parent := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestActAsParent$")
	parent.Env = append(os.Environ(), parentEnv+"="+filepath.Join(t.TempDir(), "log"))
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatalf("the parent says %q, want the child's process id", line)
	}
	if !alive(pid) {
		t.Fatal("the child does not run")
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait() // it was killed, and says so

	deadline := time.After(30 * time.Second)
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for alive(pid) {
		select {
		case <-deadline:
			t.Fatal("the child outlives its parent")
		case <-look.C:
		}
	}
}

// TestActAsParent is no test of its own: it starts a child and waits for its end.
func TestActAsParent(t *testing.T) {
	log := os.Getenv(parentEnv)
	if log == "" {
		t.Skip("only TestAChildDiesWithItsParent runs it")
	}
	p, err := child.Start(child.Program{Path: "/bin/sleep", Args: []string{"600"}, LogPath: log})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(p.PID())
	<-p.Done()
}

// alive is false for a zombie too, which nobody may be there to wait for.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, found := strings.Cut(string(stat), ") ")
	return found && !strings.HasPrefix(rest, "Z")
}
