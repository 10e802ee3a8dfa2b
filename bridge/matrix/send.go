package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
	"github.com/anteroom-chat/anteroom/bridge/matrix/convert"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// send brings one entry to the room, or ends its way for good. It returns an
// error when the entry must wait.
func (m *Matrix) send(ctx context.Context, t task, c *conversation, e chat.Entry) error {
	if m.doubts.about(e.ID) {
		found, err := m.lookBack(ctx, c, e)
		if err != nil {
			return err
		}
		trail.Of(m.log.Debug(), &e).Str(trail.RoomID, string(c.room)).Str(trail.EventID, string(found)).Msg("The room was searched for an entry that may be there already")
		if found != "" {
			return m.sent(ctx, c, e, "", c.room, found, nil)
		}
	}
	if !m.hs.gate.isOpen() {
		return errShut
	}
	if e.Kind == chat.Redaction {
		return m.sendRedaction(ctx, c, e)
	}
	out, folded, err := m.compose(ctx, c, e)
	if err != nil {
		return err
	}
	if out == nil {
		return m.giveUp(ctx, c, append(folded, e), store.Cancelled, "redacted or without a target")
	}
	if out.waits() {
		if t != taskUpload {
			return errOtherTask{taskUpload}
		}
		return m.upload(ctx, c, e, out, folded)
	}
	return m.put(ctx, c, e, out, folded)
}

// errShut says that the homeserver went away during a turn. It may be back by now, from a
// backup, and is compared before anything goes to it.
var errShut = errors.New("the homeserver went away, and is not compared yet")

// outgoing is an entry as it will be sent: what it says after later edits, and
// as whom.
type outgoing struct {
	entry chat.Entry
	refs  convert.Refs
	file  *store.File
	// pictures are those of cards, in their order.
	pictures []store.File
	as       id.UserID
}

// waits reports whether something has to be brought to the homeserver first.
func (o *outgoing) waits() bool {
	return o.file != nil && o.file.MXC == "" || slices.ContainsFunc(o.pictures, func(f store.File) bool { return f.MXC == "" })
}

// speaker is who says an entry in the room.
func (m *Matrix) speaker(c *conversation, e chat.Entry) id.UserID {
	if e.Author.Party != chat.Visitor { // also an operator's words that a command sends
		return m.cfg.BotUserID()
	}
	return c.ghost
}

// compose decides what an entry becomes. Later edits that wait behind an
// unsent message are folded into it and returned; a later redaction of it
// means that neither is ever sent (nil).
func (m *Matrix) compose(ctx context.Context, c *conversation, e chat.Entry) (*outgoing, []chat.Entry, error) {
	out := &outgoing{entry: e, as: m.speaker(c, e), refs: convert.Refs{Language: string(c.site.Language)}}
	later, err := m.store.UnsentAbout(ctx, c.visitor, e.ID)
	if err != nil {
		return nil, nil, err
	}
	for _, l := range later {
		if l.Kind == chat.Redaction {
			return nil, later, nil
		}
		out.entry.Content.Text, out.entry.Content.HTML = l.Content.Text, l.Content.HTML
	}
	if e.Redacted {
		return nil, later, nil
	}
	if e.Target != "" {
		if ok, err := m.aim(ctx, c, out); err != nil || !ok {
			return nil, later, err
		}
	}
	if reply := out.entry.Content.ReplyTo; reply != "" {
		if out.refs.ReplyTo, err = m.eventIn(ctx, c.room, reply); err != nil {
			return nil, nil, err
		}
	}
	if out.refs.Card, err = m.pressedCard(ctx, c, out.entry.Content); err != nil {
		return nil, nil, err
	}
	if err := m.picture(ctx, c, out); err != nil {
		return nil, nil, err
	}
	if f := out.entry.Content.File; f != nil {
		file, err := m.store.File(ctx, c.visitor, f.ID)
		if err != nil {
			return nil, nil, fmt.Errorf("file of entry %s: %w", e.ID, err)
		}
		out.file, out.refs.Media = &file, file.MXC
	}
	return out, later, nil
}

// pressedCard is the heading of the card whose button a message is the press of;
// empty if it is none, and once the visitor has given it other words.
func (m *Matrix) pressedCard(ctx context.Context, c *conversation, said chat.Content) (string, error) {
	if said.Answer == nil || said.Answer.Button == nil {
		return "", nil
	}
	offered, err := m.store.Entry(ctx, c.visitor, said.Answer.Entry)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	card, isCard := offered.Content.Offer.CardOf(*said.Answer.Button)
	button, _ := offered.Content.Offer.Button(*said.Answer.Button)
	if !isCard || button.Text != said.Text {
		return "", nil
	}
	return card.Title, nil
}

