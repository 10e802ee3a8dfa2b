package freeport_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/dendrite/freeport"
)

const (
	many     = 300
	asHelper = "ANTEROOM_FREEPORT_HELPER"
)

// TestMain makes a second process of the test binary, which prints the ports it took.
func TestMain(m *testing.M) {
	if os.Getenv(asHelper) == "" {
		m.Run()
		return
	}
	for range many {
		port, err := freeport.Take(context.Background())
		if err != nil {
			fmt.Println(err) // no number, so the test fails
			return
		}
		fmt.Println(port)
	}
	fmt.Println("done")
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n') // the locks live as long as we do
}

func TestNoPortIsGivenTwiceEvenToTwoProcesses(t *testing.T) {
	helper := exec.CommandContext(t.Context(), os.Args[0])
	helper.Env = append(os.Environ(), asHelper+"=1")
	stdin, err := helper.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := helper.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := helper.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stdin.Close(); _ = helper.Wait() }()
	seen := map[int]bool{}
	note := func(port int) {
		if seen[port] {
			t.Errorf("port %d was given twice", port)
		}
		seen[port] = true
	}
	lines := bufio.NewScanner(stdout)
	for lines.Scan() && lines.Text() != "done" {
		port, err := strconv.Atoi(strings.TrimSpace(lines.Text()))
		if err != nil {
			t.Fatalf("the other process says %q", lines.Text())
		}
		note(port)
	}
	for range many {
		port, err := freeport.Take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		note(port)
	}
	if len(seen) != 2*many {
		t.Errorf("%d different ports, want %d", len(seen), 2*many)
	}
}

func TestAPortCanBeListenedOn(t *testing.T) {
	port, err := freeport.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
}
