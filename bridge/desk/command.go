package desk

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"github.com/anteroom-chat/anteroom/bot/typo"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
)

// place is where a command works.
type place int

const (
	inDialog place = iota // in a visitor's room
	inDesk                // in the site's desk room
)

// command is one command. Its name is the same in every language; what it is
// for stands with the words, under "help_" and its name.
type command struct {
	name string
	// usage are its arguments, as "!help" shows them: what people fill in is in capitals.
	usage string
	where place
	run   func(d *Desk, ctx context.Context, c call) (markup.Text, error)
}

// call is a command as somebody gave it.
type call struct {
	dialog.Command
	// argument is what stands behind the command's name, cleaned, on one line.
	argument string
}

// commands are all of them, in the order in which help lists them.
func commands() []command {
	return []command{
		{"visitor", "", inDialog, (*Desk).visitor},
		{"history", "", inDialog, (*Desk).history},
		{"name", "NAME", inDialog, (*Desk).rename},
		{"tag", "TAG", inDialog, (*Desk).tag},
		{"untag", "TAG", inDialog, (*Desk).untag},
		{"set", "KEY=VALUE", inDialog, (*Desk).set},
		{"unset", "KEY", inDialog, (*Desk).unset},
		{"contact", "[email|phone|company|note VALUE]", inDialog, (*Desk).contact},
		{"deal", "[add TITLE|NUMBER [won|lost|open|stage STAGE|amount AMOUNT|title TITLE|pipeline PIPELINE]]", inDialog, (*Desk).deal},
		{"take", "", inDialog, (*Desk).take},
		{"assign", "@USER:SERVER", inDialog, (*Desk).assign},
		{"close", "", inDialog, (*Desk).closeDialog},
		{"open", "", inDialog, (*Desk).openDialog},
		{"note", "TEXT", inDialog, (*Desk).note},
		{"canned", "[NAME]", inDialog, (*Desk).canned},
		{"bot", "on|off|status|continue|gpt [ASSISTANT]", inDialog, (*Desk).bot},
		{"suggest", "[HINT]", inDialog, (*Desk).draft},
		{"summary", "", inDialog, (*Desk).sumUp},
		{"translate", "[on LANGUAGE|off]", inDialog, (*Desk).translate},
		{"run", "[CHAIN]", inDialog, (*Desk).runChain},
		{"block", "[address]", inDialog, (*Desk).block},
		{"unblock", "[address]", inDialog, (*Desk).unblock},
		{"export", "", inDialog, (*Desk).export},
		{"forget", "[NUMBER]", inDialog, (*Desk).forget},
		{"panel", "", inDialog, (*Desk).panel},
		{"chats", "[open|closed] [WORDS]", inDesk, (*Desk).chats},
		{"find", "WORDS", inDesk, (*Desk).find},
		{"visitor", "NUMBER|NAME", inDesk, (*Desk).visitorOf},
		{"open", "NUMBER|NAME", inDesk, (*Desk).openOf},
		{"read", "NUMBER|NAME", inDesk, (*Desk).read},
		{"deals", "", inDesk, (*Desk).dealSums},
		{"panel", "", inDesk, (*Desk).panel},
		{"webhooks", "[replay NAME]", inDesk, (*Desk).webhooks},
		{"stats", "[today|week|month|DAYS|chain [CHAIN]]", inDesk, (*Desk).stats},
		{"away", "", inDesk, (*Desk).away},
		{"back", "", inDesk, (*Desk).back},
	}
}

// Command carries a command out and returns the answer.
func (d *Desk) Command(ctx context.Context, c dialog.Command) (markup.Text, error) {
	if !c.Allowed {
		return d.say(c.Site, notAllowed, nil), nil
	}
	name, rest := split(c.Text)
	where := placeOf(c)
	if name == "help" {
		return d.help(c.Site, where, rest), nil
	}
	found, ok := lookup(name, where)
	switch {
	case !ok:
		return d.unknown(c.Site, name, where), nil
	case found.reads(), c.Answered && !found.sets():
		return c.Answer, nil
	default:
		return d.carryOut(ctx, c, found, rest)
	}
}

// reads reports whether a command only looks something up, in many rows.
func (c command) reads() bool {
	return c.where == inDesk && slices.Contains([]string{"chats", "find", "deals", "stats"}, c.name)
}

// sets reports whether a command may change what is kept of a dialog or a site. The others
// look something up, or have something said, sent or begun.
func (c command) sets() bool {
	return !slices.Contains([]string{
		"visitor", "history", "canned", "suggest", "summary", "run", "export", "panel",
		"chats", "find", "deals", "webhooks", "stats",
	}, c.name)
}

// Prepare looks up what a command asks for, or makes the file that it wants.
func (d *Desk) Prepare(ctx context.Context, c dialog.Command) (made dialog.Prepared, err error) {
	name, rest := split(c.Text)
	found, ok := lookup(name, placeOf(c))
	switch {
	case !ok || !c.Allowed:
	case found.reads():
		made.Answer, err = d.carryOut(ctx, c, found, rest)
	case found.name == "export" && rest == "":
		made.File, err = d.Export(ctx, c.Site, c.Visitor)
	}
	return made, err
}

// carryOut runs a command, and answers what it cannot take.
func (d *Desk) carryOut(ctx context.Context, c dialog.Command, found command, rest string) (markup.Text, error) {
	said, err := markup.Text{}, error(nil)
	if found.usage == "" && rest != "" {
		err = wrong(needless, nil) // rather than do what may not be meant
	} else {
		said, err = found.run(d, ctx, call{Command: c, argument: rest})
	}
	if text, ok := err.(instead); ok { //nolint:errorlint // never wrapped, and made here only
		return markup.Text(text), nil
	}
	if usage, wrong := asUsage(err); wrong {
		values := usage.values
		values["usage"] = d.usageOf(c.Site, found)
		return markup.Lines(d.say(c.Site, usage.key, values), d.say(c.Site, usageLine, values)), nil
	}
	return said, err
}

