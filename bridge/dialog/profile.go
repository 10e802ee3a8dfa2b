package dialog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bot/fold"
	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Limits of what is noted about a visitor, in characters.
const (
	MaxName     = 100
	MaxTag      = 50
	MaxTags     = 50
	MaxVariable = 64 // the name of a variable
	MaxValue    = talk.MaxValue
	MaxValues   = 100 // variables of one visitor
)

// Rename gives a visitor a name, unless it has one of a better source. The name
// is cleaned, and refused with CodeEmpty or CodeTooLong. It returns the name as it is kept.
func (s *Service) Rename(ctx context.Context, v chat.VisitorID, name string, by store.NameSource) (string, error) {
	name, _, err := s.rename(ctx, v, name, by)
	return name, err
}

// rename is Rename, which also reports whether the visitor has another name since, or
// the same from somebody else.
func (s *Service) rename(ctx context.Context, v chat.VisitorID, said string, by store.NameSource) (name string, changed bool, err error) {
	if name, err = words(said, MaxName, "name"); err != nil {
		return "", false, err
	}
	err = s.store.Write(ctx, func(ctx context.Context) error {
		visitor, err := s.store.Visitor(ctx, v)
		if changed = err == nil && rank(by) >= rank(visitor.NamedBy) && (visitor.Name != name || visitor.NamedBy != by); !changed {
			return err
		}
		if err := s.store.SetName(ctx, v, name, by); err != nil {
			return err
		}
		return s.noted(ctx, v, "name")
	})
	return name, changed, err
}

func rank(by store.NameSource) int {
	switch by {
	case store.NamedByOperator:
		return 5
	case store.NamedByPage:
		return 4
	case store.NamedByBot:
		return 3
	case store.NamedByBrowser:
		return 2
	case store.NamedByBridge:
		return 1
	default:
		return 0
	}
}

// Tag puts a tag on a visitor, and tells the bot. It returns the tag as it is kept, and whether it is new.
func (s *Service) Tag(ctx context.Context, v chat.VisitorID, tag string) (kept string, fresh bool, err error) {
	err = s.store.Write(ctx, func(ctx context.Context) error {
		if kept, fresh, err = s.putTag(ctx, v, tag); err != nil || !fresh {
			return err
		}
		return s.tellBot(ctx, v, once("tagged"), talk.Event{Kind: talk.Tagged, Name: kept})
	})
	return kept, fresh, err
}

// CleanTag returns a tag as it is kept; it is refused with CodeEmpty or CodeTooLong.
// "." and ".." count as empty: in the path of a request they are steps between folders,
// which clients and proxies take out.
func CleanTag(tag string) (string, error) {
	kept, err := words(tag, MaxTag, "tag")
	if err == nil && (kept == "." || kept == "..") {
		err = chat.Errorf(chat.CodeEmpty, "The tag has nothing but dots.")
	}
	return kept, err
}

func (s *Service) putTag(ctx context.Context, v chat.VisitorID, tag string) (kept string, fresh bool, err error) {
	if kept, err = CleanTag(tag); err != nil {
		return "", false, err
	}
	err = s.store.Write(ctx, func(ctx context.Context) error {
		if fresh, err = s.store.AddTag(ctx, v, fold.Fold(kept), kept); err != nil {
			return err
		}
		tags, err := s.store.Tags(ctx, v)
		if err == nil && len(tags) > MaxTags {
			err = chat.Errorf(chat.CodeTooLarge, "A visitor has at most %d tags.", MaxTags)
		}
		if err != nil {
			return err
		}
		if fresh {
			err = s.happened(ctx, v, Happening{Event: config.TagAdded, Tag: kept})
		}
		return errors.Join(err, s.noted(ctx, v))
	})
	return kept, fresh, err
}

// Untag takes a tag off a visitor. It reports whether the visitor had it.
func (s *Service) Untag(ctx context.Context, v chat.VisitorID, tag string) (had bool, err error) {
	err = s.store.Write(ctx, func(ctx context.Context) error {
		if had, err = s.store.RemoveTag(ctx, v, fold.Fold(plain.Line(tag, utf8.RuneCountInString(tag)))); err != nil {
			return err
		}
		if !had {
			return nil
		}
		return s.noted(ctx, v, "tags")
	})
	return had, err
}

// Set gives a visitor's variable a value, and tells the bot. A name is a letter and then letters,
// digits and underscores. Those that are the contact's own are set as by SetContact.
func (s *Service) Set(ctx context.Context, v chat.VisitorID, name, value string) error {
	switch name {
	case emailVariable, phoneVariable, companyVariable:
	default:
		return s.setVariable(ctx, v, name, value)
	}
	visitor, err := s.store.Visitor(ctx, v)
	if err != nil {
		return err
	}
	site, err := s.Site(visitor.Site)
	if err != nil {
		return err
	}
	_, err = s.SetContact(ctx, site, visitor, ContactField(name), value)
	return err
}

