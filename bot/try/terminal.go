package try

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// Terminal is a conversation with a person, who plays the visitor and the world.
type Terminal struct {
	Folder   string // of the chains
	Options  chain.Options
	Language string    // of the visitor
	Now      time.Time // when it begins
	In       io.Reader
	Out      io.Writer
	// Person is true if somebody sits there: there is a prompt. Colours makes it colourful.
	Person, Colours bool
}

const terminalHelp = `  text           what the visitor writes; a number presses the button of that number
  (empty line)   time passes until something is due; /skip 2h lets some pass
  /open          the visitor opens the chat; /page URL goes to a page, /visit comes again
  /event NAME {"key": 1}             an event of the page
  /form 2026-12-24                   what a form sends: a date, a time, a rating
  /file photo.jpg image/jpeg 120000  a file; /location 55.75 37.61 a place
  /response 200 {"id": 7}            what a server answered; /response no answer
  /reply TEXT [hand_over: why]       what the assistant answers; /failed endpoint, refused, unknown or limit
  /operator TEXT /bot on|off|continue /run CHAIN /tag TAG /untag TAG /set NAME=VALUE /close /reopen
  /know language: ru                 changes what is known: city, email, hours: closed, operators: 0, …
  /again         the latest thing once more, which changes nothing
  /save FILE     writes the conversation as a script for -script
  /quit          the end, like Ctrl-D
  Other words that begin with / are the visitor's; //open is for a chain's own /open.
`

// seat is a terminal under way.
type seat struct {
	*Terminal
	paint
	talk  *Talk
	looks string // what the folder looked like when it was read
	// offered are what a number means: the newest message's buttons or choices.
	offered []string
	// written is the conversation as a script.
	written []string
}

// Run talks until the input ends, the person quits or the context is over. The
// error is a fault of the chains or of the terminal.
func (c *Terminal) Run(ctx context.Context) error {
	s := &seat{Terminal: c, paint: paint{c.Colours}}
	set, faults := s.load()
	for _, f := range faults {
		s.say("%s", f.Shown())
	}
	if set == nil {
		return fmt.Errorf("the chains of %s have faults", c.Folder)
	}
	s.talk = New(set, s.told)
	s.begin(set)
	lines := make(chan string)
	failed := make(chan error, 1)
	// Reading cannot be interrupted, so this goroutine may stay until the program ends.
	go func() {
		defer close(lines)
		scanner := bufio.NewScanner(c.In)
		for scanner.Scan() {
			select {
			case lines <- scanner.Text():
			case <-ctx.Done():
				return
			}
		}
		failed <- scanner.Err()
	}()
	for {
		s.prompt()
		select {
		case <-ctx.Done():
			return nil
		case line, more := <-lines:
			if !more {
				if c.Person {
					s.say("")
				}
				return <-failed
			}
			if strings.TrimSpace(line) == "/quit" {
				return nil
			}
			if !c.Person { // who reads this later sees no keys pressed
				s.say("you  %s", line)
			}
			s.reload()
			if err := s.enter(strings.TrimSpace(line)); err != nil {
				s.say("%s", s.dim("     "+sentence(err)))
			}
		}
	}
}

func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// begin sets what is known at the beginning, and says what there is.
func (s *seat) begin(set *chain.Set) {
	for _, name := range sortedKeys(s.Options.Constants) {
		s.written = append(s.written, "site."+name+": "+s.Options.Constants[name])
	}
	if len(s.Options.Secrets) > 0 {
		s.written = append(s.written, "secrets: "+strings.Join(s.Options.Secrets, ", "))
	}
	for _, a := range s.Options.Assistants {
		s.written = append(s.written, settings(a, s.Language)...)
	}
	s.talk.now = s.Now
	zone := s.Now.Location().String()
	if zone == "Local" {
		zone, s.talk.now = "UTC", s.Now.UTC()
	}
	for _, line := range []string{"zone: " + zone, "now: " + s.talk.now.Format("2006-01-02 15:04"), "language: " + s.Language} {
		s.written = append(s.written, line)
		_ = s.talk.Do(line) // facts that there are, with values that are good
	}
	if s.Person {
		s.say("%s", s.dim(fmt.Sprintf("You are a visitor. The chains: %s. /help lists what you can do.", chainNames(set))))
	}
}

