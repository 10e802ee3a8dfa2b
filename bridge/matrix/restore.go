package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// The boot number stands in the database and in the bot's account data. Either
// side knows how far the other was: a side that is behind was restored from a
// backup.
const (
	accountDataBoot = "chat.anteroom.boot"
	// metaAnnounced is the number that the homeserver has for sure,
	// metaAnnouncing the one that it may have.
	metaAnnounced  = "boot.announced"
	metaAnnouncing = "boot.announcing"
	// metaKnown is the newest position of the inbox at the first start whose numbers
	// are not compared yet, "" once they are: what a restored database knows for
	// sure. Newer events may come in before the gap behind them is read. metaBotKnown
	// is the same of what the bot has yet to hear.
	metaKnown    = "boot.known"
	metaBotKnown = "boot.bot_known"
	// metaUnheard is the newest position of the inbox when a restored database had read
	// the rooms, "" once all up to there was heard.
	metaUnheard = "boot.unheard"
	// metaResentAt is the newest position of the inbox when the homeserver was
	// last restored: what was delivered up to there it may not have any more.
	metaResentAt = "resent.at"
)

type bootMark struct {
	Boot int64 `json:"boot"`
}

// Recall notes what the database knows before anything new comes in. Call it
// before the doors open.
func (m *Matrix) Recall(ctx context.Context) error {
	unheard, err := m.metaNumber(ctx, metaUnheard)
	if err != nil {
		return err
	}
	m.unheard.Store(unheard)
	copied, err := m.store.Meta(ctx, store.MetaCopy)
	if err != nil {
		return err
	}
	m.rereads.Store(copied != "")
	noted, err := m.store.Meta(ctx, metaKnown)
	if err != nil || noted != "" {
		return err
	}
	newest, err := m.store.NewestArrival(ctx)
	if err != nil {
		return err
	}
	newestOfBot, err := m.store.NewestBotInput(ctx)
	if err != nil {
		return err
	}
	return m.store.Write(ctx, func(ctx context.Context) error {
		return errors.Join(m.store.SetMeta(ctx, metaBotKnown, strconv.FormatInt(newestOfBot, 10)),
			m.store.SetMeta(ctx, metaKnown, strconv.FormatInt(newest, 10)))
	})
}

// compareBoots finds out whether the database or the homeserver was restored
// from a backup since the last start, mends what that tore apart, and
// announces this start.
func (m *Matrix) compareBoots(ctx context.Context) error {
	m.booting.Lock() // an hour's turn and the end of an outage may come together
	defer m.booting.Unlock()
	bot := m.hs.as(m.cfg.BotUserID())
	var theirs bootMark
	switch err := bot.GetAccountData(ctx, accountDataBoot, &theirs); {
	case err != nil && outcome(err) != noRoom:
		return err
	case err == nil && theirs.Boot == 0: // we tell none below 1
		return errGarbage
	}
	announced, err := m.metaNumber(ctx, metaAnnounced)
	if err != nil {
		return err
	}
	if err := m.mendRestored(ctx, theirs.Boot, announced); err != nil {
		return err
	}
	number, err := m.store.RaiseBoot(ctx, theirs.Boot) // so that the other database, put back, notices
	if err != nil {
		return err
	}
	boot := strconv.FormatInt(number, 10)
	if err := m.store.SetMeta(ctx, metaAnnouncing, boot); err != nil {
		return err
	}
	if err := bot.SetAccountData(ctx, accountDataBoot, bootMark{Boot: number}); err != nil {
		return err
	}
	if err := errors.Join(m.store.SetMeta(ctx, metaAnnounced, boot), m.store.SetMeta(ctx, store.MetaCopy, ""), m.store.SetMeta(ctx, metaKnown, "")); err != nil {
		return err
	}
	m.rereads.Store(false)
	m.compareOnce.Do(func() { close(m.compared) })
	return nil
}

