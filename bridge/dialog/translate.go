package dialog

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/marks"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

const (
	// translateFor is how long an operator's words wait for their translation; then
	// they go as they are.
	translateFor = 5 * time.Second
	// translateMost is how many of operators' messages are translated at once; what
	// finds no place in time goes as it is.
	translateMost = 32
	// restFor is how long a site's assistant is not asked for translations after it did
	// not answer in time, so that an outage costs one wait and not one for each message.
	restFor = 30 * time.Second
	// triesFor is how long it is tried again to translate a visitor's message.
	triesFor = 10 * time.Minute
	// knownFor is how long a translation is kept for the event that it was made for.
	knownFor = 2 * time.Minute
	// mostBacklog is how many of the visitor's last messages are translated when
	// translating begins.
	mostBacklog = 5
	tooSlow     = "The assistant did not answer in time."
	// mostTranslated is the longest text that is translated, in characters.
	mostTranslated = 6000
)

// translations are those of operators' words that are under way, or were made a
// moment ago. They are not kept: an event whose translation was lost with the
// process is unconverted still, and is translated anew.
type translations struct {
	mu    sync.Mutex
	of    map[translated]*translation
	slots chan struct{}
	// rest is until when a site's assistant is not asked.
	rest map[chat.SiteID]time.Time
	// ctx ends them all.
	ctx  context.Context //nolint:containedctx // they outlive the call that begins them
	stop context.CancelFunc
}

// translated is an operator's event in a dialog.
type translated struct {
	visitor chat.VisitorID
	event   string
}

type translation struct {
	// done is closed once the others are set.
	done   chan struct{}
	answer Writing
	at     time.Time
}

func newTranslations() *translations {
	t := &translations{
		of: map[translated]*translation{}, slots: make(chan struct{}, translateMost), rest: map[chat.SiteID]time.Time{},
	}
	t.ctx, t.stop = context.WithCancel(context.Background())
	return t
}

// Translate puts what an operator said in an event into the visitor's language, if
// the dialog is translated. While that is under way it returns a channel that closes
// within translateFor; the same call is to be made again then. Failed is set if the
// words go as they are because they could not be translated.
func (s *Service) Translate(ctx context.Context, v chat.VisitorID, event string, c *chat.Content) (wait <-chan struct{}, failed Failure, err error) {
	who, site, err := s.siteOf(ctx, v)
	if err != nil || who.Desk || !s.Assists(site) || !translatable(c.Text) {
		return nil, "", err
	}
	stands, err := s.store.Dialog(ctx, v)
	if err != nil || stands.Translate == "" {
		return nil, "", err
	}
	text, html := c.Text, c.HTML                                                                 // who asks may change its own
	t := s.translations.begin(translated{v, event}, site.ID, func(ctx context.Context) Writing { //nolint:contextcheck // it outlives this call
		made := Writing{Failed: FailedBroken}
		if err := safely(func() error { made = s.formatted(ctx, site, who, text, html, stands.Translate); return nil }); err != nil {
			s.log.Error().Err(err).Str(trail.Visitor, string(v)).Msg("The translation of an operator's words broke off; they go as they are")
		}
		return made
	})
	select {
	case <-t.done:
	default:
		return t.done, "", nil
	}
	if t.answer.Failed != "" {
		return nil, t.answer.Failed, nil
	}
	if t.answer.Text != c.Text {
		c.Original = &chat.Original{Text: c.Text, HTML: c.HTML, Language: string(site.Language), Into: stands.Translate}
		c.Text, c.HTML = t.answer.Text, t.answer.HTML
	}
	return nil, "", nil
}

// begin returns the translation of an event, which is begun if it was not yet.
func (t *translations) begin(of translated, site chat.SiteID, translate func(context.Context) Writing) *translation {
	t.mu.Lock()
	defer t.mu.Unlock()
	maps.DeleteFunc(t.of, func(_ translated, x *translation) bool { return now().Sub(x.at) > knownFor })
	if known := t.of[of]; known != nil {
		return known
	}
	fresh := &translation{done: make(chan struct{}), at: now()}
	t.of[of] = fresh
	go func() {
		defer close(fresh.done)
		ctx, cancel := context.WithTimeout(t.ctx, translateFor)
		defer cancel()
		fresh.answer = Writing{Failed: FailedEndpoint, Why: tooSlow}
		select {
		case t.slots <- struct{}{}:
			defer func() { <-t.slots }()
			answer := make(chan Writing, 1)
			go func() { answer <- translate(ctx) }()
			select {
			case fresh.answer = <-answer:
			case <-ctx.Done(): // whatever the assistant does with its context
				t.tire(site)
			}
		case <-ctx.Done():
			t.tire(site)
		}
	}()
	return fresh
}

// formatted translates an operator's text together with its formatting: a model gets
// that as marks to be kept, and where it has not kept them the words go plain.
func (s *Service) formatted(ctx context.Context, site *config.Site, v store.Visitor, text, html, into string) Writing {
	marked, m, ok := marks.Of(html)
	if !ok {
		return s.into(ctx, site, v, text, string(site.Language), into)
	}
	answer := s.into(ctx, site, v, marked, string(site.Language), into)
	if answer.Failed != "" {
		return answer
	}
	answer.HTML, answer.Text, _ = m.Restore(answer.Text)
	if _, was, _ := m.Restore(marked); answer.Text == was {
		return Writing{Text: text} // it was in that language already
	}
	if why := faultOf(text, answer.Text); why != "" {
		return Writing{Failed: FailedRefused, Why: why}
	}
	return answer
}