func chainNames(set *chain.Set) string {
	const most = 8
	var names []string
	for _, c := range set.Chains {
		if len(names) == most {
			names = append(names, "…")
			break
		}
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ")
}

func (s *seat) prompt() {
	if !s.Person {
		return
	}
	who := "you"
	if s.talk.facts.Silent {
		who = "you (the bot is silent)"
	}
	fmt.Fprint(s.Out, s.bold(who+" › "))
}

// enter does what a typed line says.
func (s *seat) enter(line string) error {
	if command, rest, isCommand := command(line); isCommand {
		switch command {
		case "help":
			s.say("%s", terminalHelp)
			return nil
		case "save":
			return s.save(rest)
		case "restart":
			s.looks = ""
			s.reload()
			return nil
		}
		return s.do(order(command, rest))
	}
	if line == "" {
		return s.do("@")
	}
	return s.do(s.words(strings.TrimPrefix(line, "/"), line))
}

// words are the visitor's, or those of the button of a number.
func (s *seat) words(unescaped, line string) string {
	if n, err := strconv.Atoi(line); err == nil && n >= 1 && n <= len(s.offered) {
		return "> " + s.offered[n-1]
	}
	if strings.HasPrefix(line, "//") {
		line = unescaped
	}
	if strings.ContainsAny(line[:1], `[{<\`) {
		line = `\` + line
	}
	return "> " + line
}

// command tells one of the terminal's commands from a visitor's.
func command(line string) (name, rest string, ok bool) {
	name, rest, _ = strings.Cut(strings.TrimPrefix(line, "/"), " ")
	known := []string{
		"help", "save", "restart", "skip", "open", "page", "visit", "event", "form", "file", "location", "response", "reply", "late", "failed", "operator", "bot",
		"run", "tag", "untag", "set", "close", "reopen", "know", "again",
	}
	return name, strings.TrimSpace(rest), strings.HasPrefix(line, "/") && slices.Contains(known, name)
}

// order is the line of a script that a command means.
func order(command, rest string) string {
	switch command {
	case "skip":
		return "@ " + rest
	case "operator":
		return "! operator: " + rest
	case "bot", "run", "tag", "untag", "set", "close", "reopen":
		return strings.TrimSpace("! " + command + " " + rest)
	case "form":
		value, words, _ := strings.Cut(rest, " ")
		return strings.TrimSpace("> {" + value + "} " + words)
	case "file", "location":
		return "> <" + command + " " + rest + ">"
	case "know":
		return rest
	default:
		return strings.TrimSpace(command + " " + rest)
	}
}

// do does a line of a script, and lets the pauses pass in which the bot types.
func (s *seat) do(line string) error {
	s.written = append(s.written, line)
	if err := s.talk.Do(line); err != nil {
		s.written = s.written[:len(s.written)-1]
		return err
	}
	for {
		state, err := s.talk.State()
		if err != nil {
			return err
		}
		due := state.Due()
		if !state.Typing() || due.IsZero() || due.After(s.talk.now.Add(chain.ShortPause)) || len(s.talk.requests) > 0 {
			return nil
		}
		s.written = append(s.written, "@")
		if err := s.talk.Do("@"); err != nil {
			return err
		}
	}
}

// told shows what the bot did.
func (s *seat) told(action talk.Action, line string) {
	if s.written = append(s.written, lines(action)...); line != "" {
		s.written = append(s.written, line)
		s.say("%s", s.dim("   "+line))
	}
	switch a := action.(type) {
	case talk.Say:
		s.show(a)
	case talk.Request:
		s.dimmed(lines(action))
		s.say("%s", s.dim("     It waits for the answer: /response 200 {…}"))
	case talk.Generate:
		s.dimmed(lines(action))
		s.say("%s", s.dim("     You are the assistant, too: /reply TEXT, or /failed endpoint"))
	default:
		s.dimmed(lines(action))
	}
}

func (s *seat) dimmed(lines []string) {
	for _, line := range lines {
		s.say("%s", s.dim("   "+line))
	}
}

// show shows a message of the bot, with numbers for what can be pressed.
func (s *seat) show(a talk.Say) {
	s.offered = nil
	name := s.bold("bot  ")
	head := func() string { // the bot's name stands in the first line alone, whatever that shows
		now := name
		name = "     "
		return now
	}
	if a.Text != "" {
		for line := range strings.SplitSeq(a.Text, "\n") {
			s.say("%s%s", head(), s.bright(line))
		}
	}
	if a.Byline != nil {
		s.say("%s", s.dim("   "+byline(a.Byline)))
	}
	if a.Media != nil {
		s.say("%s%s", head(), media(*a.Media))
	}
	if a.Offer == nil {
		return
	}
	s.row(a.Offer.Buttons)
	for _, c := range a.Offer.Cards {
		s.say("%s%s", head(), strings.TrimSpace(s.bold(c.Title)+"  "+oneLine(c.Text)))
		s.row(c.Buttons)
	}
	if q := a.Offer.Ask; q != nil {
		plain := *q
		plain.Choices = nil // which have lines of their own
		s.say("%s", s.dim("     ("+form(&plain)+")"))
		for _, words := range q.Choices {
			s.offered = append(s.offered, words)
			s.say("     %s %s", s.bold(strconv.Itoa(len(s.offered))), words)
		}
	}
}

func (s *seat) row(buttons []talk.Button) {
	var words []string
	for _, b := range buttons {
		if b.URL != "" {
			words = append(words, b.Text+" → "+b.URL)
			continue
		}
		s.offered = append(s.offered, "["+b.Text+"]")
		words = append(words, s.bold(strconv.Itoa(len(s.offered)))+" "+b.Text)
	}
	if len(words) > 0 {
		s.say("     %s", strings.Join(words, "   "))
	}
}

func (s *seat) say(format string, args ...any) { fmt.Fprintf(s.Out, format+"\n", args...) }

// save writes the conversation as a script.
func (s *seat) save(file string) error {
	if err := os.WriteFile(file, []byte(strings.Join(s.written, "\n")+"\n"), 0o600); err != nil {
		return fmt.Errorf("the conversation cannot be written: %w", err)
	}
	s.say("%s", s.dim("     "+file+" has the conversation."))
	return nil
}

// load reads the chains.
func (s *seat) load() (*chain.Set, source.Faults) {
	s.looks = looks(s.Folder)
	return chain.Load(os.DirFS(s.Folder), s.Options)
}

// reload reads the chains anew when their files have changed. A broken edit keeps
// those of before.
func (s *seat) reload() {
	if looks(s.Folder) == s.looks {
		return
	}
	set, faults := s.load()
	if set == nil {
		for _, f := range faults.Errors() {
			s.say("%s", f.Shown())
		}
		s.say("%s", s.dim("     The chains were edited and have faults: those of before go on."))
		return
	}
	s.talk.Edit(set)
	s.say("%s", s.dim("     The chains were edited and read anew; the conversation goes on."))
}

// looks is what changes when a file of a folder does.
func looks(folder string) string {
	var b strings.Builder
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err.Error()
	}
	for _, entry := range entries {
		var info fs.FileInfo
		if info, err = entry.Info(); err == nil && filepath.Ext(entry.Name()) != ".txt" {
			fmt.Fprintf(&b, "%s %d %s\n", entry.Name(), info.Size(), info.ModTime())
		}
	}
	return b.String()
}

// paint colours words where the terminal can show it.
type paint struct{ colours bool }

func (p paint) bold(text string) string   { return p.with("1", text) }
func (p paint) dim(text string) string    { return p.with("2", text) }
func (p paint) bright(text string) string { return p.with("36", text) }

func (p paint) with(code, text string) string {
	if !p.colours || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
