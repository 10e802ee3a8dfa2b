package matrix

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/appservice"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/config"
)

const (
	// requestTimeout is longer than a homeserver stalls under load: a PUT given
	// up too early is one whose outcome nobody knows.
	requestTimeout = 180 * time.Second
	// connections to the homeserver that are kept open: one for each poll, and
	// some for all else. With Go's default of two, most requests would make a new one.
	connections = maxPolls + 64
)

// StateCache is mautrix's cache of registered users, rooms and members.
type StateCache interface {
	appservice.StateStore
	// Forget empties it, when the homeserver was restored from a backup.
	Forget(ctx context.Context) error
	// ForgetRoom drops what is known of an erased visitor's room and ghost.
	ForgetRoom(ctx context.Context, room id.RoomID, ghost id.UserID) error
}

// homeserver speaks the client-server API as the bot and as ghosts.
type homeserver struct {
	url   *url.URL
	token string
	http  *http.Client
	state StateCache
	gate  gate
}

func newHomeserver(cfg *config.Config, state StateCache, figures *metrics, log zerolog.Logger) (*homeserver, error) {
	address, err := url.Parse(cfg.Homeserver.Address)
	if err != nil {
		return nil, fmt.Errorf("homeserver.address: %w", err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = connections, connections
	hs := &homeserver{
		url: address, token: cfg.AppService.ASToken, state: state,
		http: &http.Client{Transport: answering{metered{transport, figures}}, Timeout: requestTimeout},
	}
	hs.gate = gate{log: log, probe: hs.probe, open: make(chan struct{}), opened: time.Now(), shut: make(chan error, 1)}
	close(hs.gate.open)
	return hs, nil
}

// as returns a client that acts as a user of ours. It is cheap and not kept: a
// client per ghost would cost more memory than all dialogs. It never retries
// and never waits by itself, because the callers know better when.
func (hs *homeserver) as(user id.UserID) *mautrix.Client {
	return &mautrix.Client{
		HomeserverURL: hs.url, UserID: user, AccessToken: hs.token, SetAppServiceUserID: true,
		Client: hs.http, StateStore: hs.state, UserAgent: "Anteroom", IgnoreRateLimit: true, Log: zerolog.Nop(),
	}
}

// patient is the HTTP client for transfers, which are bounded by their context alone.
func (hs *homeserver) patient() *http.Client { return &http.Client{Transport: hs.http.Transport} }

// register makes sure that a user of ours exists.
func (hs *homeserver) register(ctx context.Context, user id.UserID) error {
	if known, err := hs.state.IsRegistered(ctx, user); err == nil && known {
		return nil
	}
	answer, _, err := hs.as(user).Register(ctx, &mautrix.ReqRegister[any]{
		Username: user.Localpart(), Type: mautrix.AuthTypeAppservice, InhibitLogin: true,
	})
	if err == nil { // what is believed here is never asked again
		_, err = named(answer.UserID)
	}
	if err != nil && !errors.Is(err, mautrix.MUserInUse) {
		return fmt.Errorf("register %s: %w", user, err)
	}
	return hs.state.MarkRegistered(ctx, user)
}

// join brings a user of ours into a room, with an invitation by the bot if it
// needs one. The bot's view decides: Dendrite answers a bare 500 both to who
// may not join and to who is in already.
func (hs *homeserver) join(ctx context.Context, user, bot id.UserID, room id.RoomID) error {
	if hs.state.IsInRoom(ctx, room, user) {
		return nil
	}
	if err := hs.register(ctx, user); err != nil {
		return err
	}
	joined, err := hs.as(user).JoinRoomByID(ctx, room)
	if err == nil {
		_, err = named(joined.RoomID)
	}
	if err != nil && outcome(err) != down {
		err = hs.joinInvited(ctx, user, bot, room)
	}
	if err != nil {
		return fmt.Errorf("join %s as %s: %w", room, user, err)
	}
	return hs.state.SetMembership(ctx, room, user, event.MembershipJoin)
}

func (hs *homeserver) joinInvited(ctx context.Context, user, bot id.UserID, room id.RoomID) error {
	member, err := hs.membership(ctx, bot, room, user)
	if err != nil || member == event.MembershipJoin {
		return err
	}
	// Also who is invited by what is shown: a Dendrite that was killed may not know of it.
	if _, err := hs.as(bot).InviteUser(ctx, room, &mautrix.ReqInviteUser{UserID: user}); err != nil {
		return err
	}
	_, err = hs.as(user).JoinRoomByID(ctx, room)
	return err
}

// membership asks for a user's membership of a room as the bot sees it:
// "leave" for who was never in. It is an error if the bot is not in the room.
func (hs *homeserver) membership(ctx context.Context, bot id.UserID, room id.RoomID, user id.UserID) (event.Membership, error) {
	var member event.MemberEventContent
	err := hs.as(bot).StateEvent(ctx, room, event.StateMember, string(user), &member)
	if err == nil {
		return named(member.Membership)
	}
	if isForeign(err) {
		return "", fmt.Errorf("%w: %s", errGarbage, cause(err))
	}
	if status(err) != http.StatusNotFound || user == bot {
		return "", err
	}
	// 404 is for a room that is gone as well: the bot's own membership tells.
	if own, ownErr := hs.membership(ctx, bot, room, bot); ownErr != nil || own != event.MembershipJoin {
		return "", err
	}
	return event.MembershipLeave, nil
}

// failure says what to do about an error of the homeserver.
type failure int

const (
	down         failure = iota // no answer: everyone waits until it is back
	later                       // this request may work later
	unauthorized                // the token is not accepted: nobody can send
	noRoom                      // the room is gone, or our user is not in it
	refused                     // this request never works as it is
)

// outcome classifies by status first, because error codes mislead: too large
// is 413 M_BAD_JSON on Dendrite, a missing room 400
// M_UNSUPPORTED_ROOM_VERSION, a refused join a bare 500.
func outcome(err error) failure {
	e, ok := errors.AsType[mautrix.HTTPError](err)
	if !ok || e.Response == nil {
		return down
	}
	switch status := e.Response.StatusCode; {
	case status < http.StatusMultipleChoices:
		return down // the answer broke off
	case status == http.StatusUnauthorized:
		return unauthorized
	case status == http.StatusTooManyRequests, status == http.StatusInternalServerError:
		return later
	case status > http.StatusInternalServerError:
		return down
	case status == http.StatusForbidden, status == http.StatusNotFound,
		errors.Is(err, mautrix.MUnsupportedRoomVersion):
		return noRoom
	default:
		return refused
	}
}

// isForeign reports whether somebody else answered in the homeserver's place: a proxy that has
// it not behind it for a moment (404), or does not let a request through (403). Every error of
// a homeserver has a code (Client-Server API, "Standard error response").
func isForeign(err error) bool {
	e, ok := errors.AsType[mautrix.HTTPError](err)
	s := status(err)
	return ok && e.RespError == nil && (s == http.StatusForbidden || s == http.StatusNotFound)
}

// cause is what the homeserver said, in a few words that operators may read.
func cause(err error) string {
	e, ok := errors.AsType[mautrix.HTTPError](err)
	if !ok || e.Response == nil {
		return ""
	}
	if e.RespError == nil {
		return strconv.Itoa(e.Response.StatusCode)
	}
	return strconv.Itoa(e.Response.StatusCode) + " " + e.RespError.ErrCode
}

// isTransport reports whether a request got no answer at all.
func isTransport(err error) bool {
	_, ok := errors.AsType[*url.Error](err)
	return ok
}

// status is the HTTP status of an error, 0 when there was no whole answer.
func status(err error) int {
	e, ok := errors.AsType[mautrix.HTTPError](err)
	if !ok || e.Response == nil || e.Response.StatusCode < http.StatusMultipleChoices {
		return 0
	}
	return e.Response.StatusCode
}

// mostRetryAfter is how long the homeserver's wish is heeded at most: a number that is
// none would keep a dialog from Matrix for ever.
const mostRetryAfter = 15 * time.Minute

// retryAfter is how long the homeserver asks to wait, 0 if it does not say.
func retryAfter(err error) time.Duration {
	e, ok := errors.AsType[mautrix.RespError](err)
	if !ok {
		return 0
	}
	ms, _ := e.ExtraData["retry_after_ms"].(float64)
	// Bounded as it came: beyond the bound it may not fit a duration.
	ms = min(max(ms, 0), float64(mostRetryAfter.Milliseconds()))
	return time.Duration(ms) * time.Millisecond
}
