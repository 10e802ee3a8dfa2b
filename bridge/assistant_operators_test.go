package bridge_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bot/gpt/gpttest"
	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
)

// helper is a model that drafts, sums up and translates: it puts the language in
// front of what it was asked to translate.
func helper(r gpttest.Request) gpttest.Reply {
	system := r.Prompt("system")
	switch {
	case strings.HasPrefix(system, "You translate"):
		var asked struct{ Message string }
		_ = json.Unmarshal([]byte(r.Asked()), &asked)
		_, language, _ := strings.Cut(system, `into the language "`)
		language, _, _ = strings.Cut(language, `"`)
		return gpttest.Says("(" + language + ") " + asked.Message)
	case strings.HasPrefix(system, "You sum up"):
		return gpttest.Says(fmt.Sprintf("- summed up %d characters", len(r.Asked())))
	default:
		return gpttest.Says("Yes, we have green tea.")
	}
}

// assistantOf are the settings of a site whose assistant answers only operators.
func assistantOf(s *gpttest.Server, more string) string {
	return fmt.Sprintf(`    invite: everyone
    bot: {enabled: true}
    assistant:
      instruction: You are Ada of the shop.
      endpoints: [{base_url: %q, model: tea-1}]
      answers: chains
%s`, s.URL, more)
}

// inThread waits for something of the bot in the thread of an event.
func inThread(t *testing.T, o *bridgetest.Operator, room id.RoomID, root id.EventID, words string) *event.Event {
	t.Helper()
	return o.Event(t, room, words+" in the thread of "+string(root), func(e *event.Event) bool {
		return e.Sender == bot && strings.Contains(bridgetest.Body(e), words) && path(content(e), "m.relates_to", "rel_type") == "m.thread" &&
			path(content(e), "m.relates_to", "event_id") == string(root) && path(content(e), "msgtype") == "m.notice"
	})
}

func answerOf(t *testing.T, o *bridgetest.Operator, room id.RoomID, to id.EventID, words string) *event.Event {
	t.Helper()
	return o.Event(t, room, words+" as an answer to "+string(to), func(e *event.Event) bool {
		return e.Sender == bot && strings.Contains(bridgetest.Body(e), words) && path(content(e), "msgtype") == "m.notice" &&
			path(content(e), "m.relates_to", "m.in_reply_to", "event_id") == string(to)
	})
}

// An operator has a draft written in a thread, and sends it by touching its mark.
func TestAnOperatorSendsADraftByAReaction(t *testing.T) {
	t.Parallel()
	model := gpttest.Start(t)
	model.Otherwise(helper)
	k := startTalk(t, bridgetest.Options{Site: assistantOf(model, ""), Operators: []string{"ben"}})
	command := k.anna.Says(t, k.room, "!suggest be brief")
	draft := inThread(t, k.anna, k.room, command, "Yes, we have green tea.")
	wants(t, bridgetest.Body(draft), "A draft, seen by operators only")
	mark := k.anna.Event(t, k.room, "the mark under the draft", func(e *event.Event) bool {
		return e.Type.Type == event.EventReaction.Type && e.Sender == bot && path(content(e), "m.relates_to", "event_id") == string(draft.ID)
	})
	if asked := model.Last(); !strings.Contains(asked.Prompt("system"), "wants: be brief") || !strings.Contains(asked.Prompt("user"), "Do you have green tea?") {
		t.Errorf("the model was asked %s", asked.Body)
	}
	for _, e := range k.visitor.Entries() {
		if e.Author.Party != chat.Visitor {
			t.Errorf("before it is sent the visitor sees %+v", e)
		}
	}
	key, _ := path(content(mark), "m.relates_to", "key").(string)
	ben := k.Colleague(t, "ben")
	if _, err := ben.JoinRoomByID(t.Context(), k.room); err != nil {
		ben.Space(t) // only who is in the space may enter
		if _, err := ben.JoinRoomByID(t.Context(), k.room); err != nil {
			t.Fatal(err)
		}
	}
	react := func(o *bridgetest.Operator, key string) id.EventID {
		t.Helper()
		return o.Send(t, k.room, event.EventReaction, map[string]any{
			"m.relates_to": map[string]any{"rel_type": "m.annotation", "event_id": draft.ID, "key": key},
		})
	}
	react(ben, "👍") // is no such word
	react(k.anna, key)
	heard := k.visitor.Hears(t, "Yes, we have green tea.")
	if heard.Author.Party != chat.Operator || heard.Author.Name != "anna" || heard.AI != nil {
		t.Errorf("the visitor got %+v", heard)
	}
	sent := k.anna.Event(t, k.room, "the answer in the room", func(e *event.Event) bool {
		return bridgetest.Body(e) == "Yes, we have green tea." && path(content(e), "msgtype") == "m.text"
	})
	if path(content(sent), "chat.anteroom.operator") != "@anna:localhost" || path(content(sent), "m.relates_to", "rel_type") != nil {
		t.Errorf("it stands in the room as %s", sent.Content.VeryRaw)
	}
	// A colleague who touches it as well sends nothing more.
	react(ben, "✅")
	k.anna.Says(t, k.room, "Anything else?")
	k.visitor.Hears(t, "Anything else?")
	n := 0
	for _, e := range k.visitor.Entries() {
		if e.Text == "Yes, we have green tea." {
			n++
		}
		if e.Kind == chat.Reaction {
			t.Errorf("the visitor sees a reaction: %+v", e)
		}
	}
	if n != 1 {
		t.Errorf("it was sent %d times", n)
	}
}

