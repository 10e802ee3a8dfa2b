package dialog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bot/gpt"
	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

const (
	// mostLines is how many of the newest entries a model may be shown; how many of
	// them fit, its settings say.
	mostLines = 200
	// mostFact is the longest value of a fact, in characters.
	mostFact = 300
)

// dialogFor is what an assistant may know of a dialog: the config says which facts.
func (s *Service) dialogFor(ctx context.Context, site *config.Site, a *config.Assistant, who store.Visitor, at time.Time) (gpt.Dialog, error) {
	stands, err := s.store.Dialog(ctx, who.ID)
	if err != nil {
		return gpt.Dialog{}, err
	}
	facts, err := s.facts(ctx, site, who, stands, at)
	if err != nil {
		return gpt.Dialog{}, err
	}
	lines, err := s.lines(ctx, who.ID, stands, at)
	if err != nil {
		return gpt.Dialog{}, err
	}
	names := ""
	if slices.Contains(a.Know, namesFact) {
		if names, err = s.namesOnDuty(ctx, site); err != nil {
			return gpt.Dialog{}, err
		}
	}
	return gpt.Dialog{
		Visitor: pseudonym(who.ID), Language: facts.Language, Facts: known(a.Know, facts, names, site, at), Lines: lines, At: at.In(site.Location()),
	}, nil
}

// pseudonym tells a visitor apart from all others without naming it: endpoints are
// others' servers, and a visitor's id stands in the address of its room.
func pseudonym(v chat.VisitorID) string {
	sum := sha256.Sum256([]byte("anteroom assistant\x00" + string(v)))
	const enough = 12
	return hex.EncodeToString(sum[:enough])
}

// known are the facts of those names that there are, in that order.
func known(names []string, f talk.Facts, onDuty string, site *config.Site, at time.Time) (facts []gpt.Fact) {
	values := map[string]string{
		"name": f.Name, "email": f.Email, "phone": f.Phone, "device": string(f.Device), "visits": strconv.Itoa(f.Visits),
		"tags": strings.Join(f.Tags, ", "), "operators": strconv.Itoa(f.Operators) + " on duty now", namesFact: onDuty,
		"page": join(f.Page.Title, f.Page.URL), "place": join(f.City, f.Country), "hours": hoursOf(f, site, at),
	}
	for _, name := range names {
		value, isFact := values[name]
		if !isFact {
			name = strings.TrimPrefix(name, "variables.")
			value = f.Variables[name]
		}
		if value = plain.Line(value, mostFact); !plain.Blank(value) {
			facts = append(facts, gpt.Fact{Name: name, Value: value})
		}
	}
	return facts
}

func join(parts ...string) string {
	var some []string
	for _, p := range parts {
		if p != "" {
			some = append(some, p)
		}
	}
	return strings.Join(some, ", ")
}

// hoursOf says whether operators are at work, and when they are next if not.
func hoursOf(f talk.Facts, site *config.Site, at time.Time) string {
	switch zone := site.Location(); {
	case f.Open:
		return "people answer now"
	case f.OpensAt.IsZero():
		return "nobody answers now"
	default:
		return "nobody answers now; people answer again from " + f.OpensAt.In(zone).Format("Monday, 2 January, 15:04") +
			" (it is " + at.In(zone).Format("Monday, 15:04") + ", time zone " + site.TimeZone + ")"
	}
}

// lines are the newest messages of a dialog, as they are now: edited ones with their
// latest text, without removed ones.
func (s *Service) lines(ctx context.Context, v chat.VisitorID, stands store.Dialog, at time.Time) (lines []gpt.Line, err error) {
	entries, _, err := s.Before(ctx, v, newestSeq, mostLines)
	if err != nil {
		return nil, err
	}
	past, err := s.store.Past(ctx, v)
	if err != nil {
		return nil, err
	}
	edited := map[chat.EntryID]string{}
	for _, e := range entries {
		switch {
		case e.Kind == chat.Edit && !e.Redacted:
			edited[e.Target] = e.Content.Text
		case e.Kind == chat.Message && e.Author.Party == chat.Operator:
			past = max(past, e.Seq)
		}
	}
	silent := stands.Bot.OffUntil // when a silence ended by itself, nobody settled what was said in it
	if silent.After(at) {
		silent = time.Time{} // operators let a chain speak in it
	}
	for _, e := range entries {
		if e.Kind != chat.Message || e.Redacted {
			continue
		}
		if text, ok := edited[e.ID]; ok {
			e.Content.Text = text
		}
		if text := lineOf(e.Content); text != "" {
			lines = append(lines, gpt.Line{By: speaks(e), Text: text, Past: e.Seq <= past || e.At.Before(silent)})
		}
	}
	return lines, nil
}

// newestSeq is above every number that a journal reaches.
const newestSeq = 1 << 62

func speaks(e chat.Entry) gpt.By {
	switch {
	case e.Author.Party == chat.Visitor:
		return gpt.ByVisitor
	case e.Author.Party == chat.Operator:
		return gpt.ByOperator
	case e.Content.AI != nil:
		return gpt.ByAssistant
	default:
		return gpt.ByChain
	}
}

// lineOf is a message in words, with what else it carries in brackets.
func lineOf(c chat.Content) string {
	var parts []string
	if !plain.Blank(c.Text) {
		parts = append(parts, c.Text)
	}
	if c.AI != nil && c.AI.Interrupted && len(parts) > 0 {
		parts[0] += " …"
	}
	if f := c.File; f != nil {
		parts = append(parts, "["+string(f.Kind)+": "+plain.FileName(f.Name)+"]")
	}
	if l := c.Location; l != nil {
		parts = append(parts, "[a place on the map: "+strconv.FormatFloat(l.Latitude, 'f', -1, 64)+", "+strconv.FormatFloat(l.Longitude, 'f', -1, 64)+"]")
	}
	if o := c.Offer; o != nil {
		for _, card := range o.Cards {
			parts = append(parts, strings.TrimSpace(card.Title+"\n"+card.Text))
			parts = append(parts, labels(card.Buttons)...)
		}
		parts = append(parts, labels(o.Buttons)...)
	}
	return strings.Join(parts, "\n")
}

func labels(buttons []chat.Button) (all []string) {
	for _, b := range buttons {
		all = append(all, "[ "+b.Text+" ]")
	}
	return all
}
