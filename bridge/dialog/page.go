package dialog

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// VisitGap parts two visits: so long nothing was seen of the visitor.
const VisitGap = 30 * time.Minute

// Page records where the visitor is. Over-long parts are cut. again is true for
// a tab that only connects anew: the page that it is on was seen before. A page
// that is the same as before costs two readings and writes nothing.
func (s *Service) Page(ctx context.Context, in Session, p store.Page, again bool) error {
	p = store.Page{URL: plain.Line(p.URL, 2048), Title: plain.Line(p.Title, 256), Referrer: plain.Line(p.Referrer, 2048)}
	if p.URL == "" {
		return nil
	}
	v, err := s.store.Visitor(ctx, in.Visitor)
	if errors.Is(err, store.ErrNotFound) {
		return nil // erased meanwhile
	}
	if err != nil {
		return err
	}
	views, err := s.store.Views(ctx, v.ID)
	if err != nil {
		return err
	}
	came, first := s.visit(in, views)
	fresh := first || isView(views, p, again)
	moved := v.Page.URL != p.URL || v.Page.Title != p.Title
	if !fresh && !moved {
		return nil
	}
	return s.store.Write(ctx, func(ctx context.Context) error {
		if err := s.store.SetPage(ctx, v.ID, p, now()); err != nil {
			return err
		}
		store.AfterCommit(ctx, func() { s.hub.moved(v.ID) })
		switch {
		case first:
			return errors.Join(s.store.CountVisit(ctx, v.ID, came), s.addView(ctx, v.ID, p))
		case fresh:
			return s.addView(ctx, v.ID, p)
		case views[0].URL == p.URL && views[0].Title != p.Title:
			return s.store.RetitleView(ctx, v.ID, views[0].At, p.Title)
		default:
			return nil
		}
	})
}

func (s *Service) addView(ctx context.Context, v chat.VisitorID, p store.Page) error {
	return s.store.AddView(ctx, v, store.View{At: now(), URL: p.URL, Title: p.Title})
}

// visit is when the visitor came, and whether a visit begins with its next page.
func (s *Service) visit(in Session, views []store.View) (came time.Time, first bool) {
	came = s.since(in.Visitor)
	return came, len(views) == 0 || views[0].At.Before(came) && !came.Before(in.At) && came.Sub(in.SeenAt) >= VisitGap
}

// isView reports whether a page within a visit counts as looked at.
func isView(views []store.View, p store.Page, again bool) bool {
	if again {
		return !slices.ContainsFunc(views, func(w store.View) bool { return w.URL == p.URL })
	}
	return views[0].URL != p.URL
}

func (h *hub) moved(v chat.VisitorID) {
	for _, w := range h.watchers {
		w.VisitorMoved(v)
	}
}

// maxMark is the longest UTM mark that is shown, in characters.
const maxMark = 40

// Campaign are the UTM marks of an address, for people to read.
func Campaign(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	query := u.Query()
	var marks []string
	for _, name := range []string{"source", "medium", "campaign", "term", "content"} {
		if value := plain.Line(query.Get("utm_"+name), maxMark); value != "" {
			marks = append(marks, value)
		}
	}
	return strings.Join(marks, " / ")
}
