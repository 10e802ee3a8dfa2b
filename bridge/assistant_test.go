package bridge_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bot/gpt/gpttest"
	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/dendrite/dendritetest"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// assistantAt are the settings of a site whose assistant asks that endpoint. more is
// YAML of its section, indented by six spaces.
func assistantAt(server *gpttest.Server, more string) string {
	return fmt.Sprintf(`    invite: everyone
    bot: {enabled: true}
    assistant:
      instruction: You help in a tea shop.
      endpoints: [{base_url: %q, model: m, price: {prompt: 1000, completion: 2000, currency: EUR}}]
%s`, server.URL, more)
}

// counting is an answer of which safe pieces come before its end: a few words are held
// back until it is known what follows.
const counting = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty"

// streamed is what a tab was shown of a reply, by its id; taken away is "✗".
func streamed(v *bridgetest.Visitor) (text map[string]string) {
	text = map[string]string{}
	for _, f := range bridgetest.Frames[wire.Stream](v, wire.TypeStream) {
		switch {
		case f.Gone:
			text[f.ID] = "✗"
		case f.N == 0:
			text[f.ID] = f.Text
		default:
			text[f.ID] += f.Text
		}
	}
	return text
}

// begins has the visitor ask, and waits until the answer has begun and stops in the
// middle; it returns what was shown by then.
func begins(t *testing.T, v *bridgetest.Visitor, server *gpttest.Server) (shown string) {
	t.Helper()
	server.Script(gpttest.Says(counting).Hold(16))
	before := streamed(v)
	v.Acked(t, v.Say("Count, please"))
	const settled = 5 // looks between which nothing more came
	same := 0
	bridgetest.Await(t, "the answer begins", func() bool {
		last := ""
		for id, text := range streamed(v) {
			if _, old := before[id]; !old {
				last = text
			}
		}
		if same++; last != shown {
			shown, same = last, 0
		}
		return server.Held() > 0 && shown != "" && same >= settled
	})
	return shown
}

// reading is what the visitor sees, a message a line; what was cut ends in ✂.
func reading(v *bridgetest.Visitor) (lines []string) {
	for _, e := range v.Entries() {
		if e.Kind != chat.Message {
			continue
		}
		line := string(e.Author.Party) + ": " + e.Text
		if e.AI != nil {
			line = "ai: " + e.Text
			if e.AI.Interrupted {
				line += "✂"
			}
		}
		lines = append(lines, line)
	}
	return lines
}

func reads(t *testing.T, v *bridgetest.Visitor, want ...string) {
	t.Helper()
	bridgetest.Await(t, fmt.Sprintf("the visitor sees %q", want), func() bool { return slices.Equal(reading(v), want) })
}

// roomTalk are the bodies of a room's messages in order, without notices.
func roomTalk(o *bridgetest.Operator, room id.RoomID) (bodies []string) {
	for _, e := range o.Timeline(room) {
		if e.Type.Type == event.EventMessage.Type && path(content(e), "msgtype") == "m.text" && !strings.HasPrefix(bridgetest.Body(e), "!") {
			bodies = append(bodies, bridgetest.Body(e))
		}
	}
	return bodies
}

