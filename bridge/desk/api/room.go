package api

import (
	"context"
	"errors"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Room is what a Matrix room of the site is for.
type Room struct {
	// Kind is desk or dialog.
	Kind string `json:"kind"`
	// Contact is whose dialog it is, also one that goes on in a newer room; absent for the desk.
	Contact chat.VisitorID `json:"contact,omitempty"`
}

// room says what a panel beside a room is to show. The room's id is no secret and
// proves nothing: who asks may see all contacts of the site.
func (a *API) room(ctx context.Context, q request) (reply, error) {
	none := chat.Errorf(chat.CodeUnknownRoom, "The site has no such room.")
	v, _, err := a.store.DialogOf(ctx, id.RoomID(q.PathValue("room")))
	if err == nil {
		var visitor store.Visitor
		visitor, err = a.store.Visitor(ctx, v)
		switch {
		case err != nil:
		case visitor.Site != q.site.ID:
			return reply{}, none
		case visitor.Desk:
			return ok(Room{Kind: "desk"}), nil
		case Listed(visitor):
			return ok(Room{Kind: "dialog", Contact: v}), nil
		default:
			return reply{}, none
		}
	}
	if errors.Is(err, store.ErrNotFound) {
		return reply{}, none
	}
	return reply{}, err
}
