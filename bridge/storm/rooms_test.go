package storm_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/storm/record"
)

// inRoom is a fault of a dialog's room, if there is one yet. The time is bounded: the
// homeserver may be in trouble as well.
func inRoom(do func(ctx context.Context, s *storm, dice *rand.Rand, at opened)) func(context.Context, *storm, *rand.Rand) {
	const most = 10 * time.Second
	return func(ctx context.Context, s *storm, dice *rand.Rand) {
		rooms := s.open()
		if s.idle = len(rooms) == 0; s.idle {
			return
		}
		s.struck = rooms[dice.IntN(len(rooms))]
		ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), most)
		defer stop()
		do(ctx, s, dice, s.struck)
	}
}

// upgrade replaces a dialog's room, as an administrator's tool does in the bot's name.
func upgrade(ctx context.Context, s *storm, _ *rand.Rand, at opened) {
	bot := s.Bot(s.T)
	// Dendrite rejects an upgrade that meets another state event of the room; then it is none.
	_, err := bot.MakeRequest(ctx, http.MethodPost, bot.BuildClientURL("v3", "rooms", at.room, "upgrade"), map[string]any{"new_version": "11"}, nil)
	s.idle = isRefused(err)
}

// remove takes everybody out of a dialog's room, as the homeserver's administrator does to
// delete it. Dendrite 0.15.2 dies of a room that is purged, too, before all of its parts have
// worked off who left (minutes later, after kills) and can never be started again: that the
// bridge tells such a room from any other that it lost is in TestInvariant17RoomPurged.
func remove(ctx context.Context, s *storm, _ *rand.Rand, at opened) {
	_, err := s.admin.MakeRequest(ctx, http.MethodPost, s.Homeserver.URL()+"/_dendrite/admin/evacuateRoom/"+string(at.room), struct{}{}, nil)
	if s.idle = isRefused(err); !s.idle {
		s.deleted = append(s.deleted, at.room)
	}
}

// kick has an operator close a dialog by removing its visitor's ghost.
func kick(ctx context.Context, s *storm, _ *rand.Rand, at opened) {
	bot := s.Bot(s.T)
	members, err := bot.JoinedMembers(ctx, at.room)
	if s.idle = true; err != nil {
		return
	}
	for user := range members.Joined {
		if strings.HasPrefix(string(user), "@anteroom_") && !strings.HasPrefix(string(user), "@anteroom_delivered") {
			_, err := s.Anna.KickUser(ctx, at.room, &mautrix.ReqKickUser{UserID: user}) // or she is not in yet
			s.idle = s.idle && isRefused(err)
		}
	}
}

// encrypt switches a room's encryption on, which operators cannot and other tools of the
// bot's may.
func encrypt(ctx context.Context, s *storm, _ *rand.Rand, at opened) {
	_, err := s.Bot(s.T).SendStateEvent(ctx, at.room, event.StateEncryption, "", &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1})
	s.idle = isRefused(err)
}

// poison has an operator send what no client sends.
func poison(ctx context.Context, s *storm, dice *rand.Rand, at opened) {
	deep := strings.Repeat(`{"m.new_content":`, 200) + "1" + strings.Repeat("}", 200)
	all := []string{
		`{"msgtype":"m.text","body":7}`, `{"msgtype":7,"body":"x"}`, `{"body":null}`, `{}`,
		`{"msgtype":"m.text","body":"x","m.relates_to":"x"}`, `{"msgtype":"m.text","body":"x","m.relates_to":{"rel_type":"m.replace","event_id":7}}`,
		`{"msgtype":"m.text","body":"x","m.relates_to":{"rel_type":"m.replace","event_id":"$nowhere"},"m.new_content":[]}`,
		`{"msgtype":"m.file","body":"x","url":"mxc://"}`, `{"msgtype":"m.image","body":"x","info":[1],"url":7}`,
		`{"msgtype":"m.location","body":"x","geo_uri":"geo:NaN,1e999"}`, `{"msgtype":"m.nonsense","body":{"a":[{}]}}`,
		`{"msgtype":"m.text","body":"x","formatted_body":` + deep + `,"format":"org.matrix.custom.html"}`,
	}
	kinds := []event.Type{event.EventMessage, event.EventMessage, event.EventReaction, event.EventSticker, event.NewEventType("m.poll.start")}
	content := json.RawMessage(all[dice.IntN(len(all))])
	resp, err := s.Anna.SendMessageEvent(ctx, at.room, kinds[dice.IntN(len(kinds))], content)
	if s.idle = isRefused(err); err == nil {
		s.out.Write(record.Line{Kind: record.Poison, Dialog: at.talk.number, Event: string(resp.EventID), Room: string(at.room)})
	}
}

// crowd brings several new visitors at the same moment: their rooms are made side by side.
func crowd(_ context.Context, s *storm, dice *rand.Rand) {
	const least, more = 3, 4
	s.newcomers = least + dice.IntN(more)
}
