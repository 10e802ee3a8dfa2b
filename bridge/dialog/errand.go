package dialog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/lang"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

const (
	// errandWorkers is how many errands are done at once, and siteErrands how many of
	// one site: those of one that is slow hold up no other's.
	errandWorkers = 8
	siteErrands   = 4
	// errandMost is the longest that one may take; errandLease is longer.
	errandMost  = 3 * time.Minute
	errandLease = 5 * time.Minute
	// errandTries is how often an errand is tried that the bridge itself fails at,
	// until it is given up (as in RULES 4); errandRetry is the pause between them.
	errandTries = 3
	errandRetry = time.Second
)

// Scribe has a site's assistant write for operators. Its calls block until the
// assistant has answered, or failed, or ctx has ended; they count towards the
// assistant's limits.
type Scribe interface {
	// Draft proposes the next answer to the visitor. hint is what an operator wants
	// of it; language is a BCP 47 tag, or empty for the one in which the visitor writes.
	Draft(ctx context.Context, site *config.Site, v store.Visitor, hint, language string) Writing
	// Sum sums a dialog up in a language. left is how many of its first messages were
	// too many to be read.
	Sum(ctx context.Context, site *config.Site, v store.Visitor, language string) (said Writing, left int)
	// Translate translates a text of a dialog from a language into another one.
	Translate(ctx context.Context, site *config.Site, v store.Visitor, text, from, into string) Writing
}

// Writing is what an assistant wrote for operators.
type Writing struct {
	// Text is plain text.
	Text string
	// HTML, when set, is a translation with the formatting of what was translated,
	// sanitised as that was.
	HTML string
	// Sources are the passages of the site's knowledge that a draft rests on.
	Sources []chat.Source
	// Failed is why there is none; Why says more of that in a sentence for operators,
	// or is empty.
	Failed Failure
	Why    string
	// Down is true if the endpoint does not answer anybody at the moment.
	Down bool
}

// Failure is why an assistant wrote nothing, as talk.Failure.
type Failure = talk.Failure

// The failures.
const (
	FailedEndpoint = talk.FailedEndpoint
	FailedRefused  = talk.FailedRefused
	FailedUnknown  = talk.FailedUnknown
	FailedLimit    = talk.FailedLimit
	// FailedBroken: the bridge itself failed at it time and again.
	FailedBroken Failure = "broken"
)

// Order is what an errand is about.
type Order struct {
	// By is the operator who wants it, and Event the command by which it was wanted;
	// both are empty for a translation.
	By    id.UserID  `json:"by,omitempty"`
	Event id.EventID `json:"event,omitempty"`
	// Hint is what the operator wants of a draft.
	Hint string `json:"hint,omitempty"`
	// Entry is the message or the edit of the visitor that is to be translated, and
	// Until when that is given up if the assistant does not answer.
	Entry chat.EntryID `json:"entry,omitempty"`
	Until time.Time    `json:"until,omitzero"`
}

// Written is what became of an errand.
type Written struct {
	Kind store.ErrandKind
	Order
	Writing
	// About is the message that a translation is of, also if that was edited.
	About chat.Entry
	// Meaning is what a draft says in the operators' language, if it is in another one.
	Meaning string
	// Left is how many of a dialog's first messages a summary passes over.
	Left int
}

// errands is who does them.
type errands struct {
	scribe Scribe
	bell   signal
	// failing is what operators know of translations that fail.
	failing knownFailures
}

// ServeScribe sets who writes for operators in place of the sites' assistants; call it
// before any door is open.
func (s *Service) ServeScribe(w Scribe) { s.errands.scribe = w }

// Assists reports whether operators of a site have an assistant that writes for them.
func (s *Service) Assists(site *config.Site) bool {
	return site.Bot.Enabled && len(site.Assistants) > 0
}

// Ask has the assistant write something; the same command asks once.
func (s *Service) Ask(ctx context.Context, v chat.VisitorID, kind store.ErrandKind, o Order) error {
	return s.errand(ctx, v, kind, string(o.Event), o)
}

// errand keeps an errand under a name that is unique in its dialog and kind.
func (s *Service) errand(ctx context.Context, v chat.VisitorID, kind store.ErrandKind, name string, o Order) error {
	order, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("write an errand: %w", err)
	}
	fresh, err := s.store.AddErrand(ctx, store.Errand{Visitor: v, ID: string(kind) + ":" + name, Kind: kind, Order: string(order)}, now())
	if err == nil && fresh {
		store.AfterCommit(ctx, s.errands.bell.wake)
	}
	return err
}

