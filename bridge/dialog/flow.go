package dialog

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Flow is what stands beside the talk for a visitor: what it is asked to fill in or to
// rate, and whether it can call a person.
type Flow struct {
	Form           *PendingForm
	Person, Called bool
	Rate           *PendingRate
}

// PendingForm is a form with the fields whose answers are not known yet.
type PendingForm struct {
	// ID is start, handoff or away.
	ID          string
	Title       config.Text
	Fields      []config.FormField
	WithMessage bool
}

// PendingRate is a closing that can be rated, and how it was so far.
type PendingRate struct {
	Closed time.Time
	store.Rating
	Given bool
	Word  string
}

// The forms by when they are asked.
const (
	formStart   = "start"
	formHandoff = "handoff"
	formAway    = "away"
)

// MaxRatingWord is the most characters of what a visitor says to its rating.
const MaxRatingWord = 500

// Flow returns what stands beside the talk now.
func (s *Service) Flow(ctx context.Context, in Session) (f Flow, err error) {
	stands, err := s.store.Dialog(ctx, in.Visitor)
	if err != nil || stands.Blocked {
		return Flow{}, ignoreGone(err)
	}
	if f.Form, err = s.pendingForm(ctx, in, stands); err != nil {
		return Flow{}, err
	}
	waits := stands.Status == store.StatusOpen && stands.Promised && !personIsHere(stands)
	f.Called = waits && in.Site.Widget.Person
	f.Person = in.Site.Widget.Person && !waits && s.botAnswers(in.Site, stands)
	if of := in.Site.Widget.Rating.Of(); of > 0 && stands.Status == store.StatusClosed && !stands.ClosedAt.IsZero() {
		f.Rate = &PendingRate{Closed: stands.ClosedAt, Rating: store.Rating{Of: of}}
		given, word, err := s.store.ClosingRating(ctx, in.Visitor, stands.ClosedAt)
		if err == nil && given.Of == of {
			f.Rate.Rating, f.Rate.Word, f.Rate.Given = given, word, true
		} else if err := ignoreGone(err); err != nil {
			return Flow{}, err
		}
	}
	return f, nil
}

// personIsHere reports whether an operator has spoken and not left since.
func personIsHere(stands store.Dialog) bool { return stands.Replied > stands.Marks.Left }

// botAnswers reports whether what the visitor says next is the bot's to answer.
func (s *Service) botAnswers(site *config.Site, stands store.Dialog) bool {
	hasWords := s.bot.chains.of(site.ID) != nil || site.AlwaysAnswers() != nil
	return site.Bot.Enabled && hasWords && stands.Bot.On(now()) && !personIsHere(stands)
}

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

