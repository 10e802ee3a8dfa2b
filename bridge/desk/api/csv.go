package api

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// byteOrder begins the file, so that spreadsheets read it as UTF-8.
const byteOrder = "\ufeff"

// contactsCSV writes all contacts of a list's filters (RFC 4180), a part of the list
// at a time: however many there are, few are in memory. It has one order, in which no
// contact moves: whoever writes meanwhile is neither left out nor written twice.
func (a *API) contactsCSV(ctx context.Context, q request) (reply, error) {
	if err := known(q, contactFilters()...); err != nil {
		return reply{}, err
	}
	asked, err := contactsQuery(q)
	if err != nil {
		return reply{}, err
	}
	asked.Limit = mostLimit
	first, err := a.store.Find(ctx, asked) // what cannot be read at all is answered as such
	if err != nil {
		return reply{}, err
	}
	return ok(stream{name: "contacts.csv", mediaType: "text/csv; charset=utf-8; header=present", write: func(w io.Writer) error {
		return a.writeContacts(ctx, w, asked, first)
	}}), nil
}

// writeContacts writes the table of a query, whose first part is known.
func (a *API) writeContacts(ctx context.Context, w io.Writer, asked store.ContactsQuery, found []store.Found) error {
	if _, err := io.WriteString(w, byteOrder); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	_ = out.Write(columns()) // what fails is said by Error
	for {
		contacts, err := a.contactsOf(ctx, found)
		if err != nil {
			return err
		}
		for _, c := range contacts {
			_ = out.Write(safe(rowOf(c)))
		}
		out.Flush()
		if err := out.Error(); err != nil || len(found) < asked.Limit {
			return err
		}
		asked.After = &found[len(found)-1].Place
		if found, err = a.store.Find(ctx, asked); err != nil {
			return err
		}
	}
}

// columns head the file.
func columns() []string {
	return []string{
		"number", "name", "email", "phone", "company", "note", "tags", "status", "assignee", "waiting_since", "unread",
		"last_message_at", "created_at", "seen_at", "place", "country_code", "language", "browser", "page", "subject", "rating", "variables", "room", "id",
	}
}

func rowOf(c Contact) []string {
	rating, said := "", ""
	if r := c.Dialog.Rating; r != nil {
		rating = strconv.FormatInt(r.Score, 10) + "/" + strconv.FormatInt(r.Of, 10)
	}
	if c.LastMessage != nil {
		said = timeText(&c.LastMessage.At)
	}
	return []string{
		strconv.FormatInt(c.Number, 10), c.Name, c.Email, c.Phone, c.Company, c.Note, strings.Join(c.Tags, ", "),
		c.Dialog.Status, string(c.Dialog.Assignee), timeText(c.Dialog.WaitingSince), strconv.FormatInt(c.Dialog.Unread, 10),
		said, timeText(&c.CreatedAt), timeText(&c.SeenAt), c.Place, c.CountryCode, c.Language, c.Browser, c.Page.URL, c.Subject, rating, otherVariables(c), c.Room, string(c.ID),
	}
}

func timeText(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// otherVariables are those that have no column of their own, as JSON; empty for none.
func otherVariables(c Contact) string {
	rest := map[string]string{}
	for name, value := range c.Variables {
		switch dialog.ContactField(name) {
		case dialog.ContactEmail, dialog.ContactPhone, dialog.ContactCompany:
		case dialog.ContactNote: // a variable of that name is none of the contact's fields
			rest[name] = value
		default:
			rest[name] = value
		}
	}
	if len(rest) == 0 {
		return ""
	}
	text, _ := json.Marshal(rest) // strings alone, which never fail
	return string(text)
}

// safe keeps spreadsheets from taking what a visitor wrote for a formula (OWASP, CSV
// injection): such a cell begins with an apostrophe.
func safe(row []string) []string {
	for i, cell := range row {
		if cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", firstRune(cell)) {
			row[i] = "'" + cell
		}
	}
	return row
}

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}