// RunErrands has the assistants write for operators until ctx ends. What was under
// way when the process ended is written anew at the next start.
func (s *Service) RunErrands(ctx context.Context) error {
	return works[store.Errand]{
		name: "what assistants write for operators", bell: s.errands.bell, most: errandWorkers, release: s.store.ReleaseErrands,
		take: func(ctx context.Context, now time.Time, most int) ([]store.Errand, time.Time, error) {
			return s.store.TakeErrands(ctx, now, errandLease, store.RequestShare{Limit: most, Site: siteErrands})
		},
		do: func(ctx context.Context, e store.Errand) {
			if err := safely(func() error { return s.doErrand(ctx, e) }); err != nil && ctx.Err() == nil {
				s.errandFailed(ctx, e, err)
			}
		},
	}.run(ctx, s.log)
}

// doErrand does an errand and tells the operators what came of it.
func (s *Service) doErrand(ctx context.Context, e store.Errand) error {
	killpoint.Reach(killpoint.BeforeErrand)
	until := time.Now().Add(errandLease)
	w, some, err := s.written(ctx, e)
	if err != nil || ctx.Err() != nil {
		return err // it is done anew
	}
	killpoint.Reach(killpoint.AfterErrand)
	return keep(ctx, until, func() error {
		return s.store.Write(ctx, func(ctx context.Context) error {
			if w.Kind == store.TranslationErrand && w.Failed == FailedEndpoint && now().Before(w.Until) {
				// It may answer again soon; meanwhile operators know why there is nothing.
				return errors.Join(s.store.PostponeErrand(ctx, e, now().Add(restFor)), s.wroteOut(ctx, e, w))
			}
			if mine, err := s.store.FinishErrand(ctx, e); err != nil || !mine || !some {
				return err
			}
			return s.wroteOut(ctx, e, w)
		})
	})
}

// errandFailed has an errand done again that the bridge itself failed at, or gives it
// up. While nothing can be written it waits for the end of its lease.
func (s *Service) errandFailed(ctx context.Context, e store.Errand, cause error) {
	log := s.log.With().Str(trail.Visitor, string(e.Visitor)).Str("kind", string(e.Kind)).Logger()
	failures, err := s.store.FailErrand(ctx, e, now().Add(errandRetry))
	switch {
	case errors.Is(err, store.ErrNotFound): // its visitor is gone
	case err != nil || failures < errandTries:
		log.Warn().Err(errors.Join(cause, err)).Msg("What the assistant was to write for operators broke off; it is written anew")
	default:
		log.Error().Err(cause).Msg("What the assistant was to write for operators broke off time and again, and is given up")
		if err := s.giveUp(ctx, e); err != nil && ctx.Err() == nil {
			log.Error().Err(err).Msg("Operators could not be told that something is not written for them")
		}
	}
}

// giveUp ends an errand, and tells operators so if that can be told.
func (s *Service) giveUp(ctx context.Context, e store.Errand) error {
	w := Written{Kind: e.Kind, Writing: Writing{Failed: FailedBroken}}
	err := s.store.Write(ctx, func(ctx context.Context) (err error) {
		if mine, err := s.store.FinishErrand(ctx, e); err != nil || !mine {
			return err
		}
		if err := json.Unmarshal([]byte(e.Order), &w.Order); err != nil {
			return fmt.Errorf("read an errand: %w", err)
		}
		if e.Kind == store.TranslationErrand {
			if _, w.About, err = s.said(ctx, e.Visitor, w.Entry); err != nil {
				return err
			}
		}
		return s.wroteOut(ctx, e, w)
	})
	if err == nil {
		return nil
	}
	_, left := s.store.FinishErrand(ctx, e)
	return errors.Join(err, left)
}

// said is a message or an edit, and the message that it is about: itself, or the edited one.
func (s *Service) said(ctx context.Context, v chat.VisitorID, entry chat.EntryID) (e, about chat.Entry, err error) {
	if e, err = s.store.Entry(ctx, v, entry); err != nil || e.Target == "" {
		return e, e, err
	}
	about, err = s.store.Entry(ctx, v, e.Target)
	return e, about, err
}

// wroteOut tells operators what was written.
func (s *Service) wroteOut(ctx context.Context, e store.Errand, w Written) error {
	v, site, err := s.siteOf(ctx, e.Visitor)
	if err != nil {
		return err
	}
	if e.Kind == store.TranslationErrand {
		if gone, err := s.removed(ctx, w); err != nil || gone || s.knowsFailure(ctx, v.ID, toOperators, w.Failed) {
			return err
		}
	}
	return s.desk.Wrote(ctx, site, v, w)
}

// siteOf is a visitor and its site; both may be gone, which is a chat.Error.
func (s *Service) siteOf(ctx context.Context, v chat.VisitorID) (store.Visitor, *config.Site, error) {
	visitor, err := s.store.Visitor(ctx, v)
	if errors.Is(err, store.ErrNotFound) {
		err = gone()
	}
	if err != nil {
		return visitor, nil, err
	}
	site, err := s.Site(visitor.Site)
	return visitor, site, err
}