// aim finds the event that an edit, a reaction or a notice is about. The edit of a
// message that never came to this room becomes a message itself, a notice about one that
// never will stands by itself; a reaction to one is dropped (false).
func (m *Matrix) aim(ctx context.Context, c *conversation, out *outgoing) (bool, error) {
	target, err := m.store.Entry(ctx, c.visitor, out.entry.Target)
	if errors.Is(err, store.ErrNotFound) || err == nil && target.Redacted {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if out.refs.Target, err = m.eventIn(ctx, c.room, target.ID); err != nil {
		return false, err
	}
	if out.refs.Target == "" {
		return m.aimAtNone(ctx, c, out, target)
	}
	if out.entry.Kind != chat.Edit {
		return true, nil
	}
	out.refs.Original = &target.Content
	if f := target.Content.File; f != nil {
		file, err := m.store.File(ctx, c.visitor, f.ID)
		if err != nil {
			return false, err
		}
		out.refs.Media = file.MXC
	}
	return true, nil
}

// aimAtNone is aim at an entry that has no event in this room.
func (m *Matrix) aimAtNone(ctx context.Context, c *conversation, out *outgoing, target chat.Entry) (bool, error) {
	if err := m.comesFirst(ctx, c, target, out.entry); err != nil {
		return false, err
	}
	switch {
	case out.entry.Kind == chat.Edit:
		text, html := out.entry.Content.Text, out.entry.Content.HTML
		out.refs.Edits = target.ID
		out.entry.Kind, out.entry.Target, out.entry.Content = chat.Message, "", target.Content
		out.entry.Content.Text, out.entry.Content.HTML = text, html
		return true, nil
	case out.entry.Kind == chat.Notice && out.entry.Content.Key == "":
		state, err := m.store.SendStateOf(ctx, target.ID)
		return err == nil && state != store.Pending, ignoreNotFound(err)
	default:
		return false, nil
	}
}

// eventIn returns the event of an entry if it is in that room, else "".
func (m *Matrix) eventIn(ctx context.Context, room id.RoomID, entry chat.EntryID) (id.EventID, error) {
	event, at, err := m.store.EventOf(ctx, entry)
	if errors.Is(err, store.ErrNotFound) || err == nil && at != room {
		return "", nil
	}
	return event, err
}

// comesFirst has the turn begin anew when what an entry is about has to be said again, as
// what a restored homeserver lost: by itself, an edit would become that message.
func (m *Matrix) comesFirst(ctx context.Context, c *conversation, target, e chat.Entry) error {
	if c.blocked {
		return nil // what the visitor said waits for as long as that
	}
	state, err := m.store.SendStateOf(ctx, target.ID)
	if err == nil && state == store.Pending && target.Seq < e.Seq {
		return errOtherTask{taskSend}
	}
	return ignoreNotFound(err)
}

// put sends a composed entry, plainer when the homeserver refuses it as it is.
func (m *Matrix) put(ctx context.Context, c *conversation, e chat.Entry, out *outgoing, folded []chat.Entry) error {
	eventType, content, err := convert.ToMatrix(out.entry, out.refs)
	if err != nil {
		return m.fail(ctx, c, e, out.entry.Content.Text, folded, err)
	}
	var refusal error
	if convert.TooLarge(content) {
		refusal = errTooLarge
		if content, err = m.degrade(ctx, e, out, content); err != nil {
			return m.waitOrFail(ctx, c, e, out, folded, err)
		}
	}
	if out.as == c.ghost {
		if err := m.enterRoom(ctx, c); err != nil {
			return m.waitOrFail(ctx, c, e, out, folded, err)
		}
	}
	doubted := m.doubts.about(e.ID)
	for content != nil {
		sent, err := m.putEvent(ctx, c, e, out.as, eventType, content)
		refusal = err
		if err == nil {
			return m.sent(ctx, c, e, out.as, c.room, sent, m.carried(ctx, c.room, sent, content, folded, doubted))
		}
		if errors.Is(err, errDuplicateReaction) {
			return m.giveUp(ctx, c, []chat.Entry{e}, store.Cancelled, "the homeserver has that reaction")
		}
		if err := m.mayDegrade(ctx, c, e, err); err != nil {
			return err
		}
		m.log.Warn().Err(refusal).Str(trail.Visitor, string(c.visitor)).Str(trail.Entry, string(e.ID)).Msg("The homeserver refuses an entry as it is; it is sent plainer, if it can be")
		if content, err = m.degrade(ctx, e, out, content); err != nil {
			return m.waitOrFail(ctx, c, e, out, folded, err)
		}
	}
	return m.fail(ctx, c, e, out.entry.Content.Text, folded, refusal)
}

var errTooLarge = errors.New("it is too large for an event")

// waitOrFail ends the way of an entry whose text the homeserver takes as no file either, or
// whose ghost it lets into no room; with any other error the entry waits.
func (m *Matrix) waitOrFail(ctx context.Context, c *conversation, e chat.Entry, out *outgoing, folded []chat.Entry, err error) error {
	if refused, ok := errors.AsType[errRefused](err); ok {
		return m.fail(ctx, c, e, out.entry.Content.Text, folded, refused.error)
	}
	return err
}

// carried returns the edits that an event has in it, of those that were folded into
// what was put. The transaction may be one that broke off before: then its answer is
// the event of that, with the words of then, and the edits have to go by themselves.
// So they do when the event cannot be read, which says the same once more.
func (m *Matrix) carried(ctx context.Context, room id.RoomID, at id.EventID, put any, folded []chat.Entry, doubted bool) []chat.Entry {
	if !doubted || len(folded) == 0 {
		return folded
	}
	there, err := m.hs.as(m.cfg.BotUserID()).GetEvent(ctx, room, at)
	if err != nil {
		return nil
	}
	type words struct {
		Body string `json:"body"`
		HTML string `json:"formatted_body"`
	}
	var is, should words
	wanted, err := json.Marshal(put)
	if errors.Join(err, json.Unmarshal(there.Content.VeryRaw, &is), json.Unmarshal(wanted, &should)) != nil || is != should {
		return nil
	}
	return folded
}

var errDuplicateReaction = errors.New("the homeserver has that reaction")

func (m *Matrix) putEvent(ctx context.Context, c *conversation, e chat.Entry, as id.UserID, t event.Type, content any) (id.EventID, error) {
	m.doubts.doubt(e.ID)
	txn, _, err := m.again(ctx, c, e)
	if err != nil {
		return "", err
	}
	killpoint.Reach(killpoint.BeforeSend)
	trail.Of(m.log.Debug(), &e).Str(trail.RoomID, string(c.room)).Msg("An entry is sent to the homeserver")
	resp, err := m.hs.as(as).SendMessageEvent(ctx, c.room, t, content, mautrix.ReqSendEvent{TransactionID: txn})
	if err == nil {
		killpoint.Reach(killpoint.AfterSend)
		m.doubts.gotThrough()
		return named(resp.EventID)
	}
	if s := status(err); s >= http.StatusBadRequest && s < http.StatusInternalServerError {
		m.doubts.certain(e.ID) // a clear refusal: it is not there
	}
	if e, ok := errors.AsType[mautrix.RespError](err); ok && e.ErrCode == "M_DUPLICATE_ANNOTATION" {
		return "", errDuplicateReaction
	}
	return "", err
}

// serverErrors is how many 5xx answers and cuts to one entry, while the homeserver
// works for others, count as a refusal.
const serverErrors = 10

// mayDegrade returns nil when the refusal is about the content, so that a
// plainer one may pass, else the error with which the entry waits.
func (m *Matrix) mayDegrade(ctx context.Context, c *conversation, e chat.Entry, refusal error) error {
	switch outcome(refusal) {
	case refused:
		return nil
	case noRoom:
		cured, err := m.repairRoom(ctx, c)
		if err != nil {
			return err
		}
		const refusals = 3 // in a room that is well, a refusal is about the entry
		if !cured && m.doubts.refuse(e.ID) >= refusals {
			return nil
		}
		return refusal
	case later, down:
		cut := m.wasCut(ctx, e, refusal)
		if (cut || status(refusal) >= http.StatusInternalServerError) && m.doubts.fault(e.ID) >= serverErrors {
			return nil
		}
		if cut {
			return errCut{refusal}
		}
		return refusal
	case unauthorized:
		return refusal
	default:
		return refusal
	}
}

// wasCut reports whether a homeserver that is there cut an entry off. The first cuts are
// taken for what they look like, an outage: behind one it is compared with what is known of it.
// A request that is not answered in time is none, if the homeserver answers isDown.
func (m *Matrix) wasCut(ctx context.Context, e chat.Entry, refusal error) bool {
	const outages = 2
	return status(refusal) == 0 && ctx.Err() == nil && m.doubts.cut(e.ID) > outages && !m.hs.isGone(ctx)
}

// degrade returns the next plainer content, or nil when there is none. It is errRefused
// when that needs a file which the homeserver does not take.
func (m *Matrix) degrade(ctx context.Context, e chat.Entry, out *outgoing, content any) (any, error) {
	plainer, ok := convert.Degrade(content)
	if !ok {
		return nil, nil
	}
	if plainer.Upload != nil {
		cuts := e.ID + " text"
		if err := m.hs.register(ctx, out.as); err != nil { // see bring
			return nil, err
		}
		resp, err := m.hs.as(out.as).UploadBytesWithName(ctx, plainer.Upload.Data, plainer.Upload.Type, plainer.Upload.Name)
		if err != nil {
			return nil, m.notTaken(ctx, e, cuts, mostCuts, err)
		}
		m.doubts.clear(cuts)
		plainer.Attach(resp.ContentURI.CUString())
	}
	return plainer.Content, nil
}
