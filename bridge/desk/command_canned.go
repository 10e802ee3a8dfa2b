package desk

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/anteroom-chat/anteroom/bot/typo"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/chat/template"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// canned sends the visitor one of the site's texts, or lists them. What was
// sent stands in the room as a message, so nothing else is said.
func (d *Desk) canned(ctx context.Context, c call) (markup.Text, error) {
	if len(c.Site.Canned) == 0 {
		return d.say(c.Site, cannedNone, nil), nil
	}
	name := strings.ToLower(c.argument)
	if plain.Blank(name) {
		return d.cannedList(c.Site, c.Visitor), nil
	}
	text, ok := cannedText(c.Site, name, c.Visitor.Language)
	if !ok {
		values := markup.Values{"name": excerpt(name, maxWord), "near": typo.Meant(name, slices.Sorted(maps.Keys(c.Site.Canned)))}
		return markup.Lines(d.say(c.Site, cannedUnknown, values), d.cannedList(c.Site, c.Visitor)), nil
	}
	if blocked, err := d.store.Blocked(ctx, c.Visitor.ID); err != nil || blocked {
		return d.say(c.Site, cannedBlocked, nil), err
	}
	if after, err := d.store.After(ctx, c.Visitor.ID, 1); err != nil || len(after) > 0 {
		if err != nil {
			return markup.Text{}, err
		}
		return d.say(c.Site, cannedMoved, d.about(c.Site, after[0])), nil
	}
	said, missing, err := d.fill(ctx, c, text)
	if err != nil {
		return markup.Text{}, err
	}
	if len(missing) > 0 {
		how := "!set " + missing[0] + "=…"
		if missing[0] == "name" {
			how = "!name …"
		}
		return d.say(c.Site, cannedNeeds, markup.Values{"keys": strings.Join(missing, ", "), "how": how}), nil
	}
	if said, _, err = dialog.OperatorsWords(said, ""); err != nil {
		return d.say(c.Site, cannedTooLong, nil), nil // it is empty or too long
	}
	author := chat.Author{Party: chat.Operator, ID: string(c.Sender), Name: c.Name, Avatar: c.Avatar}
	return markup.Text{}, d.dialog.Reply(ctx, c.Visitor.ID, author, string(c.Event), chat.Content{Text: said, Answers: string(c.Event)})
}

// cannedText is a text by its name, in the visitor's language if it has that.
func cannedText(site *config.Site, name, language string) (string, bool) {
	for known, text := range site.Canned {
		if strings.ToLower(known) == name {
			return inLanguage(text, language, site.Language), true
		}
	}
	return "", false
}

// inLanguage is a text in the first of these languages that it has: the
// visitor's, the site's, any.
func inLanguage(text config.Text, visitor string, site config.Language) string {
	base, _, _ := strings.Cut(strings.ToLower(visitor), "-")
	for _, language := range append([]config.Language{config.Language(base), site}, slices.Sorted(maps.Keys(text))...) {
		if s := text.In(language); s != "" {
			return s
		}
	}
	return ""
}

// fill puts what is known of a visitor into a text. missing are the values that
// are needed and not known.
func (d *Desk) fill(ctx context.Context, c call, text string) (said string, missing []string, err error) {
	parsed, err := template.Parse(text)
	if err != nil {
		return "", nil, fmt.Errorf("a canned text: %w", err)
	}
	values := map[string]string{"operator": c.Name, "site": c.Site.Name, "number": strconv.FormatInt(c.Visitor.Number, 10)}
	if c.Visitor.NamedBy != store.NamedByBridge { // a place and a time are no name to call somebody by
		values["name"] = c.Visitor.Name
	}
	variables, err := d.store.Variables(ctx, c.Visitor.ID)
	for _, x := range variables {
		if _, taken := values[x.Name]; !taken {
			values[x.Name] = x.Value
		}
	}
	said, missing = parsed.Render(func(name string) string { return values[name] })
	return said, missing, err
}

// cannedList shows the texts as they are written.
func (d *Desk) cannedList(site *config.Site, v store.Visitor) markup.Text {
	lines := []markup.Text{d.say(site, cannedHead, nil)}
	for _, name := range slices.Sorted(maps.Keys(site.Canned)) {
		text := inLanguage(site.Canned[name], v.Language, site.Language)
		lines = append(lines, d.say(site, cannedLine, markup.Values{"name": name, "text": excerpt(text, maxQuote)}))
	}
	return markup.Lines(lines...)
}
