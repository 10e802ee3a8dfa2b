package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// The name and version of the form that README.md describes under "Export". A
// reader of a version must be able to read what later programs write of it:
// keys are added, and the version rises when one changes or goes.
const (
	exportFormat  = "chat.anteroom.visitor"
	exportVersion = 1
)

// export says what the file is that Prepare has made.
func (d *Desk) export(_ context.Context, c call) (markup.Text, error) {
	if c.File == nil {
		return d.say(c.Site, notExported, nil), nil
	}
	return d.say(c.Site, exported, markup.Values{"number": fmt.Sprint(c.Visitor.Number)}), nil
}

// Export is the file of an export, which is written as it is read from the database.
func (d *Desk) Export(ctx context.Context, site *config.Site, v store.Visitor) (*dialog.Attachment, error) {
	head, err := d.exportHead(ctx, v.ID)
	if err != nil {
		return nil, err
	}
	return &dialog.Attachment{
		Name: fmt.Sprintf("visitor-%d-%s.json", v.Number, d.dialog.Now().In(site.Location()).Format(time.DateOnly)),
		Type: "application/json",
		Write: func(w io.Writer) error {
			return d.writeExport(ctx, w, head)
		},
	}, nil
}

// exported is everything that is known of a visitor. The entries follow it.
type exportedVisitor struct {
	Format     string          `json:"format"`
	Version    int             `json:"version"`
	ExportedAt time.Time       `json:"exported_at"`
	Site       chat.SiteID     `json:"site"`
	Visitor    exportedProfile `json:"visitor"`
	Dialog     exportedDialog  `json:"dialog"`
	// Tags and variables are never absent. VariablesBy says who gave each its value.
	Tags        []string                    `json:"tags"`
	Variables   map[string]string           `json:"variables"`
	VariablesBy map[string]store.NameSource `json:"variables_by"`
	// Deals are open ones first, then the latest.
	Deals []exportedDeal `json:"deals,omitempty"`
	// Consents are the texts that the visitor agreed to, the latest first.
	Consents []exportedConsent `json:"consents,omitempty"`
	// Pages are those that the visitor looked at last, the newest first.
	Pages []exportedPage `json:"pages"`
}

type exportedPage struct {
	At    time.Time `json:"at"`
	URL   string    `json:"url"`
	Title string    `json:"title,omitempty"`
}

// exportedConsent has the hex of the text's SHA-256.
type exportedConsent struct {
	At   time.Time `json:"at"`
	Hash string    `json:"hash"`
	Text string    `json:"text"`
}

