package child_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/dendrite/child"
)

func TestStopKillsWhatDoesNotListen(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	p, err := child.Start(child.Program{
		Path: "/bin/sh", Args: []string{"-c", `trap "" TERM; echo "$WORD"; while :; do :; done`},
		Env: []string{"WORD=ready"}, LogPath: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	wait := time.NewTicker(time.Millisecond)
	defer wait.Stop()
	for p.LogTail(1) != "ready" {
		select {
		case <-p.Done():
			t.Fatalf("it ended by itself: %s", p.State())
		case <-wait.C:
		}
	}
	if err := p.Stop(50 * time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if p.State() != "signal: killed" {
		t.Errorf("it ended by %q, want to see it killed", p.State())
	}
	if err := p.Stop(time.Second); err != nil {
		t.Errorf("stopping what is gone: %v", err)
	}
}

func TestStopAsksFirst(t *testing.T) {
	p, err := child.Start(child.Program{Path: "/bin/sleep", Args: []string{"60"}, LogPath: filepath.Join(t.TempDir(), "log")})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Stop(time.Minute); err != nil {
		t.Fatal(err)
	}
	if p.State() != "signal: terminated" {
		t.Errorf("it ended by %q, want SIGTERM", p.State())
	}
}

func TestAMissingProgramIsAnError(t *testing.T) {
	if _, err := child.Start(child.Program{Path: "/does/not/exist", LogPath: filepath.Join(t.TempDir(), "log")}); err == nil {
		t.Error("it started")
	}
}

func TestTroublesAreThoseOfThisRun(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	run := func(said string) string {
		t.Helper()
		p, err := child.Start(child.Program{Path: "/bin/sh", Args: []string{"-c", "printf '%s\n' \"$SAID\""}, Env: []string{"SAID=" + said}, LogPath: log})
		if err != nil {
			t.Fatal(err)
		}
		<-p.Done()
		return p.Troubles(2)
	}
	for _, c := range []struct{ said, want string }{
		{`{"level":"error","message":"of the run before"}`, `{"level":"error","message":"of the run before"}`},
		{`{"level":"info","message":"the bridge starts"}` + "\n" + `time="now" level=info msg="so does Dendrite"`, ""},
		{`time="now" level=warning msg="low"` + "\n" + `{"level":"info","message":"on"}` + "\n" + `panic: out of luck`, `time="now" level=warning msg="low"` + "\npanic: out of luck"},
		{"one\ntwo\nthree", "two\nthree"},
	} {
		if got := run(c.said); got != c.want {
			t.Errorf("of %q these are troubles: %q, want %q", c.said, got, c.want)
		}
	}
}