func placeOf(c dialog.Command) place {
	if c.Visitor.Desk {
		return inDesk
	}
	return inDialog
}

// split parts a command's name, folded to lower case, from what stands behind it.
func split(text string) (name, rest string) {
	text = strings.TrimLeftFunc(text, plain.Invisible)
	text = strings.TrimPrefix(text, "!")
	end := strings.IndexFunc(text, unicode.IsSpace)
	if end < 0 {
		end = len(text)
	}
	return strings.ToLower(text[:end]), strings.TrimSpace(text[end:])
}

func lookup(name string, where place) (command, bool) {
	all := commands()
	i := slices.IndexFunc(all, func(c command) bool { return c.name == name && c.where == where })
	if i < 0 {
		return command{}, false
	}
	return all[i], true
}

// namesIn are the names of a place's commands.
func namesIn(where place) []string {
	var names []string
	for _, c := range commands() {
		if c.where == where {
			names = append(names, c.name)
		}
	}
	return names
}

func (d *Desk) usageOf(site *config.Site, c command) string {
	usage := strings.TrimSpace("!" + c.name + " " + c.usage)
	if site.Language == config.Russian {
		return russianArguments().Replace(usage)
	}
	return usage
}

// unknown answers a command that does not exist: that nothing reached the
// visitor, and what may have been meant.
func (d *Desk) unknown(site *config.Site, name string, where place) markup.Text {
	key := noCommandInDesk
	if where == inDialog {
		key = noCommand
	}
	if found, ok := lookup(name, inDesk); ok && where == inDialog {
		return d.say(site, notHere, markup.Values{"usage": d.usageOf(site, found)})
	}
	answer := d.say(site, key, markup.Values{"name": excerpt(name, maxWord)})
	return d.suggest(site, answer, name, where)
}

// suggest says where a command works instead of an answer, or adds to it which one may
// have been meant, or where they are all listed.
func (d *Desk) suggest(site *config.Site, answer markup.Text, name string, where place) markup.Text {
	values := markup.Values{"name": excerpt(name, maxWord)}
	for _, other := range []place{inDialog, inDesk} {
		if found, ok := lookup(name, other); ok && other != where {
			values["usage"] = d.usageOf(site, found)
			if where == inDesk {
				return d.say(site, worksInDialog, values)
			}
			return d.say(site, worksInDesk, values)
		}
	}
	if near, ok := lookup(typo.Meant(name, namesIn(where)), where); ok {
		values["usage"] = d.usageOf(site, near)
		return markup.Lines(answer, d.say(site, didYouMean, values))
	}
	return markup.Lines(answer, d.say(site, seeHelp, nil))
}

// maxWord is the longest word of an operator that an answer repeats.
const maxWord = 40

// help lists the commands of a place, or explains one.
func (d *Desk) help(site *config.Site, where place, about string) markup.Text {
	about = strings.ToLower(strings.TrimPrefix(about, "!"))
	if found, ok := lookup(about, where); ok {
		return d.helpLine(site, found)
	}
	if about != "" {
		return d.suggest(site, d.say(site, noCommandInDesk, markup.Values{"name": excerpt(about, maxWord)}), about, where)
	}
	head := helpInDesk
	if where == inDialog {
		head = helpInDialog
	}
	lines := []markup.Text{d.say(site, head, nil)}
	for _, c := range commands() {
		if c.where == where && offers(site, c.name) {
			lines = append(lines, d.helpLine(site, c))
		}
	}
	return markup.Lines(lines...)
}

// offers reports whether a site has what a command works with.
func offers(site *config.Site, name string) bool {
	switch name {
	case "bot":
		return site.Bot.Enabled
	case "panel":
		return site.Panel.Enabled
	case "webhooks":
		return len(site.Webhooks) > 0
	case "run":
		return site.Bot.Enabled && site.Bot.Chains != ""
	case "suggest", "summary", "translate":
		return site.Bot.Enabled && len(site.Assistants) > 0
	default:
		return true
	}
}

func (d *Desk) helpLine(site *config.Site, c command) markup.Text {
	return d.say(site, helpOf(c), markup.Values{"usage": d.usageOf(site, c)})
}

// wrongUse is an argument that a command cannot take: the answer says what is
// wrong, and how the command is used.
type wrongUse struct {
	key    key
	values markup.Values
}

func (wrongUse) Error() string { return "the command's argument is wrong" }

// instead is what a command that cannot be carried out answers.
type instead markup.Text

func (instead) Error() string { return "the command is answered with something else" }

func wrong(k key, values markup.Values) error {
	if values == nil {
		values = markup.Values{}
	}
	return wrongUse{k, values}
}

// asUsage makes a wrong use of what the core refuses for its form.
func asUsage(err error) (wrongUse, bool) {
	if use, ok := err.(wrongUse); ok { //nolint:errorlint // never wrapped, and made here only
		return use, true
	}
	public, ok := err.(*chat.Error) //nolint:errorlint // the core's own word, not something below it
	if !ok {
		return wrongUse{}, false
	}
	switch public.Code {
	case chat.CodeEmpty:
		return wrongUse{missing, markup.Values{}}, true
	case chat.CodeTooLong:
		return wrongUse{tooLong, markup.Values{}}, true
	case chat.CodeTooLarge:
		return wrongUse{tooMany, markup.Values{}}, true
	case chat.CodeBadVariable:
		return wrongUse{badKey, markup.Values{}}, true
	default:
		return wrongUse{}, false
	}
}
