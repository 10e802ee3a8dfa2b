package dialog

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bot/answer"
	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// The variables that are the contact's own, beside its name: chains, the site's
// page and operators all mean the same by them.
const (
	emailVariable   = "email"
	phoneVariable   = "phone"
	companyVariable = "company"
)

// MaxNote is the longest note about a contact, in characters.
const MaxNote = 4000

// ContactField is a part of a contact beside its name.
type ContactField string

// The fields. All but the note are variables of these names.
const (
	ContactEmail   ContactField = emailVariable
	ContactPhone   ContactField = phoneVariable
	ContactCompany ContactField = companyVariable
	ContactNote    ContactField = "note"
)

// SetContact gives a field of a contact its value, or none with an empty one, and
// returns the value as it is kept: an address without a name around it, a number
// as E.164 has it, which may be written as in the visitor's country. It is refused
// with CodeBadContact or CodeTooLong.
func (s *Service) SetContact(ctx context.Context, site *config.Site, v store.Visitor, field ContactField, value string) (string, error) {
	value, err := contactValue(site, v, field, value)
	switch {
	case err != nil:
		return "", err
	case field == ContactNote:
		return value, s.store.Write(ctx, func(ctx context.Context) error {
			if err := s.store.SetNote(ctx, v.ID, value); err != nil {
				return err
			}
			return s.noted(ctx, v.ID, string(ContactNote))
		})
	case value == "":
		_, err := s.Unset(ctx, v.ID, string(field))
		return "", err
	default:
		return value, s.setVariable(ctx, v.ID, string(field), value)
	}
}

func contactValue(site *config.Site, v store.Visitor, field ContactField, value string) (string, error) {
	if plain.Blank(value) {
		return "", nil
	}
	switch field {
	case ContactEmail:
		return contactAnswer(talk.AskEmail, v, value, "That is no e-mail address.")
	case ContactPhone:
		if v.CountryCode == "" && site.Language == config.Russian {
			v.CountryCode = "RU" // where operators who read Russian most likely are
		}
		return contactAnswer(talk.AskPhone, v, value, "That is no phone number. Write it with the country's code, like +44 20 7946 0000.")
	case ContactCompany:
		return words(value, MaxName, "company")
	case ContactNote:
		note := strings.TrimSpace(plain.Clean(value))
		if n := utf8.RuneCountInString(note); n > MaxNote {
			return "", chat.Errorf(chat.CodeTooLong, "The note has %d characters; at most %d are kept.", n, MaxNote)
		}
		return note, nil
	default:
		return "", chat.Errorf(chat.CodeBadContact, "A contact has no field of that name.")
	}
}

// contactAnswer reads a value as a chain reads what a visitor answers.
func contactAnswer(kind talk.AskType, v store.Visitor, value, wrong string) (string, error) {
	read, err := answer.Read(answer.Question{Type: kind}, talk.Event{Text: value}, answer.Situation{Language: v.Language, Country: v.CountryCode, Now: now()})
	if err != nil {
		return "", chat.Errorf(chat.CodeBadContact, "%s", wrong)
	}
	return read.Value, nil
}

// Contact is a field of the visitor's contact; empty when it is not known.
func (p Profile) Contact(field ContactField) string {
	if field == ContactNote {
		return p.Visitor.Note
	}
	for _, x := range p.Variables {
		if x.Name == string(field) {
			return x.Value
		}
	}
	return ""
}