// Fill keeps what a visitor filled in, as its own words of itself, and tells operators of
// it in the dialog's room once there is one. The same Client again changes nothing.
func (s *Service) Fill(ctx context.Context, in Session, client chat.ClientID, id string, values map[string]string) (chat.Entry, error) {
	form := map[string]*config.Form{
		formStart: in.Site.Widget.Forms.Start, formHandoff: in.Site.Widget.Forms.Handoff, formAway: in.Site.Widget.Forms.Away,
	}[id]
	if form == nil {
		return chat.Entry{}, chat.Errorf(chat.CodeBadForm, "There is no such form.")
	}
	var filled []answered
	return s.say(ctx, s.noticeOf(in, "form:"+string(client)), func(ctx context.Context, d *store.Draft) (*chat.Entry, error) {
		if err := s.refuseBlocked(ctx, in.Visitor); err != nil {
			return nil, err
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
		d.Content.Text = formNotice(in.Site, filled)
		return nil, nil
	}, func(ctx context.Context, e chat.Entry) error {
		visitor, err := s.store.Visitor(ctx, in.Visitor)
		if err != nil {
			return err
		}
		var names []string
		for _, a := range filled {
			if err := s.setByBot(ctx, visitor, a.field.Variable(), a.kept); err != nil {
				return err
			}
			names = append(names, a.field.Variable())
		}
		if err := errors.Join(s.store.SetFilled(ctx, in.Visitor, id, e.At), s.changedForBot(ctx, in.Visitor, names...)); err != nil {
			return err
		}
		return s.toRoom(ctx, visitor, e)
	})
}

// answered is a field with its answer: as it is kept, and as operators read it.
type answered struct {
	field       config.FormField
	kept, shown string
}

// answers are the fields of a form that were filled in. It is refused with CodeBadForm.
func answers(site *config.Site, v store.Visitor, form *config.Form, values map[string]string, known map[string]bool) (all []answered, err error) {
	for _, field := range form.Fields {
		kept, shown, ok := answerOf(site, v, field, values[field.Variable()])
		if !ok || kept == "" && field.Required && !known[field.Variable()] {
			return nil, chat.Errorf(chat.CodeBadForm, "The field %s has no good answer.", field.Variable())
		}
		if kept != "" {
			all = append(all, answered{field, kept, shown})
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
		read, err := contactValue(site, v, ContactPhone, value)
		if err != nil { // it may be of a country that nobody knows: operators read it as it was written
			read = value
		}
		return read, read, hasDigits(value)
	case config.FieldSelect:
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 || n >= len(field.Choices) {
			return "", "", false
		}
		choice := inLanguage(field.Choices[n], site.Language)
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

// The digits that a phone number has (E.164 section 6.2.1, and the shortest in use).
const leastDigits, mostDigits = 5, 15

func hasDigits(number string) bool {
	digits := 0
	for _, r := range number {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case unicode.IsLetter(r):
			return false
		}
	}
	return digits >= leastDigits && digits <= mostDigits
}

// inLanguage are the words for operators, in whatever language there are some.
func inLanguage(text config.Text, l config.Language) string {
	for _, spoken := range append([]config.Language{l}, config.Languages()...) {
		if words := text.In(spoken); words != "" {
			return words
		}
	}
	return ""
}

// formNotice is what operators read of a form.
func formNotice(site *config.Site, filled []answered) string {
	title, none := "The visitor filled in the form:", "The visitor left the form empty."
	own := map[config.FieldType]string{config.FieldName: "Name", config.FieldEmail: "E-mail", config.FieldPhone: "Phone"}
	if site.Language == config.Russian {
		title, none = "Посетитель заполнил форму:", "Посетитель оставил форму пустой."
		own = map[config.FieldType]string{config.FieldName: "Имя", config.FieldEmail: "Почта", config.FieldPhone: "Телефон"}
	}
	if len(filled) == 0 {
		return none
	}
	lines := []string{title}
	for _, a := range filled {
		label := inLanguage(a.field.Label, site.Language)
		if label == "" {
			label = own[a.field.Type]
		}
		lines = append(lines, fmt.Sprintf("• %s: %s", strings.TrimSuffix(label, ":"), a.shown))
	}
	return strings.Join(lines, "\n")
}

// noticeOf is a quiet word to operators of what the visitor did.
func (s *Service) noticeOf(in Session, origin string) store.Draft {
	return store.Draft{Visitor: in.Visitor, Kind: chat.Notice, Author: chat.Author{Party: chat.Bot}, Origin: origin, At: now()}
}

// toRoom puts a notice on its way, if there is a room, and has the visitor's tabs look
// anew. Before there is one it waits with what the bot has said.
func (s *Service) toRoom(ctx context.Context, v store.Visitor, e chat.Entry) error {
	store.AfterCommit(ctx, func() { s.hub.wakeListeners(v.ID) })
	if v.Number == 0 {
		return nil
	}
	return s.store.Enqueue(ctx, e)
}

// wanted calls a person with the message that asks for one, in its transaction: the bot,
// which would answer otherwise, is silent from here on.
func (s *Service) wanted(ctx context.Context, in Session, e chat.Entry) error {
	v, err := s.store.Visitor(ctx, in.Visitor)
	if err != nil {
		return err
	}
	if err := s.SilenceBot(ctx, v.ID, s.cfg.BotUserID(), time.Duration(in.Site.Bot.Pause)); err != nil {
		return err
	}
	reason := "The visitor asks for a person."
	if in.Site.Language == config.Russian {
		reason = "Посетитель просит позвать человека."
	}
	return s.callTo(ctx, in.Site, v, handOff{Hand: talk.Hand{Reason: reason}, Origin: "person:" + string(e.ID)})
}

// Rate keeps how a visitor rated what was closed at that time, with a word or none, and
// tells operators of it. It may be changed until the dialog is open again.
func (s *Service) Rate(ctx context.Context, in Session, client chat.ClientID, closed time.Time, score int64, word string) (chat.Entry, error) {
	of := in.Site.Widget.Rating.Of()
	if of == 0 || score < 0 || score > of || of > 1 && score == 0 {
		return chat.Entry{}, chat.Errorf(chat.CodeBadFrame, "There is no such rating.")
	}
	word = strings.TrimSpace(plain.Clean(word))
	if plain.Blank(word) {
		word = ""
	}
	if n := utf8.RuneCountInString(word); n > MaxRatingWord {
		return chat.Entry{}, chat.Errorf(chat.CodeTooLong, "The word to the rating has %d characters; at most %d are kept.", n, MaxRatingWord)
	}
	rating := store.Rating{Score: score, Of: of}
	return s.say(ctx, s.noticeOf(in, "rate:"+string(client)), func(ctx context.Context, d *store.Draft) (*chat.Entry, error) {
		if err := s.refuseBlocked(ctx, in.Visitor); err != nil {
			return nil, err
		}
		stands, err := s.store.Dialog(ctx, in.Visitor)
		if err != nil {
			return nil, err
		}
		if stands.Status != store.StatusClosed || !stands.ClosedAt.Equal(closed) {
			return nil, chat.Errorf(chat.CodeUnknownTarget, "What was rated is not the last that was closed, or the conversation has gone on.")
		}
		_, _, err = s.store.ClosingRating(ctx, in.Visitor, closed)
		d.Content.Text = ratingNotice(in.Site, rating, word, err == nil)
		return nil, ignoreGone(err)
	}, func(ctx context.Context, e chat.Entry) error {
		visitor, err := s.store.Visitor(ctx, in.Visitor)
		if err != nil {
			return err
		}
		return errors.Join(
			s.store.RateClosing(ctx, in.Visitor, closed, rating, word, e.At),
			s.happened(ctx, in.Visitor, Happening{Event: config.RatingGiven, Origin: "rating:" + string(e.ID), Rating: rating}),
			s.toRoom(ctx, visitor, e),
		)
	})
}

// ratingNotice is what operators read of a rating.
func ratingNotice(site *config.Site, r store.Rating, word string, again bool) string {
	shown := "👎"
	if r.Of > 1 {
		shown = strings.Repeat("★", int(r.Score)) + strings.Repeat("☆", int(r.Of-r.Score)) + fmt.Sprintf(" %d/%d", r.Score, r.Of)
	} else if r.Score > 0 {
		shown = "👍"
	}
	text := "The visitor rated the dialog: "
	switch {
	case site.Language == config.Russian && again:
		text = "Посетитель изменил оценку: "
	case site.Language == config.Russian:
		text = "Посетитель оценил диалог: "
	case again:
		text = "The visitor changed the rating: "
	}
	if text += shown; word != "" {
		text += "\n" + word
	}
	return text
}
