package api

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bot/fold"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Contacts is a part of the list of contacts; Counts are absent unless they were asked for.
type Contacts struct {
	list[Contact]
	Counts *Counts `json:"counts,omitempty"`
}

// Counts are how many contacts the site has, whatever the list's filters say. Mine
// (of who asks) and Unanswered are of the open ones.
type Counts struct {
	Open       int `json:"open"`
	Closed     int `json:"closed"`
	Mine       int `json:"mine"`
	Unanswered int `json:"unanswered"`
	Online     int `json:"online"`
}

func (a *API) contacts(ctx context.Context, q request) (reply, error) {
	if err := known(q, append(contactFilters(), "sort", "limit", "cursor", "counts")...); err != nil {
		return reply{}, err
	}
	counts, err := flag(q, "counts")
	if err != nil {
		return reply{}, err
	}
	page := Contacts{}
	if counts && q.URL.Query().Get("limit") == "0" {
		page.Items = []Contact{}
		_, err = contactsQuery(q) // what is wrong in it is said all the same
	} else {
		page.list, err = a.contactsPage(ctx, q)
	}
	if err != nil || !counts {
		return ok(page), err
	}
	n, err := a.store.CountContacts(ctx, q.site.ID, q.operator)
	page.Counts = &Counts{n.Open, n.Closed, n.Mine, n.Unanswered, n.Online}
	return ok(page), err
}

// contactsPage is the part of the list that is asked for.
func (a *API) contactsPage(ctx context.Context, q request) (page list[Contact], err error) {
	limit, err := limitOf(q)
	if err != nil {
		return page, err
	}
	asked, err := contactsQuery(q)
	if err != nil {
		return page, err
	}
	if asked.After, err = placeOf(q, asked.Order); err != nil {
		return page, err
	}
	asked.Limit = limit + 1
	found, err := a.store.Find(ctx, asked)
	if err != nil {
		return page, err
	}
	if len(found) > limit {
		found = found[:limit]
		page.Next = hidden(placeText(asked.Order, found[limit-1].Place))
	}
	page.Items, err = a.contactsOf(ctx, found)
	for i, c := range page.Items {
		page.Items[i] = c.shownTo(q.who)
	}
	return page, err
}

// contactsOf are all that is known of those who were found; never nil.
func (a *API) contactsOf(ctx context.Context, found []store.Found) ([]Contact, error) {
	profiles, err := a.dialog.Profiles(ctx, found)
	items := make([]Contact, len(profiles))
	for i, p := range profiles {
		items[i] = NewContact(a.cfg, p, a.dialog.Now())
	}
	return items, err
}

// contactFilters are what a list of contacts may be asked for.
func contactFilters() []string {
	return []string{"status", "assignee", "unanswered", "online", "tag", "q"}
}

// mostQuery is the longest filter, in characters.
const mostQuery = 200

// contactsQuery reads which contacts are wanted.
func contactsQuery(q request) (c store.ContactsQuery, err error) {
	asked := q.URL.Query()
	for _, name := range append(contactFilters(), "sort") {
		if len(asked[name]) > 1 {
			return c, chat.Errorf(chat.CodeBadRequest, "“%s” is given more than once.", name)
		}
		if utf8.RuneCountInString(asked.Get(name)) > mostQuery {
			return c, chat.Errorf(chat.CodeTooLong, "“%s” has more than %d characters.", name, mostQuery)
		}
	}
	c = store.ContactsQuery{
		Site: q.site.ID, Order: store.ByNewest, Status: store.Status(asked.Get("status")),
		Tag: fold.Fold(asked.Get("tag")), Words: dialog.SearchWords(asked.Get("q")),
	}
	// What has no word in it, as “?!” has none, asks for somebody all the same.
	c.Nobody = len(c.Words) == 0 && !blank(asked.Get("q")) || c.Tag == "" && !blank(asked.Get("tag"))
	if c.Status != "" && c.Status != store.StatusOpen && c.Status != store.StatusClosed {
		return c, chat.Errorf(chat.CodeBadRequest, "A status is open or closed.")
	}
	if order := store.Order(asked.Get("sort")); order != "" {
		c.Order = order
	}
	switch c.Order {
	case store.ByNewest, store.ByWait, store.ByActivity, store.ByName:
	default:
		return c, chat.Errorf(chat.CodeBadRequest, "Contacts are sorted by newest, waiting, activity or name.")
	}
	if c.Unanswered, err = flag(q, "unanswered"); err != nil {
		return c, err
	}
	if c.Online, err = flag(q, "online"); err != nil {
		return c, err
	}
	return c, assigneeOf(q, &c)
}

func blank(text string) bool { return strings.TrimSpace(text) == "" }

// assigneeOf reads whose dialogs are wanted: anybody's by a user id, also one who is
// no operator any more.
func assigneeOf(q request, c *store.ContactsQuery) error {
	switch word := q.URL.Query().Get("assignee"); {
	case word == "":
	case word == "none":
		c.Unassigned = true
	case word == "me":
		if q.operator == "" {
			return chat.Errorf(chat.CodeBadRequest, "A program has no dialogs: “assignee” is a user id or none.")
		}
		c.Assignee = q.operator
	case strings.HasPrefix(word, "@"):
		c.Assignee = id.UserID(word)
	default:
		return chat.Errorf(chat.CodeBadRequest, "“assignee” is a user id such as @ann:example.com, me or none.")
	}
	return nil
}

// flag is true, or false as without it.
func flag(q request, name string) (bool, error) {
	switch q.URL.Query().Get(name) {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	default:
		return false, chat.Errorf(chat.CodeBadRequest, "“%s” is true or false.", name)
	}
}

// placeText writes a place in an order, for a cursor: the order, the number, the key.
func placeText(order store.Order, p store.Place) string {
	key := p.Name
	if order == store.ByWait || order == store.ByActivity {
		key = strconv.FormatInt(p.Key, 10)
	}
	return string(order) + " " + strconv.FormatInt(p.Number, 10) + " " + key
}

// placeOf reads what placeText wrote, which must be of the same order; nil without a cursor.
func placeOf(q request, order store.Order) (*store.Place, error) {
	text, err := shown(q)
	if err != nil || text == "" {
		return nil, err
	}
	of, rest, _ := strings.Cut(text, " ")
	number, key, whole := strings.Cut(rest, " ")
	if !whole || of != string(order) {
		return nil, badCursor()
	}
	p := store.Place{}
	if p.Number, err = strconv.ParseInt(number, 10, 64); err != nil {
		return nil, badCursor()
	}
	switch order {
	case store.ByWait, store.ByActivity:
		if p.Key, err = strconv.ParseInt(key, 10, 64); err != nil {
			return nil, badCursor()
		}
	case store.ByName:
		if p.Name = key; !utf8.ValidString(key) {
			return nil, badCursor()
		}
	case store.ByNewest:
	}
	return &p, nil
}
