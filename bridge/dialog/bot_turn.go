package dialog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bot"
	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// turn is one turn of the bot in a dialog: what it hears, and what it wants done.
type turn struct {
	who  store.Visitor
	site *config.Site
	set  *chain.Set
	// stands and before are how the dialog and the bot stood when it was computed.
	stands store.Dialog
	before store.BotState
	// row is what is heard; without a position it is time that passed.
	row store.BotInput
	in  talk.Input
	// passed is true if that is passed over: it cannot be read, is too old, or removed.
	passed, removed bool
	// was and after are where the bot stands.
	was, after bot.State
	actions    []talk.Action
	// fetched are what is shown, by what names it; nil for what cannot be had. hurries is
	// true of a turn that has waited for its place for long enough.
	fetched map[showing]*chat.File
	hurries bool
	// faults are what went wrong beside the chains.
	faults []talk.Fault
}

// errStale says that the dialog has changed since a turn was computed. The bot's
// state has a number that rises with each turn, which fences as a lease's does.
var errStale = fmt.Errorf("the dialog has changed since the turn was computed: %w", store.ErrFenced)

// nextTurn computes the next turn of a dialog; nil when the bot has nothing to
// hear. It changes nothing.
func (s *Service) nextTurn(ctx context.Context, v chat.VisitorID) (*turn, error) {
	t := &turn{}
	var err error
	if t.who, err = s.store.Visitor(ctx, v); err != nil {
		return nil, ignoreGone(err)
	}
	t.set = s.bot.chains.of(t.who.Site)
	site, siteErr := s.Site(t.who.Site)
	if t.set == nil || siteErr != nil {
		return nil, nil // its bot is off, and what it has to hear waits
	}
	t.site = site
	if t.stands, err = s.store.Dialog(ctx, v); err != nil {
		return nil, ignoreGone(err)
	}
	if out, err := s.store.ShutOut(ctx, v); err != nil || out { // at the end of that it goes on
		return nil, err
	}
	if t.before, err = s.store.BotState(ctx, v); err != nil {
		return nil, err
	}
	if some, err := s.hearNext(ctx, t); err != nil || !some {
		return nil, err
	}
	if t.in.Facts, err = s.facts(ctx, site, t.who, t.stands, now()); err != nil {
		return nil, err
	}
	s.think(t)
	return t, s.restrain(ctx, t)
}

// hearNext finds what is heard: time that passed before the next event, that
// event, or time that passed until now.
func (s *Service) hearNext(ctx context.Context, t *turn) (some bool, err error) {
	at, due := now(), t.before.Due
	t.row, err = s.store.NextBotInput(ctx, t.who.ID)
	waits := err == nil
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return false, err
	}
	if waits {
		at = t.row.At
	}
	switch {
	case !due.IsZero() && !due.After(at):
		t.row = store.BotInput{Key: fmt.Sprintf("tick:%d", t.before.Version), At: at}
		t.in.Event.Kind = talk.Tick
	case !waits:
		return false, nil
	default:
		if err := json.Unmarshal([]byte(t.row.Event), &t.in.Event); err != nil {
			t.in.Event, t.passed = talk.Event{}, true
			t.faults = append(t.faults, talk.Fault{Code: "bad_input", Text: "The bot passed over something that happened in a dialog: it cannot be read."})
		}
		late, err := s.tooLate(ctx, t)
		if err != nil {
			return false, err
		}
		if t.removed, err = s.unsaid(ctx, t); err != nil {
			return false, err
		}
		t.passed = t.passed || late || t.removed
	}
	t.in.ID, t.in.At, t.in.Seed = t.row.Key, at, seedOf(t.who.ID, t.row.Key)
	return true, nil
}

const (
	// answersAtMost is how old what a visitor did may be that the bot still answers,
	// and answersAfterOthers the same if somebody has spoken since. The bot may have
	// been off, or the visitor shut out.
	answersAtMost      = 24 * time.Hour
	answersAfterOthers = time.Hour
)

// tooLate reports whether a turn would answer what the visitor did too long ago.
// What others did is heard however late, and so is the wish for no messages.
func (s *Service) tooLate(ctx context.Context, t *turn) (bool, error) {
	switch e := t.in.Event; e.Kind {
	case talk.Said:
		if chain.IsStop(e.Text) || chain.IsStart(e.Text) {
			return false, nil
		}
	case talk.Pressed, talk.Visited, talk.Opened, talk.Happened, talk.DialogOpened, talk.DialogReopened:
	default:
		return false, nil
	}
	age := now().Sub(t.row.At)
	if age < answersAfterOthers || age >= answersAtMost {
		return age >= answersAtMost, nil
	}
	for _, party := range []chat.Party{chat.Visitor, chat.Operator} {
		newest, err := s.newestOf(ctx, t.who.ID, party)
		if err := ignoreGone(err); err != nil {
			return false, err
		}
		if newest.At.After(t.row.At) {
			return true, nil
		}
	}
	return false, nil
}

// unsaid reports whether the message that is heard was removed meanwhile: the visitor
// wants no answer to it. The wish for no messages holds all the same.
func (s *Service) unsaid(ctx context.Context, t *turn) (bool, error) {
	message, isMessage := strings.CutPrefix(t.row.Key, saidKey)
	if !isMessage || chain.IsStop(t.in.Event.Text) {
		return false, nil
	}
	e, err := s.store.Entry(ctx, t.who.ID, chat.EntryID(message))
	return err == nil && e.Redacted, ignoreGone(err)
}

// seedOf is the same for the same input, so that a turn that is computed again
// leaves the same things to chance.
func seedOf(v chat.VisitorID, key string) uint64 {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(string(v) + " " + key)) // never fails, see hash.Hash
	return sum.Sum64()
}

