package dialog

import (
	"context"
	"errors"
	"slices"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// proactiveOrigin begins the origins of proactive messages.
const proactiveOrigin = "proactive:"

// Proactive appends what the site says first, in the language that the visitor read it
// in: the visitor took it into the chat. The words are those of the config, said by the
// bot's mouth. The same Client again changes nothing, nor does a message that there is
// not any more, or one too many for a visitor who never acted.
func (s *Service) Proactive(ctx context.Context, in Session, client chat.ClientID, name string, l config.Language) error {
	p, text := proactive(in.Site, name), ""
	if p != nil {
		text = p.Text.In(l)
	}
	if text == "" {
		return nil
	}
	_, err := s.say(ctx, store.Draft{
		Visitor: in.Visitor, Kind: chat.Message, Author: chat.Author{Party: chat.Bot},
		Content: chat.Content{Text: text}, Origin: proactiveOrigin + string(client), At: now(),
	}, func(ctx context.Context, _ *store.Draft) (*chat.Entry, error) {
		if err := s.refuseBlocked(ctx, in.Visitor); err != nil {
			return nil, err
		}
		if much, err := s.muchEarly(ctx, in.Visitor); err != nil || much {
			return &chat.Entry{}, err
		}
		last, err := s.newestOf(ctx, in.Visitor, chat.Bot)
		if err == nil && last.Content.Text == text { // as in press: said twice in a row it is once
			written, err := s.newestOf(ctx, in.Visitor, chat.Visitor)
			if errors.Is(err, store.ErrNotFound) || err == nil && written.Seq < last.Seq {
				return &last, nil
			}
			return nil, ignoreGone(err)
		}
		return nil, ignoreGone(err)
	}, func(ctx context.Context, e chat.Entry) error {
		who, err := s.store.Visitor(ctx, e.Visitor)
		if err != nil {
			return err
		}
		err = s.store.OpenProactive(ctx, in.Site.ID, e.Visitor, name, e.At)
		if who.Number == 0 { // there is no room before the visitor acts (RULES 23); see makeKnown
			return err
		}
		return errors.Join(err, s.store.Enqueue(ctx, e))
	})
	return err
}

// muchEarly reports whether there is as much in the journal of a visitor who never acted
// as pages may cause; see mostEarly.
func (s *Service) muchEarly(ctx context.Context, v chat.VisitorID) (bool, error) {
	who, err := s.store.Visitor(ctx, v)
	if err != nil || who.Number > 0 {
		return false, err
	}
	marks, err := s.store.Marks(ctx, v)
	return marks.Last >= mostEarly, err
}

// Dismissed counts that somebody sent a site's proactive message away. Who it was is not
// known. A message that there is not any more counts for nothing.
func (s *Service) Dismissed(ctx context.Context, site *config.Site, name string) error {
	if proactive(site, name) == nil {
		return nil
	}
	return s.store.DismissProactive(ctx, site.ID, name, now())
}

// proactive is the site's message of that name; nil if there is none.
func proactive(site *config.Site, name string) *config.Proactive {
	all := site.Widget.Proactive
	if i := slices.IndexFunc(all, func(p config.Proactive) bool { return p.Name == name }); i >= 0 {
		return &all[i]
	}
	return nil
}