// into translates a text, unless the site's assistant did not answer a moment ago.
func (s *Service) into(ctx context.Context, site *config.Site, v store.Visitor, text, from, into string) Writing {
	t := s.translations
	t.mu.Lock()
	rests := now().Before(t.rest[site.ID])
	t.mu.Unlock()
	if rests {
		return Writing{Failed: FailedEndpoint, Why: tooSlow}
	}
	if utf8.RuneCountInString(text) > mostTranslated {
		return Writing{Failed: FailedRefused, Why: "The text is too long to be translated."}
	}
	answer := s.errands.scribe.Translate(ctx, site, v, text, from, into)
	if answer.Failed == "" {
		answer.Text = strings.TrimSpace(plain.Clean(answer.Text))
		if why := faultOf(text, answer.Text); why != "" {
			answer = Writing{Failed: FailedRefused, Why: why}
		}
	}
	if answer.Failed == FailedEndpoint && (answer.Down || ctx.Err() != nil) { // and not only this text cannot be had
		t.tire(site.ID)
	}
	return answer
}

// tire lets a site's assistant rest for a while.
func (t *translations) tire(site chat.SiteID) {
	if t.ctx.Err() != nil {
		return // it was we who ended it
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rest[site] = now().Add(restFor)
}

// address is anything that a client may make a link of.
var address = regexp.MustCompile(`(?i)\b(?:[a-z][a-z0-9+.-]*://|www\.|mailto:|tel:)\S+|\b[a-z0-9-]+(?:\.[a-z0-9-]+)+/\S*|[^\s@<>"]+@[^\s@<>"]+\.[^\s@<>"]+`)

// addresses are those of a text, without what stands around them.
func addresses(text string) []string {
	all := address.FindAllString(text, -1)
	for i, link := range all {
		all[i] = strings.TrimFunc(link, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	}
	return all
}

// faultOf says why what a model made of a text is no translation of it: it says
// nothing, it says far more, or it leads elsewhere.
func faultOf(text, made string) string {
	const spare, times = 200, 4
	switch {
	case plain.Blank(made):
		return "The translation is empty."
	case utf8.RuneCountInString(made) > spare+times*utf8.RuneCountInString(text):
		return "What the assistant wrote is far longer than the text."
	case slices.ContainsFunc(addresses(made), func(link string) bool { return !slices.Contains(addresses(text), link) }):
		return "What the assistant wrote has a link that the text does not have."
	default:
		return ""
	}
}

// translatable reports whether a text has words.
func translatable(text string) bool { return strings.ContainsFunc(text, unicode.IsLetter) }

// translateSaid has what a visitor wrote translated for operators, if the dialog is.
// It is called in the transaction in which the message comes, which does not wait.
func (s *Service) translateSaid(ctx context.Context, e chat.Entry) error {
	pressed := e.Content.Answer != nil && e.Content.Answer.Button != nil // in the bot's words
	if e.Kind != chat.Message && e.Kind != chat.Edit || pressed || !translatable(e.Content.Text) {
		return nil
	}
	stands, err := s.store.Dialog(ctx, e.Visitor)
	if err != nil || stands.Translate == "" {
		return err
	}
	return s.errand(ctx, e.Visitor, store.TranslationErrand, string(e.ID), Order{Entry: e.ID, Until: now().Add(triesFor)})
}

// StartTranslating has a dialog translated both ways: between the operators'
// language and the one that the visitor speaks, a BCP 47 tag. What the visitor wrote
// since an operator's last word is translated too, as far as it is not much.
func (s *Service) StartTranslating(ctx context.Context, v chat.VisitorID, language string) error {
	return s.store.Write(ctx, func(ctx context.Context) error {
		if _, err := s.store.SetTranslate(ctx, v, language); err != nil {
			return err
		}
		s.errands.failing.forget(v)
		newest, err := s.store.EntriesBefore(ctx, v, newestSeq, 10*mostBacklog)
		if err != nil {
			return err
		}
		var said []chat.Entry
		for _, e := range newest {
			switch {
			case e.Author.Party == chat.Operator && e.Kind == chat.Message:
				said = nil
			case e.Author.Party == chat.Visitor && e.Kind == chat.Message && !e.Redacted:
				said = append(said, e)
			}
		}
		for _, e := range said[max(len(said)-mostBacklog, 0):] {
			if err := s.translateSaid(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
}

// StopTranslating ends that. It reports whether the dialog was translated.
func (s *Service) StopTranslating(ctx context.Context, v chat.VisitorID) (bool, error) {
	return s.store.SetTranslate(ctx, v, "")
}

// tellTranslation tells operators what the visitor reads of an operator's words.
func (s *Service) tellTranslation(ctx context.Context, e chat.Entry, why Failure) error {
	if e.Content.Original == nil && why == "" {
		return nil
	}
	v, site, err := s.siteOf(ctx, e.Visitor)
	if err != nil {
		return err
	}
	about := e
	if e.Target != "" {
		if about, err = s.store.Entry(ctx, e.Visitor, e.Target); err != nil {
			return err
		}
	}
	if s.knowsFailure(ctx, v.ID, toVisitor, why) {
		return nil
	}
	if why != "" {
		return s.desk.Untranslated(ctx, site, about, why)
	}
	return s.desk.Translated(ctx, site, about, e)
}