// think has the bot take its turn. A fault of the program costs the bot what it
// was about to do in the dialog, and nothing else.
func (s *Service) think(t *turn) {
	if t.before.State != "" {
		if err := json.Unmarshal([]byte(t.before.State), &t.was); err != nil {
			t.faults = append(t.faults, talk.Fault{Code: "bad_state", Text: "The bot began anew in a dialog: where it stood cannot be read."})
			t.was = bot.State{Memory: chain.Memory{Unsubscribed: true}} // the visitor may have been
		}
	}
	if t.passed {
		t.after = t.was
		return
	}
	defer func() {
		if fault := recover(); fault != nil {
			s.log.Error().Str(trail.Panic, trail.Fault(fault)).Bytes(trail.Stack, debug.Stack()).Str(trail.Visitor, string(t.who.ID)).Msg("A turn of the bot broke off")
			t.breakOff("panic", "A turn of the bot broke off by a fault of the program, which its log describes.")
		}
	}()
	t.after, t.actions = bot.Turn(t.set, t.was, t.in)
}

// breakOff makes of a turn one that does nothing: its input is passed over, and
// the chains under way end. What is known of the visitor stays, and what was due
// now counts as done, or it would be over at once for ever.
func (t *turn) breakOff(code, text string) {
	t.after, t.actions = t.was, nil
	t.after.End(t.in.At)
	t.faults = append(t.faults, talk.Fault{Code: code, Text: text})
}

// What a visitor who never acted may cause: pages tell the bot of events for
// ever, and no room nor any limit of messages holds that.
const (
	// mostEarly is how many entries the bot makes, but for those of the turn that
	// reaches it, and the site's first words; no more go into the room that comes with
	// the first act.
	mostEarly = 20
	// mostEarlyTurns is in how many turns it does anything that others notice.
	mostEarlyTurns = 200
)

// restrain makes nothing of a turn that is too much for a visitor who never
// acted: the event is as if it had not been. Time goes on, or it would come again.
func (s *Service) restrain(ctx context.Context, t *turn) error {
	if t.who.Number > 0 || !slices.ContainsFunc(t.actions, isNoticed) {
		return nil
	}
	marks, err := s.store.Marks(ctx, t.who.ID)
	if err != nil {
		return err
	}
	if marks.Last < mostEarly && t.before.Version < mostEarlyTurns {
		return nil
	}
	t.actions = nil
	if t.in.Event.Kind != talk.Tick {
		t.after = t.was
	}
	return nil
}

// isNoticed reports whether others than the bot get to know of an action.
func isNoticed(a talk.Action) bool {
	switch a.(type) {
	case talk.Say, talk.Note, talk.Alert, talk.Hand, talk.Request, talk.Generate, talk.Emit:
		return true
	default:
		return false
	}
}

// says reports whether the visitor would get something of the turn that it was not
// shown while it was written.
func (t *turn) says() bool {
	return slices.ContainsFunc(t.actions, func(a talk.Action) bool {
		say, ok := a.(talk.Say)
		return ok && (say.Byline == nil || say.Byline.Stream == "")
	})
}

// commit keeps a turn and all that it wants done, or returns errStale and keeps
// nothing: who spoke meanwhile, or switched the bot off, was first (RULES 10).
func (s *Service) commit(ctx context.Context, t *turn) error {
	state, err := json.Marshal(t.after)
	if err != nil {
		return fmt.Errorf("write where the bot stands: %w", err)
	}
	next := store.BotState{State: string(state), Version: t.before.Version}
	killpoint.Reach(killpoint.BeforeTurn)
	err = s.store.Write(ctx, func(ctx context.Context) error {
		if err := s.checkStale(ctx, t); err != nil {
			return err
		}
		if t.row.Position > 0 {
			there, err := s.store.FinishBotInput(ctx, t.row)
			if err != nil {
				return err
			}
			if !there { // taken back, as a reply is to a question that was removed
				return errStale
			}
		}
		if err := s.carryOut(ctx, t); err != nil {
			return err
		}
		stands, err := s.store.Dialog(ctx, t.who.ID) // which it may have silenced
		if err != nil {
			return err
		}
		next.Due = t.due(stands.Bot)
		same, err := s.store.SetBotState(ctx, t.who.ID, next)
		if err == nil && !same {
			return errStale
		}
		return err
	})
	if err == nil {
		killpoint.Reach(killpoint.AfterTurn)
		s.endStream(t)
	}
	return err
}

// checkStale returns errStale if the dialog is another one than the turn was computed for.
func (s *Service) checkStale(ctx context.Context, t *turn) error {
	stands, err := s.store.Dialog(ctx, t.who.ID)
	if err != nil {
		return err
	}
	out, err := s.store.ShutOut(ctx, t.who.ID)
	if err != nil {
		return err
	}
	removed, err := s.unsaid(ctx, t)
	if err != nil {
		return err
	}
	if out || removed != t.removed || stands.Bot != t.stands.Bot || stands.Status != t.stands.Status || stands.Assignee != t.stands.Assignee {
		return errStale
	}
	return nil
}

// due is when time alone brings the next turn. What would be due while the bot is
// silent waits for the end of that.
func (t *turn) due(stands store.BotSwitch) time.Time {
	due, speaks := t.after.Due(), stands.OffUntil
	if t.after.Silent && speaks.After(t.in.At) && (due.IsZero() || speaks.Before(due)) {
		due = speaks
	}
	if t.in.Event.Kind == talk.Tick && !due.IsZero() && !due.After(t.in.At) {
		due = t.in.At.Add(time.Second) // or it would be over at once for ever
	}
	return due
}

func ignoreGone(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}
