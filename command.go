package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bridge/admin"
	"github.com/anteroom-chat/anteroom/bridge/desk/api"
	sentences "github.com/anteroom-chat/anteroom/bridge/words"
)

// defaultConfig is the path of the config if none is named.
const defaultConfig = "config.yaml"

// options are what the flags of all commands set.
type options struct {
	config string
	output string
	online bool
	json   bool
	// registration is the path of the homeserver's file.
	registration string

	// Of chains:
	format, languages string
	site              string
	days              int
	script, language  string
	update            bool
	constants         constants
	secrets           words
	assistants        words

	// Of assistants:
	assistant string
	prompt    bool
}

// command is one sub-command.
type command struct {
	name, summary string
	// argument names the one word that must follow the flags, or in brackets one that
	// may, or is empty.
	argument string
	// about is the help text.
	about string
	// declare adds flags beside -c; nil for none.
	declare func(*flag.FlagSet, *options)
	run     func(ctx context.Context, opts *options, argument string, stdout, stderr io.Writer) error
}

func commands() []command {
	return []command{
		{
			name:    "run",
			summary: "Run the bridge until SIGINT or SIGTERM",
			about: "Runs the bridge until SIGINT (Ctrl-C) or SIGTERM, which let it finish what it has\n" +
				"begun; a second signal ends it at once, without loss too. It starts also while the\n" +
				"homeserver is down, and refuses a database that another process uses.\n",
			run: run,
		},
		{
			name:    "registration",
			summary: "Make the registration file for the homeserver",
			about: "Writes the file that tells the homeserver about the bridge. The first time, it\n" +
				"makes the two tokens and writes them into the config, whose comments and order\n" +
				"stay as they are. A registration with other tokens is never replaced.\n",
			declare: func(flags *flag.FlagSet, opts *options) {
				flags.StringVar(&opts.output, "o", "registration.yaml", "write the registration to `file`; - prints it")
			},
			run: func(_ context.Context, opts *options, _ string, stdout, stderr io.Writer) error {
				return admin.Register(opts.config, opts.output, stdout, stderr)
			},
		},
		{
			name:    "check",
			summary: "Look for faults in the config and, with --online, on the network",
			about: "Reads the config and prints every fault with its file, line and column.\n\n" +
				"With --online it also looks whether the homeserver answers and accepts the\n" +
				"token, reaches the bridge, leaves new rooms unencrypted, and whether the public\n" +
				"address works. For that it registers the bot if need be, and makes one room\n" +
				"with nobody but the bot in it, which it leaves at once. Each line begins with\n" +
				"✓ (good), ✗ (do something), or – (could not be seen, or only worth knowing).\n",
			declare: func(flags *flag.FlagSet, opts *options) {
				flags.BoolVar(&opts.online, "online", false, "also look at the homeserver, the mail server, the bridge and the public address")
			},
			run: check,
		},
		{
			name:    "doctor",
			summary: "Say what is wrong with a running installation, and what to do",
			about: "Looks at the config, the registration and the chains, the machine, the database (beside\n" +
				"the bridge, which may run), what waits in it and what was given up, the age of the last\n" +
				"backup, the mail server, the receivers of webhooks, the homeserver with its clock and the\n" +
				"rooms there, the bridge, its metrics, the public address and the certificates. Each line\n" +
				"begins with ✓ (good), ✗ (do something), or – (could not be seen, or only worth knowing).\n" +
				"Ends with 0 if all is well, and with 1 if there is a ✗.\n\n" +
				"It registers the bot if need be, and changes nothing else; no mail is sent and no webhook\n" +
				"told anything. Run it as the bridge's user, on the bridge's machine. With -json each\n" +
				"finding has a code that stays the same, for programs.\n",
			declare: func(flags *flag.FlagSet, opts *options) {
				flags.BoolVar(&opts.json, "json", false, "write the findings as JSON")
				flags.StringVar(&opts.registration, "registration", "", "compare the homeserver's registration `file` with the config (registration.yaml beside it if there is one)")
			},
			run: doctor,
		},
		{
			name:     "backup",
			summary:  "Copy the database and waiting files, also while the bridge runs",
			argument: "FOLDER",
			about: "Copies the database, as it is at one moment, and the files that the homeserver\n" +
				"does not have yet into FOLDER, which must be new or empty, and verifies the\n" +
				"copy. The bridge may run meanwhile. In the end it names what else to keep: the config,\n" +
				"which holds the tokens, and the files that the config names, such as chains.\n",
			run: backup,
		},
		{
			name:    "token",
			summary: "Make a token for a program that uses the REST API",
			about: "Prints a new token, which is for the program alone, and the hash of it that\n" +
				"stands in the config, in the site's api.tokens. The token is kept nowhere: who\n" +
				"loses it makes another.\n",
			run: func(_ context.Context, _ *options, _ string, stdout, _ io.Writer) error {
				secret, hash := api.NewToken()
				say(stdout, "For the program, once:\n\n  %s\n\nFor the config, sites.….api.tokens:\n\n"+
					"  - name: CRM\n    hash: %s\n    scopes: [contacts:read]\n", secret, hash)
				return nil
			},
		},
		{
			name:     "words",
			summary:  "Write a file of the chat's sentences, to translate it",
			argument: "[LANGUAGE]",
			about: "Prints all sentences of the chat in English, each with what it is filled with, as a\n" +
				"file for the LANGUAGE, such as de or pt-BR: with a line for each of its plural\n" +
				"forms. Translate as many as you like, and name the file in the config, in the\n" +
				"section widget.languages of a site; what it does not say is said in the language\n" +
				"that it names as fallback.\n",
			run: func(_ context.Context, _ *options, language string, stdout, _ io.Writer) error {
				text, err := sentences.Template(cmp.Or(language, defaultLanguage))
				if err == nil {
					_, err = io.WriteString(stdout, text)
				}
				return err
			},
		},
		{
			name:     "chains check",
			summary:  "List all that is wrong with the bot's chains",
			argument: "[DIR]",
			about: "Reads the chains of the folder DIR, or without one those of all sites in the\n" +
				"config, and prints every fault with its file, line and column, the line itself and\n" +
				"a mark under the place: what cannot be read, names that there are not, steps that\n" +
				"nothing leads to, steps that go round for ever, files that are missing, texts that\n" +
				"are too long or not translated, triggers of which one hides another. Warnings do\n" +
				"not keep the bot from using the chains; with a fault the code is 1.\n\n" +
				"The config knows the site's constants and secrets; for a folder alone name those\n" +
				"that its chains use.\n",
			declare: declareSite,
			run:     checkChains,
		},
		{
			name:     "chains graph",
			summary:  "Draw the bot's chains and where they lead",
			argument: "DIR",
			about: "Draws the chains of the folder DIR: each in a frame, with its triggers and steps from\n" +
				"top to bottom, and an arrow for each jump. As a Mermaid flowchart, as an SVG picture,\n" +
				"or as a page to search and zoom in; the pictures need nothing else and follow the\n" +
				"light or dark colours of the reader.\n\n" +
				"Assistants are known from the site of the config that has this folder, where the\n" +
				"config is in its place or named by -c; name others with -assistant.\n",
			declare: declareGraph,
			run:     drawChains,
		},
		{
			name:    "chains gaps",
			summary: "List what visitors wrote often and no chain understood",
			about: "Counts the messages of visitors that no chain was meant by, and the words in them, so\n" +
				"that you see which chain to write next. Listed is what came up more than once; case,\n" +
				"accents and marks make no difference. The bridge may run meanwhile.\n",
			declare: declareGaps,
			run:     listGaps,
		},
		{
			name:    "chains schema",
			summary: "Print the JSON Schema of chains, for editors",
			about: "Prints the schema with which editors complete and check chains while you write. For\n" +
				"the YAML language server, write it to a file and begin each chain with the line\n\n" +
				"  # yaml-language-server: $schema=chain.schema.json\n",
			run: printSchema,
		},
		{
			name:     "chains try",
			summary:  "Talk to the bot as a visitor would, or play a conversation",
			argument: "DIR",
			about: "Reads the chains of the folder DIR and lets you talk to the bot: a number presses a\n" +
				"button, an empty line lets time pass until something is due, and /help lists what\n" +
				"else can happen, such as operators who write, a server or an assistant that answers.\n" +
				"Nothing is sent anywhere. When a file of the folder changes, the chains are read anew and the\n" +
				"conversation goes on; /save writes it as a script.\n\n" +
				"With -script it plays such a script: what the visitor and the world do, each\n" +
				"followed by what the bot did. It compares that with what the bot does now, and\n" +
				"ends with code 1 if it differs.\n",
			declare: declareTry,
			run:     tryChains,
		},
		{
			name:     "assistant ask",
			summary:  "Ask an assistant as a visitor would, and see what it was told",
			argument: "QUESTION",
			about: "Asks an assistant of the config one question over its real endpoint, which may cost\n" +
				"money, and prints the answer as it comes, what it rests on, which passages of the\n" +
				"knowledge were in the prompt, and how large that was. Put the question in quotes. With\n" +
				"-prompt it prints all that the model is told. Nothing is kept, no tool is carried out.\n",
			declare: declareAsk,
			run:     askAssistant,
		},
		{
			name:    "assistant check",
			summary: "List all that is wrong with assistants' knowledge",
			about: "Reads the instruction and the knowledge of all assistants in the config and prints\n" +
				"every fault with its file and line, and how much of it there is. No endpoint is asked.\n",
			declare: func(flags *flag.FlagSet, opts *options) {
				flags.StringVar(&opts.site, "site", "", "only the site `ID`")
			},
			run: checkAssistants,
		},
		{
			name:    "version",
			summary: "Print the version",
			about:   "Prints the version, the Go release that built it, and the platform.\n",
			run: func(_ context.Context, _ *options, _ string, stdout, _ io.Writer) error {
				_, err := fmt.Fprintf(stdout, "anteroom %s, %s, %s/%s\n", programVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
				return err
			},
		},
	}
}

// flags returns the command's flags and where they are put.
func (c command) flags(output io.Writer) (*flag.FlagSet, *options) {
	opts := &options{}
	flags := flag.NewFlagSet("anteroom "+c.name, flag.ContinueOnError)
	flags.SetOutput(output)
	flags.StringVar(&opts.config, "c", defaultConfig, "read the settings from `file`")
	if c.declare != nil {
		c.declare(flags, opts)
	}
	flags.Usage = func() {
		say(output, "Usage: anteroom %s\n\n%s\nFlags:\n", strings.TrimSpace(c.name+" [flags] "+c.argument), filled(c.about, ""))
		flags.VisitAll(func(f *flag.Flag) {
			value, usage := flag.UnquoteUsage(f)
			if f.DefValue != "" && f.DefValue != "false" {
				usage += fmt.Sprintf(" (default %s)", f.DefValue)
			}
			say(output, "  %s\n%s", strings.TrimSpace("-"+f.Name+" "+value), filled(usage+"\n", "        "))
		})
	}
	return flags, opts
}

// filled breaks paragraphs so that they fit into nearly every terminal. Lines that begin
// with a space stay as they are: what stands there is to be copied.
func filled(text, indent string) string {
	const width = 78
	var b strings.Builder
	at := 0
	end := func() {
		if at > 0 {
			b.WriteString("\n")
			at = 0
		}
	}
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) == "" || line[0] == ' ' {
			end()
			b.WriteString(line)
			continue
		}
		for word := range strings.FieldsSeq(line) {
			size := utf8.RuneCountInString(word)
			switch {
			case at > 0 && at+1+size > width:
				end()
				fallthrough
			case at == 0:
				b.WriteString(indent)
				at = len(indent)
			default:
				b.WriteString(" ")
				at++
			}
			b.WriteString(word)
			at += size
		}
	}
	end()
	return b.String()
}