// mendRestored mends what a restored backup tore apart, of the database or of the
// homeserver: theirs is the number that the homeserver has.
func (m *Matrix) mendRestored(ctx context.Context, theirs, announced int64) error {
	announcing, err := m.metaNumber(ctx, metaAnnouncing)
	if err != nil {
		return err
	}
	copied, err := m.store.Meta(ctx, store.MetaCopy)
	if err != nil {
		return err
	}
	switch {
	case copied == "" && theirs > 0 && announced == 0 && announcing == 0:
		m.log.Warn().Msg("The database is new, and the homeserver has rooms of another database of this bridge, which are let be. If database.uri is wrong, or a backup has yet to be put back, stop the bridge and do so: until then visitors begin new conversations")
		return m.store.SetMeta(ctx, store.MetaBeside, "1")
	case copied != "" || theirs > max(announced, announcing):
		m.metrics.restores.WithLabelValues(restoredBridge).Inc()
		m.rereads.Store(true)
		m.log.Warn().Msg("The database was restored from a backup; reading what it missed from the rooms")
		if err := m.awaitShown(ctx, theirs); err != nil {
			return err
		}
		if err := m.readAgain(ctx); err != nil {
			return err
		}
		return m.noteUnheard(ctx)
	case theirs < announced:
		m.metrics.restores.WithLabelValues(restoredHomeserver).Inc()
		m.log.Warn().Msg("The homeserver was restored from a backup; sending again what it lost")
		return m.resendLost(ctx)
	}
	return nil
}

// readAgain brings a restored database to what the homeserver knows.
func (m *Matrix) readAgain(ctx context.Context) error {
	if err := m.eraseRoomless(ctx); err != nil {
		return err
	}
	return m.rereadRooms(ctx)
}

// mostUnread is how often in a row a room may fail to be read again, in sixteen seconds at
// the least, before it is passed over: until then all others wait for it.
const mostUnread = 6

// passOver tells the own fault of a room, or of a ghost, from one for which everybody waits:
// own is nil once it was passed over often enough.
func (m *Matrix) passOver(ctx context.Context, what string, err error) (own, others error) {
	key := chat.EntryID("read again " + what)
	switch {
	case err == nil:
		m.doubts.clear(key)
		return nil, nil
	case !isHomeserver(err), status(err) == http.StatusTooManyRequests, outcome(err) == unauthorized, m.hs.isGone(ctx):
		return nil, err
	case m.doubts.refuse(key) < mostUnread:
		return err, nil
	}
	m.log.Warn().Err(err).Str("what", what).Msg("A room or a visitor's user cannot be read again after a restored backup; it is passed over, and what was lost of it stays lost")
	return nil, nil
}

// announceEvery is how often the number rises while the bridge runs, so that a
// backup of either side that is older than this is noticed when it comes back.
const announceEvery = time.Hour

func (m *Matrix) announceBoots(ctx context.Context) error {
	ticker := time.NewTicker(announceEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := m.untilDone(ctx, "compare boot numbers", m.reopening); err != nil {
			return err
		}
		// A space that was deleted without a word is missed here at the latest.
		m.spaces.doubtAll()
		if _, err := m.wakeUnsent(ctx); err != nil && ctx.Err() == nil {
			m.log.Error().Err(err).Msg("What waits for the homeserver cannot be read; trying again in an hour")
		}
	}
}

func (m *Matrix) metaNumber(ctx context.Context, key string) (int64, error) {
	value, err := m.store.Meta(ctx, key)
	if err != nil || value == "" {
		return 0, err
	}
	return strconv.ParseInt(value, 10, 64)
}

// place is up to where a restored database knows what happened: the position of the inbox,
// and of what the bot has yet to hear.
type place struct{ inbox, bot int64 }

func (m *Matrix) knownPlace(ctx context.Context) (p place, err error) {
	inbox, err := m.metaNumber(ctx, metaKnown)
	if err != nil {
		return p, err
	}
	bot, err := m.metaNumber(ctx, metaBotKnown)
	return place{inbox, bot}, err
}

// rereadRoom stores what happened in a dialog's room since the last event that came up to
// the place known, or all of it if there is none, as if it were delivered now.
func (m *Matrix) rereadRoom(ctx context.Context, v chat.VisitorID, room id.RoomID, known place) error {
	last, err := m.store.LastArrival(ctx, room, known.inbox)
	if ignoreNotFound(err) != nil {
		return err
	}
	var missed []store.Arrival
	for from := ""; ; {
		page, next, err := m.roomPage(ctx, room, from, last)
		if err != nil {
			return err
		}
		missed = append(missed, page...)
		if next == "" || next == from {
			break
		}
		from = next
	}
	slices.Reverse(missed)
	return m.store.Write(ctx, func(ctx context.Context) error {
		wentOn, err := m.wentOn(ctx, v, missed)
		if err == nil && wentOn {
			err = m.dialog.Overtaken(ctx, v, known.bot)
		}
		return errors.Join(err, m.store.StoreArrivals(ctx, missed, now()))
	})
}

