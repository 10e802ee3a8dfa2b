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

	"github.com/mattn/go-isatty"

	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/graph"
	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bridge/admin"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
)

// declareSite adds the flags that stand for a site's settings when chains are read
// from a folder alone.
func declareSite(flags *flag.FlagSet, opts *options) {
	opts.constants = constants{}
	flags.Var(opts.constants, "constant", "a constant of the site, as `NAME=VALUE`; again for others")
	flags.Var(&opts.secrets, "secret", "the `NAME` of a secret that requests use; again for others")
	declareAssistants(flags, opts)
	flags.StringVar(&opts.languages, "languages", "en,ru", "the `languages` that texts should have; those with one text for all are left alone")
}

// declareAssistants adds the flag for assistants that the config does not tell of.
func declareAssistants(flags *flag.FlagSet, opts *options) {
	flags.Var(&opts.assistants, "assistant", "the `NAME` of an assistant, which may call a person and close the dialog; again for others")
}

// folderOfChains is a folder, and what its chains may count on.
type folderOfChains struct {
	site, path string
	chain.Options
}

// foldersOfChains are the one that is named, or those of the config's sites.
func foldersOfChains(opts *options, folder string) (all []folderOfChains, err error) {
	if folder != "" {
		var languages []string
		for _, language := range strings.Split(opts.languages, ",") {
			if language = strings.TrimSpace(language); language != "" {
				languages = append(languages, language)
			}
		}
		known, err := chainOptions(opts, folder)
		known.Languages = languages
		return []folderOfChains{{path: folder, Options: known}}, err
	}
	cfg, err := config.Load(opts.config)
	if err != nil {
		return nil, err
	}
	for _, id := range slices.Sorted(maps.Keys(cfg.Sites)) {
		if site := cfg.Sites[id]; site.Bot.Chains != "" {
			known := dialog.ChainOptions(site, slices.Sorted(maps.Keys(site.Bot.Secrets)))
			all = append(all, folderOfChains{site: string(id), path: site.Bot.Chains, Options: known})
		}
	}
	if len(all) == 0 {
		return nil, errors.New("no site of the config has chains: set sites.ID.bot.chains, or name their folder")
	}
	return all, nil
}

// checkChains prints all that is wrong with chains.
func checkChains(_ context.Context, opts *options, folder string, stdout, _ io.Writer) error {
	folders, err := foldersOfChains(opts, folder)
	if err != nil {
		return err
	}
	wrong := false
	for _, f := range folders {
		set, faults := chain.Check(os.DirFS(f.path), f.Options)
		for _, fault := range faults {
			if fault.File != chain.InConfig {
				fault.File = filepath.Join(f.path, fault.File)
			}
			say(stdout, "%s\n", shown(fault, colours(stdout)))
		}
		steps := 0
		for _, c := range set.Chains {
			steps += len(c.All())
		}
		if f.site != "" {
			say(stdout, "Site %s: ", f.site)
		}
		errs := len(faults.Errors())
		say(stdout, "%s, %s: %s, %s.\n", count(len(set.Chains), "chain"), count(steps, "step"), count(errs, "fault"), count(len(faults)-errs, "warning"))
		wrong = wrong || errs > 0
	}
	if wrong {
		return admin.ErrFaults
	}
	return nil
}

func count(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprintf("%d %ss", n, of)
}

// colours reports whether somebody looks who can see them (https://no-color.org).
func colours(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && isatty.IsTerminal(file.Fd()) && os.Getenv("NO_COLOR") == ""
}

// shown is a fault with its line, in colours or not.
func shown(f source.Fault, coloured bool) string {
	text := f.Shown()
	if !coloured {
		return text
	}
	const bold, red, yellow, plain = "\x1b[1m", "\x1b[31m", "\x1b[33m", "\x1b[0m"
	colour := red
	if f.Warning {
		colour = yellow
	}
	sentence, line, hasLine := strings.Cut(text, "\n")
	sentence = bold + f.Pos.String() + plain + colour + strings.TrimPrefix(sentence, f.Pos.String()) + plain
	if !hasLine {
		return sentence
	}
	return sentence + "\n" + strings.TrimSuffix(line, "^") + colour + "^" + plain
}

// printSchema prints the schema of chains for editors.
func printSchema(_ context.Context, _ *options, _ string, stdout, _ io.Writer) error {
	schema, err := chain.Schema()
	if err != nil {
		return fmt.Errorf("make the schema: %w", err)
	}
	_, err = stdout.Write(schema)
	return err
}

// declareGraph adds the flags of chains graph.
func declareGraph(flags *flag.FlagSet, opts *options) {
	flags.StringVar(&opts.output, "o", "-", "write to `file`; - prints it")
	declareAssistants(flags, opts)
	flags.StringVar(&opts.format, "format", "", "mermaid, svg or html; if nothing is said, as the name of the file ends, or mermaid")
}

// drawChains draws the chains of a folder. What is wrong with them does not matter
// as long as it can be seen where they lead.
func drawChains(_ context.Context, opts *options, folder string, stdout, stderr io.Writer) error {
	draw, err := drawing(opts)
	if err != nil {
		say(stderr, "anteroom chains graph: %s.\n", err)
		return errUsage
	}
	known, err := chainOptions(opts, folder)
	if err != nil {
		return err
	}
	set, faults := chain.Check(os.DirFS(folder), known)
	if len(set.Chains) == 0 {
		if len(faults) > 0 {
			return fmt.Errorf("%s: %s", folder, faults[0].Text)
		}
		return fmt.Errorf("%s holds no chains", folder)
	}
	drawn := draw(graph.Of(set))
	if opts.output == "-" {
		_, err = io.WriteString(stdout, drawn)
		return err
	}
	if err := os.WriteFile(opts.output, []byte(drawn), 0o644); err != nil { //nolint:gosec // a picture for everybody
		return fmt.Errorf("write the picture: %w", err)
	}
	return nil
}

// drawing is the way to draw in the format that is asked for.
func drawing(opts *options) (func(*graph.Graph) string, error) {
	format := opts.format
	if format == "" {
		format = strings.TrimPrefix(filepath.Ext(opts.output), ".")
	}
	switch format {
	case "svg":
		return (*graph.Graph).SVG, nil
	case "html", "htm":
		return (*graph.Graph).HTML, nil
	case "mermaid", "mmd", "", "txt", "md":
		return (*graph.Graph).Mermaid, nil
	default:
		return nil, fmt.Errorf("%q is no format: use mermaid, svg or html", format)
	}
}