// written has an errand written. some is false if nothing comes of it.
func (s *Service) written(ctx context.Context, e store.Errand) (w Written, some bool, err error) {
	v, site, err := s.siteOf(ctx, e.Visitor)
	if err != nil || !s.Assists(site) {
		return w, false, ignoreGone(err) // the assistant left the config
	}
	w.Kind = e.Kind
	if err := json.Unmarshal([]byte(e.Order), &w.Order); err != nil {
		return w, false, fmt.Errorf("read an errand: %w", err)
	}
	stands, err := s.store.Dialog(ctx, v.ID)
	if err != nil {
		return w, false, err
	}
	limited, cancel := context.WithTimeout(ctx, errandMost)
	defer cancel()
	scribe, ours := s.errands.scribe, string(site.Language)
	switch e.Kind {
	case store.DraftErrand:
		w.Writing = scribe.Draft(limited, site, v, w.Hint, stands.Translate)
		if w.Failed == "" && stands.Translate != "" && !lang.Same(stands.Translate, ours) {
			w.Meaning = s.into(limited, site, v, w.Text, stands.Translate, ours).Text
		}
		return w, true, nil
	case store.SummaryErrand:
		w.Writing, w.Left = scribe.Sum(limited, site, v, ours)
		return w, true, nil
	case store.TranslationErrand:
		some, err := s.translateEntry(limited, site, v, stands, &w)
		return w, some, err
	default:
		return w, false, nil // of a newer program
	}
}

// translateEntry translates a message of the visitor for operators. It reports
// false if there is nothing to translate.
func (s *Service) translateEntry(ctx context.Context, site *config.Site, v store.Visitor, stands store.Dialog, w *Written) (bool, error) {
	e, about, err := s.said(ctx, v.ID, w.Entry)
	if errors.Is(err, store.ErrNotFound) || err == nil && (e.Redacted || stands.Translate == "") {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	w.About = about
	w.Writing = s.into(ctx, site, v, e.Content.Text, stands.Translate, string(site.Language))
	return w.Text != e.Content.Text, nil // it was in that language already
}

// removed reports whether a message was taken back while it was translated.
func (s *Service) removed(ctx context.Context, w Written) (bool, error) {
	for _, entry := range []chat.EntryID{w.Entry, w.About.ID} {
		e, err := s.store.Entry(ctx, w.About.Visitor, entry)
		if err != nil || e.Redacted {
			return e.Redacted, err
		}
	}
	return false, nil
}

// SendMark is the reaction to a draft by which an operator sends it.
const SendMark = "✅"

// Sending is that somebody in the room wants a draft sent.
type Sending struct {
	// Draft is the notice that holds it.
	Draft    chat.Entry
	Operator chat.Author
	// Allowed is false for people in the room who may talk but not command.
	Allowed bool
	// Event is the event by which it is wanted.
	Event string
}

// SendDraft sends the visitor an answer that the assistant proposed, as if an
// operator had written it; also runs in the same transaction. A draft is sent once,
// whoever wants it how often.
func (s *Service) SendDraft(ctx context.Context, w Sending, also func(context.Context) error) error {
	return s.store.Write(ctx, func(ctx context.Context) error {
		draft, err := s.store.Entry(ctx, w.Draft.Visitor, w.Draft.ID)
		proposed := draft.Content.Draft
		if err != nil || proposed == nil {
			return errors.Join(ignoreGone(err), also(ctx))
		}
		v, site, err := s.siteOf(ctx, draft.Visitor)
		if err != nil {
			return err
		}
		origin := draftOrigin(draft.ID)
		if _, err := s.store.EntryByOrigin(ctx, v.ID, replyOrigin+origin); !errors.Is(err, store.ErrNotFound) {
			return errors.Join(err, also(ctx)) // it was sent
		}
		if refused, err := s.desk.Sending(ctx, site, v, w); err != nil || refused {
			return errors.Join(err, also(ctx))
		}
		return errors.Join(
			s.Reply(ctx, v.ID, w.Operator, origin, chat.Content{Text: proposed.Text, Answers: proposed.For}),
			also(ctx),
		)
	})
}

func draftOrigin(draft chat.EntryID) string { return "draft:" + string(draft) }

// DraftFor returns the draft that a command was answered with, or store.ErrNotFound.
func (s *Service) DraftFor(ctx context.Context, v chat.VisitorID, command id.EventID) (chat.Entry, error) {
	return s.NoticeOf(ctx, v, WrittenOrigin(store.DraftErrand, command))
}

// WrittenOrigin is the origin of the notice that has what a command had written.
func WrittenOrigin(kind store.ErrandKind, command id.EventID) string {
	return string(kind) + ":" + string(command)
}