// A summary is written anew after a crash, once; a slow one holds nothing up.
func TestASummaryOutlivesACrash(t *testing.T) {
	t.Parallel()
	model := gpttest.Start(t)
	model.Otherwise(func(r gpttest.Request) gpttest.Reply { return helper(r).Hold(0) })
	k := startTalk(t, bridgetest.Options{Site: assistantOf(model, "")})
	command := k.anna.Says(t, k.room, "!summary")
	bridgetest.Await(t, "the model is asked", func() bool { return model.Held() == 1 })
	wants(t, answers(t, k.anna, k.room, "!tag tea"), "Tagged")
	k.anna.Says(t, k.room, "One moment")
	k.visitor.Hears(t, "One moment")
	k.KillBridge(t)
	model.Otherwise(helper)
	model.Release()
	k.StartBridge(t, "")
	inThread(t, k.anna, k.room, command, "summed up")
	wants(t, answers(t, k.anna, k.room, "!untag tea"), "gone")
	if n := k.saying("summed up"); n != 1 {
		t.Errorf("there are %d summaries", n)
	}
}

// saying is how many events of the room have those words in them.
func (k *talk) saying(words string) (n int) {
	for _, e := range k.anna.Timeline(k.room) {
		if strings.Contains(bridgetest.Body(e), words) {
			n++
		}
	}
	return n
}

