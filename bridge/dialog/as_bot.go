package dialog

import (
	"context"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// ReplyAsBot appends a message that a program or an operator says by the bot's mouth,
// such as news of an order, and puts it on its way to Matrix. Nobody's place is taken: the
// bot goes on as it was, and who waits for an answer goes on waiting. The same origin is
// sent once.
func (s *Service) ReplyAsBot(ctx context.Context, v chat.VisitorID, origin, text string) (chat.Entry, error) {
	return s.say(ctx, store.Draft{
		Visitor: v, Kind: chat.Message, Author: chat.Author{Party: chat.Bot},
		Content: chat.Content{Text: text}, Origin: replyOrigin + origin, At: now(),
	}, accept, s.store.Enqueue)
}
