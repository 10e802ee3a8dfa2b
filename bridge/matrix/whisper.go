package matrix

import (
	"context"
	"errors"
	"fmt"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/matrix/recipe"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

const (
	// whispersWaiting is how many whispers may wait; of more the rest is lost.
	whispersWaiting = 64
	// whisperWithin is how long one may take, with the room that it may need.
	whisperWithin = time.Minute
)

// whisper is what one operator alone is told.
type whisper struct {
	site     *config.Site
	operator id.UserID
	text     markup.Text
	failed   func(context.Context)
}

// roleDirect is the role, among a site's rooms, of the bot's chat with one operator.
func roleDirect(operator id.UserID) string { return "direct " + string(operator) }

// Whisper tells an operator of a site something that nobody else reads, in a chat of
// the two alone. It does not block, and nothing is kept for a later start: what is
// whispered is worth nothing by then.
func (m *Matrix) Whisper(site *config.Site, operator id.UserID, text markup.Text, failed func(context.Context)) {
	select {
	case m.whispers <- whisper{site, operator, text, failed}:
	default:
		go failed(context.Background())
	}
}

// runWhispers sends them one after the other until ctx ends.
func (m *Matrix) runWhispers(ctx context.Context) error {
	for {
		select {
		case w := <-m.whispers:
			if err := m.whisper(ctx, w); err != nil && ctx.Err() == nil {
				m.log.Warn().Err(err).Str(trail.Site, string(w.site.ID)).Stringer("operator", w.operator).Msg("An operator could not be told something in private")
				w.failed(ctx)
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (m *Matrix) whisper(ctx context.Context, w whisper) error {
	ctx, cancel := context.WithTimeout(ctx, whisperWithin)
	defer cancel()
	select {
	case <-m.ready:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := m.hs.gate.pass(ctx); err != nil {
		return err
	}
	room, err := m.directRoom(ctx, w)
	if err != nil {
		return err
	}
	_, err = m.hs.as(m.cfg.BotUserID()).SendMessageEvent(ctx, room, event.EventMessage, &event.MessageEventContent{
		MsgType: event.MsgNotice, Body: w.text.Plain, Format: event.FormatHTML, FormattedBody: w.text.HTML,
		Mentions: &event.Mentions{UserIDs: []id.UserID{w.operator}},
	})
	return err
}

// directRoom is the bot's chat with an operator: the one that there is, with the
// operator in it or asked in and with nobody else, or a new one.
func (m *Matrix) directRoom(ctx context.Context, w whisper) (id.RoomID, error) {
	room, err := m.store.SiteRoom(ctx, w.site.ID, roleDirect(w.operator))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return "", err
	}
	if room != "" {
		usable, err := m.isDirect(ctx, room, w.operator)
		if err != nil || usable {
			return room, err
		}
	}
	created, err := m.hs.as(m.cfg.BotUserID()).CreateRoom(ctx, recipe.Direct(m.cfg, w.site, w.operator, m.roomVersion))
	if err == nil {
		_, err = named(created.RoomID)
	}
	if err != nil {
		return "", fmt.Errorf("create a chat with %s: %w", w.operator, err)
	}
	return created.RoomID, m.store.SetSiteRoom(ctx, w.site.ID, roleDirect(w.operator), created.RoomID)
}

// isDirect reports whether a chat can be used, and asks its operator in again who left it.
func (m *Matrix) isDirect(ctx context.Context, room id.RoomID, operator id.UserID) (bool, error) {
	bot := m.cfg.BotUserID()
	// The cache would not do: what is whispered must not be read by who came in meanwhile.
	members, err := m.hs.as(bot).Members(ctx, room, mautrix.ReqMembers{NotMembership: event.MembershipLeave})
	if err != nil {
		if f := outcome(err); f == noRoom || f == refused {
			return false, nil
		}
		return false, err
	}
	own, theirs, others := inChat(members.Chunk, bot, operator)
	switch {
	case others || own != event.MembershipJoin || theirs == event.MembershipBan:
		return false, nil
	case theirs == event.MembershipJoin || theirs == event.MembershipInvite:
		return true, nil
	}
	_, err = m.hs.as(bot).InviteUser(ctx, room, &mautrix.ReqInviteUser{UserID: operator})
	if err != nil && (outcome(err) == noRoom || outcome(err) == refused) {
		return false, nil
	}
	return err == nil, err
}

// inChat says how the two of a chat are in it, and whether anybody else is.
func inChat(members []*event.Event, bot, operator id.UserID) (own, theirs event.Membership, others bool) {
	own, theirs = event.MembershipLeave, event.MembershipLeave
	for _, e := range members {
		membership := readMember(e.Content.VeryRaw).Membership
		switch e.GetStateKey() {
		case string(bot):
			own = membership
		case string(operator):
			theirs = membership
		default:
			others = others || membership != event.MembershipLeave && membership != event.MembershipBan
		}
	}
	return own, theirs, others
}