// roomPage returns a page of a room's events, newest first, from a token
// backwards to the event last, and the token of the next page; "" when last was
// met or nothing is left.
func (m *Matrix) roomPage(ctx context.Context, room id.RoomID, from string, last id.EventID) (page []store.Arrival, next string, err error) {
	// The raw events are wanted, so not the library's parsed answer.
	var resp struct {
		Chunk []json.RawMessage `json:"chunk"`
		Start string            `json:"start"`
		End   string            `json:"end"`
	}
	query := map[string]string{"dir": "b", "limit": "100"}
	if from != "" {
		query["from"] = from
	}
	bot := m.hs.as(m.cfg.BotUserID())
	if _, err := bot.MakeRequest(ctx, http.MethodGet,
		bot.BuildURLWithQuery(mautrix.ClientURLPath{"v3", "rooms", room, "messages"}, query), nil, &resp); err != nil {
		if f := outcome(err); f == noRoom || f == refused {
			return nil, "", nil // the room is repaired when it is used
		}
		return nil, "", fmt.Errorf("read %s again: %w", room, err)
	}
	if resp.Chunk == nil {
		return nil, "", fmt.Errorf("read %s again: %w", room, errGarbage)
	}
	for _, raw := range resp.Chunk {
		event := readHead(raw).ID
		if last != "" && event == last {
			return page, "", nil
		}
		page = append(append(page, removal(room, raw)...), store.Arrival{Key: arrivalKey(event, raw), Room: room, Raw: raw})
	}
	if len(resp.Chunk) == 0 {
		return page, "", nil
	}
	return page, olderFrom(from, resp.Start, resp.End), nil
}

// removal is the redaction that a redacted event carries, as it would be
// delivered itself. A homeserver that was killed may have lost that event from
// its timeline, and still know what it did.
func removal(room id.RoomID, raw json.RawMessage) []store.Arrival {
	var redacted struct {
		ID       id.EventID `json:"event_id"`
		Unsigned struct {
			Because map[string]json.RawMessage `json:"redacted_because"`
		} `json:"unsigned"`
	}
	because := &redacted.Unsigned.Because
	if err := json.Unmarshal(raw, &redacted); err != nil || *because == nil {
		return nil
	}
	// Servers differ in whether they say what was redacted once more in here.
	if target, err := json.Marshal(redacted.ID); err == nil && (*because)["redacts"] == nil {
		(*because)["redacts"] = target
	}
	delete(*because, "unsigned")
	event, err := json.Marshal(*because)
	if key := readHead(event).ID; err == nil && key != "" {
		return []store.Arrival{{Key: string(key), Room: room, Raw: event}}
	}
	return nil
}

// rereadRecent looks through the rooms whose visitors are there. A homeserver
// that was cut off may deliver their newest events late, or never.
func (m *Matrix) rereadRecent(ctx context.Context) {
	online := m.dialog.Online()
	for _, v := range online[:min(len(online), maxPolls)] {
		if !m.hs.gate.isOpen() {
			return // it went away again, and this is done again when it is back
		}
		room, err := m.store.RoomOf(ctx, v)
		if err == nil {
			err = m.rereadNewest(ctx, room)
		}
		if ctx.Err() != nil {
			return
		}
		if ignoreNotFound(err) != nil {
			m.log.Warn().Err(err).Stringer(trail.RoomID, room).Msg("A room could not be looked through after the homeserver came back")
		}
	}
}

// rereadNewest stores those of a room's newest events that were not delivered.
func (m *Matrix) rereadNewest(ctx context.Context, room id.RoomID) error {
	page, _, err := m.roomPage(ctx, room, "", "")
	if err != nil {
		return err
	}
	slices.Reverse(page)
	if err := m.store.StoreMissed(ctx, page, now()); err != nil {
		return err
	}
	m.inbox.wake()
	return nil
}
