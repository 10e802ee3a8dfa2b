package store_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/id"
	"pgregory.net/rapid"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// listed is a contact as the naive list knows it.
type listed struct {
	id            chat.VisitorID
	number        int64
	name          string
	words, tags   []string
	status        store.Status
	waiting, said int64
	assignee      id.UserID
	online        bool
	blocked       bool
}

// waits reports whether somebody has to answer.
func (c listed) waits() bool { return c.status == store.StatusOpen && c.waiting > 0 && !c.blocked }

// wantedBy is what a query's filters say, said once more.
func (c listed) wantedBy(q store.ContactsQuery) bool {
	has := func(word string) bool {
		return slices.ContainsFunc(c.words, func(known string) bool { return strings.HasPrefix(known, word) })
	}
	for _, word := range q.Words {
		if !has(word) {
			return false
		}
	}
	return (q.Status == "" || c.status == q.Status) && (q.Assignee == "" || c.assignee == q.Assignee) && (!q.Unassigned || c.assignee == "") &&
		(!q.Unanswered || c.waits()) && (!q.Online || c.online) && (q.Tag == "" || slices.Contains(c.tags, q.Tag))
}

// compare is the order of two contacts.
func (c listed) compare(other listed, by store.Order) int {
	rank := func(c listed) int {
		switch {
		case c.waits():
			return 0
		case c.status == store.StatusOpen:
			return 1
		default:
			return 2
		}
	}
	switch by {
	case store.ByNewest:
		return cmp.Compare(other.number, c.number)
	case store.ByActivity:
		return cmp.Or(cmp.Compare(other.said, c.said), cmp.Compare(other.number, c.number))
	case store.ByName:
		return cmp.Or(strings.Compare(c.name, other.name), cmp.Compare(c.number, other.number))
	case store.ByWait:
		within := cmp.Compare(other.said, c.said)
		if rank(c) == 0 {
			within = cmp.Compare(c.waiting, other.waiting)
		}
		return cmp.Or(cmp.Compare(rank(c), rank(other)), within, cmp.Compare(c.number, other.number))
	default:
		return 0
	}
}

// people makes contacts of a site of their own.
type people struct {
	s    *store.Store
	site chat.SiteID
	all  []listed
	said int
}

func (p *people) must(t *rapid.T, err error) {
	if err != nil {
		t.Fatal(err)
	}
}

// add makes a contact in one of all states.
func (p *people) add(t *rapid.T) {
	ctx := t.Context()
	v, err := p.s.EnterVisitor(ctx, p.site, fmt.Sprint(p.site, len(p.all)), store.Device{}, time.Now())
	p.must(t, err)
	c := listed{id: v.ID}
	c.number, err = p.s.NumberVisitor(ctx, v.ID, time.Now())
	p.must(t, err)
	p.all = append(p.all, c)
	p.change(t, len(p.all)-1)
}

// change makes something else of a contact.
func (p *people) change(t *rapid.T, i int) {
	ctx, c := t.Context(), &p.all[i]
	small := rapid.Int64Range(1, 4)
	c.name = rapid.SampledFrom([]string{"", "anna", "bob", "елка"}).Draw(t, "name")
	c.words = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"anna", "annapolis", "bob", "елка", "ель", "a", "b\U0010ffff", "\U0010ffff", "%_'"}), 0, 4, rapid.ID).Draw(t, "words")
	p.must(t, p.s.SetSearch(ctx, c.id, c.name, slices.Clone(c.words)))
	for _, tag := range []string{"vip", "lead"} {
		had := slices.Contains(c.tags, tag)
		if has := rapid.Bool().Draw(t, tag); has && !had {
			_, err := p.s.AddTag(ctx, c.id, tag, tag)
			p.must(t, err)
			c.tags = append(c.tags, tag)
		} else if had && !has {
			_, err := p.s.RemoveTag(ctx, c.id, tag)
			p.must(t, err)
			c.tags = slices.DeleteFunc(c.tags, func(x string) bool { return x == tag })
		}
	}
	if rapid.Bool().Draw(t, "speaks") {
		p.said++
		c.said = small.Draw(t, "at")
		d := draft(c.id, fmt.Sprint(p.said), "Hello")
		d.At = time.UnixMilli(c.said)
		_, _, err := p.s.Append(ctx, d)
		p.must(t, err)
	}
	switch rapid.SampledFrom([]store.Status{store.StatusNew, store.StatusOpen, store.StatusClosed}).Draw(t, "status") {
	case store.StatusOpen:
		_, err := p.s.OpenDialog(ctx, c.id, time.Now())
		p.must(t, err)
		c.status = store.StatusOpen
		p.must(t, p.s.SetAnswered(ctx, c.id))
		if c.waiting = 0; rapid.Bool().Draw(t, "waits") {
			c.waiting = small.Draw(t, "since")
			p.must(t, p.s.SetWaiting(ctx, c.id, time.UnixMilli(c.waiting)))
		}
	case store.StatusClosed:
		_, err := p.s.CloseDialog(ctx, c.id, time.Now())
		p.must(t, err)
		c.status, c.waiting = store.StatusClosed, 0
	case store.StatusNew: // stays as it is
	}
	to := rapid.SampledFrom([]id.UserID{"", "@ann:x", "@bob:x"}).Draw(t, "assignee")
	_, err := p.s.Assign(ctx, c.id, c.assignee, to)
	p.must(t, err)
	c.assignee = to
	c.blocked = rapid.IntRange(0, 3).Draw(t, "blocked") == 0
	p.must(t, p.s.SetBlocked(ctx, c.id, c.blocked))
	if c.online = rapid.Bool().Draw(t, "online"); c.online {
		p.must(t, p.s.Came(ctx, c.id, time.Now()))
	} else {
		p.must(t, p.s.Left(ctx, c.id, time.Now()))
	}
}

