// Demo runs all of Anteroom on this machine: a real homeserver, the bridge with
// the bot, and a shop, a clinic and a software company with the chat on their pages. The terminal that it runs in is an
// operator's. "make demo" builds what it needs and starts it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"github.com/anteroom-chat/anteroom/bridge/demo/console"
	"github.com/anteroom-chat/anteroom/bridge/demo/stack"
)

// defaultPortBase is the homeserver's port; the next three follow it.
const defaultPortBase = 18000

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	// The first signal asks to end; once it came, a second one ends at once.
	context.AfterFunc(ctx, stop)
	if err := run(ctx, os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "\ndemo: %s\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, in, out *os.File) error {
	opts, reset, err := options(args)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if reset {
		return stack.Reset(opts.Dir)
	}
	say := func(text string) { fmt.Fprintln(out, text) }
	s, err := stack.Start(ctx, opts, say)
	if err != nil {
		if ctx.Err() != nil {
			say("Stopped before everything was up.")
			return nil
		}
		return err
	}
	runErr := serve(ctx, s, in, out)
	say("\nStopping …")
	if err := s.Stop(context.WithoutCancel(ctx)); err != nil {
		return errors.Join(runErr, err)
	}
	if runErr == nil {
		say("All stopped. The data is kept; \"make demo-reset\" drops it.")
	}
	return runErr
}

// serve runs the operator's console until a signal, its /quit or Ctrl-C, or
// the end of one of the parts, which is the error.
func serve(ctx context.Context, s *stack.Stack, in, out *os.File) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	terminal, err := console.Open(in, out)
	if err != nil {
		return err
	}
	defer terminal.Close()
	summary(terminal, s.Facts(), terminal.Paint)
	operator := s.Facts().Operator
	ended := make(chan error, 2)
	go func() { ended <- s.Wait(ctx) }()
	go func() {
		ended <- console.Run(ctx, terminal, s.Facts().HomeserverURL, operator.UserID, operator.Password)
	}()
	return <-ended
}

func options(args []string) (opts stack.Options, reset bool, err error) {
	opts = stack.Options{PortBase: defaultPortBase, Bot: true}
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.StringVar(&opts.Dir, "dir", "build/demo", "keep all data in `folder`")
	flags.StringVar(&opts.BinDir, "bin", "build/bin", "find anteroom and dendrite in `folder`")
	flags.StringVar(&opts.Chains, "chains", "", "a second site, guide, has a bot with the chains of `folder`")
	flags.StringVar(&opts.Endpoint, "endpoint", "", "a third site, assistant, is answered for by a model at the OpenAI-compatible `base_url`")
	flags.StringVar(&opts.Knowledge, "knowledge", "", "that model answers from the files of `folder`")
	flags.StringVar(&opts.Mail, "mail", "", "a further site, mails, writes to its visitors by the mail server at `host:port`, in clear")
	flags.BoolVar(&opts.Bot, "bot", opts.Bot, "let the bot answer first; with -bot=false every word waits for a person")
	flags.BoolVar(&reset, "reset", false, "drop all data and end")
	if err := flags.Parse(args); err != nil {
		return opts, false, err
	}
	if text := os.Getenv("DEMO_PORT_BASE"); text != "" {
		base, err := strconv.Atoi(text)
		if err != nil || base < 0 || base > 65535-stack.Ports+1 {
			return opts, false, fmt.Errorf("DEMO_PORT_BASE is %q; it must be the first of %d ports, for example 18100, or 0 for any free ones", text, stack.Ports)
		}
		opts.PortBase = base
	}
	return opts, reset, nil
}

func summary(out io.Writer, facts stack.Facts, paint console.Paint) {
	line := func(name, value, note string) {
		fmt.Fprintf(out, "  %s  %-34s %s\n", paint.Dim(fmt.Sprintf("%-10s", name)), value, paint.Dim(note))
	}
	fmt.Fprintf(out, "\n  %s\n\n", paint.Bold("Anteroom is running"))
	line("Shop", facts.VisitorURL, "open it and write in the chat")
	line("Clinic", facts.ClinicURL, "takes requests for appointments")
	line("Software", facts.SoftwareURL, "sorts problems, and hands them over")
	line("Homeserver", facts.HomeserverURL, "for any Matrix client")
	line("Operator", facts.Operator.UserID, "log in with it there, or answer right here")
	line("Password", facts.Operator.Password, "")
	line("Panel", "!panel", "typed here, once somebody has written: who it is, all dialogs, figures")
	line("Files", facts.Dir, "data and logs, kept for the next start")
	line("Chains", facts.Chains, "what the bot says: edit it while the demo runs")
	fmt.Fprintf(out, "\n  Visitors' messages appear below. Type an answer and press Enter.\n  %s\n\n",
		paint.Dim("/help shows more; Ctrl-C stops everything."))
}