type exportedProfile struct {
	ID      chat.VisitorID   `json:"id"`
	Number  int64            `json:"number"`
	Name    string           `json:"name"`
	NamedBy store.NameSource `json:"named_by,omitempty"`
	// Note is what operators noted for themselves.
	Note string `json:"note,omitempty"`
	// Subject is the site's own id of a user who signed in.
	Subject string `json:"subject,omitempty"`
	// Before are the numbers of whom the visitor was before signing in, After
	// of whom it is since; the latest first.
	Before    []int64   `json:"before,omitempty"`
	After     []int64   `json:"after,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	SeenAt    time.Time `json:"seen_at"`
	Language  string    `json:"language,omitempty"`
	TimeZone  string    `json:"time_zone,omitempty"`
	UserAgent string    `json:"user_agent,omitempty"`
	System    string    `json:"system,omitempty"`
	Place     string    `json:"place,omitempty"`
	Country   string    `json:"country,omitempty"`
	// CountryCode is ISO 3166-1 alpha-2.
	CountryCode string `json:"country_code,omitempty"`
	FirstPage   string `json:"first_page,omitempty"`
	Referrer    string `json:"referrer,omitempty"`
	LastPage    string `json:"last_page,omitempty"`
	LastTitle   string `json:"last_title,omitempty"`
}

type exportedDialog struct {
	Status       store.Status `json:"status"`
	OpenedAt     *time.Time   `json:"opened_at,omitempty"`
	ClosedAt     *time.Time   `json:"closed_at,omitempty"`
	WaitingSince *time.Time   `json:"waiting_since,omitempty"`
	Assignee     id.UserID    `json:"assignee,omitempty"`
	Blocked      bool         `json:"blocked,omitempty"`
	// BotOffSince is when the bot was silenced, BotOffUntil when it speaks again;
	// without that it does when the dialog is closed. BotOffBy is because of whom.
	BotOffSince *time.Time `json:"bot_off_since,omitempty"`
	BotOffUntil *time.Time `json:"bot_off_until,omitempty"`
	BotOffBy    id.UserID  `json:"bot_off_by,omitempty"`
	// Translate is the language of the visitor while words are translated both ways.
	Translate string `json:"translate,omitempty"`
	// Rating is how the visitor rated the dialog, RatingOf the most that it could.
	Rating   *int64 `json:"rating,omitempty"` // 0 is a thumb down
	RatingOf int64  `json:"rating_of,omitempty"`
	// Ratings are all that were given, Openings the times that the dialog was opened by
	// the visitor or the bot, the oldest first.
	Ratings  []exportedRating  `json:"ratings,omitempty"`
	Openings []exportedOpening `json:"openings,omitempty"`
	// Bot is where the bot stands, in a form of its own; BotDue is when time alone
	// moves it. BotInputs are what it has yet to hear, BotRequests what it has yet to
	// ask other servers, in forms of its own, with secrets by their names.
	Bot         json.RawMessage   `json:"bot,omitempty"`
	BotDue      *time.Time        `json:"bot_due,omitempty"`
	BotInputs   []exportedInput   `json:"bot_inputs,omitempty"`
	BotRequests []json.RawMessage `json:"bot_requests,omitempty"`
	// BotUnmatched are words of the visitor that no chain was meant by, the oldest first.
	BotUnmatched []exportedWords `json:"bot_unmatched,omitempty"`
	// Mails is whether the visitor is mailed what it does not read (on, off,
	// unsubscribed, unknown: no address), MailsTo where to.
	Mails   dialog.MailState `json:"mails,omitempty"`
	MailsTo string           `json:"mails_to,omitempty"`
	// Mailed are the mails to the visitor that are still known of, the newest first.
	Mailed []exportedMail `json:"mailed,omitempty"`
	// Forms are those that the visitor filled in, the oldest first.
	Forms []exportedForm `json:"forms,omitempty"`
	// Read and Delivered are how far the visitor came, Seen how far the
	// operators did, as numbers of entries.
	Read      int64 `json:"read"`
	Delivered int64 `json:"delivered"`
	Seen      int64 `json:"seen"`
}

type exportedRating struct {
	At    time.Time `json:"at"`
	Score int64     `json:"score"`
	Of    int64     `json:"of"`
	// Closed is when the dialog was closed that it rates; absent where a chain asked.
	Closed *time.Time `json:"closed_at,omitempty"`
	Word   string     `json:"word,omitempty"`
}

// exportedForm is start, handoff or away, with what was filled in.
type exportedForm struct {
	At      time.Time          `json:"at"`
	Form    string             `json:"form"`
	Answers []store.FormAnswer `json:"answers"`
}

// exportedMail is about what was unread, or a transcript.
type exportedMail struct {
	At    time.Time           `json:"at"`
	About dialog.MailAbout    `json:"about"`
	To    string              `json:"to"`
	State store.DeliveryState `json:"state"`
}

// exportedOpening has when an operator first said something after it, if one did.
type exportedOpening struct {
	At         time.Time  `json:"at"`
	AskedAt    time.Time  `json:"asked_at"`
	AnsweredAt *time.Time `json:"answered_at,omitempty"`
}

type exportedInput struct {
	At    time.Time       `json:"at"`
	Event json.RawMessage `json:"event"`
}

type exportedWords struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// exportedEntry is a line of the journal. What it says has the journal's own keys.
type exportedEntry struct {
	Seq     int64         `json:"seq"`
	ID      chat.EntryID  `json:"id"`
	At      time.Time     `json:"at"`
	Kind    chat.Kind     `json:"kind"`
	Party   chat.Party    `json:"party"`
	Author  *exportedName `json:"author,omitempty"`
	Target  chat.EntryID  `json:"target,omitempty"`
	Removed bool          `json:"removed,omitempty"`
	chat.Content
}

type exportedName struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

func (d *Desk) exportHead(ctx context.Context, v chat.VisitorID) (*exportedVisitor, error) {
	p, err := d.dialog.Profile(ctx, v)
	if err != nil {
		return nil, err
	}
	marks, err := d.store.Marks(ctx, v)
	if err != nil {
		return nil, err
	}
	before, after, err := d.linked(ctx, v)
	if err != nil {
		return nil, err
	}
	head := &exportedVisitor{
		Format: exportFormat, Version: exportVersion, ExportedAt: d.dialog.Now().UTC(), Site: p.Visitor.Site,
		Visitor: exportedProfile{
			ID: v, Number: p.Visitor.Number, Name: p.Visitor.Name, NamedBy: p.Visitor.NamedBy, Note: p.Visitor.Note, Subject: p.Subject, Before: numbers(before), After: numbers(after),
			CreatedAt: p.Visitor.CreatedAt.UTC(), SeenAt: p.Visitor.SeenAt.UTC(),
			Language: p.Visitor.Language, TimeZone: p.Visitor.TimeZone, UserAgent: p.Visitor.UserAgent, System: p.Visitor.System,
			Place: p.Visitor.Place, Country: p.Visitor.Country, CountryCode: p.Visitor.CountryCode, FirstPage: p.Visitor.FirstURL,
			Referrer: p.Visitor.Page.Referrer, LastPage: p.Visitor.Page.URL, LastTitle: p.Visitor.Page.Title,
		},
		Dialog: exportedDialog{
			Status: p.Dialog.Status, OpenedAt: utc(p.Dialog.OpenedAt), ClosedAt: utc(p.Dialog.ClosedAt), WaitingSince: utc(p.Dialog.WaitingSince),
			Assignee: p.Dialog.Assignee, Blocked: p.Dialog.Blocked,
			BotOffSince: utc(p.Dialog.Bot.OffSince), BotOffUntil: utc(p.Dialog.Bot.OffUntil), BotOffBy: p.Dialog.Bot.By,
			Mails: p.Mails, MailsTo: p.MailsTo, Translate: p.Dialog.Translate, Rating: scoreOf(p.Dialog.Rating), RatingOf: p.Dialog.Rating.Of,
			Read: marks.Read, Delivered: marks.Delivered, Seen: marks.Seen,
		},
		Tags: append([]string{}, p.Tags...), Variables: map[string]string{}, VariablesBy: map[string]store.NameSource{}, Pages: []exportedPage{},
	}
	if err := errors.Join(d.exportBot(ctx, v, &head.Dialog), d.exportFigures(ctx, v, &head.Dialog)); err != nil {
		return nil, err
	}
	if head.Deals, err = d.exportDeals(ctx, p.Deals); err != nil {
		return nil, err
	}
	views, err := d.store.Views(ctx, v)
	if err != nil {
		return nil, err
	}
	for _, view := range views {
		head.Pages = append(head.Pages, exportedPage{view.At.UTC(), view.URL, view.Title})
	}
	for _, c := range p.Consents {
		head.Consents = append(head.Consents, exportedConsent{c.At.UTC(), c.Hash, c.Text})
	}
	for _, x := range p.Variables {
		head.Variables[x.Name], head.VariablesBy[x.Name] = x.Value, x.SetBy
	}
	return head, nil
}

// exportBot adds where the bot stands, what it has yet to do, and what it did not understand.
func (d *Desk) exportBot(ctx context.Context, v chat.VisitorID, to *exportedDialog) error {
	stands, err := d.store.BotState(ctx, v)
	if err != nil {
		return err
	}
	to.Bot, to.BotDue = document(stands.State), utc(stands.Due)
	inputs, err := d.store.BotInputs(ctx, v)
	if err != nil {
		return err
	}
	for _, in := range inputs {
		to.BotInputs = append(to.BotInputs, exportedInput{in.At.UTC(), document(in.Event)})
	}
	requests, err := d.store.BotRequests(ctx, v)
	if err != nil {
		return err
	}
	for _, r := range requests {
		to.BotRequests = append(to.BotRequests, document(r.Request))
	}
	unmatched, err := d.store.UnmatchedOf(ctx, v)
	if err != nil {
		return err
	}
	for _, u := range unmatched {
		to.BotUnmatched = append(to.BotUnmatched, exportedWords{u.At.UTC(), u.Text})
	}
	return nil
}

// document is what the bot wrote as JSON; as a string if it cannot be read, which
// must not keep the rest from being exported.
func document(text string) json.RawMessage {
	if text == "" || json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	quoted, err := json.Marshal(text)
	if err != nil {
		return nil
	}
	return quoted
}

func numbers(visitors []store.Visitor) (all []int64) {
	for _, v := range visitors {
		all = append(all, v.Number)
	}
	return all
}

// scoreOf is nil where nobody has rated.
func scoreOf(r store.Rating) *int64 {
	if r.Of == 0 {
		return nil
	}
	return &r.Score
}

// utc is nil for the zero time.
func utc(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// exportPage is how many entries are held in memory at once.
const exportPage = 500

// writeExport writes the head, and the journal below it entry by entry.
func (d *Desk) writeExport(ctx context.Context, w io.Writer, head *exportedVisitor) error {
	start, err := json.Marshal(head)
	if err != nil {
		return fmt.Errorf("write an export: %w", err)
	}
	out := &exporting{w: w}
	out.write(start[:len(start)-len("}")])
	out.write([]byte(`,"entries":[`))
	for last := int64(0); ; {
		page, err := d.store.AllEntriesAfter(ctx, head.Visitor.ID, last, exportPage)
		if err != nil {
			return err
		}
		for _, e := range page {
			line, err := json.Marshal(exportEntry(e))
			if err != nil {
				return fmt.Errorf("write an export: %w", err)
			}
			if last > 0 {
				out.write([]byte(","))
			}
			out.write([]byte("\n"))
			out.write(line)
			last = e.Seq
		}
		if len(page) < exportPage {
			break
		}
	}
	out.write([]byte("\n]}\n"))
	return out.err
}

func exportEntry(e chat.Entry) exportedEntry {
	line := exportedEntry{
		Seq: e.Seq, ID: e.ID, At: e.At.UTC(), Kind: e.Kind, Party: e.Author.Party, Target: e.Target, Removed: e.Redacted, Content: e.Content,
	}
	if e.Author.ID != "" {
		line.Author = &exportedName{e.Author.ID, e.Author.Name}
	}
	return line
}

// exporting is a writer that goes on after an error, and keeps the first.
type exporting struct {
	w   io.Writer
	err error
}

func (x *exporting) write(p []byte) {
	if x.err == nil {
		_, x.err = x.w.Write(p)
	}
}
