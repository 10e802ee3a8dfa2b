package bridge_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bot/gpt/gpttest"
	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
)

// manyFacts is a folder of more knowledge than a prompt holds, with one passage about
// what is sent abroad.
func manyFacts(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	var b strings.Builder
	for i := range 80 {
		fmt.Fprintf(&b, "# Tea number %d\n\n%s\n\n", i, strings.Repeat("This tea is green and fresh, from a small garden on a hill. ", 5))
	}
	b.WriteString("# International parcels\n\nWe send parcels everywhere for 900 roubles.\n")
	if err := os.WriteFile(filepath.Join(folder, "facts.md"), []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

// searching are the settings of an assistant that compares by meaning.
func searching(t *testing.T, server *gpttest.Server) string {
	t.Helper()
	return assistantAt(server, fmt.Sprintf("      knowledge: %q\n      embeddings: {base_url: %q, model: e}\n", manyFacts(t), server.URL))
}

// What an assistant knows is found by its meaning, where an endpoint tells that; by
// its words while that one fails, of which operators are told once.
func TestTheAssistantSearchesByMeaning(t *testing.T) {
	t.Parallel()
	server := gpttest.Start(t)
	s := bridgetest.Start(t, bridgetest.Options{Site: searching(t, server)})
	anna := s.Operator(t)
	desk := anna.Desk(t)
	bridgetest.Await(t, "the passages are embedded", func() bool { return s.Logged("found by its meaning too") })
	server.Always(gpttest.Says("As you like."))
	v := s.Visitor().MustConnect(t)
	asked := 0
	ask := func(question string) (told string) {
		t.Helper()
		v.Acked(t, v.Say(question))
		asked++
		bridgetest.Await(t, "it is answered", func() bool { return len(reading(v)) == 2*asked })
		return server.Last().Prompt("system")
	}
	// For the test's endpoint words are near each other that begin alike; they share no stem.
	if told := ask("Do you have internships in the shop?"); !strings.Contains(told, "900 roubles") {
		t.Errorf("by meaning it was not found: %s", told)
	}
	server.Embeddings(func(gpttest.Request) gpttest.Reply { return gpttest.WrongKey() })
	for _, question := range []string{"Do you offer internships, too?", "Or interviews with the people of your shop?"} {
		if told := ask(question); strings.Contains(told, "900 roubles") {
			t.Errorf("without an endpoint it was found by meaning: %s", told)
		}
	}
	if told := ask("What does it cost to send me a parcel?"); !strings.Contains(told, "900 roubles") {
		t.Errorf("by words it was not found: %s", told)
	}
	says(t, anna, desk, "finds what it knows by words alone")
	wants(t, answers(t, anna, desk, "!stats"), "")
	if n := timesTold(anna, desk, "by words alone"); n != 1 {
		t.Errorf("the desk was told %d times", n)
	}
}

// An endpoint of embeddings that fails from the start leaves the assistant its words.
func TestTheAssistantStartsWithoutEmbeddings(t *testing.T) {
	t.Parallel()
	server := gpttest.Start(t)
	server.Embeddings(func(gpttest.Request) gpttest.Reply { return gpttest.WrongKey() })
	s := bridgetest.Start(t, bridgetest.Options{Site: searching(t, server)})
	anna := s.Operator(t)
	desk := anna.Desk(t)
	says(t, anna, desk, "finds what it knows by words alone")
	server.Always(gpttest.Says("As you like."))
	v := s.Visitor().MustConnect(t)
	for i := range 2 {
		v.Acked(t, v.Say("A parcel?"))
		bridgetest.Await(t, "it is answered", func() bool { return len(reading(v)) == 2*(i+1) })
	}
	if told := server.Last().Prompt("system"); !strings.Contains(told, "900 roubles") {
		t.Errorf("by words it was not found: %s", told)
	}
	wants(t, answers(t, anna, desk, "!stats"), "")
	if n := timesTold(anna, desk, "by words alone") + timesTold(anna, desk, "answers again"); n != 1 {
		t.Errorf("the desk was told %d times", n)
	}
}

// timesTold is how many messages of a room have those words.
func timesTold(o *bridgetest.Operator, room id.RoomID, words string) (n int) {
	for _, e := range o.Timeline(room) {
		if strings.Contains(bridgetest.Body(e), words) {
			n++
		}
	}
	return n
}
