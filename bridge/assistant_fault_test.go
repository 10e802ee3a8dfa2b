package bridge_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/bot/gpt/gpttest"
	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
)

// A file of an assistant that is broken while the bridge is down costs that assistant and
// not the chat: people are called, the desk is told, and a mended file is taken.
func TestABrokenInstructionLetsTheBridgeStart(t *testing.T) {
	t.Parallel()
	server := gpttest.Start(t)
	folder := t.TempDir()
	file := filepath.Join(folder, "instruction.txt")
	put := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("You help in a tea shop.")
	knowledge := filepath.Join(folder, "facts")
	if err := os.Mkdir(knowledge, 0o700); err != nil {
		t.Fatal(err)
	}
	s := bridgetest.Start(t, bridgetest.Options{Site: fmt.Sprintf(`    invite: everyone
    bot: {enabled: true}
    assistant:
      instruction_file: %q
      knowledge: %q
      endpoints: [{base_url: %q, model: m}]
`, file, knowledge, server.URL)})
	anna := s.Operator(t)
	desk := anna.Desk(t)
	s.StopBridge(t)
	put(" ")
	if err := os.Remove(knowledge); err != nil {
		t.Fatal(err)
	}
	s.StartBridge(t, "")
	wants(t, bridgetest.Body(says(t, anna, desk, "cannot answer until they are mended")), "instruction")
	v := s.Visitor().MustConnect(t)
	v.Acked(t, v.Say("Tea?"))
	wants(t, bridgetest.Body(says(t, anna, desk, "needs a person")), "the assistant could not answer.")
	if err := os.Mkdir(knowledge, 0o700); err != nil {
		t.Fatal(err)
	}
	put("You help in a tea shop.")
	says(t, anna, desk, "are good again")
	wants(t, answers(t, anna, anna.Room(t, 0), "!bot gpt"), "talks with the visitor")
	server.Always(gpttest.Says("Green."))
	v.Acked(t, v.Say("Which tea?"))
	bridgetest.Await(t, "the assistant answers", func() bool { return slices.Contains(reading(v), "ai: Green.") })
}

// Whatever an endpoint does, the visitor gets the fall-back in time, and the desk one
// notice for each cause, not one for each message; and one that all is well again.
func TestAFaultyEndpointHasItsFallback(t *testing.T) {
	t.Parallel()
	server := gpttest.Start(t)
	s := bridgetest.Start(t, bridgetest.Options{Site: assistantAt(server, `      timeout: 3s
      fallback: {say: "Sorry, not now.", hand_over: false, refused: {say: "I may not say that."}}
`)})
	anna := s.Operator(t)
	desk := anna.Desk(t)
	v := s.Visitor().MustConnect(t)
	var want []string
	ask := func(name, answer string, reply gpttest.Reply) {
		t.Helper()
		server.Always(reply)
		v.Acked(t, v.Say(name))
		want = append(want, "visitor: "+name, answer)
		reads(t, v, want...)
	}
	for name, reply := range map[string]gpttest.Reply{
		"wrong key": gpttest.WrongKey(), "unknown model": gpttest.UnknownModel(), "too long": gpttest.TooLong(), "busy": gpttest.Busy(""),
		"busy for long": gpttest.Busy("60"), "no money": gpttest.NoMoney(), "empty": gpttest.Empty(), "malformed": gpttest.Malformed("Tea"),
		"cut off": gpttest.Says("Tea is").Cut(1), "slow": gpttest.Says("Tea").Slow(time10, 0), "broken": gpttest.Fails(500, "", "overloaded"),
		"loop": gpttest.Calls("set_variable", `{"name":"x"}`),
	} {
		ask(name, "bot: Sorry, not now.", reply)
	}
	ask("refusal", "bot: I may not say that.", gpttest.Refuses("I must not"))
	// What was shown is taken away when the connection breaks.
	server.Script(gpttest.Says(counting).Hold(16).Cut(17))
	v.Acked(t, v.Say("half"))
	bridgetest.Await(t, "half of it is shown", func() bool { return server.Held() == 1 })
	server.Release()
	want = append(want, "visitor: half", "bot: Sorry, not now.")
	reads(t, v, want...)
	bridgetest.Await(t, "the half is taken away", func() bool {
		for _, text := range streamed(v) {
			if text != "✗" {
				return false
			}
		}
		return true
	})
	ask("well", "ai: Tea.", gpttest.Says("Tea."))
	says(t, anna, desk, "answers again")
	failing := 0
	for _, e := range anna.Timeline(desk) {
		if strings.Contains(bridgetest.Body(e), "cannot answer") {
			failing++
		}
	}
	if failing != 11 { // busy is one, for however long
		t.Errorf("the desk was told %d times", failing)
	}
	room := anna.Room(t, 0)
	bridgetest.Await(t, "the room has all of it", func() bool { return len(roomTalk(anna, room)) == len(want) })
}

