package matrix

import (
	"context"
	"errors"
	"slices"
	"strings"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/matrix/notice"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// picture prepares the pictures of a message's cards. That of a single card is sent
// as a picture whose caption is the card; those of a gallery go into its text, so
// that it stays one message.
func (m *Matrix) picture(ctx context.Context, c *conversation, out *outgoing) error {
	content := &out.entry.Content
	if content.Offer == nil || content.File != nil {
		return nil
	}
	if cards := content.Offer.Cards; len(cards) == 1 {
		offer, card := *content.Offer, cards[0]
		content.File, card.Image = card.Image, nil
		offer.Cards = []chat.Card{card}
		content.Offer = &offer
		return nil
	}
	out.refs.Pictures = map[chat.FileID]id.ContentURIString{}
	for _, card := range content.Offer.Cards {
		if card.Image == nil || card.Image.Kind != chat.Image {
			continue // what is no picture cannot be drawn in a text
		}
		if _, twice := out.refs.Pictures[card.Image.ID]; twice {
			continue
		}
		file, err := m.store.File(ctx, c.visitor, card.Image.ID)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		out.refs.Pictures[file.ID] = file.MXC
		out.pictures = append(out.pictures, file)
	}
	return nil
}

// uploadPictures brings the pictures of cards to the homeserver. If it does not take
// one, the message goes without it, and says so.
func (m *Matrix) uploadPictures(ctx context.Context, c *conversation, e chat.Entry, out *outgoing, folded []chat.Entry) error {
	var lines []string
	for _, f := range out.pictures {
		if f.MXC != "" {
			continue
		}
		err := m.bring(ctx, c, e, f)
		lost, isLost := errors.AsType[errLost](err)
		refused, isRefused := errors.AsType[errRefused](err)
		switch {
		case isLost:
			m.lost(c, f, lost.error)
			lines = append(lines, m.without(c, f, lost.error))
		case isRefused:
			lines = append(lines, m.without(c, f, refused.error))
		case err != nil:
			return err
		}
	}
	if len(lines) == 0 {
		return nil
	}
	bare := *out
	for _, f := range out.pictures {
		known, err := m.store.File(ctx, c.visitor, f.ID)
		if err != nil {
			return err
		}
		bare.refs.Pictures[f.ID] = known.MXC
	}
	bare.entry.Content = said(bare.entry.Content, lines...)
	return m.put(ctx, c, e, &bare, folded)
}

// saidByBot reports whether the visitor got the entry from the bot.
func saidByBot(e chat.Entry) bool { return e.Kind == chat.Message && e.Author.Party == chat.Bot }

// putBare sends what the bot said without its file, with a line about that: the
// words and what the visitor could press are what operators need.
func (m *Matrix) putBare(ctx context.Context, c *conversation, e chat.Entry, out *outgoing, folded []chat.Entry, why error) error {
	bare := *out
	bare.file, bare.refs.Media = nil, ""
	bare.entry.Content.File = nil
	bare.entry.Content = said(bare.entry.Content, m.without(c, *out.file, why))
	return m.put(ctx, c, e, &bare, folded)
}

// without is what operators read in place of a file of the bot.
func (m *Matrix) without(c *conversation, f store.File, why error) string {
	m.log.Warn().Err(why).Str(trail.Visitor, string(c.visitor)).Msg("A file that the bot showed is left out of its message for operators")
	line, _ := notice.Text(string(c.site.Language), notice.BotFileMissing, notice.Args{File: f.Name, Cause: cause(why)})
	return line
}

// said is a content with more lines, and without formatting.
func said(c chat.Content, lines ...string) chat.Content {
	c.HTML, c.Text = "", strings.TrimPrefix(strings.Join(slices.Concat([]string{c.Text}, lines), "\n"), "\n")
	return c
}