// A model's reply reaches the visitor piece by piece while the bot types in the room,
// and then the room once, with its mark and its sources.
func TestTheAssistantAnswers(t *testing.T) {
	t.Parallel()
	server := gpttest.Start(t)
	facts := t.TempDir()
	if err := os.WriteFile(filepath.Join(facts, "delivery.md"), []byte("---\nurl: https://shop.example.com/help\n---\n\n# Delivery\n\nTwo days.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	figures := fmt.Sprintf("127.0.0.1:%d", dendritetest.Port(t))
	s := bridgetest.Start(t, bridgetest.Options{
		Site: assistantAt(server, fmt.Sprintf("      knowledge: %q\n      know: [page, hours]\n", facts)), Gateway: "metrics: {enabled: true, listen: \"" + figures + "\"}\n",
	})
	anna := s.Operator(t)
	anna.Space(t)
	v := s.Visitor().MustConnect(t)
	welcome := bridgetest.Frame(t, v, wire.TypeWelcome, func(wire.Welcome) bool { return true })
	if !strings.Contains(welcome.Site.AINotice, "AI") {
		t.Errorf("the notice is %q", welcome.Site.AINotice)
	}
	server.Script(gpttest.Says(counting + " [1]").Hold(16))
	v.Acked(t, v.Say("Count, please"))
	room := anna.Room(t, 0)
	anna.Ephemeral(t, room, "the bot typing", func(e *event.Event) bool {
		return e.Type.Type == event.EphemeralEventTyping.Type && strings.Contains(string(e.Content.VeryRaw), string(bot))
	})
	bridgetest.Await(t, "the reply begins", func() bool { return server.Held() == 1 && len(streamed(v)) == 1 })
	if all := botSaid(v); len(all) > 0 || len(roomTalk(anna, room)) > 1 {
		t.Fatalf("half of it is in the journal: %q", all)
	}
	tab := v.Tab().MustConnect(t) // which comes in the middle
	server.Release()
	said := v.Entry(t, "the reply", func(e wire.Entry) bool { return e.AI != nil })
	if said.Text != counting || said.AI.Interrupted || len(said.AI.Sources) != 1 || said.AI.Sources[0].Title != "Delivery" {
		t.Errorf("the reply is %+v, %+v", said, said.AI)
	}
	for _, who := range []*bridgetest.Visitor{v, tab} {
		if got := streamed(who)[said.AI.Stream]; got == "" || !strings.HasPrefix(counting, got) {
			t.Errorf("a tab was shown %q", streamed(who))
		}
	}
	if n := len(bridgetest.Frames[wire.Stream](v, wire.TypeStream)); n < 2 {
		t.Errorf("it came in %d pieces", n)
	}
	seen := anna.Event(t, room, "the reply", func(e *event.Event) bool { return strings.HasPrefix(bridgetest.Body(e), "one two") })
	if body := bridgetest.Body(seen); body != counting+"\n— AI · Delivery" || path(content(seen), "chat.anteroom.ai", "assistant") != "assistant" {
		t.Errorf("operators read %s", seen.Content.VeryRaw)
	}
	if html := fmt.Sprint(path(content(seen), "formatted_body")); !strings.HasSuffix(html, `<br><sub>AI · <a href="https://shop.example.com/help">Delivery</a></sub>`) {
		t.Errorf("operators see %s", html)
	}
	if asked := server.Last(); !strings.Contains(asked.Prompt("user"), "people answer now") || !strings.Contains(asked.Prompt("user"), "/tea") {
		t.Errorf("the model was told %+v", asked.Messages)
	}
	shown := fetch(t, "http://"+figures+"/metrics")
	for _, want := range []string{
		`anteroom_assistant_answers_total{assistant="assistant",outcome="answered",site="shop"} 1`, `anteroom_assistant_tokens_total{assistant="assistant",kind="prompt",site="shop"}`,
		`anteroom_assistant_cost_total{assistant="assistant",currency="EUR",site="shop"}`, `anteroom_assistant_first_token_seconds_count{assistant="assistant",site="shop"} 1`,
	} {
		if !strings.Contains(string(shown), want) {
			t.Errorf("the figures do not have %s", want)
		}
	}
	reads(t, v, "visitor: Count, please", "ai: "+counting)
	if got := roomTalk(anna, room); len(got) != 2 {
		t.Errorf("the room has %q", got)
	}
}

// Whoever speaks first cuts a reply short: in the journal and in the room it stands
// before that word as far as the visitor read, and ends there.
func TestTheAssistantIsCutShort(t *testing.T) {
	t.Parallel()
	server := gpttest.Start(t)
	s := bridgetest.Start(t, bridgetest.Options{Site: assistantAt(server, "")})
	anna := s.Operator(t)
	anna.Space(t)
	v := s.Visitor().MustConnect(t)
	shown := begins(t, v, server)
	room := anna.Room(t, 0)
	anna.Sees(t, room, "Count, please")
	cut, want := 0, []string{"visitor: Count, please", "ai: " + shown + "✂"}
	hangsUp := func() {
		t.Helper()
		cut++
		bridgetest.Await(t, "the endpoint's request ends", func() bool { return server.HungUp() == cut })
		server.Release()
	}

	// An operator's first word.
	anna.Says(t, room, "Let me take this")
	want = append(want, "operator: Let me take this")
	reads(t, v, want...)
	hangsUp()
	anna.Sees(t, room, shown+"\n— AI · interrupted")
	wants(t, answers(t, anna, room, "!bot"), "silent")

	// Back to the assistant, which has nothing to answer yet; then the visitor's next words.
	wants(t, answers(t, anna, room, "!bot gpt sales"), "no assistant", "assistant")
	server.Always(gpttest.Says("Go on."))
	wants(t, answers(t, anna, room, "!bot gpt"), "talks with the visitor")
	shown = begins(t, v, server)
	server.Script(gpttest.Says("Green tea."))
	v.Acked(t, v.Say("No, tea"))
	want = append(want, "visitor: Count, please", "ai: "+shown+"✂", "visitor: No, tea", "ai: Green tea.")
	reads(t, v, want...)
	hangsUp()

	// An order to be silent.
	shown = begins(t, v, server)
	wants(t, answers(t, anna, room, "!bot off"), "silent")
	want = append(want, "visitor: Count, please", "ai: "+shown+"✂")
	reads(t, v, want...)
	hangsUp()
	v.Acked(t, v.Say("Hello?"))
	want = append(want, "visitor: Hello?")
	server.Script(gpttest.Says("Here I am."))
	wants(t, answers(t, anna, room, "!bot gpt"), "talks with the visitor")
	want = append(want, "ai: Here I am.")
	reads(t, v, want...)

	// In the room it is the same; there the operator's own words stand where they were
	// written, before anybody could cut anything for them.
	want[1], want[2] = want[2], want[1]
	for i := range want {
		_, words, _ := strings.Cut(want[i], ": ")
		words, interrupted := strings.CutSuffix(words, "✂")
		switch {
		case interrupted:
			words += "\n— AI · interrupted"
		case strings.HasPrefix(want[i], "ai: "):
			words += "\n— AI"
		}
		want[i] = words
	}
	bridgetest.Await(t, "the room has all of it", func() bool { return slices.Equal(roomTalk(anna, room), want) })
}

// Into a closed dialog nobody has the bot speak by hand: it is opened first.
func TestNobodyHandsAClosedDialogToTheBot(t *testing.T) {
	t.Parallel()
	server := gpttest.Start(t)
	site, _ := botOf(t, map[string]string{"tea": "steps:\n  - say: \"Green or black?\"\n"}, fmt.Sprintf(`    assistant:
      instruction: You help in a tea shop.
      answers: chains
      endpoints: [{base_url: %q, model: m}]
`, server.URL))
	s := bridgetest.Start(t, bridgetest.Options{Site: site})
	anna := s.Operator(t)
	anna.Space(t)
	v := s.Visitor().MustConnect(t)
	v.Acked(t, v.Say("Hello"))
	room := anna.Room(t, 0)
	wants(t, answers(t, anna, room, "!close"), "closed")
	for _, command := range []string{"!bot gpt", "!bot gpt assistant", "!bot continue", "!run tea"} {
		wants(t, answers(t, anna, room, command), "dialog is closed", "!open")
	}
	wants(t, answers(t, anna, room, "!visitor"), "closed")
	wants(t, answers(t, anna, room, "!open"), "open again")
	server.Script(gpttest.Says("Good day."))
	wants(t, answers(t, anna, room, "!bot gpt"), "talks with the visitor")
	reads(t, v, "visitor: Hello", "ai: Good day.")
	if n := len(server.Requests()); n != 1 {
		t.Errorf("the model was asked %d times", n)
	}
	wants(t, answers(t, anna, room, "!run tea"), "runs the chain")
	reads(t, v, "visitor: Hello", "ai: Good day.", "bot: Green or black?")
}

// A model that may is told who is on duty, by the name that visitors see.
func TestTheAssistantKnowsWhoIsOnDuty(t *testing.T) {
	t.Parallel()
	server := gpttest.Start(t)
	s := bridgetest.Start(t, bridgetest.Options{Site: assistantAt(server, "      know: [operators, operator_names]\n")})
	anna := s.Operator(t)
	desk := anna.Desk(t)
	if err := anna.SetDisplayName(t.Context(), "Anna Ivanova"); err != nil {
		t.Fatal(err)
	}
	v := s.Visitor().MustConnect(t)
	server.Always(gpttest.Says("Yes."))
	told, n := "", 0
	tells := func(words string) func() bool {
		return func() bool {
			n++
			v.Acked(t, v.Say("Who is there?"))
			bridgetest.Await(t, "the answer", func() bool { return len(reading(v)) == 2*n })
			told = server.Last().Prompt("user")
			return strings.Contains(told, words)
		}
	}
	bridgetest.Await(t, "the model knows her name", tells(`"Anna Ivanova"`))
	if strings.Contains(told, "localhost") || strings.Contains(told, "@anna") {
		t.Errorf("the model was told %s", told)
	}
	answers(t, anna, desk, "!away")
	bridgetest.Await(t, "the model knows that she is away", tells("0 on duty"))
	if strings.Contains(told, "Anna") {
		t.Errorf("the model was told %s", told)
	}
}

// A model hands over: operators are called with its reason, and it is silent.
func TestTheAssistantHandsOver(t *testing.T) {
	t.Parallel()
	server := gpttest.Start(t)
	s := bridgetest.Start(t, bridgetest.Options{Site: assistantAt(server, "")})
	anna := s.Operator(t)
	desk := anna.Desk(t)
	v := s.Visitor().MustConnect(t)
	server.Script(gpttest.Says("One moment.").Calling("hand_over", `{"reason":"wants a refund"}`))
	v.Acked(t, v.Say("My money back"))
	v.Hears(t, "One moment.")
	called := says(t, anna, desk, "needs a person")
	wants(t, bridgetest.Body(called), "wants a refund", "My money back")
	if r := rung(called); r != "[@anna:localhost]" {
		t.Errorf("it rings %s", r)
	}
	v.Acked(t, v.Say("Hello?"))
	wants(t, answers(t, anna, anna.Room(t, 0), "!bot"), "silent", "it called a person")
	if n := len(server.Requests()); n != 1 {
		t.Errorf("it was asked %d times", n)
	}
	reads(t, v, "visitor: My money back", "ai: One moment.", "visitor: Hello?")
}

// A model that closes the dialog without a word leaves neither the visitor without one
// nor the operators without what the visitor wrote: nobody is called into a dialog that
// is over, but the announcement leads there.
func TestTheAssistantClosesWithoutAWord(t *testing.T) {
	t.Parallel()
	server := gpttest.Start(t)
	site := strings.Replace(assistantAt(server, "      tools: [close]\n"), "everyone", "on_duty", 1)
	s := bridgetest.Start(t, bridgetest.Options{Site: site})
	anna := s.Operator(t)
	desk := anna.Desk(t)
	v := s.Visitor().MustConnect(t)
	anna.Space(t)
	server.Script(gpttest.Calls("close", "{}"))
	v.Acked(t, v.Say("Thanks, bye"))
	const goodbye = "Thank you, I am closing this chat. Write here whenever you need anything else."
	reads(t, v, "visitor: Thanks, bye", "bot: "+goodbye)
	announced := says(t, anna, desk, "wrote for the first time")
	if r := rung(announced); r != "<nil>" {
		t.Errorf("it rings %s", r)
	}
	alias := id.NewRoomAlias(dialogName.FindString(bridgetest.Body(announced)), "localhost")
	var room id.RoomID
	bridgetest.Await(t, "anna enters by the link", func() bool {
		joined, err := anna.JoinRoom(t.Context(), alias.String(), nil)
		if err == nil {
			room = joined.RoomID
		}
		return err == nil
	})
	bridgetest.Await(t, "the room has all of it", func() bool { return slices.Equal(roomTalk(anna, room), []string{"Thanks, bye", goodbye}) })
	wants(t, answers(t, anna, room, "!visitor"), "closed")
}
