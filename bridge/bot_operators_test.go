package bridge_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// The bot gives a dialog to the operators, who are rung then and not before; it
// is silent until they let it go on where it was. They start chains by hand, and
// see how far visitors come.
func TestTheBotHandsOver(t *testing.T) {
	t.Parallel()
	site, _ := botOf(t, map[string]string{
		"person": `
on:
  - keywords: [human]
steps:
  - handoff: { say: "One moment.", reason: "wants a human", notify: [mention] }
`,
		"order": `
on:
  - keywords: [order]
steps:
  - ask: "Which tea?"
    label: which
    save: tea
  - say: "{{ tea }} it is."
    label: chosen
`,
		"slow": `
on:
  - keywords: [slowly]
steps:
  - say: "One."
  - pause: 1m
  - say: "Two."
`,
	}, "")
	s := bridgetest.Start(t, bridgetest.Options{Site: site})
	anna := s.Operator(t)
	desk := anna.Desk(t)
	v := s.Visitor().MustConnect(t)
	v.Acked(t, v.Say("order please"))
	v.Hears(t, "Which tea?")
	if e := says(t, anna, desk, "wrote for the first time"); path(content(e), "msgtype") != "m.notice" {
		t.Errorf("a message that the bot answers rings: %s", e.Content.VeryRaw)
	}
	room := anna.Room(t, 0)
	ask := func(command string) string { t.Helper(); return answers(t, anna, room, command) }

	// An operator takes over in the middle of the question.
	anna.Says(t, room, "May I help?")
	says(t, anna, room, "The bot is silent")
	v.Hears(t, "May I help?")
	v.Acked(t, v.Say("Green"))
	wants(t, ask("!bot continue"), "goes on")
	v.Acked(t, v.Say("Sencha"))
	v.Hears(t, "Sencha it is.")
	wants(t, ask("!bot continue"), "not silent")

	// And in the middle of a pause, which is no less under way.
	v.Acked(t, v.Say("slowly"))
	v.Hears(t, "One.")
	anna.Says(t, room, "Not so fast.")
	v.Hears(t, "Not so fast.")
	wants(t, ask("!bot continue"), "goes on")
	v.Hears(t, "Two.")

	wants(t, ask("!run"), "order, person, slow")
	wants(t, ask("!run ordre"), "There is no chain", "!run order")
	ask("!bot off")
	wants(t, ask("!run order"), "runs the chain")
	v.Entry(t, "the question again", func(e wire.Entry) bool { return e.Text == "Which tea?" && e.Seq > 6 })

	v.Acked(t, v.Say("Oolong"))
	v.Hears(t, "Oolong it is.")
	wants(t, ask("!bot"), "silent") // but for the chain that was ordered
	ask("!bot on")
	// No operator is here any more, of all those who spoke.
	said := v.Hears(t, "Not so fast.")
	bridgetest.Frame(t, v, wire.TypeLeft, func(l wire.Left) bool { return l.Seq > said.Seq })

	v.Acked(t, v.Say("a human, please"))
	v.Hears(t, "One moment.")
	called := says(t, anna, desk, "needs a person")
	if r := rung(called); r != "[@anna:localhost]" {
		t.Errorf("the hand-off rings %s", r)
	}
	wants(t, bridgetest.Body(called), "wants a human", "a human, please", "#1")
	wants(t, ask("!bot"), "silent")
	v.Acked(t, v.Say("order"))
	wants(t, ask("!visitor"), "Has been waiting", "tea")
	stats := answers(t, anna, desk, "!stats chain")
	wants(t, stats, "last 30 days", "order", "person")
	steps := answers(t, anna, desk, "!stats chain order")
	wants(t, steps, "order", "which", "chosen") // as they stand in the file, and not by their names
	if first, last := strings.Index(steps, "which"), strings.Index(steps, "chosen"); first > last {
		t.Errorf("the steps are counted in another order than the chain's:\n%s", steps)
	}
	// The question comes again where it goes on, and nothing was said in between.
	want := []string{"Which tea?", "Which tea?", "Sencha it is.", "One.", "Two.", "Which tea?", "Oolong it is.", "One moment."}
	if got := botSaid(v); !slices.Equal(got, want) {
		t.Errorf("the bot said %q", got)
	}
}