// Both directions are translated, with what was said kept on both sides; a restart
// changes nothing, and what is removed goes with its translation.
func TestADialogIsTranslatedBothWays(t *testing.T) {
	t.Parallel()
	model := gpttest.Start(t)
	model.Otherwise(helper)
	k := startTalk(t, bridgetest.Options{Site: assistantOf(model, "")})
	wants(t, answers(t, k.anna, k.room, "!translate on German"), "German ↔ English")
	answerOf(t, k.anna, k.room, k.asked.ID, "Translation: (en) Do you have green tea?")
	said := k.anna.Send(t, k.room, event.EventMessage, map[string]any{
		"msgtype": "m.text", "body": "We do!", "format": "org.matrix.custom.html", "formatted_body": "We <b>do</b>!",
	})
	heard := k.visitor.Hears(t, "(de) We do!")
	if o := heard.Original; o == nil || *o != (chat.Original{Text: "We do!", HTML: "We <b>do</b>!", Language: "en", Into: "de"}) || heard.HTML != "(de) We <b>do</b>!" {
		t.Errorf("the visitor got %+v with %+v", heard, heard.Original)
	}
	answerOf(t, k.anna, k.room, said, "The visitor reads: (de) We do!")
	k.StopBridge(t)
	k.StartBridge(t, "")
	wants(t, answers(t, k.anna, k.room, "!translate"), "German ↔ English")
	bridgetest.Await(t, "the visitor is back", func() bool { return k.visitor.Connected() || k.visitor.Connect(t.Context()) == nil })
	cid := k.visitor.Say("Danke")
	thanks := k.visitor.Acked(t, cid)
	ghosts := k.anna.Sees(t, k.room, "Danke")
	notice := answerOf(t, k.anna, k.room, ghosts.ID, "Translation: (en) Danke")
	// An edit is translated too.
	k.anna.Send(t, k.room, event.EventMessage, map[string]any{
		"msgtype": "m.text", "body": "* We do indeed!", "m.new_content": map[string]any{"msgtype": "m.text", "body": "We do indeed!"},
		"m.relates_to": map[string]any{"rel_type": "m.replace", "event_id": said},
	})
	k.visitor.Entry(t, "the edit", func(e wire.Entry) bool {
		return e.Kind == chat.Edit && e.Target == heard.ID && e.Text == "(de) We do indeed!" && e.Original != nil && e.Original.Text == "We do indeed!"
	})
	// The visitor takes its word back, the operator its own.
	k.visitor.Send(&wire.Redact{T: wire.TypeRedact, Target: thanks.ID})
	k.awaitRemoved(t, k.room, notice.ID)
	ours := answerOf(t, k.anna, k.room, said, "The visitor reads: (de) We do!")
	if _, err := k.anna.RedactEvent(t.Context(), k.room, said); err != nil {
		t.Fatal(err)
	}
	k.awaitRemoved(t, k.room, ours.ID)
	wants(t, answers(t, k.anna, k.room, "!translate off"), "off")
	k.anna.Says(t, k.room, "Bye")
	k.visitor.Hears(t, "Bye")
	for _, e := range k.visitor.Entries() {
		if strings.Contains(e.Text, "Translation") || strings.Contains(e.Text, "visitor reads") {
			t.Errorf("the visitor sees %+v", e)
		}
	}
}

// What an operator removes while its visitor is shut out goes with its translation.
func TestATranslationIsRemovedWhileItsVisitorIsBlocked(t *testing.T) {
	t.Parallel()
	model := gpttest.Start(t)
	model.Otherwise(helper)
	k := startTalk(t, bridgetest.Options{Site: assistantOf(model, "")})
	wants(t, answers(t, k.anna, k.room, "!translate on German"), "German ↔ English")
	said := k.anna.Says(t, k.room, "We do!")
	shown := answerOf(t, k.anna, k.room, said, "The visitor reads: (de) We do!")
	answers(t, k.anna, k.room, "!block")
	resp, err := k.anna.RedactEvent(t.Context(), k.room, said)
	if err != nil {
		t.Fatal(err)
	}
	// Dendrite pushes no removals, and no ghost asks for those of who is shut out.
	removal := fmt.Sprintf(`{"event_id":%q,"room_id":%q,"type":"m.room.redaction","sender":"@anna:localhost","redacts":%q,"content":{"redacts":%q}}`, resp.EventID, k.room, said, said)
	if status := k.deliver(t, `{"events":[`+removal+`]}`); status != http.StatusOK {
		t.Fatal(status)
	}
	k.awaitRemoved(t, k.room, shown.ID)
}

// While the model is silent, operators' words wait a few seconds for it, all at once
// and in their order, and then go as they are; that is told once.
func TestWordsAreNeitherLostNorReorderedWhenTheModelIsSilent(t *testing.T) {
	t.Parallel()
	model := gpttest.Start(t)
	model.Otherwise(helper)
	k := startTalk(t, bridgetest.Options{Site: assistantOf(model, "")})
	wants(t, answers(t, k.anna, k.room, "!translate on de"), "German ↔ English")
	answerOf(t, k.anna, k.room, k.asked.ID, "(en) Do you have green tea?")
	model.Otherwise(func(r gpttest.Request) gpttest.Reply { return helper(r).Hold(0) })
	words := []string{"one", "two", "three", "four", "five"}
	asked := len(model.Requests())
	k.StopBridge(t) // so that all of them wait, however slowly they are sent
	for _, word := range words {
		k.anna.Says(t, k.room, word)
	}
	k.StartBridge(t, "")
	bridgetest.Await(t, "the visitor is back", func() bool { return k.visitor.Connected() || k.visitor.Connect(t.Context()) == nil })
	// They are translated at the same time, so that they do not wait one after another:
	// once the first one has come to nothing, the model is not asked for a while.
	bridgetest.Await(t, "the model is asked for several at once", func() bool { return len(model.Requests()) >= asked+2 })
	// The visitor's own words do not wait for it.
	k.visitor.Acked(t, k.visitor.Say("Still there?"))
	k.anna.Sees(t, k.room, "Still there?")
	k.visitor.Hears(t, "five")
	var got []string
	for _, e := range k.visitor.Entries() {
		if e.Author.Party == chat.Operator {
			got = append(got, e.Text)
		}
		if e.Original != nil {
			t.Errorf("%q has an original", e.Text)
		}
	}
	if !slices.Equal(got, words) {
		t.Errorf("the visitor got %q", got)
	}
	k.anna.Event(t, k.room, "that they were not translated", func(e *event.Event) bool {
		return strings.HasPrefix(bridgetest.Body(e), "Not translated: the assistant does not answer")
	})
	wants(t, answers(t, k.anna, k.room, "!tag tea"), "Tagged")
	n := 0
	for _, e := range k.anna.Timeline(k.room) {
		if strings.HasPrefix(bridgetest.Body(e), "Not translated") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("it was told %d times", n)
	}
}

