// Anteroom is website live chat that is answered from Matrix. This file is the
// front door: it picks the sub-command and turns its outcome into an exit code.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/anteroom-chat/anteroom/bridge/admin"
	"github.com/anteroom-chat/anteroom/bridge/config"
)

// The exit codes.
const (
	exitOK    = 0
	exitFault = 1 // the command could not do its work, or found faults
	exitUsage = 2 // the command line is wrong
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal asks to end; once it came, a second one ends at once.
	context.AfterFunc(ctx, stop)
	os.Exit(execute(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// execute runs the command line and returns the exit code.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		say(stderr, "%s", overview())
		return exitUsage
	}
	name, args := commandOf(args)
	switch name {
	case "help", "-h", "-help", "--help":
		return help(args, stdout, stderr)
	case "-v", "-version", "--version":
		name = "version"
	}
	for _, cmd := range commands() {
		if cmd.name == name {
			return exitCode(cmd.execute(ctx, args, stdout, stderr), stderr)
		}
	}
	if family := familyOf(name); family != "" && len(args) == 0 {
		say(stderr, "%s", family)
		return exitUsage
	}
	say(stderr, "anteroom: there is no command %q.\n\n%s", strings.Join(append([]string{name}, args...), " "), overview())
	return exitUsage
}

// familyOf lists the commands whose first of two words it is; "" for none.
func familyOf(word string) string {
	var b strings.Builder
	for _, cmd := range commands() {
		if strings.HasPrefix(cmd.name, word+" ") {
			fmt.Fprintf(&b, "  %-16s %s\n", cmd.name, cmd.summary)
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return fmt.Sprintf("Usage: anteroom %s COMMAND\n\nCommands:\n%s\nanteroom help %s COMMAND explains one.\n", word, b.String(), word)
}

// commandOf splits the command from its words; some are named by two.
func commandOf(args []string) (name string, rest []string) {
	for _, cmd := range commands() {
		if words := strings.Fields(cmd.name); len(words) > 1 && slices.Equal(words, args[:min(len(words), len(args))]) {
			return cmd.name, args[len(words):]
		}
	}
	return args[0], args[1:]
}

// errUsage is returned when the command line was wrong and has been explained.
var errUsage = errors.New("wrong command line")

func exitCode(err error, stderr io.Writer) int {
	var faults config.Faults
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errUsage):
		return exitUsage
	case errors.Is(err, admin.ErrFaults):
		// The lines above have said it all.
	case errors.Is(err, context.Canceled):
		say(stderr, "anteroom: interrupted.\n")
	case errors.As(err, &faults):
		// One fault a line, as compilers do, so that editors can jump there.
		say(stderr, "%s\n", faults.Error())
	default:
		say(stderr, "anteroom: %s.\n", strings.TrimSuffix(err.Error(), "."))
	}
	return exitFault
}

// say writes to a person; if nobody is there to read, nothing can be done.
func say(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }

func overview() string {
	var b strings.Builder
	b.WriteString("Anteroom: website live chat, answered from Matrix.\n\nUsage: anteroom COMMAND [-c config.yaml]\n\nCommands:\n")
	for _, cmd := range commands() {
		fmt.Fprintf(&b, "  %-16s %s\n", cmd.name, cmd.summary)
	}
	b.WriteString("  help             Explain a command: anteroom help COMMAND\n\n" +
		"A first setup: copy config.example.yaml to config.yaml and edit it, then\n" +
		"registration, tell the homeserver, run, check --online.\n")
	return b.String()
}

func help(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		say(stdout, "%s", overview())
		return exitOK
	}
	if args[0] == "help" {
		say(stdout, "Usage: anteroom help [COMMAND]\n\nLists the commands, or explains one.\n")
		return exitOK
	}
	name, _ := commandOf(args)
	for _, cmd := range commands() {
		if cmd.name == name {
			flags, _ := cmd.flags(stdout)
			flags.Usage()
			return exitOK
		}
	}
	if family := familyOf(name); family != "" && len(args) == 1 {
		say(stdout, "%s", family)
		return exitOK
	}
	say(stderr, "anteroom: there is no command %q.\n\n%s", name, overview())
	return exitUsage
}
