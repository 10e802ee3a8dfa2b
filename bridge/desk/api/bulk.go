package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// mostBulk is how many contacts one request changes.
const mostBulk = 200

// bulk is one act on several contacts; exactly one of the acts is given.
type bulk struct {
	IDs    []chat.VisitorID `json:"ids"`
	Tag    *string          `json:"tag"`
	Untag  *string          `json:"untag"`
	Status *store.Status    `json:"status"`
	// Assignee is an operator of the site, or null for nobody.
	Assignee optionalString `json:"assignee"`
}

// Bulk is what became of the contacts: how many are as they were to be, and which are not.
type Bulk struct {
	Done   int      `json:"done"`
	Failed []Failed `json:"failed"`
}

// Failed is a contact that was not changed, and why.
type Failed struct {
	ID     chat.VisitorID `json:"id"`
	Code   chat.Code      `json:"code"`
	Detail string         `json:"detail"`
}

// bulk changes several contacts, each in a transaction of its own. With an
// Idempotency-Key each is changed once: who asks again, also after half of it was
// done, has the rest done.
func (a *API) bulk(ctx context.Context, q request) (reply, error) {
	var want bulk
	if err := read(q, &want); err != nil {
		return reply{}, err
	}
	if err := want.check(q); err != nil {
		return reply{}, err
	}
	once, err := a.onceEach(ctx, q)
	if err != nil {
		return reply{}, err
	}
	out := Bulk{Failed: []Failed{}}
	for i, v := range want.IDs {
		if slices.Contains(want.IDs[:i], v) {
			continue
		}
		err := once(ctx, v, func(ctx context.Context, visitor store.Visitor) error {
			one := q
			one.visitor = visitor
			return want.on(ctx, a, one)
		})
		public, isPublic := errors.AsType[*chat.Error](err)
		switch {
		case err == nil:
			out.Done++
		case isPublic:
			out.Failed = append(out.Failed, Failed{v, public.Code, public.Text})
		default:
			return reply{}, err
		}
	}
	return reply{http.StatusOK, out}, nil
}

// check refuses what would be wrong of each of the contacts.
func (b bulk) check(q request) error {
	acts := 0
	for _, given := range []bool{b.Tag != nil, b.Untag != nil, b.Status != nil, b.Assignee.given} {
		if given {
			acts++
		}
	}
	switch {
	case len(b.IDs) == 0 || len(b.IDs) > mostBulk:
		return chat.Errorf(chat.CodeBadRequest, "“ids” are from 1 to %d contacts.", mostBulk)
	case acts != 1:
		return chat.Errorf(chat.CodeBadRequest, "The body needs one of “tag”, “untag”, “status” and “assignee”.")
	case b.Tag != nil:
		_, err := dialog.CleanTag(*b.Tag)
		return err
	case b.Untag != nil:
		return nil
	case !q.who.may(config.DialogsWrite):
		return chat.Errorf(chat.CodeBadScope, "This needs a token with the scope %s.", config.DialogsWrite)
	case b.Status != nil && *b.Status != store.StatusOpen && *b.Status != store.StatusClosed:
		return chat.Errorf(chat.CodeBadRequest, "A status is open or closed.")
	case b.Assignee.text != "" && !q.site.IsOperator(id.UserID(b.Assignee.text)):
		return chat.Errorf(chat.CodeUnknownOperator, "“assignee” must be an operator of the site, or null.")
	}
	return nil
}

// on changes the contact that the request names.
func (b bulk) on(ctx context.Context, a *API, q request) error {
	switch {
	case b.Tag != nil:
		_, _, err := a.dialog.Tag(ctx, q.visitor.ID, *b.Tag)
		return err
	case b.Untag != nil:
		_, err := a.dialog.Untag(ctx, q.visitor.ID, *b.Untag)
		return err
	default:
		return a.setDialog(ctx, q, dialogPatch{Status: b.Status, Assignee: b.Assignee})
	}
}

// usedForSeveral refuses a key under which something was done to several contacts.
func (a *API) usedForSeveral(ctx context.Context, q request, key string) error {
	before, err := a.store.APIRequestsOf(ctx, q.site.ID, q.who.name, key)
	if err == nil && len(before) > 0 {
		err = chat.Errorf(chat.CodeKeyReused, "This Idempotency-Key was used for another request.")
	}
	return err
}

// onceEach is once for an act on each of several contacts: what is kept of a key
// stands at each contact, goes with it, and is written with the act itself.
func (a *API) onceEach(ctx context.Context, q request) (func(context.Context, chat.VisitorID, func(context.Context, store.Visitor) error) error, error) {
	key, who := q.Header.Get("Idempotency-Key"), q.who.name
	if len(key) > maxKey {
		return nil, chat.Errorf(chat.CodeBadRequest, "An Idempotency-Key has at most %d bytes.", maxKey)
	}
	sum := sha256.Sum256([]byte(q.Method + " " + q.URL.Path + "\n" + string(q.body)))
	asked := hex.EncodeToString(sum[:])
	if key != "" {
		before, err := a.store.APIRequestsOf(ctx, q.site.ID, who, key)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(before, func(other string) bool { return other != asked }) {
			return nil, chat.Errorf(chat.CodeKeyReused, "This Idempotency-Key was used for another request.")
		}
	}
	return func(ctx context.Context, v chat.VisitorID, act func(context.Context, store.Visitor) error) error {
		return a.store.Write(ctx, func(ctx context.Context) error {
			visitor, err := a.visitorOf(ctx, q.site, v)
			if err != nil {
				return err
			}
			if key == "" {
				return act(ctx, visitor)
			}
			kept := store.APIRequest{
				Site: q.site.ID, Token: who, Key: store.KeyOf(key, v), Visitor: v, Asked: asked, Status: http.StatusOK, At: a.dialog.Now(),
			}
			if _, err := a.store.APIRequest(ctx, kept.Site, kept.Token, kept.Key); !errors.Is(err, store.ErrNotFound) {
				return err // nil: it was done before
			}
			return errors.Join(act(ctx, visitor), a.store.KeepAPIRequest(ctx, kept))
		})
	}, nil
}
