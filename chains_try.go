package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mattn/go-isatty"

	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/try"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
)

// defaultLanguage is the visitor's, if nothing is said.
const defaultLanguage = "en"

// tryChains lets a person talk to the bot, or plays a conversation.
func tryChains(ctx context.Context, opts *options, folder string, stdout, stderr io.Writer) error {
	if opts.script != "" && opts.language != defaultLanguage {
		say(stderr, "anteroom chains try: a script says the language itself, in a line like language: ru.\n")
		return errUsage
	}
	if opts.script != "" {
		known, err := chainOptions(opts, folder)
		if err != nil {
			return err
		}
		return playScript(opts, folder, known, stdout)
	}
	if opts.update {
		say(stderr, "anteroom chains try: -update rewrites a script: name it with -script.\n")
		return errUsage
	}
	known, err := chainOptions(opts, folder)
	if err != nil {
		return err
	}
	terminal := &try.Terminal{
		Folder: folder, Options: known,
		Language: opts.language, Now: time.Now().Truncate(time.Minute), In: os.Stdin, Out: stdout,
	}
	if isatty.IsTerminal(os.Stdin.Fd()) && isatty.IsTerminal(os.Stdout.Fd()) {
		terminal.Person, terminal.Colours = true, os.Getenv("NO_COLOR") == ""
	}
	return terminal.Run(ctx)
}

// chainOptions are what the chains of a folder may count on: the constants and
// secrets of the site that has this folder in the config, and those of the flags.
// Without a config in its usual place there are only these.
func chainOptions(opts *options, folder string) (chain.Options, error) {
	known := chain.Options{Constants: map[string]string{}, Secrets: opts.secrets}
	cfg := &config.Config{}
	if _, err := os.Stat(opts.config); err == nil || opts.config != defaultConfig {
		if cfg, err = config.Load(opts.config); err != nil {
			return known, err
		}
	}
	whole, err := filepath.Abs(folder)
	if err != nil {
		return known, fmt.Errorf("find the folder of chains: %w", err)
	}
	for _, site := range cfg.Sites {
		if site.Bot.Chains == whole {
			maps.Copy(known.Constants, site.Constants())
			known.Secrets = append(known.Secrets, slices.Sorted(maps.Keys(site.Bot.Secrets))...)
			for _, a := range dialog.ChainOptions(site, nil).Assistants {
				known.Assistants = with(known.Assistants, a)
			}
		}
	}
	maps.Copy(known.Constants, opts.constants)
	for _, name := range opts.assistants {
		known.Assistants = with(known.Assistants, chain.Assistant{Name: name, HandOver: true, Close: true})
	}
	return known, nil
}

// with are assistants and one more, if there is none of that name.
func with(all []chain.Assistant, more chain.Assistant) []chain.Assistant {
	if slices.ContainsFunc(all, func(a chain.Assistant) bool { return a.Name == more.Name }) {
		return all
	}
	return append(slices.Clip(all), more)
}

// errDiffers is the outcome of a conversation that does not go as it is written.
var errDiffers = errors.New("the conversation does not go as it is written; -update rewrites it")

func playScript(opts *options, folder string, known chain.Options, stdout io.Writer) error {
	script, err := os.ReadFile(opts.script)
	if err != nil {
		return fmt.Errorf("read the conversation: %w", err)
	}
	// Other editions of the chains lie beside the folder, see try.Play.
	above, own := filepath.Split(filepath.Clean(folder))
	load := try.Folder(above, own)
	played, err := try.Play(opts.script, string(script), func(folder string, o chain.Options) (*chain.Set, error) {
		constants := maps.Clone(known.Constants)
		maps.Copy(constants, o.Constants) // the script's own words come first
		o.Constants, o.Secrets = constants, slices.Concat(o.Secrets, known.Secrets)
		for _, a := range known.Assistants {
			o.Assistants = with(o.Assistants, a)
		}
		return load(folder, o)
	})
	switch {
	case err != nil:
		return err
	case played == string(script):
		_, err = fmt.Fprintf(stdout, "%s goes as it is written.\n", opts.script)
		return err
	case !opts.update:
		if _, err := fmt.Fprint(stdout, try.Diff(string(script), played)); err != nil {
			return err
		}
		return fmt.Errorf("%s: %w", opts.script, errDiffers)
	}
	if err := os.WriteFile(opts.script, []byte(played), 0o600); err != nil {
		return fmt.Errorf("write the conversation: %w", err)
	}
	_, err = fmt.Fprintf(stdout, "%s is written anew.\n", opts.script)
	return err
}

// declareTry adds the flags of chains try.
func declareTry(flags *flag.FlagSet, opts *options) {
	opts.constants = constants{}
	flags.StringVar(&opts.script, "script", "", "play the conversation of `file` and compare")
	flags.BoolVar(&opts.update, "update", false, "write the script anew, with what the bot does now")
	flags.StringVar(&opts.language, "language", defaultLanguage, "the visitor's `language`: en, ru, …")
	flags.Var(opts.constants, "constant", "a constant of the site, as `NAME=VALUE`; again for others")
	flags.Var(&opts.secrets, "secret", "the `NAME` of a secret that requests use; again for others")
	declareAssistants(flags, opts)
}

// constants are values of the flag -constant.
type constants map[string]string

// String writes them as they are given.
func (c constants) String() string {
	var words []string
	for name, value := range c {
		words = append(words, name+"="+value)
	}
	return strings.Join(words, " ")
}

// Set takes one.
func (c constants) Set(text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok {
		return errors.New("write it as NAME=VALUE")
	}
	c[name] = value
	return nil
}

// words are values of a flag that may be given several times.
type words []string

// String writes them all.
func (w *words) String() string { return strings.Join(*w, " ") }

// Set takes one.
func (w *words) Set(word string) error {
	*w = append(*w, word)
	return nil
}
