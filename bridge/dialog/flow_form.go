package dialog

import (
	"context"
	"errors"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// PendingForm is a form with the fields whose answers are not known yet.
type PendingForm struct {
	// ID is start, handoff or away.
	ID          string
	Title       config.Text
	Fields      []config.FormField
	WithMessage bool
}

// The forms by when they are asked.
const (
	formStart   = "start"
	formHandoff = "handoff"
	formAway    = "away"
)

// pendingForm is what the visitor is asked to fill in; nil for nothing.
func (s *Service) pendingForm(ctx context.Context, in Session, stands store.Dialog) (*PendingForm, error) {
	id, form := s.formOf(in.Site, stands)
	if form == nil {
		return nil, nil
	}
	filled, err := s.store.HasFilled(ctx, in.Visitor, id)
	if err != nil || filled {
		return nil, err
	}
	known, err := s.knownAnswers(ctx, in.Visitor)
	if err != nil {
		return nil, err
	}
	pending := &PendingForm{ID: id, Title: form.Title, WithMessage: id == formAway && begins(stands)}
	for _, field := range form.Fields {
		if !known[field.Variable()] {
			pending.Fields = append(pending.Fields, field)
		}
	}
	if len(pending.Fields) == 0 {
		return nil, nil
	}
	return pending, nil
}

// begins reports whether what the visitor says next opens the dialog.
func begins(stands store.Dialog) bool { return stands.Status != store.StatusOpen }

// formOf is which of a site's forms is due as a dialog stands, whoever the visitor is; nil for none.
func (s *Service) formOf(site *config.Site, stands store.Dialog) (id string, form *config.Form) {
	forms := site.Widget.Forms
	if forms == (config.Forms{}) || personIsHere(stands) {
		return "", nil
	}
	waits := !begins(stands) && stands.Promised
	switch {
	case forms.Away != nil && !site.IsOpen(now()) && (waits || begins(stands) && !s.botAnswers(site, stands)):
		return formAway, forms.Away
	case forms.Handoff != nil && waits:
		return formHandoff, forms.Handoff
	case forms.Start != nil && begins(stands):
		return formStart, forms.Start
	default:
		return "", nil
	}
}

// knownAnswers are the names of what is known of a visitor already.
func (s *Service) knownAnswers(ctx context.Context, v chat.VisitorID) (map[string]bool, error) {
	visitor, err := s.store.Visitor(ctx, v)
	if err != nil {
		return nil, err
	}
	variables, err := s.store.Variables(ctx, v)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{"name": rank(visitor.NamedBy) > rank(store.NamedByBridge)}
	for _, x := range variables {
		known[x.Name] = x.Value != ""
	}
	return known, nil
}

// formFirst refuses a message while a form with required fields is to be filled in.
func (s *Service) formFirst(ctx context.Context, in Session) error {
	if in.Site.Widget.Forms == (config.Forms{}) {
		return nil
	}
	stands, err := s.store.Dialog(ctx, in.Visitor)
	if err != nil {
		return err
	}
	pending, err := s.pendingForm(ctx, in, stands)
	if err != nil || pending == nil {
		return err
	}
	for _, field := range pending.Fields {
		if field.Required {
			// It may be due by the clock alone, of which nobody was told.
			s.hub.wakeListeners(in.Visitor)
			return chat.Errorf(chat.CodeFormNeeded, "The form comes before the message.")
		}
	}
	return nil
}

// formOrigin begins the origins of what was filled in.
const formOrigin = "form:"

// Fill keeps what a visitor filled in, as its own words of itself, and tells operators of
// it in the dialog's room once there is one. The same Client again changes nothing, nor
// does the same form: the journal would be filled with it, within no budget before there
// is a room.
func (s *Service) Fill(ctx context.Context, in Session, client chat.ClientID, id string, values map[string]string) (chat.Entry, error) {
	form := formNamed(in.Site, id)
	if form == nil {
		return chat.Entry{}, chat.Errorf(chat.CodeBadForm, "There is no such form.")
	}
	var filled []Answered
	return s.say(ctx, s.noticeOf(in, formOrigin+string(client)), func(ctx context.Context, d *store.Draft) (*chat.Entry, error) {
		if err := s.refuseBlocked(ctx, in.Visitor); err != nil {
			return nil, err
		}
		if last, err := s.alreadyFilled(ctx, in.Visitor, id); err != nil || last != nil {
			return last, err
		}
		visitor, err := s.store.Visitor(ctx, in.Visitor)
		if err != nil {
			return nil, err
		}
		known, err := s.knownAnswers(ctx, in.Visitor)
		if err != nil {
			return nil, err
		}
		if filled, err = answers(in.Site, visitor, form, values, known); err != nil {
			return nil, err
		}
		d.Content = said(s.desk.Filled(in.Site, filled))
		return nil, nil
	}, func(ctx context.Context, e chat.Entry) error {
		visitor, err := s.store.Visitor(ctx, in.Visitor)
		if err != nil {
			return err
		}
		form := store.Filled{Form: id, At: e.At}
		for _, a := range filled {
			form.Answers = append(form.Answers, store.FormAnswer{Name: a.Field.Variable(), Value: a.kept})
		}
		// First, as webhooks are told below of a contact, which has its forms.
		if err := s.store.SetFilled(ctx, in.Visitor, form); err != nil {
			return err
		}
		var names []string
		for _, a := range filled {
			changed, err := s.setByBot(ctx, visitor, a.Field.Variable(), a.kept)
			if err != nil {
				return err
			}
			if changed { // else somebody knows better
				names = append(names, a.Field.Variable())
			}
		}
		if err := s.changedForBot(ctx, in.Visitor, names...); err != nil {
			return err
		}
		return s.toRoom(ctx, visitor, e)
	})
}

// alreadyFilled is the newest entry, by which a form that was filled in before is
// acknowledged once more; nil if it was not.
func (s *Service) alreadyFilled(ctx context.Context, v chat.VisitorID, id string) (*chat.Entry, error) {
	filled, err := s.store.HasFilled(ctx, v, id)
	if err != nil || !filled {
		return nil, err
	}
	marks, err := s.store.Marks(ctx, v)
	if err != nil {
		return nil, err
	}
	last, err := s.store.EntryAt(ctx, v, marks.Last)
	if errors.Is(err, store.ErrNotFound) { // nothing tells of it
		return nil, nil
	}
	return &last, err
}

// formNamed is a site's form of that name; nil for none.
func formNamed(site *config.Site, id string) *config.Form {
	for name, form := range site.Widget.Forms.All() {
		if name == id {
			return form
		}
	}
	return nil
}

// FieldLabel is what operators call a field of a site's form; empty where that has no label,
// or is not in the config any more. site may be nil.
func FieldLabel(site *config.Site, form, name string) string {
	if site == nil {
		return ""
	}
	if found := formNamed(site, form); found != nil {
		for _, field := range found.Fields {
			if field.Variable() == name {
				return field.Caption(site.Language)
			}
		}
	}
	return ""
}

// Answered is a field of a form with its answer.
type Answered struct {
	Field config.FormField
	// Shown is the answer as operators read it.
	Shown string
	kept  string
}

// answers are the fields of a form that were filled in. It is refused with CodeBadForm.
func answers(site *config.Site, v store.Visitor, form *config.Form, values map[string]string, known map[string]bool) (all []Answered, err error) {
	for _, field := range form.Fields {
		kept, shown, ok := answerOf(site, v, field, values[field.Variable()])
		if !ok || kept == "" && field.Required && !known[field.Variable()] {
			return nil, chat.Errorf(chat.CodeBadForm, "The field %s has no good answer.", field.Variable())
		}
		if kept != "" {
			all = append(all, Answered{field, shown, kept})
		}
	}
	return all, nil
}

// answerOf reads what was filled in; false for what the field does not take.
func answerOf(site *config.Site, v store.Visitor, field config.FormField, value string) (kept, shown string, ok bool) {
	if len(value) > utf8.UTFMax*MaxValue || utf8.RuneCountInString(value) > field.Limit() {
		return "", "", false
	}
	value = plain.Line(value, field.Limit())
	if plain.Blank(value) {
		return "", "", true
	}
	switch field.Type {
	case config.FieldEmail:
		read, err := contactValue(site, v, ContactEmail, value)
		return read, read, err == nil
	case config.FieldPhone:
		read, ok := phoneOf(site, v, value)
		return read, read, ok
	case config.FieldSelect:
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 || n >= len(field.Choices) {
			return "", "", false
		}
		choice := field.Choices[n].Any(site.Language)
		return choice, choice, true
	case config.FieldCheckbox:
		return "yes", "✓", value == "yes"
	case config.FieldName:
		value = plain.Line(value, MaxName)
		return value, value, true
	case config.FieldText:
		return value, value, true
	default:
		return "", "", false
	}
}

// phoneOf is a phone number as it is dialled from anywhere. One of a country that nobody
// knows operators read as it was written.
func phoneOf(site *config.Site, v store.Visitor, value string) (read string, ok bool) {
	if read, err := contactValue(site, v, ContactPhone, value); err == nil {
		return read, true
	}
	return value, hasDigits(value)
}

// The digits that a phone number has (E.164 section 6.2.1, and the shortest in use).
const leastDigits, mostDigits = 5, 15

// hasDigits reports whether a text may be a number, in the digits of any script.
func hasDigits(number string) bool {
	digits := 0
	for _, r := range number {
		switch {
		case unicode.IsDigit(r):
			digits++
		case unicode.IsLetter(r):
			return false
		}
	}
	return digits >= leastDigits && digits <= mostDigits
}