// A bridge that is killed while words wait for their translation, or when it is about
// to be kept, delivers them once.
func TestWordsThatWaitForTheirTranslationOutliveACrash(t *testing.T) {
	t.Parallel()
	model := gpttest.Start(t)
	model.Otherwise(helper)
	k := startTalk(t, bridgetest.Options{Site: assistantOf(model, "")})
	wants(t, answers(t, k.anna, k.room, "!translate on de"), "German ↔ English")
	model.Otherwise(func(r gpttest.Request) gpttest.Reply { return helper(r).Hold(0) })
	held := model.Held()
	k.anna.Says(t, k.room, "We do!")
	bridgetest.Await(t, "the model is asked", func() bool { return model.Held() > held })
	k.KillBridge(t)
	model.Otherwise(helper)
	model.Release()
	k.StartBridge(t, "")
	bridgetest.Await(t, "the visitor is back", func() bool { return k.visitor.Connected() || k.visitor.Connect(t.Context()) == nil })
	k.visitor.Hears(t, "(de) We do!")
	k.anna.Says(t, k.room, "Green and black.")
	k.visitor.Hears(t, "(de) Green and black.")
	n := 0
	for _, e := range k.visitor.Entries() {
		if strings.Contains(e.Text, "We do!") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("they came %d times", n)
	}
}

// What is ordered is written though the bridge dies before and after it is written,
// and stands in the room once.
func TestADraftOutlivesCrashes(t *testing.T) {
	t.Parallel()
	model := gpttest.Start(t)
	model.Otherwise(helper)
	for _, point := range []killpoint.Point{killpoint.BeforeErrand, killpoint.AfterErrand} {
		t.Run(string(point), func(t *testing.T) {
			k := startTalk(t, bridgetest.Options{Site: assistantOf(model, "")})
			k.StopBridge(t)
			k.StartBridge(t, "", killpoint.Env+"="+string(point))
			command := k.anna.Says(t, k.room, "!suggest")
			bridgetest.Await(t, "the bridge dies", func() bool { return !k.Alive() })
			k.StartBridge(t, "")
			inThread(t, k.anna, k.room, command, "Yes, we have green tea.")
			wants(t, answers(t, k.anna, k.room, "!tag tea"), "Tagged")
			if n := k.saying("Yes, we have green tea."); n != 1 {
				t.Errorf("there are %d drafts", n)
			}
		})
	}
}

// Operators' wishes count towards the assistant's limits, and say so.
func TestOperatorsWishesHaveLimits(t *testing.T) {
	t.Parallel()
	model := gpttest.Start(t)
	model.Otherwise(helper)
	k := startTalk(t, bridgetest.Options{Site: assistantOf(model, "      limits: {visitor: {requests: 1}}\n")})
	first := k.anna.Says(t, k.room, "!summary")
	inThread(t, k.anna, k.room, first, "summed up")
	second := k.anna.Says(t, k.room, "!summary")
	inThread(t, k.anna, k.room, second, "limits")
	k.anna.Event(t, k.anna.Desk(t), "that the limit is reached", func(e *event.Event) bool { return strings.Contains(bridgetest.Body(e), "limit") })
}