// execute reads the command line and runs the command. Flags may stand before
// or after the argument.
func (c command) execute(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags, opts := c.flags(stderr)
	var words []string
	for rest := args; ; {
		if err := flags.Parse(rest); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil
			}
			return errUsage // Parse has said why
		}
		if flags.NArg() == 0 {
			break
		}
		words = append(words, flags.Arg(0))
		rest = flags.Args()[1:]
	}
	switch {
	case c.argument == "" && len(words) > 0:
		say(stderr, "anteroom %s: %q is one word too many.\n\n", c.name, words[0])
		flags.Usage()
		return errUsage
	case strings.HasPrefix(c.argument, "[") && len(words) > 1:
		say(stderr, "anteroom %s: %q is one word too many.\n\n", c.name, words[1])
		flags.Usage()
		return errUsage
	case c.argument != "" && len(words) != 1 && !strings.HasPrefix(c.argument, "["):
		say(stderr, "anteroom %s: name one %s.\n\n", c.name, c.argument)
		flags.Usage()
		return errUsage
	}
	return c.run(ctx, opts, strings.Join(words, ""), stdout, stderr)
}

// version is set by the linker: -ldflags "-X main.version=v1.2.3".
var version string

func programVersion() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return "development of " + setting.Value
		}
	}
	return "development"
}