func drawQuery(t *rapid.T, site chat.SiteID) store.ContactsQuery {
	q := store.ContactsQuery{
		Site: site, Limit: rapid.IntRange(1, 5).Draw(t, "limit"),
		Order:      rapid.SampledFrom([]store.Order{store.ByNewest, store.ByWait, store.ByActivity, store.ByName}).Draw(t, "order"),
		Status:     rapid.SampledFrom([]store.Status{"", "", store.StatusOpen, store.StatusClosed}).Draw(t, "status"),
		Unanswered: rapid.IntRange(0, 3).Draw(t, "unanswered") == 0,
		Online:     rapid.IntRange(0, 3).Draw(t, "online") == 0,
		Tag:        rapid.SampledFrom([]string{"", "", "vip", "lead", "none"}).Draw(t, "tag"),
		Words:      rapid.SliceOfN(rapid.SampledFrom([]string{"a", "anna", "ann", "b", "ел", "елка", "\U0010ffff", "x", "%", "b\U0010ffff"}), 0, 2).Draw(t, "words"),
	}
	switch rapid.IntRange(0, 4).Draw(t, "whose") {
	case 0:
		q.Assignee = "@ann:x"
	case 1:
		q.Unassigned = true
	}
	return q
}

// A list, however it is filtered, sorted and parted, is what a naive one would be; and
// while some contacts change, the others come once each, in their order.
func TestAListIsTheNaiveOneWhileContactsChange(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "anteroom.db"))
	site := 0
	rapid.Check(t, func(t *rapid.T) {
		site++
		p := &people{s: s, site: chat.SiteID(fmt.Sprint("site-", site))}
		for range rapid.IntRange(0, 12).Draw(t, "contacts") {
			p.add(t)
		}
		q := drawQuery(t, p.site)
		moving := rapid.IntRange(0, len(p.all)/2).Draw(t, "moving")
		var want []chat.VisitorID
		still := slices.Clone(p.all[moving:])
		slices.SortFunc(still, func(a, b listed) int { return a.compare(b, q.Order) })
		for _, c := range still {
			if c.wantedBy(q) {
				want = append(want, c.id)
			}
		}
		var got []chat.VisitorID
		for parts := 0; ; parts++ {
			found, err := s.Find(t.Context(), q)
			p.must(t, err)
			for _, f := range found {
				if !slices.ContainsFunc(p.all[:moving], func(c listed) bool { return c.id == f.Visitor.ID }) {
					got = append(got, f.Visitor.ID)
				}
			}
			if len(found) < q.Limit {
				break
			}
			if parts > 100 {
				t.Fatalf("%+v has no end", q)
			}
			q.After = &found[len(found)-1].Place
			if moving > 0 && parts < 20 { // or one that is always ahead would come for ever
				p.change(t, rapid.IntRange(0, moving-1).Draw(t, "who"))
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%+v\nlists\n%v, want\n%v\nof %+v", q, got, want, p.all)
		}
		n, err := s.CountContacts(t.Context(), p.site, "@ann:x")
		p.must(t, err)
		var wantN store.ContactCounts
		for _, c := range p.all {
			wantN.Open += one(c.status == store.StatusOpen)
			wantN.Closed += one(c.status == store.StatusClosed)
			wantN.Mine += one(c.status == store.StatusOpen && c.assignee == "@ann:x")
			wantN.Unanswered += one(c.waits())
			wantN.Online += one(c.online)
		}
		if n != wantN {
			t.Fatalf("there are %+v, want %+v", n, wantN)
		}
	})
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

// Many contacts of a filter are found along the order, fewer are looked up, and
// either way they are the same ones.
func TestAFilterOfManyIsOneOfFew(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "anteroom.db"))
	const contacts = 2_300 // more than are looked up
	if err := s.Write(t.Context(), func(ctx context.Context) error {
		for i := range contacts {
			v, err := s.EnterVisitor(ctx, "shop", fmt.Sprint(i), store.Device{}, time.Now())
			if err != nil {
				return err
			}
			words := []string{"all"}
			for _, every := range []int{2, 7, 500} {
				if i%every == 0 {
					words = append(words, fmt.Sprint("every", every))
				}
			}
			_, numbered := s.NumberVisitor(ctx, v.ID, time.Now())
			_, opened := s.OpenDialog(ctx, v.ID, time.Now())
			if err := errors.Join(numbered, opened, s.SetSearch(ctx, v.ID, fmt.Sprintf("%05d", i*7919%contacts), words)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		words []string
		every int
	}{{[]string{"all"}, 1}, {[]string{"every2"}, 2}, {[]string{"every7"}, 7}, {[]string{"every500"}, 500}, {[]string{"all", "every7"}, 7}, {[]string{"every2", "every7"}, 14}} {
		for _, status := range []store.Status{"", store.StatusOpen} {
			q := store.ContactsQuery{Site: "shop", Order: store.ByName, Status: status, Words: c.words, Limit: 60}
			last, n := "", 0
			for {
				found, err := s.Find(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range found {
					p := f.Place
					if p.Name <= last || (p.Number-1)%int64(c.every) != 0 {
						t.Fatalf("%v lists %d (%s) behind %s", c.words, p.Number, p.Name, last)
					}
					last = p.Name
					n++
				}
				if len(found) < q.Limit {
					break
				}
				q.After = &found[len(found)-1].Place
			}
			if want := (contacts + c.every - 1) / c.every; n != want {
				t.Errorf("%v of status %q are %d, want %d", c.words, status, n, want)
			}
		}
	}
}