func (s *Service) setVariable(ctx context.Context, v chat.VisitorID, name, value string) error {
	if !isVariable(name) {
		return chat.Errorf(chat.CodeBadVariable, "A variable's name is a letter and then up to %d letters, digits and underscores.", MaxVariable-1)
	}
	value = strings.TrimSpace(plain.Clean(value))
	if n := utf8.RuneCountInString(value); n > MaxValue {
		return chat.Errorf(chat.CodeTooLong, "The value has %d characters; at most %d are kept.", n, MaxValue)
	}
	return s.store.Write(ctx, func(ctx context.Context) error {
		if err := s.store.SetVariable(ctx, v, name, value, store.NamedByOperator); err != nil {
			return err
		}
		all, err := s.store.Variables(ctx, v)
		if err == nil && len(all) > MaxValues {
			err = chat.Errorf(chat.CodeTooLarge, "A visitor has at most %d variables.", MaxValues)
		}
		if err != nil {
			return err
		}
		if err := s.changedForBot(ctx, v, name); err != nil {
			return err
		}
		return s.noted(ctx, v, variableParts(name)...)
	})
}

func isVariable(name string) bool {
	for i, r := range name {
		if !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r) && r != '_') {
			return false
		}
	}
	return name != "" && utf8.RuneCountInString(name) <= MaxVariable
}

// Unset forgets a visitor's variable. It reports whether there was one.
func (s *Service) Unset(ctx context.Context, v chat.VisitorID, name string) (had bool, err error) {
	err = s.store.Write(ctx, func(ctx context.Context) error {
		if had, err = s.store.UnsetVariable(ctx, v, name); err != nil {
			return err
		}
		if !had {
			return nil
		}
		return s.noted(ctx, v, variableParts(name)...)
	})
	return had, err
}

// words is a text of one line that shows something.
func words(text string, most int, what string) (string, error) {
	line := plain.Line(text, utf8.RuneCountInString(text))
	if plain.Blank(line) {
		return "", chat.Errorf(chat.CodeEmpty, "The %s is empty.", what)
	}
	if n := utf8.RuneCountInString(line); n > most {
		return "", chat.Errorf(chat.CodeTooLong, "The %s has %d characters; at most %d are kept.", what, n, most)
	}
	return line, nil
}

// noted ends every change of what is known of a visitor; parts are those of the
// contact that are different now, see Happening.
func (s *Service) noted(ctx context.Context, v chat.VisitorID, parts ...string) error {
	store.AfterCommit(ctx, func() { s.hub.wakeWatchers(v) })
	if err := s.remember(ctx, v); err != nil || len(parts) == 0 {
		return err
	}
	if slices.Contains(parts, emailVariable) {
		if err := s.awaitUnread(ctx, v); err != nil {
			return err
		}
	}
	return s.happened(ctx, v, Happening{Event: config.ContactUpdated, Changed: parts})
}

// mostTerms is how many beginnings of words a visitor is found by; of more, those of
// a name, contact data, tags and the note come first.
const mostTerms = 1000

// remember brings up to date by what the visitor is found. Who has not written is not.
func (s *Service) remember(ctx context.Context, v chat.VisitorID) error {
	visitor, err := s.store.Visitor(ctx, v)
	if err != nil || visitor.Number == 0 {
		return err
	}
	tags, err := s.store.Tags(ctx, v)
	if err != nil {
		return err
	}
	variables, err := s.store.Variables(ctx, v)
	if err != nil {
		return err
	}
	subject, err := s.store.Subject(ctx, v)
	if err != nil {
		return err
	}
	known := Profile{Visitor: visitor, Tags: tags, Variables: variables, Subject: subject}
	return s.store.SetSearch(ctx, v, fold.Fold(visitor.Name), fold.Terms(known.searched(), mostTerms))
}

// Index makes those found who wrote before there was an index of words, some at a
// time, so that nobody waits for it. What is left when it fails is found by the next call.
func (s *Service) Index(ctx context.Context) error {
	for {
		var found []chat.VisitorID
		err := s.store.Write(ctx, func(ctx context.Context) (err error) {
			if found, err = s.store.TakeUnindexed(ctx, sweepBatch); err != nil {
				return err
			}
			for _, v := range found {
				err = errors.Join(err, s.remember(ctx, v))
			}
			return err
		})
		if err != nil || len(found) == 0 {
			return err
		}
	}
}

// searched is all by what a visitor is found, the more telling first.
func (p Profile) searched() string {
	parts := []string{
		p.Visitor.Name, fmt.Sprintf("#%d", p.Visitor.Number), p.Subject,
		p.Contact(ContactEmail), p.Contact(ContactPhone), p.Contact(ContactCompany),
	}
	parts = append(append(parts, p.Tags...), p.Visitor.Note)
	for _, x := range p.Variables {
		parts = append(parts, x.Name+" "+x.Value)
	}
	return strings.Join(parts, "\n")
}

// SearchWords are the words of a query as contacts are searched by.
func SearchWords(query string) []string {
	words := fold.Words(query)
	for i, word := range words {
		words[i] = fold.Term(word)
	}
	return words
}

// freeName is what operators call a visitor of whom nothing better is known:
// where it seems to be, then when it came, in the site's time zone; with its
// number if somebody else has that name.
func (s *Service) freeName(ctx context.Context, site *config.Site, v store.Visitor, number int64) (string, error) {
	place := v.Place
	if place == "" {
		place = "Visitor"
		if site.Language == config.Russian {
			place = "Посетитель"
		}
	}
	name := place + " " + When(site, v.CreatedAt)
	same, err := s.store.CountNamed(ctx, site.ID, name)
	if err == nil && same > 0 {
		name = fmt.Sprintf("%s (%d)", name, number)
	}
	return name, err
}

// When writes a moment as the site's operators read it.
func When(site *config.Site, at time.Time) string {
	format := "Jan 2, 15:04"
	if site.Language == config.Russian {
		format = "02.01, 15:04"
	}
	return at.In(site.Location()).Format(format)
}
