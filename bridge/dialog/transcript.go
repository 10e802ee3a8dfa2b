package dialog

import (
	"context"
	"errors"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/transcript"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// TranscriptPage is how many messages of a transcript are held in memory at once, each with
// its newest edit and with the one that it answers.
const TranscriptPage = 25

// Resume lets in by a secret whose session is there already, and makes none; it
// refuses with the codes of EnterAgreed.
func (s *Service) Resume(ctx context.Context, site chat.SiteID, secret string) (Session, error) {
	found, err := s.Site(site)
	if err != nil {
		return Session{}, err
	}
	name := hashSecret(site, secret)
	v, err := s.store.FindSession(ctx, site, name)
	switch {
	case errors.Is(err, store.ErrEnded):
		return Session{}, signedOut()
	case errors.Is(err, store.ErrNotFound):
		return Session{}, chat.Errorf(chat.CodeBadSession, "There is no such session.")
	case err != nil:
		return Session{}, err
	}
	if err := s.refuseBlocked(ctx, v.ID); err != nil {
		return Session{}, err
	}
	if err := s.refuseUnagreed(ctx, found, v.ID); err != nil {
		return Session{}, err
	}
	return Session{Visitor: v.ID, Site: found, At: now(), SeenAt: v.SeenAt, name: name}, nil
}

// TranscriptAbout says of whom a transcript of the dialog is, in the visitor's
// language and time zone as its browser told them last.
func (s *Service) TranscriptAbout(ctx context.Context, site *config.Site, v chat.VisitorID) (transcript.About, error) {
	visitor, err := s.store.Visitor(ctx, v)
	if errors.Is(err, store.ErrNotFound) {
		err = gone()
	}
	if err != nil {
		return transcript.About{}, err
	}
	color, ink := site.Widget.Light()
	return transcript.About{
		Site: site.Name, Language: languageOf(site, visitor), Zone: zoneOf(site, visitor), At: now(), Color: color, Ink: ink,
	}, nil
}

// spokenWith is what the widget speaks with a visitor.
func spokenWith(site *config.Site, v store.Visitor) config.Language {
	if l := site.Widget.Match(v.Language); l != "" {
		return l
	}
	return site.Widget.Unspoken()
}

// languageOf is what transcripts and mails speak with a visitor: what the widget does, and
// for a language of a file, which has no words of theirs, the one that completes it.
func languageOf(site *config.Site, v store.Visitor) string {
	l := string(site.Widget.Below(spokenWith(site, v)))
	if !transcript.Knows(l) {
		return string(config.English)
	}
	return l
}

// zoneOf is where the visitor's clock is. The name is the browser's own word: of what
// is no zone the site's is taken.
func zoneOf(site *config.Site, v store.Visitor) *time.Location {
	if v.TimeZone == "" || v.TimeZone == "Local" {
		return site.Location()
	}
	zone, err := time.LoadLocation(v.TimeZone)
	if err != nil {
		return site.Location()
	}
	return zone
}

// Transcript gives the messages of a dialog above number after as they stand now, up
// to the newest when it is begun. What only operators see is not among them.
func (s *Service) Transcript(ctx context.Context, v chat.VisitorID, after int64) transcript.Messages {
	return func(yield func(transcript.Message, error) bool) {
		marks, err := s.Marks(ctx, v)
		if err != nil {
			yield(transcript.Message{}, err)
			return
		}
		for {
			page, err := s.transcriptPage(ctx, v, after)
			if err != nil {
				yield(transcript.Message{}, err)
				return
			}
			for _, m := range page {
				if m.Entry.Seq > marks.Last || !yield(m, nil) {
					return
				}
				after = m.Entry.Seq
			}
			if len(page) < TranscriptPage {
				return
			}
		}
	}
}

func (s *Service) transcriptPage(ctx context.Context, v chat.VisitorID, after int64) ([]transcript.Message, error) {
	entries, err := s.store.MessagesAfter(ctx, v, after, TranscriptPage)
	if err != nil {
		return nil, err
	}
	var answered []chat.EntryID
	for _, e := range entries {
		if e.Content.ReplyTo != "" {
			answered = append(answered, e.Content.ReplyTo)
		}
	}
	quoted, err := s.store.EntriesOf(ctx, v, answered)
	if err != nil {
		return nil, err
	}
	messages, err := s.AsTheyStand(ctx, v, entries)
	if err != nil {
		return nil, err
	}
	quotes, err := s.AsTheyStand(ctx, v, quoted)
	if err != nil {
		return nil, err
	}
	by := make(map[chat.EntryID]*transcript.Message, len(quotes))
	for i := range quotes {
		by[quotes[i].Entry.ID] = &quotes[i]
	}
	for i := range messages {
		messages[i].Quoted = by[messages[i].Entry.Content.ReplyTo]
	}
	return messages, nil
}

// AsTheyStand returns messages of a dialog with their edits and reactions, as the widget
// shows them.
func (s *Service) AsTheyStand(ctx context.Context, v chat.VisitorID, entries []chat.Entry) ([]transcript.Message, error) {
	ids := make([]chat.EntryID, len(entries))
	for i, e := range entries {
		ids[i] = e.ID
	}
	about, err := s.store.EditsAndReactions(ctx, v, ids)
	if err != nil {
		return nil, err
	}
	edits, reactions := map[chat.EntryID]chat.Entry{}, map[chat.EntryID][]string{}
	for _, e := range about {
		if e.Kind == chat.Edit {
			edits[e.Target] = e
		} else {
			reactions[e.Target] = append(reactions[e.Target], e.Content.Key)
		}
	}
	messages := make([]transcript.Message, len(entries))
	for i, e := range entries {
		m := transcript.Message{Entry: e, Said: e.Content, Reactions: reactions[e.ID]}
		if edit, edited := edits[e.ID]; edited {
			m.Said, m.Edited = edit.Content, true
		}
		messages[i] = m
	}
	return messages, nil
}