// time10 is longer than the time that visitors wait in that test.
const time10 = 10e9

// A limit is told to the visitor, and once to the desk.
func TestTheAssistantHasLimits(t *testing.T) {
	t.Parallel()
	server := gpttest.Start(t)
	s := bridgetest.Start(t, bridgetest.Options{Site: assistantAt(server, `      limits: {visitor: {requests: 1}, address: {requests: 0}}
      fallback: {hand_over: false, limit: {say: "Enough for today."}}
`)})
	anna := s.Operator(t)
	desk := anna.Desk(t)
	server.Always(gpttest.Says("Tea."))
	for range 2 {
		v := s.Visitor().MustConnect(t)
		v.Acked(t, v.Say("One"))
		reads(t, v, "visitor: One", "ai: Tea.")
		v.Acked(t, v.Say("Two"))
		reads(t, v, "visitor: One", "ai: Tea.", "visitor: Two", "bot: Enough for today.")
	}
	wants(t, bridgetest.Body(says(t, anna, desk, "as much as its settings allow")), "assistant", "#1")
	wants(t, answers(t, anna, desk, "!stats"), "")
	n := 0
	for _, e := range anna.Timeline(desk) {
		if strings.Contains(bridgetest.Body(e), "as much as its settings allow") {
			n++
		}
	}
	if n != 1 || len(server.Requests()) != 2 {
		t.Errorf("the desk was told %d times, and the endpoint asked %d times", n, len(server.Requests()))
	}
}

// Killed at any step of an answer or of its cut, the bridge says it once all the same.
func TestAKilledAnswerIsSaidOnce(t *testing.T) {
	t.Parallel()
	server := gpttest.Start(t)
	s := bridgetest.Start(t, bridgetest.Options{Site: assistantAt(server, "")})
	anna := s.Operator(t)
	v := s.Visitor().MustConnect(t)
	var want []string
	for i, p := range []killpoint.Point{
		killpoint.BeforeAnswer, killpoint.DuringAnswer, killpoint.AfterAnswer, killpoint.BeforeTurn, killpoint.AfterTurn,
	} {
		s.StopBridge(t)
		s.StartBridge(t, "", killpoint.Env+"="+string(p))
		bridgetest.Await(t, "the visitor comes back", func() bool { return !s.Alive() || v.Connected() || v.Connect(t.Context()) == nil })
		question, answer := fmt.Sprintf("Question %d", i), fmt.Sprintf("Answer %d: %s", i, counting)
		server.Always(gpttest.Says(answer))
		v.Say(question)
		bridgetest.AwaitFor(t, bridgetest.Patience, "the bridge dies at "+string(p), func() bool { return !s.Alive() })
		s.StartBridge(t, "")
		v.MustConnect(t)
		want = append(want, "visitor: "+question, "ai: "+answer)
		reads(t, v, want...)
	}
	// In the middle of a cut: the word that cuts comes again, and what is shown then is another answer.
	s.StopBridge(t)
	s.StartBridge(t, "", killpoint.Env+"="+string(killpoint.BeforeCut))
	v.MustConnect(t)
	begins(t, v, server)
	server.Always(gpttest.Says("As you like."))
	v.Say("Stop")
	bridgetest.Await(t, "the bridge dies in the cut", func() bool { return !s.Alive() })
	server.Release()
	s.StartBridge(t, "")
	v.MustConnect(t)
	bridgetest.Await(t, "all is acknowledged", v.AllAcked)
	bridgetest.Await(t, "the last words are answered", func() bool {
		all := reading(v)
		return slices.Equal(all[max(0, len(all)-2):], []string{"visitor: Stop", "ai: As you like."})
	})
	got := reading(v)
	if rest := got[len(want):]; rest[0] != "visitor: Count, please" || len(rest) > 4 {
		t.Errorf("the visitor sees %q", rest)
	}
	room := anna.Room(t, 0)
	bridgetest.Await(t, "the room has all of it once", func() bool { return len(roomTalk(anna, room)) == len(got) })
}

// Killed in the middle of a stream, the bridge asks anew, and the visitor sees one answer.
func TestAStreamOutlivesAKill(t *testing.T) {
	t.Parallel()
	server := gpttest.Start(t)
	s := bridgetest.Start(t, bridgetest.Options{Site: assistantAt(server, "")})
	v := s.Visitor().MustConnect(t)
	begins(t, v, server)
	s.KillBridge(t)
	server.Always(gpttest.Says("Anew."))
	server.Release()
	s.StartBridge(t, "")
	v.MustConnect(t)
	reads(t, v, "visitor: Count, please", "ai: Anew.")
}