// Chains that are wrong keep the bot off and are told of, once; mended ones are
// taken without a restart, and a broken edit keeps those that were good.
func TestChainsAreReadAnew(t *testing.T) {
	t.Parallel()
	site, folder := botOf(t, map[string]string{"hello": "on: [ { keywords: [hi] } ]\nstpes:\n  - say: one\n"}, "")
	s := bridgetest.Start(t, bridgetest.Options{Site: site})
	anna := s.Operator(t)
	desk := anna.Desk(t)
	wants(t, bridgetest.Body(says(t, anna, desk, "the bot is off")), "hello.yaml:2:1", "stpes")
	s.StopBridge(t)
	s.StartBridge(t, "")
	v := s.Visitor().MustConnect(t)
	v.Acked(t, v.Say("hi"))
	if r := rung(says(t, anna, desk, "wrote for the first time")); r != "[@anna:localhost]" {
		t.Errorf("a message that no bot answers rings %s", r)
	}
	room := anna.Room(t, 0)
	wants(t, answers(t, anna, room, "!run hello"), "no chains")

	good := func(word string) string { return "on: [ { keywords: [hi] } ]\nsteps:\n  - say: " + word + "\n" }
	writeChain(t, folder, "hello", good("one"))
	says(t, anna, desk, "good again")
	v.Acked(t, v.Say("hi"))
	v.Hears(t, "one")
	writeChain(t, folder, "hello", strings.Replace(good("two"), "say", "sya", 1))
	wants(t, bridgetest.Body(says(t, anna, desk, "were not taken")), "hello.yaml:3", "sya")
	v.Acked(t, v.Say("hi"))
	bridgetest.Await(t, "the former chains are in use", func() bool { return len(botSaid(v)) == 2 })
	writeChain(t, folder, "hello", good("three"))
	bridgetest.Await(t, "it is told again", func() bool {
		n := 0
		for _, e := range anna.Timeline(desk) {
			if strings.Contains(bridgetest.Body(e), "good again") {
				n++
			}
		}
		return n == 2
	})
	v.Acked(t, v.Say("hi"))
	v.Hears(t, "three")
	n := 0
	for _, e := range anna.Timeline(desk) {
		if e.Type.Type == event.EventMessage.Type && strings.Contains(bridgetest.Body(e), "the bot is off") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("the same faults were told %d times", n)
	}
}

// Where the bot answers first nobody is invited, and so rung, before it calls a person.
func TestTheBotCallsOperatorsIn(t *testing.T) {
	t.Parallel()
	site, _ := botOf(t, map[string]string{
		"tea":    "on: [ { keywords: [tea] } ]\nsteps:\n  - say: \"Green or black?\"\n",
		"person": "on: [ person_wanted ]\nsteps:\n  - handoff: { say: \"One moment.\" }\n",
	}, "")
	s := bridgetest.Start(t, bridgetest.Options{Site: strings.Replace(site, "everyone", "on_duty", 1), Operators: []string{"bob"}})
	anna, bob := s.Operator(t), s.Colleague(t, "bob")
	v := s.Visitor().MustConnect(t)
	v.Acked(t, v.Say("tea, please"))
	v.Hears(t, "Green or black?")
	announced := fmt.Sprint(content(says(t, bob, bob.Desk(t), "wrote for the first time")))
	var room id.RoomID
	// The desk may have the word before the homeserver has the room.
	bridgetest.Await(t, "who is not on duty comes in by the link", func() bool {
		joined, err := bob.JoinRoom(t.Context(), "#"+dialogName.FindString(announced)+":localhost", nil)
		if err == nil {
			room = joined.RoomID
		}
		return err == nil
	})
	answers(t, bob, room, "!visitor") // by now everybody was invited who is to be
	members, err := bob.Members(t.Context(), room)
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(members.Chunk, func(e *event.Event) bool { return *e.StateKey == string(anna.UserID) }) {
		t.Error("the bot answers, and anna was invited")
	}
	v.Acked(t, v.Say("operator"))
	v.Hears(t, "One moment.")
	if called := anna.Room(t, 0); called != room {
		t.Errorf("anna is invited to %s", called)
	}
}
