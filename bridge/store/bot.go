package store

import (
	"context"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// BotSwitch is whether the bot speaks in a dialog. Its zero value is a bot that does.
type BotSwitch struct {
	// OffSince is when the bot was silenced; zero when it was not.
	OffSince time.Time
	// OffUntil is when it speaks again; zero for when the dialog is closed.
	OffUntil time.Time
	// By is the operator because of whom it is silent.
	By id.UserID
}

// On reports whether the bot speaks at a moment.
func (b BotSwitch) On(at time.Time) bool {
	return b.OffSince.IsZero() || !b.OffUntil.IsZero() && !at.Before(b.OffUntil)
}

// SetBotOff silences the bot in a dialog. What was said so far is settled, see SetPast.
func (s *Store) SetBotOff(ctx context.Context, v chat.VisitorID, b BotSwitch) error {
	return s.exec(ctx, `UPDATE dialog SET bot_off_since = $2, bot_off_until = $3, bot_off_by = $4, past_seq = last_seq WHERE visitor_id = $1`,
		v, milliseconds(b.OffSince), millisecondsOr0(b.OffUntil), b.By)
}

// SetBotOn lets the bot speak in a dialog, which operators have left with that.
func (s *Store) SetBotOn(ctx context.Context, v chat.VisitorID) error {
	return s.exec(ctx, `UPDATE dialog SET bot_off_since = 0, bot_off_until = 0, bot_off_by = '', left_seq = last_seq WHERE visitor_id = $1`, v)
}
