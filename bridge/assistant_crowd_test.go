package bridge_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bot/gpt/gpttest"
	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// crowd is how many visitors are answered at once; a few of them get a room each while
// that lasts, and crowdCut of these an operator.
const (
	crowd    = 200
	crowdCut = 5
)

// teasFor is what the endpoint answers a visitor's question; no two have a word of
// the middle in common.
func teasFor(question string) string {
	_, number, _ := strings.Cut(question, "#")
	var b strings.Builder
	fmt.Fprintf(&b, "For %s:", number)
	for i := range 20 {
		fmt.Fprintf(&b, " tea%sn%d", number, i)
	}
	return b.String() + "."
}

// crowdHold is how many words of an answer come before it stops in the middle. The last
// of them is not shown: it may not be whole.
const crowdHold = 10

// crowdAt is an endpoint's answers for a crowd: each stops in the middle.
func crowdAt(server *gpttest.Server) {
	server.Otherwise(func(r gpttest.Request) gpttest.Reply {
		if !strings.Contains(r.Asked(), "#") {
			return gpttest.Fails(http.StatusBadRequest, "", "Nobody asked that.")
		}
		return gpttest.Says(teasFor(r.Asked())).Slow(0, time.Millisecond).Hold(crowdHold)
	})
}

// asked has that many visitors ask at once, and waits until each is shown all of its
// answer that came so far.
func asked(t *testing.T, s *bridgetest.Stack, server *gpttest.Server, many int) (all []*bridgetest.Visitor) {
	t.Helper()
	for i := range many {
		v := s.Visitor().MustConnect(t)
		all = append(all, v)
		v.Say(fmt.Sprintf("Question #%d", i))
	}
	bridgetest.AwaitFor(t, 2*bridgetest.Patience, "all answers stop in the middle", func() bool { return server.Held() == many })
	for i, v := range all {
		begun := strings.Join(strings.Fields(teasFor(fmt.Sprintf("#%d", i)))[:crowdHold-1], " ")
		bridgetest.Await(t, fmt.Sprintf("visitor %d is shown %q", i, begun), func() bool {
			return len(streamed(v)) == 1 && valuesOf(streamed(v))[0] == begun
		})
	}
	return all
}

func valuesOf(all map[string]string) (values []string) {
	for _, v := range all {
		values = append(values, v)
	}
	return values
}

// onlyOwn fails if a visitor was shown a word of what others were answered.
func onlyOwn(t *testing.T, v *bridgetest.Visitor, i int) {
	t.Helper()
	own := teasFor(fmt.Sprintf("#%d", i))
	for _, f := range bridgetest.Frames[wire.Stream](v, wire.TypeStream) {
		if !strings.Contains(own, strings.TrimSpace(f.Text)) {
			t.Errorf("visitor %d was shown %q", i, f.Text)
		}
	}
	for _, e := range v.Entries() {
		if e.Kind == chat.Message && e.AI != nil && !strings.HasPrefix(own, e.Text) {
			t.Errorf("visitor %d has %q", i, e.Text)
		}
	}
}

// Many are answered at once: each gets its own answer, whole and once.
func TestTheAssistantAnswersACrowd(t *testing.T) {
	t.Parallel()
	server := gpttest.Start(t)
	s := bridgetest.Start(t, bridgetest.Options{Site: strings.Replace(assistantAt(server, "      timeout: 2m\n      limits: {address: {requests: 0}}\n"), "everyone", "nobody", 1)})
	if err := s.Homeserver.Stop(); err != nil { // it makes rooms for minutes; here it is about visitors
		t.Fatal(err)
	}
	crowdAt(server)
	all := asked(t, s, server, crowd)
	server.Release()
	for i, v := range all {
		question := fmt.Sprintf("Question #%d", i)
		reads(t, v, "visitor: "+question, "ai: "+teasFor(question))
	}
	if n := len(server.Requests()); n != crowd {
		t.Errorf("the endpoint was asked %d times", n)
	}
	bridgetest.Await(t, "nothing is being answered", func() bool { return server.Answering() == 0 })
	for i, v := range all {
		onlyOwn(t, v, i)
		if n := len(reading(v)); n != 2 {
			t.Errorf("visitor %d has %d messages", i, n)
		}
	}
}

// An operator who cuts in on some of many cuts those short, and nobody else's.
func TestAnOperatorCutsInOnSomeOfMany(t *testing.T) {
	t.Parallel()
	server := gpttest.Start(t)
	s := bridgetest.Start(t, bridgetest.Options{Site: assistantAt(server, "      timeout: 2m\n")})
	anna := s.Operator(t)
	crowdAt(server)
	const many = 4 * crowdCut
	all := asked(t, s, server, many)
	roomOf := func(question string) (found int) {
		t.Helper()
		found = -1
		bridgetest.AwaitFor(t, 2*bridgetest.Patience, "the room of "+question, func() bool {
			for n := range many {
				if room := anna.Room(t, n); len(roomTalk(anna, room)) > 0 && roomTalk(anna, room)[0] == question {
					found = n
					return true
				}
			}
			return false
		})
		return found
	}
	for i := range crowdCut {
		question := fmt.Sprintf("Question #%d", i)
		shown := valuesOf(streamed(all[i]))[0]
		anna.Says(t, anna.Room(t, roomOf(question)), "Let me take this")
		reads(t, all[i], "visitor: "+question, "ai: "+shown+"✂", "operator: Let me take this")
	}
	bridgetest.Await(t, "their requests end", func() bool { return server.HungUp() == crowdCut })
	server.Release()
	for i, v := range all {
		question := fmt.Sprintf("Question #%d", i)
		if i >= crowdCut {
			reads(t, v, "visitor: "+question, "ai: "+teasFor(question))
		}
		onlyOwn(t, v, i)
	}
	if n := len(server.Requests()); n != many {
		t.Errorf("the endpoint was asked %d times", n)
	}
}
